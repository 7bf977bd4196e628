"""What a person at a terminal sees: tables, times as people say them, colours where wanted."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chat_cli.command_line.look import Look, said_time
from chat_cli.command_line.message_lines import isolated, message_line
from chat_cli.command_line.tables import Column, lines
from chat_cli.command_line.texts import Language, Text, speak
from realm_service.terminal_text import clean
from tests.chat_cli_line.fake_service import MESSI, FakeService
from tests.chat_cli_line.terminal import Terminal
from tests.chat_cli_line.test_commands import CONVERSATIONS, INBOX, LINE, conversation, message

NOW = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)
WIDE = Look(at_terminal=True, colours=False, width=80, now=NOW)
PRIVATE = conversation("c1", "private", "henderson@jakarta")

PEOPLE = [
    {"address": "messi@surabaya", "name": "Lionel Messi", "country": "AR", "online": True},
    {"address": "lilei@jakarta", "name": "李雷", "country": "CN", "online": False},
]
COLUMNS = (Column(Text("Address", ""), "address"), Column(Text("Name", ""), "name"))


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(minutes=26), "today 15:04"),
        (timedelta(hours=15, minutes=31), "yesterday 23:59"),
        (timedelta(days=9), "12 Nov 15:30"),
        (timedelta(days=400), "17 Oct 2025"),
    ],
)
def test_times_are_said_as_people_say_them(ago: timedelta, said: str) -> None:
    """By the calendar and not by the clock: what was sent before midnight was yesterday."""
    assert said_time(NOW - ago, NOW) == said


def test_a_table_fits_wide_characters() -> None:
    """Columns stand under each other, though a Chinese character is two columns wide."""
    heading, messi, li = lines((*COLUMNS, Column(Text("In", ""), "country")), PEOPLE, WIDE)

    assert heading == "Address         Name          In"
    assert messi == "messi@surabaya  Lionel Messi  AR"
    assert li == "lilei@jakarta   李雷          CN"


def test_a_terminal_too_narrow_for_a_table_gets_records() -> None:
    """Nothing is cut or broken in two: half an address is none. What is empty is left out."""
    narrow = Look(at_terminal=True, colours=False, width=27, now=NOW)
    country = Column(Text("In", ""), "country")

    table = lines((*COLUMNS, country), [PEOPLE[0], {**PEOPLE[1], "country": ""}], narrow)

    assert table == [
        "messi@surabaya",
        "  Name     Lionel Messi",
        "  In       AR",
        "lilei@jakarta",
        "  Name     李雷",
    ]


def test_a_pipe_has_tabs_and_no_heading() -> None:
    """For `cut`: one row a line whatever a name holds, and words instead of JSON's."""
    pipe = Look(at_terminal=False, colours=False, width=0, now=NOW)
    rows = [{"address": "messi@surabaya", "name": "Lio\tnel\nMessi"}]
    presence = Column(Text("Presence", ""), "online")

    assert lines(COLUMNS, rows, pipe) == ["messi@surabaya\tLio nel Messi"]
    assert lines((presence,), [{"online": True}, {"online": None}], pipe) == ["yes", ""]


def test_text_from_right_to_left_turns_nothing_else_round() -> None:
    """At a terminal it stands in an isolate of its own, each of its lines; other text has none."""
    hebrew = message_line(message(1, "שלום\n123"), PRIVATE, MESSI, WIDE)

    assert hebrew.endswith(": \u2068שלום\u2069\n    \u2068123\u2069")
    assert isolated("halo, apa kabar?") == "halo, apa kabar?"


def test_isolates_of_a_text_end_with_it() -> None:
    """Those that a text leaves open are closed in their line; those that it never opened, gone."""
    assert clean("a\u2067b\nc") == "a\u2067b\u2069\nc"
    assert clean("a\u2069b") == "ab"
    assert clean("\u2068ok\u2069") == "\u2068ok\u2069"


