"""Real servers, people who send all the while, and faults: whether every promise is kept.

A run is named by its seed: with the same numbers it plays the same faults at the same times.
"""

import argparse
import asyncio
import logging
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

import structlog

from tests.torture.network import Namespaces, Network, Proxies
from tests.torture.run import Plan, Report, run
from tests.torture.world import MAIN, SITES

_ENTERED = "--in-a-namespace"
_PER_SECOND = 330
_SLOW_PER_SECOND = 10
_SETTLE_SECONDS = 120


def main() -> int:
    asked = _read_arguments()
    if not (asked.in_a_namespace or asked.proxies) and Namespaces.can_be_made():
        Namespaces.enter([*sys.argv[1:], _ENTERED, "--seed", str(asked.seed)])
    print(f"seed {asked.seed}: python -m tests.torture {_words(asked)}", flush=True)
    network: Network = Namespaces([MAIN, *SITES]) if asked.in_a_namespace else Proxies()
    if not network.faults_of_packets:
        print("without namespaces: links are broken off by proxies, and not slowed", flush=True)
    quiet = structlog.make_filtering_bound_logger(logging.ERROR)
    structlog.configure(wrapper_class=quiet)  # refusals are what these devices live with
    home = Path(tempfile.mkdtemp(prefix="realmchat-torture-"))
    start = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - start:6.1f} s  {line}", flush=True)

    report = asyncio.run(run(_plan(asked), home, network, say))
    return _tell(report, home, _words(asked))


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--faults", type=int, default=50)
    parser.add_argument("--minutes", type=float, help="default: 330 messages a second")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--slow", action="store_true", help="300 ms, 5 %% loss, 256 kbit/s")
    parser.add_argument("--proxies", action="store_true", help="as where no namespaces can be made")
    parser.add_argument(_ENTERED, action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _plan(asked: argparse.Namespace) -> Plan:
    rate = _SLOW_PER_SECOND if asked.slow else _PER_SECOND
    seconds = asked.minutes * 60 if asked.minutes else asked.messages / rate
    return Plan(asked.seed, asked.messages, asked.faults, seconds, asked.slow, _SETTLE_SECONDS)


def _words(asked: argparse.Namespace) -> str:
    words = [f"--seed {asked.seed} --messages {asked.messages} --faults {asked.faults}"]
    words += [f"--minutes {asked.minutes}"] if asked.minutes else []
    words += [f"--{flag}" for flag in ("slow", "proxies") if getattr(asked, flag)]
    return " ".join(words)


def _tell(report: Report, home: Path, words: str) -> int:
    """The exit code: 0 when every promise was kept."""
    print(
        f"{report.messages} messages, {len(report.schedule)} faults,"
        f" {report.promised_at_main} acknowledgements by main and {report.promised_at_realm} by"
        f" realms, {report.connects} connections;"
        f" all had arrived {report.settled_after:.1f} s after the last fault"
    )
    if not report.violations:
        print("every promise was kept")
        shutil.rmtree(home)
        return 0
    for fault in report.schedule:
        print(fault)
    for violation in report.violations[:50]:
        print(violation)
    print(f"{len(report.violations)} violations; stores and logs: {home}")
    print(f"again: python -m tests.torture {words}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
