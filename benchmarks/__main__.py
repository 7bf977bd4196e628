"""`python -m benchmarks`: run the workloads, print the table, write the JSON."""

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from benchmarks import report
from benchmarks.bench import FULL, QUICK, Bench
from benchmarks.processes import allow_many_sockets
from benchmarks.workloads import WORKLOADS


def main(
    only: Annotated[
        str, typer.Option(help=f"Some of {','.join(WORKLOADS)}, with commas between them.")
    ] = "",
    runs: Annotated[int | None, typer.Option(min=1, help="Runs of each; medians count.")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Short runs, to see that it works.")
    ] = False,
    json_file: Annotated[
        Path, typer.Option("--json", help="Where the figures go, run by run.")
    ] = Path("build/benchmark.json"),
) -> None:
    """Measure realmchat and the floor on this machine, with nothing else running on it."""
    wanted = [name.strip() for name in only.split(",") if name.strip()] or list(WORKLOADS)
    unknown = [name for name in wanted if name not in WORKLOADS]
    if unknown:
        raise typer.BadParameter(f"no workload is called {unknown[0]}", param_hint="--only")
    effort = QUICK if quick else FULL
    if runs is not None:
        effort = effort.with_runs(runs)
    allow_many_sockets()
    about = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": report.machine()}
    rows: list[report.Row] = []
    with tempfile.TemporaryDirectory(prefix="realmchat-benchmark-") as folder:
        bench = Bench(effort, Path(folder), _tell)
        for name in wanted:
            _tell(f"{name}: {WORKLOADS[name].__doc__}")
            rows += WORKLOADS[name](bench)
    report.print_table(rows)
    json_file.parent.mkdir(parents=True, exist_ok=True)
    report.write_json(json_file, rows, about)
    _tell(f"figures of every run: {json_file}")


def _tell(line: str) -> None:
    typer.echo(f"{time.strftime('%H:%M:%S')} {line}", err=True)


if __name__ == "__main__":
    typer.run(main)
