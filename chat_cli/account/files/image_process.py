"""The process that looks at one picture: its bytes may be hostile, so it can do nothing else.

It reads standard input, and writes one msgpack map to standard output: `width`, `height` and, where
one could be made, `preview`. It bounds its own memory, time and files before it reads a byte. Run
as a module; nothing imports it but its tests.
"""

import io
import resource
import sys
import warnings

import msgpack
from PIL import Image, ImageOps

from realm_protocol.limits import PREVIEW_LIMIT

MEMORY_BYTES = 768 * 1024 * 1024
CPU_SECONDS = 10
PIXEL_LIMIT = 64_000_000
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_SIDES_AND_QUALITIES = ((256, 60), (192, 55), (128, 50), (96, 45), (64, 40), (32, 30))
"""From what looks best to what certainly fits."""
_TURNED = (5, 6, 7, 8)
"""Values of the EXIF orientation that swap width and height."""
_ORIENTATION = 0x0112


def bound() -> None:
    """Give up what a decoder that was taken over could use."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))


def look_at(picture: bytes) -> dict[str, int | bytes]:
    """Size and preview of a picture; raises whatever Pillow finds wrong with it."""
    with Image.open(io.BytesIO(picture), formats=FORMATS) as image:
        width, height = image.size
        if width * height > PIXEL_LIMIT:
            raise ValueError("the picture has too many pixels")
        if image.getexif().get(_ORIENTATION) in _TURNED:
            width, height = height, width
        found: dict[str, int | bytes] = {"width": width, "height": height}
        preview = _preview(image)
    if preview is not None:
        found["preview"] = preview
    return found


def _preview(image: Image.Image) -> bytes | None:
    """A small WebP of the first frame, upright, without anything that the file said beside it."""
    largest = _SIDES_AND_QUALITIES[0][0]
    image.draft("RGB", (largest, largest))
    image.thumbnail((largest, largest))
    upright = ImageOps.exif_transpose(image)
    shown = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    for side, quality in _SIDES_AND_QUALITIES:
        shown.thumbnail((side, side))
        packed = io.BytesIO()
        shown.save(packed, "WEBP", quality=quality, method=4, exif=b"", icc_profile=b"")
        if packed.tell() <= PREVIEW_LIMIT:
            return packed.getvalue()
    return None


def main() -> None:
    bound()
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.init()
    found = look_at(sys.stdin.buffer.read())
    sys.stdout.buffer.write(msgpack.packb(found))


if __name__ == "__main__":
    main()
