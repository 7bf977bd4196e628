"""What the list and the status line say of an account."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from frontend.service.shapes import Link, Person
from frontend.window import arriving
from frontend.window.identity import People
from frontend.window.layout import layout_of
from frontend.window.listing import link_words, list_rows, typing_words
from frontend.window.state import AccountState
from frontend.window.words import Words
from realm_service.sse import Event
from tests.frontend.chat_log import (
    BEGIN,
    CONVERSATION,
    ME,
    PEER,
    conversation,
    message_json,
)

EN, ID = Words("en"), Words("id")
NOW = BEGIN + timedelta(hours=1)
TYPING = Event(None, "typing", {"conversation": CONVERSATION, "address": PEER})


def _state(**last: Any) -> AccountState:
    newest = {**message_json(4, PEER, "k", "delivered"), **last}
    listed = conversation(2, last_message=newest, read=2, last_seq=4)
    state = arriving.take_conversations(AccountState(ME), [listed], 9)
    return replace(state, link=Link("up", "surabaya", BEGIN))


def test_a_row_says_who_where_what_and_how_much_is_unread() -> None:
    """The site is named where it is another than one's own."""
    (row,) = list_rows(_state(), None, EN, NOW)

    assert (row.name, row.realm, row.preview, row.unread) == (
        *("henderson", "jakarta"),
        *("text of k", 2),
    )
    assert row.tick == ""


def test_a_row_has_the_initials_of_the_name_once_it_is_known() -> None:
    """A group those of its address, whatever its members call it."""
    group = {"kind": "group", "title": "club@surabaya", "name": "Arisan Keluarga"}
    chats = [conversation(), conversation(**group, conversation="gClub")]
    state = arriving.take_conversations(AccountState(ME), chats, 9)
    met = arriving.take_people(state, [Person(PEER, "Jordan Henderson", True)], NOW)

    told = [
        {row.address: row.initials for row in list_rows(one, None, EN, NOW)} for one in (state, met)
    ]

    assert told == [{PEER: "HE", "club@surabaya": "CL"}, {PEER: "JH", "club@surabaya": "CL"}]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**Baca** [ini](https://example.org) dan `kode`", "Baca ini dan kode"),
        ("# Agenda\n- satu\n- dua", "Agenda - satu - dua"),
        ("2 * 3 * 4, snake_case", "2 * 3 * 4, snake_case"),
    ],
)
def test_a_row_shows_words_without_their_marks(text: str, shown: str) -> None:
    """As they are read, and not as they were typed."""
    (row,) = list_rows(_state(text=text), None, EN, NOW)

    assert row.preview == shown


def test_only_own_messages_have_a_tick() -> None:
    """What happened to a group has none, whoever did it."""
    own = {"from": ME, "state": "read"}

    assert list_rows(_state(**own), None, EN, NOW)[0].tick == "read"
    assert list_rows(_state(**own, kind="system"), None, EN, NOW)[0].tick == ""


def test_somebody_writing_counts_more_than_a_draft_and_a_draft_more_than_a_message() -> None:
    """One line has room for one of them."""
    drafted = arriving.keep_draft(_state(), CONVERSATION, "rapat\nbesok")
    writing = arriving.take_event(drafted, TYPING, NOW)

    (draft,), (written,) = list_rows(drafted, None, ID, NOW), list_rows(writing, None, ID, NOW)

    assert (draft.emphasis, draft.preview) == ("Draf:", "rapat besok")
    assert written.emphasis == "henderson sedang mengetik…"


def test_who_writes_in_a_group_is_told_with_their_site() -> None:
    """In a private chat its head says so."""
    state = replace(_state(), people=People({PEER: "Jordan Henderson"}))
    group = replace(state, conversations={CONVERSATION: conversation(kind="group")})

    alone, among = (arriving.take_event(one, TYPING, NOW) for one in (state, group))

    assert typing_words(alone, CONVERSATION, EN) == "Jordan Henderson is typing…"
    assert typing_words(among, CONVERSATION, EN) == "Jordan Henderson, jakarta is typing…"


def test_a_muted_chat_counts_by_itself_alone() -> None:
    """Its badge stays right; the window's title leaves it out, and readers hear that it is."""
    muted = Event(10, "muted", {"conversation": CONVERSATION, "muted": True})
    state = arriving.take_event(_state(), muted, NOW)

    (row,) = list_rows(state, None, EN, NOW)

    assert (row.muted, row.unread, state.total_unread) == (True, 2, 0)
    assert row.spoken.endswith("muted")
    assert _state().total_unread == 2


@pytest.mark.parametrize(
    ("change", "english", "indonesian"),
    [
        ({"event": "created", "who": ME, "by": ME}, "messi created the group", "messi membuat"),
        ({"event": "joined", "who": PEER, "by": PEER}, "henderson joined", "henderson bergabung"),
        ({"event": "joined", "who": PEER, "by": ME}, "messi added henderson", "messi menambahkan"),
        ({"event": "from a later version", "who": ME, "by": ME}, "text of k", "text of k"),
    ],
)
def test_what_happened_to_a_group_is_said_in_ones_language(
    change: dict[str, Any], english: str, indonesian: str
) -> None:
    """From what the service tells as data; else its own sentence stands."""
    state = _state(kind="system", change=change)

    assert list_rows(state, None, EN, NOW)[0].preview == english
    assert list_rows(state, None, ID, NOW)[0].preview.startswith(indonesian)


