"""`chat-cli shell < script`: one line a command, the exit code of the first that failed."""

import json
from pathlib import Path
from typing import Any

import pytest

from realm_protocol.errors import UserNotFound
from tests.chat_cli_line.conftest import Run
from tests.chat_cli_line.fake_service import ACCOUNT, MESSI, FakeService

HENDERSON = "henderson@jakarta"
TWO = [
    {**ACCOUNT, "signed_in_at": "2026-11-21T03:00:00Z"},
    {**ACCOUNT, "account": HENDERSON, "realm_url": "http://127.0.0.1:8001"},
]


def sending(account: str) -> str:
    return f"POST /v1/accounts/{account}/messages"


def sent(state: str = "at_main") -> dict[str, Any]:
    return {"key": "k", "conversation": "c", "seq": 1, "state": state, "to": HENDERSON}


def texts(service: FakeService) -> list[str]:
    return [asked.body["text"] for asked in service.asked if asked.path.endswith("/messages")]


def test_lines_are_done_in_their_order(service: FakeService, run: Run) -> None:
    """Comments and empty lines are passed over; a last line needs no end."""
    service.answers[sending(MESSI)] = sent()

    done = run("shell", stdin="# greetings\n\nsend henderson one\r\nsend henderson  two")

    assert (done.returncode, done.stdout) == (0, f"Sent to {HENDERSON}.\n" * 2)
    assert texts(service) == ["one", "two"]


def test_the_first_failure_is_the_exit_code(service: FakeService, run: Run) -> None:
    """One line on standard error for it; the lines behind it are done all the same."""
    service.answers[sending(MESSI)] = sent()
    refused = f"POST /v1/accounts/{MESSI}/commands"
    service.answers[refused] = UserNotFound(address="nobody@jakarta")

    done = run("shell", stdin="block nobody@jakarta\nsend henderson hi\nread\n")

    assert done.returncode == 4
    assert done.stdout == f"Sent to {HENDERSON}.\n"
    assert len(done.stderr.splitlines()) == 2
    assert "nobody@jakarta" in done.stderr.splitlines()[0]


def test_saved_only_is_told_as_by_a_command(service: FakeService, run: Run) -> None:
    """Exit code 3, as `chat-cli send` has it."""
    service.answers[sending(MESSI)] = sent("saved")

    assert run("shell", stdin="send henderson hi\n").returncode == 3


def test_a_script_may_be_somebody_else_from_a_line_on(service: FakeService, run: Run) -> None:
    """`use` counts for the lines behind it, and for no other command."""
    service.answers["GET /v1/accounts"] = TWO
    service.answers[sending(HENDERSON)] = sent()

    done = run("shell", "--account", MESSI, stdin="use henderson\nsend messi hi\nquit\nsend x y\n")

    assert done.returncode == 0
    assert texts(service) == ["hi"]


@pytest.mark.parametrize("line", ["use nobody", "auth nobody@jakarta wrong", "auht messi surabaya"])
def test_nothing_is_sent_in_a_wrong_name(service: FakeService, run: Run, line: str) -> None:
    """Behind a line that failed to say who one is, or can't be understood, nothing is done."""
    service.answers["POST /v1/accounts/login"] = UserNotFound(address="nobody@jakarta")
    service.answers[sending(MESSI)] = sent()

    done = run("shell", stdin=f"{line}\nsend henderson hi\n")

    assert done.returncode != 0
    assert texts(service) == []


def test_signing_in_makes_one_that_person(service: FakeService, run: Run) -> None:
    """As the older programs have it: name and password, then what that person says."""
    service.answers["GET /v1/accounts"] = TWO
    service.answers["POST /v1/accounts/login"] = {"account": HENDERSON, "token": "t"}
    service.answers[sending(HENDERSON)] = sent()

    done = run("shell", "--account", MESSI, stdin="auth henderson surabaya \r\nsend messi hi\r\n")

    login = next(asked for asked in service.asked if asked.path.endswith("/login"))
    assert done.returncode == 0, done.stderr
    assert login.body == {
        "address": HENDERSON,
        "password": "surabaya",
        "realm_url": "http://127.0.0.1:8001",
    }
    assert texts(service) == ["hi"]


def test_a_password_is_never_waited_for(service: FakeService, run: Run) -> None:
    """Nobody sits there to type it: one line says so."""
    done = run("shell", stdin="auth messi@surabaya\n")

    assert done.returncode == 2
    assert "PASSWORD" in done.stderr


@pytest.mark.parametrize("script", [b"send henderson \xff\xfe\n", b"x" * 200_000])
def test_what_is_no_text_is_refused(service: FakeService, run: Run, script: bytes) -> None:
    """Binary in a pipe, or a line without end: one clear line."""
    done = run("shell", stdin=script)

    assert done.returncode == 4
    assert len(done.stderr.splitlines()) == 1


def test_json_is_printed_for_programs(service: FakeService, run: Run) -> None:
    """As by `--json` of a command; refusals too."""
    service.answers[sending(MESSI)] = sent()

    done = run("shell", "--json", stdin="send henderson hi\nnosuchword\n")

    assert json.loads(done.stdout) == sent()
    assert json.loads(done.stderr)["error"]["code"] == "unknown_command"


def test_help_is_of_the_words_that_can_be_typed(run: Run) -> None:
    """All of them with what they do; one of them with its parameters. Unknown ones are named."""
    everything = run("shell", stdin="help\n").stdout
    one = run("shell", stdin="help sendprivate\n").stdout
    indonesian = run("shell", "--lang", "id", stdin="help quit\n").stdout

    lines = [" ".join(line.split()) for line in everything.splitlines()]
    assert "send Send a message to a person." in lines
    assert "quit Leave the shell; so does Ctrl-D." in lines
    assert one.startswith("send PERSON TEXT\n  Send a message to a person.\n")
    assert "Tinggalkan shell" in indonesian
    assert run("shell", stdin="help nosuchword\n").returncode == 2


def test_help_starts_no_service(run: Run, environment: dict[str, str]) -> None:
    """What this machine knows by itself costs nobody a process."""
    run("shell", stdin="help\n# nothing else\nquit\n")

    assert not Path(environment["REALMCHAT_HOME"], "chat-cli", "service.log").exists()
