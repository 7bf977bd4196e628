"""Completion in real shells: what a person gets who begins a name and presses Tab."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from chat_cli.command_line.completion import read_line
from tests.chat_cli_line.conftest import Run
from tests.chat_cli_line.fake_service import MESSI, Asked, FakeService

OF_MESSI = f"GET /v1/accounts/{MESSI}"
SHELLS = {
    "bash": (
        ["--norc", "--noprofile", "-i"],
        "PS1='ready''> '; eval \"$(chat-cli completion bash)\"",
    ),
    "zsh": (
        ["-f", "-i"],
        "PS1='ready''> '; autoload -U compinit; compinit -D -u;"
        ' eval "$(chat-cli completion zsh)"',
    ),
    "fish": (
        ["--no-config", "-i"],
        "function fish_prompt; echo 'ready''> '; end; chat-cli completion fish | source",
    ),
}


@pytest.fixture
def names(service: FakeService) -> FakeService:
    """A service that knows a few people and groups."""
    service.answers |= {
        f"{OF_MESSI}/conversations": [
            {"conversation": "c1", "kind": "private", "title": "henderson@jakarta"},
            {"conversation": "c2", "kind": "group", "title": "jarkom3@surabaya"},
        ],
        f"{OF_MESSI}/users": [{"address": "lineker@jakarta"}, {"address": "henderson@jakarta"}],
        f"{OF_MESSI}/groups": [{"group": "kampus@surabaya"}],
    }
    return service


@pytest.fixture
def shell(
    environment: dict[str, str], requires: Callable[..., None]
) -> Iterator[Callable[[str], "pexpect.spawn[str]"]]:
    """A shell at its prompt, which has read the script of chat-cli."""
    started: list[pexpect.spawn[str]] = []

    def start(name: str) -> "pexpect.spawn[str]":
        requires(name)
        arguments, setup = SHELLS[name]
        scripts = str(Path(sys.executable).parent)
        variables = {
            **environment,
            "PATH": f"{scripts}:{os.environ['PATH']}",
            "INPUTRC": "/dev/null",
            "TERM": "dumb" if name != "fish" else "xterm",
        }
        spawned = pexpect.spawn(
            name, arguments, env=variables, encoding="utf-8", dimensions=(24, 200), timeout=30
        )
        started.append(spawned)
        spawned.sendline(setup)
        spawned.expect_exact("ready> ")
        return spawned

    yield start
    for spawned in started:
        spawned.close(force=True)


LINES = [
    ("chat-cli send hend", "chat-cli send henderson@jakarta"),
    ("chat-cli send henderson@j", "chat-cli send henderson@jakarta"),
    ("chat-cli send lin", "chat-cli send lineker@jakarta"),
    ("chat-cli sendgroup jar", "chat-cli sendgroup jarkom3@surabaya"),
    ("chat-cli joingroup kam", "chat-cli joingroup kampus@surabaya"),
    ("chat-cli history group:jar", "chat-cli history group:jarkom3@surabaya"),
    ("chat-cli use mes", "chat-cli use messi@surabaya"),
    ("chat-cli send --account mes", "chat-cli send --account messi@surabaya"),
    ("chat-cli leaveg", "chat-cli leavegroup"),
    ("chat-cli groups --js", "chat-cli groups --json"),
    ("chat-cli config pa", "chat-cli config path"),
]


@pytest.mark.parametrize("name", SHELLS)
def test_tab_completes(
    name: str, names: FakeService, shell: Callable[[str], "pexpect.spawn[str]"]
) -> None:
    """Words, options, choices, and the names of people, groups and accounts as they are now."""
    spawned = shell(name)

    for typed, completed in LINES:
        spawned.send(typed + "\t")
        spawned.expect_exact(completed[len(typed) :])
        spawned.sendcontrol("u")


def asked_by_a_shell(
    environment: dict[str, str], shell: str, line: str, **more: str
) -> "subprocess.CompletedProcess[str]":
    """The program as a shell's script asks it what completes a line."""
    words = line.split(" ")
    return subprocess.run(
        [sys.executable, "-m", "chat_cli"],
        env={
            **environment,
            "_CHAT_CLI_COMPLETE": f"{shell}_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1) if shell != "fish" else words[-1],
            "COMPLETE_LINE": line,
            "COMPLETE_BREAKS": " \t\n\"'@><=;|&(:",
            **more,
        },
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_powershell_is_answered(names: FakeService, environment: dict[str, str], run: Run) -> None:
    """Its script registers for the program, and reads a kind, a value and a help of each."""
    script = run("completion", "powershell").stdout
    answered = asked_by_a_shell(environment, "powershell", "chat-cli send hend")

    assert script.startswith("Register-ArgumentCompleter -Native -CommandName chat-cli")
    assert "$env:_CHAT_CLI_COMPLETE = 'powershell_complete'" in script
    assert script.count("{") == script.count("}")
    assert answered.stdout.splitlines()[:2] == ["plain", "henderson@jakarta"]


def test_help_stands_beside_words_in_ones_language(environment: dict[str, str]) -> None:
    """Where a shell shows it."""
    answered = asked_by_a_shell(environment, "fish", "chat-cli leaveg", CHAT_CLI_LANG="id")

    assert answered.stdout == "plain,leavegroup\tKeluar dari grup.\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_a_service_that_is_away_completes_nothing(
    environment: dict[str, str], tmp_path: Path, shell: str
) -> None:
    """Nothing is said, and none is started."""
    answered = asked_by_a_shell(environment, shell, "chat-cli send hend")

    assert (answered.stdout.strip(), answered.stderr) == ("", "")
    assert not (tmp_path / "chat-cli").exists()


def test_a_server_that_does_not_answer_is_not_waited_for(
    names: FakeService, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What this machine knows is offered after a moment, not after the time that commands wait."""
    ended = threading.Event()
    answer = names._answer

    def hangs(asked: Asked) -> tuple[int, Any]:
        if asked.path.endswith("/users"):
            ended.wait()
        return answer(asked)

    monkeypatch.setattr(names, "_answer", hangs)
    try:
        answered = asked_by_a_shell(environment, "bash", "chat-cli send hend")
    finally:
        ended.set()

    assert answered.stdout == "plain,henderson@jakarta\n"


def test_a_refused_question_completes_nothing(
    names: FakeService, environment: dict[str, str]
) -> None:
    """As by a service that lists no account: whoever types sees no error."""
    names.answers["GET /v1/accounts"] = []

    answered = asked_by_a_shell(environment, "bash", "chat-cli send hend")

    assert (answered.stdout.strip(), answered.stderr) == ("", "")


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("chat-cli ", ([], "", 0)),
        ("chat-cli send", ([], "send", 0)),
        ("chat-cli send ", (["send"], "", 0)),
        ("chat-cli send messi@su", (["send"], "messi@su", 6)),
        ("chat-cli history group:a@b", (["history"], "group:a@b", 8)),
        ("chat-cli --lang=i", ([], "--lang=i", 7)),
        ("chat-cli send 'messi@su", (["send"], "messi@su", 0)),
        ("chat-cli send 'two words' x", (["send", "two words"], "x", 0)),
        ("chat-cli send 'two ", (["send"], "two ", 0)),
        ("", ([], "", 0)),
    ],
)
def test_a_line_of_bash_is_read(line: str, read: tuple[list[str], str, int]) -> None:
    """Arguments, what is typed, and how much of that bash takes for earlier words."""
    assert read_line(line, " \t\n\"'@><=;|&(:") == read
