"""Readers: what is only read, on threads of their own, each from a snapshot of the store.

A reader sees every commit that was acknowledged before it began.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy.engine import Connection, Engine

T = TypeVar("T")

_THREADS = 2


class Readers:
    """Runs reading functions off the event loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="reader")

    async def read(self, question: Callable[[Connection], T]) -> T:
        """`question`'s answer, from one snapshot."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self.read_now, question)

    def read_now(self, question: Callable[[Connection], T]) -> T:
        """The same on the calling thread."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                return question(connection)
            finally:
                connection.exec_driver_sql("ROLLBACK")

    def close(self) -> None:
        self._pool.shutdown()
