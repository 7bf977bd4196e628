"""For tests of every part: what a machine must have for a test, and ports to listen on."""

import os
import shutil
import signal
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

from tests import ports

# Machines under test are busy: no deadline for an example, and the same examples in every run.
settings.register_profile(
    "realmchat",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("realmchat")

# A shell starts what it puts into the background deaf to Ctrl-C, and so would be all that tests
# start and press Ctrl-C in.
signal.signal(signal.SIGINT, signal.default_int_handler)


_LONGEST = {"window", "torture", "system"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files begin first, so that no worker is alone with one in the end."""
    items.sort(key=lambda item: item.path.parent.name not in _LONGEST)


@pytest.fixture
def requires() -> Callable[..., None]:
    """`requires("strace")`: skip where a program is absent, fail where all must be there."""

    def check(*programs: str) -> None:
        missing = [program for program in programs if shutil.which(program) is None]
        if missing:
            reason = f"needs {', '.join(missing)}, which this machine lacks"
            if os.environ.get("REALMCHAT_REQUIRE_ALL") == "1":
                pytest.fail(reason)
            pytest.skip(reason)

    return check


@pytest.fixture
def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    return ports.free_port()
