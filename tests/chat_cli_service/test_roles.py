"""Governing groups through chat-cli: what is asked of main, and what is known of a group here."""

from typing import Any

import pytest

from chat_cli.client import connect
from realm_protocol import commands
from realm_protocol.bodies import SystemBody, SystemEvent, pack_system_body
from realm_protocol.events import Heads
from realm_protocol.names import Address, GroupAddress
from tests.waiting import eventually

from .conftest import HENDERSON, MESSI, Person
from .fake_realm import Conversation, FakeRealm

CLUB = GroupAddress("club@surabaya")
LINEKER = Address("lineker@surabaya")

ASKED: list[tuple[str, str, dict[str, Any], Any]] = [
    (
        "invite club henderson lineker",
        "invite",
        {"people": ["henderson", "lineker"]},
        commands.InviteMembers(0, CLUB, [Address(HENDERSON), LINEKER]),
    ),
    (
        "removemember club henderson",
        "remove",
        {"person": HENDERSON},
        commands.RemoveMember(0, CLUB, Address(HENDERSON)),
    ),
    (
        "setrole club henderson Admin",
        "role",
        {"person": "henderson", "role": "admin"},
        commands.SetRole(0, CLUB, Address(HENDERSON), "admin"),
    ),
    (
        "renamegroup club The board of 2027",
        "rename",
        {"name": "The board of 2027"},
        commands.RenameGroup(0, CLUB, "The board of 2027"),
    ),
    ("renamegroup club", "rename", {"name": ""}, commands.RenameGroup(0, CLUB, "")),
    (
        "setaccess club invite-only",
        "access",
        {"invite_only": True},
        commands.SetGroupAccess(0, CLUB, True),
    ),
    ("closegroup club", "close", {}, commands.CloseGroup(0, CLUB)),
    ("reopengroup club", "reopen", {}, commands.ReopenGroup(0, CLUB)),
]


@pytest.mark.parametrize(("line", "route", "body", "asked"), ASKED)
async def test_a_line_and_a_route_ask_main_the_same(
    realm: FakeRealm, messi: Person, line: str, route: str, body: dict[str, Any], asked: Any
) -> None:
    """And answer the same: the group, and where its log stands."""
    realm.group(CLUB, MESSI, HENDERSON)

    typed = (await messi.post("/commands", {"line": line}))["result"]
    posted = await messi.post(f"/groups/club/{route}", body)

    assert realm.governed == [asked, asked]
    assert typed == posted
    assert (posted["group"], posted["seq"]) == (CLUB, 0)


@pytest.mark.parametrize(
    "how", [{"line": "addinvitegroup board henderson"}, {"name": "board", "members": [HENDERSON]}]
)
async def test_a_group_can_begin_with_those_who_are_invited(
    realm: FakeRealm, messi: Person, how: dict[str, Any]
) -> None:
    """By a word or a route."""
    route = "/commands" if "line" in how else "/groups"

    await messi.post(route, how | {"invite_only": True} if "name" in how else how)

    (made,) = realm.governed
    assert (made.group, made.members, made.invite_only) == ("board@surabaya", [HENDERSON], True)


@pytest.mark.parametrize("line", ["setrole club henderson boss", "setaccess club half-open"])
async def test_what_can_not_be_chosen_is_said(messi: Person, line: str) -> None:
    """With what can."""
    refused = await messi.try_post("/commands", {"line": line})

    assert refused.json()["error"]["code"] == "wrong_arguments"
    assert "is none of" in refused.json()["error"]["message"]


def change(
    realm: FakeRealm, club: Conversation, event: SystemEvent, who: str, **facts: Any
) -> None:
    """A row that main wrote for henderson's doing."""
    body = SystemBody(event, Address(who), Address(HENDERSON), CLUB, **facts)
    row = realm.store(club, HENDERSON, "", pack_system_body(body), "system")
    realm.publish(club, row, None)


async def test_changes_of_a_group_are_known_at_once(realm: FakeRealm, messi: Person) -> None:
    """From the rows of its log: name, access, one's own role, closing."""
    club = realm.group(CLUB, MESSI, HENDERSON)
    change(realm, club, "renamed", HENDERSON, display_name="The club")
    change(realm, club, "access", HENDERSON, access="invite-only")
    change(realm, club, "role", HENDERSON, role="owner")
    change(realm, club, "role", MESSI, role="admin")
    change(realm, club, "closed", HENDERSON)

    (told,) = await messi.get("/conversations")

    assert (told["title"], told["name"], told["role"]) == (CLUB, "The club", "admin")
    assert (told["invite_only"], told["closed"]) == (True, True)
    assert told["last_message"]["change"]["event"] == "closed"


async def test_who_was_put_out_while_away_is_told(realm: FakeRealm, messi: Person) -> None:
    """By an event, since no row of the group reaches them; nothing is asked in vain."""
    club = realm.group(CLUB, MESSI, HENDERSON)
    await eventually(lambda: messi.get("/conversations"))
    async with messi.events() as stream:
        head = realm.head(club, MESSI)
        gone = commands.Head(**{**_fields(head), "last_seq": 9, "role": "removed"})
        realm.tell(MESSI, Heads([gone]))

        assert (await stream.next("role"))["data"] == {"conversation": club.id, "role": "removed"}

    (told,) = await messi.get("/conversations")
    assert told["role"] == "removed"
    realm.cut()
    await eventually(lambda: messi.link() == "up" and len(realm.connections) == 1)
    realm.link_down()
    await eventually(lambda: messi.link() == "cut_off")
    assert await messi.get("/groups") == []


def _fields(head: commands.Head) -> dict[str, Any]:
    return {name: getattr(head, name) for name in head.__struct_fields__}


async def test_a_program_governs_too(realm: FakeRealm, messi: Person) -> None:
    """With the methods of its account."""
    realm.group(CLUB, MESSI, HENDERSON)
    async with connect(url=messi.service.url, token=messi.service.token) as chat:
        account = chat.account(MESSI)
        await account.invite("club", LINEKER)
        await account.set_role("club", HENDERSON, "owner")
        await account.remove_member("club", HENDERSON)

    assert realm.governed == [
        commands.InviteMembers(0, CLUB, [LINEKER]),
        commands.SetRole(0, CLUB, Address(HENDERSON), "owner"),
        commands.RemoveMember(0, CLUB, Address(HENDERSON)),
    ]
