"""Every word of the dialect `mesin`, byte for byte, by raw sockets against real servers."""

import json
from collections.abc import Callable

import pytest

from tests.realm_lines.answers import OK, error, person, said
from tests.realm_lines.field import PASSWORD, Field, Program

NewName = Callable[[str], str]


def test_auth_answers_a_token(mesin: Program) -> None:
    """One line of JSON with the status first, ended by an empty line."""
    answer = mesin.raw("auth messi surabaya")

    token = json.loads(answer)["tokenid"]
    assert answer == f'{{"status": "OK", "tokenid": "{token}"}}\r\n\r\n'.encode()


def test_auth_says_what_is_wrong(mesin: Program) -> None:
    """In the sentences that the programs' users know."""
    assert mesin.raw("auth siapa surabaya") == error("User Tidak Ada")
    assert mesin.raw("auth !?! surabaya") == error("User Tidak Ada")
    assert mesin.raw("auth messi salah") == error("Password Salah")


def test_register_signs_in(field: Field, mesin: Program, new_name: NewName) -> None:
    """With a full name, in which `_` is a space; a name is taken once."""
    name = new_name("ronaldo")
    token = person(mesin, name, "Cristiano_dos_Santos")

    assert mesin.raw(f"send {token} {name}  catatan") == said("Message Sent")
    (message,) = mesin.ask(f"inbox {token}")["messages"][name]
    assert message["msg_from"] == "Cristiano dos Santos"
    assert mesin.raw(f"register {name} {PASSWORD} Nama Indonesia") == error("User Sudah Ada")


def test_a_private_message_comes_once(field: Field, mesin: Program, new_name: NewName) -> None:
    """By the sender's user name, between full names, with a leading space."""
    name = new_name("pemain")
    token = person(mesin, name, "Pemain_Baru")
    messi, messis = field.signed_in("messi", "surabaya", "mesin")

    assert messi.raw(f"send {messis} {name}  hello   world") == said("Message Sent")
    assert mesin.raw(f"inbox {token}") == (
        b'{"status": "OK", "messages": {"messi": [{"msg_from": "Lionel Messi",'
        b' "msg_to": "Pemain Baru", "msg": " hello   world"}]}}\r\n\r\n'
    )
    assert mesin.raw(f"inbox {token}") == b'{"status": "OK", "messages": {}}\r\n\r\n'


def test_any_text_arrives_as_it_was(field: Field, mesin: Program, new_name: NewName) -> None:
    """Foreign letters, quotes and line breaks; what is written stays on one line of ASCII."""
    name = new_name("pemain")
    token = person(mesin, name)

    for text in ('apa "kabar"\\?', "héllo 🎉", "  menjorok", "baris satu\nbaris dua", "a\rb"):
        assert mesin.raw(f"send {token} {name}  {text}") == said("Message Sent")
        answer = mesin.raw(f"inbox {token}")
        assert answer.isascii()
        assert json.loads(answer)["messages"][name][0]["msg"] == f" {text}"


def test_groups(field: Field, mesin: Program, new_name: NewName) -> None:
    """Made, joined, written to; everybody in it gets a message, the sender too."""
    name, group = new_name("pemain"), new_name("grup")
    token = person(mesin, name, "Pemain_Baru")
    messi, messis = field.signed_in("messi", "surabaya", "mesin")

    assert mesin.raw(f"addgroup {token} {group}") == said("Add group successful")
    assert mesin.raw(f"addgroup {token} {group}") == error("Group Already Exists")
    assert mesin.raw(f"sendgroup {token} {group} sendirian") == said("Message Sent")
    assert messi.raw(f"joingroup {messis} {group}") == said("Join group successful")
    assert messi.raw(f"joingroup {messis} {group}") == error("User sudah dalam group")
    assert messi.raw(f"sendgroup {messis} {group}  halo semua") == said("Message Sent")

    expected = '{{"msg_from": "Lionel Messi", "msg_to": "{}", "msg": " halo semua", "group": "{}"}}'
    (own, others) = mesin.ask(f"inbox {token}")["messages"].items()
    assert own == (
        name,
        [
            {
                **json.loads(expected.format("Pemain Baru", group)),
                "msg_from": "Pemain Baru",
                "msg": " sendirian",
            }
        ],
    )
    assert others == ("messi", [json.loads(expected.format("Pemain Baru", group))])
    messis_own = messi.ask(f"inbox {messis}")["messages"]["messi"]
    assert messis_own[-1] == json.loads(expected.format("Lionel Messi", group))


