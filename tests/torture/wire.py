"""The wires between machines: IP packets from one namespace to another, as bad as they are told.

    python wire.py FD=ADDRESS …      each FD a TUN device, ADDRESS that of the machine behind it

A line of JSON on the standard input says what a wire is like from now on: `{"between": [A, B],
"delay": s, "jitter": s, "loss": p, "rate": bytes/s, "cut": bool, "broken": bool}`. What is left out
is perfect. A process of its own, and the standard library alone: it must keep up with the packets.
"""

import heapq
import json
import os
import random
import selectors
import socket
import struct
import sys
import time
from dataclasses import dataclass

_BUFFER_SECONDS = 2.0
"""What would wait longer for a slow wire is dropped, as by a router whose buffer is full."""
_PACKET = 65536
_TCP, _RST, _ACK, _SYN, _FIN = 6, 0x04, 0x10, 0x02, 0x01


@dataclass(frozen=True, slots=True)
class Condition:
    """What a wire does to packets. Each way of it has the whole `rate`."""

    delay: float = 0
    """Seconds to the other end."""
    jitter: float = 0
    """Up to so many seconds more for each packet by itself: they overtake each other."""
    loss: float = 0
    """Which part of the packets vanishes."""
    rate: float = 0
    """Bytes a second; 0 for no limit."""
    cut: bool = False
    """All packets vanish, and nobody is told."""
    broken: bool = False
    """All packets vanish, and both ends are told that their connection is gone."""


PERFECT = Condition()


class Way:
    """One direction of a wire."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._free_at = 0.0

    def arrival(self, condition: Condition, size: int, now: float) -> float | None:
        """When a packet that is sent now comes out; None when it never does."""
        if condition.cut or condition.broken or self._chance.random() < condition.loss:
            return None
        left = now
        if condition.rate:
            left = max(now, self._free_at)
            if left - now > _BUFFER_SECONDS:
                return None
            left = self._free_at = left + size / condition.rate
        return left + condition.delay + self._chance.random() * condition.jitter


def resets(packet: bytes) -> tuple[bytes, bytes] | None:
    """What tells its sender, and its receiver, that a packet's TCP connection is gone."""
    header = (packet[0] & 0xF) * 4
    if packet[9] != _TCP or len(packet) < header + 20:
        return None
    source, target = packet[12:16], packet[16:20]
    from_port, to_port, seq, ack = struct.unpack_from("!HHII", packet, header)
    offset, flags = packet[header + 12] >> 4, packet[header + 13]
    if flags & _RST:
        return None
    ends = bool(flags & _SYN) + bool(flags & _FIN)
    after = (seq + len(packet) - header - offset * 4 + ends) & 0xFFFFFFFF
    to_sender = _reset(target, source, to_port, from_port, ack, after)
    to_receiver = _reset(source, target, from_port, to_port, seq, ack)
    return to_sender, to_receiver


def _reset(source: bytes, target: bytes, from_port: int, to_port: int, seq: int, ack: int) -> bytes:
    segment = struct.pack("!HHIIBBHHH", from_port, to_port, seq, ack, 5 << 4, _RST | _ACK, 0, 0, 0)
    pseudo = source + target + struct.pack("!BBH", 0, _TCP, len(segment))
    segment = segment[:16] + _checksum(pseudo + segment) + segment[18:]
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, 64, _TCP, 0)
    header += source + target
    return header[:10] + _checksum(header) + header[12:] + segment


def _checksum(data: bytes) -> bytes:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)


class Wires:
    """Between all machines."""

    def __init__(self, devices: dict[bytes, int], chance: random.Random) -> None:
        """`devices` by the address of their machine."""
        self._devices = devices
        self._chance = chance
        self._conditions: dict[tuple[bytes, bytes], Condition] = {}
        self._ways: dict[tuple[bytes, bytes], Way] = {}
        self._travelling: list[tuple[float, int, int, bytes]] = []
        self._packets = 0

    def set(self, one: bytes, other: bytes, condition: Condition) -> None:
        self._conditions[one, other] = self._conditions[other, one] = condition

    def take(self, packet: bytes, now: float) -> None:
        """A machine sends a packet."""
        source, target = packet[12:16], packet[16:20]
        device = self._devices.get(target)
        if packet[0] >> 4 != 4 or device is None:
            return
        condition = self._conditions.get((source, target), PERFECT)
        if condition is PERFECT:
            _write(device, packet)
            return
        if condition.broken and (told := resets(packet)) is not None:
            _write(self._devices[source], told[0])
            _write(device, told[1])
        way = self._ways.setdefault((source, target), Way(self._chance))
        arrival = way.arrival(condition, len(packet), now)
        if arrival is not None:
            self._packets += 1
            heapq.heappush(self._travelling, (arrival, self._packets, device, packet))

    def deliver(self, now: float) -> float | None:
        """Hand over what has arrived; answers in how many seconds the next does."""
        while self._travelling and self._travelling[0][0] <= now:
            _, _, device, packet = heapq.heappop(self._travelling)
            _write(device, packet)
        return self._travelling[0][0] - now if self._travelling else None


def _write(device: int, packet: bytes) -> None:
    try:
        os.write(device, packet)
    except BlockingIOError:
        return  # its buffer is full: the packet is lost, as packets are


def main(arguments: list[str]) -> None:
    devices = {}
    for argument in arguments:
        descriptor, _, address = argument.partition("=")
        devices[socket.inet_aton(address)] = int(descriptor)
    wires = Wires(devices, random.Random(0))
    selector = selectors.DefaultSelector()
    for descriptor in devices.values():
        os.set_blocking(descriptor, False)
        selector.register(descriptor, selectors.EVENT_READ)
    selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
    while True:
        wait = wires.deliver(time.monotonic())
        for key, _ in selector.select(wait):
            if key.fd != sys.stdin.fileno():
                _take_all(wires, key.fd)
            elif not _obey(wires):
                return


def _take_all(wires: Wires, device: int) -> None:
    for _ in range(64):  # then the others get their turn
        try:
            packet = os.read(device, _PACKET)
        except BlockingIOError:
            return
        wires.take(packet, time.monotonic())


def _obey(wires: Wires) -> bool:
    """False once nobody can give orders any more."""
    order = sys.stdin.readline()
    if not order:
        return False
    condition = json.loads(order)
    one, other = map(socket.inet_aton, condition.pop("between"))
    wires.set(one, other, Condition(**condition) if condition else PERFECT)
    sys.stdout.write("\n")  # it holds from now on
    sys.stdout.flush()
    return True


if __name__ == "__main__":
    main(sys.argv[1:])
