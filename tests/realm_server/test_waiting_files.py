"""Files of a site that is cut off: taken in, seen by neighbours, brought to main later."""

import asyncio
import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from realm_protocol import link
from realm_protocol.bodies import FileBody, pack_file_body, read_file_body
from realm_protocol.commands import SendMessage, StoredMessage
from realm_protocol.errors import QuotaExceeded, StoreDamaged
from realm_protocol.events import AtRealm, LinkChanged, MessagePending, MessageWithdrawn, Reply
from realm_protocol.names import Address, GroupAddress, group_conversation
from realm_protocol.uploads import UPLOAD_TYPE, NewUpload, upload_headers
from realm_server.files.verifying import verify_waiting
from realm_server.link import LinkTimes
from realm_server.realm import Times
from realm_server.watching import status
from realm_service.operator_line import socket_path
from tests.realm_server.conftest import World
from tests.realm_server.fake_files import sha256
from tests.realm_server.fake_main import membership
from tests.realm_server.raw_client import RawClient, message
from tests.realm_server.test_outbox import enter_two, queued, take_queued
from tests.waiting import eventually

MIB = 1024 * 1024
CONTENT = b"\xff\xd8\xff" + os.urandom(2 * MIB)
LINEKER = "lineker@surabaya"
GROUP = GroupAddress("jarkom3@surabaya")
GROUP_ID = str(group_conversation(GROUP))
OLD_FILE = "f" * 32
UNKNOWN_FILE = "e" * 32


class Person:
    """Somebody's requests for files, and how their messages name them."""

    def __init__(self, world: World, name: str = "messi") -> None:
        self._world = world
        self._authorization = {"Authorization": f"Bearer {name}-token"}

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {**self._authorization, **more.pop("headers", {})}
        async with self._world.http as http:
            return await http.request(method, path, headers=headers, **more)

    async def begin(self, content: bytes) -> httpx.Response:
        headers = upload_headers(NewUpload(len(content), sha256(content)))
        return await self.ask("POST", "/v1/uploads", headers=headers)

    async def append(self, file_id: str, offset: int, content: bytes) -> httpx.Response:
        headers = {"Upload-Offset": str(offset), "Content-Type": UPLOAD_TYPE}
        return await self.ask("PATCH", f"/v1/uploads/{file_id}", headers=headers, content=content)

    async def upload(self, content: bytes = CONTENT) -> str:
        """The id of a whole file."""
        begun = await self.begin(content)
        assert begun.status_code == 201, begun.text
        file_id = begun.headers["Location"].rpartition("/")[2]
        if content:
            assert (await self.append(file_id, 0, content)).status_code == 204
        return file_id

    async def download(self, file_id: str, **headers: str) -> httpx.Response:
        return await self.ask("GET", f"/v1/files/{file_id}", headers=headers)


def naming(file_id: str, number: int = 2, to: str = LINEKER) -> SendMessage:
    """A message with a file, of which its sender claims what is not so."""
    body = FileBody(file_id, "photo.jpg", 1, "text/html", "0" * 64)
    return SendMessage(number, to, f"key-{number}", "file", pack_file_body(body), 1000)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def kept(world: World) -> list[Path]:
    """The bytes that wait for main."""
    return [path for path in (world.home / "uploads").rglob("*") if path.is_file()]


@pytest.fixture
async def people(running: World) -> tuple[RawClient, RawClient]:
    """Two people of a site that is cut off."""
    messi, lineker = await enter_two(running)
    await eventually(lambda: running.rows_of_site("people") == 2)
    await running.cut()
    await messi.until(LinkChanged)
    return messi, lineker


# --- taking in -----------------------------------------------------------------------------------


