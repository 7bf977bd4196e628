"""Large files that are removed."""

import os
from pathlib import Path

import pytest

from realm_service.freeing import free

_MIB = 1024 * 1024


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(50 * _MIB + 1)
    return path


def test_room_comes_back_a_little_at_a_time(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No sync of the disk has more to free than 16 MiB."""
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    free(large)
    assert synced == [size * _MIB for size in (48, 32, 16, 0)]
    assert not large.exists()


def test_bytes_with_another_name_stay(large: Path, tmp_path: Path) -> None:
    """Only the name is removed where they are somebody else's too."""
    os.link(large, tmp_path / "other")
    free(large)
    assert not large.exists()
    assert (tmp_path / "other").stat().st_size == 50 * _MIB + 1


def test_what_is_gone_is_gone(tmp_path: Path) -> None:
    """Nothing to remove is no error; nor is an empty file."""
    free(tmp_path / "missing")
    (tmp_path / "empty").touch()
    free(tmp_path / "empty")
    assert list(tmp_path.iterdir()) == []


def test_a_link_is_not_followed(large: Path, tmp_path: Path) -> None:
    """What a symbolic link names keeps its bytes."""
    (tmp_path / "link").symlink_to(large)
    with pytest.raises(OSError, match="link"):
        free(tmp_path / "link")
    assert large.stat().st_size == 50 * _MIB + 1
