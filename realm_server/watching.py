"""`realm-server status`, `watch` and `transcript`: ask the running server, print what it tells.

Blocking: one program, one connection.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from realm_protocol.errors import TryLater, rebuild
from realm_server.record import message_line
from realm_server.status import status_lines
from realm_service.operator_line import connect

_AGAIN_SECONDS = 1.0

Answer = dict[str, Any]


class ServerNotRunning(TryLater):
    code = "server_not_running"
    text = "No realm server runs on {folder}. Start it, or name another by --name or --home."


def status(socket: Path, *, as_json: bool) -> None:
    """Print how the realm stands."""
    answer = next(_ask(socket, operation="status"), None)
    if answer is None:
        raise ServerNotRunning(folder=str(socket.parent))
    told = answer["status"]
    print(json.dumps(told) if as_json else "\n".join(status_lines(told)), flush=True)


def transcript(socket: Path, *, after: int, before: int, as_json: bool) -> None:
    """Print the room's rows with `after` < seq < `before`."""
    ended = False
    for answer in _ask(socket, operation="transcript", after=after, before=before):
        ended = ended or "end" in answer
        _show(answer, as_json=as_json)
    if not ended:  # it stopped in the middle: what was printed is not all
        raise ServerNotRunning(folder=str(socket.parent))


def watch(
    socket: Path, *, last: int, as_json: bool, wait: Callable[[float], None] = time.sleep
) -> None:
    """Print the newest rows and each that is written, until one stops it.

    Where the server goes away, it goes on with the next that runs there.
    """
    asked = {"last": last}
    was_there = told_away = False
    while True:
        try:
            for answer in _ask(socket, operation="watch", **asked):
                if "message" in answer:
                    asked = {"after": answer["message"]["seq"]}
                _show(answer, as_json=as_json)
                was_there, told_away = True, False
        except TryLater:  # it does not run, or has no link yet
            if not was_there:
                raise
        if not told_away:
            told_away = True
            _remark("The realm server has gone away; this goes on when it is back.")
        wait(_AGAIN_SECONDS)


def _ask(socket: Path, **request: Any) -> Iterator[Answer]:
    """What the server answers, line by line, up to its end; raises its error."""
    try:
        sock = connect(socket, None)
    except ConnectionError as exc:
        raise ServerNotRunning(folder=str(socket.parent)) from exc
    with sock, sock.makefile("rb") as lines:
        sock.sendall(json.dumps(request).encode() + b"\n")
        for line in lines:
            if not line.endswith(b"\n"):
                return  # cut in the middle, by the end of the server
            answer: Answer = json.loads(line)
            if "error" in answer:
                error = answer["error"]
                raise rebuild(
                    error["code"], {k: v for k, v in error.items() if k not in ("code", "message")}
                )
            yield answer


def _show(answer: Answer, *, as_json: bool) -> None:
    if "message" in answer:
        message = answer["message"]
        print(json.dumps(message) if as_json else message_line(message), flush=True)
    elif "room" in answer and not as_json:
        room = answer["room"]
        state = "open" if room["open"] else "closed"
        _remark(f"{room['group']}: {state}, recorded, {room['last_seq']} rows.")


def _remark(text: str) -> None:
    """Beside the record, so that a pipe gets the record alone."""
    print(text, file=sys.stderr, flush=True)
