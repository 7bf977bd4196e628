"""What the workloads share: how long and how often, people and stores, and figures of runs.

Each run has fresh servers. Within a round the systems that are compared run one after the other,
so that what else the machine does falls on all of them.
"""

import multiprocessing
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks import files, systems
from benchmarks.clients import Account
from benchmarks.load import Measured, Target
from benchmarks.population import Template, make_accounts, make_template
from benchmarks.report import Row
from benchmarks.systems import Certificates, Realmchat

PEOPLE = 5200
OLD_MESSAGES = 1_000_000

System = Callable[[], AbstractContextManager[Target]]


@dataclass(frozen=True)
class Effort:
    """How long and how often."""

    runs: int
    warm_up: float
    """Seconds before each measured stretch."""
    seconds: float
    sessions: int
    sign_ins: int
    kill_after: int
    """Acknowledgements."""
    file_bytes: int = 1024**3
    kept_messages: int = 20_000
    window_messages: int = 5000
    window_sessions: int = 50

    def with_runs(self, runs: int) -> "Effort":
        return replace(self, runs=runs)


FULL = Effort(runs=3, warm_up=3, seconds=8, sessions=5000, sign_ins=100, kill_after=20_000)
QUICK = Effort(
    runs=1,
    warm_up=1,
    seconds=2,
    sessions=1000,
    sign_ins=16,
    kill_after=5000,
    file_bytes=256 * 1024**2,
    kept_messages=2000,
    window_messages=500,
    window_sessions=5,
)


class Bench:
    """What the workloads share: people, templates, certificates, the rounds."""

    def __init__(self, effort: Effort, folder: Path, tell: Callable[[str], None]) -> None:
        self.effort = effort
        self.tell = tell
        self.accounts = make_accounts(PEOPLE)
        self._folder = folder
        self._templates: dict[int, Template] = {}

    def template(self, old_messages: int = 0) -> Template:
        """A store that holds so many messages; made once."""
        if old_messages not in self._templates:
            self.tell(f"preparing a store with {PEOPLE:,} people and {old_messages:,} messages")
            path = self._folder / f"{old_messages}.db"
            self._templates[old_messages] = make_template(path, self.accounts, old_messages)
        return self._templates[old_messages]

    @cached_property
    def certificates(self) -> Certificates:
        return systems.make_certificates(self._folder)

    @cached_property
    def sample(self) -> files.Sample:
        """The file of the workloads with files."""
        return files.make_sample(self._folder / "sample", self.effort.file_bytes)

    @cached_property
    def changing_sample(self) -> files.Sample:
        """One that may be `renewed`."""
        return files.make_sample(self._folder / "changing-sample", self.effort.file_bytes)

    @contextmanager
    def realmchat(self, old_messages: int = 0, *, tls: bool = False) -> Iterator[Realmchat]:
        certificates = self.certificates if tls else None
        with systems.realmchat(self.template(old_messages), certificates) as running:
            yield running

    def on_realmchat(self, old_messages: int = 0, *, tls: bool = False) -> System:
        @contextmanager
        def start() -> Iterator[Target]:
            with self.realmchat(old_messages, tls=tls) as running:
                yield running.target

        return start

    def pairs(self, count: int) -> list[tuple[Account, Account]]:
        accounts = self.accounts[: 2 * count]
        return list(zip(accounts[::2], accounts[1::2], strict=True))

    def rounds(
        self, compared: Mapping[str, System], run: Callable[[Target], Any]
    ) -> dict[str, list[Any]]:
        """The results by system: in each round every system runs once."""
        results: dict[str, list[Any]] = {name: [] for name in compared}
        for number in range(1, self.effort.runs + 1):
            for name, start in compared.items():
                self.tell(f"  run {number} of {self.effort.runs} on {name}")
                with start() as target:
                    results[name].append(run(target))
        return results


def in_own_process(work: Callable[..., Any], *args: Any) -> Any:
    """Run a load in a fresh process and wait for its result."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(work, *args).result()


# --- figures -------------------------------------------------------------------------------------

Measure = Callable[[Measured], float]


@dataclass(frozen=True)
class Figure:
    """What is taken from a run, and what it must reach."""

    name: str
    unit: str
    measure: Measure
    at_most: float | None = None
    at_least: float | None = None
    at_most_times: float | None = None
    """Times the reference."""
    best: str = ""
    """Today's best elsewhere, on the same work."""


def server_cpu(run: Measured) -> float:
    """Microseconds of main and realm together, per message."""
    return (run.cpu["main"] + run.cpu["realm"]) / run.messages * 1e6


def cpu_of(name: str) -> Measure:
    return lambda run: run.cpu[name] / run.messages * 1e6


def rate(run: Measured) -> float:
    return run.messages / run.seconds


def percentile(percent: int) -> Measure:
    """Milliseconds from send to delivery."""
    return lambda run: statistics.quantiles(run.latencies, n=100)[percent - 1] * 1e3


PARTS = [
    Figure("  main's part", "µs", cpu_of("main")),
    Figure("  the realm's part", "µs", cpu_of("realm")),
    Figure("  (the load's own)", "µs", cpu_of("clients")),
]


def rows_of(
    work: str,
    runs: Sequence[Measured],
    figures: Sequence[Figure],
    reference: Sequence[Measured] = (),
    reference_name: str = "floor",
) -> list[Row]:
    """One row for each figure, with the same figure of the system that it is compared to."""
    return [
        Row(
            work=work,
            figure=figure.name,
            unit=figure.unit,
            values=[figure.measure(run) for run in runs],
            reference=[figure.measure(run) for run in reference],
            reference_name=reference_name if reference else "",
            at_most=figure.at_most,
            at_least=figure.at_least,
            at_most_times=figure.at_most_times,
            best=figure.best,
        )
        for figure in figures
    ]
