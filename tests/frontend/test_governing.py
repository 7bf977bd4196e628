"""What of a group's governing a person is shown: what they may do, and nothing else."""

from typing import Any

import pytest

from frontend.service.shapes import Conversation, Member
from frontend.window import slash
from frontend.window.governing import Rights, deeds_to, rights_in, shut_words
from frontend.window.words import Words
from tests.frontend.chat_log import ME, conversation

ROLES = ("owner", "admin", "member")


def _group(role: str, **other: Any) -> Conversation:
    return conversation(kind="group", title="panitia@surabaya", role=role, **other)


def _member(role: str, address: str = "qori@jakarta") -> Member:
    return Member(address, "Qori", role, online=True, delivered=0, read=0)


@pytest.mark.parametrize(
    ("role", "invite_only", "expected"),
    [
        ("owner", False, Rights(invite=True, rename=True, set_access=True)),
        ("owner", True, Rights(invite=True, rename=True, set_access=True)),
        ("admin", True, Rights(invite=True, rename=True)),
        ("member", False, Rights(invite=True)),
        ("member", True, Rights()),
        ("left", False, Rights()),
        ("removed", False, Rights()),
    ],
)
def test_a_group_is_governed_by_those_who_may(
    role: str, invite_only: bool, expected: Rights
) -> None:
    """As main's rules have it."""
    assert rights_in(_group(role, invite_only=invite_only)) == expected


@pytest.mark.parametrize("other", [{"closed": True}, {"kind": "room"}, {"kind": "private"}])
def test_some_conversations_are_governed_by_nobody_in_them(other: dict[str, Any]) -> None:
    """A closed group, a site's open room, two people."""
    one = conversation(**{"kind": "group", "role": "owner", **other})

    assert rights_in(one) == Rights()
    assert deeds_to(one, ME, _member("member")) == ()


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ("owner", "owner", ("make_admin", "make_member", "remove_member")),
        ("owner", "admin", ("make_owner", "make_member", "hand_over", "remove_member")),
        ("owner", "member", ("make_owner", "make_admin", "hand_over", "remove_member")),
        ("admin", "member", ("remove_member",)),
        ("admin", "admin", ()),
        ("admin", "owner", ()),
        *(("member", theirs, ()) for theirs in ROLES),
    ],
)
def test_members_are_governed_by_those_above_them(
    mine: str, theirs: str, expected: tuple[str, ...]
) -> None:
    """Each has a text in both languages; oneself one leaves, and governs not."""
    assert deeds_to(_group(mine), ME, _member(theirs)) == expected
    assert all(Words(language)(deed) for deed in expected for language in ("en", "id"))
    assert deeds_to(_group(mine), ME, _member(mine, ME)) == ()


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"role": "owner"}, ""),
        ({"role": "member", "closed": True}, "This group is closed"),
        ({"role": "guest", "kind": "room", "closed": True}, "This room is closed"),
        ({"role": "left", "closed": True}, "You left"),
        ({"role": "removed"}, "You were removed"),
    ],
)
def test_where_nothing_can_be_written_that_is_said(known: dict[str, Any], said: str) -> None:
    """Instead of a field whose messages would all be refused."""
    words = shut_words(conversation(**{"kind": "group", **known}), Words("en"))

    assert words.startswith(said)
    assert bool(words) == bool(said)


def test_a_guest_is_offered_what_a_guest_may_do() -> None:
    """Everybody else the rest too."""

    def offered(*, guest: bool) -> set[str]:
        return {one.shown for one in slash.candidates("/", (), "en", guest=guest)}

    assert {"/members", "/history", "/help"} <= offered(guest=True) < offered(guest=False)
    assert not {"/send", "/users", "/addgroup", "/invite", "/leavegroup"} & offered(guest=True)
