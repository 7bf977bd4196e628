"""Delivery alone: effects in, messages of links out."""

from typing import Any

from main_server.delivery import Delivery
from main_server.effects import (
    Answered,
    Asker,
    AttachedSession,
    DetachedSession,
    LiveSession,
    Stored,
)
from realm_protocol import link
from realm_protocol.commands import Done
from realm_protocol.names import Address


class FakeLink:
    """A realm's link that keeps what it is told."""

    def __init__(self, realm: str) -> None:
        self.realm = realm
        self.sessions: dict[int, LiveSession] = {}
        self.told: list[Any] = []
        self.cut_for = ""
        self.watches = ""

    def send(self, message: bytes) -> None:
        self.told.append(link.FROM_MAIN.read(message))

    def send_bulk(self, message: bytes) -> None:
        self.send(message)

    def cut(self, reason: str) -> None:
        self.cut_for = reason

    def told_of(self, kind: type) -> list[Any]:
        return [message for message in self.told if type(message) is kind]


def _session(person: int, name: str, expires_at: int = 0) -> LiveSession:
    return LiveSession(f"s{person}", person, Address(name), "surabaya", expires_at, "standard")


def _attached(to: FakeLink, handle: int, session: LiveSession, *conversations: str) -> Any:
    return AttachedSession(Asker(to, handle), handle, session, list(conversations), [], [], 1, 1)


def test_a_realm_without_members_online_hears_nothing() -> None:
    """One copy to each link that has somebody, whoever sent it."""
    delivery, here, there = Delivery(), FakeLink("surabaya"), FakeLink("jakarta")
    delivery.link_opened(here)
    delivery.link_opened(there)
    delivery.carry_out([_attached(here, 1, _session(7, "messi@surabaya"), "p1")])
    delivery.carry_out([Stored("p1", b"\xc0", None, b""), Stored("p2", b"\xc0", None, b"")])
    assert [fanout.conversation for fanout in here.told_of(link.Fanout)] == ["p1"]
    assert there.told == []


def test_routes_end_with_the_last_session() -> None:
    """Two sessions of one person: the first that goes changes nothing."""
    delivery, here = Delivery(), FakeLink("surabaya")
    delivery.link_opened(here)
    messi = _session(7, "messi@surabaya")
    delivery.carry_out([_attached(here, 1, messi, "p1"), _attached(here, 2, messi, "p1")])
    assert len(here.told_of(link.Route)) == 1
    delivery.carry_out([DetachedSession(here, 1), Stored("p1", b"\xc0", None, b"")])
    assert len(here.told_of(link.Fanout)) == 1
    delivery.carry_out([DetachedSession(here, 2), Stored("p1", b"\xc0", None, b"")])
    assert len(here.told_of(link.Fanout)) == 1
    assert not delivery.online


def test_a_persons_first_session_at_a_realm_replaces_their_routes() -> None:
    """In none any more is said too; long lists replace once; a second session says nothing."""
    delivery, here = Delivery(), FakeLink("surabaya")
    delivery.link_opened(here)
    messi = _session(7, "messi@surabaya")
    many = [f"c{number:04}" for number in range(501)]
    delivery.carry_out([_attached(here, 1, messi, *many), _attached(here, 2, messi, *many)])
    delivery.carry_out([DetachedSession(here, 1), DetachedSession(here, 2)])
    delivery.carry_out([_attached(here, 3, messi)])
    assert here.told_of(link.Route) == [
        link.Route(7, many[:500], True),
        link.Route(7, many[500:], False),
        link.Route(7, [], True),
    ]


def test_attaching_a_handle_again_counts_it_once() -> None:
    """A realm that was told to sync again attaches what is attached."""
    delivery, here = Delivery(), FakeLink("surabaya")
    delivery.link_opened(here)
    messi = _session(7, "messi@surabaya")
    delivery.carry_out([_attached(here, 1, messi, "p1"), _attached(here, 1, messi, "p1")])
    delivery.carry_out([DetachedSession(here, 1)])
    assert not delivery.online


def test_an_attach_that_comes_back_after_its_link_is_gone() -> None:
    """Nobody is left online over a link that is closed."""
    delivery, here = Delivery(), FakeLink("surabaya")
    delivery.link_opened(here)
    delivery.link_closed(here)
    delivery.carry_out([_attached(here, 1, _session(7, "messi@surabaya"), "p1")])
    assert not delivery.online
    assert here.told == []


def test_an_expired_session_ends_also_where_its_realm_keeps_silent() -> None:
    """Each at its own time; its person is online no longer, and the realm is told."""
    now = 0.0
    delivery, here = Delivery(lambda: now), FakeLink("surabaya")
    delivery.link_opened(here)
    late, soon = _session(7, "messi@surabaya", 9000), _session(8, "lineker@surabaya", 4000)
    delivery.carry_out([_attached(here, 1, late, "p1"), _attached(here, 2, soon, "p1")])

    delivery.end_expired()
    assert here.told_of(link.EndHandle) == []

    now = 4.0
    delivery.end_expired()
    assert here.told_of(link.EndHandle) == [link.EndHandle(2, "expired")]
    assert (list(delivery.online), soon.end_reason) == ([7], "expired")

    now = 9.0
    delivery.end_expired()
    assert here.told_of(link.EndHandle)[1:] == [link.EndHandle(1, "expired")]
    assert not delivery.online


def test_a_defect_in_one_effect_does_not_swallow_the_rest() -> None:
    """Those behind it are carried out, and links are cut so that nothing stays untold."""
    delivery, here = Delivery(), FakeLink("surabaya")
    delivery.link_opened(here)
    here.sessions[9] = _session(7, "messi@surabaya")  # never attached: a state that can't be
    delivery.carry_out([DetachedSession(here, 9), Answered(Asker(here, 3), Done())])
    assert [answer.ref for answer in here.told_of(link.Answer)] == [3]
    assert here.cut_for == "internal error"
