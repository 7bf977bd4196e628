"""`chat-cli shell` in a terminal of 80×24, with the whole system behind it."""

import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.chat_cli_line.terminal import CTRL_C, CTRL_D, TAB, UP, Terminal
from tests.system.processes import System, console_script, environment, running_system
from tests.waiting import wait_until

MESSI, HENDERSON, LINEKER = "messi@surabaya", "henderson@jakarta", "lineker@surabaya"
PASSWORD = "surabaya"
PROMPT = f"{MESSI}>"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Main, two realms and chat-cli; messi and henderson are signed in at chat-cli."""
    with running_system(tmp_path_factory.mktemp("system")) as running:
        for address, realm in ((HENDERSON, running.jakarta), (MESSI, running.surabaya)):
            options = ("--realm-url", realm.url, "--password-stdin")
            done = running.chat_cli.run("login", address, *options, stdin=f"{PASSWORD}\n")
            assert done.returncode == 0, done.stderr
        yield running
        running.chat_cli.run("stop")  # also one that a shell has started


@contextmanager
def shell(system: System, *options: str, **variables: str) -> Iterator[Terminal]:
    """A shell of messi that is connected."""
    command = [console_script("chat-cli"), "shell", *(options or ("--account", MESSI))]
    with Terminal(command, {**environment(system.chat_cli.home), **variables}) as terminal:
        terminal.wait_until(lambda: terminal.bar.startswith(" ●"), "connection")
        yield terminal


def history_file(system: System) -> Path:
    return system.chat_cli.home / "chat-cli" / "shell_history"


def remembered(system: System) -> list[str]:
    """Nothing before the first shell has remembered a line."""
    history = history_file(system)
    if not history.exists():
        return []
    return [json.loads(line) for line in history.read_text().splitlines()]


def send(system: System, text: str, *, sender: str = HENDERSON, to: str = MESSI) -> None:
    """As another process of this machine."""
    done = system.chat_cli.run("send", to, text, "--account", sender)
    assert done.returncode == 0, done.stderr


def test_a_message_is_sent_and_an_answer_appears(system: System) -> None:
    """The first minute with the shell."""
    with shell(system) as terminal:
        terminal.enter(f"send {HENDERSON}  hello world ")
        terminal.wait_for(f"Sent to {HENDERSON}.")
        send(system, "hello yourself")
        terminal.wait_for(f"{HENDERSON}: hello yourself")

        inbox = system.chat_cli.run("inbox", "--json", "--account", HENDERSON).stdout
        assert [json.loads(line)["text"] for line in inbox.splitlines()] == ["hello world"]
        # Once typed, and once because it is henderson's machine as well.
        assert terminal.text.count("hello world") == 2
        assert f"[{HENDERSON}] " in terminal.text
        assert terminal.text.count("hello yourself") == 1


def test_what_is_typed_stays_while_a_message_arrives(system: System) -> None:
    """It appears above; the line goes on where it was."""
    with shell(system) as terminal:
        terminal.type(f"send {HENDERSON} half a")
        terminal.wait_until(lambda: terminal.line.endswith("half a"), "typed text")
        send(system, "an interruption\nof two lines, 你好")
        terminal.wait_for("an interruption", "    of two lines, 你")
        assert terminal.line == f"{PROMPT} send {HENDERSON} half a"

        terminal.enter(" sentence")
        terminal.wait_for(f"Sent to {HENDERSON}.")
        assert terminal.text.index("an interruption") < terminal.text.index("half a sentence")


def test_the_bar_tells_link_account_unread_and_help(system: System) -> None:
    """In the last of 24 rows, of 80 columns."""
    with shell(system) as terminal:
        terminal.enter("inbox")
        terminal.wait_until(lambda: "unread" not in terminal.bar, "empty inbox")
        send(system, "one more")
        terminal.wait_until(lambda: "1 unread" in terminal.bar, "count")
        terminal.type("hist")
        terminal.wait_until(lambda: "history CONVERSATION" in terminal.bar, "usage")

        assert terminal.rows[23] == terminal.bar
        assert terminal.bar.startswith(f" ● connected  {MESSI}  1 unread  history CONVERSATION")


def completed_to(terminal: Terminal, line: str) -> bool:
    terminal.type(TAB)
    return terminal.line == f"{PROMPT} {line}"


def test_tab_completes_words_people_and_groups(system: System) -> None:
    """From the table, and from the names that there are."""
    system.chat_cli.run("creategroup", "jarkom3", "--account", MESSI)
    with shell(system) as terminal:
        for typed, completed in (
            ("joing", "joingroup"),
            ("jark", "joingroup jarkom3@surabaya"),
        ):
            terminal.type(typed + TAB)
            terminal.wait_until(
                lambda wanted=completed: terminal.line == f"{PROMPT} {wanted}", completed
            )
        terminal.type(CTRL_C + "history lin")
        # Nobody has written to lineker yet: main tells of him, a moment after the connection.
        terminal.wait_until(lambda: completed_to(terminal, f"history {LINEKER}"), "person")
        terminal.type(CTRL_C + "re" + TAB)
        terminal.wait_for("realms", "List the realms: where they are, which are link…")


def test_ctrl_c_clears_the_line_and_ctrl_d_leaves(system: System) -> None:
    """Nothing is done with a line that was given up."""
    with shell(system) as terminal:
        terminal.type("send lineker never")
        terminal.type(CTRL_C)
        terminal.wait_until(lambda: terminal.line == PROMPT, "empty line")
        terminal.type(CTRL_D)

        assert terminal.ended() == 0
    with shell(system) as terminal:
        terminal.enter("quit")
        assert terminal.ended() == 0


def test_a_line_that_is_refused_gets_one_clear_answer(system: System) -> None:
    """The nearest word, the usage, or the server's reason; and the shell goes on."""
    with shell(system) as terminal:
        terminal.enter("sned messi hi")
        terminal.wait_for("✗ There is no command “sned”. Did you mean “send”?")
        terminal.enter("history")
        terminal.wait_for("CONVERSATION is missing.")
        terminal.enter("joingroup nowhere")
        terminal.wait_for("There is no group nowhere.")
        terminal.enter("info")
        terminal.wait_for("connected", MESSI)
        assert "Traceback" not in terminal.text


