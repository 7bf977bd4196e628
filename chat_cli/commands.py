"""Typed lines: what each word of the command table does, for one account."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from chat_cli import answers, deeds, other_realms
from chat_cli.account.account import Account
from chat_cli.account.reading import Window
from chat_cli.account.recipients import Recipient
from chat_cli.accounts import Accounts
from realm_protocol.command_table import WORDS
from realm_protocol.errors import ConversationNotFound, NotAllowed, WrongArguments
from realm_protocol.grammar import ParsedLine, find_word
from realm_protocol.names import Address

Arguments = Mapping[str, str]
Deed = Callable[[Account, Arguments], Awaitable[Any]]

SEND_WAIT_SECONDS = 5.0
HISTORY_LIMIT = 50
HISTORY_MOST = 1000


async def run_line(accounts: Accounts, account: Account, parsed: ParsedLine) -> Any:
    """What the line of a signed-in person comes to; raises what it is refused with."""
    name = parsed.word.name
    if name in _DEEDS:
        return await _DEEDS[name](account, parsed.arguments)
    return await _ABOUT_ACCOUNTS[name](accounts, account, parsed)


async def _auth(accounts: Accounts, account: Account, parsed: ParsedLine) -> Any:
    """Check the password again; who signs in as somebody else asks the login route."""
    _check_own(account, parsed)
    password = _given(parsed, "password")
    signed_in, _ = await accounts.login(account.address, password, None)
    return deeds.describe(signed_in)


async def _register(accounts: Accounts, account: Account, parsed: ParsedLine) -> Any:
    raise NotAllowed(detail="you are signed in; the register route makes another account")


async def _guest(accounts: Accounts, account: Account, parsed: ParsedLine) -> Any:
    raise NotAllowed(detail="you are signed in; the guest route makes another account")


def _check_own(account: Account, parsed: ParsedLine) -> None:
    named = parsed.arguments["address"]
    address = Address.parse(named) if "@" in named else Address.of(named, account.address.realm)
    if address != account.address:
        raise NotAllowed(detail="this line is of another account; the login route signs in")


async def _logout(accounts: Accounts, account: Account, parsed: ParsedLine) -> Any:
    session = parsed.arguments.get("session")
    if session is not None:
        return await deeds.end_session(account, session)
    return await accounts.logout(account.address, forget=False)


async def _passwd(accounts: Accounts, account: Account, parsed: ParsedLine) -> Any:
    old, new = _given(parsed, "old"), _given(parsed, "new")
    await accounts.change_password(account.address, old, new)
    return {"account": account.address, "changed": True}


def _given(parsed: ParsedLine, name: str) -> str:
    """A parameter that a terminal would ask for, and a line must hold."""
    value = parsed.arguments.get(name)
    if value is None:
        raise WrongArguments(detail=f"{name.upper()} is missing.", usage=parsed.word.usage)
    return value


async def _send(account: Account, given: Arguments) -> Any:
    recipient = Recipient("person", given["person"])
    return answers.sent_json(await account.send(recipient, given["text"], None, SEND_WAIT_SECONDS))


async def _sendgroup(account: Account, given: Arguments) -> Any:
    recipient = Recipient("group", given["group"])
    return answers.sent_json(await account.send(recipient, given["text"], None, SEND_WAIT_SECONDS))


async def _sendfile(account: Account, given: Arguments) -> Any:
    # Which files this machine has is its owner's; who may type lines is perhaps somebody else.
    raise NotAllowed(detail="a line carries no bytes; the route /files takes them")


async def _receivefile(account: Account, given: Arguments) -> Any:
    """Messages with the files that are meant; the route /files gives their bytes."""
    wanted = given.get("id", "").lower()
    found = (await account.newest_files(HISTORY_MOST)).value
    of_others = [message for message in found if message["from"] != account.address]
    if not wanted:
        return of_others[-1:]
    if wanted == "all":
        return of_others
    return [message for message in found if message["file"]["file_id"].startswith(wanted)]


async def _addgroup(account: Account, given: Arguments) -> Any:
    return await deeds.create_group(account, given["group"], given.get("members", "").split())


async def _addinvitegroup(account: Account, given: Arguments) -> Any:
    others = given.get("members", "").split()
    return await deeds.create_group(account, given["group"], others, invite_only=True)


async def _invite(account: Account, given: Arguments) -> Any:
    return await deeds.invite(account, given["group"], given["people"].split())


async def _removemember(account: Account, given: Arguments) -> Any:
    return await deeds.remove_member(account, given["group"], given["person"])


async def _setrole(account: Account, given: Arguments) -> Any:
    role: Any = given["role"]  # one of the table's choices
    return await deeds.set_role(account, given["group"], given["person"], role)


async def _renamegroup(account: Account, given: Arguments) -> Any:
    return await deeds.rename_group(account, given["group"], given.get("name", ""))


async def _setaccess(account: Account, given: Arguments) -> Any:
    invite_only = given["access"] == "invite-only"
    return await deeds.set_access(account, given["group"], invite_only=invite_only)


async def _closegroup(account: Account, given: Arguments) -> Any:
    return await deeds.close_group(account, given["group"], closed=True)


async def _reopengroup(account: Account, given: Arguments) -> Any:
    return await deeds.close_group(account, given["group"], closed=False)


async def _inbox(account: Account, given: Arguments) -> Any:
    return (await deeds.inbox(account, peek="peek" in given)).value


async def _inboxgroup(account: Account, given: Arguments) -> Any:
    conversation = await account.find_conversation(Recipient("group", given["group"]))
    await account.standing(conversation)
    return (await deeds.inbox(account, peek="peek" in given, conversation=conversation)).value


async def _history(account: Account, given: Arguments) -> Any:
    conversation = await _conversation(account, given)
    limit = min(max(int(given.get("limit", HISTORY_LIMIT)), 1), HISTORY_MOST)
    before = int(given["before"]) if "before" in given else None
    with _as_asked(given):
        return (await account.history(conversation, Window(before, None, limit))).value


async def _read(account: Account, given: Arguments) -> Any:
    conversation = await _conversation(account, given)
    with _as_asked(given):
        standing = await account.standing(conversation)
    seq = int(given.get("seq", standing.holding.have))
    return {"conversation": conversation, "read": await account.mark_read(conversation, seq)}


@contextmanager
def _as_asked(given: Arguments) -> Iterator[None]:
    """Nobody knows a conversation's id by heart: where there is none, say whose was asked for."""
    try:
        yield
    except ConversationNotFound as exc:
        raise ConversationNotFound(conversation=given["conversation"]) from exc


