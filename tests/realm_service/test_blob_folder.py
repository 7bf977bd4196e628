"""Parts and blobs on the disk."""

from pathlib import Path

import pytest

from realm_service.uploads.folder import BlobFolder

SHA256 = "ab" * 32


@pytest.fixture
def folder(tmp_path: Path) -> BlobFolder:
    folder = BlobFolder(tmp_path / "files", "main server")
    folder.make()
    return folder


def _upload(folder: BlobFolder, file_id: str) -> None:
    folder.begin_part(file_id)
    folder.part(file_id).write_bytes(b"the same bytes")


def test_who_reads_a_blob_reads_it_to_its_end(folder: BlobFolder) -> None:
    """Also where the same bytes take its place before the part that it was made of is dropped."""
    _upload(folder, "first")
    _upload(folder, "second")
    folder.keep("first", SHA256)
    with folder.blob(SHA256).open("rb", buffering=0) as reading:
        folder.keep("second", SHA256)
        folder.drop_part("first")
        folder.drop_part("second")
        assert reading.read() == b"the same bytes"
    assert folder.parts() == []
    assert folder.blob(SHA256).read_bytes() == b"the same bytes"


def test_a_part_that_is_given_up_leaves_the_blob_that_it_became(folder: BlobFolder) -> None:
    """A crash may have come between the blob and the end of its part."""
    _upload(folder, "first")
    folder.keep("first", SHA256)
    folder.give_up_part("first")
    assert folder.parts() == []
    assert folder.blob(SHA256).read_bytes() == b"the same bytes"