def test_older_programs_people_sign_in_as_ever(system: System) -> None:
    """A bare name and the password in the line: never to be read on the screen, nor kept."""
    with shell(system) as terminal:
        terminal.enter("auth lineker progjar")
        terminal.wait_for("auth lineker •••••••", f"✗ Wrong password for {LINEKER}.")
        terminal.enter(f"auth lineker {PASSWORD}")
        terminal.wait_for(f"Signed in as {LINEKER}.", f"{LINEKER}>")
        terminal.enter("groups")
        terminal.wait_until(lambda: "groups" in remembered(system), "remembered line")
        terminal.enter("logout")
        terminal.wait_for(f"Signed out {LINEKER}.")

        assert b"progjar" not in terminal.raw
        assert not any(line.startswith("auth") for line in remembered(system))


def test_a_password_that_is_not_in_the_line_is_asked_for(system: System) -> None:
    """And typed unseen. Giving it up leaves the shell as it was."""
    with shell(system) as terminal:
        terminal.enter(f"auth {MESSI}")
        terminal.wait_for("Password:")
        terminal.type("given up" + CTRL_C)
        terminal.wait_until(lambda: terminal.line == PROMPT, "prompt")
        terminal.enter(f"auth {MESSI}")
        terminal.wait_until(lambda: terminal.line.startswith("Password:"), "question")
        terminal.enter("wrong password")
        terminal.wait_for(f"✗ Wrong password for {MESSI}.")
        terminal.enter(f"auth {MESSI}")
        terminal.wait_until(lambda: terminal.line.startswith("Password:"), "question")
        terminal.enter(PASSWORD)
        terminal.wait_for(f"Signed in as {MESSI}.")

        assert b"wrong password" not in terminal.raw
        assert b"given up" not in terminal.raw


