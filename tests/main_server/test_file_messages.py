"""Files as messages: what main says of them, and who may open them from then on."""

import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from main_server.files.verifying import verify_files
from main_server.rules.files import forget_unsent
from main_server.store.backup import back_up, restore
from realm_protocol import commands
from realm_protocol.bodies import FileBody, read_file_body
from realm_protocol.errors import (
    FileNotFound,
    KeyConflict,
    MalformedMessage,
    NotAllowed,
    StoreDamaged,
)
from realm_protocol.limits import UNSENT_FILE_DAYS
from realm_protocol.names import GroupAddress
from realm_protocol.wire import check, unpack_value
from tests.main_server.conftest import Running, running
from tests.main_server.file_end import FileEnd, code, file_body, sha256
from tests.main_server.realm_end import Attached, RealmEnd, fanned_out

CONTENT = b"\x89PNG\r\n\x1a\n" + os.urandom(1000)
GROUP = "group:jarkom3@surabaya"


@dataclass
class Person:
    """Somebody with a session, who sends and opens files."""

    session: Attached
    files: FileEnd

    async def send(self, to: str, body: bytes, key: str = "k") -> commands.Accepted:
        packed = await self.session.command(commands.SendMessage, to, key, "file", body, 0)
        return check(unpack_value(packed), commands.Accepted)

    async def may_open(self, file_id: str) -> bool:
        answer = await self.files.download(file_id)
        if answer.status_code == 404:
            assert code(answer) == (404, "file_not_found")
        return answer.status_code == 200


async def enter(main: Running, http: httpx.AsyncClient, realm: RealmEnd, address: str) -> Person:
    session = await realm.sign_in(address)
    files = FileEnd(http, main.keys[address.partition("@")[2]], session.token)
    return Person(await realm.attach(session.token), files)


def asking(main: Running) -> httpx.AsyncClient:
    url = main.url.replace("ws:", "http:")
    return httpx.AsyncClient(base_url=url, trust_env=False, timeout=20)


