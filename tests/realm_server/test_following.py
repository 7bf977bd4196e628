"""The replica keeps in step with main: from the link's coming to its going."""

from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from realm_protocol.commands import FetchMessages, Page, StoredMessage
from realm_protocol.errors import NotMember, RealmchatError, StoreBusy
from realm_protocol.events import MessageStored
from realm_protocol.link import SiteFacts, SiteHistory, SitePage, SiteSync
from realm_protocol.names import Address
from realm_protocol.wire import pack, tag_of
from realm_server.autonomy import following
from realm_server.autonomy.following import Following
from realm_server.autonomy.replica import Replica
from realm_server.autonomy.site_file import SiteFile
from realm_server.counts import Counts
from realm_server.requests import Asker, Request
from realm_server.store import KnownSession, open_store
from realm_service.giving_way import GivingWay
from tests.realm_server.fake_main import membership, site_person
from tests.waiting import eventually

MESSI, LINEKER = Address("messi@surabaya"), Address("lineker@surabaya")


class Main:
    """What stands behind the link: it answers from `pages` and `histories`, or as it is told."""

    def __init__(self) -> None:
        self.is_up = True
        self.asked: list[tuple[int, tuple[Any, ...]]] = []
        self.pages: deque[SitePage | RealmchatError] = deque()
        self.histories: dict[str, list[StoredMessage] | RealmchatError] = {}

    def ask(self, tag: int, fields: tuple[Any, ...], asker: Asker) -> None:
        self.asked.append((tag, fields))
        answer: Any = None
        if tag == tag_of(SiteSync) and self.pages:
            answer = self.pages.popleft()
        elif tag == tag_of(SiteHistory):
            answer = self.histories[fields[0]]
        request = Request(asker, 0, None, 0)
        if isinstance(answer, RealmchatError):
            asker.refused(request, answer.code, answer.fields)
        elif isinstance(answer, SitePage):
            asker.answered(request, pack(answer))
        elif answer is not None:
            asker.answered(request, pack(Page(answer, False)))

    def will_tell(self, *facts: Any, revision: int, cursor: tuple[int, ...] = ()) -> None:
        people = [fact for fact in facts if hasattr(fact, "address")]
        memberships = [fact for fact in facts if hasattr(fact, "head")]
        ended = [fact for fact in facts if isinstance(fact, str)]
        told = SiteFacts(people, ended, memberships)
        self.pages.append(SitePage(7, revision, 0, list(cursor), told))

    def syncs(self) -> list[tuple[Any, ...]]:
        return [fields for tag, fields in self.asked if tag == tag_of(SiteSync)]


class Site:
    def __init__(self, folder: Path, store: Any) -> None:
        self.main = Main()
        self.store = store
        self.path = folder / "site.db"
        self.file = SiteFile(self.path)
        self.replica = Replica(self.file, 2**20, lambda: 0)
        self.following = Following(self.main, self.replica, store, Counts())  # type: ignore[arg-type]
        self.file.rebuilt = self.following.begin_anew

    async def caught_up(self, revision: int) -> None:
        await eventually(lambda: self.replica.revision == revision)

    def held(self, person: int, conversation: str) -> list[int]:
        head = self.replica.head(person, conversation)
        assert head is not None
        asked = FetchMessages(0, conversation, 0, 0, 500, newest=True)
        page = self.replica.page(head, asked)
        return [message.seq for message in page.messages] if page else []


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    with open_store(tmp_path) as store:
        made = Site(tmp_path, store)
        yield made
        await made.following.close()
        made.file.close()


def row(seq: int, conversation: str) -> StoredMessage:
    return StoredMessage(conversation, seq, f"k{seq}", "text", MESSI, b"hello", 0, seq)


async def test_everything_is_asked_for_page_by_page(site: Site) -> None:
    """The first page's revision counts: what changed while the others were read is told again."""
    site.main.will_tell(site_person(1, MESSI), revision=40, cursor=(2, 0, 0))
    site.main.will_tell(membership(1, "g1"), revision=41)

    site.following.link_came(7)
    await site.caught_up(40)

    assert site.main.syncs() == [(7, 0, []), (7, 0, [2, 0, 0])]
    assert site.replica.person_at(MESSI) == 1
    assert site.replica.members_here("g1") == {1}


async def test_the_next_link_asks_for_what_changed(site: Site) -> None:
    """From the revision that is known; in another epoch everything is forgotten and asked for."""
    site.main.will_tell(site_person(1, MESSI), revision=40)
    site.following.link_came(7)
    await site.caught_up(40)
    site.following.link_went()
    site.main.will_tell(site_person(2, LINEKER), revision=50)
    site.following.link_came(7)
    await site.caught_up(50)
    assert site.replica.person_at(MESSI) == 1
    site.main.will_tell(revision=3)
    site.following.link_came(8)
    await site.caught_up(3)

    assert site.main.syncs() == [(7, 0, []), (7, 40, []), (8, 0, [])]
    assert site.replica.person_at(MESSI) is None