async def test_a_file_reaches_neighbours_at_once_and_main_later(
    running: World, people: tuple[RawClient, RawClient]
) -> None:
    """What is shown of it is what the realm knows; main has its bytes before its message."""
    messi, lineker = people
    file_id = await Person(running).upload()
    messi.send(naming(file_id))
    await messi.until(AtRealm)

    shown = read_file_body((await lineker.until(MessagePending)).message.body)
    facts = (shown.file_id, shown.size, shown.type, shown.sha256)
    assert facts == (file_id, len(CONTENT), "image/jpeg", sha256(CONTENT))
    neighbour = Person(running, "lineker")
    assert (await neighbour.download(file_id)).content == CONTENT
    part = await neighbour.download(file_id, Range="bytes=5-1048580")
    assert (part.status_code, part.content) == (206, CONTENT[5:1048581])

    had: list[bytes] = []

    def take(one: link.Queued) -> None:
        had.append(bytes(running.files.brought[file_id]))
        running.main.accept_message(one, 1)

    running.main.on_queued = take
    running.mend()
    await eventually(lambda: had)

    assert had == [CONTENT]
    assert running.files.bringers == {file_id: "messi@surabaya"}
    await eventually(lambda: kept(running) == [])
    running.files.readers = {"lineker-token"}
    running.files.add(file_id, CONTENT)
    assert (await neighbour.download(file_id)).content == CONTENT
    assert running.files.gets == []


async def test_a_file_waits_for_nobody_but_itself(
    running: World, people: tuple[RawClient, RawClient]
) -> None:
    """Its message takes its place when main has its bytes; what was written after it goes on."""
    messi, _ = people
    running.files.may_take.clear()
    file_id = await Person(running).upload()
    messi.send(naming(file_id), message(3, to=LINEKER))
    for _ in range(2):
        await messi.until(AtRealm)
    take_queued(running)
    running.mend()
    await eventually(lambda: len(queued(running)) == 1)
    running.main.on_forward = lambda one: running.main.accept_message(one, 9)
    messi.send(message(4, to=LINEKER))
    await messi.until(Reply)

    running.files.may_take.set()

    await eventually(lambda: len(queued(running)) == 2)
    assert [key for _, key in queued(running)] == ["key-3", "key-2"]


async def test_an_upload_goes_on_in_a_new_process(world: World) -> None:
    """Begun before a restart, finished after it; its message was kept, and waits for it again."""
    await world.start_main()
    messi = Person(world)
    async with world.realm_running():
        await world.link_up()
        await enter_two(world)
        await world.cut()
        whole = await messi.upload(b"a small one")
        client = await world.connect("messi-token")
        client.send(naming(whole))
        await client.until(AtRealm)
        begun = (await messi.begin(CONTENT)).headers["Location"].rpartition("/")[2]
        await messi.append(begun, 0, CONTENT[:MIB])
    async with world.realm_running():
        offset = int((await messi.ask("HEAD", f"/v1/uploads/{begun}")).headers["Upload-Offset"])
        assert offset == MIB
        await messi.append(begun, offset, CONTENT[offset:])
        neighbour = Person(world, "lineker")
        assert (await neighbour.download(whole)).content == b"a small one"
        take_queued(world)
        world.mend()
        await eventually(lambda: kept(world) == [])

    assert world.files.brought == {whole: b"a small one", begun: CONTENT}
    assert [key for _, key in queued(world)] == ["key-2"]