@pytest.mark.parametrize("change", [None, {"event": "joined", "who": PEER, "by": PEER}])
def test_a_groups_last_message_is_of_somebody_by_their_name(change: dict[str, Any] | None) -> None:
    """Whoever said it, or whatever happened to them."""
    last = message_json(4, PEER, "k", "delivered") | {"change": change}
    last["kind"] = "text" if change is None else "system"
    group = conversation(kind="group", title="arisan@surabaya", last_message=last)
    state = arriving.take_conversations(AccountState(ME), [group], 9)
    state = arriving.take_people(state, [Person(PEER, "Jordan Henderson", True)], NOW)

    (row,) = list_rows(state, None, EN, NOW)

    said = "Jordan Henderson: text of k" if change is None else "Jordan Henderson joined"
    assert row.preview == said


def test_a_group_shows_what_its_members_call_it() -> None:
    """Else the name in its address; its role is asked anew when it changes."""
    group = {"kind": "group", "title": "club@surabaya"}
    named = conversation(**group, name="The club")
    state = arriving.take_conversations(AccountState(ME), [named], 9)

    assert list_rows(state, None, EN, NOW)[0].name == "The club"
    plain = arriving.take_conversations(AccountState(ME), [conversation(**group)], 9)
    assert list_rows(plain, None, EN, NOW)[0].name == "club"
    told = {"conversation": CONVERSATION, "role": "removed"}
    assert arriving.take_event(state, Event(10, "role", told), NOW).outdated


def test_details_stand_beside_the_messages_where_there_is_room() -> None:
    """And the column of messages gives way."""
    assert layout_of(1279, details=True).docks is False
    assert layout_of(1280, details=True).docks is True
    assert layout_of(1600, details=True).margin < layout_of(1600).margin


@pytest.mark.parametrize(
    ("link", "online", "shown"),
    [("up", True, "online"), ("up", False, "offline"), ("cut_off", True, "unknown")],
)
def test_presence_is_unknown_while_nobody_can_say(link: str, online: bool, shown: str) -> None:
    """What was told before a cut isn't known after it."""
    told = {"address": PEER, "online": online, "at": BEGIN.isoformat()}
    state = arriving.take_event(_state(), Event(None, "presence", told), NOW)

    state = replace(state, link=Link(link, "surabaya", BEGIN))

    assert list_rows(state, None, EN, NOW)[0].presence == shown


@pytest.mark.parametrize(
    ("state", "works"),
    [("cut_off", "Chat within the site goes on"), ("unreachable", "What you write goes out later")],
)
def test_the_status_line_says_at_once_what_still_works(state: str, works: str) -> None:
    """In its second line, before the strip comes."""
    link = Link(state, "surabaya", BEGIN)

    _, second = link_words(replace(_state(), link=link), EN, NOW).line.split("\n")

    assert second == works


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ""),
        ({"away": True}, "Layanan realmchat di komputer ini tidak berjalan."),
        ({"ended": True}, "Sesi Anda berakhir."),
        ({"link": Link("connecting", "surabaya", BEGIN)}, ""),
        ({"link": Link("cut_off", "surabaya", BEGIN), "unsent": 3}, "3 pesan menunggu"),
        ({"link": Link("unreachable", "surabaya", BEGIN), "unsent": 1}, "1 pesan tersimpan"),
    ],
)
def test_the_strip_says_what_is_wrong_and_what_waits(change: dict[str, Any], said: str) -> None:
    """And nothing while all is well, or while it may be well in a moment."""
    strip = link_words(replace(_state(), **change), ID, NOW).strip

    assert said in strip
    assert bool(strip) == bool(said)


def test_two_people_of_one_name_are_told_apart() -> None:
    """By their sites, and within one by their addresses: in the list, in a group, in words."""
    people = [
        Person("messi@jakarta", "Lionel Messi", True),
        Person("lionel@surabaya", "Lionel Messi", True),
        Person("leo@surabaya", "Lionel Messi", True),
        Person("arfi@surabaya", "Arfi", True),
    ]
    state = arriving.take_people(AccountState(ME), people, BEGIN)
    listed = [conversation(conversation=f"p{one.address}", title=one.address) for one in people]
    rows = list_rows(arriving.take_conversations(state, listed, 9), None, EN, NOW)

    assert {(row.name, row.beside, row.realm) for row in rows} == {
        ("Lionel Messi", "", "jakarta"),
        ("Lionel Messi", "(lionel)", ""),
        ("Lionel Messi", "(leo)", ""),
        ("Arfi", "", ""),
    }
    assert any(row.spoken.startswith("Lionel Messi (leo), ") for row in rows)
    assert state.told_of("messi@jakarta") == "Lionel Messi, jakarta"


def test_a_row_tells_that_a_room_is_open() -> None:
    """To the eye and to a reader, in the person's language."""
    room = conversation(kind="room", title="lobby@surabaya")
    state = arriving.take_conversations(AccountState(ME), [room], 9)

    (row,) = list_rows(state, None, ID, NOW)

    assert (row.name, row.beside, row.spoken) == ("lobby", "ruang terbuka", "lobby ruang terbuka")


def test_whoever_has_no_name_of_their_own_is_a_namesake_too() -> None:
    """They are shown by their address's name, which another one may call themselves."""
    people = [
        Person("messi@surabaya", "", True),
        Person("lionel@surabaya", "messi", True),
        Person("messi@jakarta", "", True),
    ]
    gone = conversation(conversation="p1", title="arfi@surabaya")
    state = arriving.take_conversations(AccountState(ME), [gone], 9)

    state = arriving.take_people(state, [*people, Person("a@surabaya", "arfi", True)], BEGIN)

    titles = [state.title_of(person.address) for person in people]
    assert titles == ["messi (messi)", "messi (lionel)", "messi"]
    assert state.title_of("arfi@surabaya") == "arfi (arfi)"
