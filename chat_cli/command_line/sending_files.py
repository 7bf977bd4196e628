"""Sending files: handed to the service, which sends them on whatever becomes of this command."""

import os
import secrets
import signal
import stat
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO

from chat_cli.command_line import exit_codes, texts
from chat_cli.command_line.call import Call
from chat_cli.command_line.exit_codes import ExitCode
from chat_cli.command_line.progress import Progress
from chat_cli.command_line.sending import show_outcome
from chat_cli.command_line.service_client import Body
from realm_protocol.errors import FileUnreadable, RealmchatError, TransferCancelled, rebuild

Arguments = Mapping[str, str]
Json = Mapping[str, Any]

SILENCE_SECONDS = 60.0
STDIN = "-"
_PIECE_BYTES = 256 * 1024
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class To:
    """Whom a file is for: a person, or `group:NAME`. `realm`: of which a bare name is."""

    name: str
    realm: str | None = None


def sendfile(call: Call, arguments: Arguments, *, wait: float | None, name: str | None) -> ExitCode:
    return send_file_to(call, To(arguments["person"]), arguments["path"], wait, name)


def sendgroupfile(
    call: Call, arguments: Arguments, *, wait: float | None, name: str | None
) -> ExitCode:
    group = arguments["group"].removeprefix("group:")
    return send_file_to(call, To(f"group:{group}"), arguments["path"], wait, name)


def send_file_to(call: Call, to: To, path: str, wait: float | None, name: str | None) -> ExitCode:
    patience = call.configuration.value("wait") if wait is None else wait
    known_as = name or ("stdin" if path == STDIN else Path(path).name)
    try:
        told = _see_through(call, to, path, known_as, patience)
    except _Stopped as stopped:
        call.service.post(call.path(f"transfers/{stopped.transfer}/cancel"), {})
        call.note(texts.FILE_STOPPED)
        return ExitCode.UNEXPECTED
    return _show(call, told)


class _Stopped(Exception):
    """Ctrl-C, while the service has the file."""

    def __init__(self, transfer: str) -> None:
        self.transfer = transfer
        super().__init__(transfer)


def _see_through(call: Call, to: To, path: str, name: str, patience: float) -> Json:
    with (
        _opened(path) as file,
        Progress(call, name, _size(file)) as progress,
        _CtrlC() as ctrl_c,
    ):
        saved = _hand_over(call, file, to, name, ctrl_c)
        try:
            ctrl_c.let_go()
            return _follow(call, saved, patience, progress)
        except KeyboardInterrupt:
            raise _Stopped(saved["transfer"]) from None


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """A file, or standard input; raises `FileUnreadable`."""
    if path == STDIN:
        yield sys.stdin.buffer
        return
    try:
        with Path(path).open("rb") as file:
            yield file
    except OSError as exc:
        raise FileUnreadable(path=path, detail=exc.strerror or str(exc)) from exc


def _size(file: BinaryIO) -> int | None:
    """None of what is no file, but a pipe; and of what says 0, as the kernel's files do."""
    found = os.fstat(file.fileno())
    return (found.st_size - file.tell() or None) if stat.S_ISREG(found.st_mode) else None


# --- to the service ------------------------------------------------------------------------------


class _CtrlC:
    """Held back while the service may have the whole file, and we don't know what it calls it.

    Else a file would go on that nobody has seen, let alone stopped.
    """

    def __init__(self) -> None:
        self._is_held = False
        self._was_pressed = False
        # In a thread of the shell, Ctrl-C is the line editor's.
        self._is_ours = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> "_CtrlC":
        if self._is_ours:
            self._before = signal.signal(signal.SIGINT, self._pressed)
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_ours:
            signal.signal(signal.SIGINT, self._before)

    def hold(self) -> None:
        self._is_held = True

    def let_go(self) -> None:
        """Raises `KeyboardInterrupt` where it was pressed meanwhile."""
        self._is_held = False
        if self._was_pressed:
            raise KeyboardInterrupt

    def _pressed(self, number: int, frame: FrameType | None) -> None:
        if not self._is_held:
            raise KeyboardInterrupt
        self._was_pressed = True


def _hand_over(call: Call, file: BinaryIO, to: To, name: str, ctrl_c: _CtrlC) -> Json:
    """Let the service keep it; from then on it is sent, after a crash too."""
    boundary = secrets.token_hex(16).encode()
    head = _field(boundary, b"to", to.name)
    if to.realm is not None:
        head += _field(boundary, b"realm", to.realm)
    quoted = name.encode(errors="replace").replace(b'"', b"_").replace(b"\r", b"_")
    named = b'; filename="%b"' % quoted.replace(b"\n", b"_").replace(b"\\", b"_")
    head += _part(boundary, b"file", named)
    tail = b"\r\n--%b--\r\n" % boundary
    size = _size(file)
    body = Body(
        f"multipart/form-data; boundary={boundary.decode()}",
        None if size is None else len(head) + size + len(tail),
        _form(head, file, size, tail, ctrl_c),
    )
    return call.service.send_up(
        call.path("files"), body, silence_seconds=SILENCE_SECONDS, wait=0, resume="true"
    )


def _field(boundary: bytes, name: bytes, value: str) -> bytes:
    return _part(boundary, name, b"") + value.encode() + b"\r\n"


def _part(boundary: bytes, name: bytes, more: bytes) -> bytes:
    return b'--%b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n' % (boundary, name, more)


def _form(
    head: bytes, file: BinaryIO, size: int | None, tail: bytes, ctrl_c: _CtrlC
) -> Iterator[bytes]:
    """Of a file as much as was announced, though it grows meanwhile."""
    yield head
    left = size
    while left is None or left > 0:
        piece = file.read(_PIECE_BYTES if left is None else min(left, _PIECE_BYTES))
        if not piece:
            break
        left = None if left is None else left - len(piece)
        yield piece
    if left:
        raise FileUnreadable(path=file.name, detail="it has become shorter")
    ctrl_c.hold()
    yield tail


# --- to main -------------------------------------------------------------------------------------


def _follow(call: Call, saved: Json, patience: float, progress: Progress) -> Json:
    """Until main has the message, or nothing has moved for long: what is known then."""
    path = call.path(f"transfers/{saved['transfer']}")
    moved_at, before = time.monotonic(), -1
    while True:
        told: Json = call.service.get(path, wait=_POLL_SECONDS)
        progress.told(told)
        if _is_over(told):
            return told
        if told["done"] != before:
            moved_at, before = time.monotonic(), told["done"]
        elif time.monotonic() - moved_at >= patience:
            return told


def _is_over(told: Json) -> bool:
    """Whether waiting changes nothing any more; raises what it was refused with."""
    message = told["message"]
    if "error" in message:
        raise _error(message["error"])
    if told["state"] == "cancelled":
        raise TransferCancelled(transfer=told["transfer"])
    return exit_codes.of_state(message["state"]) is ExitCode.DONE


def _error(error: Json) -> RealmchatError:
    return rebuild(error["code"], {k: v for k, v in error.items() if k not in ("code", "message")})


def _show(call: Call, told: Json) -> ExitCode:
    result = {"transfer": told["transfer"], "name": told["name"], "size": told["size"]}
    return show_outcome(call, {**told["message"], **result}, file=told["name"])
