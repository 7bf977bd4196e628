"""`realmchat up --watch`: the output of a command, shown as it comes."""

import asyncio
import os
import sys
from pathlib import Path

from deploy.processes import Tether
from deploy.watching import show_output
from tests.waiting import eventually

WRITE = "print('satu'); print('x' * 200_000); print('tiga', end='')"
GO_ON = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"


def runs(pid: str) -> bool:
    return Path(f"/proc/{pid}").exists()


async def test_each_line_is_shown_whole() -> None:
    """However long it is, and the last one too."""
    shown: list[str] = []

    await show_output([sys.executable, "-c", WRITE], os.environ, Tether(), shown.append)

    assert shown == ["satu", "x" * 200_000, "tiga"]


async def test_who_watches_no_more_ends_the_command() -> None:
    """Nothing is left running."""
    shown: list[str] = []
    command = [sys.executable, "-c", GO_ON]
    watching = asyncio.create_task(show_output(command, os.environ, Tether(), shown.append))
    (pid,) = await eventually(lambda: shown)

    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)

    assert not runs(pid)
