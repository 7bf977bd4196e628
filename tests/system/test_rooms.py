"""Open rooms as real processes: a guest enters, talks, is watched, is on record, and goes."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.system.processes import (
    ChatCliProcess,
    MainProcess,
    RealmProcess,
    console_script,
    environment,
)
from tests.waiting import wait_until

MESSI = "messi@surabaya"
OPEN = ("--lobby", "--guest-seconds")


class Site:
    """A realm server with an open room, and its operator."""

    def __init__(self, main: MainProcess, name: str, guest_seconds: int) -> None:
        options = (*OPEN, str(guest_seconds))
        self.realm = RealmProcess(main.home, name, main.url, options=options)
        self.realm.save_key(main.add_realm(name, self.realm.port))
        self.seen = main.home / f"{name}.seen"

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Its operator watches the room; `seen` has what they see."""
        with self.seen.open("wb") as seen:
            watching = subprocess.Popen(
                self._asked("watch"), env=environment(self.realm.home), stdout=seen
            )
        try:
            yield
        finally:
            watching.kill()
            watching.wait()

    def sees(self, text: str) -> None:
        """Wait until the operator has seen it."""
        wait_until(lambda: text in self.seen.read_text())

    def transcript(self, *options: str) -> str:
        asked = self._asked("transcript", *options)
        return subprocess.check_output(asked, env=environment(self.realm.home), text=True)

    def told_into_nothing(self) -> str:
        """What `transcript` complains of where nobody reads it, as behind `| head`."""
        read, write = os.pipe()
        os.close(read)
        ended = subprocess.run(
            self._asked("transcript", "--json"),
            env=environment(self.realm.home),
            stdout=write,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        os.close(write)
        return ended.stderr

    def _asked(self, word: str, *options: str) -> list[str]:
        return [console_script("realm-server"), word, "--name", self.realm.realm, *options]


class Town:
    """Main, a site whose guests may stay, one whose guests must go at once, and a person."""

    def __init__(self, home: Path, ending: ExitStack) -> None:
        self.main = MainProcess(home / "servers")
        ending.callback(self.main.end)
        self.main.start()
        self.main.wait_ready()
        self.surabaya = Site(self.main, "surabaya", 3600)
        self.jakarta = Site(self.main, "jakarta", 1)
        self.main.add_users({MESSI: "surabaya"})
        self.chat_cli = ChatCliProcess(home / "person", self.surabaya.realm.url)
        for service in (self.surabaya.realm, self.jakarta.realm, self.chat_cli):
            ending.callback(service.end)
            service.start()
        for service in (self.surabaya.realm, self.jakarta.realm, self.chat_cli):
            service.wait_ready()

    def run(self, *arguments: str, stdin: str = "") -> str:
        ended = self.chat_cli.run(*arguments, stdin=stdin)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with ExitStack() as ending:
        yield Town(tmp_path_factory.mktemp("rooms"), ending)


def test_a_guest_talks_with_everybody_and_it_is_on_record(town: Town) -> None:
    """What is written is on the operator's screen at once, also over a restart of the realm."""
    with town.surabaya.watched():
        town.run("guest", "anna")
        town.run("sendgroup", "lobby", "halo semua", "--account", "guest-anna")
        town.run("login", MESSI, "--password-stdin", stdin="surabaya")
        town.run("joingroup", "lobby", "--account", MESSI)
        inbox = town.run("history", "group:lobby", "--account", MESSI)
        town.surabaya.sees("halo semua")
        town.surabaya.realm.restart()
        town.run("sendgroup", "lobby", "selamat datang", "--account", MESSI)
        town.surabaya.sees("selamat datang")

    assert town.surabaya.told_into_nothing() == ""
    assert "guest-anna@surabaya in lobby@surabaya (open room): halo semua" in inbox
    rows = [json.loads(line) for line in town.surabaya.transcript("--json").splitlines()]
    assert [(row["seq"], row["kind"], row["from"]) for row in rows] == [
        (1, "system", "guest-anna@surabaya"),
        (2, "text", "guest-anna@surabaya"),
        (3, "system", MESSI),
        (4, "text", MESSI),
    ]
    part = town.surabaya.transcript("--from", "2", "--to", "3")
    assert [line.split(" ", 1)[1] for line in part.splitlines()] == [
        "guest-anna@surabaya: halo semua",
        f"({MESSI} entered; this room is open to everybody, and it is recorded)",
    ]


def test_a_guest_goes_when_the_time_is_over(town: Town) -> None:
    """By themselves: the log says so, and the session is worth nothing any more."""
    with town.jakarta.watched():
        town.run("guest", "bob", "--realm-url", town.jakarta.realm.url)
        town.jakarta.sees("guest-bob@jakarta left")

    def is_out() -> bool:
        rows = map(json.loads, town.run("accounts", "--json").splitlines())
        return not next(row for row in rows if row["account"] == "guest-bob@jakarta")["signed_in"]

    wait_until(is_out)
