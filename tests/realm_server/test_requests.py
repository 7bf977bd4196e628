"""Unanswered requests, and waits between attempts, without a link."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from realm_server.reconnecting import LONGEST_WAIT_SECONDS, growing_waits
from realm_server.requests import Request, Requests


class Nobody:
    def answered(self, request: Request, result: bytes) -> None: ...

    def refused(self, request: Request, code: str, fields: Mapping[str, Any]) -> None: ...


def request(size: int = 10) -> Request:
    return Request(Nobody(), 1, None, size)


def test_the_link_is_full_until_answers_come() -> None:
    """Bytes count from the question to its answer."""
    requests = Requests(limit=25)
    for ref in (1, 2, 3):
        assert not requests.is_full
        requests.add(ref, request())

    assert requests.is_full
    requests.take(2)

    assert not requests.is_full
    assert requests.bytes == 20


def test_an_answer_is_taken_once() -> None:
    """A second answer to one question, or one to none, changes nothing."""
    requests = Requests()
    asked = request()
    requests.add(1, asked)

    assert requests.get(1) is asked
    assert requests.take(1) is asked
    assert requests.take(1) is None
    assert requests.bytes == 0


def test_a_lost_link_gives_all_back_in_order() -> None:
    """They are refused in the order in which they were asked."""
    requests = Requests()
    asked = [request() for _ in range(5)]
    for ref, each in enumerate(asked):
        requests.add(ref, each)

    assert requests.take_all() == asked
    assert (len(requests), requests.bytes) == (0, 0)


def test_emptiness_is_told_once() -> None:
    """Draining waits for exactly that."""
    told: list[str] = []
    requests = Requests()
    requests.add(1, request())
    requests.when_empty(lambda: told.append("empty"))
    assert told == []

    requests.take(1)
    requests.add(2, request())
    requests.take(2)

    assert told == ["empty"]


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=50))
def test_waits_grow_to_half_a_minute_and_differ(numbers: list[float]) -> None:
    """At most 30 s, never less than half of what the attempt calls for."""
    randoms = iter(numbers)
    waits = list(islice(growing_waits(lambda: next(randoms)), len(numbers)))

    assert all(0.05 <= wait <= LONGEST_WAIT_SECONDS for wait in waits)
    full = [min(LONGEST_WAIT_SECONDS, 0.1 * 2**n) for n in range(len(waits))]
    assert all(whole / 2 <= wait <= whole for wait, whole in zip(waits, full, strict=True))
