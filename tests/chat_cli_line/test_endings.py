"""Every way that a command ends: its exit code, and one clear line on standard error."""

import json
import subprocess
import sys
from typing import Any

import pytest

from realm_protocol.errors import (
    AccountNotFound,
    InternalError,
    LinkDown,
    NotMember,
    RateLimited,
    RealmchatError,
    RealmUnreachable,
    SessionEnded,
    TimedOut,
    UserNotFound,
    WrongArguments,
    WrongPassword,
)
from tests.chat_cli_line.conftest import Run
from tests.chat_cli_line.fake_service import MESSI, FakeService
from tests.chat_cli_line.test_commands import (
    CONVERSATIONS,
    INBOX,
    SEND,
    conversation,
    message,
    sent,
)

HENDERSON = "henderson@jakarta"
LINEKER = "lineker@surabaya"
GROUP = {"group": "jarkom3@jakarta"}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InternalError(incident="a1"), 1),
        (WrongArguments(detail="No.", usage="send PERSON TEXT"), 2),
        (UserNotFound(address="henderson@jakarta"), 4),
        (NotMember(group="jarkom3@surabaya"), 4),
        (LinkDown(realm="surabaya", since="03:00"), 4),
        (RateLimited(retry_after_seconds=2), 5),
        (WrongPassword(address=MESSI), 6),
        (SessionEnded(reason="password changed"), 6),
        (AccountNotFound(address=MESSI), 6),
        (RealmUnreachable(url="http://x", detail="refused"), 7),
        (TimedOut(seconds=5), 7),
    ],
    ids=lambda value: value.code if isinstance(value, RealmchatError) else str(value),
)
def test_a_refusal_is_one_line_and_its_code(
    service: FakeService, run: Run, error: RealmchatError, code: int
) -> None:
    """What the service answered is said in its words, and a script can tell the kinds apart."""
    service.answers[SEND] = error

    done = run("send", "henderson", "hi")

    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr == f"chat-cli: {error.message}\n"


def test_a_refusal_can_be_read_by_a_program(service: FakeService, run: Run) -> None:
    """With --json the line on standard error is the error's one shape."""
    service.answers[SEND] = UserNotFound(address="nobody@jakarta")

    done = run("send", "nobody", "hi", "--json")

    assert json.loads(done.stderr)["error"]["code"] == "user_not_found"


@pytest.mark.parametrize(
    ("state", "to", "said", "beside"),
    [
        ("saved", HENDERSON, "Saved for henderson@jakarta.", "saved, and sent to henderson"),
        ("at_realm", HENDERSON, "Saved for henderson@jakarta.", "saved, and sent to henderson"),
        ("saved", LINEKER, "Saved for lineker@surabaya.", "saved, and sent to lineker"),
        ("at_realm", LINEKER, "Sent to lineker@surabaya within surabaya.", "can read it already"),
        ("at_realm", GROUP, "Sent to jarkom3@jakarta within surabaya.", "those of surabaya can"),
    ],
)
def test_a_message_not_yet_at_main_ends_with_3(
    service: FakeService, run: Run, state: str, to: Any, said: str, beside: str
) -> None:
    """It is safe and will be sent; who is told that it is there can read it."""
    service.answers[SEND] = {**sent(state=state), "to": to}

    done = run("send", "whoever", "hi")

    assert (done.returncode, done.stdout) == (3, f"{said}\n")
    assert done.stderr.count("\n") == 1
    assert beside in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("send", "henderson"),
        ("sned", "henderson", "hi"),
        ("send", "henderson", "hi", "--colour"),
        ("inbox", "extra"),
        ("send", "henderson", "hi", "--wait", "soon"),
        ("login", MESSI),
        ("login", MESSI, "--password-stdin"),
    ],
)
def test_a_slip_is_one_line_and_2(run: Run, arguments: tuple[str, ...]) -> None:
    """Usage is checked before any service is asked or started."""
    done = run(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


def test_nobody_signed_in_is_6(service: FakeService, run: Run) -> None:
    """Whoever has no account here is told to sign in."""
    service.answers["GET /v1/accounts"] = []

    done = run("inbox")

    assert done.returncode == 6
    assert "Sign in first" in done.stderr


def test_bytes_that_are_no_text_are_refused(service: FakeService, run: Run) -> None:
    """Binary input is refused in words, from a pipe and from an argument."""
    done = run("send", "henderson", "-", stdin=b"\xff\xfe")

    assert done.returncode == 4
    assert "not valid UTF-8" in done.stderr
    assert run("send", "henderson", "\udcff").returncode == 4


def test_a_reader_that_goes_away_ends_it_quietly(
    service: FakeService, environment: dict[str, str]
) -> None:
    """`chat-cli inbox | head -0`: no complaint, and nothing that was not seen is marked read."""
    service.answers[INBOX] = [message(seq, "x" * 1000) for seq in range(1, 500)]
    service.answers[CONVERSATIONS] = [conversation("c1", "private", "henderson@jakarta")]

    program = subprocess.Popen(
        [sys.executable, "-m", "chat_cli", "inbox"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    assert program.stdout is not None
    assert program.stderr is not None
    program.stdout.close()
    complaint = program.stderr.read()
    program.stderr.close()

    assert (program.wait(60), complaint) == (0, b"")
    assert all(asked.method == "GET" for asked in service.asked)


def test_an_unreachable_service_is_7(service: FakeService, run: Run) -> None:
    """An answer that no service gives: the command says so, and does not guess."""
    service.answers[SEND] = []

    done = run("send", "henderson", "hi")

    assert done.returncode == 7
    assert "no chat-cli service" in done.stderr


def test_a_defect_is_1_and_its_traceback_is_kept(service: FakeService, run: Run) -> None:
    """People see one line; what went wrong stands in a file of the home, for its owner alone."""
    service.answers[SEND] = {"state": "at_main"}

    done = run("send", "henderson", "hi")

    log = service.home / "chat-cli" / "command-line.log"
    assert done.returncode == 1
    assert done.stderr == f"chat-cli: unexpected: KeyError; {log} has more\n"
    assert "Traceback" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0
