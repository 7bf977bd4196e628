"""Typed lines: what is read from them, and that a printed one is read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realm_protocol.command_table import BY_NAME, WORDS, Kind, Parameter, Word
from realm_protocol.errors import UnknownCommand, WrongArguments
from realm_protocol.errors_indonesian import phrase
from realm_protocol.grammar import ParsedLine, parse_line, print_line
from tests.realm_protocol.outcomes import outcome

_words = st.text(st.characters(codec="utf-8", exclude_characters=" \r\n"), min_size=1, max_size=12)
_values: dict[Kind, st.SearchStrategy[str]] = {
    Kind.PEOPLE: st.lists(_words, min_size=1, max_size=4).map(" ".join),
    Kind.TEXT: st.text(st.characters(codec="utf-8"), min_size=1)
    .map(lambda text: text.rstrip(" \r\n"))
    .filter(bool),
    Kind.PATH: st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1)
    .map(lambda text: text.lstrip(" ").rstrip(" "))
    .filter(bool),
    Kind.DISPLAY_NAME: _words.map(lambda word: word.replace("_", " ")),
    Kind.NUMBER: st.integers(0, 2**53).map(str),
}


def _value(parameter: Parameter) -> st.SearchStrategy[str]:
    if parameter.most is not None:
        return st.integers(0, parameter.most).map(str)
    if parameter.kind is Kind.FLAG:
        return st.just(parameter.name)
    if parameter.choices:
        return st.sampled_from(parameter.choices)
    return _values.get(parameter.kind, _words)


@st.composite
def lines(draw: st.DrawFn) -> ParsedLine:
    """A word with its required parameters, and the first few of its optional ones."""
    word = draw(st.sampled_from(WORDS))
    required = sum(not parameter.optional for parameter in word.parameters)
    given_count = draw(st.integers(required, len(word.parameters)))
    return ParsedLine(word, {p.name: draw(_value(p)) for p in word.parameters[:given_count]})


@given(lines())
def test_a_printed_line_is_read_back(parsed: ParsedLine) -> None:
    """Whatever can be said can be typed."""
    assert parse_line(print_line(parsed)) == parsed


@given(lines(), st.sampled_from(["", " ", "\r\n", " \r\n", "\n", "  "]))
def test_what_stands_behind_a_line_does_not_count(parsed: ParsedLine, end: str) -> None:
    """Older programs put a space before their line end."""
    assert parse_line(print_line(parsed) + end) == parsed


@given(st.text())
def test_any_line_is_read_or_refused_in_words(line: str) -> None:
    """What can be read can be printed and read again; all else is the asker's error."""
    parsed = outcome(parse_line, line)

    assert isinstance(parsed, UnknownCommand | WrongArguments | ParsedLine)
    if isinstance(parsed, ParsedLine):
        assert parse_line(print_line(parsed)) == parsed


@given(st.sampled_from(sorted(BY_NAME)), st.text(max_size=40))
def test_any_rest_of_a_word_is_read_or_refused_in_words(name: str, rest: str) -> None:
    """The same for lines that begin right."""
    parsed = outcome(parse_line, f"{name} {rest}")

    if isinstance(parsed, ParsedLine):
        assert parse_line(print_line(parsed)) == parsed
    else:
        assert BY_NAME[name].usage in parsed.message


