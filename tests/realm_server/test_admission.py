"""The door: form, lanes and rates, without a socket."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realm_protocol.errors import (
    InvalidAddress,
    RateLimited,
)
from realm_server.admission import Rate, RateLimiter, SendingLimits, lane_of


def admitted(limiter: RateLimiter, times: list[float]) -> int:
    count = 0
    for now in times:
        try:
            limiter.take("messi", now)
        except RateLimited:
            continue
        count += 1
    return count


def test_a_burst_passes_and_the_next_one_waits() -> None:
    """So many at once; the refusal says after how many seconds one more passes."""
    limiter = RateLimiter(Rate(burst=3, per_second=2))

    for _ in range(3):
        limiter.take("messi", 0)
    with pytest.raises(RateLimited) as refused:
        limiter.take("messi", 0)

    assert refused.value.fields == {"retry_after_seconds": 0.5}
    limiter.take("messi", 0.5)


def test_each_key_has_its_own_bucket() -> None:
    """One person's haste is not another's."""
    limiter = RateLimiter(Rate(burst=1, per_second=1))
    limiter.take("messi", 0)

    limiter.take("lineker", 0)

    with pytest.raises(RateLimited):
        limiter.take("messi", 0)


@given(st.lists(st.floats(0, 10), max_size=200), st.integers(1, 20), st.floats(0.1, 20))
def test_no_more_pass_than_burst_and_rate_allow(
    waits: list[float], burst: int, per_second: float
) -> None:
    """In any time, at most the burst and what the rate has added since pass."""
    times = [sum(waits[: position + 1]) for position in range(len(waits))]

    passed = admitted(RateLimiter(Rate(burst, per_second)), times)

    assert passed <= burst + (times[-1] if times else 0) * per_second + 1e-6


def test_what_is_given_back_does_not_count() -> None:
    """A sign-in that turned out right leaves the bucket as it was."""
    limiter = RateLimiter(Rate(burst=1, per_second=0.01))
    for _ in range(5):
        limiter.take("messi", 0)
        limiter.give_back("messi", 0)

    limiter.take("messi", 0)


def test_full_buckets_are_forgotten_and_others_are_not() -> None:
    """Sweeping frees memory and lifts no limit."""
    limiter = RateLimiter(Rate(burst=2, per_second=1))
    limiter.take("messi", 0)
    limiter.take("lineker", 9)

    limiter.sweep(9.5)

    assert len(limiter) == 1
    limiter.take("lineker", 9.5)
    with pytest.raises(RateLimited):
        limiter.take("lineker", 9.5)


def test_the_trusted_class_has_no_limit() -> None:
    """Trusted bots and the benchmark pass; a class unknown here is held to the standard."""
    limits = SendingLimits(Rate(burst=1, per_second=0.1), guest=Rate(burst=1, per_second=0.1))
    for _ in range(1000):
        limits.take(1, "trusted", 0)

    limits.take(2, "of a later version", 0)
    with pytest.raises(RateLimited):
        limits.take(2, "of a later version", 0)


def test_a_lane_has_one_spelling() -> None:
    """Capital letters are no way around a stopped lane; what is no address has no lane."""
    assert lane_of("Messi@Surabaya") == lane_of("messi@surabaya")
    assert lane_of("group:a@b") != lane_of("a@b")
    with pytest.raises(InvalidAddress):
        lane_of("nowhere")
