"""Which fonts the engine asks for, and what is put there."""

from pathlib import Path

from flet_web import get_package_web_dir

from frontend import fonts
from frontend.fonts import Wanted

SCRIPT = """a("Arabic","notosansarabic/v28/nwpx_a.woff2");b("notosanssc/v37/k3k_X.4.woff2",
c("notosanssc/v37/k3k_X.4.woff2")"""
STYLES = """@font-face { src: url(./files/noto-color-emoji-0-400-normal.woff2) format('woff2');
  unicode-range: U+1f1e6-1f1ff; }
@font-face { src: url(./files/noto-color-emoji-10-400-normal.woff2) format('woff2');
  unicode-range: U+1f600,U+1f610; }"""


def test_the_engines_script_says_what_it_asks_for() -> None:
    """Paths with the chunk where a family has several, each once."""
    assert fonts.wanted(SCRIPT) == [
        Wanted("notosansarabic", "notosansarabic/v28/nwpx_a.woff2", None),
        Wanted("notosanssc", "notosanssc/v37/k3k_X.4.woff2", 4),
    ]


def test_the_installed_engine_is_understood() -> None:
    """Of the pinned version: colour emoji and Chinese in chunks, Arabic whole."""
    script = (Path(get_package_web_dir()) / "main.dart.js").read_text(encoding="utf-8")
    asked = fonts.wanted(script)

    chunks = {font.family: [f.chunk for f in asked if f.family == font.family] for font in asked}
    assert len(chunks[fonts.EMOJI]) > 5
    assert len(chunks["notosanssc"]) > 50
    assert chunks["notosansarabic"] == [None]


def test_a_style_sheet_says_what_each_chunk_holds() -> None:
    """The emoji are cut along these lines."""
    assert fonts.ranges_by_chunk(STYLES) == {0: "U+1f1e6-1f1ff", 10: "U+1f600,U+1f610"}


def test_what_a_source_lacks_is_left_out(tmp_path: Path) -> None:
    """The engine then shows a box, as it would have; the rest is there, at its path."""
    debian, npm, built = (tmp_path / name for name in ("debian", "npm", "built"))
    debian.mkdir()
    (debian / "NotoSansArabic-Regular.ttf").write_bytes(b"arabic")
    files = npm / "noto-sans-sc" / "files"
    files.mkdir(parents=True)
    (files / "noto-sans-sc-4-400-normal.woff2").write_bytes(b"chinese")
    mono = npm / "noto-sans-mono" / "files" / "noto-sans-mono-latin-400-normal.woff2"
    mono.parent.mkdir(parents=True)
    mono.write_bytes(b"code")
    asked = [
        *fonts.wanted(SCRIPT),
        Wanted("notosansyi", "notosansyi/v19/a.woff2", None),
        Wanted(fonts.EMOJI, "notocoloremoji/v32/a.0.woff2", 0),
    ]

    made = fonts.build(asked, debian, npm, built)

    assert made == {"notosansarabic": 1, "notosanssc": 1, "noto-sans-mono": 1}
    assert (built / fonts.CODE).read_bytes() == b"code"
    put = built / "assets" / "fonts" / "notosanssc" / "v37" / "k3k_X.4.woff2"
    assert put.read_bytes() == b"chinese"
