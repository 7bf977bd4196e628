"""A cached blob: what is read while it grows is what was written."""

import os
from pathlib import Path

from realm_server.files.blob import BLOCK_BYTES, CachedBlob
from tests.realm_server.fake_files import sha256

CONTENT = os.urandom(6 * BLOCK_BYTES + 100)
HALF = BLOCK_BYTES // 2


def grown(path: Path, begun: bytes = b"") -> CachedBlob:
    """One that an earlier run had begun, and that has come whole since."""
    path.write_bytes(begun)
    blob = CachedBlob(path, sha256(CONTENT), len(CONTENT))
    blob.load()
    while blob.written < len(CONTENT):
        piece = memoryview(CONTENT)[blob.written :][: blob.block_lacks]
        blob.append([piece[:HALF], piece[HALF:]])
    return blob


def test_what_is_fresh_is_what_the_disk_has(tmp_path: Path) -> None:
    """From any byte of it to the end of its block; of the newest few blocks only."""
    blob = grown(tmp_path / "blob")
    assert blob.finish()

    starts = [n * BLOCK_BYTES + within for n in range(6) for within in (0, 1, BLOCK_BYTES - 1)]
    fresh = {start: blob.fresh(start) for start in starts if blob.fresh(start)}

    assert set(fresh) == set(starts[-12:])
    assert all(piece == blob.read(start) for start, piece in fresh.items())
    assert blob.fresh(6 * BLOCK_BYTES) == b""
    blob.forget_fresh()
    assert blob.fresh(starts[-1]) == b""


def test_what_goes_on_in_the_middle_of_a_block_is_read_from_the_disk(tmp_path: Path) -> None:
    """A part of a block is no block."""
    blob = grown(tmp_path / "blob", CONTENT[: 5 * BLOCK_BYTES + 7])

    assert blob.fresh(5 * BLOCK_BYTES) == b""
    assert blob.finish()
    assert b"".join(blob.read(n * BLOCK_BYTES) for n in range(7)) == CONTENT
