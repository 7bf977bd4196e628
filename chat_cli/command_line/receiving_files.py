"""Saving files that others have sent: into a folder, over no other file, or to standard output.

What has come lies beside as NAME.ID.part until it is whole and right; the same command goes on with
it.
"""

import fcntl
import hashlib
import io
import itertools
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chat_cli.command_line import texts
from chat_cli.command_line.call import Call
from chat_cli.command_line.exchange import Streamed
from chat_cli.command_line.exit_codes import ExitCode, exit_code
from chat_cli.command_line.output import OutputFailed, put_error
from chat_cli.command_line.progress import Progress
from realm_protocol.errors import (
    FileDamaged,
    FileNotFound,
    ServiceWentAway,
    StoreUnwritable,
    TimedOut,
)
from realm_protocol.file_names import ending_with, numbered, safe_file_name

Arguments = Mapping[str, str]
Json = Mapping[str, Any]

ALL = "all"
SILENCE_SECONDS = 90.0
CUTS_IN_A_ROW = 3
"""So often in a row a download that is cut is taken up without a byte."""
_PAUSE_AFTER_CUT_SECONDS = 0.2
"""Times the cuts in a row: a service that is being started again needs a moment."""
_STDOUT = "-"
_LISTED = 1000
_PARTIAL = 206
_SHOWN_ID = 8
_NAME = re.compile(r"filename\*=UTF-8''([^;]*)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that is to be saved."""

    file_id: str
    name: str
    size: int
    sha256: str

    @property
    def part_name(self) -> str:
        """What it is called as long as it isn't whole: the same in each run."""
        return ending_with(self.name, f".{self.file_id[:_SHOWN_ID]}.part")


def receivefile(call: Call, arguments: Arguments, *, to: str | None) -> ExitCode | None:
    wanted = arguments.get("id", "").lower()
    found = _find(call, wanted)
    if not found:
        call.note(texts.NO_FILES)
        return None
    if to == _STDOUT:
        for file in found:
            _print(call, file)
        return None
    try:
        if wanted == ALL:
            return _receive_all(call, _folder(to), found)
        for file in found:
            _receive(call, _folder(to), file)
    except KeyboardInterrupt:
        call.note(texts.FILE_STOPPED)
        return ExitCode.UNEXPECTED
    return None


def _receive_all(call: Call, folder: Path, files: Sequence[Wanted]) -> ExitCode | None:
    """Those that aren't here already; one that can't be had any more doesn't keep back the rest."""
    code = None
    for file in files:
        there = _here_already(folder, file)
        if there is not None:
            call.note(texts.FILE_HERE_ALREADY, path=there)
            continue
        try:
            _receive(call, folder, file)
        except (FileDamaged, FileNotFound) as error:
            put_error(error, as_json=call.as_json)
            code = exit_code(error)
    return code


def _receive(call: Call, folder: Path, file: Wanted) -> None:
    path = _save(call, folder, file)
    result = {"file_id": file.file_id, "name": file.name, "size": file.size}
    result |= {"sha256": file.sha256, "path": str(path)}
    call.show(result, texts.FILE_RECEIVED, path=path)


# --- which ---------------------------------------------------------------------------------------


def _find(call: Call, wanted: str) -> list[Wanted]:
    """All, the newest, or the one of this id; raises `FileNotFound`."""
    messages = call.service.get(call.path("files"), limit=_LISTED)
    if not wanted or wanted == ALL:
        files = [m["file"] for m in messages if m["from"] != call.account]
        return _each_once(files if wanted else files[-1:])
    held = _each_once([m["file"] for m in messages if m["file"]["file_id"].startswith(wanted)])
    if len(held) == 1:
        return held
    return [_ask(call, wanted)]


def _each_once(files: Sequence[Json]) -> list[Wanted]:
    """A file that was passed on is one, though many messages name it."""
    named = {
        file["file_id"]: Wanted(
            file["file_id"], safe_file_name(file["name"]), file["size"], file["sha256"]
        )
        for file in files
    }
    return list(named.values())


def _ask(call: Call, file_id: str) -> Wanted:
    """A file of which no message is held here: its answer says what it is."""
    if re.fullmatch("[0-9a-z]+", file_id) is None:
        raise FileNotFound(file_id=file_id)
    with _open(call, file_id, 0) as answer:
        from urllib.parse import unquote  # here, because a file is seldom asked for so

        named = _NAME.search(answer.headers.get("content-disposition", ""))
        name = safe_file_name(unquote(named[1]) if named else file_id)
        size = int(answer.headers.get("content-length", "0"))
        return Wanted(file_id, name, size, answer.headers.get("etag", "").strip('"'))


def _folder(to: str | None) -> Path:
    folder = Path(to or ".")
    with _in_words(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _here_already(folder: Path, file: Wanted) -> Path | None:
    """Where an earlier run has saved this very file."""
    for path in _names(folder, file.name):
        if not path.exists():
            return None
        with _in_words(path):
            if path.is_file() and path.stat().st_size == file.size and _hash(path) == file.sha256:
                return path
    return None


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- saving --------------------------------------------------------------------------------------


def _save(call: Call, folder: Path, file: Wanted) -> Path:
    """Fetch what is missing, check it, and give it its name."""
    part = folder / file.part_name
    with _in_words(part), _alone(part) as saved, Progress(call, file.name, file.size) as progress:
        if os.fstat(saved.fileno()).st_size > file.size:
            saved.truncate(0)
        digest = hashlib.file_digest(saved, "sha256")
        have = saved.tell()
        _check_room(folder, file.size - have)
        for piece in _pieces(call, file, have):
            saved.write(piece)
            digest.update(piece)
            have += len(piece)
            progress.moved(have)
        saved.flush()
        os.fsync(saved.fileno())
        if have != file.size or digest.hexdigest() != file.sha256:
            part.unlink()
            raise FileDamaged(file_id=file.file_id)
        return _place(part, folder, file.name)


@contextmanager
def _alone(part: Path) -> Iterator[io.BufferedRandom]:
    """The part that has come, for one command at a time."""
    # In a folder of many, a link that somebody laid there could lead into another file.
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(part, flags, 0o666)
    with os.fdopen(descriptor, "r+b") as file:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise StoreUnwritable(path=str(part), detail="another command fetches it") from exc
        try:
            yield file
        except BaseException:
            if file.tell() == 0:  # nothing has come
                part.unlink(missing_ok=True)
            raise


def _check_room(folder: Path, size: int) -> None:
    if shutil.disk_usage(folder).free < size:
        raise StoreUnwritable(path=str(folder), detail="there is no room for it")


def _place(part: Path, folder: Path, name: str) -> Path:
    """Its name where that is free, else `name (2).ext`; another file is never touched."""
    path = next(path for path in _names(folder, name) if _reserve(path))
    part.replace(path)
    return path


def _reserve(path: Path) -> bool:
    """Whether the name was free; it is taken now."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return False
    return True


def _names(folder: Path, name: str) -> Iterator[Path]:
    yield folder / name
    for number in itertools.count(2):
        yield folder / numbered(name, number)


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        detail = exc.strerror or str(exc)
        raise StoreUnwritable(path=str(exc.filename or path), detail=detail) from exc


# --- the bytes -----------------------------------------------------------------------------------


def _print(call: Call, file: Wanted) -> None:
    digest = hashlib.sha256()
    with Progress(call, file.name, file.size) as progress:
        done = 0
        for piece in _pieces(call, file, 0):
            _write_out(piece)
            digest.update(piece)
            done += len(piece)
            progress.moved(done)
    if digest.hexdigest() != file.sha256:
        raise FileDamaged(file_id=file.file_id)


def _write_out(piece: bytes) -> None:
    try:
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    except OSError as exc:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        reason = exc.strerror or str(exc)
        raise OutputFailed(isinstance(exc, BrokenPipeError), reason) from exc


def _pieces(call: Call, file: Wanted, have: int) -> Iterator[bytes]:
    """The bytes from `have` on; where they break off, from there on again."""
    cuts = 0
    while have < file.size:
        try:
            with _open(call, file.file_id, have) as answer:
                for piece in answer.pieces:
                    if piece:
                        have += len(piece)
                        cuts = 0
                        yield piece
            if have < file.size:
                raise ServiceWentAway
        except (ServiceWentAway, TimedOut) as error:
            cuts += 1
            if cuts > CUTS_IN_A_ROW:
                raise error from None
            time.sleep(_PAUSE_AFTER_CUT_SECONDS * cuts)


@contextmanager
def _open(call: Call, file_id: str, start: int) -> Iterator[Streamed]:
    headers = {"Range": f"bytes={start}-"} if start else {}
    with call.service.stream(
        call.path(f"files/{file_id}"), headers, silence_seconds=SILENCE_SECONDS
    ) as answer:
        if start and answer.status != _PARTIAL:
            raise FileDamaged(file_id=file_id)
        yield answer
