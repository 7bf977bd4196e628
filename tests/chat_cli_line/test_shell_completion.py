"""What Tab offers in the shell, from the command table and live names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_cli.command_line.shell.completion import Candidate, candidates, place_of, word_in_hand
from chat_cli.command_line.shell.known import Known
from chat_cli.command_line.shell.words import SHELL_WORDS

KNOWN = Known(
    accounts=("messi@surabaya",),
    people=("henderson@jakarta", "hisan@surabaya"),
    groups=("jarkom3@surabaya",),
).with_realms(
    [{"realm": "surabaya", "names": []}, {"realm": "jakarta", "names": ["realm2"]}],
)


def offered(text: str) -> list[str]:
    return [candidate.text for candidate in candidates(text, KNOWN)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sendgroup", ["sendgroup", "sendgroupfile", "sendgrouprealm", "sendgroupfilerealm"]),
        ("listg", ["listgroups"]),
        ("creat", ["creategroup", "createinvitegroup"]),
        ("send he", ["henderson@jakarta"]),
        ("SEND He", ["henderson@jakarta"]),
        ("send henderson@jakarta he", []),
        ("sendgroup ", ["jarkom3@surabaya"]),
        ("addgroup new hisan@surabaya hend", ["henderson@jakarta"]),
        ("history g", ["group:jarkom3@surabaya"]),
        ("history h", ["henderson@jakarta", "hisan@surabaya"]),
        ("inbox ", ["peek"]),
        ("inboxgroup jarkom3 p", ["peek"]),
        ("use ", ["messi@surabaya"]),
        ("auth messi@surabaya ", []),
        ("help sendgroupf", ["sendgroupfile", "sendgroupfilerealm"]),
        ("sendprivaterealm ", ["surabaya", "jakarta", "realm2"]),
        ("getrealminbox RE", ["realm2"]),
        ("sendprivaterealm realm2 hend", ["henderson@jakarta"]),
        ("read henderson@jakarta 1", []),
        ("nosuchword h", []),
        ("groups x", []),
    ],
)
def test_each_place_has_its_names(text: str, expected: list[str]) -> None:
    """Words, people, groups, conversations, flags and accounts, each where the table wants them."""
    assert offered(text) == expected


def test_an_empty_line_offers_each_word_once() -> None:
    """Under its own name; aliases only to who begins to type one."""
    assert sorted(offered("")) == sorted({word.name for word in SHELL_WORDS.values()})
    assert offered("sendf") == ["sendfile", "sendfilerealm"]
    assert "sendprivate" in offered("sendp")


def test_what_goes_on_is_told() -> None:
    """So that a space can follow where more must be typed, and none where the line is complete."""
    assert candidates("inb", KNOWN)[0].goes_on
    assert candidates("groups", KNOWN) == [
        Candidate("groups", goes_on=False, word=SHELL_WORDS["groups"])
    ]
    assert candidates("send h", KNOWN)[0].goes_on
    assert not candidates("block h", KNOWN)[0].goes_on


@given(st.text())
def test_completion_only_adds(text: str) -> None:
    """Whatever is typed: each candidate begins with it, in lower case."""
    place = place_of(text)

    for candidate in candidates(text, KNOWN):
        assert place is not None
        assert text.endswith(place.typed)
        assert candidate.text.startswith(place.typed.lower())


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("send", "send"),
        ("send messi hel", "send"),
        ("sendprivate ", "send"),
        ("hist", "history"),
        ("s", None),
        ("", None),
        ("nosuchword hello", None),
    ],
)
def test_help_is_of_the_word_in_hand(text: str, word: str | None) -> None:
    """The one typed, or the only one that it can become; nothing is guessed."""
    found = word_in_hand(text)

    assert (found.name if found else None) == word


def test_names_stand_once_and_the_likelier_first() -> None:
    """Those of the newest conversations before those that main lists."""
    rows = [
        {"kind": "private", "title": "lineker@surabaya"},
        {"kind": "group", "title": "group1@surabaya"},
        {"kind": "private", "title": "hisan@surabaya"},
    ]

    known = KNOWN.with_conversations(rows).with_people(["henderson@jakarta", "ulya@jakarta"])

    assert known.people == (
        "lineker@surabaya",
        "hisan@surabaya",
        "henderson@jakarta",
        "ulya@jakarta",
    )
    assert known.groups == ("group1@surabaya", "jarkom3@surabaya")
