"""What a person does with other realms: add them, write there, read what comes from there."""

import asyncio
from typing import Any

from chat_cli import answers
from chat_cli.account.account import Account
from chat_cli.account.reading import JsonRow, Snapshot
from chat_cli.account.recipients import Recipient, recipient
from realm_protocol.commands import AddRealm, RealmAdded
from realm_protocol.errors import WrongArguments
from realm_protocol.names import Address, private_conversation

RECIPIENTS_MOST = 100


async def add(account: Account, name: str, host: str, port: int) -> dict[str, Any]:
    """Add a realm to one's list. `key` is told to an operator who has enrolled it by this."""
    added: RealmAdded = (await account.ask(AddRealm(0, name, host, port))).value
    told = {"name": name.lower(), "realm": added.realm}
    return {**told, "key": added.key} if added.key else told


async def placed(account: Account, named: Recipient, realm: str | None) -> Recipient:
    """Whom a name means that may be of a realm, by its name or what the account calls it."""
    if realm is None or not named.is_bare:
        return named
    return in_realm(named, await account.realm_names.meant_by(realm))


def in_realm(named: Recipient, realm: str) -> Recipient:
    """A bare name is of this realm."""
    return Recipient(named.kind, f"{named.name}@{realm}") if named.is_bare else named


def recipients(named: str) -> list[Recipient]:
    """Of `group:NAME`, or of people with commas between."""
    names = [named] if named.lower().startswith("group:") else named.split(",")
    return [recipient(name) for name in names]


async def send_to_all(
    account: Account, realm: str, named: str, text: str, wait_seconds: float
) -> list[dict[str, Any]]:
    """One message to each; raises the first refusal, once all were offered."""
    found = recipients(named)
    if len(found) > RECIPIENTS_MOST:
        detail = f"At most {RECIPIENTS_MOST} people can be named."
        raise WrongArguments(detail=detail, usage="sendgrouprealm REALM RECIPIENTS TEXT")
    name = await account.realm_names.meant_by(realm)
    sent = await asyncio.gather(
        *(account.send(in_realm(one, name), text, None, wait_seconds) for one in found),
        return_exceptions=True,
    )
    refusals = [one for one in sent if isinstance(one, BaseException)]
    if refusals:
        raise refusals[0]
    return [answers.sent_json(one) for one in sent if not isinstance(one, BaseException)]


async def inbox(account: Account, realm: str, *, peek: bool) -> Snapshot[list[JsonRow]]:
    """What people of a realm wrote that is unread; one's own realm's name means any other."""
    name = await account.realm_names.meant_by(realm)
    snapshot = await account.inbox()

    def is_wanted(message: JsonRow) -> bool:
        sender = Address(message["from"])
        is_there = (sender.realm == name) != (name == account.address.realm)
        is_private = private_conversation(account.address, sender) == message["conversation"]
        return is_there and is_private

    shown = [message for message in snapshot.value if is_wanted(message)]
    if not peek:
        await account.mark_inbox_read(shown)
    return Snapshot(shown, snapshot.event_id)
