"""What a site's people get of their conversations while main is away, and what not, and why."""

from typing import Any

import pytest

from realm_protocol import commands
from realm_protocol.commands import (
    FetchMessages,
    FindPeople,
    Head,
    ListGroups,
    ListMembers,
    ListRealms,
    Member,
    OpenConversation,
    ResolveName,
    StoredMessage,
)
from realm_protocol.events import Heads, LinkChanged, Refused, Reply, Synced
from realm_protocol.names import Address, GroupAddress, group_conversation
from realm_protocol.wire import check
from realm_server.autonomy.verifying import verify
from tests.realm_server.conftest import World
from tests.realm_server.fake_main import membership
from tests.realm_server.raw_client import RawClient
from tests.waiting import eventually

MESSI, LINEKER = Address("messi@surabaya"), Address("lineker@surabaya")
JARKOM = GroupAddress("jarkom@surabaya")
CONVERSATION = group_conversation(JARKOM)


def row(seq: int) -> StoredMessage:
    return StoredMessage(CONVERSATION, seq, f"k{seq}", "text", LINEKER, b"hello", 0, seq)


class Asking:
    """A client, and its questions one by one."""

    def __init__(self, client: RawClient) -> None:
        self.client = client
        self.number = 100

    async def ask(self, kind: type, *fields: Any) -> Any:
        """The result; the code of the refusal where there is one."""
        self.number += 1
        self.client.send(kind(self.number, *fields))
        answer = await self.client.until(Reply, Refused)
        if isinstance(answer, Refused):
            return answer.code
        return check(answer.result, commands.REPLIES[kind])


@pytest.fixture
async def cut_off(world: World) -> World:
    """A site of two people in one group with ten messages, eight of which the realm has."""
    about = {"name": str(JARKOM), "last_seq": 10, "read": 4}
    world.main.memberships = [
        membership(1, CONVERSATION, **about),
        membership(2, CONVERSATION, **about),
    ]
    world.main.histories[CONVERSATION] = [row(seq) for seq in range(3, 11)]
    await world.start()
    client = await world.enter("messi-token")
    await world.enter("lineker-token")
    await eventually(lambda: verify(world.home)["messages"] == 8)
    await world.cut()
    await client.until(LinkChanged)
    client.channel.abort()
    return world


async def enter(world: World, **position: int) -> Asking:
    """A client that comes in while main is away."""
    client = await world.connect("messi-token", **position)
    await client.next(Reply)
    return Asking(client)


async def test_who_comes_in_is_told_where_everything_stands(cut_off: World) -> None:
    """As the site knows it. For main the client is where it was: there it is told anew."""
    asking = await enter(cut_off, epoch=7, position=3)

    heads = (await asking.client.next(Heads)).heads
    synced = await asking.client.next(Synced)

    assert [(h.conversation, h.last_seq, h.read) for h in heads] == [(CONVERSATION, 10, 4)]
    assert (synced.epoch, synced.position) == (7, 3)


async def test_a_new_device_begins_where_main_will_tell_everything(cut_off: World) -> None:
    """Its position is none: what the site does not know must not be passed over."""
    asking = await enter(cut_off)

    synced = await asking.client.until(Synced)

    assert (synced.epoch, synced.position) == (7, 0)


async def test_a_client_of_another_epoch_is_told_nothing(cut_off: World) -> None:
    """It has seen a main that the site has not: the site's numbers mean nothing to it."""
    asking = await enter(cut_off, epoch=8, position=3)

    assert isinstance(await asking.ask(OpenConversation, CONVERSATION), Head)
    assert asking.client.seen_of(Heads) == []
    assert asking.client.seen_of(Synced) == []


async def test_who_is_in_learns_that_no_more_comes(running: World) -> None:
    """In step with the site from the cut on, at the place that main told last."""
    client = await running.enter("messi-token")

    await running.cut()

    await client.until(LinkChanged)
    synced = await client.next(Synced)
    assert (synced.epoch, synced.position) == (7, running.main.position)


async def test_history_is_what_the_site_has(cut_off: World) -> None:
    """Beyond it the refusal says that main is away, and since when."""
    asking = await enter(cut_off)

    page = await asking.ask(FetchMessages, CONVERSATION, 4, 0, 500, False)
    head = await asking.ask(OpenConversation, CONVERSATION)

    assert [row.seq for row in page.messages] == [5, 6, 7, 8, 9, 10]
    assert head.last_seq == 10
    assert await asking.ask(FetchMessages, CONVERSATION, 0, 0, 500, False) == "link_down"
    assert await asking.ask(FetchMessages, "g-unknown", 0, 0, 500, False) == "link_down"
    assert await asking.ask(OpenConversation, "g-unknown") == "link_down"


async def test_members_and_groups_are_those_of_the_site(cut_off: World) -> None:
    """With who of them is there now."""
    asking = await enter(cut_off)

    members: list[Member] = await asking.ask(ListMembers, JARKOM)
    groups = await asking.ask(ListGroups)

    assert [(m.address, m.online) for m in members] == [(LINEKER, True), (MESSI, True)]
    assert [(g.address, g.members, g.joined) for g in groups] == [(JARKOM, 2, True)]
    elsewhere = GroupAddress("elsewhere@jakarta")
    assert await asking.ask(ListMembers, elsewhere) == "link_down"


async def test_names_and_people_are_those_of_the_site(cut_off: World) -> None:
    """Who is not known here may be somewhere else: that is for main to say."""
    asking = await enter(cut_off)

    people = await asking.ask(FindPeople, "LINE", "", 10)

    assert [(p.address, p.display_name) for p in people] == [(LINEKER, "Lineker")]
    assert await asking.ask(ResolveName, "person", "Lineker") == LINEKER
    assert await asking.ask(ResolveName, "group", "jarkom") == JARKOM
    assert await asking.ask(ResolveName, "person", "henderson") == "link_down"
    assert await asking.ask(ResolveName, "group", "elsewhere") == "link_down"
    assert await asking.ask(FindPeople, "", "jakarta", 10) == "link_down"


async def test_what_only_main_knows_is_refused_with_why(cut_off: World) -> None:
    """And since when, for words that people read."""
    asking = await enter(cut_off)

    asking.client.send(ListRealms(1))

    refused = await asking.client.until(Refused)
    assert refused.code == "link_down"
    assert refused.fields["since"].endswith("Z")


async def test_guests_get_nothing_but_their_room(cut_off: World) -> None:
    """As at main: nobody's names, nobody's groups."""
    cut_off.mend()
    await cut_off.link_up()
    cut_off.main.limit_class = "guest"
    await cut_off.enter("messi-token")
    await cut_off.cut()
    asking = await enter(cut_off)

    assert await asking.ask(FindPeople, "", "", 10) == "link_down"
    assert await asking.ask(ListGroups) == "link_down"
    assert isinstance(await asking.ask(OpenConversation, CONVERSATION), Head)
