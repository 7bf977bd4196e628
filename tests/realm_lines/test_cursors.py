"""An inbox's place: durable, of its own, and moved by what was written to the socket only."""

import json
import socket
from collections.abc import Callable

from realm_protocol.commands import Hello, SendMessage
from realm_protocol.events import Heads, Synced
from realm_protocol.limits import PROTOCOL_VERSION
from tests.realm_lines.answers import person, said
from tests.realm_lines.field import PASSWORD, Field, Program
from tests.realm_server.raw_client import open_client
from tests.waiting import wait_until

NewName = Callable[[str], str]
EMPTY = {"status": "OK", "messages": {}}


def texts(program: Program, token: str, sender: str = "messi") -> list[str]:
    messages = program.ask(f"inbox {token}")["messages"]
    return [message["msg"].strip() for message in messages.get(sender, [])]


async def head_of(field: Field, name: str) -> Heads:
    """What a window that signs in at this moment is told."""
    token = field.realms["surabaya"].sign_in(f"{name}@surabaya", PASSWORD)["token"]
    client = await open_client(field.realms["surabaya"].url.replace("http", "ws"), token)
    client.send(Hello(1, PROTOCOL_VERSION, "window", 0, 0))
    heads = await client.until(Heads)
    await client.until(Synced)
    client.channel.abort()
    return heads.heads[0]


async def test_draining_an_inbox_reads_nothing_for_the_window(
    field: Field, mesin: Program, new_name: NewName
) -> None:
    """The message is still unread there; and the other dialect still shows it."""
    name = new_name("pemain")
    token = person(mesin, name)
    messis = mesin.auth("messi")
    mesin.ask(f"send {messis} {name} halo")
    assert texts(mesin, token) == ["halo"]

    head = await head_of(field, name)

    assert (head.last_seq, head.read) == (1, 0)
    other, others = field.signed_in(name, "surabaya", "kelompok5")
    assert [m["msg"] for m in other.ask(f"inbox {others}")["messages"]] == ["halo"]
    assert mesin.ask(f"inbox {token}") == EMPTY


async def test_what_the_window_sends_is_handed_out_at_once(
    field: Field, mesin: Program, new_name: NewName
) -> None:
    """Everything that main acknowledged before an inbox was asked for is in it."""
    name = new_name("pemain")
    token = person(mesin, name)
    session = field.realms["jakarta"].sign_in("lineker@jakarta", PASSWORD)
    url = field.realms["jakarta"].url.replace("http", "ws")
    client = await open_client(url, session["token"])
    client.send(Hello(1, PROTOCOL_VERSION, "window", 0, 0))
    await client.until(Synced)

    for number in range(20):
        to, text = f"{name}@surabaya", f"pesan {number}".encode()
        client.send(SendMessage(2 + number, to, f"{name}-{number}", "text", text, 0))
        while type(await client.next()).__name__ != "Reply":
            pass
        (message,) = mesin.ask(f"getrealminbox {token} jakarta")["messages"]
        assert message["msg"] == f" pesan {number}"
        assert message["msg_from"] == "Gary Lineker"
    client.channel.abort()


def test_two_connections_share_one_inbox(field: Field, new_name: NewName) -> None:
    """A message is handed to one of them."""
    name = new_name("pemain")
    one = field.connect("surabaya", "mesin")
    token = person(one, name)
    other, others = field.connect("surabaya", "mesin"), ""
    others = other.auth(name)
    messis = one.auth("messi")
    for number in range(40):
        one.ask(f"send {messis} {name} {number}")

    one.send(f"inbox {token}\r\n")
    other.send(f"inbox {others}\r\n")
    answers = [json.loads(program.answer())["messages"] for program in (one, other)]

    found = [message["msg"] for messages in answers for message in messages.get("messi", [])]
    assert found == [f" {number}" for number in range(40)]


