"""What the realm's operator asks of the running server: how it stands, to watch its open room, and
to export it.

One JSON line in: the `operation` and what it needs. Out: `{"status"}`; or `{"room"}`, a
`{"message"}` for each row, and `{"end"}`; or `{"error"}` where it comes to one.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import msgspec

from realm_protocol.commands import Seq, StoredMessage
from realm_protocol.errors import MalformedMessage, RealmchatError
from realm_server.record import message_json, room_json
from realm_server.room import Room
from realm_server.status import RealmStatus
from realm_service.logs import report_defect
from realm_service.operator_line import listen, peer_of, remove

_LINE_LIMIT = 64 * 1024
_REQUEST_SECONDS = 10


class _Operation(msgspec.Struct, tag_field="operation", forbid_unknown_fields=True):
    """What may be asked."""


class Status(_Operation, tag="status"):
    """How the realm stands."""


class Watch(_Operation, tag="watch"):
    """Live, behind the newest `last` rows; or behind the row `after`."""

    last: Seq = 0
    after: Seq | None = None


class Transcript(_Operation, tag="transcript"):
    """Rows with `after` < seq < `before`; 0 for all up to the newest."""

    after: Seq = 0
    before: Seq = 0


Asked = Status | Watch | Transcript


class OperatorSocket:
    """Serves the operator while the realm runs."""

    def __init__(self, path: Path, room: Room, status: Callable[[], RealmStatus]) -> None:
        self._path = path
        self._room = room
        self._status = status
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._server = await listen(self._path, self._serve, _LINE_LIMIT)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            remove(self._path)
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        try:
            with contextlib.suppress(ConnectionError):
                await self._answer(reader, writer)
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = await _read_request(reader)
            answering = asyncio.create_task(self._tell(asked, writer))
            # It says nothing more: what comes is its end.
            leaving = asyncio.create_task(reader.read(1))
            try:
                await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
                if answering.done():
                    answering.result()
            finally:
                answering.cancel()
                leaving.cancel()
                await asyncio.gather(answering, leaving, return_exceptions=True)
        except RealmchatError as error:
            await _write(writer, error.body())
        except ConnectionError:
            raise
        except Exception as exc:
            await _write(writer, report_defect(exc).body())

    async def _tell(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        if isinstance(asked, Status):
            await _write(writer, {"status": self._status().json()})
            return
        by = peer_of(writer)
        room = await self._room.read(by, watch=isinstance(asked, Watch))
        await _write(writer, {"room": room_json(room)})
        rows: AsyncGenerator[StoredMessage, None]
        if isinstance(asked, Transcript):
            rows = self._room.record(asked.after, asked.before)
        else:
            newest = max(0, room.last_seq - asked.last)
            rows = self._room.watch(by, newest if asked.after is None else asked.after)
        async with contextlib.aclosing(rows):
            async for row in rows:
                await _write(writer, {"message": message_json(row)})
        await _write(writer, {"end": True})


async def _read_request(reader: asyncio.StreamReader) -> Asked:
    try:
        async with asyncio.timeout(_REQUEST_SECONDS):
            line = await reader.readline()
        asked: Asked = msgspec.json.decode(line, type=Asked)
    except (TimeoutError, ValueError, msgspec.DecodeError) as exc:
        raise MalformedMessage(detail=f"an operation is one line of JSON ({exc})") from exc
    return asked


async def _write(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()
