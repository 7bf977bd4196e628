"""What a site knows of its own people while main is away, and how much of it."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from realm_protocol.commands import FetchMessages, Page, StoredMessage
from realm_protocol.events import SERVER_MESSAGES, MessageStored, Typing
from realm_protocol.link import SiteFacts, SiteMembership, SitePerson
from realm_protocol.names import Address
from realm_protocol.wire import pack
from realm_server.autonomy import replica, tails
from realm_server.autonomy.replica import Replica
from realm_server.autonomy.replica_rows import RUNS, events_of
from realm_server.autonomy.replica_tables import metadata
from realm_server.autonomy.site_file import SiteFile
from tests.realm_server import fake_main
from tests.realm_server.fake_main import site_person
from tests.waiting import eventually

MESSI, LINEKER = Address("messi@surabaya"), Address("lineker@surabaya")
MIB = 1024 * 1024


def person(number: int, address: Address, revision: int = 1, **changed: object) -> SitePerson:
    return site_person(number, address, revision=revision, **changed)


def membership(
    number: int, conversation: str, last_seq: int = 0, revision: int = 1, **changed: object
) -> SiteMembership:
    return fake_main.membership(
        number, conversation, revision=revision, last_seq=last_seq, **changed
    )


def row(conversation: str, seq: int, size: int = 5) -> StoredMessage:
    return StoredMessage(conversation, seq, f"k{seq}", "text", MESSI, b"x" * size, 0, seq)


def seqs(page: Page | None) -> list[int] | None:
    return None if page is None else [message.seq for message in page.messages]


class Site:
    """A replica over a file, and what a test does to it."""

    def __init__(self, path: Path, limit: int = 100 * MIB) -> None:
        self.path = path
        self.limit = limit
        self.clock = 0
        self.open()

    def open(self) -> None:
        self.file = SiteFile(self.path)
        self.replica = Replica(self.file, self.limit, self._now)
        self.file.rebuilt = self.replica.read_file

    def _now(self) -> int:
        self.clock += 1
        return self.clock

    def reopen(self) -> None:
        self.file.close()
        self.open()

    async def take(self, *facts: SitePerson | SiteMembership) -> None:
        people = [fact for fact in facts if isinstance(fact, SitePerson)]
        memberships = [fact for fact in facts if isinstance(fact, SiteMembership)]
        await self.replica.take(SiteFacts(people, [], memberships))

    async def hear(self, conversation: str, numbers: Iterable[int], size: int = 5) -> None:
        for seq in numbers:
            event = pack(MessageStored(row(conversation, seq, size)))
            self.replica.heard(conversation, event)
        self.replica.write()
        await self.file.settled()

    def page(
        self, conversation: str, after: int = 0, before: int = 0, *, newest: bool = False
    ) -> Page | None:
        head = self.replica.head(1, conversation)
        assert head is not None
        return self.replica.page(head, FetchMessages(0, conversation, after, before, 500, newest))


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    made = Site(tmp_path / "site.db")
    yield made
    made.file.close()


# --- people and where they are -------------------------------------------------------------------


async def test_it_knows_its_people_and_who_is_where(site: Site) -> None:
    """By address and by conversation; who has left, or is disabled, is not among them."""
    await site.take(person(1, MESSI), person(2, LINEKER, disabled=True))
    await site.take(membership(1, "g1"), membership(2, "g1"), membership(1, "g2", role="left"))

    assert site.replica.person_at(MESSI) == 1
    assert site.replica.person_at(LINEKER) is None
    assert site.replica.person_at(Address("nobody@surabaya")) is None
    assert site.replica.members_here("g1") == {1, 2}
    assert site.replica.members_here("g2") == set()
    assert [head.conversation for head in site.replica.heads(1)] == ["g1"]
    assert [(who.address, head.role) for who, head in site.replica.members("g1")] == [
        (LINEKER, "member"),
        (MESSI, "member"),
    ]


async def test_what_is_newer_at_main_counts_whatever_comes_first(site: Site) -> None:
    """A page that was read before a change does not undo it."""
    await site.take(membership(1, "g1", revision=7, role="left"), person(1, MESSI, 7, country="ID"))
    await site.take(membership(1, "g1", revision=6), person(1, MESSI, 6, country="NL"))

    assert site.replica.members_here("g1") == set()
    found = site.replica.person(MESSI)
    assert found is not None
    assert found.country == "ID"


async def test_what_it_knew_of_members_is_read_again_after_a_change(site: Site) -> None:
    """Who joins is there at once, for messages that go round within the site."""
    await site.take(person(1, MESSI), membership(1, "g1"))
    assert site.replica.members_here("g1") == {1}

    await site.take(membership(2, "g1"))

    assert site.replica.members_here("g1") == {1, 2}


async def test_people_are_found_by_a_part_of_their_name(site: Site) -> None:
    """Those who begin with it first; nobody who is disabled."""
    henk = person(3, Address("henk@surabaya"), display_name="Messias")
    await site.take(person(1, MESSI), person(2, LINEKER, disabled=True), henk)

    assert [who.address for who in site.replica.people("mess", 10)] == [MESSI, "henk@surabaya"]
    assert len(site.replica.people("", 10)) == 2
    assert len(site.replica.people("", 1)) == 1


async def test_open_groups_are_those_that_anybody_may_enter(site: Site) -> None:
    """Of the realm, as the newest that was told of each has it; private conversations never."""
    elsewhere = {"name": "g4@jakarta"}
    await site.take(membership(1, "g1"), membership(1, "g2", invite_only=True), membership(1, "p"))
    await site.take(membership(1, "g3", closed=True), membership(1, "g4", **elsewhere))
    await site.take(membership(1, "g5"), membership(2, "g5", revision=2, invite_only=True))
    await site.take(membership(1, "g6", role="left"), membership(2, "g6"))

    assert site.replica.open_groups("surabaya") == ["g1@surabaya", "g6@surabaya"]


async def test_it_outlives_the_process(site: Site) -> None:
    """What was told and heard is there after a restart, also while main is away."""
    site.replica.begin_anew(7)
    await site.take(person(1, MESSI), membership(1, "g1", 2))
    await site.hear("g1", [1, 2])
    site.replica.caught_up(99)

    site.reopen()

    assert (site.replica.epoch, site.replica.revision) == (7, 99)
    assert site.replica.person_at(MESSI) == 1
    assert seqs(site.page("g1")) == [1, 2]


async def test_another_epoch_begins_with_nothing(site: Site) -> None:
    """What a restored main never knew must not be served."""
    await site.take(person(1, MESSI), membership(1, "g1", 2))
    await site.hear("g1", [1, 2])

    site.replica.begin_anew(8)
    await site.file.settled()

    assert site.replica.person_at(MESSI) is None
    assert site.replica.heads(1) == []


# --- messages ------------------------------------------------------------------------------------


async def test_the_newest_messages_are_held(site: Site) -> None:
    """As many as a new device wants, at least; pages of them are what main would answer."""
    await site.take(person(1, MESSI), membership(1, "g1"))
    await site.hear("g1", range(1, 101))
    await site.hear("g1", range(101, 181))
    await site.hear("g1", range(181, 301))

    assert seqs(site.page("g1", after=280)) == list(range(281, 301))
    assert seqs(site.page("g1", before=105, newest=True)) == [101, 102, 103, 104]
    assert seqs(site.page("g1", after=178, before=183)) == [179, 180, 181, 182]
    assert seqs(site.page("g1", after=300)) == []
    assert seqs(site.page("g1", after=7, before=8)) == []


async def test_what_is_not_held_is_not_told_to_be_nothing(site: Site) -> None:
    """Main would have more: before what is held, and behind it."""
    await site.take(person(1, MESSI), membership(1, "g1", 310))
    await site.hear("g1", range(101, 301))

    assert site.page("g1", after=50) is None
    assert site.page("g1", after=300) is None
    assert site.page("g1", before=90, newest=True) is None
    newest = site.page("g1", newest=True)
    assert newest is not None
    assert (newest.more, newest.messages[0].seq) == (True, 101)


async def test_a_member_sees_nothing_from_before_they_may(site: Site) -> None:
    """As at main: the history of an invite-only group begins with the join."""
    await site.take(person(1, MESSI), membership(1, "g1", first_seq=4))
    await site.hear("g1", range(1, 7))

    assert seqs(site.page("g1")) == [4, 5, 6]


async def test_an_answer_has_its_size(site: Site) -> None:
    """As main's: the rest is asked for with the next."""
    await site.take(person(1, MESSI), membership(1, "g1"))
    await site.hear("g1", range(1, 21), size=10_000)

    page = site.page("g1")

    assert page is not None
    assert seqs(page) == [1, 2, 3, 4]
    assert page.more


