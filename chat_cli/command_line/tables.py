"""Rows of an answer as people and programs read them: a table at a terminal, tabs in a pipe.

rich draws the table: it knows how wide characters are, wraps, and fits the terminal. It costs 30 ms
to import, so a pipe does without it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chat_cli.command_line.cleaning import clean
from chat_cli.command_line.look import Look
from chat_cli.command_line.message_lines import isolated
from chat_cli.command_line.texts import Text, say

Row = Mapping[str, Any]


def plain(value: Any) -> str:
    """A value in a pipe: nothing for None, one line for all else."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
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
    # Here, because of its cost: only whoever sits at a terminal pays it.
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text as RichText

    table = Table(box=None, pad_edge=False, header_style="bold")
    told = [[RichText(isolated(c.told(row[c.key], look))) for c in columns] for row in rows]
    # What a row is known by gives way last: an address in two pieces can't be copied.
    widest = max(cell_len(say(columns[0].heading)), *(row[0].cell_len for row in told))
    for place, column in enumerate(columns):
        justify: Literal["left", "right"] = "right" if column.number else "left"
        width = min(widest, look.width // 2) if place == 0 else None
        # Narrow, but whole: half an address is none.
        table.add_column(say(column.heading), justify=justify, overflow="fold", width=width)
    for cells in told:
        table.add_row(*cells)
    console = Console(
        width=look.width,
        force_terminal=look.colours,
        no_color=not look.colours,
        color_system="standard" if look.colours else None,
        highlight=False,
        legacy_windows=False,
    )
    with console.capture() as captured:
        console.print(table)
    return [line.rstrip() for line in captured.get().splitlines()]
