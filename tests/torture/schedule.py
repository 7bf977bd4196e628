"""Which fault comes when, from a seed: the same seed gives the same faults. No I/O, no clock."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    KILL = "kill -9"
    FREEZE = "stopped by a signal"
    CUT = "cut in silence"
    BREAK = "broken off"
    DELAY = "delayed"
    LOSS = "losing packets"
    REORDER = "reordering packets"
    SLOW = "slow and lossy"
    CLOCK = "clock jumped"
    DISK_FULL = "disk full"
    OLD_STORE = "restarted with the store of an older version"


@dataclass(frozen=True, slots=True)
class Fault:
    """It begins `at` seconds after the start, and is mended `seconds` later."""

    at: float
    kind: Kind
    target: str
    seconds: float
    strength: float
    """Between 0 and 1: how long a delay, how many packets lost, how far a clock jumps."""

    def __str__(self) -> str:
        return (
            f"{self.at:7.2f} s  {self.target}: {self.kind} for {self.seconds:.2f} s"
            f" ({self.strength:.2f})"
        )


LONGEST_SECONDS = 40.0
"""Longer than anything waits for a sign of life: what is cut for so long is noticed by both."""
_USUAL_SECONDS = 1.2
_QUICK = {Kind.KILL: 0.3, Kind.OLD_STORE: 0.1}
"""What must start again takes its time as it is."""
_APART = 0.01
_TRIES = 200


def make_schedule(
    seed: int, count: int, seconds: float, targets: Mapping[Kind, Sequence[str]]
) -> list[Fault]:
    """Faults in the order of their beginning, all mended by the end; none while its target has one.

    Every kind with a target comes about as often as the others. Most are short, a few long.
    """
    chance = random.Random(seed)
    kinds = [kind for kind in Kind if targets.get(kind)]
    faults: list[Fault] = []
    busy: dict[str, list[tuple[float, float]]] = {}
    for number in range(count):
        if number % len(kinds) == 0:
            chance.shuffle(kinds)
        fault = _place(chance, kinds[number % len(kinds)], seconds, targets, busy)
        busy.setdefault(fault.target, []).append((fault.at, fault.at + fault.seconds))
        faults.append(fault)
    return sorted(faults, key=lambda fault: fault.at)


def _place(
    chance: random.Random,
    kind: Kind,
    seconds: float,
    targets: Mapping[Kind, Sequence[str]],
    busy: Mapping[str, Sequence[tuple[float, float]]],
) -> Fault:
    """A time at which a target of this kind has no other fault; shorter where it is crowded."""
    longest = min(LONGEST_SECONDS, seconds / 3)
    usual = _QUICK.get(kind, _USUAL_SECONDS)
    lasts = min(longest, chance.lognormvariate(0, 0.8) * usual)
    for _ in range(_TRIES):
        target = chance.choice(targets[kind])
        at = chance.uniform(0, seconds - lasts)
        taken = busy.get(target, ())
        if all(at > end + _APART or at + lasts + _APART < begin for begin, end in taken):
            return Fault(round(at, 3), kind, target, round(lasts, 3), round(chance.random(), 3))
        lasts *= 0.98
    raise ValueError(f"{seconds} s have no room for so many faults")