async def test_a_hole_is_never_held(site: Site) -> None:
    """Where something was missed, what comes behind it takes its place."""
    await site.take(person(1, MESSI), membership(1, "g1"))
    await site.hear("g1", [1, 2, 3])
    await site.hear("g1", [6, 7, 9, 10])

    assert site.page("g1", after=5) is None
    assert seqs(site.page("g1", after=8)) == [9, 10]


async def test_rows_that_main_was_asked_for_join_those_that_passed(site: Site) -> None:
    """Whichever came first, and however far they overlap; older ones that don't reach are left."""
    await site.take(person(1, MESSI), membership(1, "g1"))
    await site.hear("g1", [11, 12])
    site.replica.take_rows("g1", [row("g1", seq) for seq in range(5, 12)])
    site.replica.take_rows("g1", [row("g1", seq) for seq in (1, 2)])
    await site.file.settled()

    assert seqs(site.page("g1", after=4)) == list(range(5, 13))
    assert site.page("g1", after=0) is None


async def test_only_messages_are_kept(site: Site) -> None:
    """That somebody typed is worth nothing later."""
    await site.take(person(1, MESSI), membership(1, "g1"))
    site.replica.heard("g1", pack(Typing("g1", MESSI)))
    await site.hear("g1", [])

    assert seqs(site.page("g1")) == []


