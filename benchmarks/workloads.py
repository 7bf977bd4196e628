"""The workloads: which load runs on which system, how often, and which figures come of it.

Each run has fresh servers. Within a round the systems that are compared run one after the other,
so that what else the machine does falls on all of them.
"""

import multiprocessing
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from benchmarks import command_files, command_line, cut_off, files, load, systems, window
from benchmarks.clients import Account
from benchmarks.load import Acknowledged, Idle, Measured, Target
from benchmarks.population import PASSWORD, REALM, Template, make_accounts, make_template
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


def _server_cpu(run: Measured) -> float:
    """Microseconds of main and realm together, per message."""
    return (run.cpu["main"] + run.cpu["realm"]) / run.messages * 1e6


def _cpu_of(name: str) -> Measure:
    return lambda run: run.cpu[name] / run.messages * 1e6


def _rate(run: Measured) -> float:
    return run.messages / run.seconds


def _percentile(percent: int) -> Measure:
    """Milliseconds from send to delivery."""
    return lambda run: statistics.quantiles(run.latencies, n=100)[percent - 1] * 1e3


_PARTS = [
    Figure("  main's part", "µs", _cpu_of("main")),
    Figure("  the realm's part", "µs", _cpu_of("realm")),
    Figure("  (the load's own)", "µs", _cpu_of("clients")),
]


