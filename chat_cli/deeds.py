"""What a person can have done, each once: routes and typed lines both end up here.

Everything answers a value that JSON can hold.
"""

from typing import Any

from chat_cli import answers
from chat_cli.account import muting
from chat_cli.account.account import Account, now_ms
from chat_cli.account.link_state import Link
from chat_cli.account.reading import JsonRow, Snapshot
from chat_cli.account.recipients import Recipient
from realm_protocol.commands import (
    BlockPerson,
    CloseGroup,
    CreateGroup,
    EndSession,
    FindPeople,
    InviteMembers,
    JoinGroup,
    LeaveGroup,
    ListGroups,
    ListMembers,
    ListRealms,
    ListSessions,
    RemoveMember,
    RenameGroup,
    ReopenGroup,
    Role,
    SetGroupAccess,
    SetRole,
    UnblockPerson,
)
from realm_protocol.errors import LinkDown, RealmUnreachable
from realm_protocol.names import Address, GroupAddress
from realm_service.times import rfc3339

FOUND_PEOPLE = 1000


def describe(account: Account) -> dict[str, Any]:
    """An account in the list of this machine's accounts."""
    who = account.engine.who
    return {
        "account": account.address,
        "signed_in": account.engine.state.link is not Link.SIGNED_OUT,
        "signed_in_at": rfc3339(who.signed_in_at),
        "realm_url": who.realm_url,
        "link": account.engine.state.json(),
    }


async def groups(account: Account) -> Snapshot[list[JsonRow]]:
    """The person's groups and the open ones of their realm; cut off, those known here."""
    try:
        asked = await account.ask(ListGroups(0))
    except (LinkDown, RealmUnreachable):
        return await account.known_groups()
    return Snapshot([answers.group_json(group) for group in asked.value], asked.event_id)


async def members(account: Account, name: str) -> Snapshot[list[JsonRow]]:
    group = await account.resolve_group(name)
    asked = await account.ask(ListMembers(0, group))
    return Snapshot([answers.member_json(member) for member in asked.value], asked.event_id)


async def create_group(
    account: Account, name: str, others: list[str], *, invite_only: bool = False
) -> dict[str, Any]:
    """Create a group; a bare name is of one's own realm."""
    group = Recipient("group", name)
    address = group.address_in(account.address.realm) if group.is_bare else group.address()
    invited = [await _person(account, other) for other in others]
    asked = await account.ask(CreateGroup(0, GroupAddress(address), invited, invite_only))
    return answers.joined_json(asked.value)


async def join_group(account: Account, name: str) -> dict[str, Any]:
    group = await account.resolve_group(name)
    return answers.joined_json((await account.ask(JoinGroup(0, group))).value)


async def leave_group(account: Account, name: str) -> dict[str, Any]:
    group = await account.resolve_group(name)
    return answers.joined_json((await account.ask(LeaveGroup(0, group))).value)


# --- what members, admins, owners and operators do with a group ----------------------------------


async def invite(account: Account, name: str, people: list[str]) -> dict[str, Any]:
    group = await account.resolve_group(name)
    invited = [await _person(account, person) for person in people]
    return answers.joined_json((await account.ask(InviteMembers(0, group, invited))).value)


async def remove_member(account: Account, name: str, person: str) -> dict[str, Any]:
    group = await account.resolve_group(name)
    address = await _person(account, person)
    asked = await account.ask(RemoveMember(0, group, address))
    return {**answers.joined_json(asked.value), "address": address}


async def set_role(account: Account, name: str, person: str, role: Role) -> dict[str, Any]:
    group = await account.resolve_group(name)
    address = await _person(account, person)
    asked = await account.ask(SetRole(0, group, address, role))
    return {**answers.joined_json(asked.value), "address": address, "role": role}


async def rename_group(account: Account, name: str, display_name: str) -> dict[str, Any]:
    group = await account.resolve_group(name)
    asked = await account.ask(RenameGroup(0, group, display_name))
    return {**answers.joined_json(asked.value), "name": display_name}


