"""What people and scripts get wrong: one clear line, the right code, nothing lost, no traceback."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.chat_cli_line.conftest import Run
from tests.chat_cli_line.fake_service import MESSI, FakeService
from tests.chat_cli_line.test_commands import (
    CONVERSATIONS,
    INBOX,
    LINE,
    SEND,
    conversation,
    message,
    sent,
)

PROGRAM = [sys.executable, "-m", "chat_cli"]
READ = f"POST /v1/accounts/{MESSI}/conversations/c1/read"


def _shell(line: str, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """A line as people write it, with `chat-cli` in it."""
    line = line.replace("chat-cli", " ".join(PROGRAM))
    done = subprocess.run(
        ["bash", "-c", line],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize(
    ("typed", "nearest"), [("sned", "send"), ("INBX", "inbox"), ("stats", "status")]
)
def test_an_unknown_word_names_the_nearest(run: Run, typed: str, nearest: str) -> None:
    """Among all commands, the command line's own too."""
    done = run(typed, "henderson", "hi")

    assert done.returncode == 2
    assert f"Did you mean “{nearest}”?" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "usage"),
    [
        (("send", "henderson"), "chat-cli send PERSON TEXT…"),
        (("members",), "chat-cli members GROUP"),
        (("inbox", "peek", "all"), "chat-cli inbox [--peek]"),
        (("history", "henderson", "5", "--limit", "5"), "--limit N"),
        (("history", "henderson", "--before", "-1"), "--before N"),
        (("history", "henderson", "--limit"), "--limit N"),
        (("inbox", "--limit", "0"), "chat-cli inbox"),
        (("send", "henderson", "hi", "--wait", "61"), "chat-cli send PERSON TEXT…"),
        (("send", "henderson", "hi", "--json=yes"), "chat-cli send PERSON TEXT…"),
    ],
)
def test_too_few_or_too_many_say_how_it_is_used(
    run: Run, arguments: tuple[str, ...], usage: str
) -> None:
    """The usage is in the same line, and no service was asked or started."""
    done = run(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert usage in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("send", "henderson", "hi", "--wait", "soon"), "--wait is a number from 0 to 60."),
        (("send", "henderson", "hi", "--wait", "nan"), "--wait is a number from 0 to 60."),
        (("inbox", "--limit", "0"), "--limit is a number of 1 or more."),
        (("history", "henderson", "--limit", "0"), "--limit is a number of 1 or more."),
        (("history", "henderson", "few"), "LIMIT is a number of 1 or more."),
    ],
)
def test_a_number_says_what_it_may_be(run: Run, arguments: tuple[str, ...], told: str) -> None:
    """In words, in the language of the rest."""
    assert told in run(*arguments).stderr
    indonesian = run("--lang", "id", *arguments)
    assert indonesian.returncode == 2
    assert "adalah angka" in indonesian.stderr


def test_a_slip_can_be_read_by_a_program(run: Run) -> None:
    """With --json, usage errors have the one shape of all errors."""
    done = run("send", "henderson", "--json")

    assert json.loads(done.stderr)["error"]["code"] == "wrong_arguments"


def test_a_text_may_begin_with_a_hyphen(service: FakeService, run: Run) -> None:
    """Behind `--`, as everywhere; the error of the slip says so."""
    service.answers[SEND] = sent()

    slip = run("send", "henderson", "-5 degrees")
    run("send", "henderson", "--", "-5 degrees --json")

    assert slip.returncode == 2
    assert "--" in slip.stderr
    assert service.last("POST").body["text"] == "-5 degrees --json"


@pytest.mark.parametrize(
    "arguments",
    [
        ("login", "nobody@@all", "--password-stdin"),
        ("send", "henderson", "hi", "--account", "me@@here"),
        ("inbox", "--from", "b@d@address"),
        ("use", "me@@here"),
    ],
)
def test_an_address_that_cannot_be_is_refused(
    service: FakeService, run: Run, arguments: tuple[str, ...]
) -> None:
    """In words that say what an address is; nothing is done."""
    service.answers[INBOX] = []

    done = run(*arguments, stdin="secret\n")

    assert (done.returncode, done.stdout) == (4, "")
    assert "can't be an address" in done.stderr
    assert [asked for asked in service.asked if asked.method == "POST"] == []


def test_a_key_that_cannot_be_is_refused(service: FakeService, run: Run) -> None:
    """Before anything is sent."""
    assert run("send", "henderson", "hi", "--key", "two words").returncode == 4
    assert [asked for asked in service.asked if asked.method == "POST"] == []


def test_a_text_too_long_names_size_and_limit(service: FakeService, run: Run) -> None:
    """As an argument and from a pipe, counted in bytes; the longest that may be goes through."""
    service.answers[SEND] = sent()
    longest = "é" * 32768

    as_argument = run("send", "henderson", longest + "x")
    from_a_pipe = run("send", "henderson", "-", stdin=longest + "x\n")

    for done in (as_argument, from_a_pipe):
        assert done.returncode == 4
        assert "65537" in done.stderr
        assert "65536" in done.stderr
    assert run("send", "henderson", "-", stdin=longest + "\n").returncode == 0


