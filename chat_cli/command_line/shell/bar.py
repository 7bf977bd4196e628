"""What the bar below the prompt says: who one is, how the link stands, and what helps. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prompt_toolkit.utils import get_cwidth

from chat_cli.command_line import texts
from chat_cli.command_line.texts import say
from realm_protocol.command_table import Word

_BETWEEN = "  "


@dataclass(frozen=True, slots=True)
class Standing:
    """What the shell knows at this moment."""

    account: str | None
    """Who one is; None while nobody is signed in."""
    service_up: bool
    link: Mapping[str, Any] | None
    """The connection of the account, as the service tells it; None until it has."""
    unread: int
    busy: bool
    """A command is under way."""


Fragments = list[tuple[str, str]]
"""Pieces of text, each with the class of its style."""


def bar(standing: Standing, word: Word | None, width: int) -> Fragments:
    """At most `width` columns: the state is never cut; the account is, and what helps first."""
    link = _link(standing)
    behind = [
        (
            "class:bar.unread",
            say(texts.BAR_UNREAD, count=standing.unread) if standing.unread else "",
        ),
        ("class:bar.busy", "…" if standing.busy else ""),
    ]
    left = width - _columns(_parted([link, *behind])) - len(_BETWEEN)
    account = ("class:bar.account", cut(standing.account or "", left))
    fragments = _parted([link, account, *behind])
    return fragments + _help(word, width - _columns(fragments))


def _parted(pieces: Fragments) -> Fragments:
    """Those that say anything, with room between them."""
    fragments = [("class:bar", " ")]
    for style, text in pieces:
        if text:
            fragments += [(style, text), ("class:bar", _BETWEEN)]
    return fragments


def _columns(fragments: Fragments) -> int:
    return sum(get_cwidth(text) for _, text in fragments)


def _help(word: Word | None, width: int) -> Fragments:
    """A word's usage, and what it does as far as there is room; else how to get help."""
    if word is None:
        hint = say(texts.BAR_HINT)
        return [("class:bar.help", hint)] if get_cwidth(hint) <= width else []
    usage = cut(word.usage, width)
    explained = cut(f" · {say(word.help)}", width - get_cwidth(usage))
    return [("class:bar.usage", usage), ("class:bar.help", explained)]


def cut(text: str, width: int) -> str:
    """As much of a text as fits into so many columns."""
    if get_cwidth(text) <= width:
        return text
    while text and get_cwidth(text) > width - 1:
        text = text[:-1]
    return f"{text}…" if width > 0 else ""


def _link(standing: Standing) -> tuple[str, str]:
    """A sign and words, so that it needs no colour to be understood."""
    if not standing.service_up:
        return "class:bar.away", f"○ {say(texts.BAR_SERVICE_AWAY)}"
    if standing.account is None:
        return "class:bar.away", f"○ {say(texts.BAR_NOBODY)}"
    if standing.link is None:
        return "class:bar.waiting", f"◌ {say(texts.BAR_CONNECTING)}"
    link, since = standing.link, _time(standing.link)
    match link["state"]:
        case "up":
            return "class:bar.up", f"● {say(texts.BAR_CONNECTED)}"
        case "cut_off":
            return (
                "class:bar.cut_off",
                f"◐ {say(texts.BAR_CUT_OFF, realm=link['realm'], since=since)}",
            )
        case "unreachable":
            return (
                "class:bar.away",
                f"○ {say(texts.BAR_UNREACHABLE, realm=link['realm'], since=since)}",
            )
        case "signed_out":
            return "class:bar.away", f"○ {say(texts.BAR_SIGNED_OUT, account=standing.account)}"
    return "class:bar.waiting", f"◌ {say(texts.BAR_CONNECTING)}"


def _time(link: Mapping[str, Any]) -> str:
    return f"{datetime.fromisoformat(link['since']).astimezone():%H:%M}"
