"""Passwords: argon2id on threads of their own; a storm of sign-ins never stalls messages."""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from realm_protocol.errors import PasswordTooLong, TooManySignIns, WrongPassword
from realm_protocol.limits import PASSWORD_LIMIT
from realm_protocol.names import Address

T = TypeVar("T")

WAITING = 100
"""Hashes and checks that may wait or be under way at once."""
_NICENESS = 10


class Passwords:
    """Hashes and checks, a bounded number at a time; beyond it `TooManySignIns`."""

    def __init__(self, workers: int | None = None) -> None:
        self._hasher = PasswordHasher()
        count = workers or max(1, (os.cpu_count() or 2) // 2)
        self._pool = ThreadPoolExecutor(count, "password", initializer=_step_back)
        self._waiting = 0

    def hash_now(self, password: str) -> str:
        """On the calling thread: for the operator's commands."""
        if len(password.encode()) > PASSWORD_LIMIT:
            raise PasswordTooLong(limit=PASSWORD_LIMIT)
        return self._hasher.hash(password)

    async def hash(self, password: str) -> str:
        return await self._run(self.hash_now, password)

    async def check(self, address: Address, password_hash: str, password: str) -> None:
        """Raises `WrongPassword`."""
        try:
            await self._run(self._hasher.verify, password_hash, password)
        except VerificationError as exc:
            raise WrongPassword(address=str(address)) from exc

    def is_outdated(self, password_hash: str) -> bool:
        """The hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    async def _run(self, work: Callable[..., T], *args: str) -> T:
        if self._waiting >= WAITING:
            raise TooManySignIns(retry_after_seconds=5)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *args)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def _step_back() -> None:
    """Let the threads that move messages go first. Linux gives each thread its own niceness."""
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
