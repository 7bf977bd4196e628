"""Builds the fonts that the window's engine asks for, so that every script is read without a
network: `make fonts`. Nothing of it is committed, and without it only Latin is certain.

The engine draws on a canvas and takes no font of the machine's. What it lacks it asks for by paths
that are written in its own script: `FAMILY/VERSION/HASH.CHUNK.woff2`, a chunk having some ranges of
characters of a large family. At these paths go: whole fonts of Debian's Noto, for scripts that are
small; the same chunks as npm's fontsource has them, for Chinese, Japanese and Korean; and of
Debian's colour emoji, whose pictures the engine can draw, the same ranges.
"""

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from flet_web import get_package_web_dir

BUILT = Path(__file__).with_name("fonts_built")
DEBIAN = Path("/usr/share/fonts/truetype/noto")
EMOJI = "notocoloremoji"
_SYMBOLS = ("notosanssymbols", "notosanssymbols2")
_BELOW_EMOJI = "U+20-1EFFF"
"""Of the fonts of symbols: above stand pictures without colour, which would be taken first."""

CODE = "code.woff2"
"""Of equal widths; the only one that the window names itself."""

_PATH = re.compile(r'"([a-z0-9]+)/(v\d+)/([A-Za-z0-9_.-]+?)(?:\.(\d+))?\.(?:woff2|ttf|otf)"')
_FACE = re.compile(r"-(\d+)-400-normal\.woff2\).*?unicode-range:\s*([^;]+);", re.DOTALL)
_CHUNKED = {
    "notosanssc": "noto-sans-sc",
    "notosanstc": "noto-sans-tc",
    "notosanshk": "noto-sans-hk",
    "notosansjp": "noto-sans-jp",
    "notosanskr": "noto-sans-kr",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A font that the engine asks for; `chunk` is None where a family has one file."""

    family: str
    path: str
    chunk: int | None


def wanted(script: str) -> list[Wanted]:
    """All that the engine's script names, each once."""
    found = {
        match[0].strip('"'): Wanted(
            match[1], match[0].strip('"'), int(match[4]) if match[4] else None
        )
        for match in _PATH.finditer(script)
    }
    return [found[path] for path in sorted(found)]


def ranges_by_chunk(style_sheet: str) -> dict[int, str]:
    """Of a family's style sheet, which characters each chunk has: `U+1f1e6-1f1ff,…`."""
    return {int(match[1]): match[2].strip() for match in _FACE.finditer(style_sheet)}


def debian_font(family: str, fonts: Iterable[Path]) -> Path | None:
    """The regular font of a family, by its name without hyphens and capitals."""
    names = {path.name.lower(): path for path in fonts}
    return names.get(f"{family}-regular.ttf")


def build(fonts: list[Wanted], debian: Path, npm: Path, into: Path) -> dict[str, int]:
    """Write what the sources have; answers how many files each family got."""
    here = list(debian.glob("*.ttf"))
    emoji_ranges = _emoji_ranges(npm)
    made: dict[str, int] = {}
    for font in fonts:
        target = into / "assets" / "fonts" / font.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if font.family == EMOJI:
            done = _subset(debian / "NotoColorEmoji.ttf", emoji_ranges.get(font.chunk or 0), target)
        elif font.family in _SYMBOLS:
            done = _subset(debian_font(font.family, here), _BELOW_EMOJI, target)
        else:
            done = _copy(_source(font, here, npm), target)
        if done:
            made[font.family] = made.get(font.family, 0) + 1
    mono = "noto-sans-mono"
    if _copy(npm / mono / "files" / f"{mono}-latin-400-normal.woff2", into / CODE):
        made[mono] = 1
    return made


def _source(font: Wanted, debian: list[Path], npm: Path) -> Path | None:
    package = _CHUNKED.get(font.family)
    if package is None:
        return debian_font(font.family, debian)
    chunk = font.chunk if font.chunk is not None else "latin"
    return npm / package / "files" / f"{package}-{chunk}-400-normal.woff2"


def _copy(source: Path | None, target: Path) -> bool:
    if source is None or not source.exists():
        return False
    shutil.copyfile(source, target)
    return True


def _emoji_ranges(npm: Path) -> dict[int, str]:
    style_sheet = npm / "noto-color-emoji" / "400.css"
    if not style_sheet.exists():
        return {}
    return ranges_by_chunk(style_sheet.read_text(encoding="utf-8"))


def _subset(font: Path | None, ranges: str | None, target: Path) -> bool:
    """The glyphs of these characters, with the pictures that they are drawn by."""
    if font is None or ranges is None or not font.exists():
        return False
    command = [sys.executable, "-m", "fontTools.subset", str(font), f"--unicodes={ranges}"]
    subprocess.run([*command, f"--output-file={target}"], check=True)  # noqa: S603
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--npm", type=Path, required=True, help="the folder of @fontsource")
    parser.add_argument("--debian", type=Path, default=DEBIAN, help="the folder of Noto")
    given = parser.parse_args()
    script = (Path(get_package_web_dir()) / "main.dart.js").read_text(encoding="utf-8")
    shutil.rmtree(BUILT, ignore_errors=True)
    made = build(wanted(script), given.debian, given.npm, BUILT)
    print(f"{sum(made.values())} fonts of {len(made)} families in {BUILT}")


if __name__ == "__main__":
    main()
