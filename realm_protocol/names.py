"""Names: addresses of people and groups, realms, keys, and the ids of conversations.

Everything here is a value with its grammar. Whether a name exists is the main server's to say.
"""

import base64
import hashlib
import re
from functools import lru_cache
from typing import NewType

from realm_protocol.errors import InvalidAddress, InvalidKey, InvalidName

NAME_PATTERN = r"[a-z0-9][a-z0-9._-]{0,31}"
KEY_PATTERN = r"[!-~]{1,64}"
CONVERSATION_PATTERN = r"[A-Za-z0-9_-]{1,64}"
GROUP_IDS_BEGIN = "g"

ConversationId = NewType("ConversationId", str)

_name = re.compile(NAME_PATTERN)
_key = re.compile(KEY_PATTERN)
_GROUP_PREFIX = "group:"


class Address(str):
    """A person's full address, `messi@surabaya`, in lower case. Made by `Address.parse`."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read an address; raise `InvalidAddress` where it can't be one."""
        return _parse_address(text)

    @classmethod
    def of(cls, name: str, realm: str) -> "Address":
        """Join a name and a realm, both checked; raise `InvalidName`."""
        return cls(f"{check_name(name)}@{check_name(realm)}")

    @property
    def name(self) -> str:
        return self.partition("@")[0]

    @property
    def realm(self) -> str:
        return self.partition("@")[2]


class GroupAddress(Address):
    """A group's full address, `jarkom3@surabaya`: the same grammar in a name space of its own."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> "GroupAddress":
        return cls(_parse_address(text.removeprefix(_GROUP_PREFIX)))

    @classmethod
    def of(cls, name: str, realm: str) -> "GroupAddress":
        return cls(f"{check_name(name)}@{check_name(realm)}")


Target = Address | GroupAddress


@lru_cache(maxsize=65536)
def _parse_address(text: str) -> Address:
    lowered = _lower(text)
    name, at, realm = lowered.partition("@")
    if not at or _name.fullmatch(name) is None or _name.fullmatch(realm) is None:
        raise InvalidAddress(value=text[:100])
    return Address(lowered)


def _lower(text: str) -> str:
    """In lower case; foreign letters stay, because some of them fold into ASCII ones."""
    return text.lower() if text.isascii() else text


def parse_target(text: str) -> Target:
    """Read whom a message is for: `messi@surabaya`, or `group:jarkom3@surabaya` for a group."""
    return GroupAddress.parse(text) if text.startswith(_GROUP_PREFIX) else Address.parse(text)


def print_target(target: Target) -> str:
    """The wire form of a target; `parse_target` reads it back."""
    return f"{_GROUP_PREFIX}{target}" if isinstance(target, GroupAddress) else str(target)


def check_name(text: str) -> str:
    """The name of a realm, person or group in lower case; raise `InvalidName`."""
    lowered = _lower(text)
    if _name.fullmatch(lowered) is None:
        raise InvalidName(value=text[:100])
    return lowered


def check_key(text: str) -> str:
    """A sender's key: 1 to 64 printable ASCII characters; raise `InvalidKey`."""
    if _key.fullmatch(text) is None:
        raise InvalidKey(value=text[:100])
    return text


def private_conversation(one: Address, other: Address) -> ConversationId:
    """The id of the conversation of two people, whoever writes first and wherever.

    Derived from the sorted pair, so that two first messages at once, or at two sites
    cut off from each other, mean the same conversation.
    """
    first, second = sorted((one, other))
    return ConversationId("p" + _digest(f"{first}\n{second}"))


def group_conversation(group: GroupAddress) -> ConversationId:
    """The id of a group's conversation. Addresses are never reused, so it never changes hands."""
    return ConversationId(GROUP_IDS_BEGIN + _digest(group))


def conversation_with(me: Address, target: Target) -> ConversationId:
    """The conversation that a message of mine to `target` goes into."""
    if isinstance(target, GroupAddress):
        return group_conversation(target)
    return private_conversation(me, target)


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:21]).decode()
