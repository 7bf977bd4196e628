"""Sessions at main: who may attach, what they are told, and how they end."""

import asyncio
from pathlib import Path

import pytest

from main_server.operations import disable_user, set_password
from realm_protocol import commands, errors, events, link
from realm_protocol.names import Address, GroupAddress
from realm_protocol.wire import check
from realm_service import passwords
from tests.main_server.conftest import Running, running
from tests.main_server.realm_end import RealmEnd
from tests.waiting import eventually


async def test_a_wrong_password_opens_nothing(surabaya: RealmEnd) -> None:
    with pytest.raises(errors.WrongPassword):
        await surabaya.sign_in("messi@surabaya", "salah")
    with pytest.raises(errors.UserNotFound):
        await surabaya.sign_in("nobody@surabaya")


async def test_sign_in_is_at_ones_home_realm(surabaya: RealmEnd) -> None:
    """Elsewhere the refusal names the home."""
    with pytest.raises(errors.WrongRealm) as refused:
        await surabaya.sign_in("messi@jakarta")
    assert refused.value.fields["realm"] == "jakarta"


async def test_a_session_belongs_to_its_realm(surabaya: RealmEnd, jakarta: RealmEnd) -> None:
    """A token taken to another realm, or made up, attaches nothing."""
    session = await surabaya.sign_in("messi@surabaya")
    with pytest.raises(errors.WrongRealm):
        await jakarta.attach(session.token)
    with pytest.raises(errors.NotSignedIn):
        await surabaya.attach("made-up")


async def test_a_command_needs_an_attached_handle(surabaya: RealmEnd) -> None:
    """A realm can't act through a handle that it never attached: not even its own person's."""
    with pytest.raises(errors.NotSignedIn):
        await surabaya.ask(link.Forward, 77, [13, 0])


async def test_a_realm_registers_only_its_own_people(surabaya: RealmEnd) -> None:
    """A stolen realm key makes nobody of another realm."""

    async def register(address: str) -> object:
        return await surabaya.ask(
            link.Register, address, "rahasia sekali", "Arfi", "Indonesia", "test"
        )

    await register("arfi@surabaya")
    with pytest.raises(errors.UserExists):
        await register("arfi@surabaya")
    with pytest.raises(errors.ForeignSender):
        await register("arfi@jakarta")
    assert await surabaya.sign_in("arfi@surabaya", "rahasia sekali")


async def test_heads_tell_what_changed_since(surabaya: RealmEnd) -> None:
    """After a pause one hears of the conversations that moved, and only of those."""
    messi = await surabaya.enter("messi@surabaya")
    quiet = await messi.send("henderson@jakarta", "satu")
    busy = await messi.send("lineker@jakarta", "satu")
    session = await surabaya.sign_in("messi@surabaya")
    first = await surabaya.attach(session.token)
    await eventually(lambda: first.told(events.Synced))
    (synced,) = first.told(events.Synced)
    surabaya.send(link.Detach(first.handle))
    await messi.send("lineker@jakarta", "dua")

    again = await surabaya.attach(session.token, epoch=synced.epoch, position=synced.position)
    await eventually(lambda: again.told(events.Synced))

    def heads(attached: object) -> dict[str, int]:
        return {
            head.conversation: head.last_seq
            for event in attached.told(events.Heads)  # type: ignore[attr-defined]
            for head in event.heads
        }

    assert heads(first) == {quiet.conversation: 1, busy.conversation: 1}
    assert heads(again) == {busy.conversation: 2}


async def test_another_epoch_is_told_everything(surabaya: RealmEnd) -> None:
    """Also a client that is ahead of a store which lost its end."""
    messi = await surabaya.enter("messi@surabaya")
    await messi.send("henderson@jakarta", "satu")
    for known in ({"epoch": 1, "position": 10**6}, {"epoch": 10**6, "position": 0}):
        other = await surabaya.enter("messi@surabaya", **known)
        await eventually(lambda other=other: other.told(events.Synced))
        assert len(other.told(events.Heads)[0].heads) == 1


