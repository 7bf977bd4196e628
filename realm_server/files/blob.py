"""One file's bytes in the cache of a realm, on the disk: growing, then whole. It blocks.

They are checked as a whole when the last one has come, and block by block whenever they are read.
"""

import hashlib
import os
import shutil
import zlib
from collections.abc import Sequence
from pathlib import Path

from realm_service.writing import write_all, write_soon

BLOCK_BYTES = 1024 * 1024
_FRESH_BLOCKS = 4
"""Whoever follows a blob as it grows needs not read from the disk what has just gone there."""


class BlockDamaged(Exception):
    """What is read is not what was written."""


class CachedBlob:
    """Appended by one thread at a time; read by any."""

    def __init__(self, path: Path, sha256: str, size: int) -> None:
        self.path = path
        self.sha256 = sha256
        self.size = size
        self.written = 0
        self.readable = 0
        """So many bytes may be given out; the last block only once the hash was right."""
        self._digest = hashlib.sha256()
        self._checks: list[int] = []
        """Of each block that has begun, its CRC-32 so far."""
        self._fresh: dict[int, bytes] = {}
        """The newest blocks that came whole, by number."""

    @property
    def is_whole(self) -> bool:
        return self.readable == self.size

    def may_read(self, position: int) -> bool:
        """Whether the block in which this byte stands may be given out."""
        return min((position // BLOCK_BYTES + 1) * BLOCK_BYTES, self.size) <= self.readable

    def load(self) -> None:
        """Take what an earlier run of the server has left, if it is right."""
        self.path.touch(mode=0o600)
        self._forget()
        with self.path.open("rb") as file:
            while chunk := file.read(BLOCK_BYTES):
                self._note(chunk)
        if self.written > self.size or (self.written == self.size and not self.finish()):
            self.clear()

    def adopt(self, whole: Path) -> bool:
        """Take the bytes of a file of this machine, where it is there, without copying if it can.

        Returns whether it was there.
        """
        self.clear()
        try:
            self.path.unlink()
            try:
                os.link(whole, self.path)
            except OSError:  # they lie on two disks, or on one that has no links
                shutil.copyfile(whole, self.path)
        except FileNotFoundError:
            return False
        self.load()
        return True

    @property
    def block_lacks(self) -> int:
        """So many bytes are to come until the next block is whole."""
        return BLOCK_BYTES - self.written % BLOCK_BYTES

    def append(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Together they may be as long as `block_lacks`: large steps are cheap ones."""
        together = b"".join(pieces)
        with self.path.open("ab", buffering=0) as file:
            write_all(file.fileno(), together)
            write_soon(file.fileno(), self.written, len(together))
        if len(together) == BLOCK_BYTES:
            self._keep_fresh(self.written // BLOCK_BYTES, together)
        self._note(together)

    def _keep_fresh(self, number: int, block: bytes) -> None:
        self._fresh[number] = block
        self._fresh.pop(number - _FRESH_BLOCKS, None)

    def _note(self, piece: bytes) -> None:
        if not piece:
            return
        if self.written % BLOCK_BYTES == 0:
            self._checks.append(0)
        self._digest.update(piece)
        self._checks[-1] = zlib.crc32(piece, self._checks[-1])
        self.written += len(piece)
        self.readable = min(self.written, self.size - 1) // BLOCK_BYTES * BLOCK_BYTES

    def fresh(self, start: int) -> bytes:
        """What `read` would say, where it came a moment ago; else nothing."""
        number, within = divmod(start, BLOCK_BYTES)
        return self._fresh.get(number, b"")[within:]

    def forget_fresh(self) -> None:
        """Nothing comes for now: what is fresh isn't worth its memory."""
        self._fresh = {}

    def finish(self) -> bool:
        """Whether all bytes are there and have the right hash."""
        if self.written != self.size or self._digest.hexdigest() != self.sha256:
            return False
        self.readable = self.size
        return True

    def clear(self) -> None:
        """Begin anew."""
        self.path.unlink(missing_ok=True)  # its bytes may be another file's too
        self.path.touch(mode=0o600)
        self._forget()

    def _forget(self) -> None:
        self.written = self.readable = 0
        self._digest = hashlib.sha256()
        self._checks.clear()
        self.forget_fresh()

    def read(self, start: int) -> bytes:
        """From there to the end of its block; raises `BlockDamaged`."""
        number, within = divmod(start, BLOCK_BYTES)
        try:
            with self.path.open("rb", buffering=0) as file:
                block = os.pread(file.fileno(), BLOCK_BYTES, start - within)
        except OSError as exc:
            raise BlockDamaged from exc
        if zlib.crc32(block) != self._checks[number]:
            raise BlockDamaged
        return block[within:]
