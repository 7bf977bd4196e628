"""How high rows of messages are, about: a row that isn't built can't be asked. Pure."""

from frontend.views.bubbles import is_short
from frontend.views.files import box_of, is_picture
from frontend.window.rows import BubbleRow, Row

_LINE_CHARACTERS, _LINE_CHARACTERS_NARROW = 60, 32
_SHOWN_LINES = 20
_LAST_NARROW = "\u2fff"


def height_of(row: Row, *, narrow: bool = False, percent: int = 100) -> float:
    """In letters of that size."""
    if not isinstance(row, BubbleRow):
        return 10 + 26 * percent / 100
    line = 21 * percent / 100
    if row.message.file is not None:
        picture = is_picture(row.message.file)
        return 60 + (box_of(row.message.file)[1] + 30 if picture else 50)
    text = row.message.text
    longest = (_LINE_CHARACTERS_NARROW if narrow else _LINE_CHARACTERS) * 100 / percent
    lines = sum(1 + int(_width(one) // longest) for one in text.split("\n"))
    beside = lines == 1 and is_short(text, narrow=narrow, percent=percent)
    foot = 2 if beside else line
    return 14 + line * min(lines, _SHOWN_LINES) + foot + (10 if row.begins else 0)


def _width(line: str) -> int:
    """In letters; those of China, Japan and Korea, and emoji, are as wide as two."""
    return len(line) if line.isascii() else len(line) + sum(one > _LAST_NARROW for one in line)
