"""The floor: the barest program of the same shape as realmchat, to divide realmchat's figures by.

Two processes, `realm` and `main`; length-prefixed msgpack over TCP; one write per socket and turn
of the event loop; one writer thread that commits everything that has gathered, synced. It has no
rights, keys, receipts, sessions or reconnects, and nobody should use it for anything else.

    client → realm   [number, to, body]
    realm → main     [sender, number, to, body]
    main → realm     [sender, number, to, body, seq]
    realm → client   [number, seq] to the sender, [seq, body] to the other

`python -m benchmarks.floor main PORT DATABASE`, `python -m benchmarks.floor realm PORT MAIN_PORT`.
"""

import asyncio
import queue
import sqlite3
import sys
import threading
import time
from itertools import chain
from typing import Any, cast

import msgpack
import uvloop

_INSERT = "INSERT INTO messages (conversation, seq, sender, body, at)"
_INSERTS = {size: f"{_INSERT} VALUES {','.join(['(?,?,?,?,?)'] * size)}" for size in (64, 16, 4, 1)}


class Framed(asyncio.Protocol):
    """Frames of messages over TCP: four bytes of length, then one msgpack array."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.WriteTransport | None = None
        self._unread = b""
        self._unsent: list[Any] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports write, but are no `asyncio.WriteTransport`.
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        data = self._unread + data if self._unread else data
        start = 0
        while len(data) - start >= 4:
            end = start + 4 + int.from_bytes(data[start : start + 4], "big")
            if end > len(data):
                break
            self.take(msgpack.unpackb(memoryview(data)[start + 4 : end]))
            start = end
        self._unread = data[start:]

    def gather(self, message: Any) -> None:
        """Gather a message for the one write of this turn."""
        if not self._unsent:
            self._loop.call_soon(self._flush)
        self._unsent.append(message)

    def _flush(self) -> None:
        frame = msgpack.packb(self._unsent)
        self._unsent.clear()
        if self._transport is not None:
            self._transport.write(len(frame).to_bytes(4, "big") + frame)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def take(self, messages: list[Any]) -> None:
        """The messages of one frame have arrived."""
        raise NotImplementedError


# --- main ----------------------------------------------------------------------------------------


class Writer(threading.Thread):
    """The one writer: commits what has gathered while the last commit ran."""

    def __init__(self, path: str) -> None:
        super().__init__(daemon=True)
        self._path = path
        self._loop = asyncio.get_running_loop()
        self.waiting: queue.SimpleQueue[list[Any]] = queue.SimpleQueue()
        self.link: MainLink | None = None

    def run(self) -> None:
        database = sqlite3.connect(self._path, isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute(
            "CREATE TABLE IF NOT EXISTS messages (conversation INTEGER, seq INTEGER,"
            " sender INTEGER, body BLOB, at INTEGER, UNIQUE (conversation, seq))"
        )
        last_seq: dict[int, int] = {}
        while True:
            batch = self.waiting.get()
            while not self.waiting.empty():
                batch += self.waiting.get()
            for message in batch:
                seq = last_seq[message[2]] = last_seq.get(message[2], 0) + 1
                message.append(seq)
            now = int(time.time() * 1000)
            _append(database, [(to, seq, who, body, now) for who, _, to, body, seq in batch])
            self._loop.call_soon_threadsafe(self._tell, batch)

    def _tell(self, batch: list[Any]) -> None:
        if self.link is not None:
            for message in batch:
                self.link.gather(message)


def _append(database: sqlite3.Connection, rows: list[tuple[Any, ...]]) -> None:
    database.execute("BEGIN IMMEDIATE")
    start = 0
    for size, statement in _INSERTS.items():
        while len(rows) - start >= size:
            part = rows[start : start + size]
            database.execute(statement, list(chain.from_iterable(part)))
            start += size
    database.execute("COMMIT")


class MainLink(Framed):
    """Main's end of the link."""

    def __init__(self, writer: Writer) -> None:
        super().__init__()
        self._writer = writer

    def take(self, messages: list[Any]) -> None:
        self._writer.link = self
        self._writer.waiting.put(messages)


# --- realm ---------------------------------------------------------------------------------------


class RealmLink(Framed):
    """The realm's end of the link, and who is connected. `to` 0 means everybody else."""

    def __init__(self) -> None:
        super().__init__()
        self.clients: dict[int, RealmClient] = {}

    def take(self, messages: list[Any]) -> None:
        for sender, number, to, body, seq in messages:
            self.clients[sender].gather((number, seq))
            event = (seq, body)
            if to:
                self.clients[to].gather(event)
                continue
            for client in self.clients.values():
                if client.number != sender:
                    client.gather(event)


class RealmClient(Framed):
    """One client's connection. Its first message is its own number."""

    def __init__(self, link: RealmLink) -> None:
        super().__init__()
        self._link = link
        self.number = 0

    def take(self, messages: list[Any]) -> None:
        if not self.number:
            self.number = messages[0]
            self._link.clients[self.number] = self
            self.gather((0, 0))
            return
        for number, to, body in messages:
            self._link.gather((self.number, number, to, body))

    def connection_lost(self, exc: Exception | None) -> None:
        self._link.clients.pop(self.number, None)


async def _serve_main(port: int, path: str) -> None:
    loop = asyncio.get_running_loop()
    writer = Writer(path)
    writer.start()
    server = await loop.create_server(lambda: MainLink(writer), "127.0.0.1", port)
    await server.serve_forever()


async def _serve_realm(port: int, main_port: int) -> None:
    loop = asyncio.get_running_loop()
    _, link = await loop.create_connection(RealmLink, "127.0.0.1", main_port)
    server = await loop.create_server(lambda: RealmClient(link), "127.0.0.1", port)
    await server.serve_forever()


def main() -> None:
    match sys.argv[1:]:
        case ["main", port, path]:
            uvloop.run(_serve_main(int(port), path))
        case ["realm", port, main_port]:
            uvloop.run(_serve_realm(int(port), int(main_port)))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
