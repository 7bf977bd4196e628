"""The first conversation of the README, between two realms, with nothing in it made up."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from tests.system.processes import System, console_script, environment, running_system
from tests.waiting import wait_until

MESSI, HENDERSON = ("--account", "messi"), ("--account", "henderson")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Main, two realms and chat-cli, with messi and henderson signed in; each test reads all."""
    with running_system(tmp_path_factory.mktemp("system")) as running:
        chat_cli = running.chat_cli
        for address, realm in (
            ("messi@surabaya", running.surabaya),
            ("henderson@jakarta", running.jakarta),
        ):
            options = ("--realm-url", realm.url, "--password-stdin")
            signed_in = chat_cli.run("login", address, *options, stdin="surabaya\n")
            assert signed_in.returncode == 0, signed_in.stderr
        yield running


def test_a_message_travels_from_one_realm_to_the_other(system: System) -> None:
    """Sent in one command, read in another, and read only once."""
    sent = system.chat_cli.run("send", "henderson@jakarta", "hello", "there", *MESSI)
    piped = system.chat_cli.run("send", "henderson@jakarta", "-", *MESSI, stdin="from a pipe\n")
    first = system.chat_cli.run("inbox", "--json", *HENDERSON)
    second = system.chat_cli.run("inbox", *HENDERSON)

    assert (sent.returncode, sent.stdout) == (0, "Sent to henderson@jakarta.\n")
    assert piped.returncode == 0
    messages = [json.loads(line) for line in first.stdout.splitlines()]
    assert [message["text"] for message in messages] == ["hello there", "from a pipe"]
    assert messages[1]["seq"] == messages[0]["seq"] + 1
    assert (second.returncode, second.stdout) == (0, "")


def test_a_key_is_sent_once(system: System) -> None:
    """A script that is not sure repeats its command: the same answer, one message."""
    command = ("send", "henderson@jakarta", "hello", "--key", "order-17", "--json", *MESSI)

    answers = [json.loads(system.chat_cli.run(*command).stdout) for _ in range(2)]

    assert answers[0]["seq"] == answers[1]["seq"]
    assert len(system.chat_cli.run("inbox", "--json", *HENDERSON).stdout.splitlines()) == 1


def test_a_group_spans_realms(system: System) -> None:
    """Created in one, joined from the other, and written to."""
    for arguments in (
        ("creategroup", "jarkom3", *MESSI),
        ("joingroup", "jarkom3@surabaya", *HENDERSON),
        ("sendgroup", "jarkom3", "hello all", *MESSI),
    ):
        done = system.chat_cli.run(*arguments)
        assert done.returncode == 0, done.stderr

    inbox = system.chat_cli.run("inbox", *HENDERSON).stdout

    assert inbox.endswith(" messi@surabaya in jarkom3@surabaya: hello all\n")


def test_each_ending_has_its_code(system: System) -> None:
    """What scripts rely on, with real refusals behind it."""
    run = system.chat_cli.run

    assert run("login", "messi@surabaya", "--password-stdin", stdin="wrong\n").returncode == 6
    assert run("send", "nobody@jakarta", "hi", *MESSI).returncode == 4
    assert run("joingroup", "nowhere", *MESSI).returncode == 4
    assert run("send", "henderson@jakarta", "-", *MESSI, stdin="x" * 66_560).returncode == 4
    assert run("send", "henderson@jakarta").returncode == 2
    assert run("logout", "--account", "lineker").returncode == 6
    system.main.pause()
    assert run("send", "lineker@surabaya", "hi", "--wait", "0", *MESSI).returncode == 3
    system.main.resume()


def test_a_message_outlives_the_service(system: System) -> None:
    """Killed while a command waits: one line and 7; what was saved is sent once, later."""
    chat_cli = system.chat_cli
    history = ("history", "henderson@jakarta", "--json", *MESSI)
    system.surabaya.kill9()
    sending = subprocess.Popen(
        [console_script("chat-cli"), "send", "henderson@jakarta", "kept", "--wait", "60", *MESSI],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(chat_cli.home),
        text=True,
    )
    wait_until(lambda: "kept" in chat_cli.run(*history).stdout)
    chat_cli.kill9()
    out, complaint = sending.communicate(timeout=30)
    system.surabaya.start()
    system.surabaya.wait_ready()

    assert (sending.returncode, out) == (7, "")
    assert complaint.count("\n") == 1
    chat_cli.start()
    chat_cli.wait_ready()
    wait_until(lambda: _states(chat_cli.run(*history).stdout) in (["at_main"], ["delivered"]))


def _states(lines: str) -> list[str]:
    """How far each message with this text has got."""
    messages = map(json.loads, lines.splitlines())
    return [message["state"] for message in messages if message["text"] == "kept"]
