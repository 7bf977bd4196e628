"""Rows of an answer as people and programs read them: a table at a terminal, tabs in a pipe.

Where the terminal is too narrow for a table, each row is a record of its own. How wide characters
are is known by rich, whose import a pipe does without.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chat_cli.command_line.look import Look
from chat_cli.command_line.message_lines import isolated
from chat_cli.command_line.texts import Text, say
from realm_service.terminal_text import clean

Row = Mapping[str, Any]

_GAP = "  "


def plain(value: Any) -> str:
    """A value in a pipe: nothing for None, one line for all else."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(map(plain, value))
    return " ".join(clean(str(value)).split())


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, the key of the row, and how a person is told the value."""

    heading: Text
    key: str
    told: Callable[[Any, Look], str] = lambda value, _: plain(value)
    number: bool = False
    """Numbers stand at the right."""


def lines(columns: Sequence[Column], rows: Sequence[Row], look: Look) -> list[str]:
    """The rows, each in a line of its own where nobody is looking."""
    if look.at_terminal:
        return _table(columns, rows, look)
    return ["\t".join(plain(row[column.key]) for column in columns) for row in rows]


def _table(columns: Sequence[Column], rows: Sequence[Row], look: Look) -> list[str]:
    headings = [say(column.heading) for column in columns]
    told = [[isolated(c.told(row[c.key], look)) for c in columns] for row in rows]
    widths = [max(map(_width, column)) for column in zip(headings, *told, strict=True)]
    if sum(widths) + len(_GAP) * (len(columns) - 1) > look.width:
        return [line for cells in told for line in _record(headings, cells, look)]

    def aligned(cells: Sequence[str]) -> str:
        placed = zip(cells, widths, columns, strict=True)
        return _GAP.join(_padded(cell, width, c.number) for cell, width, c in placed).rstrip()

    return [look.paint(aligned(headings), "bold"), *map(aligned, told)]


def _record(headings: Sequence[str], cells: Sequence[str], look: Look) -> Iterator[str]:
    """A row for which the terminal is too narrow: half an address in a column is none."""
    widest = max(map(_width, headings))
    yield look.paint(cells[0], "bold")
    for heading, cell in zip(headings[1:], cells[1:], strict=True):
        if cell:
            yield f"{_GAP}{look.paint(_padded(heading, widest), 'dim')}{_GAP}{cell}"


def _padded(text: str, width: int, at_the_right: bool = False) -> str:
    gap = " " * (width - _width(text))
    return gap + text if at_the_right else text + gap


def _width(text: str) -> int:
    # Here, because of its cost: only whoever sits at a terminal pays it.
    from rich.cells import cell_len

    return cell_len(text)
