"""Ports for tests to listen on, and to listen on again after a restart."""

import os
import random
import socket

# Below the ports that the kernel gives to outgoing connections: between a kill and a restart
# one of those could take a service's port.
_LOWEST, _HIGHEST = 20_000, 32_000


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    # Each process of the suite has its share: none takes what another has just found free.
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    share = (_HIGHEST - _LOWEST) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    lowest = _LOWEST + worker * share
    while True:
        port = random.randrange(lowest, lowest + share)
        if is_free(port):
            return port


def free_offset(ports: list[int]) -> int:
    """A number that, added to each of these ports, makes it one that nobody listens on."""
    while True:
        offset = free_port() - min(ports)
        if all(is_free(port + offset) for port in ports):
            return offset


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
