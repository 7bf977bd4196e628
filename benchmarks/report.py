"""What a go of the benchmark found: rows, the table that people read, the JSON for machines."""

import json
import os
import platform
import sqlite3
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass
class Row:
    """One figure of one workload, over all runs."""

    work: str
    figure: str
    unit: str
    values: list[float]
    """One for each run."""
    reference: list[float] = field(default_factory=list)
    """The same figure of what it is compared to, in the same rounds."""
    reference_name: str = ""
    at_most: float | None = None
    at_least: float | None = None
    at_most_times: float | None = None
    """Times the reference."""
    best: str = ""
    """Today's best elsewhere on the same work."""
    of_runs: Callable[[list[float]], float] = statistics.median

    @property
    def value(self) -> float:
        """The median of the runs."""
        return self.of_runs(self.values)

    @property
    def reference_value(self) -> float | None:
        return self.of_runs(self.reference) if self.reference else None

    @property
    def times(self) -> float | None:
        """How often the reference fits into the value."""
        return self.value / self.reference_value if self.reference_value else None

    @property
    def target(self) -> str:
        """The goals in words; empty when there is none."""
        goals = []
        if self.at_most is not None:
            goals.append(f"≤ {_number(self.at_most)}")
        if self.at_least is not None:
            goals.append(f"≥ {_number(self.at_least)}")
        if self.at_most_times is not None:
            goals.append(f"≤ {self.at_most_times} × {self.reference_name}")
        return ", ".join(goals)

    @property
    def reached(self) -> bool | None:
        """Whether every goal is met; None when there is none."""
        checks = []
        if self.at_most is not None:
            checks.append(self.value <= self.at_most)
        if self.at_least is not None:
            checks.append(self.value >= self.at_least)
        if self.at_most_times is not None:
            checks.append(self.times is not None and self.times <= self.at_most_times)
        return all(checks) if checks else None

    def as_json(self) -> dict[str, Any]:
        return {
            "work": self.work,
            "figure": self.figure.strip(),
            "unit": self.unit,
            "value": self.value,
            "values": self.values,
            "reference": self.reference_value,
            "reference_values": self.reference,
            "reference_name": self.reference_name,
            "times_reference": self.times,
            "target": self.target,
            "reached": self.reached,
            "todays_best": self.best,
        }


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


_VERDICTS = {True: "yes", False: "NO", None: ""}


def print_table(rows: Sequence[Row]) -> None:
    """One line a figure. A reference stands with its name; `×` is how many times it fits in."""
    table = Table("work", "figure")
    table.add_column("measured", justify="right")
    table.add_column("beside", justify="right")
    table.add_column("×", justify="right")
    for name in ("target", "reached", "today's best on the same work"):
        table.add_column(name)
    work = ""
    for row in rows:
        if work and row.work != work:
            table.add_section()
        beside = row.reference_value
        table.add_row(
            row.work if row.work != work else "",
            row.figure,
            f"{_number(row.value)} {row.unit}",
            f"{row.reference_name} {_number(beside)}" if beside is not None else "",
            "" if row.times is None else f"{row.times:.2f}",
            row.target,
            _VERDICTS[row.reached],
            row.best,
        )
        work = row.work
    Console(width=max(Console().width, 150)).print(table)


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    cpu = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    return {
        "cpu": cpu[0].partition(": ")[2] if cpu else platform.processor(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load_average": os.getloadavg(),
    }


def write_json(path: Path, rows: Sequence[Row], about: dict[str, Any]) -> None:
    """Everything that the table shows, and each run."""
    result = {**about, "rows": [row.as_json() for row in rows]}
    path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
