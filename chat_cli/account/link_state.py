"""What people are told of the connection: to the realm, and the realm's own to main. Pure."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from realm_protocol.errors import LinkDown, RealmchatError, RealmUnreachable, SessionEnded
from realm_service.times import rfc3339


class Link(Enum):
    """Where the connection stands."""

    CONNECTING = "connecting"
    """An attempt is under way, or its heads are coming in."""
    UP = "up"
    """Connected, and in step with main."""
    CUT_OFF = "cut_off"
    """The realm answers, but has no link to main."""
    UNREACHABLE = "unreachable"
    """The realm doesn't answer; the next attempt waits."""
    SIGNED_OUT = "signed_out"
    """The session has ended: the person must sign in again."""


@dataclass(frozen=True, slots=True)
class LinkState:
    """`since` in milliseconds; `problem` in words, where there is one."""

    link: Link
    realm: str
    realm_url: str
    since: int
    problem: str = ""

    def json(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "state": self.link.value,
            "up": self.link is Link.UP,
            "realm": self.realm,
            "realm_url": self.realm_url,
            "since": rfc3339(self.since),
        }
        return {**told, "problem": self.problem} if self.problem else told

    def refusal(self) -> RealmchatError:
        """Why something can't be asked of main now."""
        if self.link is Link.SIGNED_OUT:
            return SessionEnded(reason=self.problem)
        if self.link is Link.CUT_OFF:
            return LinkDown(realm=self.realm, since=rfc3339(self.since))
        return RealmUnreachable(url=self.realm_url, detail=self.problem or "no connection yet")
