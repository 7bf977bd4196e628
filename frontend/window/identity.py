"""What tells people, groups and sites apart at a glance: initials, and one of six colours.

The same on every device, because it comes of the address alone.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping

from realm_protocol import rooms

COLOURS = 6


def colour_index(kind: str, name: str) -> int:
    """Which of the colours is a person's (`user`), group's or realm's."""
    digest = hashlib.sha256(f"{kind}:{name}".encode()).digest()
    return int.from_bytes(digest[:4]) % COLOURS


def initials(name: str) -> str:
    """Two letters of a name or an address."""
    words = name.partition("@")[0].replace(".", " ").replace("_", " ").split()
    words = [word.strip("-") for word in words if word.strip("-")]
    if not words:
        return "?"
    letters = words[0][:2] if len(words) == 1 else words[0][0] + words[-1][0]
    return letters.upper()


def short(address: str, own_realm: str) -> str:
    """An address as people of one's own site say it: without the site where it is theirs."""
    name, _, realm = address.partition("@")
    return name if realm == own_realm else address


def namesakes(names: Mapping[str, str]) -> frozenset[str]:
    """Whose name another one of their site has too; `names` as they are shown, by addresses."""
    called = Counter((realm_of(address), name) for address, name in names.items())
    return frozenset(a for a, name in names.items() if called[realm_of(a), name] > 1)


def is_guest(address: str) -> bool:
    """Somebody who has no account, as their address says."""
    return rooms.is_guest(address)


def name_of(address: str) -> str:
    return address.partition("@")[0]


def realm_of(address: str) -> str:
    return address.partition("@")[2]
