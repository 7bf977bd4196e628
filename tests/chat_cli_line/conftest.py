"""The real program as a process, against a service that the test scripts."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chat_cli_line.fake_service import FakeService

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[FakeService]:
    fake = FakeService(tmp_path).start()
    yield fake
    fake.stop()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What the program sees of the machine: its own home, and no service of the developer's."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("CHAT_CLI_")
    }
    return {
        **inherited,
        "REALMCHAT_HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "COLUMNS": "120",
        "http_proxy": "http://127.0.0.1:9",
    }


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """`run("send", "henderson", "hi")`: one command, to its end."""

    def chat_cli(
        *arguments: str, stdin: str | bytes = "", env: dict[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [sys.executable, "-m", "chat_cli", *arguments],
            input=stdin if isinstance(stdin, bytes) else stdin.encode(),
            capture_output=True,
            env={**environment, **(env or {})},
            timeout=60,
            check=False,
        )
        assert b"Traceback" not in done.stderr
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    return chat_cli