def test_the_history_comes_back_in_the_next_shell(system: System) -> None:
    """The newest line first, and nobody else's to read."""
    with shell(system) as terminal:
        terminal.enter("members jarkom3@surabaya")
        terminal.wait_until(
            lambda: "members jarkom3@surabaya" in remembered(system), "remembered line"
        )
    with shell(system) as terminal:
        terminal.type(UP)
        terminal.wait_until(
            lambda: terminal.line == f"{PROMPT} members jarkom3@surabaya", "remembered line"
        )

    assert stat.S_IMODE(history_file(system).stat().st_mode) == 0o600


def test_several_accounts_are_used_side_by_side(system: System) -> None:
    """The prompt says who one is; what arrives for another is marked."""
    with shell(system) as terminal:
        terminal.enter("use henderson")
        terminal.wait_for(f"{HENDERSON}>")
        send(system, "for messi")
        terminal.wait_for(f"[{MESSI}] ", "for messi")
        terminal.enter(f"send {MESSI} as henderson")
        terminal.wait_for(f"Sent to {MESSI}.")

        history = system.chat_cli.run("history", HENDERSON, "--json", "--account", MESSI).stdout
        assert json.loads(history.splitlines()[-1])["text"] == "as henderson"


def test_no_color_is_respected(system: System) -> None:
    """No colour at all, and the same words; a person may read red as well as anybody."""
    with shell(system, NO_COLOR="1") as terminal:
        terminal.enter("sned")
        terminal.wait_for("✗ There is no command “sned”.")

        colours = [b"\x1b[3%dm" % digit for digit in range(1, 8)] + [b"38;5", b"48;5", b"38;2"]
        assert not [colour for colour in colours if colour in terminal.raw]


def test_it_speaks_indonesian(system: System) -> None:
    """Bar, help, notes and refusals."""
    with shell(system, "--account", MESSI, "--lang", "id") as terminal:
        terminal.enter("sned")
        terminal.wait_for("Tidak ada perintah “sned”.", "● terhubung", "Ketik perintah")


def test_a_realm_that_is_away_is_told_and_nothing_is_lost(system: System) -> None:
    """The bar says since when; a message waits, and is told of when it has been sent."""
    with shell(system) as terminal:
        system.surabaya.kill9()
        terminal.wait_until(lambda: "surabaya out of reach since" in terminal.bar, "bar")
        terminal.enter(f"send {HENDERSON} patience")
        terminal.wait_for(f"Saved for {HENDERSON}.")
        system.surabaya.start()
        terminal.wait_for(f"✓ What was saved for {HENDERSON} has been sent.")
        terminal.wait_until(lambda: terminal.bar.startswith(" ● connected"), "connection")


def test_a_killed_service_is_started_again(system: System) -> None:
    """What is being typed stays, what arrived meanwhile is shown once, and lines go on."""
    with shell(system) as terminal:
        send(system, "before the kill")
        terminal.wait_for("before the kill")
        terminal.type(f"send {HENDERSON} still")
        system.chat_cli.kill9()
        found = system.chat_cli.home / "chat-cli" / "service.json"
        killed = system.chat_cli.pid
        wait_until(lambda: json.loads(found.read_text())["pid"] != killed)
        terminal.wait_until(lambda: terminal.bar.startswith(" ● connected"), "connection")
        send(system, "after the kill")
        terminal.wait_for("after the kill")
        assert terminal.line == f"{PROMPT} send {HENDERSON} still"
        terminal.enter(" here")
        terminal.wait_for(f"Sent to {HENDERSON}.")

        assert terminal.text.count("before the kill") == 1
        assert terminal.text.count("after the kill") == 1


def test_a_stopped_service_is_started_by_the_next_line(system: System) -> None:
    """The bar says that it is away; a line needs it, and goes on as any command does."""
    with shell(system) as terminal:
        assert system.chat_cli.run("stop").returncode == 0
        terminal.wait_until(lambda: terminal.bar.startswith(" ○ service away"), "bar")
        terminal.enter(f"send {HENDERSON} back again")
        terminal.wait_until(lambda: terminal.bar.startswith(" ● connected"), "connection")
        # Sent, or saved and sent as soon as the new service is connected.
        terminal.wait_until(
            lambda: any(said in terminal.text for said in ("Sent to", "has been sent")), "answer"
        )
