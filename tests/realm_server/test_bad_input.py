"""What breaks the protocol is answered in words, and harms nobody else."""

from collections.abc import AsyncIterator

import httpx
import pytest
from picows import WSCloseCode, WSMsgType

from realm_protocol import link
from realm_protocol.commands import Hello, JoinGroup, ListRealms, SendMessage
from realm_protocol.errors import NotSignedIn, RouteNotFound
from realm_protocol.events import Refused, Reply
from realm_protocol.limits import CLIENT_FRAME_LIMIT, TEXT_LIMIT
from realm_protocol.names import GroupAddress
from realm_protocol.wire import pack, unpack_value
from realm_server.desk import Desk
from realm_service.channel import connect
from tests.realm_server.conftest import World
from tests.realm_server.raw_client import RawClient, message, open_client
from tests.realm_server.test_sessions import accept_all, refusal
from tests.waiting import eventually


@pytest.mark.parametrize(
    "frame",
    [
        b"\xc1",
        b"",
        b"\x81\xa1a\x01",
        b"\x91",
        pack([1]),
        pack([[]]),
        pack([[9999, 1]]),
        pack([["text", 1]]),
        pack([[2]]),
        pack([[2, "number"]]),
    ],
    ids=[
        *("no msgpack", "nothing", "a map", "cut off", "no array", "an empty array"),
        *("an unknown tag", "a text as tag", "no number", "a text as number"),
    ],
)
async def test_a_broken_frame_is_refused_in_words_and_closed(running: World, frame: bytes) -> None:
    """Refused with number 0, then 1002."""
    client = await running.enter("messi-token")

    client.send_raw(frame)

    assert refusal(await client.next(Refused)) == (0, "malformed")
    assert await client.wait_closed() == WSCloseCode.PROTOCOL_ERROR


async def test_what_follows_a_broken_message_is_not_done(running: World) -> None:
    """One that broke the form can't be trusted with the rest of its frame."""
    client = await running.enter("messi-token")

    client.send_raw(b"\x92" + pack([9999]) + pack(message(2)))
    await client.wait_closed()

    await eventually(lambda: running.main.heard_of(link.Detach))
    assert running.main.heard_of(link.Forward) == []


async def test_a_text_frame_is_refused(running: World) -> None:
    """Frames are binary: 1003."""
    client = await running.enter("messi-token")

    client.send_raw(b"hello", WSMsgType.TEXT)

    assert refusal(await client.next(Refused)) == (0, "malformed")
    assert await client.wait_closed() == WSCloseCode.UNSUPPORTED_DATA


async def test_a_frame_over_the_limit_is_refused_with_its_size(running: World) -> None:
    """2 MiB: the answer names both numbers, then 1009."""
    client = await running.enter("messi-token")

    client.send_raw(bytes(2 * 1024 * 1024))

    refused = await client.next(Refused)
    assert refusal(refused) == (0, "frame_too_large")
    assert refused.fields == {"size": 2 * 1024 * 1024, "limit": CLIENT_FRAME_LIMIT}
    assert await client.wait_closed() == WSCloseCode.MESSAGE_TOO_BIG


async def test_a_frame_without_end_is_cut(running: World) -> None:
    """Nobody can fill the realm's memory with one frame."""
    client = await running.enter("messi-token")

    client.send_raw(bytes(8 * 1024 * 1024))

    await client.wait_closed()


async def test_a_message_over_the_limit_is_refused_and_the_session_goes_on(
    running: World,
) -> None:
    """65 KiB of text: the sender can shorten it."""
    accept_all(running)
    client = await running.enter("messi-token")

    client.send(message(2, text="x" * (TEXT_LIMIT + 1024)), message(3))

    refused = await client.next(Refused)
    assert refusal(refused) == (2, "text_too_long")
    assert refused.fields == {"size": TEXT_LIMIT + 1024, "limit": TEXT_LIMIT}
    assert (await client.next(Reply)).number == 3


async def test_a_message_of_the_whole_limit_passes(running: World) -> None:
    """64 KiB is allowed, on the link too."""
    accept_all(running)
    client = await running.enter("messi-token")

    client.send(message(2, text="x" * TEXT_LIMIT))

    assert (await client.next(Reply)).number == 2


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (JoinGroup(2, GroupAddress("no group")), "invalid_address"),
        (SendMessage(2, "a@b", "a key", "text", b"hi", 0), "malformed"),
        (SendMessage(2, "a@b", "k", "system", b"hi", 0), "not_allowed"),
        (SendMessage(2, "a@b", "k", "text", b"\xff\xff", 0), "text_not_unicode"),
        (SendMessage(2, "a@b", "k", "text", b"", 0), "empty_text"),
        (SendMessage(2, "a@b", "k", "text", "no bytes", 0), "malformed"),  # type: ignore[arg-type]
        (Hello(2, 1, "again", 0, 0), "malformed"),
    ],
)
async def test_a_wrong_field_is_that_commands_fault(
    running: World, command: object, code: str
) -> None:
    """It is refused by its number, and the next command is served."""
    accept_all(running)
    client = await running.enter("messi-token")

    client.send(command, message(3))

    assert refusal(await client.next(Refused)) == (2, code)
    assert (await client.next(Reply)).number == 3


async def test_another_version_is_told_which_one_is_wanted(running: World) -> None:
    """By its number, before anything else of its Hello is looked at."""
    client = await open_client(running.url, "messi-token")

    client.send([1, 5, 99, {"of": "another shape"}])

    refused = await client.next(Refused)
    assert refusal(refused) == (5, "version_mismatch")
    assert refused.fields == {"wanted": 1, "got": 99}
    await client.wait_closed()


