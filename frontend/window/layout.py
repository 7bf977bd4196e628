"""How wide what is, for a window of some width. Pure."""

from dataclasses import dataclass

WIDE = 1000
NARROW = 720
COLUMN = 840


@dataclass(frozen=True, slots=True)
class Layout:
    """`narrow`: the list or the chat, never both. `margin`: beside the column of messages."""

    narrow: bool
    list_width: int
    margin: int


def layout_of(width: float) -> Layout:
    if width < NARROW:
        return Layout(True, 0, 12)
    wide = width >= WIDE
    list_width = 328 if wide else 280
    pane = width - list_width
    gutter = 24 if wide else 16
    return Layout(False, list_width, int(max(gutter, (pane - COLUMN) / 2)))