def _rows(
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


# --- private messages ----------------------------------------------------------------------------


def _saturate(bench: Bench, pairs: int, outstanding: int) -> Callable[[Target], Measured]:
    effort = bench.effort

    def run(target: Target) -> Measured:
        stretch = (effort.warm_up, effort.seconds)
        measured: Measured = in_own_process(
            load.saturate_pairs, target, bench.pairs(pairs), outstanding, *stretch
        )
        return measured

    return run


def w1(bench: Bench) -> list[Row]:
    """Private messages, 50 pairs with 16 outstanding each; in the clear and with TLS."""
    compared = {
        "the floor": systems.floor,
        "realmchat": bench.on_realmchat(),
        "realmchat with TLS": bench.on_realmchat(tls=True),
    }
    floor, clear, tls = bench.rounds(compared, _saturate(bench, 50, 16)).values()
    best = "Prosody 413, ejabberd 1,150, Synapse 17,700"
    figures = [
        Figure("CPU a message", "µs", _server_cpu, at_most=30, at_most_times=3.5, best=best),
        *_PARTS,
        Figure("messages", "/s", _rate, at_least=25_000, best="Prosody 2,400, ejabberd 850"),
    ]
    with_tls = [
        Figure("CPU a message", "µs", _server_cpu),
        *_PARTS,
        Figure("messages", "/s", _rate),
    ]
    return [
        *_rows("W1 50 pairs × 16", clear, figures, floor),
        *_rows("W1 with TLS", tls, with_tls, clear, "without"),
    ]


def w1b(bench: Bench) -> list[Row]:
    """Private messages, 500 pairs with 1 outstanding each."""
    compared = {"the floor": systems.floor, "realmchat": bench.on_realmchat()}
    floor, clear = bench.rounds(compared, _saturate(bench, 500, 1)).values()
    figures = [
        Figure("CPU a message", "µs", _server_cpu, at_most=50),
        *_PARTS,
        Figure("messages", "/s", _rate),
    ]
    return _rows("W1b 500 pairs × 1", clear, figures, floor)


def w1_old(bench: Bench) -> list[Row]:
    """W1 on a store that holds a million messages, beside W1 on an empty one."""
    compared = {
        "an empty store": bench.on_realmchat(),
        "a store of 1,000,000": bench.on_realmchat(OLD_MESSAGES),
    }
    empty, old = bench.rounds(compared, _saturate(bench, 50, 16)).values()
    figures = [
        Figure("CPU a message", "µs", _server_cpu, at_most_times=1.2),
        Figure("messages", "/s", _rate),
    ]
    return _rows("W1 on 1,000,000 stored", old, figures, empty, "empty store")


def w2(bench: Bench) -> list[Row]:
    """200 messages a second in all: how long one takes from send to delivery."""
    effort = bench.effort

    def run(target: Target) -> Measured:
        stretch = (effort.warm_up, 2 * effort.seconds)
        measured: Measured = in_own_process(load.pace_pairs, target, bench.pairs(50), 200, *stretch)
        return measured

    compared = {"the floor": systems.floor, "realmchat": bench.on_realmchat()}
    floor, clear = bench.rounds(compared, run).values()
    figures = [
        Figure("p50", "ms", _percentile(50), at_most_times=1.6, best="Prosody 0.65 (no sync)"),
        Figure("p99", "ms", _percentile(99), at_most_times=1.6, best="Prosody 3.7 (no sync)"),
        Figure("CPU a message", "µs", _server_cpu),
    ]
    return _rows("W2 200 messages/s", clear, figures, floor)


# --- a group -------------------------------------------------------------------------------------


def w3(bench: Bench) -> list[Row]:
    """One writes to a group whose members are all online; the larger one also with TLS."""
    rows = _fan_out(bench, 200, Figure("CPU a delivery", "µs", _server_cpu))
    best = "ejabberd 27, Prosody 91"
    return rows + _fan_out(
        bench, 1000, Figure("CPU a delivery", "µs", _server_cpu, at_most=7, best=best), tls=True
    )


def _fan_out(bench: Bench, size: int, cpu: Figure, *, tls: bool = False) -> list[Row]:
    effort = bench.effort
    members = bench.accounts[:size]

    def run(target: Target) -> Measured:
        stretch = (effort.warm_up, effort.seconds)
        group = f"everybody@{REALM}"
        measured: Measured = in_own_process(
            load.saturate_group, target, members, group, 4, *stretch
        )
        return measured

    compared = {"the floor": systems.floor, "realmchat": bench.on_realmchat()}
    if tls:
        compared["realmchat with TLS"] = bench.on_realmchat(tls=True)
    floor, clear, *secured = bench.rounds(compared, run).values()
    rate = Figure("deliveries", "/s", _rate)
    rows = _rows(f"W3 {size:,} members", clear, [cpu, *_PARTS, rate], floor)
    for runs in secured:
        plain = Figure(cpu.name, cpu.unit, cpu.measure)
        rows += _rows(f"W3 {size:,} with TLS", runs, [plain, rate], clear, "without")
    return rows


# --- sessions ------------------------------------------------------------------------------------


def w4(bench: Bench) -> list[Row]:
    """Many idle sessions, in the clear and with TLS; and signing in."""
    rows = []
    for tls in (False, True):
        runs = [_idle(bench, number, tls=tls) for number in range(1, bench.effort.runs + 1)]
        rows += _session_rows(bench, [idle for idle, _ in runs], [by for _, by in runs], tls=tls)
    return rows


def _idle(bench: Bench, number: int, *, tls: bool) -> tuple[Idle, Measured]:
    effort = bench.effort
    bench.tell(f"  run {number} of {effort.runs}{' with TLS' if tls else ''}")
    crowd, before = bench.accounts[: effort.sessions], bench.accounts[-50:]
    addresses = [account.address for account in crowd[: effort.sign_ins]]
    with bench.realmchat(tls=tls) as running:
        idle: Idle = in_own_process(load.idle_sessions, running.target, crowd, before)
        by_password: Measured = in_own_process(
            load.sign_in, running.target, running.http_url, addresses, PASSWORD
        )
    return idle, by_password


def _session_rows(
    bench: Bench, idle: Sequence[Idle], by_password: Sequence[Measured], *, tls: bool
) -> list[Row]:
    work = f"W4 {bench.effort.sessions:,} idle sessions{', TLS' if tls else ''}"
    goal = None if tls else 30.0
    best = "" if tls else "Prosody 34, ejabberd 41"
    realm = [each.bytes_each / 1024 for each in idle]
    main = [each.main_bytes_each / 1024 for each in idle]
    cpu = [sum(each.cpu.values()) / bench.effort.sessions * 1e6 for each in idle]
    return [
        Row(work, "memory each, realm", "KB", realm, at_most=goal, best=best),
        Row(work, "memory each, main", "KB", main),
        Row(work, "sign-ins by token", "/s", [each.connected_per_second for each in idle]),
        Row(work, "CPU a sign-in by token", "µs", cpu),
        Row(work, "sign-ins by password", "/s", [_rate(run) for run in by_password]),
        Row(work, "CPU a sign-in by password", "µs", [_server_cpu(run) for run in by_password]),
    ]


# --- kill ----------------------------------------------------------------------------------------


def w5(bench: Bench) -> list[Row]:
    """Both servers are killed at an acknowledgement; then the log is read again."""
    kills = [_kill(bench, number) for number in range(1, bench.effort.runs + 1)]
    acknowledged = [float(sent) for sent, _ in kills]
    lost = [float(missing) for _, missing in kills]
    best = "Prosody 0 of 20,000, ejabberd 0 (Mnesia 4,000 of 4,000)"
    return [
        Row("W5 kill -9", "acknowledged before", "", acknowledged),
        Row("W5 kill -9", "lost, worst run", "", lost, at_most=0, best=best, of_runs=max),
    ]


def _kill(bench: Bench, number: int) -> tuple[int, int]:
    bench.tell(f"  kill {number} of {bench.effort.runs}")
    with bench.realmchat() as running:
        acknowledged: list[Acknowledged] = in_own_process(
            load.send_and_kill, running.target, bench.pairs(50), 16, bench.effort.kill_after
        )
        running.start()
        missing: int = in_own_process(load.count_missing, running.target, acknowledged)
    return sum(len(each.keys) for each in acknowledged), missing


# --- a site without main -------------------------------------------------------------------------


def l1(bench: Bench) -> list[Row]:
    """W2 among neighbours, while main is there, then silent, then gone."""
    stretch = (bench.effort.warm_up, bench.effort.seconds)
    return cut_off.rows_of_neighbours(_with_pairs(bench, cut_off.pace_neighbours, *stretch))


def l2(bench: Bench) -> list[Row]:
    """Main is back: how long it takes for what a site has kept."""
    count = bench.effort.kept_messages
    return cut_off.rows_of_catching_up(_with_pairs(bench, cut_off.catch_up, count), count)


def _with_pairs(bench: Bench, work: Callable[..., Any], *how: float) -> list[Any]:
    """The results of a load of 50 pairs; each run on a fresh system."""
    results = []
    for number in range(1, bench.effort.runs + 1):
        bench.tell(f"  run {number} of {bench.effort.runs}")
        with bench.realmchat() as running:
            results.append(in_own_process(work, running.target, bench.pairs(50), *how))
    return results


# --- a command of people and scripts -------------------------------------------------------------


def c1(bench: Bench) -> list[Row]:
    """What `chat-cli send` costs until it is answered `saved`, its service up."""
    with bench.realmchat() as running:
        me, friend = (account.address for account in bench.accounts[:2])
        with command_line.signed_in(running, me, friend) as send:
            return command_line.rows("C1 command line", bench.effort.runs, send)


def v1(bench: Bench) -> list[Row]:
    """The window in Chromium: a long conversation, an arriving message, sessions that are idle."""
    with bench.realmchat() as running:
        me, friend = (account.address for account in bench.accounts[:2])
        effort = bench.effort
        return window.rows(running, me, friend, effort.window_messages, effort.window_sessions)


# --- files ---------------------------------------------------------------------------------------


def f1(bench: Bench) -> list[Row]:
    """A file of 1 GiB up, down, and down from the realm's cache; what that takes in memory."""
    sample = bench.sample
    runs: list[files.Transferred] = []
    for number in range(1, bench.effort.runs + 1):
        bench.tell(f"  run {number} of {bench.effort.runs}")
        with bench.realmchat() as running:
            client = files.FileClient(running.http_url, bench.accounts[0].token)
            runs.append(files.transfer(client, sample, running.target.pids))
    size = sample.size / 1e6
    work = f"F1 a file of {sample.size >> 20:,} MiB"
    rows: list[Row] = []
    for name, legs, at_least in (
        ("upload, checked", [run.upload for run in runs], 120),
        ("download", [run.first_download for run in runs], 200),
        ("from the cache", [run.cached_download for run in runs], 200),
    ):
        speeds = [size / leg.seconds for leg in legs]
        rows.append(Row(work, name, "MB/s", speeds, at_least=at_least))
        cpu = [leg.cpu / size * 1000 for leg in legs]
        rows.append(Row(work, "  CPU of the servers", "s/GB", cpu))
    return [
        *rows,
        *(
            Row(
                work,
                f"{name}'s memory beyond",
                "MB",
                [r.memory[name] / 1e6 for r in runs],
                at_most=50,
            )
            for name in ("main", "realm")
        ),
    ]


_TURNS = 3
"""A moment in which the machine does something else spoils one of them, and not the median."""


def f2(bench: Bench) -> list[Row]:
    """W2 while files of 1 GiB go up and come down, one after the other; and alone, in turns."""
    effort = bench.effort
    alone: list[Measured] = []
    beside: list[Measured] = []
    for number in range(1, effort.runs + 1):
        bench.tell(f"  run {number} of {effort.runs}")
        with bench.realmchat() as running:
            client = files.FileClient(running.http_url, bench.accounts[-1].token)
            pace = partial(in_own_process, load.pace_pairs, running.target, bench.pairs(50), 200)
            for _ in range(_TURNS):
                alone.append(pace(effort.warm_up, effort.seconds))
                with files.transfers_going_on(client, bench.changing_sample):
                    beside.append(pace(effort.warm_up, effort.seconds))
    figures = [
        Figure("p50", "ms", _percentile(50)),
        Figure("p99", "ms", _percentile(99), at_most_times=2),
    ]
    return _rows("F2 W2 beside files", beside, figures, alone, "alone")


def f3(bench: Bench) -> list[Row]:
    """A file from person to person, as people send and fetch it: by the commands of chat-cli."""
    sample = bench.sample
    me, friend = (account.address for account in bench.accounts[:2])
    journeys: list[command_files.Journey] = []
    for number in range(1, bench.effort.runs + 1):
        bench.tell(f"  run {number} of {bench.effort.runs}")
        with bench.realmchat() as running:
            journeys.append(command_files.send_and_receive(running, me, friend, sample))
    return command_files.rows(sample.size, journeys)


WORKLOADS: dict[str, Callable[[Bench], list[Row]]] = {
    "W1": w1,
    "W1b": w1b,
    "W1m": w1_old,
    "W2": w2,
    "W3": w3,
    "W4": w4,
    "W5": w5,
    "L1": l1,
    "L2": l2,
    "C1": c1,
    "V1": v1,
    "F1": f1,
    "F2": f2,
    "F3": f3,
}
