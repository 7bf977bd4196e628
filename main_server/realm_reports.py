"""How realms stand, as main's operator sees it: rows for programs, and a table for people."""

from typing import Any

from realm_protocol.link import RealmReport

Record = dict[str, Any]


def report_fields(told: tuple[RealmReport, int] | None) -> Record:
    """What a realm said last of itself, and when; nothing where it has said nothing yet."""
    if told is None:
        names = ("queued", "queued_bytes", "oldest_unsent_ms", "lag_ms", "reported_at")
        return dict.fromkeys(names)
    report, at = told
    return {
        "queued": report.queued,
        "queued_bytes": report.queued_bytes,
        "oldest_unsent_ms": report.oldest_ms,
        "lag_ms": report.lag_ms,
        "reported_at": at,
    }


def as_people_read(realms: list[Record], now: int) -> list[Record]:
    """A table of them at `now`, in milliseconds. Of a realm that is down, what it said last."""
    return [
        {
            "realm": realm["realm"],
            "link": _link(realm, now),
            "online": realm.get("online", 0),
            "lag": _span(realm.get("lag_ms")) if realm.get("linked") else "",
            "queued": _shown(realm.get("queued")),
            "bytes": _shown(realm.get("queued_bytes")),
            "oldest unsent": _oldest(realm, now),
        }
        for realm in realms
    ]


def _link(realm: Record, now: int) -> str:
    if "linked" not in realm:
        return "no server runs"
    if realm.get("since") is None:
        return "never up since main's start"
    return f"{'up' if realm['linked'] else 'DOWN'} for {_span(now - realm['since'])}"


def _oldest(realm: Record, now: int) -> str:
    if not realm.get("queued"):
        return ""
    age = int(realm["oldest_unsent_ms"])
    # Nothing of it has come since it was told: a realm that is down can't have sent it.
    return _span(age if realm.get("linked") else age + now - realm["reported_at"])


def _shown(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"


_UNITS = (("d", 24 * 3600), ("h", 3600), ("min", 60), ("s", 1))


def _span(milliseconds: int | None) -> str:
    """In the largest unit that is full: `3 min`."""
    if milliseconds is None:
        return "?"
    seconds = milliseconds // 1000
    for unit, size in _UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{max(milliseconds, 0)} ms"
