"""What the bar below the prompt says, and that it fits."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.utils import get_cwidth

from chat_cli.command_line.shell.bar import Standing, bar, cut
from chat_cli.command_line.shell.words import SHELL_WORDS
from realm_protocol.command_table import Word

UP = {"state": "up", "realm": "surabaya", "since": "2026-11-21T03:00:00.000Z"}
MESSI = Standing("messi@surabaya", service_up=True, link=UP, unread=0, busy=False)


def text(standing: Standing, word: Word | None = None, width: int = 80) -> str:
    return "".join(piece for _, piece in bar(standing, word, width))


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Any:
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (MESSI, "● connected  messi@surabaya"),
        (replace(MESSI, unread=3), "● connected  messi@surabaya  3 unread"),
        (replace(MESSI, link=None), "◌ connecting  messi@surabaya"),
        (replace(MESSI, link={**UP, "state": "cut_off"}), "◐ surabaya cut off since 03:00"),
        (
            replace(MESSI, link={**UP, "state": "unreachable"}),
            "○ surabaya out of reach since 03:00",
        ),
        (replace(MESSI, link={**UP, "state": "signed_out"}), "session ended: auth messi@surabaya"),
        (replace(MESSI, service_up=False), "○ service away  messi@surabaya"),
        (replace(MESSI, account=None), "○ nobody is signed in"),
    ],
)
def test_the_state_is_said_in_words(standing: Standing, said: str) -> None:
    """A sign and words: it needs no colour to be understood."""
    assert said in text(standing)


def test_help_is_in_place() -> None:
    """The usage of the word in hand, and what it does; without one, how to get help."""
    assert "send PERSON TEXT · Send a message to a person." in text(MESSI, SHELL_WORDS["send"])
    assert "help · Tab completes" in text(MESSI)


@given(
    link=st.sampled_from([None, *({**UP, "state": s} for s in ("up", "cut_off", "unreachable"))]),
    unread=st.integers(0, 10**6),
    busy=st.booleans(),
    word=st.sampled_from([None, *SHELL_WORDS.values()]),
    width=st.integers(80, 200),
)
def test_the_bar_fits_a_terminal_of_eighty_columns(
    link: Any, unread: int, busy: bool, word: Word | None, width: int
) -> None:
    """Whatever the state and the word: one row, and the state whole."""
    standing = replace(MESSI, link=link, unread=unread, busy=busy)

    assert get_cwidth(text(standing, word, width)) <= width
    assert "messi@surabaya" in text(standing, word, width)


@given(name=st.integers(1, 32), realm=st.integers(1, 32), busy=st.booleans())
def test_a_long_address_is_cut_before_the_state(name: int, realm: int, busy: bool) -> None:
    """The prompt says who one is; the bar alone says how the link stands."""
    link = {**UP, "state": "unreachable", "realm": "r" * realm}
    standing = Standing(
        f"{'n' * name}@{'r' * realm}", service_up=True, link=link, unread=9, busy=busy
    )

    said = text(standing)

    assert get_cwidth(said) <= 80
    assert "out of reach since 03:00" in said
    assert "9 unread" in said


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])), st.integers(0, 20))
def test_cutting_counts_columns(whole: str, width: int) -> None:
    """Wide characters take two; what is cut ends in a sign of it."""
    part = cut(whole, width)

    assert get_cwidth(part) <= width
    assert part == whole or part == "" or part.endswith("…")
