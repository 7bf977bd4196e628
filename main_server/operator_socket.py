"""Operations on a running server, over the operator's socket.

One JSON line in, one out: `{"operation", "arguments"}` and `{"result"}` or `{"error"}`.
"""

import asyncio
import contextlib
import getpass
import json
import os
import socket
import time
from functools import partial
from pathlib import Path
from typing import Any

from main_server.app import MainServer
from main_server.files.verifying import verify_files
from main_server.operations import operate
from main_server.realm_reports import report_fields
from main_server.rules.audit import note
from main_server.store.backup import back_up, verify
from main_server.store.copies import compare_copies
from realm_protocol.errors import (
    MalformedMessage,
    RealmchatError,
    TimedOut,
    rebuild,
)
from realm_service.logs import report_defect
from realm_service.operator_line import connect, listen, peer_of, socket_path

_LINE_LIMIT = 64 * 1024 * 1024
_ANSWER_SECONDS = 600


class OperatorSocket:
    """Serves operations on a running server."""

    def __init__(self, main: MainServer, store: Path) -> None:
        self._main = main
        self._store = store
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await listen(socket_path(self._store), self._serve, _LINE_LIMIT)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            socket_path(self._store).unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError):
                answer = await self._read_and_answer(reader, peer_of(writer))
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        finally:
            writer.close()

    async def _read_and_answer(self, reader: asyncio.StreamReader, actor: str) -> dict[str, Any]:
        try:
            line = await reader.readline()
        except ValueError:
            return MalformedMessage(detail=f"an operation has at most {_LINE_LIMIT} bytes").body()
        return await self._answer(line, actor)

    async def _answer(self, line: bytes, actor: str) -> dict[str, Any]:
        try:
            request = json.loads(line)
            return {
                "result": await self._operate(request["operation"], request["arguments"], actor)
            }
        except RealmchatError as error:
            return error.body()
        except (ValueError, KeyError, TypeError) as exc:
            return MalformedMessage(detail=f"an operation is one line of JSON ({exc})").body()
        except Exception as exc:
            return report_defect(exc).body()

    async def _operate(self, operation: str, arguments: dict[str, Any], actor: str) -> Any:
        if operation == "backup":
            work = partial(back_up, self._store, Path(arguments["file"]))
            result = await asyncio.to_thread(work)
            await self._main.write(
                partial(note, actor=actor, action="backup", subject=arguments["file"])
            )
            return result
        if operation == "verify":
            found = await asyncio.to_thread(verify, self._store)
            folder = self._main.files.folder
            files = await asyncio.to_thread(verify_files, self._store, folder)
            compare = partial(compare_copies, self._store, arguments.get("copies", ()))
            return found | files | await asyncio.to_thread(compare)
        if operation == "realm list":
            return self._with_links(
                await self._main.write(lambda tx: operate(tx, operation, arguments, actor))
            )
        return await self._main.write(lambda tx: operate(tx, operation, arguments, actor))

    def _with_links(self, realms: list[dict[str, Any]]) -> list[dict[str, Any]]:
        states, reports = self._main.realm_states(), self._main.realm_reports
        return [
            {
                **realm,
                "linked": state.linked if state else False,
                "since": state.since if state else None,
                "online": state.online if state else 0,
                **report_fields(reports.get(realm["realm"])),
            }
            for realm in realms
            for state in (states.get(realm["realm"]),)
        ]


def local_operator() -> str:
    """Who runs a command on a store that no server has open."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _exchange(sock: socket.socket, request: dict[str, Any]) -> dict[str, Any]:
    """One line there, one back. Never a `ConnectionError`: the server may have done it."""
    began = time.monotonic()
    try:
        sock.sendall(json.dumps(request).encode() + b"\n")
        with sock.makefile("rb") as lines:
            answer: dict[str, Any] = json.loads(lines.readline())
    except (OSError, ValueError) as exc:
        # No line, or half a one: it ended before it answered.
        raise TimedOut(seconds=round(time.monotonic() - began)) from exc
    return answer


def ask_server(store: Path, operation: str, arguments: dict[str, Any]) -> Any:
    """The running server's answer; raises its error, or `ConnectionError` when none runs."""
    with connect(socket_path(store), _ANSWER_SECONDS) as sock:
        answer = _exchange(sock, {"operation": operation, "arguments": arguments})
    if "error" in answer:
        error = answer["error"]
        code = error.pop("code")
        error.pop("message")
        raise rebuild(code, error)
    return answer["result"]