@pytest.mark.parametrize(
    ("request_line", "sentence"),
    [
        ("send {} siapa halo", "User Tidak Ditemukan"),
        ("send {} !?! halo", "User Tidak Ditemukan"),
        ("sendgroup {} tidakada halo", "Group Tidak Ditemukan"),
        ("joingroup {} tidakada", "Group Tidak Ditemukan"),
        ("sendprivaterealm {} tidakada messi halo", "Realm Tidak Ditemukan"),
        ("sendprivaterealm {} jakarta siapa halo", "User Tidak Ditemukan"),
        ("sendgrouprealm {} tidakada group:satu halo", "Realm Tidak Ditemukan"),
        ("sendgrouprealm {} jakarta group:tidakada halo", "Group Tidak Ditemukan"),
        ("getrealminbox {} tidakada", "Realm Tidak Ditemukan"),
    ],
)
def test_who_is_not_there_is_said(mesin: Program, request_line: str, sentence: str) -> None:
    """A sentence for each kind of name."""
    token = mesin.auth("messi")

    assert mesin.raw(request_line.format(token)) == error(sentence)


@pytest.mark.parametrize(
    "request_line",
    [
        "addgroup {} satu",
        "joingroup {} satu",
        "send {} messi halo",
        "sendgroup {} satu halo",
        "inbox {}",
        "sendfile {} messi a.txt b'aGVq'",
        "sendgroupfile {} satu a.txt b'aGVq'",
        "sendprivaterealm {} jakarta messi halo",
        "sendgrouprealm {} jakarta group:satu halo",
        "getrealminbox {} jakarta",
        "sendfilerealm {} jakarta messi a.txt b'aGVq'",
        "sendgroupfilerealm {} jakarta group:satu a.txt b'aGVq'",
        "logout {}",
    ],
)
def test_a_token_that_is_none_opens_nothing(mesin: Program, request_line: str) -> None:
    """Whatever is asked with it."""
    assert mesin.raw(request_line.format("bukan-token")) == error("Session Tidak Ditemukan")


WORDS = (
    *("auth", "register", "addgroup", "joingroup", "send", "sendgroup", "inbox", "sendfile"),
    *("sendgroupfile", "addrealm", "sendprivaterealm", "sendgrouprealm", "getrealminbox"),
    *("sendfilerealm", "sendgroupfilerealm", "logout"),
)


@pytest.mark.parametrize("word", WORDS)
def test_too_few_words_are_said(mesin: Program, word: str) -> None:
    """At once, also for words that carry a file."""
    assert mesin.raw(word) == error("--Protocol Tidak Benar")
    token = mesin.auth("messi")
    if word not in ("inbox", "logout"):
        assert mesin.raw(f"{word} {token}") == error("--Protocol Tidak Benar")


@pytest.mark.parametrize(
    "line", ["", "apa", "AUTH messi surabaya", "sendrealm a b c", "{}", "\x00"]
)
def test_what_is_no_word_is_said(mesin: Program, line: str) -> None:
    """And the connection goes on."""
    assert mesin.raw(line) == error("**Protocol Tidak Benar")
    assert mesin.auth("messi")


def test_bytes_that_are_no_text_are_said(mesin: Program) -> None:
    """No word at all, or a message that isn't UTF-8."""
    mesin.send(b"\xff\xfe\x00 \r\n")
    assert mesin.answer() == error("**Protocol Tidak Benar")
    token = mesin.auth("messi")
    mesin.send(f"send {token} messi ".encode() + b"\xff\r\n")
    assert "UTF-8" in json.loads(mesin.answer())["message"]


