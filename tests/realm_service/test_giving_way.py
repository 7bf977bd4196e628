"""Files and messages on one event loop: how much of it files take."""

import pytest

from realm_service.giving_way import FILES_SHARE, GivingWay


class Service:
    """A clock, a processor and messages, as a test wants them."""

    def __init__(self, share: float = FILES_SHARE) -> None:
        self.now = 100.0
        self.used = 7.0
        self.messages = 5
        self.way = GivingWay(
            lambda: self.messages,
            share=share,
            clock=lambda: self.now,
            processor=lambda: self.used,
        )
        self.now += 10  # those of before are long past
        self.way.rest()

    def work(self, seconds: float) -> float:
        """A piece of a file is handled; the seconds of rest after it."""
        self.now += seconds
        self.used += seconds
        return self.way.rest()

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.way.go_on()


@pytest.fixture
def service() -> Service:
    service = Service()
    service.now += 10
    return service


def test_files_take_all_while_nobody_writes(service: Service) -> None:
    """Whatever they use, they never rest."""
    assert [service.work(seconds) for seconds in (0.001, 0.5, 20.0)] == [0, 0, 0]


@pytest.mark.parametrize("share", [FILES_SHARE, 0.1, 1])
def test_beside_messages_it_takes_its_share(share: float) -> None:
    """In the long run, by the loop's own use of its processor."""
    service = Service(share)
    began_at, began_used = service.now, service.used
    for _ in range(200):
        service.messages += 1
        if rest := service.work(0.0004):
            service.sleep(rest)
    taken = (service.used - began_used) / (service.now - began_at)
    assert taken == pytest.approx(share, abs=0.02)


def test_a_stretch_is_short(service: Service) -> None:
    """A message that comes while files have their turn waits 0.2 ms, and a piece's time."""
    service.messages += 1
    assert service.work(0.0001) == 0
    assert service.work(0.00015) > 0


def test_a_slow_link_costs_nothing(service: Service) -> None:
    """Waiting for bytes is no use of the loop: who sends slowly is not made slower."""
    rests = 0.0
    for _ in range(50):
        service.messages += 1
        service.now += 1.0
        if rest := service.work(0.00001):
            service.sleep(rest)
            rests += rest
    assert rests < 0.1


def test_a_busy_loop_lets_files_get_on(service: Service) -> None:
    """What messages used between two pieces counts for little: many pieces come in a second."""
    rests = []
    for _ in range(50):
        service.messages += 1
        rests.append(service.work(0.05))
        service.sleep(0.05)
    assert max(rests) < 0.05


def test_all_transfers_rest_together(service: Service) -> None:
    """Another file's piece within the rest waits for its end too."""
    service.messages += 1
    seconds = service.work(0.002)
    service.now += seconds / 2
    assert service.way.rest() == pytest.approx(seconds / 2)
    service.sleep(seconds)
    assert service.way.rest() == 0


def test_full_speed_comes_back(service: Service) -> None:
    """A moment after the last message files take all again."""
    service.messages += 1
    assert service.work(0.002) > 0
    service.now += 0.5
    assert service.work(0.002) == 0


def test_what_others_used_is_not_the_files(service: Service) -> None:
    """A second that went into messages does not stop a file for three."""
    service.messages += 1
    service.way.rest()
    assert service.work(1.0) <= 0.04


async def test_giving_way_waits(service: Service) -> None:
    """`give` returns after the rest, and what it counts from there on is new."""
    way = GivingWay(lambda: service.messages, processor=lambda: service.used)
    service.messages += 1
    service.used += 0.002
    await way.give()
    assert way.rest() == 0
