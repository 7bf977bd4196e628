"""Builds the fonts that the window's engine asks for, so that every script is read without a
network: `make fonts`. Nothing of it is committed, and without it only Latin is certain.

The engine draws on a canvas and takes no font of the machine's. What it lacks it asks for by paths
that are written in its own script: `FAMILY/VERSION/HASH.CHUNK.woff2`, a chunk having some of the
characters of a large family; the script says which. At these paths go fonts of Debian's Noto: whole
ones of scripts that are small, and of Chinese, Japanese, Korean and the emoji the same chunks.
"""

import argparse
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from flet_web import get_package_web_dir

BUILT = Path(__file__).with_name("fonts_built")
DEBIAN = Path("/usr/share/fonts")
EMOJI = "notocoloremoji"
CODE, DEVANAGARI = "code.ttf", "devanagari.ttf"
"""Those that the window names itself: of equal widths, and of what the engine looks for in vain: it
asks for Noto Sans, which has Hindi elsewhere, but not in Debian's file.
"""

_MONO = "notosansmono"
_NAMED = {CODE: _MONO, DEVANAGARI: "notosansdevanagari"}
_SYMBOLS = ("notosanssymbols", "notosanssymbols2")
_FIRST_PICTURE = 0x1F000
"""From here on the fonts of symbols have pictures without colour, which would be taken first."""
_AFTER_PICTURE = 0xFE0F
"""Asks for the colour of what stands before it; the engine asks for it nowhere."""
_CJK = {family: at for at, family in enumerate(("jp", "kr", "sc", "tc", "hk"))}
"""Where each stands in Debian's file of all five."""

_FONT = re.compile(r'"(Noto [^"]+)","(([a-z0-9]+)/v\d+/[A-Za-z0-9_.-]+)"')
_SETS = re.compile(r'"([0-9a-z]*,[0-9a-z,]*)"')
_RUNS = re.compile(r'"((?:\d*[a-z]?\d*[A-Z])+)"')

Characters = list[tuple[int, int]]
"""The first and the last of each run."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A font that the engine asks for, for these characters of its family."""

    family: str
    path: str
    characters: Characters


@dataclass(frozen=True, slots=True)
class Source:
    """A font of Debian's, by its place in a file, and the package that brings it. `is_cut`: its
    whole would be too much.
    """

    path: Path
    package: str
    at: int = 0
    is_cut: bool = False


def wanted(script: str) -> list[Wanted]:
    """All that the engine's script names, each once."""
    fonts = {match[2]: match for match in _FONT.finditer(script)}
    characters = _characters(script)
    return [
        Wanted(match[3], path, characters.get(number, []))
        for number, (path, match) in enumerate(fonts.items())
    ]


def _characters(script: str) -> dict[int, Characters]:
    """Of each font by its number in the script. All characters stand there in runs, each of which
    is in one set of fonts.
    """
    sets = [list(_fonts_of(one)) for one in max(_SETS.findall(script), key=len).split(",")]
    found: dict[int, Characters] = defaultdict(list)
    first = 0
    for run in re.finditer(r"(?:(\d*)([a-z]))?(\d*)([A-Z])", max(_RUNS.findall(script), key=len)):
        length = 1 if run[2] is None else _number(run[1], run[2], "a") + 2
        for font in sets[_number(run[3], run[4], "A")]:
            found[font].append((first, first + length - 1))
        first += length
    return found


def _fonts_of(one: str) -> Iterator[int]:
    """Their numbers in a set, each told by how far it is behind the one before."""
    number = -1
    for digits, letter in re.findall(r"(\d*)([a-z])", one):
        number += _number(digits, letter, "a") + 1
        yield number


def _number(digits: str, letter: str, zero: str) -> int:
    return int(digits or 0) * 26 + ord(letter) - ord(zero)


def source(family: str, debian: Path) -> Source:
    """What a family is made of."""
    noto = debian / "truetype/noto"
    if family == EMOJI:
        return Source(noto / "NotoColorEmoji.ttf", "fonts-noto-color-emoji", is_cut=True)
    if (of := family.removeprefix("notosans")) in _CJK:
        path = debian / "opentype/noto/NotoSansCJK-Regular.ttc"
        return Source(path, "fonts-noto-cjk", _CJK[of], is_cut=True)
    named = f"{family}-regular.ttf"
    found = (path for path in noto.glob("*-Regular.ttf") if path.name.lower() == named)
    package = "fonts-noto-mono" if family == _MONO else "fonts-noto-core"
    return Source(next(found, noto / named), package, is_cut=family in _SYMBOLS)


def build(fonts: list[Wanted], debian: Path, into: Path) -> tuple[int, list[str]]:
    """Write what Debian has; answers how many files that are, and what it lacks packages for."""
    targets = [(font, into / "assets" / "fonts" / font.path) for font in fonts]
    targets += [(Wanted(family, name, []), into / name) for name, family in _NAMED.items()]
    made, missing = 0, set()
    for font, target in targets:
        of = source(font.family, debian)
        if not of.path.exists():
            missing.add(of.package)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if of.is_cut:
            target.write_bytes(_subset(of, font))
        else:
            shutil.copyfile(of.path, target)
        made += 1
    return made, sorted(missing)


def _subset(of: Source, font: Wanted) -> bytes:
    """These characters, with the pictures that they are drawn by."""
    hb = import_module("uharfbuzz")  # a tool of the development: who runs the window needs none
    kept = hb.SubsetInput()
    for first, last in font.characters:
        if font.family not in _SYMBOLS or last < _FIRST_PICTURE:
            kept.unicode_set.update(range(first, last + 1))
    if font.family == EMOJI:
        kept.unicode_set.add(_AFTER_PICTURE)
    face = hb.Face(hb.Blob.from_file_path(str(of.path)), of.at)
    return bytes(hb.subset(face, kept).blob.data)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--debian", type=Path, default=DEBIAN, help="the folder of fonts")
    given = parser.parse_args()
    script = (Path(get_package_web_dir()) / "main.dart.js").read_text(encoding="utf-8")
    shutil.rmtree(BUILT, ignore_errors=True)
    BUILT.mkdir()
    made, missing = build(wanted(script), given.debian, BUILT)
    print(f"{made} fonts in {BUILT}")
    if missing:
        print(f"Some scripts are boxes without these of Debian's packages: {' '.join(missing)}")


if __name__ == "__main__":
    main()
