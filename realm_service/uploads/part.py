"""One upload's bytes as they arrive: written, hashed on the way, synced now and then. It blocks."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from realm_protocol.file_types import SNIFFED_BYTES
from realm_service.uploads.folder import disk_in_words
from realm_service.writing import write_all

_READ_BYTES = 1024 * 1024
SYNC_BYTES = 1024 * 1024
"""Synced often and a little at a time: a sync of much would hold up those of the database."""


@dataclass(slots=True)
class Hashed:
    """What is known of the first `size` bytes without reading them again."""

    size: int = 0
    head: bytes = b""
    sha256: Any = field(default_factory=hashlib.sha256)

    def add(self, chunk: bytes) -> None:
        self.sha256.update(chunk)
        self.size += len(chunk)
        if len(self.head) < SNIFFED_BYTES:
            self.head = (self.head + chunk)[:SNIFFED_BYTES]


class Part:
    """An open part. One thread at a time; `close` it."""

    def __init__(self, path: Path, server: str, known: Hashed | None = None) -> None:
        """`known` is what an earlier request hashed; without it the file is read again.

        Raises `FileNotFoundError`.
        """
        self._path = path
        self._server = server
        self._descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        self._unsynced = 0
        if known is not None and known.size == os.fstat(self._descriptor).st_size:
            self.hashed = known
        else:
            self.hashed = self._read_again()

    @property
    def size(self) -> int:
        return self.hashed.size

    @property
    def digest(self) -> str:
        return str(self.hashed.sha256.hexdigest())

    def _read_again(self) -> Hashed:
        hashed = Hashed()
        while chunk := os.pread(self._descriptor, _READ_BYTES, hashed.size):
            hashed.add(chunk)
        return hashed

    def append(self, chunks: Sequence[bytes]) -> None:
        """Raises `StorageFull` or `StoreUnwritable`."""
        with disk_in_words(self._path, self._server):
            for chunk in chunks:
                self._write(chunk)
            if self._unsynced >= SYNC_BYTES:
                self.sync()

    def _write(self, chunk: bytes) -> None:
        write_all(self._descriptor, chunk)
        self.hashed.add(chunk)
        self._unsynced += len(chunk)

    def sync(self) -> None:
        """What is there survives a crash of the machine."""
        with disk_in_words(self._path, self._server):
            os.fdatasync(self._descriptor)
        self._unsynced = 0

    def close(self) -> None:
        os.close(self._descriptor)
