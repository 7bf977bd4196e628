"""The example bot of docs/, as people would run it, against real services."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.people import PersonAtWork
from tests.system.processes import System, environment, paused
from tests.waiting import wait_until

DOCS = Path(__file__).parents[2] / "docs"
BOT, PAGE = DOCS / "echo_bot.py", DOCS / "bots.md"
ADDRESS = "henderson@jakarta"


class Bot:
    def __init__(self, home: Path, log: Path) -> None:
        self._home = home
        self._log = log
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-P", BOT, ADDRESS], env=environment(self._home), stderr=log
            )

    @property
    def said(self) -> str:
        return self._log.read_text()

    def kill9(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def messi(system: System) -> PersonAtWork:
    person = PersonAtWork(system.chat_cli, "messi@surabaya")
    person.sign_in(system.surabaya.url)
    return person


@pytest.fixture
def henderson(system: System) -> PersonAtWork:
    person = PersonAtWork(system.chat_cli, ADDRESS)
    person.sign_in(system.jakarta.url)
    return person


@pytest.fixture
def bot(system: System, henderson: PersonAtWork, tmp_path: Path) -> Iterator[Bot]:
    running = Bot(system.chat_cli.home, tmp_path / "bot.log")
    yield running
    running.kill9()


def test_the_bot_answers_each_message_once(
    system: System, messi: PersonAtWork, henderson: PersonAtWork, bot: Bot
) -> None:
    """Killed with -9 again and again, and its service too."""
    wait_until(lambda: henderson.get("readers"))
    conversation = messi.send(ADDRESS, "pesan 0", key="bot-0")["conversation"]
    for number in range(60):
        messi.eventually(
            lambda me, n=number: me.send(ADDRESS, f"pesan {n}", key=f"bot-{n}", wait=0)
        )
        if number in (15, 30):
            wait_until(lambda n=number: len(answers(messi, conversation)) > n // 2)
            bot.kill9()
            bot.start()
        if number == 45:
            with paused(bot.process):
                system.chat_cli.restart()
    expected = [f"You said: pesan {number}" for number in range(60)]
    messi.eventually(lambda me: len(answers(me, conversation)) >= 60)
    assert answers(messi, conversation) == expected
    bot.process.send_signal(signal.SIGINT)
    bot.process.wait(20)


def test_an_answer_that_is_refused_stops_no_bot(
    messi: PersonAtWork, henderson: PersonAtWork, bot: Bot
) -> None:
    """It says so, and goes on with the next message."""
    wait_until(lambda: henderson.get("readers"))
    messi.send(ADDRESS, "pertama")
    conversation = messi.send(ADDRESS, "kedua")["conversation"]
    wait_until(lambda: len(answers(messi, conversation)) == 2)
    messi.command(f"block {ADDRESS}")
    messi.send(ADDRESS, "ketiga")
    wait_until(lambda: "takes no messages from you" in bot.said)
    messi.command(f"unblock {ADDRESS}")
    messi.send(ADDRESS, "keempat")
    expected = [f"You said: {text}" for text in ("pertama", "kedua", "keempat")]
    wait_until(lambda: answers(messi, conversation) == expected)


def test_the_script_of_the_page(
    system: System, messi: PersonAtWork, henderson: PersonAtWork, tmp_path: Path
) -> None:
    """`docs/bots.md` as it stands; a message that is handled twice is answered once."""
    henderson.get("readers/greeter")
    script = tmp_path / "greet"
    lines = PAGE.read_text().split("    #!/bin/sh\n")[1].split("\n\n")[0].splitlines()
    script.write_text("\n".join(["#!/bin/sh", *(line.removeprefix("    ") for line in lines), ""]))
    script.chmod(0o755)
    sent = messi.send(ADDRESS, "apa kabar?")
    henderson.eventually(lambda me: me.get("readers")[0]["waiting"] == 1)
    command = ("tail", "--as", "greeter", "--exec", str(script), "--account", ADDRESS)
    for name in ("greeter", "again"):
        done = system.chat_cli.run(*command[:2], name, *command[3:], "--from-start")
        assert done.returncode == 0, done.stderr
    expected = ["Halo! You said: apa kabar?"]
    messi.eventually(lambda me: answers(me, sent["conversation"]) == expected)


def answers(person: PersonAtWork, conversation: str) -> list[str]:
    return [row["text"] for row in person.history(conversation) if row["from"] == ADDRESS]
