"""Initials and colours of people and groups, whatever they call themselves."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontend.window.identity import People, colour_index, initials
from frontend.window.letters import letters

SARI = "sari.dewi@surabaya"

_WORDS = st.text(min_size=1).filter(lambda word: letters(word) and not word.split()[1:])
_SIGNS = st.text(" .,-_()'\"🌸👍🏽🇮🇩\u200d\u2068\u2069\ufe0f\u0301")
_MANY_SCRIPTS = st.text("aZßéıŁжЯαΩمصחनलकािे्్യ്중국ﬁ𝓢٣7²ක්\u200d\u0301 .-🌸")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Jordan Henderson", "JH"),
        ("Heru", "HE"),
        ("siti nur aisyah rahmawati", "SR"),
        ("R. M. Dani", "RD"),
        ("R.M. Dani", "RD"),
        ("M.Zaki", "MZ"),
        ("Jean-Luc Picard", "JP"),
        ("O'Brien", "OB"),
        ("(Budi) “Santoso”", "BS"),
        ("Dani 2", "D2"),
        ("4ever Young", "4Y"),
        ("X", "X"),
        ("Siti\u00a0Rahmawati", "SR"),
        ("ﬁrman", "FI"),
        ("Groß", "GR"),
        ("aß", "AS"),
        ("𝓢𝓪𝓻𝓲 𝓓𝓮𝔀𝓲", "SD"),
    ],
)
def test_initials_are_of_the_first_and_the_last_word(name: str, shown: str) -> None:
    """Of one word, its first two letters; signs are none."""
    assert initials(SARI, name) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("أحمد صالح", "أ\u200cص"),
        ("محمد", "م\u200cح"),
        ("דוד לוי", "דל"),
        ("लियोनेल मेसी", "लिमे"),
        ("श्रीदेवी", "श्रीदे"),
        ("क्षमा शर्मा", "क्षश"),
        ("ශ්‍රී ලංකා", "ශ්‍රීලං"),
        ("নীলা দাস", "নীদা"),
        ("李小龙", "李小"),
        ("王 小明", "王小"),
        ("김민준", "김민"),
        ("สมชาย", "สม"),
        ("Иван Дурак", "ИД"),
        ("გიორგი", "გი"),
        ("Ñusta Élan", "ÑÉ"),
    ],
)
def test_letters_of_other_scripts_stay_whole(name: str, shown: str) -> None:
    """With their marks and what is written in one with them; letters that would be written together
    are kept apart, and those that have no capitals stay as they are.
    """
    assert initials(SARI, name) == unicodedata.normalize("NFC", shown)
    assert initials(SARI, unicodedata.normalize("NFD", name)) == initials(SARI, name)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("🌸 Sari Dewi", "SD"),
        ("🌸Sari", "SA"),
        ("Sari 🌸", "SA"),
        ("S🌸D", "SD"),
        ("👩‍🚀 Sari", "SA"),
        ("🇮🇩 Sari Dewi 🇮🇩", "SD"),
        ("1️⃣ Sari", "1S"),
    ],
)
def test_a_picture_is_no_initial(name: str, shown: str) -> None:
    """Whether it stands by itself, before the name or in it."""
    assert initials(SARI, name) == shown


@pytest.mark.parametrize("name", ["", "  -  ", "🌸", "...", "\u0301", "\u2068\u2069"])
def test_who_has_no_name_has_initials_of_the_address(name: str) -> None:
    """Or one in which there is no letter."""
    told = [initials(one, name) for one in (SARI, "messi@surabaya", "a_b@x", "j3@x", "-")]

    assert told == ["SD", "ME", "AB", "J3", "?"]


def test_a_guest_has_no_initial_of_the_word_for_it() -> None:
    """Which ends what they are called, and begins their address."""
    assert initials("guest-anna@surabaya", "anna (guest)") == "AN"
    assert initials("guest-anna-7f3a@surabaya") == "AN"
    assert initials("anna@surabaya", "Anna (guest)") == "AG"


def test_two_of_one_name_have_the_same_initials() -> None:
    """What is told besides the name, to tell them apart, is no part of it."""
    people = People({SARI: "Sari Dewi", "sd@surabaya": "Sari Dewi"}).among([SARI, "sd@surabaya"])

    assert people.title_of("sd@surabaya") == "Sari Dewi (sd)"
    assert [people.initials_of(one) for one in (SARI, "sd@surabaya")] == ["SD", "SD"]
    assert people.initials_of("messi@surabaya") == "ME"


def test_a_colour_comes_of_the_address() -> None:
    """Every device agrees, and each of the colours is somebody's."""
    assert colour_index("user", "messi@surabaya") == colour_index("user", "messi@surabaya")
    assert {colour_index("user", f"p{n}@x") for n in range(50)} == set(range(6))


@given(st.text() | _MANY_SCRIPTS)
def test_every_name_has_one_or_two_initials(name: str) -> None:
    """Each a letter of the name, a capital where there is one; none where the name has none."""
    shown = letters(initials(SARI, name))

    assert len(shown) in (1, 2)
    if letters(name):
        assert {_capitals(one)[0] for one in shown} <= set(_capitals("".join(letters(name))))
    else:
        assert shown == ["S", "D"]


def _capitals(text: str) -> str:
    """Without what is of one piece with its marks."""
    return unicodedata.normalize("NFD", text.upper())


@given(st.text() | _MANY_SCRIPTS)
def test_the_same_name_has_the_same_initials_however_it_is_coded(name: str) -> None:
    """A letter and its mark may come as one character or as two."""
    coded = {unicodedata.normalize(form, name) for form in ("NFC", "NFD")}

    assert len({initials(SARI, one) for one in coded}) == 1


@given(_WORDS, _WORDS, st.lists(st.text()), _SIGNS, _SIGNS)
def test_only_the_first_and_the_last_word_count(
    first: str, last: str, between: list[str], before: str, behind: str
) -> None:
    """Not what stands between, nor signs and pictures about them."""
    told = " ".join([before, first, *between, last, behind])

    assert initials(SARI, told) == initials(SARI, f"{first} {last}")