async def _conversation(account: Account, given: Arguments) -> str:
    name = given["conversation"]
    if name.lower().startswith("group:"):
        return await account.find_conversation(Recipient("group", name[len("group:") :]))
    return await account.find_conversation(Recipient("person", name))


async def _groups(account: Account, given: Arguments) -> Any:
    return (await deeds.groups(account)).value


async def _members(account: Account, given: Arguments) -> Any:
    return (await deeds.members(account, given["group"])).value


async def _joingroup(account: Account, given: Arguments) -> Any:
    return await deeds.join_group(account, given["group"])


async def _leavegroup(account: Account, given: Arguments) -> Any:
    return await deeds.leave_group(account, given["group"])


async def _info(account: Account, given: Arguments) -> Any:
    return (await deeds.info(account)).value


async def _users(account: Account, given: Arguments) -> Any:
    return (await deeds.people(account, given.get("query", ""))).value


async def _realms(account: Account, given: Arguments) -> Any:
    return (await deeds.realms(account)).value


async def _addrealm(account: Account, given: Arguments) -> Any:
    return await other_realms.add(account, given["name"], given["host"], int(given["port"]))


async def _sendprivaterealm(account: Account, given: Arguments) -> Any:
    realm = await account.realm_names.meant_by(given["realm"])
    recipient = other_realms.in_realm(Recipient("person", given["person"]), realm)
    return answers.sent_json(await account.send(recipient, given["text"], None, SEND_WAIT_SECONDS))


async def _sendgrouprealm(account: Account, given: Arguments) -> Any:
    realm, named = given["realm"], given["recipients"]
    return await other_realms.send_to_all(account, realm, named, given["text"], SEND_WAIT_SECONDS)


async def _getrealminbox(account: Account, given: Arguments) -> Any:
    return (await other_realms.inbox(account, given["realm"], peek="peek" in given)).value


async def _sessions(account: Account, given: Arguments) -> Any:
    return (await deeds.sessions(account)).value


async def _block(account: Account, given: Arguments) -> Any:
    return await deeds.block(account, given["person"])


async def _unblock(account: Account, given: Arguments) -> Any:
    return await deeds.unblock(account, given["person"])


async def _mute(account: Account, given: Arguments) -> Any:
    with _as_asked(given):
        return await deeds.mute(account, await _conversation(account, given), wanted=True)


async def _unmute(account: Account, given: Arguments) -> Any:
    with _as_asked(given):
        return await deeds.mute(account, await _conversation(account, given), wanted=False)


async def _help(account: Account, given: Arguments) -> Any:
    words = [find_word(given["word"])] if "word" in given else WORDS
    return [
        {
            "word": word.name,
            "aliases": list(word.aliases),
            "usage": word.usage,
            "help": word.help.english,
        }
        for word in words
    ]


_DEEDS: dict[str, Deed] = {
    "sessions": _sessions,
    "send": _send,
    "sendgroup": _sendgroup,
    "sendfile": _sendfile,
    "sendgroupfile": _sendfile,
    "receivefile": _receivefile,
    "addgroup": _addgroup,
    "joingroup": _joingroup,
    "leavegroup": _leavegroup,
    "addinvitegroup": _addinvitegroup,
    "invite": _invite,
    "removemember": _removemember,
    "setrole": _setrole,
    "renamegroup": _renamegroup,
    "setaccess": _setaccess,
    "closegroup": _closegroup,
    "reopengroup": _reopengroup,
    "groups": _groups,
    "members": _members,
    "inbox": _inbox,
    "inboxgroup": _inboxgroup,
    "history": _history,
    "read": _read,
    "info": _info,
    "users": _users,
    "block": _block,
    "unblock": _unblock,
    "mute": _mute,
    "unmute": _unmute,
    "realms": _realms,
    "addrealm": _addrealm,
    "sendprivaterealm": _sendprivaterealm,
    "sendgrouprealm": _sendgrouprealm,
    "getrealminbox": _getrealminbox,
    "sendfilerealm": _sendfile,
    "sendgroupfilerealm": _sendfile,
    "help": _help,
}

_ABOUT_ACCOUNTS: dict[str, Callable[[Accounts, Account, ParsedLine], Awaitable[Any]]] = {
    "auth": _auth,
    "register": _register,
    "guest": _guest,
    "logout": _logout,
    "passwd": _passwd,
}

KNOWN_WORDS = frozenset(_DEEDS) | frozenset(_ABOUT_ACCOUNTS)
"""Every word that a line can begin with; a test holds it against the command table."""
