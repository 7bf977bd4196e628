"""Every command of the vocabulary: it can be run as it is told, and its answer is shown."""

import importlib
import inspect
import json
from typing import Any

import pytest

from chat_cli.command_line.command import Command
from chat_cli.command_line.vocabulary import COMMAND_BY_NAME, COMMANDS
from realm_protocol.command_table import WORDS
from tests.chat_cli_line.conftest import Run
from tests.chat_cli_line.fake_service import MESSI, FakeService
from tests.chat_cli_line.test_commands import LINE, SEND, sent

EVERY_COMMAND = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)


def test_every_word_of_the_table_is_a_command() -> None:
    """Under each of its names: there is no second list."""
    assert {name for word in WORDS for name in word.names} <= set(COMMAND_BY_NAME)


@EVERY_COMMAND
def test_what_a_command_names_takes_what_it_is_given(command: Command) -> None:
    """The function exists, and its own options are those that the vocabulary tells."""
    module, _, function = command.does.partition(":")
    does = getattr(importlib.import_module(f"chat_cli.command_line.{module}"), function)

    everywhere = {"account", "json", "quiet", "password_stdin"}
    own = {option.argument for option in command.options} - everywhere
    _call, _arguments, *taken = inspect.signature(does).parameters
    assert set(taken) == own


@EVERY_COMMAND
def test_every_command_has_an_example(command: Command) -> None:
    """Of itself, under the name that lists show."""
    assert f"chat-cli {command.name}" in command.example


LIONEL = {"address": "messi@surabaya", "name": "Lionel Messi", "country": "AR", "online": True}
MEMBER = {**LIONEL, "role": "owner", "read": 3, "delivered": 4}
GROUP = {
    "group": "jarkom3@surabaya",
    "name": "Jaringan 3",
    "conversation": "c2",
    "kind": "group",
    "members": 2,
    "joined": True,
    "role": "owner",
    "invite_only": False,
    "closed": False,
}
GROUP_LINE = "jarkom3@surabaya\t2\tyes\towner\tno\tgroup\tJaringan 3"
JOINED = {"group": "jarkom3@surabaya", "conversation": "c2", "seq": 5, "kind": "group"}
REALM = {
    "realm": "jakarta",
    "host": "",
    "port": 0,
    "linked": False,
    "since": "2026-11-21T03:55:00Z",
    "online": 7,
    "names": ["realm2", "timur"],
}
SESSION = {
    "session_id": "s1",
    "device": "chat-cli",
    "realm": "surabaya",
    "created_at": "2026-11-20T03:55:00Z",
    "last_seen_at": "2026-11-21T03:55:00Z",
    "current": True,
}


