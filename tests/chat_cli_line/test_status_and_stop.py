"""The service as its owner sees it: whether it runs, ending it, another version, its end midway."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chat_cli.command_line.starting import last_words
from tests.chat_cli_line.conftest import Run
from tests.chat_cli_line.fake_service import FakeService
from tests.chat_cli_line.test_commands import SEND
from tests.waiting import wait_until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "chat-cli"


@pytest.fixture
def started(run: Run, folder: Path) -> Iterator[dict[str, Any]]:
    """A real service, as its own file tells it; ended if the test didn't."""
    assert run("token", env={"CHAT_CLI_PORT": "0"}).returncode == 0
    service = json.loads((folder / "service.json").read_text())
    yield service
    if (folder / "service.json").exists():
        os.kill(service["pid"], signal.SIGTERM)
        wait_until(lambda: not (folder / "service.json").exists())


def test_looking_starts_nothing(run: Run, folder: Path) -> None:
    """`status` and `stop` say that none runs, by the exit code too, and leave it so."""
    looked = run("status", "--json")

    assert (looked.returncode, json.loads(looked.stdout)) == (7, {"running": False})
    assert run("status").stdout == "The service is not running; the next command starts it.\n"
    assert run("stop").returncode == 0
    assert not (folder / "service.json").exists()


def test_status_tells_where_it_runs(run: Run, started: dict[str, Any]) -> None:
    """Where, as which process, and which version."""
    told = json.loads(run("status", "--json").stdout)

    assert told == {
        "running": True,
        "url": started["url"],
        "pid": started["pid"],
        "version": started["version"],
    }
    assert str(started["pid"]) in run("status").stdout


def test_a_stopped_service_is_gone(run: Run, started: dict[str, Any], folder: Path) -> None:
    """When `stop` ends, the home is free: the next command starts another one at once."""
    stopped = run("stop")

    assert (stopped.returncode, stopped.stdout) == (0, "The service has stopped.\n")
    assert not (folder / "service.json").exists()
    assert run("status").returncode == 7
    assert run("token", env={"CHAT_CLI_PORT": "0"}).returncode == 0
    assert json.loads((folder / "service.json").read_text())["pid"] != started["pid"]
    assert run("stop").returncode == 0


def test_ten_commands_at_once_start_one_service(environment: dict[str, str], folder: Path) -> None:
    """Scripts at login: one of them starts it, the others wait for that one."""
    command = [sys.executable, "-m", "chat_cli", "token"]
    own_port = {**environment, "CHAT_CLI_PORT": "0"}
    programs = [
        subprocess.Popen(command, stdout=subprocess.PIPE, env=own_port, text=True)
        for _ in range(10)
    ]
    tokens = {program.communicate(timeout=90)[0] for program in programs}
    try:
        assert [program.returncode for program in programs] == [0] * 10
        assert tokens == {(folder / "token").read_text()}
        assert (folder / "service.log").read_text().count("Started server process") == 1
    finally:
        subprocess.run([*command[:-1], "stop"], env=environment, check=True)


def test_a_service_of_another_version_says_what_to_do(service: FakeService, run: Run) -> None:
    """It is not asked anything; `chat-cli stop` ends it all the same."""
    service.version = "0.0.9"
    service.answers["POST /v1/service/stop"] = {"stopping": True}

    done = run("send", "henderson", "hi")

    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr.count("\n") == 1
    assert "version 0.0.9" in done.stderr
    assert "chat-cli stop" in done.stderr
    assert {asked.path for asked in service.asked} == {"/v1/health"}
    assert run("status").returncode == 0
    assert run("stop").returncode == 0
    assert service.last("POST").path == "/v1/service/stop"


def test_a_service_that_dies_midway_is_one_line_and_7(service: FakeService, run: Run) -> None:
    """The command can't know whether it was done, and says so."""
    service.breaks_off.append(SEND)

    done = run("send", "henderson", "hi")

    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr.count("\n") == 1
    assert "ended before it answered" in done.stderr


@pytest.mark.parametrize(
    ("log", "why"),
    [
        ("", "it said nothing"),
        ("earlier\nchat-cli: the database is locked\n", "chat-cli: the database is locked"),
        ('{"event": "Traceback …\\n  File\\nOSError: disk", "level": "error"}\n', "OSError: disk"),
        ('{"event": "Trace', '{"event": "Trace'),
        ("[1]\n", "[1]"),
    ],
)
def test_the_last_words_of_a_service_fit_in_a_line(log: str, why: str) -> None:
    """Of a traceback the error alone; whatever the log holds."""
    assert last_words(log) == why


def test_a_service_that_hangs_is_not_started_again(run: Run, started: dict[str, Any]) -> None:
    """It holds the home: its process is named, so that its owner can look, or end it."""
    os.kill(started["pid"], signal.SIGSTOP)
    try:
        done = run("accounts")
    finally:
        os.kill(started["pid"], signal.SIGCONT)

    assert (done.returncode, done.stdout) == (7, "")
    assert f"process {started['pid']}, but does not answer" in done.stderr
