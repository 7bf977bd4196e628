"""How messages stand under each other, and what a composer's text means."""

from dataclasses import replace
from datetime import timedelta

import pytest

from frontend.service.shapes import Message
from frontend.window import slash
from frontend.window.identity import NOBODY, People
from frontend.window.rows import (
    BubbleRow,
    DayRow,
    NewRow,
    Seen,
    SystemRow,
    row_key,
    rows_of,
    seen_of,
    with_words_of,
)
from tests.frontend.chat_log import BEGIN, ME, PEER, message

NOW = BEGIN + timedelta(days=2)


def _kinds(messages: list[Message], new_after: int | None = None) -> list[str]:
    seen = None if new_after is None else Seen(new_after)
    return [type(row).__name__ for row in rows_of(messages, ME, seen, NOW)]


def _bubbles(messages: list[Message]) -> list[BubbleRow]:
    return [row for row in rows_of(messages, ME, None, NOW) if isinstance(row, BubbleRow)]


def test_messages_of_a_day_and_a_sender_stand_together() -> None:
    """A group ends with another sender, after five minutes, and with the day."""
    later = message(9)
    messages = [message(1), message(2), message(3, ME), message(8), later]
    tomorrow = replace(message(10), at=BEGIN + timedelta(days=1, minutes=9))

    assert [row.begins for row in _bubbles(messages)] == [True, False, True, True, False]
    assert _kinds([later, tomorrow]) == ["DayRow", "BubbleRow", "DayRow", "BubbleRow"]


def test_the_line_of_new_messages_is_above_the_first_of_others() -> None:
    """Own messages are never new, and there is no line where nothing is new."""
    messages = [message(1), message(2, ME), message(3), message(4)]

    rows = rows_of(messages, ME, Seen(1), NOW)

    assert [type(row) for row in rows] == [
        DayRow,
        BubbleRow,
        BubbleRow,
        NewRow,
        BubbleRow,
        BubbleRow,
    ]
    assert "NewRow" not in _kinds(messages, 4)
    assert "NewRow" not in _kinds(messages)


def _below_line(messages: list[Message], read: int, unread: int) -> list[Message]:
    rows = rows_of(messages, ME, seen_of(messages, ME, read, unread), NOW)
    line = next((at for at, row in enumerate(rows) if isinstance(row, NewRow)), len(rows))
    return [row.message for row in rows[line:] if isinstance(row, BubbleRow)]


@pytest.mark.parametrize(
    ("read", "unread", "below"),
    [(3, 0, 0), (3, 2, 2), (3, 4, 5), (2, 4, 6), (1, 6, 7), (3, 99, 5)],
)
def test_the_line_is_where_reading_stopped_during_a_cut(read: int, unread: int, below: int) -> None:
    """Messages without a number that were read are above it; own ones are never counted."""
    numbered = [message(1), message(2), message(3)]
    waiting = [
        replace(message(4 + place, ME if place == 2 else PEER), seq=None) for place in range(5)
    ]
    messages = numbered + waiting

    assert _below_line(messages, read, unread) == messages[len(messages) - below :]


def test_changes_of_a_group_stand_alone() -> None:
    """They part what one person wrote before and after."""
    messages = [message(1), message(2, kind="system", text="joined"), message(3)]

    assert _kinds(messages) == ["DayRow", "BubbleRow", "SystemRow", "BubbleRow"]
    assert [row.begins for row in _bubbles(messages)] == [True, True]
    assert isinstance(rows_of(messages, ME, None, NOW)[2], SystemRow)


def test_changes_of_a_group_tell_of_people_by_their_names() -> None:
    """Of another site with it; drawn anew once the name is known."""
    change = {"event": "joined", "who": PEER, "by": ME}
    messages = [replace(message(1, kind="system", text="joined"), change=change)]
    people = People({PEER: "Jordan Henderson"})

    unknown, known = (rows_of(messages, ME, None, NOW, (), who)[1] for who in (NOBODY, people))

    assert isinstance(known, SystemRow)
    assert known.names == {"who": "Jordan Henderson, jakarta", "by": "messi"}
    assert unknown != known


def test_the_last_own_message_of_each_state_says_it_in_words() -> None:
    """Read and delivered differ by colour alone otherwise."""
    messages = [message(1, ME, "read"), message(2, ME, "read"), message(3, ME, "delivered")]

    assert [row.tells_state for row in _bubbles(messages)] == [False, True, True]


