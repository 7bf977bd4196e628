"""Names of files: whatever is claimed, one harmless component of a path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realm_protocol.file_names import numbered, safe_file_name
from realm_protocol.limits import FILE_NAME_LIMIT

FORBIDDEN = set('/\\<>:"|?*\u202e\u2066\u200f\u2028\x00\n\x7f\x85')
nasty = st.text(
    st.sampled_from('./\\: cConNuUlL1¹²\u202e\u2066\u0000\n"<|?*é漢\U0001f600\ud800abc'),
    max_size=400,
)


@given(nasty | st.text(max_size=300))
def test_a_name_is_always_one_safe_component(name: str) -> None:
    """On any system, of any length, and the same when it is cleaned again."""
    safe = safe_file_name(name)

    assert safe
    assert not FORBIDDEN & set(safe)
    assert len(safe.encode()) <= FILE_NAME_LIMIT
    assert not safe.startswith((".", " "))
    assert not safe.endswith((".", " "))
    assert safe_file_name(safe) == safe


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\x\report.pdf", "report.pdf"),
        ("CON", "_CON"),
        ("nul.tar.gz", "_nul.tar.gz"),
        ("COM¹.txt", "_COM¹.txt"),
        ("console.log", "console.log"),
        ("harmless\u202egpj.exe", "harmlessgpj.exe"),
        (".bashrc", "bashrc"),
        ("...", "file"),
        ("", "file"),
        ("a:b?.txt", "a_b_.txt"),
        ("laporan akhir.docx ", "laporan akhir.docx"),
        ("e\u0301tude", "étude"),
        ("سلام.txt", "سلام.txt"),
    ],
)
def test_a_name_keeps_what_is_harmless(name: str, safe: str) -> None:
    """People find their file again by its name."""
    assert safe_file_name(name) == safe


def test_a_long_name_keeps_its_suffix() -> None:
    """Cut between characters, so that it still opens with a click."""
    safe = safe_file_name("漢" * 200 + ".pdf")

    assert safe.endswith(".pdf")
    assert safe == "漢" * ((FILE_NAME_LIMIT - 4) // 3) + ".pdf"


def test_cutting_a_name_makes_no_device_and_no_blank_end() -> None:
    """What the cut leaves is cleaned too."""
    assert safe_file_name("x" * 254 + " y") == "x" * 254


@given(nasty | st.text(min_size=200, max_size=300), st.integers(2, 10**9))
def test_names_beside_one_another_are_all_different(name: str, number: int) -> None:
    """However long the name is, whoever looks for a free one finds it."""
    safe = safe_file_name(name)

    beside = numbered(safe, number)

    assert len(beside.encode()) <= FILE_NAME_LIMIT
    assert f" ({number})" in beside
    assert beside != numbered(safe, number + 1)
    assert numbered("report.pdf", 2) == "report (2).pdf"
