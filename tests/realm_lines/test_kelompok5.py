"""Every word of the dialect `kelompok5`, byte for byte, by raw sockets against real servers."""

import json
import re
from collections.abc import Callable
from datetime import datetime

import pytest

from tests.realm_lines.answers import OK, error, said
from tests.realm_lines.field import PASSWORD, Field, Program

NewName = Callable[[str], str]


def person(program: Program, name: str) -> str:
    """A new person, signed in; their token."""
    assert program.raw(f"register {name} {PASSWORD}") == said("User Registered Successfully")
    return program.auth(name)


def without_times(answer: bytes) -> str:
    return re.sub(r'(?<="timestamp": ")[^"]+', "TIME", answer.decode())


def test_register_signs_nobody_in(kelompok5: Program, new_name: NewName) -> None:
    """It takes a name once; `auth` answers the token."""
    name = new_name("hisan")

    assert kelompok5.raw(f"register {name} {PASSWORD}") == said("User Registered Successfully")
    assert kelompok5.raw(f"register {name} {PASSWORD}") == error("User Already Exists")
    answer = kelompok5.raw(f"auth {name} {PASSWORD}")
    token = json.loads(answer)["tokenid"]
    assert answer == f'{{"status": "OK", "tokenid": "{token}"}}\r\n\r\n'.encode()


def test_auth_says_what_is_wrong(kelompok5: Program) -> None:
    """As in the other dialect."""
    assert kelompok5.raw("auth siapa x") == error("User Tidak Ada")
    assert kelompok5.raw("auth messi x") == error("Password Salah")


def test_an_inbox_holds_all_each_time(field: Field, kelompok5: Program, new_name: NewName) -> None:
    """Received and sent, oldest first, with the time of each."""
    one, other = new_name("heru"), new_name("daffa")
    token, others = person(kelompok5, one), person(kelompok5, other)

    assert kelompok5.raw(f"send {token} {other} apa kabar?") == said("Message Sent")
    assert kelompok5.raw(f"send {others} {one}  baik") == said("Message Sent")

    for whose in (token, others, token):
        answer = kelompok5.raw(f"inbox {whose}")
        assert without_times(answer) == (
            '{"status": "OK", "messages": ['
            f'{{"msg_from": "{one}", "msg_to": "{other}", "msg": "apa kabar?",'
            ' "timestamp": "TIME"}, '
            f'{{"msg_from": "{other}", "msg_to": "{one}", "msg": "baik", "timestamp": "TIME"}}'
            "]}\r\n\r\n"
        )
        times = [m["timestamp"] for m in json.loads(answer)["messages"]]
        assert [datetime.fromisoformat(time) for time in times] == sorted(
            map(datetime.fromisoformat, times)
        )


def test_the_other_realm(field: Field, kelompok5: Program, new_name: NewName) -> None:
    """A bare name is of the other one; its people are told apart from one's own."""
    one, other = new_name("heru"), new_name("arfi")
    token = person(kelompok5, one)
    there = field.connect("jakarta", "kelompok5")
    theirs = person(there, other)

    assert kelompok5.raw(f"sendrealm {token} {other} halo") == said("Message Sent")
    assert kelompok5.raw(f"sendrealm {token} {other}@jakarta lagi") == said("Message Sent")
    assert kelompok5.raw(f"sendrealm {token} {one} siapa") == error("User Tidak Ditemukan")

    assert without_times(there.raw(f"inbox {theirs}")) == (
        '{"status": "OK", "messages": ['
        f'{{"msg_from": "{one}@surabaya", "msg_to": "{other}", "msg": "halo",'
        ' "timestamp": "TIME"}, '
        f'{{"msg_from": "{one}@surabaya", "msg_to": "{other}", "msg": "lagi",'
        ' "timestamp": "TIME"}]}\r\n\r\n'
    )
    sent = kelompok5.ask(f"inbox {token}")["messages"]
    assert {m["msg_to"] for m in sent} == {f"{other}@jakarta"}


def test_groups(field: Field, kelompok5: Program, new_name: NewName) -> None:
    """Made with members, written to, and read as often as one likes."""
    one, other, group = new_name("heru"), new_name("arfi"), new_name("grup")
    token, others = person(kelompok5, one), person(kelompok5, other)

    assert kelompok5.raw(f"creategroup {token} {group} {other} messi") == said("Group Created")
    assert kelompok5.raw(f"creategroup {token} {group} messi") == error("Group Already Exists")
    assert kelompok5.raw(f"creategroup {token} {group}x siapa") == error("User Tidak Ditemukan")
    assert kelompok5.raw(f"sendgroup {token} {group}  halo semua") == said("Message Sent to Group")
    assert kelompok5.raw(f"sendgroup {others} {group} hai") == said("Message Sent to Group")

    for whose in (token, others, token):
        assert without_times(kelompok5.raw(f"groupinbox {whose} {group}")) == (
            '{"status": "OK", "messages": ['
            f'{{"msg_from": "{one}", "msg": "{one}: halo semua", "timestamp": "TIME"}}, '
            f'{{"msg_from": "{other}", "msg": "{other}: hai", "timestamp": "TIME"}}'
            "]}\r\n\r\n"
        )
    assert kelompok5.ask(f"inbox {token}")["messages"] == []
    assert kelompok5.raw(f"groupinbox {token} tidakada") == error("Group Tidak Ditemukan")


