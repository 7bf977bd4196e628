"""`chat-cli tail` as real processes that are killed, against services that are killed."""

import itertools
import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.system.people import PersonAtWork
from tests.system.processes import (
    System,
    console_script,
    environment,
    paused,
    running_system,
)
from tests.waiting import wait_until

HENDERSON = "henderson@jakarta"
APPEND = """#!/bin/sh
printf '%s\\n' "$REALMCHAT_TEXT" >> "$0.handled"
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One for all tests here: each reads under a name of its own."""
    with running_system(tmp_path_factory.mktemp("tail")) as running:
        yield running


@pytest.fixture(scope="module")
def messi(system: System) -> PersonAtWork:
    person = PersonAtWork(system.chat_cli, "messi@surabaya")
    person.sign_in(system.surabaya.url)
    return person


@pytest.fixture(scope="module")
def henderson(system: System) -> PersonAtWork:
    person = PersonAtWork(system.chat_cli, HENDERSON)
    person.sign_in(system.jakarta.url)
    return person


class Tail:
    """A `chat-cli tail` of henderson's."""

    def __init__(self, system: System, folder: Path, *arguments: str) -> None:
        self._command = [console_script("chat-cli"), "tail", "--account", HENDERSON, *arguments]
        self._environment = environment(system.chat_cli.home)
        self._out, self._err = folder / "out", folder / "err"
        self.start()

    def start(self) -> None:
        with self._out.open("ab") as out, self._err.open("ab") as err:
            self.process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    def kill9(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)

    @property
    def lines(self) -> list[str]:
        return self._out.read_text().splitlines()

    @property
    def complaints(self) -> list[str]:
        return self._err.read_text().splitlines()


@contextmanager
def tailing(system: System, folder: Path, *arguments: str) -> Iterator[Tail]:
    tail = Tail(system, folder, *arguments)
    try:
        yield tail
    finally:
        if tail.process.poll() is None:
            tail.kill9()


class Program:
    """What `--exec` runs."""

    def __init__(self, folder: Path, script: str = APPEND) -> None:
        self.path = folder / "handle"
        self.path.write_text(script)
        self.path.chmod(0o755)

    @property
    def handled(self) -> list[str]:
        file = self.path.with_name("handle.handled")
        return file.read_text().splitlines() if file.exists() else []


def begin(person: PersonAtWork, name: str) -> None:
    """Make a reader: what is sent from now on is for it."""
    person.get(f"readers/{name}")


def waiting(person: PersonAtWork, name: str) -> int:
    return next(row["waiting"] for row in person.get("readers") if row["name"] == name)


def send(person: PersonAtWork, name: str, number: int) -> None:
    """Once, however often it is tried while the service is away."""
    person.eventually(
        lambda me: me.send(HENDERSON, f"{name} {number}", key=f"{name}-{number}", wait=0)
    )


