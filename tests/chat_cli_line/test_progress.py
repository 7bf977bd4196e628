"""The line that shows how far a file is: what it says, and that it fits the terminal."""

from unicodedata import east_asian_width

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_cli.command_line.amounts import amount, duration
from chat_cli.command_line.progress import progress_line
from chat_cli.command_line.texts import Language, speak


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_940, "99.9 kB"),
        (99_960, "100 kB"),
        (999_600, "1.0 MB"),
        (3_400_000, "3.4 MB"),
        (2**30, "1.1 GB"),
        (10**16, "10000 TB"),
    ],
)
def test_amounts_are_said_as_people_say_them(count: int, said: str) -> None:
    assert amount(count) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0:00"), (4.6, "0:05"), (59.7, "1:00"), (3723, "1:02:03")]
)
def test_times_are_said_as_clocks_show_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_a_line_says_how_much_how_fast_and_how_long() -> None:
    line = progress_line("a.bin", 3_400_000, 10_000_000, 2_000_000, 120)

    assert line == (
        "a.bin  [######..............]  34%  3.4 MB of 10.0 MB  2.0 MB per second  0:03 left"
    )


def test_while_nothing_moves_it_says_so() -> None:
    """No rate, and no time that would be a guess."""
    assert progress_line("a.bin", 0, 10, 0, 120).endswith("0 B of 10 B  waiting")


def test_of_a_pipe_nobody_knows_the_size() -> None:
    assert progress_line("stdin", 2_000_000, None, 1000.0, 120) == (
        "stdin  2.0 MB  1.0 kB per second"
    )


def test_it_speaks_indonesian() -> None:
    speak(Language.INDONESIAN)
    try:
        line = progress_line("a.bin", 5, 10, 1, 120)
    finally:
        speak(Language.ENGLISH)

    assert line.endswith("5 B dari 10 B  1 B per detik  tinggal 0:05")


@given(
    name=st.text(max_size=300),
    size=st.none() | st.integers(0, 2**40),
    share=st.floats(0, 1),
    rate=st.floats(0, 1e12),
    width=st.integers(20, 200),
)
def test_it_never_wraps_nor_steers_the_terminal(
    name: str, size: int | None, share: float, rate: float, width: int
) -> None:
    """Whatever the file is called: a wrapped line could not be written over."""
    line = progress_line(name, int(share * (size or 0)), size, rate, width)

    assert sum(2 if east_asian_width(c) in ("W", "F") else 1 for c in line) < width
    assert not set(line) & {"\x1b", "\r", "\n", "\x9b"}
