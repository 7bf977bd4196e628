"""How high rows of messages are, about: a row that isn't built can't be asked. Pure."""

from collections.abc import Sequence

from frontend.views.bubbles import is_short
from frontend.views.files import box_of, is_picture
from frontend.window.rows import BubbleRow, Row, row_key

_LINE_CHARACTERS, _LINE_CHARACTERS_NARROW = 60, 32
_SHOWN_LINES = 20


def height_below(rows: Sequence[Row], key: str, *, narrow: bool = False) -> float | None:
    """Pixels between the lower edge of a row and that of the last; None where it isn't there."""
    height = 0.0
    for row in reversed(rows):
        if row_key(row) == key:
            return height
        height += height_of(row, narrow=narrow)
    return None


def lowest_within(
    rows: Sequence[Row], key: str, pixels: float, *, narrow: bool = False
) -> str | None:
    """The lowest message that ends no further below the upper edge of a row; the first one below
    it in any case. None where there is none.
    """
    found, height, begun = None, 0.0, False
    for row in rows:
        begun = begun or row_key(row) == key
        height += height_of(row, narrow=narrow) if begun else 0
        if found is not None and height > pixels:
            break
        if begun and isinstance(row, BubbleRow):
            found = row_key(row)
    return found


def height_of(row: Row, *, narrow: bool = False) -> float:
    if not isinstance(row, BubbleRow):
        return 36
    if row.message.file is not None:
        picture = is_picture(row.message.file)
        return 60 + (box_of(row.message.file)[1] + 30 if picture else 50)
    text = row.message.text
    longest = _LINE_CHARACTERS_NARROW if narrow else _LINE_CHARACTERS
    lines = sum(1 + len(line) // longest for line in text.split("\n"))
    beside = lines == 1 and is_short(text, narrow=narrow)
    foot = 2 if beside else 21
    return 14 + 21 * min(lines, _SHOWN_LINES) + foot + (10 if row.begins else 0)