def test_more_than_one_answer_holds_comes_with_the_next(field: Field, new_name: NewName) -> None:
    """A thousand at a time, none lost and none twice."""
    names, group = [new_name("pemain") for _ in range(4)], new_name("grup")
    program = field.connect("surabaya", "mesin")
    tokens = [person(program, name) for name in names]
    program.ask(f"addgroup {tokens[0]} {group}")
    for token in tokens[1:]:
        program.ask(f"joingroup {token} {group}")
    expected = [str(number) for number in range(1100)]
    for token, start in zip(tokens, range(0, 1100, 275), strict=True):
        texts_sent = expected[start : start + 275]
        program.send("".join(f"sendgroup {token} {group} {text}\r\n" for text in texts_sent))
        assert {program.answer() for _ in texts_sent} == {said("Message Sent")}

    found, rest = (
        [
            m["msg"].strip()
            for own in program.ask(f"inbox {tokens[0]}")["messages"].values()
            for m in own
        ]
        for _ in range(2)
    )

    assert len(found) > 990
    assert found + rest == expected
    assert program.ask(f"inbox {tokens[0]}") == EMPTY
    name = names[0]
    other, others = field.signed_in(name, "surabaya", "kelompok5")
    shown = other.ask(f"groupinbox {others} {group}")["messages"]
    assert len(shown) == 1000


def test_what_was_not_written_comes_again(field: Field, new_name: NewName) -> None:
    """A program that does not read loses nothing when it is cut."""
    name = new_name("pemain")
    sender = field.connect("surabaya", "mesin")
    token = person(sender, name)
    messis = sender.auth("messi")
    long = "x" * 60_000
    expected = []
    for number in range(40):
        assert sender.message(f"send {messis} {name} {number}{long}") == "OK Message Sent"
        expected.append(f"{number}{long}")
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect(("127.0.0.1", field.ports["surabaya", "mesin"]))
    deaf.sendall(f"inbox {token}\r\n".encode())
    assert deaf.recv(100).startswith(b'{"status": "OK"')
    deaf.close()

    assert texts(sender, token) == expected
    assert texts(sender, token) == []


def test_a_restart_repeats_nothing_and_loses_nothing(own_field: Field) -> None:
    """Killed at once after an answer, the realm goes on where it was; a token outlives it."""
    program, token = own_field.signed_in("henderson", "surabaya", "mesin")
    messi, messis = own_field.signed_in("messi", "surabaya", "mesin")
    messi.ask(f"send {messis} henderson satu")
    assert texts(program, token) == ["satu"]
    messi.ask(f"send {messis} henderson dua")

    own_field.realms["surabaya"].restart()

    program = own_field.connect("surabaya", "mesin")
    wait_until(lambda: program.ask("auth messi surabaya")["status"] == "OK")
    assert texts(program, token) == ["dua"]
    assert texts(program, token) == []


def test_while_cut_off_the_site_goes_on(own_field: Field) -> None:
    """What is sent is kept, and arrives once when main is back; what only main can say is an error
    that says why."""
    program, token = own_field.signed_in("henderson", "surabaya", "mesin")
    own_field.main.kill9()

    assert program.message(f"send {token} messi halo") == "OK Message Sent"
    assert program.ask(f"send {token} nobody halo")["status"] == "ERROR"
    assert program.ask(f"inbox {token}") == EMPTY
    for request in (f"getrealminbox {token} jakarta", "auth messi surabaya"):
        message = program.message(request)
        assert message.startswith("ERROR Lokasi surabaya terputus"), message
    other = own_field.connect("surabaya", "kelompok5")
    assert other.ask(f"inbox {token}")["status"] == "OK"

    assert [program.ask("inbox x")["status"] for _ in range(3)] == ["ERROR"] * 3
    own_field.main.start()
    own_field.main.wait_ready()
    messi = own_field.connect("surabaya", "mesin")
    messis = _when_linked(messi)
    wait_until(lambda: texts(messi, messis, "henderson") == ["halo"])
    assert messi.message(f"send {messis} henderson kembali") == "OK Message Sent"
    assert texts(program, token) == ["kembali"]
    assert program.message(f"send {token} messi juga") == "OK Message Sent"
    assert texts(messi, messis, "henderson") == ["juga"]


def _when_linked(program: Program) -> str:
    def signed_in() -> str:
        return str(program.ask("auth messi surabaya").get("tokenid", ""))

    return wait_until(signed_in, 40)


def test_a_realm_that_stops_answers_first(own_field: Field) -> None:
    """Then its programs are hung up on."""
    program, token = own_field.signed_in("henderson", "surabaya", "mesin")
    assert program.ask(f"inbox {token}") == EMPTY

    assert own_field.realms["surabaya"].stop() == 0

    assert program.is_hung_up()
    assert own_field.defects == []
