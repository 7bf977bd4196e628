"""What a typed line is to the shell, and what its history may keep of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_cli.command_line.shell.lines import (
    may_be_remembered,
    missing_passwords,
    read_line,
    sign_in_place,
    with_arguments,
)
from chat_cli.command_line.shell.words import SHELL_WORDS
from realm_protocol.command_table import BY_NAME, Kind
from realm_protocol.errors import UnknownCommand

TAKE_PASSWORDS = sorted(
    name
    for name, word in SHELL_WORDS.items()
    if any(parameter.kind is Kind.PASSWORD for parameter in word.parameters)
)
MESSI = {"account": "messi@surabaya", "realm_url": "http://127.0.0.1:8000"}
HENDERSON = {"account": "henderson@jakarta", "realm_url": "http://127.0.0.1:8001"}


def test_every_word_of_the_table_can_be_typed() -> None:
    """And beyond them the few that a shell needs; none of them hides one of the table."""
    assert BY_NAME.items() <= SHELL_WORDS.items()
    assert {"use", "accounts", "search", "quit", "exit"} <= set(SHELL_WORDS)


@pytest.mark.parametrize("line", ["", "   ", "\r\n", "# a comment", "  # another"])
def test_an_empty_line_asks_nothing(line: str) -> None:
    """Nor does a comment of a script."""
    assert read_line(line) is None


def test_a_line_is_read_as_people_of_the_older_programs_type_it() -> None:
    """A space before the end, two before the text: they are used to both."""
    signing_in = read_line("auth messi surabaya \r\n")
    sending = read_line("send messi  hello world \r\n")

    assert signing_in is not None
    assert signing_in.arguments == {"address": "messi", "password": "surabaya"}
    assert sending is not None
    assert sending.arguments == {"person": "messi", "text": "hello world"}


def test_a_slip_of_a_word_of_the_shell_is_named_too() -> None:
    """The nearest word may be one that only the shell has."""
    with pytest.raises(UnknownCommand) as refused:
        read_line("quti")

    assert refused.value.fields["nearest"] == "quit"


def test_passwords_that_are_missing_are_asked_for() -> None:
    """Those of the table that the line doesn't hold, in their order; then it is complete."""
    line = read_line("passwd")
    assert line is not None

    missing = missing_passwords(line)
    complete = with_arguments(line, {"old": "a", "new": "b"})

    assert [parameter.name for parameter in missing] == ["old", "new"]
    assert missing_passwords(complete) == []


_words = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), min_size=1)


@given(
    name=st.sampled_from(TAKE_PASSWORDS),
    upper=st.booleans(),
    before=st.sampled_from(["", " ", "\t", "  \t"]),
    parted=st.sampled_from([" ", "  ", "\t"]),
    rest=_words,
)
def test_no_line_with_a_password_is_remembered(
    name: str, upper: bool, before: str, parted: str, rest: str
) -> None:
    """However it is written, and whether or not the line is right."""
    typed = name.upper() if upper else name

    assert not may_be_remembered(f"{before}{typed}{parted}{rest}")
    assert not may_be_remembered(f"send messi hi\n{before}{typed}{parted}{rest}")


@pytest.mark.parametrize(
    "line", ["atuh messi surabaya", "auht messi surabaya", "regsiter messi surabaya", "passwrd a b"]
)
def test_a_slip_hides_no_password(line: str) -> None:
    """Who meant a word with a password typed the password as well."""
    assert not may_be_remembered(line)


@pytest.mark.parametrize("line", ["send messi auth is hard", "history messi", "sned messi hi", ""])
def test_other_lines_are_remembered(line: str) -> None:
    """Also those with a slip: they are wanted back to be put right."""
    assert may_be_remembered(line)


@pytest.mark.parametrize(
    ("name", "current", "meant"),
    [
        ("messi", None, ("messi@surabaya", MESSI["realm_url"])),
        ("messi", "henderson@jakarta", ("messi@surabaya", MESSI["realm_url"])),
        ("Lineker", "henderson@jakarta", ("lineker@jakarta", HENDERSON["realm_url"])),
        ("lineker@surabaya", "henderson@jakarta", ("lineker@surabaya", MESSI["realm_url"])),
        ("lineker@medan", "henderson@jakarta", ("lineker@medan", None)),
        ("lineker", None, ("lineker", None)),
    ],
)
def test_a_bare_name_signs_in_where_it_is_known(
    name: str, current: str | None, meant: tuple[str, str | None]
) -> None:
    """Who is known here; else the realm of who one is; else the service's own realm."""
    assert sign_in_place(name, current, [MESSI, HENDERSON]) == meant