def test_a_token_opens_any_connection_until_it_is_signed_out(field: Field, mesin: Program) -> None:
    """As the programs expect; a connection may carry several."""
    messis, linekers = mesin.auth("messi"), mesin.auth("lineker")
    other = field.connect("surabaya", "mesin")

    for token in (messis, linekers, messis):
        assert mesin.ask(f"inbox {token}")["status"] == "OK"
    assert other.ask(f"inbox {messis}")["status"] == "OK"
    assert mesin.raw(f"logout {messis}") == OK
    assert other.raw(f"inbox {messis}") == error("Session Tidak Ditemukan")
    assert mesin.raw(f"logout {messis}") == error("Session Tidak Ditemukan")
    assert mesin.ask(f"inbox {linekers}")["status"] == "OK"


def test_info_tells_who_is_signed_in(mesin: Program) -> None:
    """To somebody who is, and with nothing that opens a session."""
    assert mesin.raw("info") == error("Session Tidak Ditemukan")
    token = mesin.auth("messi")

    answer = mesin.raw("info")

    sessions = json.loads(answer)["message"]
    assert {"username": "messi", "userdetail": {"nama": "Lionel Messi", "negara": "Argentina"}} in (
        sessions.values()
    )
    assert token.encode() not in answer
    assert PASSWORD.encode() not in answer
    assert all(mesin.message(f"inbox {key}").startswith("ERROR") for key in sessions)


def test_another_realm(field: Field, mesin: Program, new_name: NewName) -> None:
    """By a name of the program's own, which both ends use; each message comes once."""
    mesins, name, realm = mesin.auth("messi"), new_name("pemain"), new_name("realm")
    there = field.connect("jakarta", "mesin")
    token = person(there, name, "Pemain_Jauh")
    place = f"127.0.0.1 {field.ports['jakarta', 'mesin']}"

    assert mesin.raw(f"addrealm {realm} {place}") == OK
    assert mesin.raw(f"addrealm {realm} {place}") == error("Realm sudah ada")
    assert mesin.raw(f"sendprivaterealm {mesins} {realm} {name}  halo jauh") == said(
        "Message Sent to Realm"
    )
    assert there.raw(f"inbox {token}") == b'{"status": "OK", "messages": {}}\r\n\r\n'
    assert there.raw(f"getrealminbox {token} {realm}") == (
        b'{"status": "OK", "messages": [{"msg_from": "Lionel Messi", "msg_to": "Pemain Jauh",'
        b' "msg": " halo jauh"}]}\r\n\r\n'
    )
    assert (
        there.raw(f"getrealminbox {token} {realm}") == b'{"status": "OK", "messages": []}\r\n\r\n'
    )
    there.ask(f"sendprivaterealm {token} {realm} messi balasan")
    (answer,) = mesin.ask(f"getrealminbox {mesins} {realm}")["messages"]
    assert (answer["msg_from"], answer["msg"]) == ("Pemain Jauh", " balasan")


def test_the_name_of_ones_own_realm_is_any_other(
    field: Field, mesin: Program, new_name: NewName
) -> None:
    """Where the other end calls it by its name."""
    token, name = mesin.auth("messi"), new_name("pemain")
    there = field.connect("jakarta", "mesin")
    theirs = person(there, name)

    assert mesin.raw(f"sendprivaterealm {token} jakarta {name} halo") == said(
        "Message Sent to Realm"
    )
    (message,) = there.ask(f"getrealminbox {theirs} jakarta")["messages"]
    assert message["msg"] == " halo"


def test_a_realm_that_is_nowhere_is_not_added(mesin: Program) -> None:
    """Neither is one for nobody."""
    assert mesin.raw("addrealm entah 127.0.0.1 1") == error("Session Tidak Ditemukan")
    mesin.auth("messi")
    assert mesin.raw("addrealm entah 127.0.0.1 1") == error("Realm Tidak Ditemukan")
    assert mesin.raw("addrealm entah 127.0.0.1 satu") == error("--Protocol Tidak Benar")
    assert mesin.raw("addrealm entah 127.0.0.1 65536") == error("--Protocol Tidak Benar")


