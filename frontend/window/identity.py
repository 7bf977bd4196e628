"""What tells people, groups and sites apart at a glance: initials, and one of six colours.

The same on every device, because it comes of the address alone.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

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


def with_site(name: str, realm: str, own_realm: str) -> str:
    """A name in a sentence: of another site, with it."""
    return name if realm == own_realm else f"{name}, {realm}"


@dataclass(frozen=True, slots=True)
class People:
    """What they call themselves, by their addresses."""

    names: Mapping[str, str] = field(default_factory=dict)
    namesakes: frozenset[str] = frozenset()
    """Whose name another one of their site has too."""

    def name_of(self, address: str) -> str:
        """What somebody calls themselves, else the name of their address."""
        return self.names.get(address) or name_of(address)

    def title_of(self, address: str) -> str:
        """What somebody calls themselves, and where that isn't enough, their address's name."""
        name = self.name_of(address)
        return f"{name} ({name_of(address)})" if address in self.namesakes else name

    def among(self, everybody: Collection[str]) -> "People":
        """With who of all that are known are namesakes."""
        called = Counter((realm_of(one), self.name_of(one)) for one in everybody)
        namesakes = (one for one in everybody if called[realm_of(one), self.name_of(one)] > 1)
        return replace(self, namesakes=frozenset(namesakes))


NOBODY = People()


def is_guest(address: str) -> bool:
    """Somebody who has no account, as their address says."""
    return rooms.is_guest(address)


def name_of(address: str) -> str:
    return address.partition("@")[0]


def realm_of(address: str) -> str:
    return address.partition("@")[2]