@pytest.fixture
async def http(main: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(main) as client:
        yield client


@pytest.fixture
async def messi(main: Running, http: httpx.AsyncClient, surabaya: RealmEnd) -> Person:
    return await enter(main, http, surabaya, "messi@surabaya")


@pytest.fixture
async def henderson(main: Running, http: httpx.AsyncClient, jakarta: RealmEnd) -> Person:
    return await enter(main, http, jakarta, "henderson@jakarta")


@pytest.fixture
async def lineker(main: Running, http: httpx.AsyncClient, surabaya: RealmEnd) -> Person:
    return await enter(main, http, surabaya, "lineker@surabaya")


async def test_main_says_what_a_file_is(
    messi: Person, henderson: Person, jakarta: RealmEnd
) -> None:
    """Size, type and hash are those of the bytes, and the name is safe, whatever was claimed."""
    file_id = await messi.files.upload(CONTENT)

    await messi.send("henderson@jakarta", file_body(file_id, "../../etc/passwd"))

    (event,) = fanned_out(jakarta)
    expected = FileBody(file_id, "passwd", len(CONTENT), "image/png", sha256(CONTENT))
    assert (event.message.kind, read_file_body(event.message.body)) == ("file", expected)
    (row,) = await henderson.session.history(event.message.conversation)
    assert row == event.message


async def test_whoever_sees_the_message_may_open_the_file(
    messi: Person, henderson: Person, lineker: Person
) -> None:
    """From the moment of the message on, and nobody else."""
    file_id = await messi.files.upload(CONTENT)
    assert [await each.may_open(file_id) for each in (messi, henderson, lineker)] == [
        *(True, False, False)
    ]

    await messi.send("henderson@jakarta", file_body(file_id))

    assert [await each.may_open(file_id) for each in (messi, henderson, lineker)] == [
        *(True, True, False)
    ]


async def test_a_groups_files_are_its_members(messi: Person, henderson: Person) -> None:
    """Whoever joins sees what stands in the history; whoever leaves sees it no more."""
    group = GroupAddress("jarkom3@surabaya")
    await messi.session.do(commands.CreateGroup, group, [])
    file_id = await messi.files.upload(CONTENT)
    await messi.send(GROUP, file_body(file_id))
    assert not await henderson.may_open(file_id)

    await henderson.session.do(commands.JoinGroup, group)
    assert await henderson.may_open(file_id)

    await henderson.session.do(commands.LeaveGroup, group)
    assert not await henderson.may_open(file_id)


async def test_a_file_that_one_may_open_can_be_sent_on(
    messi: Person, henderson: Person, lineker: Person
) -> None:
    """Without uploading it again, and it stays when the first message is out of sight."""
    file_id = await messi.files.upload(CONTENT)
    with pytest.raises(FileNotFound):
        await henderson.send("lineker@surabaya", file_body(file_id), "too-early")
    await messi.send("henderson@jakarta", file_body(file_id))

    await henderson.send("lineker@surabaya", file_body(file_id))

    assert await lineker.may_open(file_id)


async def test_a_file_that_is_not_whole_can_not_be_sent(messi: Person) -> None:
    """Its message takes its place when all bytes are there."""
    file_id = await messi.files.begun(CONTENT)
    await messi.files.append(file_id, 0, CONTENT[:-1])

    with pytest.raises(FileNotFound):
        await messi.send("henderson@jakarta", file_body(file_id))

    await messi.files.append(file_id, len(CONTENT) - 1, CONTENT[-1:])
    assert (await messi.send("henderson@jakarta", file_body(file_id))).seq == 1


async def test_a_key_answers_the_same_file_again(messi: Person) -> None:
    """Also where main put its own words into the first one; another file is a conflict."""
    one, other = await messi.files.upload(CONTENT), await messi.files.upload(CONTENT)
    first = await messi.send("henderson@jakarta", file_body(one, "a.png"))

    again = await messi.send("henderson@jakarta", file_body(one, "a.png", size=7))

    assert again == first
    for another in (file_body(other, "a.png"), file_body(one, "b.png")):
        with pytest.raises(KeyConflict):
            await messi.send("henderson@jakarta", another)


async def test_a_body_that_names_no_file_is_refused(messi: Person) -> None:
    """And people write no rows of the system."""
    with pytest.raises(MalformedMessage):
        await messi.send("henderson@jakarta", b"hello")
    with pytest.raises(NotAllowed):
        await messi.session.do(commands.SendMessage, "henderson@jakarta", "s", "system", b"\x80", 0)


async def test_a_file_that_was_never_sent_is_forgotten_and_a_sent_one_never(
    store: Path, keys: dict[str, str]
) -> None:
    """After two weeks, with its bytes; a message that comes in time keeps them."""
    late = time.time() + (UNSENT_FILE_DAYS + 1) * 24 * 3600
    now = time.time()
    async with running(store, keys, clock=lambda: now) as main, asking(main) as http:
        messi = await enter(main, http, await main.link("surabaya"), "messi@surabaya")
        sent, unsent = await messi.files.upload(b"sent"), await messi.files.upload(b"unsent")
        await messi.send("henderson@jakarta", file_body(sent))
        folder = main.main.files.folder

        await main.main.files.collector.collect()
        assert {path.name for path in folder.blobs()} == {sha256(b"sent"), sha256(b"unsent")}
        now = late
        await main.main.files.collector.collect()

        assert {path.name for path in folder.blobs()} == {sha256(b"sent")}
        assert await messi.may_open(sent)
        assert not await messi.may_open(unsent)


async def test_a_backup_without_the_bytes_loses_nothing_else(
    store: Path, keys: dict[str, str], tmp_path: Path
) -> None:
    """What is missing is told, by file and by `verify`; the same bytes sent again mend it."""
    backup, restored = tmp_path / "backup.db", tmp_path / "new" / "main.db"
    async with running(store, keys) as main, asking(main) as http:
        messi = await enter(main, http, await main.link("surabaya"), "messi@surabaya")
        sent, under_way = await messi.files.upload(CONTENT), await messi.files.begun(b"more")
        told = await messi.send("henderson@jakarta", file_body(sent))
        back_up(store, backup)
    restored.parent.mkdir()
    restore(restored, backup)

    async with running(restored, keys) as main, asking(main) as http:
        henderson = await enter(main, http, await main.link("jakarta"), "henderson@jakarta")
        assert code(await henderson.files.download(sent)) == (500, "file_damaged")
        with pytest.raises(StoreDamaged, match=sha256(CONTENT)):
            verify_files(restored, main.main.files.folder)
        await main.main.files.collector.collect()
        again = FileEnd(http, keys["surabaya"], messi.files.token)
        assert code(await again.append(under_way, 0, b"more")) == (404, "upload_not_found")
        assert (await henderson.session.send("messi@surabaya", "hello")).seq == told.seq + 1

        await henderson.files.upload(CONTENT)

        assert (await henderson.files.download(sent)).content == CONTENT
        assert verify_files(restored, main.main.files.folder) == {"files": 2}


@pytest.mark.parametrize("sent_first", [True, False])
async def test_forgetting_and_sending_at_once_agree(
    main: Running, messi: Person, sent_first: bool
) -> None:
    """In one batch of the writer: either the message keeps the file, or it is refused."""
    file_id = await messi.files.upload(CONTENT)

    def forget(tx: object) -> int:
        tx.now += (UNSENT_FILE_DAYS + 1) * 24 * 3600 * 1000  # type: ignore[attr-defined]
        gone = forget_unsent(tx, 10)  # type: ignore[arg-type]
        tx.now -= (UNSENT_FILE_DAYS + 1) * 24 * 3600 * 1000  # type: ignore[attr-defined]
        return gone

    import asyncio

    async with main.one_batch():
        if not sent_first:
            forgetting = asyncio.create_task(main.main.write(forget))
            await asyncio.sleep(0)
        sending = messi.session.command(
            commands.SendMessage, "henderson@jakarta", "k", "file", file_body(file_id), 0
        )
        await messi.session.do(commands.ListRealms)
        if sent_first:
            forgetting = asyncio.create_task(main.main.write(forget))
            await asyncio.sleep(0)

    if sent_first:
        assert (await sending, await forgetting)[1] == 0
        assert await messi.may_open(file_id)
    else:
        assert await forgetting == 1
        with pytest.raises(FileNotFound):
            await sending
