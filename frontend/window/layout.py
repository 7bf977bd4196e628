"""How wide what is, for a window of some width. Pure."""

from dataclasses import dataclass

WIDE = 1000
NARROW = 720
DOCKING = 1280
DETAILS = 300
COLUMN = 840


@dataclass(frozen=True, slots=True)
class Layout:
    """`narrow`: the list or the chat, never both. `margin`: beside the column of messages. `docks`:
    there is room for details beside them.
    """

    narrow: bool
    list_width: int
    margin: int
    docks: bool = False


def layout_of(width: float, *, details: bool = False) -> Layout:
    """`details`: they are wanted."""
    if width < NARROW:
        return Layout(True, 0, 12)
    wide, docks = width >= WIDE, width >= DOCKING
    list_width = 328 if wide else 280
    pane = width - list_width - (DETAILS if details and docks else 0)
    gutter = 24 if wide else 16
    return Layout(False, list_width, int(max(gutter, (pane - COLUMN) / 2)), docks)
