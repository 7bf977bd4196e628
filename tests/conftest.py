"""For tests of every part: what a machine must have for a test, and ports to listen on."""

import os
import shutil
from collections.abc import Callable

import pytest

from tests import ports


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
