"""What main tells a realm of its own people, so that their site can go on while it is cut off."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from main_server import operations
from main_server.rules import sites
from main_server.store.database import open_engine
from main_server.store.writer import write_once
from realm_protocol import commands, link
from realm_protocol.errors import (
    ConversationNotFound,
    MalformedMessage,
    SessionEnded,
    UserDisabled,
    WrongPassword,
    WrongRealm,
)
from realm_protocol.names import Address, GroupAddress, group_conversation
from realm_protocol.wire import check
from tests.main_server.conftest import Running, running
from tests.main_server.realm_end import RealmEnd
from tests.waiting import eventually

MESSI, LINEKER = Address("messi@surabaya"), Address("lineker@surabaya")
HENDERSON = Address("henderson@jakarta")


class Known:
    """What a realm's answers came to."""

    def __init__(self) -> None:
        self.people: dict[Address, link.SitePerson] = {}
        self.ended: list[str] = []
        self.memberships: list[link.SiteMembership] = []
        self.pages: list[link.SitePage] = []

    @property
    def revision(self) -> int:
        return self.pages[0].revision

    @property
    def epoch(self) -> int:
        return self.pages[0].epoch

    def of(self, person: int) -> dict[str, commands.Head]:
        return {m.head.conversation: m.head for m in self.memberships if m.person == person}


async def synced(realm: RealmEnd, since: Known | None = None) -> Known:
    known = Known()
    epoch, revision = (since.epoch, since.revision) if since else (0, 0)
    cursor: list[int] | None = []
    while cursor is not None:
        answer = await realm.ask(link.SiteSync, epoch, revision, cursor)
        page = check(answer, link.SitePage)
        known.pages.append(page)
        known.people |= {person.address: person for person in page.facts.people}
        known.ended += page.facts.ended_sessions
        known.memberships += page.facts.memberships
        cursor = page.cursor or None
    return known


def told_facts(realm: RealmEnd) -> list[link.SiteFacts]:
    return [told for told in realm.told if isinstance(told, link.SiteFacts)]


async def operate(main: Running, operation: str, **arguments: Any) -> Any:
    return await main.main.write(
        lambda tx: operations.operate(tx, operation, arguments, "the test")
    )