async def test_conversations_that_went_on_unheard_are_known(site: Site) -> None:
    """Nobody of them was there: their newest messages are to be fetched, the liveliest first."""
    await site.take(membership(1, "quiet", 3, revision=5), membership(1, "lively", 9, revision=8))
    await site.take(membership(1, "heard", 2), membership(2, "gone", 4, role="left"))
    await site.hear("heard", [1, 2])
    await site.hear("quiet", [1])

    assert await site.replica.behind() == [("lively", 0), ("quiet", 1)]


async def test_messages_take_no_more_room_than_they_may(tmp_path: Path) -> None:
    """What was quiet longest goes first; then nothing more is fetched."""
    site = Site(tmp_path / "site.db", limit=25_000)
    for name in ("g1", "g2", "g3"):
        await site.take(person(1, MESSI), membership(1, name, 11))
        await site.hear(name, range(1, 11), size=1000)

    assert site.page("g1") is None
    assert seqs(site.page("g3")) == list(range(1, 11))
    assert await site.replica.behind() == []
    site.file.close()


async def test_messages_that_gather_are_written_before_they_are_too_many(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the next second brings."""
    monkeypatch.setattr(replica, "HEARD_BYTES", 1000)
    await site.take(person(1, MESSI), membership(1, "g1"))
    for seq in range(1, 30):
        site.replica.heard("g1", pack(MessageStored(row("g1", seq, 100))))
    await site.file.settled()

    held = seqs(site.page("g1"))
    assert held is not None
    assert len(held) > 10


async def test_writing_takes_a_small_part_of_the_time(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much passes; what waits is written when the link goes."""
    await site.take(person(1, MESSI), membership(1, "g1"))
    monkeypatch.setattr(replica, "_SHARE_OF_TIME", 1e-9)
    await site.hear("g1", [1])

    site.replica.heard("g1", pack(MessageStored(row("g1", 2))))
    site.replica.keep_up()
    await site.file.settled()
    assert seqs(site.page("g1")) == [1]

    site.replica.write()  # as when the link goes
    await site.file.settled()
    assert seqs(site.page("g1")) == [1, 2]


@given(st.lists(st.integers(1, 3 * tails.BYTES), min_size=1, max_size=20), st.integers(0, 500))
def test_of_one_conversation_the_newest_that_fit_are_kept(sizes: list[int], first: int) -> None:
    """One at least; never more bytes than it may, where there is more than one."""
    newest_first = [(first + len(sizes) - place, size) for place, size in enumerate(sizes)]

    lowest = tails.fitting((seq, seq, size) for seq, size in newest_first)

    kept = [size for seq, size in newest_first if seq >= lowest]
    assert 1 <= len(kept) <= tails.MESSAGES
    assert len(kept) == 1 or sum(kept) <= tails.BYTES
    if len(kept) < len(sizes):
        assert sum(sizes[: len(kept) + 1]) > tails.BYTES


@given(
    st.lists(
        st.tuples(st.integers(1, 40), st.integers(1, 40), st.booleans()), min_size=1, max_size=12
    )
)
def test_what_is_held_is_one_run_whatever_comes(arrivals: list[tuple[int, int, bool]]) -> None:
    """Anything in any order, and again: no hole, no doubles, and never less than the newest."""
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    newest = size = 0
    with engine.begin() as connection:
        for first, length, is_large in arrivals:
            size_of_each = tails.BYTES // 16 if is_large else 5
            rows = [row("g1", seq, size_of_each) for seq in range(first, first + length)]
            events = [pack(MessageStored(each)) for each in rows]
            size += tails.write_tails(connection, {"g1": events}, 0)

            held = tails.read_tail(connection, "g1")
            found = events_of(connection.execute(RUNS, _ALL).all(), 1, 10_000)
            numbers = [SERVER_MESSAGES.read(event).message.seq for event in found]
            newest = max(newest, rows[-1].seq)
            assert numbers == list(range(held.first, newest + 1))
            assert (held.last, held.size) == (newest, size)
            assert held.size <= tails.BYTES + 1000 or len(numbers) == 1
    engine.dispose()


_ALL = {"conversation": "g1", "first": 1, "before": 10_000}


# --- damage --------------------------------------------------------------------------------------


def damage(path: Path) -> None:
    """The file's pages are no pages any more."""
    path.with_name(path.name + "-wal").unlink(missing_ok=True)
    with path.open("r+b") as file:
        file.write(b"\xff" * path.stat().st_size)


async def test_a_damaged_file_is_made_anew_when_it_is_opened(site: Site) -> None:
    """The realm serves all the same, and main tells everything again."""
    site.replica.begin_anew(7)
    await site.take(person(1, MESSI))
    site.replica.caught_up(99)
    site.file.close()
    damage(site.path)

    site.open()

    assert (site.replica.epoch, site.replica.revision) == (0, 0)
    await site.take(person(1, MESSI))
    assert site.replica.person_at(MESSI) == 1


@pytest.mark.parametrize("found_by", ["reading", "writing"])
async def test_a_file_that_is_damaged_meanwhile_is_made_anew(site: Site, found_by: str) -> None:
    """Whoever finds it: until main has told it again, nothing is known."""
    site.replica.begin_anew(7)
    await site.take(person(1, MESSI))
    site.replica.caught_up(99)
    site.reopen()
    anew = asyncio.Event()

    def rebuilt() -> None:
        site.replica.read_file()
        anew.set()

    site.file.rebuilt = rebuilt
    damage(site.path)

    if found_by == "reading":
        assert site.replica.person_at(MESSI) is None
    else:
        await site.take(person(2, LINEKER))
    await eventually(anew.is_set)

    assert site.replica.revision == 0
    await site.take(person(1, MESSI))
    assert site.replica.person_at(MESSI) == 1


async def test_a_file_of_another_version_begins_with_nothing(site: Site) -> None:
    """What main can tell again needs no migration."""
    await site.take(person(1, MESSI))
    await site.file.write(lambda c: c.exec_driver_sql("PRAGMA user_version = 99"))

    site.reopen()

    assert site.replica.person_at(MESSI) is None
