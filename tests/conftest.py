"""For tests of every part: what a machine must have for a test, and ports to listen on."""

import os
import shutil
import socket
from collections.abc import Callable

import pytest


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
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
