"""Texts of other people as they may go to a terminal. Pure."""

import re

# C0 without tab and line feed, DEL and C1, separators that a terminal may take for line ends, and
# what turns the direction of text for good: all that could move the cursor or forge a line.
_controls = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]")
_isolates = re.compile("[\u2066-\u2069\n]")
_POP_ISOLATE = "\u2069"


def clean(text: str) -> str:
    """A text of somebody else as it may go to a terminal: it steers nothing outside itself.

    Isolates, which right-to-left text needs, stay; those that a line leaves open are closed.
    """
    shown = _controls.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))
    return _balanced(shown) if _isolates.search(shown) else shown


def _balanced(text: str) -> str:
    depth = 0

    def keep(found: re.Match[str]) -> str:
        nonlocal depth
        mark = found[0]
        if mark == "\n":
            closing, depth = _POP_ISOLATE * depth, 0
            return closing + mark
        if mark == _POP_ISOLATE and not depth:
            return ""
        depth += -1 if mark == _POP_ISOLATE else 1
        return mark

    kept = _isolates.sub(keep, text)
    return kept + _POP_ISOLATE * depth