def test_a_thousand_messages_through_kills(
    system: System, messi: PersonAtWork, henderson: PersonAtWork, tmp_path: Path
) -> None:
    """The reader is killed with -9 four times and the service once: each is handled, in order;
    only the one in hand at a kill may come twice.
    """
    begin(henderson, "thousand")
    program = Program(tmp_path)
    arguments = ("--as", "thousand", "--follow", "--exec", str(program.path))
    kills = 0
    with tailing(system, tmp_path, *arguments) as tail:
        for number in range(1000):
            send(messi, "thousand", number)
            if number in (200, 450, 700, 900):
                wait_until(lambda half=number // 2: len(program.handled) > half)
                tail.kill9()
                tail.start()
                kills += 1
            if number == 550:
                with paused(tail.process):
                    system.chat_cli.restart()
        wait_until(lambda: program.handled[-1:] == ["thousand 999"], 60)
        henderson.eventually(lambda me: waiting(me, "thousand") == 0)
        assert tail.end() == 0
    handled = program.handled
    assert [text for text, _ in itertools.groupby(handled)] == [
        f"thousand {n}" for n in range(1000)
    ]
    assert len(handled) <= 1000 + kills


def test_lines_go_on_where_they_stopped(
    system: System, messi: PersonAtWork, henderson: PersonAtWork, tmp_path: Path
) -> None:
    """Each run prints what came since the last; a run that was killed loses nothing."""
    begin(henderson, "lines")
    for number in range(3):
        send(messi, "lines", number)
    arguments = ("--as", "lines", "--json")
    henderson.eventually(lambda me: waiting(me, "lines") == 3)
    with tailing(system, tmp_path, *arguments) as tail:
        assert tail.process.wait(20) == 0
        assert _texts(tail) == ["lines 0", "lines 1", "lines 2"]
    with tailing(system, tmp_path, *arguments, "--follow") as tail:
        for number in range(3, 40):
            send(messi, "lines", number)
            if number % 10 == 0:
                tail.kill9()
                tail.start()
        wait_until(lambda: _texts(tail)[-1] == "lines 39")
        assert tail.end(signal.SIGINT) == 0
    seen = list(dict.fromkeys(_texts(tail)))
    assert seen == [f"lines {number}" for number in range(40)]
    again = system.chat_cli.run("tail", "--account", HENDERSON, *arguments)
    assert (again.returncode, again.stdout) == (0, "")


def _texts(tail: Tail) -> list[str]:
    return [json.loads(line)["text"] for line in tail.lines]


def test_a_program_that_fails_gets_the_message_again(
    system: System, messi: PersonAtWork, henderson: PersonAtWork, tmp_path: Path
) -> None:
    """Until it ends with 0, and nothing overtakes; that it is tried again is said once."""
    begin(henderson, "fails")
    program = Program(
        tmp_path,
        f"""{APPEND}[ "$REALMCHAT_TEXT" = 'fails 1' ] || exit 0
[ $(grep -c 'fails 1' "$0.handled") = 3 ] || exit 3
""",
    )
    with tailing(
        system, tmp_path, "--as", "fails", "--follow", "--exec", str(program.path)
    ) as tail:
        for number in range(3):
            send(messi, "fails", number)
        wait_until(lambda: program.handled[-1:] == ["fails 2"])
        assert tail.end() == 0
    assert program.handled == ["fails 0", "fails 1", "fails 1", "fails 1", "fails 2"]
    (said,) = [line for line in tail.complaints if "ended with 3" in line]
    assert "fails-1" in said


def test_what_a_program_is_given(
    system: System, messi: PersonAtWork, henderson: PersonAtWork, tmp_path: Path
) -> None:
    """The whole message on its input; in its environment what fits, and a mark of what does not."""
    begin(henderson, "given")
    program = Program(tmp_path, '#!/bin/sh\ncat >> "$0.input"\nenv -0 >> "$0.handled"\n')
    long = "x" * 40_000 + "é\0"
    messi.send(HENDERSON, long, key="given-long")
    messi.send(HENDERSON, "short\nlines", key="given-short")
    henderson.eventually(lambda me: waiting(me, "given") == 2)
    ended = system.chat_cli.run(
        "tail", "--account", HENDERSON, "--as", "given", "--exec", str(program.path)
    )
    assert ended.returncode == 0, ended.stderr
    inputs = [json.loads(line) for line in (tmp_path / "handle.input").read_text().splitlines()]
    assert [message["text"] for message in inputs] == [long, "short\nlines"]
    found = (tmp_path / "handle.handled").read_bytes().decode().split("\0")
    variables = [line.partition("=")[::2] for line in found if line.startswith("REALMCHAT_")]
    half = len(variables) // 2
    first, second = dict(variables[:half]), dict(variables[half:])
    assert (first["REALMCHAT_TEXT_CUT"], second["REALMCHAT_TEXT_CUT"]) == ("1", "")
    assert long.startswith(first["REALMCHAT_TEXT"])
    assert second["REALMCHAT_TEXT"] == "short\nlines"
    assert second["REALMCHAT_KEY"] == "given-short"
    assert second["REALMCHAT_FROM"] == "messi@surabaya"
    assert second["REALMCHAT_CONVERSATION"] == inputs[1]["conversation"]
    assert second["REALMCHAT_SEQ"] == str(inputs[1]["seq"])
    assert second["REALMCHAT_ACCOUNT"] == HENDERSON


def test_the_end_waits_for_the_message_in_hand(
    system: System, messi: PersonAtWork, henderson: PersonAtWork, tmp_path: Path
) -> None:
    """A program that finishes in time has handled it: it doesn't come again."""
    begin(henderson, "ending")
    gate = tmp_path / "gate"
    script = f'{APPEND}while [ ! -e "{gate}" ]; do sleep 0.02; done\n'
    program = Program(tmp_path, script)
    with tailing(
        system, tmp_path, "--as", "ending", "--follow", "--exec", str(program.path)
    ) as tail:
        send(messi, "ending", 0)
        send(messi, "ending", 1)
        wait_until(lambda: program.handled == ["ending 0"])
        tail.process.terminate()
        gate.touch()
        assert tail.process.wait(20) == 0
    assert program.handled == ["ending 0"]
    assert waiting(henderson, "ending") == 1


def test_two_under_one_name(
    system: System, messi: PersonAtWork, henderson: PersonAtWork, tmp_path: Path
) -> None:
    """The second is refused in words, while the first lives."""
    begin(henderson, "single")
    with tailing(system, tmp_path, "--as", "single", "--follow") as tail:
        send(messi, "single", 0)
        wait_until(lambda: tail.lines)
        second = system.chat_cli.run("tail", "--account", HENDERSON, "--as", "single")
        assert second.returncode == 4
        assert "reads as “single”" in second.stderr
        tail.kill9()
        third = system.chat_cli.run("tail", "--account", HENDERSON, "--as", "single")
        assert third.returncode == 0


def test_the_live_view(
    system: System, messi: PersonAtWork, henderson: PersonAtWork, tmp_path: Path
) -> None:
    """The newest, then what comes, also what came while the service was away; each once."""
    for number in range(12):
        send(messi, "live", number)
    henderson.eventually(lambda me: me.get("messages?limit=1")[0]["text"] == "live 11")
    newest = system.chat_cli.run("tail", "--account", HENDERSON)
    assert _said(newest.stdout.splitlines()) == [f"live {number}" for number in range(2, 12)]
    with tailing(system, tmp_path, "--follow", "--limit", "2") as tail:
        wait_until(lambda: len(tail.lines) == 2)
        send(messi, "live", 12)
        wait_until(lambda: len(tail.lines) == 3)
        system.chat_cli.kill9()
        wait_until(lambda: any("waiting for the service" in line for line in tail.complaints))
        system.chat_cli.start()
        send(messi, "live", 13)
        wait_until(lambda: len(tail.lines) == 4)
        henderson.eventually(lambda me: me.send("messi@surabaya", "own", key="live-own", wait=0))
        wait_until(lambda: len(tail.lines) == 5)
        assert tail.end() == 0
    assert _said(tail.lines) == [*(f"live {number}" for number in range(10, 14)), "own"]


def _said(lines: list[str]) -> list[str]:
    return [line.partition(": ")[2] for line in lines]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--exec", "cat"),
        ("--from-start",),
        ("--as", "x", "--limit", "5"),
        ("--as", "x", "--exec", "/no/such/program"),
        ("--as", "x", "--exec", "'unclosed"),
    ],
)
def test_what_makes_no_sense_is_said(
    system: System, henderson: PersonAtWork, arguments: tuple[str, ...]
) -> None:
    """One line, and the exit code of wrong usage; nothing is read."""
    ended = system.chat_cli.run("tail", "--account", HENDERSON, *arguments)
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1


def test_a_name_that_can_be_none(system: System, henderson: PersonAtWork) -> None:
    """As every name here."""
    ended = system.chat_cli.run("tail", "--account", HENDERSON, "--as", "no name")
    assert ended.returncode == 4
    assert "can't be a name" in ended.stderr


def test_other_people_s_messages_are_theirs(
    system: System, messi: PersonAtWork, henderson: PersonAtWork
) -> None:
    """A reader from the start has every message of others that is here, and none of one's own."""
    henderson.send("messi@surabaya", "theirs", key="own-theirs")
    send(messi, "own", 0)
    messi.eventually(lambda me: me.get("messages?limit=1")[0]["text"] == "own 0")
    found: list[dict[str, Any]] = []
    while page := messi.get("readers/own?from=start&limit=1000")["messages"]:
        found += page
        messi.post("readers/own", place=page[-1]["place"])
    assert {message["from"] for message in found} == {HENDERSON}
