"""Keeping processes: what exits comes back, what is stopped is left alone, all end in time."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy import tether
from deploy.processes import Exit, Keeper, Tether, describe_exit, restart_wait_seconds
from tests.waiting import eventually, wait_until

SERVE = "import time; print('serving', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    " print('serving', flush=True); time.sleep(600)"
)
FAIL = "import sys; sys.exit('no database')"


@asynccontextmanager
async def keeping(
    folder: Path, program: str, exits: list[Exit], name: str = "service"
) -> AsyncIterator[Keeper]:
    keeper = Keeper(
        name,
        [sys.executable, "-c", program],
        os.environ,
        folder / f"{name}.log",
        Tether(),
        exits.append,
    )
    running = asyncio.create_task(keeper.run())
    try:
        yield keeper
    finally:
        keeper.kill()
        await running


async def serving_pid(keeper: Keeper, times: int = 1) -> int:
    """Its pid, once the program has said so many times that it serves."""
    await eventually(
        lambda: keeper.log_file.exists() and keeper.log_file.read_text().count("serving") == times
    )
    assert keeper.pid is not None
    return keeper.pid


def exists(pid: int) -> bool:
    """Whether a process is there; one that ended and waits to be collected is not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


async def test_a_killed_service_comes_back(tmp_path: Path) -> None:
    """kill -9 of a service is answered by a new process of the same command."""
    exits: list[Exit] = []
    async with keeping(tmp_path, SERVE, exits) as keeper:
        pid = await serving_pid(keeper)

        os.kill(pid, signal.SIGKILL)

        assert await serving_pid(keeper, times=2) != pid
        assert exits == [Exit("service", "was ended by SIGKILL", 1)]


async def test_a_service_that_fails_at_once_is_tried_for_ever(tmp_path: Path) -> None:
    """There is no giving up, and every failed start is told with its number."""
    exits: list[Exit] = []
    async with keeping(tmp_path, FAIL, exits):
        await eventually(lambda: len(exits) >= 3)

    assert [ended.in_a_row for ended in exits[:3]] == [1, 2, 3]
    assert exits[0].reason == "exited with code 1"
    assert "no database" in (tmp_path / "service.log").read_text()


async def test_a_service_that_cannot_be_started_does_not_end_the_others(tmp_path: Path) -> None:
    """A log that can't be opened (a full disk) counts as an exit, and is tried again."""
    exits: list[Exit] = []
    (tmp_path / "service.log").mkdir()
    async with keeping(tmp_path, SERVE, exits) as keeper:
        await eventually(lambda: exits)
        (tmp_path / "service.log").rmdir()

        await serving_pid(keeper)

    assert exits[0].reason.startswith("could not be started")


@given(st.floats(min_value=0, max_value=1e9))
def test_a_restart_never_waits_a_second(lived_seconds: float) -> None:
    """Whatever happened before: within a second there is a new process."""
    assert 0 <= restart_wait_seconds(lived_seconds) < 1


def test_a_steady_service_comes_back_at_once() -> None:
    """Only what dies at its start is held back."""
    assert restart_wait_seconds(3600) == 0
    assert restart_wait_seconds(0.2) > 0


async def test_a_stopped_service_is_left_alone(tmp_path: Path) -> None:
    """SIGSTOP is no exit: while others are restarted, the stopped process stays the same."""
    exits: list[Exit] = []
    async with (
        keeping(tmp_path, SERVE, exits, "stopped") as stopped,
        keeping(tmp_path, SERVE, exits, "killed") as killed,
    ):
        pid = await serving_pid(stopped)
        os.kill(pid, signal.SIGSTOP)
        os.kill(await serving_pid(killed), signal.SIGKILL)
        await serving_pid(killed, times=2)

        assert stopped.pid == pid
        assert [ended.name for ended in exits] == ["killed"]


