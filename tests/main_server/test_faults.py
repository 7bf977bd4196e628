"""What main does when its disk fails: refuse and lose nothing, or end and let recovery decide."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from realm_protocol import commands, errors
from tests.main_server.realm_end import Attached, RealmEnd, open_link
from tests.system.preloaded import Disk, compiled, preloading
from tests.system.processes import MainProcess
from tests.waiting import eventually, wait_until


@pytest.fixture
def disk(tmp_path: Path, requires: Callable[..., None]) -> Disk:
    requires("cc")
    return Disk(compiled("faulty_disk", tmp_path), tmp_path / "disk")


@pytest.fixture
def main(tmp_path: Path, disk: Disk) -> Iterator[MainProcess]:
    """A real main server over a disk that fails when told to."""
    process = MainProcess(tmp_path / "home", wrap=preloading(disk))
    process.start()
    process.wait_ready()
    yield process
    process.end()


async def _enter(main: MainProcess, key: str) -> tuple[RealmEnd, Attached]:
    end = await open_link(main.url.replace("http", "ws"), key)
    await end.hello("surabaya")
    return end, await end.enter("messi@surabaya")


async def test_a_full_disk_is_refused_and_loses_nothing(main: MainProcess, disk: Disk) -> None:
    """Refused for now, the lane held, nothing acknowledged lost; well again when there is room."""
    key = main.add_realm("surabaya", 1)
    main.add_user("messi@surabaya", "surabaya")
    end, messi = await _enter(main, key)
    first = await messi.send(messi.address, "satu", key="k1")

    disk.is_full()
    with pytest.raises(errors.StorageFull):
        await messi.send(messi.address, "dua", key="k2")
    reader = await end.enter_again()
    assert [row.body for row in await reader.history(first.conversation)] == [b"satu"]
    disk.works()
    with pytest.raises(errors.AfterRefused):
        await messi.send(messi.address, "tiga", key="k3")
    second = await messi.send(messi.address, "dua", key="k2")
    third = await messi.send(messi.address, "tiga", key="k3")

    assert (first.seq, second.seq, third.seq) == (1, 2, 3)
    assert [row.body for row in await messi.history(first.conversation)] == [
        b"satu",
        b"dua",
        b"tiga",
    ]
    assert main.process.poll() is None
    end.channel.abort()
    main.kill9()
    disk.works()
    main.start()
    main.wait_ready()
    again, messi = await _enter(main, key)
    assert len(await messi.history(first.conversation)) == 3
    assert main.operate("verify")["messages"] == 3
    again.channel.abort()


async def test_a_failed_sync_ends_the_process(main: MainProcess, disk: Disk) -> None:
    """After it nobody knows what is on the disk: no answer, no second try, an end with a word."""
    key = main.add_realm("surabaya", 1)
    main.add_user("messi@surabaya", "surabaya")
    _, messi = await _enter(main, key)
    acknowledged = await messi.send(messi.address, "satu", key="k1")

    disk.fails_to_sync()
    unanswered = messi.send_later(messi.address, "dua", key="k2")
    await eventually(lambda: main.process.poll() is not None)
    assert not unanswered.done()
    assert "store_broken" in main.log_text
    assert "Traceback" not in main.log_text.splitlines()[0]

    disk.works()
    main.start()
    await asyncio.to_thread(main.wait_ready)
    end, messi = await _enter(main, key)
    again = await messi.send(messi.address, "satu", key="k1")
    second = await messi.send(messi.address, "dua", key="k2")
    assert (again, second.seq) == (acknowledged, 2)
    page = await messi.do(commands.FetchMessages, second.conversation, 0, 0, 10, False)
    assert [row.seq for row in page.messages] == [1, 2]
    end.channel.abort()


def test_what_hinders_the_start_is_said_in_one_line(tmp_path: Path) -> None:
    """A damaged store, a newer one, one in use, a home that can't be written."""
    main = MainProcess(tmp_path)
    main.add_realm("surabaya", 1)
    store = tmp_path / "main" / "main.db"

    def words() -> str:
        main.start()
        wait_until(lambda: main.process.poll() is not None)
        assert main.process.returncode == 1
        last = main.log_text.strip().splitlines()[-1]
        assert last.startswith("main-server: "), last
        return last

    other = MainProcess(tmp_path)
    other.start()
    other.wait_ready()
    assert "in use by another process" in words()
    other.stop()

    import sqlite3

    with sqlite3.connect(store) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert "newer version (schema 9999)" in words()

    for part in store.parent.glob("main.db-*"):
        part.unlink()
    store.write_bytes(b"this is no database" * 1000)
    assert "is damaged" in words()

    blocked = MainProcess(tmp_path / "blocked")
    (tmp_path / "blocked").mkdir()
    (tmp_path / "blocked" / "main").write_text("a file where a folder should be")
    blocked.start()
    wait_until(lambda: blocked.process.poll() is not None)
    assert "can't be written" in blocked.log_text.splitlines()[-1]