def test_a_pipe_that_never_ends_is_refused(
    service: FakeService, environment: dict[str, str]
) -> None:
    """No more of it is read than tells that it is too much."""
    done = _shell("yes | chat-cli send henderson -", environment)

    assert done.returncode == 4
    assert "the limit is 65536" in done.stderr


@pytest.mark.parametrize("given", [b"\x89PNG\r\n\x1a\n\x00", b"\xff\xfe" * 70_000])
def test_binary_is_no_text(service: FakeService, run: Run, given: bytes) -> None:
    """It is refused in words, whatever its size."""
    done = run("send", "henderson", "-", stdin=given)

    assert done.returncode == 4
    assert done.stderr.count("\n") == 1


def test_an_empty_pipe_sends_nothing(service: FakeService, environment: dict[str, str]) -> None:
    """The service says that the message is empty; a closed standard input is the same."""
    service.answers[SEND] = sent()

    _shell("chat-cli send henderson - </dev/null", environment)
    _shell("chat-cli send henderson - <&-", environment)

    assert [asked.body["text"] for asked in service.asked if asked.method == "POST"] == ["", ""]


# --- what can't be written -----------------------------------------------------------------------


def _answers_unread(service: FakeService, *messages: dict[str, Any]) -> None:
    service.answers[INBOX] = list(messages)
    service.answers[CONVERSATIONS] = [conversation("c1", "private", "henderson@jakarta")]
    service.answers[READ] = {"read": 1}


@pytest.mark.parametrize("command", ["chat-cli inbox", "chat-cli inbox --json"])
def test_a_full_disk_marks_nothing_read(
    service: FakeService, environment: dict[str, str], command: str
) -> None:
    """What could not be written has not been seen: one line, 1, and it stays unread."""
    _answers_unread(service, message(1, "hello"))

    done = _shell(f"{command} >/dev/full", environment)

    assert done.returncode == 1
    assert done.stderr == "chat-cli: the output can't be written: No space left on device\n"
    assert all(asked.method == "GET" for asked in service.asked)


def test_a_closed_output_marks_nothing_read(
    service: FakeService, environment: dict[str, str]
) -> None:
    """As cron jobs have it: nobody reads, so nothing is read."""
    _answers_unread(service, message(1, "hello"))

    assert _shell("chat-cli inbox >&-", environment).returncode == 1
    assert all(asked.method == "GET" for asked in service.asked)


def test_a_closed_error_output_changes_no_code(
    service: FakeService, environment: dict[str, str]
) -> None:
    """Where nobody can be told in words, the exit code still tells."""
    service.answers[SEND] = sent(state="saved")

    assert _shell("chat-cli send henderson hi 2>&-", environment).returncode == 3
    assert _shell("chat-cli sned 2>&-", environment).returncode == 2
    assert _shell("chat-cli sned 2>/dev/full", environment).returncode == 2


def test_what_is_read_from_a_pipe_ends_quietly(
    service: FakeService, environment: dict[str, str]
) -> None:
    """`| head -1` gets its line, and nobody complains."""
    _answers_unread(service, *(message(seq, "x" * 2000) for seq in range(1, 200)))

    done = _shell("set -o pipefail; chat-cli inbox | head -n 1 | cut -c 1-16", environment)

    assert (done.stdout, done.stderr) == ("2026-11-21 03:55\n", "")
    assert done.returncode == 0
    assert all(asked.method == "GET" for asked in service.asked)


def test_help_into_a_closed_pipe_ends_quietly(environment: dict[str, str]) -> None:
    """Help is output like any other."""
    done = _shell(
        "set -o pipefail; chat-cli --help | head -n 0; chat-cli help | head -n 0", environment
    )

    assert (done.returncode, done.stderr) == (0, "")


# --- the home ------------------------------------------------------------------------------------


def test_a_home_without_permission_is_said(environment: dict[str, str], tmp_path: Path) -> None:
    """One line with the place; also where the service's own files can't be read."""
    folder = tmp_path / "chat-cli"
    folder.mkdir(mode=0o700)
    command = [*PROGRAM, "token"]
    if os.geteuid() == 0:
        # root may do all, unless it is told not to: then this is somebody else's folder.
        if shutil.which("setpriv") is None:
            pytest.skip("setpriv is needed, to be root without its rights")
        os.chown(folder, 65534, 65534)
        command = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", *command]
    else:
        folder.chmod(0)

    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr.count("\n") == 1
    assert str(folder) in done.stderr
    assert "Permission denied" in done.stderr
    folder.chmod(0o700)


def test_a_chosen_account_that_is_no_address_is_refused(service: FakeService, run: Run) -> None:
    """Somebody wrote into the file: nothing is sent in anybody else's name."""
    (service.home / "chat-cli" / "chosen-account").write_text("x@@y")

    assert run("send", "henderson", "hi").returncode == 4
    assert [asked for asked in service.asked if asked.method == "POST"] == []


def test_a_line_in_an_argument_stays_in_it(service: FakeService, run: Run) -> None:
    """Line breaks in a name are refused; they never make a second command."""
    service.answers[LINE] = {"result": {}}

    assert run("block", "henderson\nlogout").returncode == 2
    assert [asked for asked in service.asked if asked.method == "POST"] == []
