"""Wires: packets arrive as late, as often and in such an order as the condition of a wire says."""

import os
import random
import socket
import struct
from collections.abc import Iterator

import pytest

from tests.torture.wire import PERFECT, Condition, Way, Wires, resets

ONE, OTHER = socket.inet_aton("10.77.0.1"), socket.inet_aton("10.77.0.2")
ACK, SYN, RST = 0x10, 0x02, 0x04


def packet(payload: bytes = b"", *, flags: int = ACK, seq: int = 1000, ack: int = 2000) -> bytes:
    """TCP from one to the other, port 5000 to 80."""
    segment = struct.pack("!HHIIBBHHH", 5000, 80, seq, ack, 5 << 4, flags, 0, 0, 0) + payload
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, 64, 6, 0) + ONE + OTHER
    return header + segment


def way() -> Way:
    return Way(random.Random(1))


def test_a_delayed_packet_arrives_so_much_later() -> None:
    """And those behind it stay behind it."""
    arrivals = [way().arrival(Condition(delay=0.15), 100, now) for now in (0.0, 0.01)]

    assert arrivals == [0.15, 0.16]


def test_a_slow_wire_takes_one_packet_after_the_other() -> None:
    """At 1 KiB a second, 128 bytes take an eighth; what would wait too long is dropped."""
    slow = way()
    arrivals = [slow.arrival(Condition(rate=1024), 128, 0.0) for _ in range(30)]

    assert arrivals[:3] == [0.125, 0.25, 0.375]
    assert arrivals[16] == 2.125
    assert arrivals[17:] == [None] * 13


def test_jitter_lets_packets_overtake_each_other() -> None:
    """Sent a millisecond apart, they come out in another order."""
    shaky = way()
    arrivals = [shaky.arrival(Condition(jitter=0.1), 100, sent / 1000) for sent in range(100)]

    assert None not in arrivals
    assert arrivals != sorted(a for a in arrivals if a is not None)


def test_about_as_many_packets_are_lost_as_are_told() -> None:
    """One in twenty, of a thousand."""
    lossy = way()
    lost = [lossy.arrival(Condition(loss=0.05), 100, 0.0) for _ in range(1000)].count(None)

    assert 20 < lost < 100


class Machines:
    """Two machines whose devices are datagram sockets here."""

    def __init__(self) -> None:
        pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(2)]
        self.sockets = [end for pair in pairs for end in pair]
        (self.one, inner_one), (self.other, inner_other) = pairs
        for end in self.sockets:
            end.setblocking(False)
        self.wires = Wires({ONE: inner_one.fileno(), OTHER: inner_other.fileno()}, random.Random(1))

    def got(self, machine: socket.socket) -> bytes | None:
        try:
            return os.read(machine.fileno(), 65536)
        except BlockingIOError:
            return None


@pytest.fixture
def machines() -> Iterator[Machines]:
    made = Machines()
    yield made
    for end in made.sockets:
        end.close()


def test_a_perfect_wire_hands_over_at_once(machines: Machines) -> None:
    """To the machine whose address it bears; what is for nobody is dropped."""
    machines.wires.take(packet(b"halo"), 0.0)
    assert machines.got(machines.other) == packet(b"halo")

    machines.wires.take(packet()[:16] + b"\x01\x01\x01\x01" + packet()[20:], 0.0)
    assert machines.got(machines.one) is machines.got(machines.other) is None


def test_a_packet_on_its_way_arrives_in_its_time(machines: Machines) -> None:
    """Not before; and the wire says when to look again."""
    machines.wires.set(ONE, OTHER, Condition(delay=0.15))
    machines.wires.take(packet(), 1.0)

    assert machines.wires.deliver(1.1) == pytest.approx(0.05)
    assert machines.got(machines.other) is None
    assert machines.wires.deliver(1.15) is None
    assert machines.got(machines.other) == packet()


def test_a_cut_wire_is_silent_until_it_is_mended(machines: Machines) -> None:
    """Nobody is told anything: half-open on both sides."""
    machines.wires.set(OTHER, ONE, Condition(cut=True))
    machines.wires.take(packet(), 0.0)
    assert machines.wires.deliver(100.0) is None
    assert machines.got(machines.one) is machines.got(machines.other) is None

    machines.wires.set(OTHER, ONE, PERFECT)
    machines.wires.take(packet(), 0.0)
    assert machines.got(machines.other) == packet()


def test_a_broken_wire_resets_both_ends(machines: Machines) -> None:
    """Each is told by a packet that seems to come from the other, at the number it expects."""
    machines.wires.set(ONE, OTHER, Condition(broken=True))
    machines.wires.take(packet(b"halo"), 0.0)

    to_one, to_other = machines.got(machines.one), machines.got(machines.other)
    assert to_one is not None
    assert to_other is not None
    assert (to_one[12:16], to_one[16:20]) == (OTHER, ONE)
    assert struct.unpack_from("!HHII", to_one, 20) == (80, 5000, 2000, 1004)
    assert struct.unpack_from("!HHII", to_other, 20) == (5000, 80, 1000, 2000)
    assert to_one[33] & RST
    assert to_other[33] & RST


def test_a_connection_that_is_tried_on_a_broken_wire_is_refused() -> None:
    """Its SYN takes up a number; a reset itself is answered by nothing."""
    told = resets(packet(flags=SYN, ack=0))
    assert told is not None
    assert struct.unpack_from("!HHII", told[0], 20) == (80, 5000, 0, 1001)
    assert resets(packet(flags=RST)) is None
