"""Ports for tests to listen on, and to listen on again after a restart."""

import itertools
import os
import random
import socket
from collections.abc import Iterator

# Below the ports that the kernel gives to outgoing connections: between a kill and a restart
# one of those could take a service's port.
_LOWEST, _HIGHEST = 20_000, 32_000


def _own_share() -> range:
    """Each process of the suite has its own: none takes what another has just found free."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    share = (_HIGHEST - _LOWEST) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    lowest = _LOWEST + worker * share
    return range(lowest, lowest + share)


def _in_turn(ports: range) -> Iterator[int]:
    """For ever, from anywhere: what was told last, and may not be taken yet, comes again last."""
    start = random.randrange(len(ports))
    return itertools.cycle([*ports[start:], *ports[:start]])


_share = _own_share()
_ports_in_turn = _in_turn(_share)


def free_port() -> int:
    """A port of the loopback address that nobody listens on, and that wasn't told before."""
    return next(port for port in _ports_in_turn if is_free(port))


def free_offset(ports: list[int]) -> int:
    """A number that, added to each of these ports, makes it one that nobody listens on."""
    spread = max(ports) - min(ports)
    while True:
        lowest = free_port()
        offset = lowest - min(ports)
        if lowest + spread in _share and all(is_free(port + offset) for port in ports):
            return offset


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
