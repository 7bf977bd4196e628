"""The lines that a shell remembers, and in which file."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_cli.command_line.shell.history import KEPT_LINES, ShellHistory
from chat_cli.command_line.shell.lines import password_spans


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "shell_history"


def loaded(file: Path) -> list[str]:
    """What the next shell offers, the newest first."""
    return list(ShellHistory(file).load_history_strings())


def test_lines_come_back_whole(file: Path) -> None:
    """With their line breaks and in any script, the newest first, a repeated one once."""
    history = ShellHistory(file)

    for line in ("groups", "send messi baris\nkedua — 你好", "inbox", "inbox"):
        history.append_string(line)

    assert loaded(file) == ["inbox", "send messi baris\nkedua — 你好", "groups"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_password_reaches_neither_file_nor_memory(file: Path) -> None:
    """Not even for the arrow keys of the same shell."""
    history = ShellHistory(file)

    for line in ("auth messi surabaya", "atuh messi surabaya", "passwd old new", "groups"):
        history.append_string(line)

    assert history.get_strings() == ["groups"]
    assert file.read_text() == '"groups"\n'


def test_the_file_does_not_grow_for_ever(file: Path) -> None:
    """Shortened when a shell starts, to the newest lines; still its owner's alone."""
    file.write_text("".join(f'"history {n}"\n' for n in range(2 * KEPT_LINES + 1)))

    lines = loaded(file)

    assert (len(lines), lines[0]) == (KEPT_LINES, f"history {2 * KEPT_LINES}")
    assert len(file.read_text().splitlines()) == KEPT_LINES
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_damaged_file_costs_no_shell(file: Path) -> None:
    """A line cut off by a full disk, bytes of another program: what can be read is offered."""
    file.write_bytes(b'"groups"\n\xff\xfe\n"inbo\n42\n"info"\n')

    assert loaded(file) == ["info", "groups"]


def test_without_a_place_to_write_the_shell_goes_on(tmp_path: Path) -> None:
    """The arrow keys still know the lines of this shell."""
    history = ShellHistory(tmp_path / "no such folder" / "shell_history")

    history.append_string("groups")

    assert history.get_strings() == ["groups"]


def hidden(text: str) -> list[str]:
    return [text[start:end] for start, end in password_spans(text)]


@pytest.mark.parametrize(
    ("text", "passwords"),
    [
        ("auth messi surabaya", ["surabaya"]),
        ("LOGIN  messi   surabaya ", ["surabaya"]),
        ("register messi secret Lionel_Messi", ["secret"]),
        ("passwd old new", ["old", "new"]),
        ("auth messi", []),
        ("send messi surabaya", []),
        ("", []),
    ],
)
def test_passwords_are_hidden_where_they_stand(text: str, passwords: list[str]) -> None:
    """By the table: in the line that is being typed nobody reads them in passing."""
    assert hidden(text) == passwords


@given(st.text())
def test_any_line_can_be_shown(text: str) -> None:
    """Half typed, or nonsense: what is hidden are whole pieces of it."""
    assert all(piece in text.split() for piece in hidden(text))