async def test_the_peers_watermark_is_part_of_what_changed(
    surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """Read while the sender was away: the sender's head says so."""
    messi = await surabaya.enter("messi@surabaya")
    henderson = await jakarta.enter("henderson@jakarta")
    sent = await messi.send(henderson.address, "satu")
    await eventually(lambda: messi.told(events.Synced))
    (synced,) = messi.told(events.Synced)
    henderson.mark(sent.conversation, read=1)
    await eventually(lambda: messi.told(events.WatermarkMoved))

    again = await surabaya.enter("messi@surabaya", epoch=synced.epoch, position=synced.position + 1)
    await eventually(lambda: again.told(events.Synced))
    (head,) = again.told(events.Heads)[0].heads
    assert (head.peer_read, head.peer_delivered) == (1, 1)


async def test_ending_a_session(surabaya: RealmEnd) -> None:
    """It is told, can do nothing more, and attaches no more."""
    session = await surabaya.sign_in("messi@surabaya")
    old = await surabaya.attach(session.token)
    new = await surabaya.enter("messi@surabaya")
    listed = await new.do(commands.ListSessions)
    assert {s.session_id for s in listed if not s.current} == {session.session_id}

    await new.do(commands.EndSession, session.session_id)

    (ended,) = await eventually(lambda: surabaya.told_of(link.EndHandle))
    assert ended.handle == old.handle
    with pytest.raises(errors.NotSignedIn):
        await old.send("henderson@jakarta", "masih?")
    with pytest.raises(errors.SessionEnded):
        await surabaya.attach(session.token)
    with pytest.raises(errors.SessionNotFound):
        await new.do(commands.EndSession, session.session_id)


async def test_a_session_that_ends_itself_is_answered_first(surabaya: RealmEnd) -> None:
    messi = await surabaya.enter("messi@surabaya")
    await messi.do(commands.EndSession, "")
    (ended,) = await eventually(lambda: surabaya.told_of(link.EndHandle))
    answered = surabaya.told_of(link.Answer)[-1]
    assert surabaya.told.index(answered) < surabaya.told.index(ended)


async def test_a_new_password_ends_the_other_sessions(surabaya: RealmEnd) -> None:
    messi = await surabaya.enter("messi@surabaya")
    await surabaya.enter("messi@surabaya")
    with pytest.raises(errors.WrongPassword):
        await messi.do(commands.ChangePassword, "salah", "baru sekali")
    await messi.do(commands.ChangePassword, "surabaya", "baru sekali")
    assert len(surabaya.told_of(link.EndHandle)) == 1
    assert len(await messi.do(commands.ListSessions)) == 1
    with pytest.raises(errors.WrongPassword):
        await surabaya.sign_in("messi@surabaya")
    assert await surabaya.sign_in("messi@surabaya", "baru sekali")


async def test_a_disabled_person_is_out_at_once(main: Running, surabaya: RealmEnd) -> None:
    messi = await surabaya.enter("messi@surabaya")
    lineker = await surabaya.enter("lineker@surabaya")
    await lineker.send("messi@surabaya", "halo")
    await main.main.write(lambda tx: disable_user(tx, "messi@surabaya"))
    (ended,) = await eventually(lambda: surabaya.told_of(link.EndHandle))
    assert ended.handle == messi.handle
    with pytest.raises(errors.UserDisabled):
        await surabaya.sign_in("messi@surabaya")
    with pytest.raises(errors.UserDisabled):
        await lineker.send("messi@surabaya", "halo?")


async def test_whose_session_expires_is_online_no_longer(
    store: Path, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Main looks by itself: those they write with are told, and it can do nothing more."""
    monkeypatch.setattr("main_server.app._SWEEP_SECONDS", 0.01)
    now = 1_000_000.0
    async with running(store, keys, lambda: now) as main:
        surabaya = await main.link("surabaya")
        henderson = await surabaya.enter("henderson@surabaya")
        await henderson.send("messi@surabaya", "halo")
        now += 80 * 86400
        messi = await surabaya.enter("messi@surabaya")
        now += 10 * 86400

        gone = await eventually(lambda: messi.told(events.PresenceChanged))

        assert [(event.address, event.online) for event in gone] == [("henderson@surabaya", False)]
        assert surabaya.told_of(link.EndHandle) == [link.EndHandle(henderson.handle, "expired")]
        with pytest.raises(errors.NotSignedIn):
            await henderson.send("messi@surabaya", "masih?")


async def test_a_session_lives_on_for_as_long_as_it_was_opened_for(
    store: Path, keys: dict[str, str]
) -> None:
    """Each use gives it that time again; unused for longer, it has ended."""
    day = 86400
    now = 1_000_000.0
    async with running(store, keys, lambda: now) as main:
        surabaya = await main.link("surabaya")
        tokens = {}
        for idle_seconds in (0, day):
            answer = await surabaya.ask(
                link.SignIn, "messi@surabaya", "surabaya", "test", idle_seconds
            )
            tokens[idle_seconds] = check(answer, link.Session).token
        for _ in range(3):
            now += 0.9 * day
            await surabaya.attach(tokens[day])

        now += 1.1 * day

        with pytest.raises(errors.SessionEnded):
            await surabaya.attach(tokens[day])
        now += 80 * day
        await surabaya.attach(tokens[0])


async def test_sessions_are_forgotten_a_month_after_their_end(
    store: Path, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then their client is told why; those that are valid stay, however many went."""
    monkeypatch.setattr("main_server.app._SESSIONS_AT_A_TIME", 2)
    now = 1_000_000.0
    async with running(store, keys, lambda: now) as main:
        surabaya = await main.link("surabaya")
        messi = await surabaya.enter("messi@surabaya")
        ended = [await surabaya.sign_in("messi@surabaya") for _ in range(5)]
        for session in ended:
            await messi.do(commands.EndSession, session.session_id)
        left_alone = await surabaya.sign_in("messi@surabaya")
        now += 29 * 86400
        still_there = await surabaya.sign_in("messi@surabaya")

        await main.main.prune_sessions()
        with pytest.raises(errors.SessionEnded, match="signed out"):
            await surabaya.attach(ended[0].token)

        now += 2 * 86400
        await main.main.prune_sessions()
        for session in ended:
            with pytest.raises(errors.NotSignedIn):
                await surabaya.attach(session.token)

        now += 80 * 86400
        await main.main.prune_sessions()
        with pytest.raises(errors.SessionEnded, match="expired"):
            await surabaya.attach(left_alone.token)

        now += 7 * 86400
        await surabaya.attach(still_there.token)
        now += 3 * 86400
        await main.main.prune_sessions()
        with pytest.raises(errors.NotSignedIn):
            await surabaya.attach(left_alone.token)
        assert await surabaya.attach(still_there.token)


async def test_main_prunes_by_itself(
    store: Path, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Now and then, without being asked."""
    monkeypatch.setattr("main_server.app._PRUNE_SECONDS", 0.01)
    now = 1_000_000.0
    async with running(store, keys, lambda: now) as main:
        surabaya = await main.link("surabaya")
        session = await surabaya.sign_in("messi@surabaya")
        now += 121 * 86400

        async def forgotten() -> bool:
            with pytest.raises(errors.AskedWrongly) as refused:
                await surabaya.attach(session.token)
            return isinstance(refused.value, errors.NotSignedIn)

        await eventually(forgotten)


async def test_presence_is_told_to_those_one_writes_with(
    surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """Come with the first session, gone with the last."""
    messi = await surabaya.enter("messi@surabaya")
    await messi.send("henderson@jakarta", "halo")
    one = await jakarta.enter("henderson@jakarta")
    two = await jakarta.enter("henderson@jakarta")
    jakarta.send(link.Detach(one.handle), link.Detach(two.handle))
    await eventually(lambda: len(messi.told(events.PresenceChanged)) == 2)
    told = [(event.address, event.online) for event in messi.told(events.PresenceChanged)]
    assert told == [("henderson@jakarta", True), ("henderson@jakarta", False)]


async def test_who_is_blocked_sees_no_presence(surabaya: RealmEnd, jakarta: RealmEnd) -> None:
    """Neither told nor found: from the block on, at the next sign-in too, until it is lifted."""
    messi = await surabaya.enter("messi@surabaya")
    henderson = await jakarta.enter("henderson@jakarta")
    await messi.send("henderson@jakarta", "halo")

    async def told(count: int) -> list[bool]:
        await eventually(lambda: len(messi.told(events.PresenceChanged)) >= count)
        return [event.online for event in messi.told(events.PresenceChanged)]

    async def found() -> list[bool]:
        """As the directory has it, and the members of a group."""
        (person,) = await messi.do(commands.FindPeople, "henderson@jakarta", "", 10)
        members = await messi.do(commands.ListMembers, group)
        return [person.online, *(m.online for m in members if m.address == person.address)]

    group = GroupAddress("pemain@surabaya")
    await messi.do(commands.CreateGroup, group, [Address("henderson@jakarta")])
    assert await found() == [True, True]
    await henderson.do(commands.BlockPerson, Address("messi@surabaya"))
    assert await told(1) == [False]
    assert await found() == [False, False]

    jakarta.send(link.Detach(henderson.handle))
    henderson = await jakarta.enter("henderson@jakarta")
    await henderson.do(commands.UnblockPerson, Address("messi@surabaya"))
    assert await told(2) == [False, True]
    assert await found() == [True, True]


async def test_who_writes_to_a_person_they_blocked_stays_unseen(
    surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """A conversation that begins under a block shows its maker to nobody."""
    messi = await surabaya.enter("messi@surabaya")
    henderson = await jakarta.enter("henderson@jakarta")
    lineker = await jakarta.enter("lineker@jakarta")
    await lineker.send("messi@surabaya", "halo")
    await henderson.do(commands.BlockPerson, Address("messi@surabaya"))
    await henderson.send("messi@surabaya", "jangan tulis lagi")

    jakarta.send(link.Detach(henderson.handle), link.Detach(lineker.handle))
    await eventually(lambda: messi.told(events.PresenceChanged))

    told = [event.address for event in messi.told(events.PresenceChanged)]
    assert told == ["lineker@jakarta"]


async def test_typing_reaches_members_only(surabaya: RealmEnd, jakarta: RealmEnd) -> None:
    messi = await surabaya.enter("messi@surabaya")
    lineker = await surabaya.enter("lineker@surabaya")
    await jakarta.enter("henderson@jakarta")
    sent = await messi.send("henderson@jakarta", "halo")
    before = len(jakarta.told_of(link.Fanout))
    lineker.command(commands.SetTyping, sent.conversation)
    messi.command(commands.SetTyping, sent.conversation)
    await eventually(lambda: len(jakarta.told_of(link.Fanout)) > before)
    await lineker.do(commands.ListRealms)
    assert len(jakarta.told_of(link.Fanout)) == before + 1


@pytest.mark.parametrize(
    ("name", "meant"),
    [("henderson", "henderson@surabaya"), ("arfi", "arfi@jakarta")],
)
async def test_bare_names(surabaya: RealmEnd, jakarta: RealmEnd, name: str, meant: str) -> None:
    """One's own realm first, then whom one has written to by full address."""
    fields = ("rahasia sekali", "", "", "test")
    await jakarta.ask(link.Register, "arfi@jakarta", *fields)
    messi = await surabaya.enter("messi@surabaya")
    await messi.send("arfi@jakarta", "halo")
    await messi.send("henderson@jakarta", "halo")
    assert await messi.do(commands.ResolveName, "person", name) == meant


async def test_an_unknown_bare_name_is_refused_with_its_candidates(
    surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    await jakarta.ask(link.Register, "arfi@jakarta", "rahasia sekali", "", "", "test")
    messi = await surabaya.enter("messi@surabaya")
    with pytest.raises(errors.AmbiguousName) as refused:
        await messi.do(commands.ResolveName, "person", "arfi")
    assert refused.value.fields["candidates"] == ["arfi@jakarta"]
    with pytest.raises(errors.UserNotFound):
        await messi.do(commands.ResolveName, "person", "nobody")


async def test_a_storm_of_sign_ins_never_stalls_messages(surabaya: RealmEnd) -> None:
    """While passwords are being checked, a message is stored before the checks are done."""
    messi = await surabaya.enter("messi@surabaya")
    storm = [
        surabaya.ask_later(link.SignIn, "lineker@surabaya", "surabaya", "test") for _ in range(20)
    ]
    await messi.send("henderson@jakarta", "halo")
    assert not all(asked.done() for asked in storm)
    await asyncio.gather(*storm)


async def test_sign_ins_are_bounded(surabaya: RealmEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond what can wait, one is told to come again; nobody is refused for good."""
    monkeypatch.setattr(passwords, "WAITING", 3)
    storm = [surabaya.ask_later(link.SignIn, "lineker@surabaya", "salah", "test") for _ in range(6)]
    results = await asyncio.gather(*storm, return_exceptions=True)
    kinds = {type(result) for result in results}
    assert kinds == {errors.WrongPassword, errors.TooManySignIns}


async def test_sessions_and_messages_survive_a_restart(store: object, keys: dict[str, str]) -> None:
    """What was acknowledged is there when main comes back, under the same epoch."""
    async with running(store, keys) as before:  # type: ignore[arg-type]
        surabaya = await before.link("surabaya")
        session = await surabaya.sign_in("messi@surabaya")
        messi = await surabaya.attach(session.token)
        sent = await messi.send("henderson@jakarta", "halo", key="k1")
        messi.mark(sent.conversation, read=1)
        await messi.do(commands.OpenConversation, sent.conversation)
        epoch = before.main.writer.epoch
    async with running(store, keys) as after:  # type: ignore[arg-type]
        surabaya = await after.link("surabaya")
        messi = await surabaya.attach(session.token)
        assert await messi.send("henderson@jakarta", "halo", key="k1") == sent
        assert (await messi.send("henderson@jakarta", "lagi")).seq == 2
        head = await messi.do(commands.OpenConversation, sent.conversation)
        assert (head.read, after.main.writer.epoch) == (1, epoch)


async def test_a_position_means_the_same_after_a_restart(store: Path, keys: dict[str, str]) -> None:
    """Who was away while main restarted is told of what came since, however busy main was."""
    async with running(store, keys) as main:
        surabaya = await main.link("surabaya")
        messi = await surabaya.enter("messi@surabaya")
        henderson = await surabaya.enter("henderson@surabaya")
        await messi.send(henderson.address, "satu")
        token = (await surabaya.sign_in("henderson@surabaya")).token
        for _ in range(30):
            await main.main.settled()
        away = await surabaya.attach(token)
        await eventually(lambda: away.told(events.Synced))
        (synced,) = away.told(events.Synced)

    async with running(store, keys) as main:
        surabaya = await main.link("surabaya")
        messi = await surabaya.enter("messi@surabaya")
        await messi.send(henderson.address, "dua", key="k2")
        for _ in range(60):
            await main.main.settled()
        back = await surabaya.attach(token, epoch=synced.epoch, position=synced.position)
        await eventually(lambda: back.told(events.Synced))
        heads = [head for event in back.told(events.Heads) for head in event.heads]
        assert [(head.name, head.last_seq) for head in heads] == [("messi@surabaya", 2)]


async def test_a_password_that_changes_while_it_is_checked_opens_nothing(
    main: Running, surabaya: RealmEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator's new password ends the old one's sessions, also those about to open."""
    check_password = main.main.passwords.check

    async def check(address: Address, password_hash: str, password: str) -> None:
        await check_password(address, password_hash, password)
        await main.main.write(lambda tx: set_password(tx, "messi@surabaya", "another hash"))

    monkeypatch.setattr(main.main.passwords, "check", check)
    with pytest.raises(errors.WrongPassword):
        await surabaya.sign_in("messi@surabaya")


async def test_who_signs_in_while_main_stops_is_answered(
    main: Running, surabaya: RealmEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was asked before the links close is answered first, also when it takes its time."""
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def check(*_: str) -> None:
        asked.set()
        await go_on.wait()

    monkeypatch.setattr(main.main.passwords, "check", check)
    session = asyncio.create_task(surabaya.sign_in("messi@surabaya"))
    await asked.wait()
    draining = asyncio.create_task(main.main.drain())
    await main.main.settled()
    await main.main.settled()
    go_on.set()

    assert (await session).address == "messi@surabaya"
    await draining


async def test_a_refusal_drops_nothing_from_memory(main: Running, surabaya: RealmEnd) -> None:
    """Else whoever asks wrongly over and over would have every group read anew by the writer."""
    messi = await surabaya.enter("messi@surabaya")
    sent = await messi.send("henderson@jakarta", "halo")
    with pytest.raises(errors.GroupNotFound):
        await messi.do(commands.JoinGroup, "nothing@surabaya")
    assert await main.main.write(lambda tx: tx.ledger.cached(sent.conversation) is not None)