async def test_what_has_no_room_is_refused_before_its_bytes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For now: main may yet take it. One person has half of the room."""
    world.settings["upload_bytes"] = 1000
    await world.start()
    await enter_two(world)
    await world.cut()
    messi = Person(world)

    assert code(await messi.begin(bytes(501))) == (507, "outbox_full")
    assert (await messi.begin(bytes(500))).status_code == 201
    assert code(await messi.begin(b"x")) == (507, "outbox_full")
    neighbour = Person(world, "lineker")
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10}))
    assert code(await neighbour.begin(b"x")) == (507, "storage_full")


async def test_the_operator_sees_what_waits(
    running: World, people: tuple[RawClient, RawClient], capsys: pytest.CaptureFixture[str]
) -> None:
    """How many files, and how many bytes."""
    await Person(running).upload(b"twelve bytes")
    capsys.readouterr()

    await asyncio.to_thread(status, socket_path(running.home / "realm.db"), as_json=False)

    assert "Files that wait for main: 1 (12 bytes)" in capsys.readouterr().out
    metrics = (await Person(running).ask("GET", "/metrics")).text
    assert "realm_waiting_files 1.0" in metrics
    assert "realm_waiting_file_bytes 12.0" in metrics


async def test_what_waits_is_verified(running: World, people: tuple[RawClient, RawClient]) -> None:
    """Beside the realm that serves: bytes that are missing or wrong, and bytes of no file."""
    store, folder = running.home / "realm.db", running.home / "uploads"
    await Person(running).upload()
    await Person(running).begin(CONTENT)
    (blob,) = (path for path in kept(running) if path.name == sha256(CONTENT))
    (part,) = (path for path in kept(running) if path != blob)
    counts = {"waiting_files": 1, "begun_uploads": 1, "stray_files": 0}
    assert verify_waiting(store, folder) == counts

    (folder / "parts" / OLD_FILE).touch()
    blob.with_name(UNKNOWN_FILE).touch()
    assert verify_waiting(store, folder) == {**counts, "stray_files": 2}
    for path, damage in (
        (blob, lambda: blob.write_bytes(CONTENT[:-1] + b"?")),
        (blob, blob.unlink),
        (part, part.unlink),
    ):
        content = path.read_bytes()
        damage()
        with pytest.raises(StoreDamaged, match="1 files that wait have lost bytes"):
            verify_waiting(store, folder)
        path.write_bytes(content)


async def test_an_upload_is_its_senders_alone(
    running: World, people: tuple[RawClient, RawClient]
) -> None:
    """Nobody else goes on with it or sees it before a message names it; nobody unknown begins."""
    file_id = await Person(running).upload()
    neighbour, stranger = Person(running, "lineker"), Person(running, "nobody")

    assert code(await neighbour.append(file_id, 0, b"x")) == (404, "upload_not_found")
    assert code(await neighbour.ask("DELETE", f"/v1/uploads/{file_id}")) == (
        404,
        "upload_not_found",
    )
    assert code(await neighbour.download(file_id)) == (404, "file_not_found")
    assert code(await stranger.begin(CONTENT)) == (503, "link_down")
    assert (await Person(running).download(file_id)).content == CONTENT


async def test_a_silent_main_holds_up_no_upload(world: World) -> None:
    """It is taken in as on a link that is down; its message waits for its bytes alike."""
    world.times = Times(LinkTimes(sweep_every=0.05, suspect_after=0.1), tick_seconds=0.05)
    await world.start()
    messi, _ = await enter_two(world)
    world.files.may_take.clear()
    messi.send(message(2))
    await messi.until(AtRealm)

    file_id = await Person(world).upload()
    messi.send(naming(file_id, 3))

    await messi.until(AtRealm)
    for asked in world.main.heard_of(link.Forward):
        world.main.accept_message(asked, 1)
    take_queued(world)
    world.files.may_take.set()
    await eventually(lambda: kept(world) == [])
    assert world.files.brought == {file_id: CONTENT}
    assert [key for _, key in queued(world)] == ["key-3"]


# --- bringing ------------------------------------------------------------------------------------


async def test_bringing_goes_on_where_it_was_cut(
    running: World, people: tuple[RawClient, RawClient]
) -> None:
    """No byte that main has crosses the link again."""
    file_id = await Person(running).upload()
    running.files.takes = MIB

    running.mend()

    await eventually(lambda: kept(running) == [])
    assert running.files.brought == {file_id: CONTENT}


async def test_what_main_refuses_is_withdrawn(
    running: World, people: tuple[RawClient, RawClient]
) -> None:
    """From every screen, with main's reason; its bytes make room."""
    messi, lineker = people
    file_id = await Person(running).upload()
    messi.send(naming(file_id), message(3, to=LINEKER))
    for _ in range(2):
        await messi.until(AtRealm)
    take_queued(running)
    running.files.refuses = QuotaExceeded(used=1, size=2, limit=3)

    running.mend()

    for client in (messi, lineker):
        withdrawn = await client.until(MessageWithdrawn)
        assert (withdrawn.key, withdrawn.code) == ("key-2", "quota_exceeded")
    await eventually(lambda: kept(running) == [])
    assert [key for _, key in queued(running)] == ["key-3"]


