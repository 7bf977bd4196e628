"""Roles in groups: who may do what, whatever happens in which order; and what people hear of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from main_server.effects import Asker, LiveSession
from main_server.operations import list_audit, list_groups, make_operator, operate
from main_server.rules.people import find_person
from main_server.rules.table import MainRules
from main_server.store.database import open_engine, read_epoch
from main_server.store.ledger import Ledger
from main_server.store.schema import audit, memberships, messages, people
from main_server.store.writer import Job, Transaction, write_once
from realm_protocol import commands, errors, events, link
from realm_protocol.bodies import read_system_body
from realm_protocol.errors import RealmchatError
from realm_protocol.names import Address, GroupAddress, group_conversation
from tests.main_server.conftest import Running
from tests.main_server.realm_end import RealmEnd, fanned_out

GROUP = GroupAddress("jarkom3@surabaya")
FOUNDER, OPERATOR = "messi@surabaya", "lineker@jakarta"
EVERYBODY = [
    f"{name}@{realm}" for realm in ("surabaya", "jakarta") for name in ("messi", "lineker")
]
_RANK = {"member": 0, "admin": 1, "owner": 2}


# --- any order of anything -----------------------------------------------------------------------


@dataclass
class Model:
    """What a group should be like, in the plainest words."""

    roles: dict[str, str] = field(default_factory=lambda: {FOUNDER: "owner"})
    """Of those who are in it, who came first first."""
    removed: set[str] = field(default_factory=set)
    is_open: bool = True
    is_closed: bool = False
    name: str = ""

    def owners(self) -> list[str]:
        return [person for person, role in self.roles.items() if role == "owner"]

    def refusal(self, who: str, what: str, other: str, role: str) -> str | None:
        """The code of what `who` is refused with."""
        mine = self.roles.get(who)
        rank = _RANK[mine or "member"]
        if what in ("close", "reopen"):
            return None if who == OPERATOR else "not_operator"
        if what == "join":
            return self._refusal_of_joining(who)
        if mine is None:
            return "not_member"
        if what == "leave":
            return None
        if self.is_closed:
            return "group_closed"
        if what == "invite":
            return None if self.is_open or rank >= 1 else "not_admin"
        if what == "rename":
            return None if rank >= 1 else "not_admin"
        if what in ("open", "restrict"):
            return None if rank == 2 else "not_owner"
        return self._refusal_about(who, what, other, role)

    def _refusal_of_joining(self, who: str) -> str | None:
        if who in self.roles:
            return "already_member"
        if self.is_closed:
            return "group_closed"
        if who in self.removed:
            return "removed_from_group"
        return None if self.is_open else "invite_only"

    def _refusal_about(self, who: str, what: str, other: str, role: str) -> str | None:
        rank = _RANK[self.roles[who]]
        if other not in self.roles:
            return "member_not_found"
        if what == "remove":
            if who == other:
                return None
            if rank < 1:
                return "not_admin"
            return None if rank == 2 or self.roles[other] == "member" else "not_owner"
        if rank < 2:
            return "not_owner"
        return "last_owner" if self.owners() == [other] and role != "owner" else None

    def do(self, who: str, what: str, other: str, role: str) -> None:
        """What nothing refuses."""
        match what:
            case "join":
                self.roles[who] = "member" if self.roles else "owner"
            case "invite":
                self.roles.setdefault(other, "member")
                self.removed.discard(other)
            case "remove" if who != other:
                del self.roles[other]
                self.removed.add(other)
            case "leave" | "remove":
                self._leave(who)
            case "role":
                self.roles[other] = role
            case "rename":
                self.name = role
            case "open" | "restrict":
                self.is_open = what == "open"
            case "close" | "reopen":
                self.is_closed = what == "close"

    def _leave(self, who: str) -> None:
        del self.roles[who]
        for role in ("owner", "admin", "member"):
            of_role = [person for person, has in self.roles.items() if has == role]
            if of_role:
                if role != "owner":
                    self.roles[of_role[0]] = "owner"
                return


def command_of(what: str, other: str, role: Any) -> Any:
    address = Address(other)
    match what:
        case "join":
            return commands.JoinGroup(1, GROUP)
        case "leave":
            return commands.LeaveGroup(1, GROUP)
        case "invite":
            return commands.InviteMembers(1, GROUP, [address])
        case "remove":
            return commands.RemoveMember(1, GROUP, address)
        case "role":
            return commands.SetRole(1, GROUP, address, role)
        case "rename":
            return commands.RenameGroup(1, GROUP, f" {role}\n")
        case "close":
            return commands.CloseGroup(1, GROUP)
        case "reopen":
            return commands.ReopenGroup(1, GROUP)
    return commands.SetGroupAccess(1, GROUP, what == "restrict")


class Governed:
    """A group in an open transaction, and everybody's sessions."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.sessions = {
            address: LiveSession(
                "s", find_person(tx.connection, Address(address)).id, Address(address), "r", 0, ""
            )
            for address in EVERYBODY
        }
        self.do(FOUNDER, commands.CreateGroup(1, GROUP, []))

    def do(self, who: str, command: Any) -> None:
        MainRules().perform(self.tx, Job(command, self.sessions[who], Asker(None, 1)))
        self.tx.ledger.flush()

    @property
    def group(self) -> Any:
        return self.tx.ledger.conversation(group_conversation(GROUP))

    def roles(self) -> dict[str, str]:
        """As the writer has them, who came first first."""
        members = sorted(self.group.members.values(), key=lambda member: member.joined_seq)
        return {str(member.address): member.role for member in members}

    def stored(self) -> dict[str, str]:
        """As the store has them, gone ones too."""
        rows = self.tx.connection.execute(
            sa.select(people.c.address, memberships.c.role)
            .join(people, people.c.id == memberships.c.person_id)
            .where(memberships.c.conversation_id == self.group.row_id)
        )
        return {row.address: row.role for row in rows}

    def told(self) -> dict[str, str]:
        """As whoever reads the log from its start knows them."""
        roles: dict[str, str] = {}
        for body in self.tx.connection.scalars(
            sa.select(messages.c.body)
            .where(messages.c.conversation_id == self.group.row_id)
            .order_by(messages.c.seq)
        ):
            change = read_system_body(body)
            match change.event:
                case "created":
                    roles[change.who] = "owner"
                case "joined":
                    roles[change.who] = "member" if roles else "owner"
                case "left" | "removed":
                    del roles[change.who]
                case "role":
                    roles[change.who] = change.role
        return roles


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Two realms, and people who have no password."""
    from main_server.operations import add_realm
    from main_server.rules.people import add_person

    engine = open_engine(tmp_path_factory.mktemp("roles") / "main.db")

    def fill(tx: Transaction) -> None:
        for realm in ("surabaya", "jakarta"):
            add_realm(tx, realm)
        for address in EVERYBODY:
            add_person(tx, Address(address), "", "", "")
        make_operator(tx, OPERATOR)

    write_once(engine, fill)
    yield engine
    engine.dispose()


@contextmanager
def governed(engine: Engine) -> Iterator[Governed]:
    """Nothing of it stays."""
    with engine.connect() as connection:
        ledger = Ledger(connection)
        ledger.begin(7)
        try:
            yield Governed(Transaction(connection, ledger, 1000, 7, read_epoch(connection)))
        finally:
            ledger.roll_back()


steps = st.tuples(
    st.sampled_from(EVERYBODY),
    st.sampled_from(
        [
            *("join", "join", "invite", "invite", "leave", "remove", "role", "role"),
            *("rename", "open", "restrict", "close", "reopen", "reopen"),
        ]
    ),
    st.sampled_from(EVERYBODY),
    st.sampled_from(["owner", "admin", "member"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=40))
def test_rights_hold_whatever_is_done(engine: Engine, done: list[tuple[str, ...]]) -> None:
    """What is refused changes nothing. A group with members has an owner. Writer, store and log
    agree on who is what, and each change is one row or two.
    """
    model = Model()
    with governed(engine) as it:
        for who, what, other, role in done:
            rows, expected = it.group.last_seq, model.refusal(who, what, other, role)
            refused = None
            try:
                it.do(who, command_of(what, other, role))
            except RealmchatError as error:
                refused = error.code
            assert refused == expected, (who, what, other, role)
            if refused is None:
                model.do(who, what, other, role)
            assert it.group.last_seq - rows <= (0 if refused else 2)
            assert it.roles() == it.told() == model.roles
            assert list(it.roles()) == list(model.roles)
            assert not model.roles or model.owners()
            gone = {who: role for who, role in it.stored().items() if role in commands.GONE}
            assert it.stored() == {**gone, **model.roles}
            assert {who for who, role in gone.items() if role == "removed"} == model.removed
            it.tx.ledger.forget()
            assert (it.group.display_name, it.group.is_invite_only, it.group.is_closed) == (
                model.name,
                not model.is_open,
                model.is_closed,
            )


# --- what people see and hear --------------------------------------------------------------------


async def test_the_invited_see_what_is_written_from_then_on(
    surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """In a group that one has to be invited to; also when it opens later. In an open one: all."""
    messi, lineker = (
        await surabaya.enter("messi@surabaya"),
        await surabaya.enter("lineker@surabaya"),
    )
    henderson = await jakarta.enter("henderson@jakarta")
    made = await messi.do(commands.CreateGroup, GROUP, [], True)
    await messi.send(f"group:{GROUP}", "rahasia")
    with pytest.raises(errors.InviteOnly):
        await henderson.do(commands.JoinGroup, GROUP)
    assert await henderson.do(commands.ListGroups) == []

    await messi.do(commands.InviteMembers, GROUP, [henderson.address])
    await messi.send(f"group:{GROUP}", "selamat datang")
    await messi.do(commands.SetGroupAccess, GROUP, False)
    joined = await lineker.do(commands.JoinGroup, GROUP)

    assert [row.seq for row in await henderson.history(made.conversation)] == [3, 4, 5, 6]
    assert [row.seq for row in await lineker.history(made.conversation)] == [5, joined.seq]
    head = await henderson.do(commands.OpenConversation, made.conversation)
    assert (head.first_seq, head.invite_only, head.role) == (3, False, "member")


async def test_who_is_put_out_is_told_and_hears_no_more(
    surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """At once, and when they come back later; only an invitation lets them in again."""
    messi = await surabaya.enter("messi@surabaya")
    henderson = await jakarta.enter("henderson@jakarta")
    made = await messi.do(commands.CreateGroup, GROUP, [henderson.address])

    await messi.do(commands.RemoveMember, GROUP, henderson.address)
    await messi.send(f"group:{GROUP}", "tanpa dia")
    with pytest.raises(errors.RemovedFromGroup):
        await henderson.do(commands.JoinGroup, GROUP)

    assert read_system_body(fanned_out(jakarta)[-1].message.body).event == "removed"
    assert henderson.told(events.Heads)[-1].heads[0].role == "removed"
    assert len(jakarta.told_of(link.Unroute)) == 1
    with pytest.raises(errors.NotMember):
        await henderson.send(f"group:{GROUP}", "masih di sini?")
    with pytest.raises(errors.ConversationNotFound):
        await henderson.history(made.conversation)
    again = await jakarta.enter_again()
    await again.do(commands.ListRealms)
    assert [head.role for told in again.told(events.Heads) for head in told.heads] == ["removed"]
    await messi.do(commands.InviteMembers, GROUP, [henderson.address])
    await henderson.send(f"group:{GROUP}", "terima kasih")


async def test_a_role_is_told_to_its_holder_and_to_all(
    surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """A head to one, a row to the others; lists show it. So are name and access."""
    messi = await surabaya.enter("messi@surabaya")
    henderson = await jakarta.enter("henderson@jakarta")
    await messi.do(commands.CreateGroup, GROUP, [henderson.address])

    changed = await messi.do(commands.SetRole, GROUP, henderson.address, "admin")
    assert await messi.do(commands.SetRole, GROUP, henderson.address, "admin") == changed
    await henderson.do(commands.RenameGroup, GROUP, "  Jaringan\nKomputer ")
    await messi.do(commands.LeaveGroup, GROUP)

    changes = [read_system_body(event.message.body) for event in fanned_out(jakarta)[-4:]]
    assert [(change.event, change.who, change.by) for change in changes] == [
        ("role", "henderson@jakarta", "messi@surabaya"),
        ("renamed", "henderson@jakarta", "henderson@jakarta"),
        ("role", "henderson@jakarta", "messi@surabaya"),
        ("left", "messi@surabaya", "messi@surabaya"),
    ]
    roles = [head.role for told in henderson.told(events.Heads) for head in told.heads]
    assert roles == ["member", "admin", "owner"]
    (group,) = await henderson.do(commands.ListGroups)
    assert (group.display_name, group.role, group.members) == ("Jaringan Komputer", "owner", 1)
    (member,) = await henderson.do(commands.ListMembers, GROUP)
    assert member.role == "owner"


async def test_an_operator_closes_a_group(
    main: Running, surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """It can be read and left; that is noted, and undone as well."""
    messi = await surabaya.enter("messi@surabaya")
    operator = await jakarta.enter("lineker@jakarta")
    await main.main.write(lambda tx: make_operator(tx, OPERATOR))
    made = await messi.do(commands.CreateGroup, GROUP, ["henderson@jakarta"])

    await operator.do(commands.CloseGroup, GROUP)

    with pytest.raises(errors.GroupClosed):
        await messi.send(f"group:{GROUP}", "halo?")
    with pytest.raises(errors.GroupClosed):
        await operator.do(commands.JoinGroup, GROUP)
    assert await operator.do(commands.ListGroups) == []
    head = await messi.do(commands.OpenConversation, made.conversation)
    assert (head.closed, len(await messi.history(made.conversation))) == (True, 3)
    await operator.do(commands.ReopenGroup, GROUP)
    await messi.send(f"group:{GROUP}", "halo lagi")
    noted = await main.main.read(
        lambda store: store.execute(sa.select(audit.c.actor, audit.c.action)).all()
    )
    assert [tuple(row) for row in noted][-2:] == [
        ("lineker@jakarta", "close group"),
        ("lineker@jakarta", "reopen group"),
    ]


async def test_a_group_is_closed_from_the_machine_of_main(
    main: Running, surabaya: RealmEnd
) -> None:
    """In the name of an operator, whom the row tells; noted is who ran the command."""
    messi = await surabaya.enter("messi@surabaya")
    await messi.do(commands.CreateGroup, GROUP, [])

    async def run(operation: str, **arguments: str) -> Any:
        asked = {"name": str(GROUP), **arguments}
        return await main.main.write(lambda tx: operate(tx, operation, asked, "andi"))

    with pytest.raises(errors.WrongArguments, match="0 people"):
        await run("group close")
    await main.main.write(lambda tx: make_operator(tx, OPERATOR))
    with pytest.raises(errors.NotOperator):
        await run("group close", by="messi@surabaya")
    closed = await run("group close")
    again = await run("group close", by=OPERATOR)

    assert (closed["by"], closed["changed"], again["changed"]) == (OPERATOR, True, False)
    with pytest.raises(errors.GroupClosed):
        await messi.send(f"group:{GROUP}", "halo?")
    (listed,) = await main.main.write(list_groups)
    assert (listed["group"], listed["members"], listed["closed"]) == (str(GROUP), 1, True)
    await run("group reopen", by=OPERATOR)
    await messi.send(f"group:{GROUP}", "halo lagi")
    told = [row for row in await messi.history(group_conversation(GROUP)) if row.kind == "system"]
    changes = [read_system_body(row.body) for row in told[-2:]]
    assert [(one.event, one.by) for one in changes] == [
        ("closed", OPERATOR),
        ("reopened", OPERATOR),
    ]
    noted = [row for row in await main.main.write(list_audit) if row["actor"] == "andi"]
    assert [(row["action"], row["subject"]) for row in noted] == [
        ("group close", GROUP),
        ("group close", GROUP),
        ("group reopen", GROUP),
    ]


async def test_nobody_puts_whom_they_may_not_write_to_into_a_group(
    surabaya: RealmEnd, jakarta: RealmEnd
) -> None:
    """Who has blocked somebody stays out of what that one invites to."""
    messi = await surabaya.enter("messi@surabaya")
    henderson = await jakarta.enter("henderson@jakarta")
    await henderson.do(commands.BlockPerson, messi.address)

    with pytest.raises(errors.Blocked):
        await messi.do(commands.CreateGroup, GROUP, [henderson.address])
    await messi.do(commands.CreateGroup, GROUP, [])
    with pytest.raises(errors.Blocked):
        await messi.do(commands.InviteMembers, GROUP, [henderson.address])

    assert [member.address for member in await messi.do(commands.ListMembers, GROUP)] == [
        "messi@surabaya"
    ]


def test_groups_whose_owner_had_left_get_one(store: Path) -> None:
    """Where nobody followed an owner in older versions, the member of longest standing does."""
    from tests.main_server.test_migrations import _at_revision

    def fill(connection: sa.engine.Connection) -> None:
        for address in ("a@s", "b@s", "c@s"):
            connection.exec_driver_sql(
                "INSERT INTO people (address, name, realm_id, display_name, country,"
                " password_hash, disabled, operator, limit_class, created_at)"
                " VALUES (?, 'x', 1, '', '', '', 0, 0, '', 0)",
                (address,),
            )
        connection.exec_driver_sql(
            "INSERT INTO conversations (id, public_id, kind, address, last_seq, changed_at,"
            " created_at) VALUES (1, 'g1', 'group', 'g@s', 4, 1, 1)"
        )
        for person, role in ((1, "left"), (2, "member"), (3, "member")):
            connection.exec_driver_sql(
                "INSERT INTO memberships VALUES (1, ?, ?, 1, 1, 1, 1)", (person, role)
            )

    _at_revision(store, "0004", fill)
    engine = open_engine(store)
    with engine.connect() as connection:
        found = connection.execute(sa.select(memberships.c.role)).scalars().all()
    engine.dispose()

    assert found == ["left", "owner", "member"]
