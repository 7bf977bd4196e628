"""What tells people, groups and sites apart at a glance: initials, and one of six colours.

The same on every device: a colour comes of the address alone, initials of what somebody calls
themselves and of the address.
"""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from frontend.window.letters import letters
from realm_protocol import rooms

COLOURS = 6
_APART = "\u200c"
"""Between letters that would be written together."""


def colour_index(kind: str, name: str) -> int:
    """Which of the colours is a person's (`user`), group's or realm's."""
    digest = hashlib.sha256(f"{kind}:{name}".encode()).digest()
    return int.from_bytes(digest[:4]) % COLOURS


@lru_cache(maxsize=4096)
def initials(address: str, name: str = "") -> str:
    """Two letters: of the name that somebody calls themselves, where it is known and has any, else
    of their address. The same each time a row is drawn, so it is remembered.
    """
    name = name.removesuffix(rooms.GUEST_ENDING) if is_guest(address) else name
    bare = name_of(address).removeprefix(rooms.GUEST_PREFIX)
    in_address = bare.replace(".", " ").replace("_", " ")
    return _initials_of(name) or _initials_of(in_address) or "?"


def _initials_of(name: str) -> str:
    """Of its first and its last word; of one word alone its first two. Words without letters don't
    count.
    """
    words = [found for word in name.split() if (found := letters(word))]
    if len(words) > 1:
        words = [words[0][:1], words[-1][:1]]
    chosen = [letters(one.title())[0] for word in words for one in word[:2]]
    are_joined = any(unicodedata.bidirectional(one[0]) == "AL" for one in chosen)
    return (_APART if are_joined else "").join(chosen)


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

    def which_of(self, address: str) -> str:
        """Which of two of one name somebody is; empty where the name is enough."""
        return f"({name_of(address)})" if address in self.namesakes else ""

    def title_of(self, address: str) -> str:
        """What somebody calls themselves, and where that isn't enough, their address's name."""
        return f"{self.name_of(address)} {self.which_of(address)}".rstrip()

    def told_of(self, address: str, own_realm: str) -> str:
        """Somebody's title in a sentence."""
        return with_site(self.title_of(address), realm_of(address), own_realm)

    def initials_of(self, address: str) -> str:
        """Those of a name that two share are the same."""
        return initials(address, self.names.get(address, ""))

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