async def test_asked_to_end_it_ends_and_stays_ended(tmp_path: Path) -> None:
    """The end that was asked for is not told as an exit and not followed by a start."""
    exits: list[Exit] = []
    async with keeping(tmp_path, SERVE, exits) as keeper:
        pid = await serving_pid(keeper)

        keeper.ask_to_end()

        await eventually(lambda: not exists(pid))
    assert exits == []


async def test_a_stopped_service_ends_when_asked(tmp_path: Path) -> None:
    """A process that sleeps by SIGSTOP is woken to take its end."""
    exits: list[Exit] = []
    async with keeping(tmp_path, SERVE, exits) as keeper:
        pid = await serving_pid(keeper)
        os.kill(pid, signal.SIGSTOP)

        keeper.ask_to_end()

        await eventually(lambda: not exists(pid))


async def test_a_service_that_will_not_end_is_killed(tmp_path: Path) -> None:
    """`kill` ends what ignores SIGTERM."""
    exits: list[Exit] = []
    async with keeping(tmp_path, STUBBORN, exits) as keeper:
        pid = await serving_pid(keeper)
        keeper.ask_to_end()

        keeper.kill()

        await eventually(lambda: not exists(pid))


async def test_an_end_while_a_restart_waits_is_an_end(tmp_path: Path) -> None:
    """Between exit and restart there is no process to signal, and still none is started."""
    exits: list[Exit] = []
    async with keeping(tmp_path, FAIL, exits) as keeper:
        await eventually(lambda: exits)
        keeper.ask_to_end()
    assert keeper.pid is None
    assert len(exits) == 1


PARENT = """
import asyncio, os, sys
from pathlib import Path
from deploy import tether
from deploy.processes import Keeper, Tether

async def main():
    command = [sys.executable, "-c", {program!r}]
    keeper = Keeper("s", command, os.environ, Path({log!r}), Tether(by_pipe={by_pipe}), print)
    running = asyncio.create_task(keeper.run())
    while keeper.pid is None or "serving" not in Path({log!r}).read_text():
        await asyncio.sleep(0.01)
    print(keeper.pid, flush=True)
    await running

asyncio.run(main())
"""


@pytest.mark.parametrize("by_pipe", [False, True])
@pytest.mark.parametrize("program", [SERVE, STUBBORN])
def test_children_end_when_the_supervisor_is_killed(
    tmp_path: Path, by_pipe: bool, program: str
) -> None:
    """kill -9 of the supervisor leaves nothing behind, by the kernel's means or by a pipe."""
    source = PARENT.format(program=program, log=str(tmp_path / "log"), by_pipe=by_pipe)
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert exists(child)

        parent.kill()

    wait_until(lambda: not exists(child))


def test_the_watcher_beside_a_service_ends_with_it(tmp_path: Path) -> None:
    """Where a pipe ties a service, the process that watches it goes when the service goes."""
    source = PARENT.format(program=SERVE, log=str(tmp_path / "log"), by_pipe=True)
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        service = int(parent.stdout.readline())
        children = Path(f"/proc/{service}/task/{service}/children")
        watcher = int(wait_until(children.read_text).split()[0])

        os.kill(service, signal.SIGKILL)

        wait_until(lambda: not exists(watcher))
        parent.kill()


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "exited with code 0"), (-9, "was ended by SIGKILL"), (-250, "was ended by signal 250")],
)
def test_an_exit_is_told_in_words(code: int, words: str) -> None:
    """A person reads why a service ended, not a number's sign."""
    assert describe_exit(code) == words


def test_a_command_is_not_started_for_a_parent_that_is_gone(tmp_path: Path) -> None:
    """When the parent ends between fork and tether, nothing is left running."""
    marker = tmp_path / "started"

    ended = subprocess.run(
        [sys.executable, tether.__file__, "kernel", "1", "/bin/sh", "-c", f"touch {marker}"],
        capture_output=True,
        check=False,
    )

    assert ended.returncode != 0
    assert not marker.exists()
