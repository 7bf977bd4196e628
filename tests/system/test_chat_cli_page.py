"""docs/chat-cli.md: its tour, played as it stands, and its keys of `--json`, of real answers."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat_cli.command_line.exit_codes import ExitCode
from chat_cli.command_line.vocabulary import COMMANDS
from tests.system.demonstration import Demonstration
from tests.system.pages import play
from tests.system.processes import console_script, environment

PAGE = Path(__file__).parents[2] / "docs" / "chat-cli.md"
MESSI, HENDERSON, LINEKER = "messi@surabaya", "henderson@surabaya", "lineker@jakarta"

ASKED = (
    ("register budi@surabaya --password-stdin", "rahasia12\n"),
    (f"login {HENDERSON} --password-stdin", "surabaya\n"),
    (f"login {MESSI} --password-stdin", "surabaya\n"),
    (f"use {MESSI}", ""),
    ("accounts", ""),
    ("passwd --password-stdin", "surabaya\nsurabaya\n"),
    ("info", ""),
    ("sessions", ""),
    ("send henderson hello", ""),
    ("creategroup jarkom3", ""),
    (f"joingroup jarkom3 --account {HENDERSON}", ""),
    ("sendgroup jarkom3 hello", ""),
    (f"inboxgroup jarkom3 --account {HENDERSON}", ""),
    (f"inbox --account {HENDERSON}", ""),
    ("history henderson", ""),
    ("search hello", ""),
    ("tail", ""),
    (f"tail --as archive --from-start --account {HENDERSON}", ""),
    (f"read messi --account {HENDERSON}", ""),
    ("groups", ""),
    ("createinvitegroup board", ""),
    ("invite board henderson", ""),
    ("setrole board henderson admin", ""),
    ("renamegroup board The board", ""),
    ("setaccess board open", ""),
    ("removemember board henderson", ""),
    ("closegroup board", ""),
    ("reopengroup board", ""),
    ("members jarkom3", ""),
    (f"leavegroup jarkom3 --account {HENDERSON}", ""),
    ("users hender", ""),
    ("block lineker", ""),
    ("unblock lineker", ""),
    ("mute henderson", ""),
    ("unmute henderson", ""),
    ("realms", ""),
    ("addrealm jakarta 127.0.0.1 8001", ""),
    ("sendprivaterealm jakarta henderson hello", ""),
    ("sendgrouprealm jakarta henderson,lineker hello", ""),
    ("login lineker@jakarta --realm-url {jakarta} --password-stdin", "surabaya\n"),
    (f"sendprivaterealm surabaya henderson hello --account {LINEKER}", ""),
    (f"getrealminbox jakarta --account {HENDERSON}", ""),
    ("sendfilerealm jakarta henderson - --name a.txt", "hello"),
    ("sendgroupfilerealm jakarta henderson - --name a.txt", "hello"),
    ("help send", ""),
    ("config show", ""),
    ("config path", ""),
    ("profiles", ""),
    ("man --to man", ""),
    ("sendfile henderson - --name a.txt", "hello"),
    ("sendgroupfile jarkom3 - --name a.txt", "hello"),
    ("transfers", ""),
    (f"receivefile all --to in --account {HENDERSON}", ""),
    ("guest anna", ""),
    (f"use {MESSI}", ""),
    ("logout", ""),
    ("status", ""),
    ("stop", ""),
)
"""Every command that has `--json`, and what it is given on standard input."""


OF_SOME = {"change", "file"}
"""Keys that only some messages have, told below the table."""


@pytest.fixture
def demonstration(tmp_path: Path) -> Iterator[Demonstration]:
    started = Demonstration(tmp_path)
    started.start()
    yield started
    started.end()


def test_the_tour_tells_the_truth(demonstration: Demonstration) -> None:
    """Each command of the page, in one shell, prints what the page says."""
    play(demonstration, PAGE, at_least=50)


def test_the_keys_are_those_of_the_page(demonstration: Demonstration) -> None:
    """Each line of each command has the keys that the page says, and no others."""
    told = keys_told()
    given: dict[str, set[str]] = {}
    subprocess.run(
        [console_script("main-server"), "user", "make-operator", MESSI],
        env=environment(demonstration.home),
        check=True,
        timeout=60,
    )
    jakarta = demonstration.url("realm-jakarta")

    for line, stdin in ASKED:
        done = subprocess.run(
            [console_script("chat-cli"), *line.format(jakarta=jakarta).split(" "), "--json"],
            env=environment(demonstration.home),
            cwd=demonstration.home,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        rows = [json.loads(row) for row in done.stdout.splitlines()]
        assert rows, line
        name = next(name for name in sorted(told, reverse=True) if line.startswith(name))
        assert [set(row) - OF_SOME for row in rows] == [told[name]] * len(rows), line
        given[name] = told[name]

    assert given == told


def test_every_command_with_keys_is_told() -> None:
    """None that takes `--json` is left out; the shell's lines answer as their words do."""
    with_json = {c.name for c in COMMANDS if any(option.name == "json" for option in c.options)}

    assert {name.partition(" ")[0] for name in keys_told()} == with_json - {"shell"}


def test_every_exit_code_is_told() -> None:
    """With what it means."""
    told = re.findall(r"^\| (\d) \| \w.* \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert told == [str(code.value) for code in ExitCode]


def keys_told() -> dict[str, set[str]]:
    """What the page says of each command; one row may go on from the one above it."""
    table = PAGE.read_text(encoding="utf-8").split("## JSON", 1)[1]
    told: dict[str, set[str]] = {}
    keys: set[str] = set()
    for commands, cell in re.findall(r"^\| (`.*`) \| (.*) \|$", table, re.MULTILINE):
        own = set(re.findall(r"`(\w+)`", cell))
        keys = keys | own if cell.startswith("the same") else own
        told |= dict.fromkeys(re.findall(r"`([^`]+)`", commands), keys)
    return told