async def test_a_connection_begins_with_hello(running: World) -> None:
    """A command before it is refused, and nothing of it reaches main."""
    client = await open_client(running.url, "messi-token")

    client.send(message(2))

    assert refusal(await client.next(Refused)) == (0, "malformed")
    await client.wait_closed()
    assert {type(each) for each in running.main.heard} <= {link.LinkHello, link.SiteSync}


async def test_commands_behind_the_hello_wait_for_the_welcome(running: World) -> None:
    """A client that does not wait is served all the same, in order."""
    accept_all(running)
    client = await running.connect("messi-token")

    client.send(message(2), ListRealms(3))

    assert [(await client.until(Reply)).number for _ in range(3)] == [1, 2, 3]


async def test_an_unknown_token_is_refused(running: World) -> None:
    """By main, who alone knows."""
    client = await running.connect("stolen-token")

    assert refusal(await client.next(Refused)) == (1, "session_ended")
    await client.wait_closed()


async def test_a_connection_without_a_token_is_answered_over_http(running: World) -> None:
    """401 in the one shape of errors; another path is 404."""
    client = RawClient()

    with pytest.raises(NotSignedIn):
        await connect(f"{running.url}/v1/client", client.channel, headers={})
    with pytest.raises(RouteNotFound):
        await connect(f"{running.url}/v1/nothing", RawClient().channel, headers={})


async def test_one_broken_client_does_not_disturb_another(running: World) -> None:
    """Sessions fail alone."""
    accept_all(running)
    good, bad = await running.enter("lineker-token"), await running.enter("messi-token")

    bad.send_raw(b"\xc1")
    await bad.wait_closed()
    good.send(message(2))

    assert (await good.next(Reply)).number == 2


@pytest.mark.parametrize(
    ("path", "form", "status", "code"),
    [
        ("sign-in", {}, 400, "malformed"),
        ("sign-in", {"address": "messi@surabaya"}, 400, "malformed"),
        ("sign-in", {"address": "m e", "password": "geheim"}, 400, "invalid_name"),
        ("sign-in", {"address": "m@e@s", "password": "geheim"}, 400, "invalid_address"),
        ("sign-in", {"address": "henderson@jakarta", "password": "geheim"}, 403, "wrong_realm"),
        ("sign-in", {"address": "messi", "password": "x" * 2000}, 400, "password_too_long"),
        ("sign-in", {"address": "messi", "password": ""}, 400, "password_too_short"),
        ("register", {"address": "messi", "password": "short"}, 400, "password_too_short"),
        ("nothing", {}, 404, "route_not_found"),
    ],
)
async def test_http_errors_have_one_shape(
    running: World, path: str, form: dict[str, str], status: int, code: str
) -> None:
    """Status, code, and a message for people."""
    async with running.http as http:
        answer: httpx.Response = await http.post(f"/v1/{path}", json=form)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert error["message"]


@pytest.mark.parametrize("depth", [1, 500, 800])
async def test_fields_of_a_later_version_stay_at_the_realm(running: World, depth: int) -> None:
    """They are ignored; nested as deep as a frame can be, they would break the link of all."""
    accept_all(running)
    client = await running.enter("messi-token")
    nested = b"\x91" * depth + b"\x01"

    client.send_raw(b"\x91\x98\x02\x02\xa3a@b\xa1k\xa4text\xc4\x01x\x00" + nested)

    assert (await client.next(Reply)).number == 2
    assert unpack_value(running.main.heard_of(link.Forward)[0].command) == [
        2,
        2,
        "a@b",
        "k",
        "text",
        b"x",
        0,
    ]


async def test_a_defect_ends_one_session_and_is_told_by_number(
    running: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What no check foresaw: the client gets the incident's number, the others go on."""
    accept_all(running)
    good, bad = await running.enter("lineker-token"), await running.enter("messi-token")

    def fail(*_: object) -> None:
        raise RuntimeError("a defect")

    with monkeypatch.context() as patched:
        patched.setattr(Desk, "_ask", fail)
        bad.send(ListRealms(2))
        refused = await bad.next(Refused)
        await bad.wait_closed()
    good.send(message(2))

    assert refusal(refused) == (0, "internal_error")
    assert refused.fields["incident"]
    assert (await good.next(Reply)).number == 2


@pytest.mark.parametrize("path", ["sign-in", "register"])
async def test_the_body_of_a_request_is_bounded(running: World, path: str) -> None:
    """413 names size and limit, whether the request says its length or not."""

    async def without_length() -> AsyncIterator[bytes]:
        for _ in range(65):
            yield b" " * 1024

    async with running.http as http:
        said = await http.post(f"/v1/{path}", content=b" " * 65_537)
        unsaid = await http.post(f"/v1/{path}", content=without_length())

    for answer in (said, unsaid):
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (413, "request_too_large")
        assert error["limit"] == 65_536
        assert error["size"] > error["limit"]
    assert said.json()["error"]["size"] == 65_537


async def test_a_name_that_is_no_text_is_refused(running: World) -> None:
    """Half a character, as JSON can have it, can't be told back either."""
    async with running.http as http:
        content = b'{"address": "\\ud800", "password": "geheim123"}'
        answer = await http.post("/v1/sign-in", content=content)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed")
