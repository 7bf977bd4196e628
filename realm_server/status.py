"""How a realm stands, as its operator is told it. Pure."""

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class RealmStatus:
    """At one moment."""

    realm: str
    link: Literal["up", "suspect", "down"]
    """Suspect: it stands, and main does not answer."""
    since: str
    """Since when that is so."""
    unanswered: int
    """Requests that main has not answered."""
    queued: int
    """Messages that wait for main."""
    queued_bytes: int
    queue_limit_bytes: int
    oldest_seconds: float
    """How long the oldest of them has waited; 0 when there is none."""
    files: int
    """Taken in while main was away, and not at main yet."""
    file_bytes: int
    sessions: int
    people: int
    """How many have a session here."""

    def json(self) -> dict[str, Any]:
        return asdict(self)


def status_lines(status: dict[str, Any]) -> list[str]:
    """For people, from what `json` told."""
    link, since = status["link"], status["since"]
    went = {
        "up": f"linked to main since {since}",
        "suspect": f"linked to main, which has not answered since {since}",
        "down": f"cut off from main since {since}",
    }
    lines = [
        f"{status['realm']}: {went[link]}",
        f"{status['people']} people in {status['sessions']} sessions",
    ]
    if status["queued"]:
        lines.append(
            f"{status['queued']} messages wait for main, the oldest for"
            f" {status['oldest_seconds']:.0f} s ({status['queued_bytes']} of"
            f" {status['queue_limit_bytes']} bytes)"
        )
    else:
        lines.append("No message waits for main.")
    if status["files"]:
        lines.append(f"Files that wait for main: {status['files']} ({status['file_bytes']} bytes)")
    return lines
