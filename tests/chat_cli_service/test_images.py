"""Pictures: their size and a small preview travel with the message; hostile ones harm nobody."""

import base64
import io
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from chat_cli.account.files import image_process, images
from chat_cli.account.files.images import Picture, look_at
from realm_protocol.limits import PREVIEW_LIMIT

from .conftest import HENDERSON, Person
from .fake_realm import FakeRealm


def picture(size: tuple[int, int], kind: str = "PNG", **how: Any) -> bytes:
    """Something to see: a gradient with noise."""
    gradient = Image.linear_gradient("L").resize(size)
    noise = Image.effect_noise(size, 60)
    image = Image.merge("RGB", (gradient, noise, gradient.transpose(Image.Transpose.ROTATE_180)))
    packed = io.BytesIO()
    image.save(packed, kind, **how)
    return packed.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A few bytes that would be gigabytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000))
        + chunk(b"IEND", b"")
    )


async def look(tmp_path: Path, content: bytes, kind: str) -> Picture:
    path = tmp_path / "picture"
    path.write_bytes(content)
    return await look_at(path, len(content), kind)


@pytest.mark.parametrize(
    ("kind", "media"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp"), ("GIF", "image/gif")],
)
async def test_a_picture_has_a_size_and_a_small_preview(
    tmp_path: Path, kind: str, media: str
) -> None:
    """The preview is a WebP that fits into the message, and says nothing of the camera."""
    found = await look(tmp_path, picture((1200, 800), kind), media)

    assert (found.width, found.height) == (1200, 800)
    assert found.preview is not None
    assert len(found.preview) <= PREVIEW_LIMIT
    with Image.open(io.BytesIO(found.preview)) as preview:
        assert preview.format == "WEBP"
        assert max(preview.size) <= 256
        assert not preview.getexif()


async def test_a_turned_picture_is_told_upright(tmp_path: Path) -> None:
    """A telephone held sideways writes so: width and height are those that people see."""
    exif = Image.Exif()
    exif[0x0112] = 6

    found = await look(tmp_path, picture((400, 200), "JPEG", exif=exif), "image/jpeg")

    assert (found.width, found.height) == (200, 400)
    assert found.preview is not None
    with Image.open(io.BytesIO(found.preview)) as preview:
        assert preview.height > preview.width


@pytest.mark.parametrize(
    "content",
    [
        png_that_claims(60_000, 60_000),
        png_that_claims(0x7FFFFFFF, 0x7FFFFFFF),
        picture((300, 300))[:200],
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff" + b"\0" * 1000,
        b"II*\0" + b"\xff" * 100,
    ],
    ids=["large", "huge", "cut off", "empty", "no jpeg", "another format"],
)
async def test_a_hostile_picture_has_no_preview(tmp_path: Path, content: bytes) -> None:
    """And nothing happens to whoever looked at it."""
    assert await look(tmp_path, content, "image/png") == Picture()


async def test_what_is_no_picture_is_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No process is begun for it, nor for a picture beyond all measure."""
    monkeypatch.setattr(images.sys, "executable", "/nonexistent")

    assert await look(tmp_path, b"hello", "text/plain") == Picture()
    assert await look_at(tmp_path / "picture", images.PICTURE_LIMIT + 1, "image/png") == Picture()


async def test_a_process_that_hangs_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file goes on without a preview."""
    sleeper = tmp_path / "sleeper"
    sleeper.write_text("#!/bin/sh\nexec sleep 1000\n")
    sleeper.chmod(0o700)
    monkeypatch.setattr(images.sys, "executable", str(sleeper))
    monkeypatch.setattr(images, "SECONDS", 0.05)

    assert await look(tmp_path, picture((10, 10)), "image/png") == Picture()


def test_the_process_can_not_do_what_it_need_not(tmp_path: Path) -> None:
    """A decoder that was taken over writes no file, opens few, and takes no memory without end."""
    new = tmp_path / "new"
    tries = f"""
import os, signal
from chat_cli.account.files import image_process

image_process.bound()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
file = os.open({str(new)!r}, os.O_CREAT | os.O_WRONLY)
for what in (lambda: os.write(file, b"x"), lambda: bytearray(2 * 1024 ** 3)):
    try:
        what()
    except (OSError, MemoryError) as error:
        print(type(error).__name__)
"""
    ended = subprocess.run(
        [sys.executable, "-c", tries], capture_output=True, text=True, check=False
    )

    assert ended.stdout.split() == ["OSError", "MemoryError"]
    assert new.read_bytes() == b""


def test_other_formats_are_not_even_tried() -> None:
    """Pillow knows dozens, and few people have read their decoders."""
    with pytest.raises(Image.UnidentifiedImageError):
        image_process.look_at(picture((10, 10), "TIFF"))


async def test_a_picture_that_is_sent_carries_them(realm: FakeRealm, messi: Person) -> None:
    """So that a list of messages never jumps."""
    answer = await messi.service.http.post(
        f"{messi.path}/files",
        data={"to": HENDERSON},
        files={"file": ("cat.png", picture((640, 480)))},
        params={"wait": 20},
    )

    (row,) = await messi.get(f"/conversations/{answer.json()['conversation']}/messages")
    assert (row["file"]["width"], row["file"]["height"]) == (640, 480)
    assert base64.b64decode(row["file"]["preview"]).startswith(b"RIFF")
    assert json.dumps(row)