def test_an_operator_enrols_a_realm(field: Field, mesin: Program, new_name: NewName) -> None:
    """And is told its key, once."""
    name, realm = new_name("operator"), new_name("realm")
    person(mesin, name)
    field.main.operate("user", "make-operator", f"{name}@surabaya")

    answer = mesin.ask(f"addrealm {realm} 10.0.0.7 8000")
    again = mesin.raw(f"addrealm {realm} 10.0.0.7 8000")
    field.main.operate("realm", "remove", realm)  # tests are played with two realms

    assert sorted(answer) == ["key", "status"]
    assert again == error("Realm sudah ada")


def test_a_group_of_another_realm(field: Field, mesin: Program, new_name: NewName) -> None:
    """Whoever writes to it is in it from then on; its messages come by `inbox`."""
    token, name, group = mesin.auth("messi"), new_name("pemain"), new_name("grup")
    there = field.connect("jakarta", "mesin")
    theirs = person(there, name, "Pemain_Jauh")
    assert there.raw(f"addgroup {theirs} {group}") == said("Add group successful")

    for text in ("satu", "dua"):
        assert mesin.raw(f"sendgrouprealm {token} jakarta group:{group}  {text}") == said(
            "Message Sent to Group in Realm"
        )

    assert there.ask(f"inbox {theirs}")["messages"] == {
        "messi@surabaya": [
            {
                "msg_from": "Lionel Messi",
                "msg_to": "Pemain Jauh",
                "msg": f" {text}",
                "group": group,
            }
            for text in ("satu", "dua")
        ]
    }
    there.ask(f"sendgroup {theirs} {group} tiga")
    messages = mesin.ask(f"inbox {token}")["messages"][f"{name}@jakarta"]
    assert [m["group"] for m in messages] == [f"{group}@jakarta"]


def test_who_enters_an_open_room_is_told_that_it_is_recorded(
    field: Field, mesin: Program, new_name: NewName
) -> None:
    """By joining it, and by writing to it from another realm; once."""
    open_to_all = ". Ruang ini terbuka untuk semua orang, dan direkam."
    token, text = mesin.auth("messi"), new_name("halo")
    there = field.connect("jakarta", "mesin")
    theirs = person(there, new_name("pemain"))

    assert there.raw(f"joingroup {theirs} lobby") == said("Join group successful" + open_to_all)
    sent = "Message Sent to Group in Realm"
    assert mesin.raw(f"sendgrouprealm {token} jakarta group:lobby {text}") == said(
        sent + open_to_all
    )
    assert mesin.raw(f"sendgrouprealm {token} jakarta group:lobby lagi") == said(sent)

    (first, _) = there.ask(f"inbox {theirs}")["messages"]["messi@surabaya"]
    assert (first["msg"], first["group"]) == (f" {text}", "lobby")


def test_several_people_of_another_realm(field: Field, mesin: Program, new_name: NewName) -> None:
    """Each gets it; one who isn't there is said, and robs nobody of it."""
    token = mesin.auth("messi")
    there = field.connect("jakarta", "mesin")
    tokens = {name: person(there, name) for name in (new_name("a"), new_name("b"))}

    named = ",".join(tokens)
    assert mesin.raw(f"sendgrouprealm {token} jakarta {named} satu") == said(
        "Message Sent to Group in Realm"
    )
    first, second = tokens
    assert mesin.raw(f"sendgrouprealm {token} jakarta {first},siapa,{second} dua") == error(
        "User Tidak Ditemukan"
    )

    for theirs in tokens.values():
        messages = there.ask(f"getrealminbox {theirs} surabaya")["messages"]
        assert [message["msg"] for message in messages] == [" satu", " dua"]
