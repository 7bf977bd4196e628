"""What a command of the grammar came to, as lines that a person reads. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from frontend.service import shapes
from frontend.window import listing, times
from frontend.window.identity import realm_of, short
from frontend.window.words import Words
from realm_protocol.command_table import BY_NAME
from realm_protocol.errors import rebuild

_UNTOLD = frozenset(
    {
        *("key", "conversation", "session_id", "seq", "kind", "sent_at", "delivered"),
        *("realm_url", "signed_in", "up"),
    }
)
"""What only programs need, or what something beside it tells better."""
_ALONE = frozenset(
    {"address", "name", "country", "group", "account", "device", "realm", "host", "to", "link"}
)
"""What needs no word for what it is."""
_NUMBERS = {
    "members": "members",
    "online": "told_online",
    "conversations": "told_chats",
    "messages": "told_messages",
    "unread": "unread",
    "unsent": "told_unsent",
    "read": "told_read",
    "port": "told_port",
}
_TIMES = {
    "since": "told_since",
    "created_at": "told_signed_in",
    "signed_in_at": "told_signed_in",
    "last_seen_at": "last_seen",
}
_FACTS = {
    "online": ("online", "offline"),
    "linked": ("connected", "site_cut_off"),
    "blocked": ("told_blocked", "told_unblocked"),
    "joined": ("told_joined", ""),
    "invite_only": ("invite_only", ""),
    "closed": ("told_closed", ""),
    "current": ("told_here", ""),
    "muted": ("muted", ""),
}
"""What is said where it is so, and where it isn't."""
_VALUES = {
    "role": {"owner": "role_owner", "admin": "role_admin", "member": ""},
    "state": {
        **{state: state for state in ("saved", "at_realm", "at_main", "delivered", "read")},
        "refused": "",
        "up": "connected",
        "connecting": "reconnecting",
        "cut_off": "site_cut_off",
        "unreachable": "site_unanswering",
    },
}
"""The words of each value; none where it goes without saying, or its error says it."""


def told(result: Any, me: str, words: Words, now: datetime) -> list[str]:
    """A line for each row; of a single one, for each of its values."""
    telling = _Telling(me, words, now)
    if isinstance(result, list):
        return [telling.row(row) for row in result]
    if isinstance(result, Mapping):
        return telling.values(result)
    return [str(result)] if result not in (None, "") else []


@dataclass(frozen=True)
class _Telling:
    me: str
    words: Words
    now: datetime

    def row(self, row: Any) -> str:
        if not isinstance(row, Mapping):
            return str(row)
        if "text" in row and "from" in row:
            called = partial(short, own_realm=realm_of(self.me))
            return listing.preview_of(shapes.message(row), "group", self.me, self.words, called)
        if "usage" in row:
            return f"/{row['usage']}: {self._help(row)}"
        return " · ".join(self.values(row))

    def _help(self, row: Mapping[str, Any]) -> str:
        """Of a word that this version doesn't know, as the service says it."""
        word = BY_NAME.get(str(row["word"]))
        if word is None:
            return str(row["help"])
        return word.help.indonesian if self.words.language == "id" else word.help.english

    def values(self, row: Mapping[str, Any]) -> list[str]:
        found = (self._value(name, value) for name, value in row.items() if name not in _UNTOLD)
        return [part for part in found if part]

    def _value(self, name: str, value: Any) -> str:
        """Of what has no words here, its name and what it is."""
        words = self.words
        match value:
            case None | "" | []:
                return ""
            case Mapping() if name == "error" and (refusal := shapes.refusal(value)):
                error = rebuild(refusal.code, dict(refusal.fields))
                return error.message_in(words.language)
            case Mapping():
                return " · ".join(self.values(value))
            case bool() if name in _FACTS:
                return _said(words, _FACTS[name][not value])
            case int() if name in _NUMBERS:
                return words(_NUMBERS[name], n=value)
            case str() if name in _TIMES:
                moment = datetime.fromisoformat(value)
                return words(_TIMES[name], time=times.since(words, moment, self.now))
            case str() if value in _VALUES.get(name, {}):
                return _said(words, _VALUES[name][value])
            case str() if name in _ALONE:
                return value
            case list() if name == "names":
                return words("told_called", names=", ".join(value))
        return f"{name}: {value}"


def _said(words: Words, text: str) -> str:
    return words(text) if text else ""
