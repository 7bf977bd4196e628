"""What a picture is, asked of a process of its own that is bounded in time, memory and rights.

The bytes of a picture may be made to break whoever decodes them; they are never decoded here.
"""

import asyncio
import contextlib
import os
import sys
from pathlib import Path

import msgpack
import msgspec

from realm_protocol.bodies import Side
from realm_protocol.limits import PREVIEW_LIMIT
from realm_service.logs import get_logger

log = get_logger("chat_cli.images")

PICTURE_LIMIT = 64 * 1024 * 1024
"""Bytes of a picture that is looked at; a larger one goes without a preview."""
PICTURE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
SECONDS = 15.0
_ANSWER_LIMIT = PREVIEW_LIMIT + 256
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH")
"""Of the environment; the rest is none of its business."""


class Picture(msgspec.Struct, frozen=True, omit_defaults=True):
    """How large a picture is, and how it looks from far away (WebP); all None of what is none."""

    width: Side | None = None
    height: Side | None = None
    preview: bytes | None = None

    def print(self) -> str:
        """As JSON."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def read(cls, text: str) -> "Picture":
        """Undo `print`."""
        return msgspec.json.decode(text, type=cls)


async def look_at(path: Path, size: int, kind: str) -> Picture:
    """What the file of this media type shows, as far as it can be looked at safely."""
    if kind not in PICTURE_TYPES or size > PICTURE_LIMIT:
        return Picture()
    answer = await _ask(path)
    try:
        found = msgspec.convert(msgpack.unpackb(answer), Picture, builtin_types=(bytes,))
    except (ValueError, msgpack.UnpackException, msgspec.ValidationError):
        log.info("picture_not_understood")
        return Picture()
    return found if len(found.preview or b"") <= PREVIEW_LIMIT else Picture()


async def _ask(path: Path) -> bytes:
    """What the process says; empty where it took too long."""
    with path.open("rb") as picture:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "chat_cli.account.files.image_process"),
            stdin=picture,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        )
    assert process.stdout is not None  # noqa: S101  # it was asked for
    try:
        async with asyncio.timeout(SECONDS):
            return await _read_all(process.stdout)
    except TimeoutError:
        log.info("picture_took_too_long")
        return b""
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _read_all(answer: asyncio.StreamReader) -> bytes:
    """To its end, or until it is longer than any right one."""
    found = b""
    while len(found) <= _ANSWER_LIMIT and (part := await answer.read(_ANSWER_LIMIT)):
        found += part
    return found
