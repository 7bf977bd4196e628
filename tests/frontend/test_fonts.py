"""Which fonts the engine asks for, what they hold, and what is put there."""

from pathlib import Path

from flet_web import get_package_web_dir

from frontend import fonts
from frontend.fonts import Wanted
from frontend.views import look

SCRIPT = """A.z("Noto Sans Arabic","notosansarabic/v28/nwpx_a.woff2"),
A.z("Noto Sans SC 4","notosanssc/v37/k3k_X.4.woff2"),
B.z("Noto Sans SC 4","notosanssc/v37/k3k_X.4.woff2"),do1("cA10aBAaC",q(",a,aa"))"""
"""Four characters are in no font, 262 in the first, one in none, two in both."""


def test_the_engines_script_says_what_it_asks_for() -> None:
    """Paths, each once, and the characters that it wants of each."""
    assert fonts.wanted(SCRIPT) == [
        Wanted("notosansarabic", "notosansarabic/v28/nwpx_a.woff2", [(4, 265), (267, 268)]),
        Wanted("notosanssc", "notosanssc/v37/k3k_X.4.woff2", [(267, 268)]),
    ]


def test_the_installed_engine_is_understood() -> None:
    """Of the pinned version: colour emoji and Chinese in chunks, Arabic whole, flags together."""
    script = (Path(get_package_web_dir()) / "main.dart.js").read_text(encoding="utf-8")
    asked = fonts.wanted(script)

    chunks = {font.family: [f for f in asked if f.family == font.family] for font in asked}
    assert len(chunks[fonts.EMOJI]) > 5
    assert chunks[fonts.EMOJI][0].characters == [(0x1F1E6, 0x1F1FF)]
    assert len(chunks["notosanssc"]) > 50
    assert sum(_has(font, "中") for font in chunks["notosanssc"]) == 1
    assert len(chunks["notosansarabic"]) == 1


def test_hindi_is_the_windows_own() -> None:
    """The engine asks for Noto Sans, which has it elsewhere but not in Debian's file; so the texts
    name a font for it, behind the usual one, whose figures and signs it has as well.
    """
    script = (Path(get_package_web_dir()) / "main.dart.js").read_text(encoding="utf-8")
    asked = [font.family for font in fonts.wanted(script) if _has(font, "न")]
    assert asked == ["notosans", "notosansdevanagari"]

    for scheme in (look.LIGHT, look.DARK):
        styles = look.theme(scheme, look.Sizes()).text_theme
        for role in ("headline_small", "body_large", "body_medium", "body_small", "label_large"):
            named = getattr(styles, role).font_family_fallback
            assert named == ["Roboto", look.DEVANAGARI_FONT]


def _has(font: Wanted, character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in font.characters)


def test_what_debian_lacks_is_left_out_and_named(tmp_path: Path) -> None:
    """The engine then shows a box, as it would have; the rest is there, at its path."""
    debian, built = tmp_path / "debian", tmp_path / "built"
    noto = debian / "truetype" / "noto"
    noto.mkdir(parents=True)
    (noto / "NotoSansArabic-Regular.ttf").write_bytes(b"arabic")
    (noto / "NotoSansDevanagari-Regular.ttf").write_bytes(b"devanagari")
    (noto / "NotoSansMono-Regular.ttf").write_bytes(b"code")
    asked = [
        *fonts.wanted(SCRIPT),
        Wanted(fonts.EMOJI, "notocoloremoji/v32/a.0.woff2", [(0x1F1E6, 0x1F1FF)]),
    ]

    made, missing = fonts.build(asked, debian, built)

    assert (made, missing) == (3, ["fonts-noto-cjk", "fonts-noto-color-emoji"])
    assert (built / fonts.CODE).read_bytes() == b"code"
    assert (built / fonts.DEVANAGARI).read_bytes() == b"devanagari"
    put = built / "assets" / "fonts" / "notosansarabic" / "v28" / "nwpx_a.woff2"
    assert put.read_bytes() == b"arabic"