async def set_access(account: Account, name: str, *, invite_only: bool) -> dict[str, Any]:
    group = await account.resolve_group(name)
    asked = await account.ask(SetGroupAccess(0, group, invite_only))
    return {**answers.joined_json(asked.value), "invite_only": invite_only}


async def close_group(account: Account, name: str, *, closed: bool) -> dict[str, Any]:
    group = await account.resolve_group(name)
    asked = await account.ask(CloseGroup(0, group) if closed else ReopenGroup(0, group))
    return {**answers.joined_json(asked.value), "closed": closed}


# --- people, realms, sessions --------------------------------------------------------------------


async def people(account: Account, query: str) -> Snapshot[list[JsonRow]]:
    asked = await account.ask(FindPeople(0, query, "", FOUND_PEOPLE))
    return Snapshot([answers.person_json(person) for person in asked.value], asked.event_id)


async def realms(account: Account) -> Snapshot[list[JsonRow]]:
    asked = await account.ask(ListRealms(0))
    return Snapshot([answers.realm_json(realm) for realm in asked.value], asked.event_id)


async def sessions(account: Account) -> Snapshot[list[JsonRow]]:
    asked = await account.ask(ListSessions(0))
    return Snapshot([answers.session_json(one) for one in asked.value], asked.event_id)


async def end_session(account: Account, session_id: str) -> dict[str, Any]:
    await account.ask(EndSession(0, session_id))
    return {"session_id": session_id, "ended": True}


async def block(account: Account, name: str) -> dict[str, Any]:
    address = await _person(account, name)
    await account.ask(BlockPerson(0, address))
    return {"address": address, "blocked": True}


async def unblock(account: Account, name: str) -> dict[str, Any]:
    address = await _person(account, name)
    await account.ask(UnblockPerson(0, address))
    return {"address": address, "blocked": False}


async def inbox(
    account: Account, *, peek: bool, conversation: str | None = None
) -> Snapshot[list[JsonRow]]:
    """Unread messages, of all conversations or of one; shown is read, unless one only peeks."""
    snapshot = await account.inbox()
    shown = [
        message for message in snapshot.value if conversation in (None, message["conversation"])
    ]
    if not peek:
        await account.mark_inbox_read(shown)
    return Snapshot(shown, snapshot.event_id)


async def receipts(account: Account, conversation: str, seq: int) -> Snapshot[JsonRow]:
    """Who has got and who has read a message, asked when somebody wants to know."""
    standing = await account.standing(conversation)
    if standing.kind == "private":
        marks = {standing.name: (standing.peer.delivered, standing.peer.read)}
        event_id = account.store.last_event_id
    else:
        asked = await account.ask(ListMembers(0, GroupAddress.parse(standing.name)))
        marks = {member.address: (member.delivered, member.read) for member in asked.value}
        event_id = asked.event_id
    others = {address: marks[address] for address in marks if address != account.address}
    return Snapshot(
        {
            "conversation": conversation,
            "seq": seq,
            "of": len(others),
            "delivered": [address for address, (got, _) in others.items() if got >= seq],
            "read": [address for address, (_, read) in others.items() if read >= seq],
        },
        event_id,
    )


async def info(account: Account) -> Snapshot[JsonRow]:
    """Who one is here, and how the connection stands."""
    snapshot = await account.summary()
    return Snapshot({**describe(account), **snapshot.value}, snapshot.event_id)


async def mute(account: Account, conversation: str, *, wanted: bool) -> dict[str, Any]:
    """Hear less of a conversation, or as much as of others again."""
    now = now_ms()
    await account.store.run(lambda c: muting.mute(c, conversation, wanted, now))
    return {"conversation": conversation, "muted": wanted}


async def _person(account: Account, name: str) -> Address:
    return Address(await account.resolve(Recipient("person", name)))