@pytest.mark.parametrize(
    ("typed", "line", "result", "shown"),
    [
        (
            "members jarkom3",
            "members jarkom3",
            [MEMBER],
            "messi@surabaya\tLionel Messi\towner\tyes\t3",
        ),
        ("groups", "groups", [GROUP], GROUP_LINE),
        ("listgroups", "groups", [GROUP], GROUP_LINE),
        (
            "invite jarkom3 lineker henderson@jakarta",
            "invite jarkom3 lineker henderson@jakarta",
            JOINED,
            "They are in group jarkom3@surabaya now.",
        ),
        (
            "setrole jarkom3 lineker admin",
            "setrole jarkom3 lineker admin",
            {**JOINED, "address": "lineker@surabaya", "role": "admin"},
            "In group jarkom3@surabaya, lineker@surabaya is now: admin.",
        ),
        (
            "renamegroup jarkom3 Jaringan 3",
            "renamegroup jarkom3 Jaringan 3",
            {**JOINED, "name": "Jaringan 3"},
            "Group jarkom3@surabaya has its new name.",
        ),
        (
            "createinvitegroup jarkom3 lineker",
            "addinvitegroup jarkom3 lineker",
            JOINED,
            "Created group jarkom3@surabaya.",
        ),
        ("realms", "realms", [REALM], "jakarta\tno\t2026-11-21T03:55:00Z\t7\t\t0\trealm2 timur"),
        (
            "addrealm realm2 127.0.0.1 8890",
            "addrealm realm2 127.0.0.1 8890",
            {"name": "realm2", "realm": "jakarta"},
            "realm2 is realm jakarta.",
        ),
        (
            "addrealm medan 10.0.0.7 8000",
            "addrealm medan 10.0.0.7 8000",
            {"name": "medan", "realm": "medan", "key": "k"},
            "Realm medan is enrolled. Its key, which is told this once: k",
        ),
        (
            "sessions",
            "sessions",
            [SESSION],
            "s1\tchat-cli\tsurabaya\t2026-11-20T03:55:00Z\t2026-11-21T03:55:00Z\tyes",
        ),
        ("joingroup jarkom3", "joingroup jarkom3", JOINED, "You are in group jarkom3@surabaya."),
        (
            "leavegroup jarkom3",
            "leavegroup jarkom3",
            JOINED,
            "You have left group jarkom3@surabaya.",
        ),
        (
            "read henderson 7",
            "read henderson 7",
            {"conversation": "c1", "read": 7},
            "Read up to 7.",
        ),
        (
            "read henderson --seq 7",
            "read henderson 7",
            {"conversation": "c1", "read": 7},
            "Read up to 7.",
        ),
        (
            "block lineker",
            "block lineker",
            {"address": "lineker@jakarta", "blocked": True},
            "lineker@jakarta is blocked.",
        ),
        (
            "unblock lineker",
            "unblock lineker",
            {"address": "lineker@jakarta", "blocked": False},
            "lineker@jakarta is no longer blocked.",
        ),
    ],
)
def test_an_answer_is_shown_to_people_and_programs(
    service: FakeService, run: Run, typed: str, line: str, result: Any, shown: str
) -> None:
    """The service does the line; a pipe gets plain lines, --json the answer itself."""
    service.answers[LINE] = {"result": result}

    plain = run(*typed.split())
    as_json = run(*typed.split(), "--json")

    assert (plain.returncode, plain.stdout) == (0, shown + "\n")
    assert service.last("POST").body == {"line": line}
    rows = [json.loads(row) for row in as_json.stdout.splitlines()]
    assert rows == (result if isinstance(result, list) else [result])


def test_people_are_found_by_words_with_spaces(service: FakeService, run: Run) -> None:
    """Which a line of the grammar could not say."""
    service.answers[f"GET /v1/accounts/{MESSI}/users"] = [LIONEL]

    done = run("users", "lionel m&ssi")

    assert done.stdout == "messi@surabaya\tLionel Messi\tAR\tyes\n"
    assert service.last("GET").query == {"q": "lionel m&ssi"}


def test_info_is_a_line_for_each_fact(service: FakeService, run: Run) -> None:
    """Names and values, parted by a tab."""
    link = {"state": "up", "up": True, "realm": "surabaya"}
    service.answers[f"GET /v1/accounts/{MESSI}/info"] = {
        "account": MESSI,
        "link": link,
        "unread": 2,
    }

    assert run("info").stdout.splitlines() == [
        "account\tmessi@surabaya",
        "link.state\tup",
        "link.up\tyes",
        "link.realm\tsurabaya",
        "unread\t2",
    ]


def test_quiet_says_only_what_was_asked_for(service: FakeService, run: Run) -> None:
    """No confirmation and no note; rows, --json and the exit code stay."""
    service.answers[SEND] = sent(state="saved")
    service.answers[LINE] = {"result": [GROUP]}

    silent = run("send", "henderson", "hi", "--quiet")
    as_json = run("send", "henderson", "hi", "--quiet", "--json")

    assert (silent.returncode, silent.stdout, silent.stderr) == (3, "", "")
    assert json.loads(as_json.stdout)["state"] == "saved"
    assert run("groups", "--quiet").stdout == f"{GROUP_LINE}\n"


def test_help_is_the_same_by_both_names(run: Run) -> None:
    """`help send` and `send --help`; an unknown word names the nearest here too."""
    assert run("help", "send").stdout == run("send", "--help").stdout
    assert run("help").stdout == run("--help").stdout
    assert [
        json.loads(line)["word"] for line in run("help", "auth", "--json").stdout.splitlines()
    ] == ["login"]
    assert run("help", "sned").returncode == 2


def test_passwd_reads_both_passwords_from_a_pipe(service: FakeService, run: Run) -> None:
    """The old one, then the new one, a line each."""
    service.answers[f"POST /v1/accounts/{MESSI}/password"] = {"account": MESSI, "changed": True}

    done = run("passwd", "--password-stdin", stdin="old one\nnew one\n")

    assert done.returncode == 0
    assert service.last("POST").body == {"old": "old one", "new": "new one"}
    assert "one" not in done.stdout