async def test_a_restored_main_is_brought_it_again(
    running: World, people: tuple[RawClient, RawClient]
) -> None:
    """Until main has the message, the realm keeps what it names."""
    messi, _ = people
    file_id = await Person(running).upload()
    messi.send(naming(file_id))
    await messi.until(AtRealm)
    running.mend()
    await eventually(lambda: len(queued(running)) == 1)
    await running.cut()
    running.files.brought.clear()
    running.main.epoch += 1
    take_queued(running)

    running.mend()

    await eventually(lambda: kept(running) == [])
    assert running.files.brought == {file_id: CONTENT}
    assert [key for _, key in queued(running)] == ["key-2", "key-2"]


async def test_a_message_that_comes_behind_its_bytes_goes_live(
    running: World, people: tuple[RawClient, RawClient]
) -> None:
    """The link was back before the sender had said for whom the file is."""
    messi, _ = people
    file_id = await Person(running).upload()
    running.main.on_forward = lambda one: running.main.accept_message(one, 1)
    running.mend()
    await eventually(lambda: kept(running) == [])
    await eventually(lambda: running.main.heard_of(link.Attach)[2:])

    messi.send(naming(file_id))

    await messi.until(Reply)
    assert queued(running) == []


# --- what the site has ---------------------------------------------------------------------------


async def test_what_the_cache_holds_is_had_while_cut_off(world: World) -> None:
    """By whoever sees a message that names it; what isn't here is refused with since when."""
    world.main.memberships = [membership(1, GROUP_ID, name=str(GROUP), last_seq=2)]
    world.main.histories[GROUP_ID] = [
        _row(seq, file_id) for seq, file_id in ((1, OLD_FILE), (2, UNKNOWN_FILE))
    ]
    world.files.readers = {"messi-token"}
    world.files.add(OLD_FILE, CONTENT)
    await world.start()
    messi, neighbour = Person(world), Person(world, "lineker")
    client = await world.enter("messi-token")
    await world.enter("lineker-token")
    await eventually(lambda: world.rows_of_site("files") == 2)
    await messi.download(OLD_FILE)
    await world.cut()
    await client.until(LinkChanged)

    assert (await messi.download(OLD_FILE)).content == CONTENT
    head = await messi.ask("HEAD", f"/v1/files/{OLD_FILE}")
    assert int(head.headers["Content-Length"]) == len(CONTENT)
    assert code(await neighbour.download(OLD_FILE)) == (404, "file_not_found")
    for absent in (await messi.download(UNKNOWN_FILE), await messi.download("d" * 32)):
        assert code(absent) == (503, "link_down")
        assert absent.json()["error"]["since"]
    assert len(world.files.gets) == 1


def _row(seq: int, file_id: str) -> StoredMessage:
    body = FileBody(file_id, "photo.jpg", len(CONTENT), "image/jpeg", sha256(CONTENT))
    if file_id == UNKNOWN_FILE:
        body = FileBody(file_id, "other.jpg", 5, "image/jpeg", "0" * 64)
    fields = (GROUP_ID, seq, f"k{seq}", "file", Address(LINEKER), pack_file_body(body), 0, seq)
    return StoredMessage(*fields)
