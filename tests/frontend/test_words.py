"""The window's texts: none is missing, in either language."""

import ast
import re
import string
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from frontend.window import times
from frontend.window.words import TEXTS, Words

FRONTEND = Path(__file__).parents[2] / "frontend"
NOW = datetime(2026, 11, 20, 22, 30, tzinfo=timezone(timedelta(hours=7)))  # a Friday


def _strings_of_the_code() -> set[str]:
    return {
        node.value
        for path in FRONTEND.rglob("*.py")
        if path.name != "words.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def _asked_for() -> set[str]:
    """What stands directly in `words("…")`."""
    return {
        node.args[0].value
        for path in FRONTEND.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and re.search(r"(^|\.)_?words$", ast.unparse(node.func))
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def test_every_text_that_the_window_asks_for_is_there() -> None:
    """A missing one would be an error in the face of a person."""
    assert _asked_for() <= TEXTS.keys()


def test_no_text_is_left_over() -> None:
    """What nobody shows needn't be translated."""
    assert TEXTS.keys() <= _strings_of_the_code()


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_both_languages_say_the_same(name: str) -> None:
    """Each is there, and holds what the other holds."""
    text = TEXTS[name]

    assert text.english.strip()
    assert text.indonesian.strip()
    assert _fields(text.english) == _fields(text.indonesian)
    assert _fields(text.one) <= _fields(text.english)


def test_english_has_a_form_for_one() -> None:
    """One member, two members; Indonesian has one form."""
    assert [Words("en")("members", n=n) for n in (1, 2)] == ["1 member", "2 members"]
    assert [Words("id")("members", n=n) for n in (1, 2)] == ["1 anggota", "2 anggota"]


@pytest.mark.parametrize(
    ("ago", "english", "indonesian"),
    [
        (timedelta(minutes=6), "22:24", "22.24"),
        (timedelta(days=1), "Yesterday", "Kemarin"),
        (timedelta(days=4), "Monday", "Senin"),
        (timedelta(days=10), "10 Nov", "10 Nov"),
        (timedelta(days=400), "16 Oct 2025", "16 Okt 2025"),
    ],
)
def test_times_in_the_list_are_as_short_as_they_can_be(
    ago: timedelta, english: str, indonesian: str
) -> None:
    """In the zone of the person, whatever zone they come in."""
    moment = (NOW - ago).astimezone(UTC)

    assert times.in_list(Words("en"), moment, NOW) == english
    assert times.in_list(Words("id"), moment, NOW) == indonesian


def test_a_day_begins_at_midnight_where_the_person_is() -> None:
    """Half past eleven at night was yesterday half an hour later."""
    now = NOW.replace(hour=0, minute=5)
    moment = (now - timedelta(minutes=10)).astimezone(UTC)

    assert times.in_list(Words("id"), moment, now) == "Kemarin"
    assert times.since(Words("id"), moment, now) == "Kemarin 23.55"
