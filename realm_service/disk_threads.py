"""Threads for the bytes of files: the event loop never waits for a disk."""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_THREADS = 4
_NICE = 10


class DiskThreads:
    """A few threads of a service's own, so that slow files hold up nothing else."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(
            _THREADS, thread_name_prefix="files", initializer=_be_patient
        )

    def start(self, work: Callable[..., T], *arguments: object) -> "asyncio.Future[T]":
        """Begin it now; it is carried through also where nobody awaits it any more."""
        return asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.shield(self.start(work, *arguments))

    def close(self) -> None:
        self._pool.shutdown()


def _be_patient() -> None:
    """Messages go first: a thread that hashes and copies waits while the event loop has work."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