def test_what_is_above_stays_where_it_is_while_states_change() -> None:
    """Who has scrolled up sees messages get further, and no words come or go below."""
    first, second = message(1, ME, "read"), message(2, ME, "delivered")
    before = rows_of([first, second], ME, None, BEGIN)

    later = [first, message(2, ME, "read"), message(3, ME, "read")]
    rows = with_words_of(rows_of(later, ME, None, BEGIN), before)

    bubbles = [row for row in rows if isinstance(row, BubbleRow)]
    assert [(row.message.state, row.tells_state) for row in bubbles] == [("read", True)] * 3


def test_a_row_keeps_its_key_when_its_message_gets_a_number() -> None:
    """So that it is drawn once, and changed in place."""
    saved = message(None, ME, "saved", key="k")

    keys = {row_key(row) for row in rows_of([saved], ME, None, NOW)}
    numbered = {row_key(row) for row in rows_of([replace(saved, seq=7)], ME, None, NOW)}

    assert keys == numbered


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("halo", slash.Send("halo")),
        ("//etc/hosts", slash.Send("/etc/hosts")),
        (" halo", slash.Send(" halo")),
        (" //etc/hosts", slash.Send("/etc/hosts")),
        (" /joingroup x", slash.Run("joingroup x")),
        ("\n/jiongroup x\ny", slash.Unknown("/jiongroup", "\n/jiongroup x\ny")),
        ("/joingroup jarkom3@surabaya", slash.Run("joingroup jarkom3@surabaya")),
        ("/SEND messi hi", slash.Run("SEND messi hi")),
        ("/joingruop jarkom3", slash.Unknown("/joingruop", "/joingruop jarkom3")),
        ("/", slash.Unknown("/", "/")),
        ("/ send messi", slash.Unknown("/send", "/ send messi")),
        ("/passwd old new", slash.NotHere("/passwd")),
        ("/sendfile ana /etc/passwd", slash.NotHere("/sendfile")),
        (" \n ", slash.Nothing()),
    ],
)
def test_what_enter_does_with_a_text(text: str, meant: slash.Meaning) -> None:
    """A mistyped command never goes to the others."""
    assert slash.meaning(text) == meant


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("send messi is messi there?", "send messi@malang is messi there?"),
        ("SEND  Messi\thi", "SEND  messi@malang\thi"),
        ("invite jarkom heru messi", "invite jarkom heru messi@malang"),
        ("send messi@jakarta hi", "send messi@jakarta hi"),
    ],
)
def test_a_bare_name_is_written_in_full_where_it_is_a_name(line: str, meant: str) -> None:
    """The texts of a line stay as they are, letter by letter."""
    assert slash.in_full(line, "messi", "messi@malang") == meant


def test_words_and_names_complete_a_command() -> None:
    """From the command table, with its help in both languages, and from who is known."""
    known = [slash.Known("person", PEER), slash.Known("group", "jarkom3@surabaya")]

    words = slash.candidates("/join", known, "id")
    assert [(one.shown, one.text) for one in words] == [("/joingroup", "/joingroup ")]
    assert words[0].help == "Bergabung ke grup."
    assert slash.candidates("/joingroup ja", known, "en")[0].text == "/joingroup jarkom3@surabaya "
    assert slash.candidates("/send hen", known, "en")[0].text == f"/send {PEER} "
    assert slash.candidates("/history jar", known, "en")[0].help
    assert slash.candidates("/history group:", known, "en")[0].shown == "group:jarkom3@surabaya"
    assert [one.shown for one in slash.candidates("/auth", known, "en")] == []
    assert slash.candidates("halo /join", known, "en") == []
    assert slash.candidates("//join", known, "en") == []


@pytest.mark.parametrize("blanks", [" ", "\n", " \n\t"])
def test_a_command_behind_blanks_is_completed_and_runs(blanks: str) -> None:
    """It is one for Enter, so it is one for the list above the field; completed, it has none."""
    known = [slash.Known("person", PEER)]

    assert slash.candidates(f"{blanks}/hel", known, "en") == slash.candidates("/hel", [], "en")
    assert slash.candidates(f"{blanks}/send hen", known, "en")[0].text == f"/send {PEER} "
    assert not slash.is_finished(f"{blanks}/hel")
    assert slash.is_finished(f"{blanks}/help")
    assert slash.candidates(f"{blanks}//hel", known, "en") == []