@pytest.mark.parametrize(
    ("line", "name", "arguments"),
    [
        ("auth messi surabaya \r\n", "auth", {"address": "messi", "password": "surabaya"}),
        (
            "send henderson  hello world \r\n",
            "send",
            {"person": "henderson", "text": "hello world"},
        ),
        ("send messi    indented", "send", {"person": "messi", "text": "  indented"}),
        ("sendprivate messi hi", "send", {"person": "messi", "text": "hi"}),
        ("send messi one\ntwo  three\n", "send", {"person": "messi", "text": "one\ntwo  three"}),
        ("Send messi Hi", "send", {"person": "messi", "text": "Hi"}),
        ("creategroup g a b", "addgroup", {"group": "g", "members": "a b"}),
        ("addgroup g", "addgroup", {"group": "g"}),
        ("inbox", "inbox", {}),
        ("inbox PEEK", "inbox", {"peek": "peek"}),
        (
            "register m p Lionel_Messi Argentina",
            "register",
            {"address": "m", "password": "p", "name": "Lionel Messi", "country": "Argentina"},
        ),
        (
            "history group:g 20 7",
            "history",
            {"conversation": "group:g", "limit": "20", "before": "7"},
        ),
    ],
)
def test_lines_are_read_as_people_mean_them(
    line: str, name: str, arguments: dict[str, str]
) -> None:
    """The field's habits: a space at the end, two before a text, `_` for a space in a name."""
    parsed = parse_line(line)

    assert (parsed.word.name, parsed.arguments) == (name, arguments)


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ("", "The line is empty."),
        (" \r\n", "The line is empty."),
        ("send", "PERSON is missing."),
        ("send messi ", "TEXT is missing."),
        ("joingroup a b", "There are too many words."),
        ("joingroup  a", "One space parts two words"),
        ("addgroup g a  b", "One space parts two words"),
        ("block a\nb", "Only a text may hold line breaks."),
        ("history a ten", "“ten” is no number."),
        ("addrealm x 127.0.0.1 65536", "PORT is at most 65535."),
        (f"addrealm x 127.0.0.1 {'9' * 5000}", "PORT is at most 65535."),
        ("history a \u0663", "is no number."),
        ("inbox all", "“all” is too much."),
    ],
)
def test_a_wrong_line_is_refused_with_its_usage(line: str, detail: str) -> None:
    """What is wrong, and how it is written; in Indonesian too."""
    with pytest.raises(WrongArguments) as refused:
        parse_line(line)

    told = refused.value.fields["detail"]
    assert told.startswith(detail) or detail in refused.value.message
    assert phrase(told) != told
    assert "Usage: " in refused.value.message


@pytest.mark.parametrize(
    ("typed", "meant"), [("sned", "send"), ("HISTROY", "history"), ("grops", "groups")]
)
def test_a_slip_names_the_nearest_word(typed: str, meant: str) -> None:
    """And points to `help`."""
    with pytest.raises(UnknownCommand, match=f"Did you mean “{meant}”"):
        parse_line(f"{typed} x")


def test_an_endless_word_is_not_repeated_whole() -> None:
    """An error shows as much as it needs."""
    with pytest.raises(UnknownCommand) as refused:
        parse_line("x" * 100_000)

    assert len(refused.value.message) < 200


def test_a_refusal_never_repeats_a_password() -> None:
    """A password with a space in it leaves words over; they may be logged as an error."""
    with pytest.raises(WrongArguments) as refused:
        parse_line("auth messi my secret words")

    assert "secret" not in str(refused.value.body())


def test_a_hole_in_the_arguments_can_not_be_printed() -> None:
    """BEFORE without LIMIT would be read as LIMIT."""
    with pytest.raises(WrongArguments, match="LIMIT is missing"):
        print_line(ParsedLine(BY_NAME["history"], {"conversation": "a", "before": "7"}))


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.name)
def test_the_table_is_in_order(word: Word) -> None:
    """Optional parameters stand last, what takes the rest of the line too, and all is explained."""
    optional = [parameter.optional for parameter in word.parameters]
    greedy = [parameter.kind in (Kind.TEXT, Kind.PEOPLE) for parameter in word.parameters]

    assert optional == sorted(optional)
    assert not any(greedy[:-1])
    assert word.help.english.endswith(".")
    assert word.help.indonesian.endswith(".")
    assert all(p.meaning.english and p.meaning.indonesian for p in word.parameters)


def test_no_name_means_two_words() -> None:
    """Names and aliases are one name space, in lower case."""
    names = [name for word in WORDS for name in word.names]

    assert len(names) == len(set(names)) == len(BY_NAME)
    assert all(name == name.lower() for name in names)
