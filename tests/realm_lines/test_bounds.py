"""What a program may use: others are unaffected by whatever one does."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from realm_server.line_ports import LinePort
from realm_server.lines.connections import DIALECTS, LINE_LIMIT
from realm_service.listening import bind
from tests.realm_lines.answers import error
from tests.realm_lines.field import Field, Program
from tests.realm_lines.vandals import Vandal, open_files
from tests.realm_server.conftest import World
from tests.waiting import eventually, wait_until


def test_a_line_has_a_limit(mesin: Program) -> None:
    """Beyond, it is refused with its size, and the connection goes on."""
    mesin.send(b"send x y " + b"A" * 200_000 + b"\r\n")

    message = mesin.answer().decode()
    assert "200009" in message
    assert str(LINE_LIMIT) in message
    assert mesin.auth("messi")


def test_a_message_has_a_limit(mesin: Program) -> None:
    """The realm's own; the longest one goes through."""
    token = mesin.auth("messi")

    assert mesin.message(f"send {token} lineker {'x' * 65536}") == "OK Message Sent"
    assert "65536" in mesin.message(f"send {token} lineker {'x' * 65537}")


def test_passwords_are_not_guessed_for_long(own_field: Field) -> None:
    """Ten wrong ones, and the realm hangs up; a new connection must wait for that person."""
    program = own_field.connect("surabaya", "mesin")
    for _ in range(10):
        assert program.raw("auth messi salah") == error("Password Salah")
    assert program.is_hung_up()

    program = own_field.connect("surabaya", "kelompok5")
    assert program.message("auth messi surabaya") not in ("ERROR Password Salah", "OK")
    assert program.auth("lineker")


def test_several_requests_in_one_segment_are_answered_in_turn(mesin: Program) -> None:
    """As many answers as requests, in their order."""
    token = mesin.auth("messi")

    mesin.send(f"inbox {token}\r\napa \r\ninbox x\r\nsend {token} lineker halo \r\n")

    statuses = [mesin.answer() for _ in range(4)]
    assert statuses[1:3] == [error("**Protocol Tidak Benar"), error("Session Tidak Ditemukan")]
    assert b"Message Sent" in statuses[3]


def test_a_request_split_at_every_byte_is_one(mesin: Program) -> None:
    """Each byte a segment of its own."""
    for byte in b"auth messi surabaya \r\n":
        mesin.send(bytes((byte,)))

    assert b"tokenid" in mesin.answer()


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_vandals_harm_nobody(field: Field, dialect: str) -> None:
    """Noise, half lines, floods, files and sudden ends: no traceback, nothing left open, and
    others are answered all the while.
    """
    chance = random.Random(dialect)
    witness, token = field.signed_in("messi", "surabaya", dialect)
    _, vandals_token = field.signed_in("henderson", "surabaya", dialect)
    open_before = open_files(field)

    for _ in range(40):
        vandal = Vandal(chance, DIALECTS[dialect], vandals_token)
        vandal.visit(field.ports["surabaya", dialect])
        assert witness.ask(f"inbox {token}")["status"] == "OK"

    assert field.defects == []
    # Connections to main, for files, stay open for a while.
    wait_until(lambda: open_files(field) <= open_before + 8)


def test_nothing_secret_is_logged(field: Field, mesin: Program) -> None:
    """No password, token or text."""
    token = mesin.auth("messi")
    mesin.ask(f"send {token} lineker rahasia-sekali")
    mesin.ask("auth messi kata-sandi-salah")

    log = field.realms["surabaya"].log_text
    assert not any(word in log for word in (token, "rahasia-sekali", "kata-sandi-salah"))


# --- with bounds of the test's own, in its event loop --------------------------------------------


@pytest.fixture
async def lonely(tmp_path: Path) -> AsyncIterator[World]:
    """A realm that finds no main."""
    world = World(tmp_path / "realm")
    async with world.stack:
        yield world


Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


async def _listen(world: World, **settings: object) -> Connect:
    """Start it with one listener; what connects to that."""
    sock = bind("127.0.0.1", 0)
    port = sock.getsockname()[1]
    world.settings.update(settings)
    world.line_sockets = [(LinePort(port), sock)]
    await world.start_realm()
    return lambda: asyncio.open_connection("127.0.0.1", port)


async def test_a_silent_connection_is_closed(lonely: World) -> None:
    """After the operator's idle time."""
    connect = await _listen(lonely, line_idle_seconds=0.05)

    reader, writer = await connect()

    assert await reader.read() == b""
    writer.close()


async def test_one_address_has_so_many_connections(lonely: World) -> None:
    """The next is told so and closed; where one leaves there is room again."""
    connect = await _listen(lonely, line_connections=2)
    held = [await connect() for _ in range(2)]
    for reader, writer in held:
        writer.write(b"apa\r\n")
        assert await reader.readuntil(b"\r\n\r\n")

    reader, writer = await connect()
    assert await reader.read() == error("Terlalu banyak koneksi dari alamat ini.")
    writer.close()
    held.pop()[1].close()

    async def has_room() -> bool:
        reader, writer = await connect()
        try:
            writer.write(b"apa\r\n")
            return await reader.readuntil(b"\r\n\r\n") == error("**Protocol Tidak Benar")
        except ConnectionError:
            return False
        finally:
            writer.close()

    await eventually(has_room)
    held[0][1].close()