async def test_what_main_tells_meanwhile_is_known_at_once(site: Site) -> None:
    """People, memberships, sessions that ended without anybody of them there."""
    session = KnownSession(b"h" * 32, "s1", 1, MESSI, 2**50, "standard")
    site.store.remember(session)
    site.store.write(0)

    site.following.told(SiteFacts([site_person(1, MESSI)], ["s1"], [membership(1, "g1")]))

    assert site.replica.members_here("g1") == {1}
    site.following.told(SiteFacts(memberships=[membership(1, "g1", revision=2, role="left")]))
    assert site.replica.members_here("g1") == set()
    await site.file.settled()
    assert site.replica.members_here("g1") == set()
    assert site.store.find(session.token_hash, 0) is None
    site.store.write(0)
    assert site.store.find(session.token_hash, 0) is None


async def test_sessions_that_ended_while_the_link_was_away_are_forgotten(site: Site) -> None:
    """Revoked at main, they open nothing here when the link goes again."""
    site.store.remember(KnownSession(b"h" * 32, "s1", 1, MESSI, 2**50, "standard"))
    site.main.will_tell("s1", revision=2)
    site.following.link_came(7)
    await site.caught_up(2)

    assert site.store.find(b"h" * 32, 0) is None


async def test_what_was_said_where_nobody_was_there_is_fetched(site: Site) -> None:
    """The newest of it; a conversation that main doesn't give is passed over."""
    site.main.will_tell(
        membership(1, "g1", last_seq=3), membership(1, "g2", last_seq=9), revision=40
    )
    site.main.histories["g2"] = NotMember(group="g2@surabaya")
    site.main.histories["g1"] = [row(seq, "g1") for seq in (1, 2, 3)]

    site.following.link_came(7)

    await eventually(lambda: site.replica.revision == 40 and site.held(1, "g1") == [1, 2, 3])
    assert (tag_of(SiteHistory), ("g2", 0)) in site.main.asked


async def test_catching_up_gives_way(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each conversation: nobody's message waits behind the history of a whole site."""
    asked_at_a_rest: list[int] = []

    def look(_: GivingWay) -> float:
        asked_at_a_rest.append(sum(tag == tag_of(SiteHistory) for tag, _ in site.main.asked))
        return 0

    monkeypatch.setattr(GivingWay, "rest", look)
    site.main.will_tell(
        *(membership(1, name, last_seq=1) for name in ("g1", "g2", "g3")), revision=40
    )
    site.main.histories = {name: [row(1, name)] for name in ("g1", "g2", "g3")}

    site.following.link_came(7)

    await eventually(lambda: len(asked_at_a_rest) == 3)
    assert asked_at_a_rest == [1, 2, 3]


async def test_what_passed_is_held_when_the_link_goes(site: Site) -> None:
    """Written then, whatever was not yet."""
    await site.replica.take(SiteFacts(memberships=[membership(1, "g1")]))
    site.replica.heard("g1", pack(MessageStored(row(1, "g1"))))

    site.following.link_went()

    await site.file.settled()
    assert site.held(1, "g1") == [1]


async def test_main_is_asked_again_after_a_failure(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy store, or one that could not be written here: nothing is taken for known."""
    monkeypatch.setattr(following, "SECONDS_AFTER_FAILURE", 0.01)
    site.main.pages.append(StoreBusy(server="main server"))
    site.main.will_tell(site_person(1, MESSI), revision=40)

    site.following.link_came(7)
    await site.caught_up(40)

    assert site.main.syncs() == [(7, 0, []), (7, 0, [])]


async def test_a_replica_that_was_damaged_is_filled_again(site: Site) -> None:
    """While the link is up, at once."""
    site.store.link_came(7)
    site.main.will_tell(site_person(1, MESSI), revision=40)
    site.following.link_came(7)
    await site.caught_up(40)
    site.main.will_tell(site_person(1, MESSI, revision=9), revision=50)

    site.file.damaged()
    await site.caught_up(50)
    await eventually(lambda: site.replica.person_at(MESSI) == 1)
    assert site.main.syncs()[-1] == (7, 0, [])


async def test_a_link_that_goes_ends_the_asking(site: Site) -> None:
    """What main never answers is not waited for behind the next link's questions."""
    site.following.link_came(7)
    await eventually(lambda: len(site.main.syncs()) == 1)
    site.following.link_went()
    site.main.will_tell(revision=40)

    site.following.link_came(7)
    await site.caught_up(40)

    assert len(site.main.syncs()) == 2