async def test_a_realm_learns_of_its_own_people_and_where_they_are(
    main: Running, surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """From nothing on it hears of all its people and their conversations, and of nobody else's."""
    messi = await surabaya.enter(MESSI)
    henderson = await jakarta.enter(HENDERSON)
    sent = await messi.send(HENDERSON, "hello")
    await henderson.do(commands.CreateGroup, GroupAddress("jarkom@jakarta"), [LINEKER])

    known = await synced(surabaya)

    assert sorted(known.people) == [Address("henderson@surabaya"), LINEKER, MESSI]
    head = known.of(messi.person)[sent.conversation]
    assert (head.kind, head.name, head.last_seq) == ("private", HENDERSON, 1)
    lineker = known.people[LINEKER].person
    groups = known.of(lineker)
    assert [head.name for head in groups.values()] == ["jarkom@jakarta"]
    assert {m.person for m in known.memberships} == {messi.person, lineker}


async def test_only_what_changed_is_told_again(main: Running, surabaya: RealmEnd) -> None:
    """Behind a revision: whoever changed, the sessions that ended, conversations that went on."""
    messi = await surabaya.enter(MESSI)
    session = messi.confirmation.session_id
    quiet = await messi.send(MESSI, "to myself")
    busy = await messi.send(LINEKER, "hello")
    before = await synced(surabaya)
    assert not (await synced(surabaya, before)).people

    await messi.send(LINEKER, "are you there?")
    await operate(main, "user disable", address=MESSI)
    after = await synced(surabaya, before)

    assert [person.disabled for person in after.people.values()] == [True]
    assert after.people[MESSI].password_revision == before.people[MESSI].password_revision
    assert after.ended == [session]
    told = {membership.head.conversation for membership in after.memberships}
    assert busy.conversation in told
    assert quiet.conversation not in told


async def test_a_password_that_was_set_shows(main: Running, surabaya: RealmEnd) -> None:
    """A verifier that the realm made is of one password: another one has another revision."""
    session = await surabaya.sign_in(MESSI)
    before = (await synced(surabaya)).people[MESSI]
    assert session.password_revision == before.password_revision

    await operate(main, "user set-password", address=MESSI, password_hash="another")

    after = (await synced(surabaya)).people[MESSI]
    assert after.password_revision > before.password_revision


async def test_changes_are_told_as_they_happen(
    main: Running, surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """The realm hears at once of its people, also of those who are not there; others don't."""
    henderson = await jakarta.enter(HENDERSON)
    session = await surabaya.sign_in(LINEKER)

    sent = await henderson.send(LINEKER, "hello")
    await operate(main, "user disable", address=LINEKER)
    await eventually(lambda: len(told_facts(surabaya)) >= 3)

    entered, changed, ended = told_facts(surabaya)
    assert [m.head.conversation for m in entered.memberships] == [sent.conversation]
    assert [(p.address, p.disabled) for p in changed.people] == [(LINEKER, True)]
    assert ended.ended_sessions == [session.session_id]
    assert [m.head.name for told in told_facts(jakarta) for m in told.memberships] == [LINEKER]


async def test_blocks_between_neighbours_are_told(surabaya: RealmEnd) -> None:
    """At once, and of a revision; whom one has blocked elsewhere, the site need not know."""
    messi = await surabaya.enter(MESSI)
    lineker = await surabaya.enter(LINEKER)
    for other in (LINEKER, HENDERSON):
        await messi.do(commands.BlockPerson, other)
    before = await synced(surabaya)
    assert before.people[MESSI].blocked == [lineker.person]
    await messi.do(commands.BlockPerson, LINEKER)
    assert not (await synced(surabaya, before)).people

    await messi.do(commands.UnblockPerson, LINEKER)

    assert (await synced(surabaya, before)).people[MESSI].blocked == []
    told = [person.blocked for facts in told_facts(surabaya) for person in facts.people]
    assert told == [[lineker.person], [lineker.person], []]


async def test_who_leaves_a_group_is_told_to_have_left(surabaya: RealmEnd) -> None:
    """The site must not show them what comes later."""
    messi = await surabaya.enter(MESSI)
    group = GroupAddress("jarkom@surabaya")
    await messi.do(commands.CreateGroup, group, [])
    await messi.do(commands.LeaveGroup, group)

    entered, left = told_facts(surabaya)
    assert [m.head.role for m in entered.memberships] == ["owner"]
    assert [m.head.role for m in left.memberships] == ["left"]
    assert left.memberships[0].revision > entered.memberships[0].revision


async def test_pages_hold_everything_once(
    main: Running, surabaya: RealmEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However small they are, and however many sessions one commit has ended."""
    monkeypatch.setattr(sites, "_ROWS", 1)
    monkeypatch.setattr(sites, "_ENDED", 1)
    for _ in range(3):
        await surabaya.sign_in(LINEKER)
    messi = await surabaya.enter(MESSI)
    for friend in (MESSI, LINEKER, HENDERSON):
        await messi.send(friend, "hello")
    await operate(main, "user disable", address=LINEKER)

    known = await synced(surabaya)

    assert len(known.people) == 3
    assert len(known.ended) == len(set(known.ended)) == 3
    assert len(known.of(messi.person)) == 3
    assert len(known.memberships) == 4


async def test_a_revision_of_another_epoch_means_nothing(surabaya: RealmEnd) -> None:
    """After a restore everything is told, and that it is everything."""
    known = await synced(surabaya)
    known.pages[0] = link.SitePage(known.epoch - 1, known.revision + 10, 0, [], link.SiteFacts())

    again = await synced(surabaya, known)

    assert len(again.people) == 3
    assert {page.since for page in again.pages} == {0}


async def test_what_an_operator_did_while_main_stood_still_is_told(
    store: Path, keys: dict[str, str]
) -> None:
    """A change of a store that no server has open has a revision that no realm has seen."""
    async with running(store, keys) as main:
        before = await synced(await main.link("surabaya"))
    engine = open_engine(store)
    write_once(engine, lambda tx: operations.disable_user(tx, MESSI))
    engine.dispose()
    async with running(store, keys) as main:
        after = await synced(await main.link("surabaya"), before)

    assert list(after.people) == [MESSI]


async def test_a_cursor_that_main_never_gave_is_refused(surabaya: RealmEnd) -> None:
    with pytest.raises(MalformedMessage):
        await surabaya.ask(link.SiteSync, 0, 0, [7, 0, 0])
    with pytest.raises(MalformedMessage):
        await surabaya.ask(link.SiteSync, 0, 0, [1])


async def test_a_realm_fetches_the_end_of_its_peoples_conversations(
    surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """The newest rows behind what it holds; nothing of where none of its people is."""
    messi = await surabaya.enter(MESSI)
    for text in ("one", "two", "three"):
        sent = await messi.send(LINEKER, text)

    page = check(await surabaya.ask(link.SiteHistory, sent.conversation, 1), commands.Page)

    assert [row.body for row in page.messages] == [b"two", b"three"]
    with pytest.raises(ConversationNotFound):
        await jakarta.ask(link.SiteHistory, sent.conversation, 0)
    elsewhere = group_conversation(GroupAddress("nobody@surabaya"))
    with pytest.raises(ConversationNotFound):
        await surabaya.ask(link.SiteHistory, elsewhere, 0)


# --- sessions that a realm opened by itself ------------------------------------------------------


def opened(address: Address, revision: int, token: str = "t") -> tuple[Any, ...]:  # noqa: S107
    token_hash = hashlib.sha256(token.encode()).digest()
    return address, token_hash.hex()[:16], token_hash, "a phone", revision


async def test_a_session_opened_while_cut_off_is_taken_over(surabaya: RealmEnd) -> None:
    """It is a session like any from then on. Asked again, nothing changes."""
    revision = (await surabaya.sign_in(MESSI)).password_revision

    await surabaya.ask(link.AdoptSession, *opened(MESSI, revision))
    await surabaya.ask(link.AdoptSession, *opened(MESSI, revision))
    attached = await surabaya.attach("t")

    assert attached.address == MESSI
    listed = await attached.do(commands.ListSessions)
    assert [one.device for one in listed] == ["test", "a phone"]


async def test_a_session_rests_on_the_password_in_force(main: Running, surabaya: RealmEnd) -> None:
    """What changed at main while the site was cut off ends it: password, rights, realm."""
    revision = (await surabaya.sign_in(MESSI)).password_revision
    await operate(main, "user set-password", address=MESSI, password_hash="another")
    with pytest.raises(WrongPassword):
        await surabaya.ask(link.AdoptSession, *opened(MESSI, revision))

    known = (await synced(surabaya)).people[LINEKER]
    await operate(main, "user disable", address=LINEKER)
    with pytest.raises(UserDisabled):
        await surabaya.ask(link.AdoptSession, *opened(LINEKER, known.password_revision))

    with pytest.raises(WrongRealm):
        await surabaya.ask(link.AdoptSession, *opened(HENDERSON, revision))


async def test_a_session_that_ended_is_not_taken_over_again(
    main: Running, surabaya: RealmEnd
) -> None:
    """Signed out at main meanwhile, it stays so; nor does it take another one's place."""
    revision = (await surabaya.sign_in(MESSI)).password_revision
    await surabaya.ask(link.AdoptSession, *opened(MESSI, revision))
    lineker = (await synced(surabaya)).people[LINEKER]
    with pytest.raises(MalformedMessage):
        await surabaya.ask(link.AdoptSession, *opened(LINEKER, lineker.password_revision))

    attached = await surabaya.attach("t")
    await attached.do(commands.EndSession, "")
    with pytest.raises(SessionEnded):
        await surabaya.ask(link.AdoptSession, *opened(MESSI, revision))
