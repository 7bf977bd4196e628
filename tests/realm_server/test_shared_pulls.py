"""Who follows a pull that somebody else began: with their bytes, not with their rights."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import cast

import pytest

from realm_protocol.errors import LinkDown, RateLimited, RealmchatError, SessionEnded
from realm_server.counts import Counts
from realm_server.files.blob import BLOCK_BYTES
from realm_server.files.cache import READ_AT_ONCE, FileCache
from realm_server.files.main_files import FoundFile, MainFiles
from realm_server.files.pace import Pace
from realm_service.disk_threads import DiskThreads
from realm_service.giving_way import GivingWay
from tests.realm_server.fake_files import sha256
from tests.waiting import eventually

CONTENT = b"what both of them may read"
FILE = FoundFile("f" * 32, len(CONTENT), "text/plain", sha256(CONTENT))


class Main:
    """Answers messi, once it may, with an error, and everybody else with the file."""

    def __init__(self, error: RealmchatError, content: bytes = CONTENT) -> None:
        self.error = error
        self.content = content
        self.asked: list[str] = []
        self.may_answer = asyncio.Event()

    @asynccontextmanager
    async def opened(
        self, session: str, file: FoundFile, start: int
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        self.asked.append(session)
        await self.may_answer.wait()
        if session == "messi":
            raise self.error
        yield self._bytes(start)

    async def _bytes(self, start: int) -> AsyncIterator[bytes]:
        yield self.content[start:]


@contextmanager
def caching(folder: Path, main: Main) -> Iterator[FileCache]:
    threads = DiskThreads()
    way = GivingWay(lambda: 0)
    cache = FileCache(folder, 1000, cast("MainFiles", main), threads, Pace(0, way), way, Counts())
    cache.open()
    try:
        yield cache
    finally:
        threads.close()


async def read_by_both(cache: FileCache, main: Main) -> list[bytes | BaseException]:
    """Messi's request begins the pull, lineker's follows it."""

    async def read(session: str) -> bytes:
        return b"".join([block async for block in cache.blocks(session, FILE, range(FILE.size))])

    messi = asyncio.create_task(read("messi"))
    await eventually(lambda: main.asked)
    lineker = asyncio.create_task(read("lineker"))
    await asyncio.sleep(0)  # it follows
    main.may_answer.set()
    return await asyncio.gather(messi, lineker, return_exceptions=True)


async def test_files_of_the_cache_give_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each piece that comes over the link, and each block that is read but the last."""
    looked: list[None] = []

    def look(_: GivingWay) -> float:
        looked.append(None)
        return 0

    large = bytes(2 * BLOCK_BYTES + 1)
    file = FoundFile("e" * 32, len(large), "text/plain", sha256(large))
    monkeypatch.setattr(GivingWay, "rest", look)
    main = Main(SessionEnded(reason="signed out"), large)
    main.may_answer.set()
    with caching(tmp_path, main) as cache:
        blocks = cache.blocks("lineker", file, range(file.size))
        assert b"".join([block async for block in blocks]) == large
    assert len(looked) == 1 + 2


async def test_whose_right_ends_takes_nobody_along(tmp_path: Path) -> None:
    """Who followed goes on in their own name, and isn't told that their own session ended."""
    main = Main(SessionEnded(reason="signed out"))

    with caching(tmp_path, main) as cache:
        messi, lineker = await read_by_both(cache, main)

    assert isinstance(messi, SessionEnded)
    assert lineker == CONTENT
    assert main.asked == ["messi", "lineker"]


async def test_where_main_is_away_it_is_asked_once_for_all(tmp_path: Path) -> None:
    """A site doesn't knock a hundred times where nobody opens."""
    main = Main(LinkDown(realm="surabaya", since=None))

    with caching(tmp_path, main) as cache:
        both = await read_by_both(cache, main)

    assert [type(one) for one in both] == [LinkDown, LinkDown]
    assert main.asked == ["messi"]


async def test_one_session_can_not_fill_the_memory(tmp_path: Path) -> None:
    """Whoever opens downloads and reads none is refused at some number, and nobody else is."""
    main = Main(LinkDown(realm="surabaya", since=None))
    main.may_answer.set()

    with caching(tmp_path, main) as cache:

        def opened(session: str) -> AsyncGenerator[bytes, None]:
            return cache.blocks(session, FILE, range(FILE.size))

        stalled = [opened("lineker") for _ in range(READ_AT_ONCE)]
        for one in stalled:
            await anext(one)
        with pytest.raises(RateLimited):
            await anext(opened("lineker"))
        others = opened("henderson")
        assert await anext(others) == CONTENT
        await stalled.pop().aclose()
        again = opened("lineker")
        assert await anext(again) == CONTENT
        for one in (*stalled, others, again):
            await one.aclose()
