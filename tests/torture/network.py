"""The network of a run: machines with namespaces of their own, and wires between them that fail.

Nothing of it is seen outside, and nothing is left behind: a namespace ends with its last process.
Where none can be made, `Proxies` let the links be cut, and no more.
"""

import ctypes
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from typing import NoReturn, Protocol

from tests.system.cuttable import CuttableLink
from tests.torture import wire
from tests.torture.wire import PERFECT, Condition

_CLONE_NEWNET = 0x40000000
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_SIOCSIFADDR, _SIOCSIFNETMASK, _SIOCGIFFLAGS, _SIOCSIFFLAGS = 0x8916, 0x891C, 0x8913, 0x8914
_IFF_UP = 0x1

PEOPLE = "people"
"""The machine on which this process and all clients are."""


class Network(Protocol):
    """Machines by name."""

    faults_of_packets: bool
    """Whether `Condition` is taken as it is; else a wire is whole or broken."""

    def within(self, machine: str) -> list[str]:
        """What is put before a command to run it on a machine."""

    def listening(self, machine: str) -> tuple[str, list[str]]:
        """Where this process reaches servers there, and the options that let them listen."""

    def url(self, asker: str, machine: str, port: int) -> str:
        """How a machine reaches a server on another."""

    def set(self, one: str, other: str, condition: Condition) -> None:
        """What the wire between two machines is like from now on."""

    def end(self) -> None: ...


class Namespaces:
    """A network namespace for each machine, joined by TUN devices; this process is in one."""

    faults_of_packets = True

    def __init__(self, machines: Sequence[str]) -> None:
        """Needs the rights in this process' own namespace; see `can_be_made`."""
        self._addresses = {PEOPLE: "10.77.0.1"}
        self._namespaces: dict[str, int] = {}
        _bring_up("lo")
        devices = {PEOPLE: _open_tun("10.77.0.1")}
        for number, machine in enumerate(machines, 2):
            self._addresses[machine] = address = f"10.77.0.{number}"
            self._namespaces[machine], devices[machine] = _new_machine(address)
        self._wire = subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", wire.__file__),
                *(f"{device}={self._addresses[name]}" for name, device in devices.items()),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=list(devices.values()),
            text=True,
        )
        for device in devices.values():
            os.close(device)

    @staticmethod
    def can_be_made() -> bool:
        """Whether the kernel lets this user have them."""
        tried = [*_in_new_namespace(), sys.executable, "-c", "open('/dev/net/tun', 'r+b', 0)"]
        try:
            return subprocess.run(tried, capture_output=True, check=False).returncode == 0
        except OSError:
            return False

    @staticmethod
    def enter(arguments: Sequence[str]) -> NoReturn:
        """Start the torture again, with these arguments, in a namespace of its own."""
        command = [
            *_in_new_namespace(),
            sys.executable,
            "-X",
            "faulthandler",
            "-m",
            "tests.torture",
            *arguments,
        ]
        os.execvp(command[0], command)  # noqa: S606  # a command of our own, without a shell

    def within(self, machine: str) -> list[str]:
        if machine == PEOPLE:
            return []
        return ["nsenter", f"--net=/proc/{os.getpid()}/fd/{self._namespaces[machine]}"]

    def listening(self, machine: str) -> tuple[str, list[str]]:
        options = ["--host", "0.0.0.0", "--allow-clear", "--allow-remote-health"]  # noqa: S104
        return self._addresses[machine], options

    def url(self, asker: str, machine: str, port: int) -> str:
        return f"http://{self._addresses[machine]}:{port}"

    def set(self, one: str, other: str, condition: Condition) -> None:
        between = {"between": [self._addresses[one], self._addresses[other]]}
        told = {} if condition == PERFECT else asdict(condition)
        assert self._wire.stdin is not None
        assert self._wire.stdout is not None
        self._wire.stdin.write(json.dumps(between | told) + "\n")
        self._wire.stdin.flush()
        assert self._wire.stdout.readline(), "the wires have ended"

    def end(self) -> None:
        self._wire.communicate()


def _in_new_namespace() -> list[str]:
    return ["unshare", "--net"] + (["--map-root-user"] if os.geteuid() else [])


def _new_machine(address: str) -> tuple[int, int]:
    """A namespace, and the device that is the machine's only way out of it."""
    made: list[tuple[int, int]] = []

    def make() -> None:
        _unshare_network()
        _bring_up("lo")
        namespace = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
        made.append((namespace, _open_tun(address)))

    # In a thread: only that one moves into the new namespace.
    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    return made[0]


def _unshare_network() -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"unshare: {os.strerror(code)}")


def _open_tun(address: str) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", b"wire", _IFF_TUN | _IFF_NO_PI))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for request, value in ((_SIOCSIFADDR, address), (_SIOCSIFNETMASK, "255.255.255.0")):
            packed = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(value))
            fcntl.ioctl(control, request, struct.pack("16s16s8x", b"wire", packed))
    _bring_up("wire")
    return device


def _bring_up(device: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        asked = struct.pack("16sH22x", device.encode(), 0)
        (flags,) = struct.unpack_from("H", fcntl.ioctl(control, _SIOCGIFFLAGS, asked), 16)
        fcntl.ioctl(
            control, _SIOCSIFFLAGS, struct.pack("16sH22x", device.encode(), flags | _IFF_UP)
        )


class Proxies:
    """All on this machine; each link passes through a proxy that can be cut."""

    faults_of_packets = False

    def __init__(self) -> None:
        self._links: dict[tuple[str, str], list[CuttableLink]] = {}

    def within(self, machine: str) -> list[str]:
        return []

    def listening(self, machine: str) -> tuple[str, list[str]]:
        return "127.0.0.1", []

    def url(self, asker: str, machine: str, port: int) -> str:
        link = CuttableLink(port)
        self._links.setdefault((asker, machine), []).append(link)
        return link.url

    def set(self, one: str, other: str, condition: Condition) -> None:
        links = self._links.get((one, other), []) + self._links.get((other, one), [])
        for link in links:
            if condition == PERFECT:
                link.heal()
            else:
                link.cut()

    def end(self) -> None:
        for links in self._links.values():
            for link in links:
                link.end()