def test_a_group_is_read_by_its_members(kelompok5: Program, new_name: NewName) -> None:
    """Others are told that they aren't in it."""
    group = new_name("grup")
    token = person(kelompok5, new_name("heru"))
    kelompok5.ask(f"creategroup {token} {group}")
    stranger = person(kelompok5, new_name("arfi"))

    for request in (f"groupinbox {stranger} {group}", f"sendgroup {stranger} {group} hai"):
        assert f"{group}@surabaya" in kelompok5.message(request)


def test_a_group_of_the_other_realm(field: Field, kelompok5: Program, new_name: NewName) -> None:
    """As it is called there; whoever writes to it is in it."""
    one, other, group = new_name("heru"), new_name("arfi"), new_name("grup")
    token = person(kelompok5, one)
    there = field.connect("jakarta", "kelompok5")
    theirs = person(there, other)
    there.ask(f"creategroup {theirs} {group}")

    assert kelompok5.raw(f"sendgrouprealm {token} {group} halo") == said("Message Sent to Group")
    assert kelompok5.raw(f"sendgrouprealm {token} tidakada halo") == error("Group Tidak Ditemukan")

    (message,) = there.ask(f"groupinbox {theirs} {group}")["messages"]
    assert message["msg"] == f"{one}@surabaya: halo"
    (own,) = kelompok5.ask(f"groupinbox {token} {group}@jakarta")["messages"]
    assert own["msg"] == f"{one}: halo"


def test_lists(field: Field, kelompok5: Program, new_name: NewName) -> None:
    """Names of the realm's people and groups, also for who signs nobody in: they take no token."""
    name, group = new_name("heru"), new_name("grup")
    token = person(kelompok5, name)
    kelompok5.ask(f"creategroup {token} {group}")
    nobody = field.connect("surabaya", "kelompok5")

    for program in (kelompok5, nobody):
        users, groups = program.ask("listusers"), program.ask("listgroups")
        assert users["status"] == groups["status"] == "OK"
        assert {"messi", "henderson", "lineker", name} <= set(users["users"])
        assert group in groups["groups"]


def test_lists_tell_nobody_what_is_closed_to_them(
    field: Field, kelompok5: Program, new_name: NewName
) -> None:
    """Groups of other realms, and of whoever signed out, are those of one's own only."""
    name, theirs = new_name("heru"), new_name("grup")
    token = person(kelompok5, name)
    there = field.connect("jakarta", "kelompok5")
    others = person(there, new_name("arfi"))
    there.ask(f"creategroup {others} {theirs} {name}@surabaya")
    assert f"{theirs}@jakarta" in kelompok5.ask("listgroups")["groups"]
    mesin = field.connect("surabaya", "mesin")

    assert mesin.raw(f"logout {token}") == OK

    assert f"{theirs}@jakarta" not in kelompok5.ask("listgroups")["groups"]


@pytest.mark.parametrize(
    "request_line",
    [
        "send {} messi halo",
        "sendrealm {} messi halo",
        "sendgrouprealm {} satu halo",
        "inbox {}",
        "groupinbox {} satu",
        "creategroup {} satu messi",
        "sendgroup {} satu halo",
        "sendfile {} messi a.txt \r\n\r\naGVq\r\n\r\n",
        "sendgroupfile {} satu a.txt \r\n\r\naGVq\r\n\r\n",
    ],
)
def test_a_token_that_is_none_opens_nothing(kelompok5: Program, request_line: str) -> None:
    """Whatever is asked with it."""
    ended = "" if request_line.endswith("\r\n") else "\r\n"
    kelompok5.send(request_line.format("bukan-token") + ended)

    assert kelompok5.answer() == error("Invalid session")


WORDS = (
    *("auth", "register", "send", "sendrealm", "sendgrouprealm", "inbox", "groupinbox"),
    *("creategroup", "sendgroup", "sendfile", "sendgroupfile"),
)


@pytest.mark.parametrize("word", WORDS)
def test_too_few_words_are_said(kelompok5: Program, word: str) -> None:
    """At once, also for words that carry a file."""
    assert kelompok5.raw(word) == error("--Protocol Tidak Benar")


@pytest.mark.parametrize("line", ["", "logout x", "info", "addrealm a b 1"])
def test_what_is_no_word_is_said(kelompok5: Program, line: str) -> None:
    """Also the other dialect's."""
    assert kelompok5.raw(line) == error("**Protocol Tidak Benar")
