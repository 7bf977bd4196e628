"""Texts that people mark up: whether one does, and what of it is safe to draw. Pure."""

import re

_MARKS = re.compile(
    r"(\*\*|__|~~|`|^#{1,6} |^[-*+] |^\d+\. |^> |\[[^\]\n]+\]\(|https?://|www\.)", re.MULTILINE
)
_LINK = re.compile(r"!?\[([^\]\n]+)\]\([^)\s]*\)")
_TARGET = re.compile(r"\]\(\s*([^)\s]+)|(https?://[^\s<>()\[\]]+)", re.IGNORECASE)
_SIGNS = re.compile(r"\*\*|__|~~|`|^#{1,6} |^> ", re.MULTILINE)
_BARE_LINK = re.compile(r"^(https?://|mailto:)", re.IGNORECASE)
LONG_CHARACTERS = 2000
LONG_LINES = 30
_SHOWN_LINES = 20


def has_marks(text: str) -> bool:
    """Whether drawing it as Markdown would make a difference."""
    return _MARKS.search(text) is not None


def without_images(text: str) -> str:
    """An image becomes a link: showing it would ask a stranger's server."""
    return text.replace("![", "[")


def without_marks(text: str) -> str:
    """The words alone, where there is one line for them."""
    return _SIGNS.sub("", _LINK.sub(r"\1", text)) if has_marks(text) else text


def may_open(url: str) -> bool:
    """Whether a link may be followed: pages and mail, no scripts and no files."""
    return _BARE_LINK.match(url) is not None


def links(text: str) -> list[str]:
    """Those that may be followed, each once."""
    found = (marked or bare.rstrip(".,;:!?'\"*_~`") for marked, bare in _TARGET.findall(text))
    return list(dict.fromkeys(filter(may_open, found)))


def is_long(text: str) -> bool:
    return len(text) > LONG_CHARACTERS or text.count("\n") >= LONG_LINES


def beginning(text: str) -> str:
    """Of a long text, as much as its bubble shows."""
    return "\n".join(text[:LONG_CHARACTERS].split("\n")[:_SHOWN_LINES])
