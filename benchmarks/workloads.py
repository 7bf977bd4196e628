"""The workloads: which load runs on which system, and which figures come of it."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from benchmarks import command_files, command_line, cut_off, files, load, systems, window
from benchmarks.bench import (
    OLD_MESSAGES,
    PARTS,
    Bench,
    Figure,
    in_own_process,
    percentile,
    rate,
    rows_of,
    server_cpu,
)
from benchmarks.load import Acknowledged, Idle, Measured, Target
from benchmarks.population import PASSWORD, REALM
from benchmarks.report import Row

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
        Figure("CPU a message", "µs", server_cpu, at_most=30, at_most_times=3.5, best=best),
        *PARTS,
        Figure("messages", "/s", rate, at_least=25_000, best="Prosody 2,400, ejabberd 850"),
    ]
    with_tls = [
        Figure("CPU a message", "µs", server_cpu),
        *PARTS,
        Figure("messages", "/s", rate),
    ]
    return [
        *rows_of("W1 50 pairs × 16", clear, figures, floor),
        *rows_of("W1 with TLS", tls, with_tls, clear, "without"),
    ]


def w1b(bench: Bench) -> list[Row]:
    """Private messages, 500 pairs with 1 outstanding each."""
    compared = {"the floor": systems.floor, "realmchat": bench.on_realmchat()}
    floor, clear = bench.rounds(compared, _saturate(bench, 500, 1)).values()
    figures = [
        Figure("CPU a message", "µs", server_cpu, at_most=50),
        *PARTS,
        Figure("messages", "/s", rate),
    ]
    return rows_of("W1b 500 pairs × 1", clear, figures, floor)


def w1_old(bench: Bench) -> list[Row]:
    """W1 on a store that holds a million messages, beside W1 on an empty one."""
    compared = {
        "an empty store": bench.on_realmchat(),
        "a store of 1,000,000": bench.on_realmchat(OLD_MESSAGES),
    }
    empty, old = bench.rounds(compared, _saturate(bench, 50, 16)).values()
    figures = [
        Figure("CPU a message", "µs", server_cpu, at_most_times=1.2),
        *PARTS,
        Figure("messages", "/s", rate),
    ]
    return rows_of("W1 on 1,000,000 stored", old, figures, empty, "empty store")


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
        Figure("p50", "ms", percentile(50), at_most_times=1.6, best="Prosody 0.65 (no sync)"),
        Figure("p99", "ms", percentile(99), at_most_times=1.6, best="Prosody 3.7 (no sync)"),
        Figure("CPU a message", "µs", server_cpu),
    ]
    return rows_of("W2 200 messages/s", clear, figures, floor)


# --- a group -------------------------------------------------------------------------------------


def w3(bench: Bench) -> list[Row]:
    """One writes to a group whose members are all online; the larger one also with TLS."""
    rows = _fan_out(bench, 200, Figure("CPU a delivery", "µs", server_cpu))
    best = "ejabberd 27, Prosody 91"
    return rows + _fan_out(
        bench, 1000, Figure("CPU a delivery", "µs", server_cpu, at_most=7, best=best), tls=True
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
    speed = Figure("deliveries", "/s", rate)
    rows = rows_of(f"W3 {size:,} members", clear, [cpu, *PARTS, speed], floor)
    for runs in secured:
        plain = Figure(cpu.name, cpu.unit, cpu.measure)
        rows += rows_of(f"W3 {size:,} with TLS", runs, [plain, speed], clear, "without")
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
        Row(work, "sign-ins by password", "/s", [rate(run) for run in by_password]),
        Row(work, "CPU a sign-in by password", "µs", [server_cpu(run) for run in by_password]),
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
        Figure("p50", "ms", percentile(50)),
        Figure("p99", "ms", percentile(99), at_most_times=2),
    ]
    return rows_of("F2 W2 beside files", beside, figures, alone, "alone")


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