def test_a_pipe_shows_times_and_lines_that_stay(service: FakeService) -> None:
    """The plain form is for programs too: it has no colours, states or isolates."""
    pipe = Look(at_terminal=False, colours=False, width=0, now=NOW)

    line = message_line(
        message(1, "שלום", **{"from": MESSI, "state": "read"}), PRIVATE, MESSI, pipe
    )

    assert line == "2026-11-21 03:55 messi@surabaya: שלום"


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (Language.ENGLISH, "messi@surabaya made henderson@jakarta an admin"),
        (Language.INDONESIAN, "messi@surabaya menjadikan henderson@jakarta admin"),
    ],
)
def test_a_change_of_a_group_is_said_in_the_persons_language(language: Language, told: str) -> None:
    """Made from its facts; of what only a later version knows, the sentence that came stands."""
    facts = {"event": "role", "role": "admin", "who": "henderson@jakarta", "by": MESSI}
    row = {"kind": "system", "from": MESSI, "change": facts}

    speak(language)
    try:
        known = message_line(message(1, "…", **row), PRIVATE, MESSI, WIDE)
        later = message_line(
            message(1, "as it came", **row | {"change": {"event": "painted"}}), PRIVATE, MESSI, WIDE
        )
    finally:
        speak(Language.ENGLISH)

    assert f"({told})" in known
    assert "(as it came)" in later


def _at_terminal(environment: dict[str, str], *arguments: str, **changed: str) -> Terminal:
    env = {name: value for name, value in environment.items() if name != "COLUMNS"}
    return Terminal([sys.executable, "-m", "chat_cli", *arguments], {**env, **changed})


def _answers_inbox(service: FakeService) -> None:
    at = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    service.answers[INBOX] = [message(1, "halo", at=at)]
    service.answers[CONVERSATIONS] = [PRIVATE]


def test_a_terminal_has_colours(service: FakeService, environment: dict[str, str]) -> None:
    """And the time as people say it."""
    _answers_inbox(service)

    with _at_terminal(environment, "inbox", "--peek") as terminal:
        assert terminal.ended() == 0
        assert "\x1b[1mhenderson@jakarta\x1b[0m" in terminal.raw.decode()
        assert terminal.text.startswith("yesterday ")


@pytest.mark.parametrize("changed", [{"NO_COLOR": "1"}, {"CHAT_CLI_COLOR": "never"}])
def test_colours_can_be_refused(
    service: FakeService, environment: dict[str, str], changed: dict[str, str]
) -> None:
    """By the variable that all programs know, or by our setting; all else stays."""
    _answers_inbox(service)

    with _at_terminal(environment, "inbox", "--peek", **changed) as terminal:
        assert terminal.ended() == 0
        assert b"\x1b" not in terminal.raw
        assert terminal.text.startswith("yesterday ")


def test_a_pipe_has_colours_when_told_to(service: FakeService, run: Any) -> None:
    """`--color always | less -R`."""
    _answers_inbox(service)

    assert "\x1b" not in run("inbox", "--peek").stdout
    assert "\x1b[1mhenderson@jakarta\x1b[0m" in run("inbox", "--peek", "--color", "always").stdout


def test_a_table_has_the_width_of_the_terminal(
    service: FakeService, environment: dict[str, str]
) -> None:
    """Asked of the terminal itself; COLUMNS goes before."""
    group = {"group": "jarkom3@surabaya", "members": 2, "joined": True, "role": "owner"}
    service.answers[LINE] = {
        "result": [group | {"invite_only": False, "kind": "group", "name": ""}]
    }

    with _at_terminal(environment, "groups") as terminal:
        assert terminal.ended() == 0
        assert terminal.rows[:2] == [
            "Group             Members  You    Role   Access  Kind   Name",
            "jarkom3@surabaya        2  in it  owner  open    group",
        ]
    with _at_terminal(environment, "groups", COLUMNS="20") as terminal:
        assert terminal.ended() == 0
        assert max(map(len, terminal.rows)) <= 20


def test_own_words_say_how_far_a_message_got(
    service: FakeService, environment: dict[str, str]
) -> None:
    """`delivered` and `read` are shown at one's own messages only."""
    own = {"from": MESSI}
    service.answers[LINE] = {
        "result": [
            message(1, "one", **own, state="read"),
            message(2, "two", **own, state="saved", at=None),
            message(3, "three", state="read"),
        ]
    }
    service.answers[CONVERSATIONS] = [PRIVATE]

    with _at_terminal(environment, "history", "henderson@jakarta") as terminal:
        assert terminal.ended() == 0
        endings = [row.partition(": ")[2] for row in terminal.rows[:3]]
        assert endings == ["one  (read)", "two  (waiting here)", "three"]
