"""Whether a message can reach somebody, asked of main before the bytes of a file go there."""

from collections.abc import Awaitable, Callable
from typing import Any

from chat_cli.account import conversation_rows
from chat_cli.account.recipients import conversation_with
from chat_cli.account.store import Store
from realm_protocol.commands import GONE, ClientCommand, FindPeople, ListMembers, Person
from realm_protocol.errors import UserNotFound
from realm_protocol.names import Address, GroupAddress, Target

Ask = Callable[[ClientCommand], Awaitable[Any]]


async def check_reachable(store: Store, me: Address, target: Target, ask: Ask) -> None:
    """Raise what a message to `target` would be refused with: `GroupNotFound`, `NotMember` or
    `UserNotFound`. Main isn't asked of a conversation that one is in.
    """
    conversation = conversation_with(me, target)
    known = await store.run(lambda c: conversation_rows.find(c, conversation))
    if known is not None and known.role not in GONE:
        return
    if isinstance(target, GroupAddress):
        await ask(ListMembers(0, target))
        return
    found: list[Person] = await ask(FindPeople(0, target, target.realm, 1))
    if target not in [person.address for person in found]:
        raise UserNotFound(address=str(target))
