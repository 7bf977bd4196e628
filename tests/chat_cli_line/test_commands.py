"""What each command asks the service, and what people and programs see of the answer."""

import json
from typing import Any

import pytest

from tests.chat_cli_line.conftest import Run
from tests.chat_cli_line.fake_service import ACCOUNT, MESSI, FakeService

SEND = f"POST /v1/accounts/{MESSI}/messages"
LINE = f"POST /v1/accounts/{MESSI}/commands"
INBOX = f"GET /v1/accounts/{MESSI}/inbox"
CONVERSATIONS = f"GET /v1/accounts/{MESSI}/conversations"


def sent(to: Any = "henderson@jakarta", state: str = "at_main") -> dict[str, Any]:
    return {"key": "k1", "conversation": "c1", "seq": 1, "state": state, "to": to}


def message(seq: int | None, text: str, **changed: Any) -> dict[str, Any]:
    return {
        "conversation": "c1",
        "seq": seq,
        "key": f"k{seq}",
        "kind": "text",
        "from": "henderson@jakarta",
        "text": text,
        "at": "2026-11-21T03:55:00Z",
        "sent_at": "2026-11-21T03:54:59Z",
        "state": "at_main",
        **changed,
    }


def conversation(name: str, kind: str, title: str) -> dict[str, Any]:
    return {"conversation": name, "kind": kind, "title": title}


def test_send_says_which_address_it_was(service: FakeService, run: Run) -> None:
    """A bare name is resolved by the service; the person sees who got the message."""
    service.answers[SEND] = sent()

    done = run("send", "henderson", "hello", "world")

    assert (done.returncode, done.stdout) == (0, "Sent to henderson@jakarta.\n")
    assert service.last("POST").body == {"to": "henderson", "text": "hello world"}
    assert service.last("POST").query == {"wait": "5.0"}
    assert service.last("POST").authorization == f"Bearer {service.token}"


def test_every_name_of_a_word_is_a_command(service: FakeService, run: Run) -> None:
    """`sendprivate` is `send`: aliases of the table work on the command line."""
    service.answers[SEND] = sent()

    assert run("sendprivate", "henderson", "hi").returncode == 0


def test_a_dash_reads_the_text_from_standard_input(service: FakeService, run: Run) -> None:
    """Lines and spaces of a pipe arrive as they are, but for the line end that closes it."""
    service.answers[SEND] = sent()

    run("send", "henderson", "-", stdin="  first\n\n  second é\n")

    assert service.last("POST").body["text"] == "  first\n\n  second é"


def test_a_group_is_named_as_one(service: FakeService, run: Run) -> None:
    """A person and a group of one name are not confused; a key makes sending repeatable."""
    service.answers[SEND] = sent(to={"group": "jarkom3@surabaya"})

    done = run("sendgroup", "jarkom3", "hi", "--key", "mine-1", "--wait", "0")

    assert done.stdout == "Sent to jarkom3@surabaya.\n"
    assert service.last("POST").body == {"to": {"group": "jarkom3"}, "text": "hi", "key": "mine-1"}
    assert service.last("POST").query == {"wait": "0.0"}


def test_json_is_one_object_a_line(service: FakeService, run: Run) -> None:
    """A program reads what the service answered, and nothing else on standard output."""
    service.answers[SEND] = sent()

    done = run("send", "henderson", "hi", "--json")

    assert json.loads(done.stdout) == sent()


def test_the_inbox_reads_like_a_chat(service: FakeService, run: Run) -> None:
    """Time, sender, group and text in one line; what follows in a text is indented."""
    service.answers[INBOX] = [
        message(1, "hello\nthere"),
        message(7, "all", conversation="c2"),
        message(8, "lineker@surabaya joined", conversation="c2", kind="system"),
    ]
    service.answers[CONVERSATIONS] = [
        conversation("c1", "private", "henderson@jakarta"),
        conversation("c2", "group", "jarkom3@surabaya"),
    ]

    done = run("inbox", "--peek")

    assert done.stdout.splitlines() == [
        "2026-11-21 03:55 henderson@jakarta: hello",
        "    there",
        "2026-11-21 03:55 henderson@jakarta in jarkom3@surabaya: all",
        "2026-11-21 03:55 henderson@jakarta in jarkom3@surabaya  (lineker@surabaya joined)",
    ]


def test_a_message_cannot_steer_the_terminal(service: FakeService, run: Run) -> None:
    """Escape sequences and returns in somebody's text are shown as what they are: no text."""
    service.answers[INBOX] = [message(1, "a\x1b[2Jb\rc\x9bd\u202ee")]
    service.answers[CONVERSATIONS] = [conversation("c1", "private", "henderson@jakarta")]

    done = run("inbox", "--peek")

    assert done.stdout.endswith("a\ufffd[2Jb\ufffdc\ufffdd\ufffde\n")


def test_the_inbox_is_read_once_it_was_written_out(service: FakeService, run: Run) -> None:
    """Without --peek each conversation is read up to what was shown; provisional ones are not."""
    service.answers[INBOX] = [message(3, "a"), message(4, "b"), message(None, "c", at=None)]
    service.answers[f"POST /v1/accounts/{MESSI}/conversations/c1/read"] = {"read": 4}

    done = run("inbox", "--json")

    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == ["a", "b", "c"]
    assert [a.body for a in service.asked if a.method == "POST"] == [{"seq": 4}]


def test_peeking_marks_nothing(service: FakeService, run: Run) -> None:
    """--peek leaves everything unread."""
    service.answers[INBOX] = [message(3, "a")]

    assert run("inbox", "--peek", "--json").returncode == 0
    assert [a.method for a in service.asked if a.method == "POST"] == []


def test_an_empty_inbox_prints_nothing_for_programs(service: FakeService, run: Run) -> None:
    """Nothing on standard output, a word for people beside it."""
    service.answers[INBOX] = []

    done = run("inbox")

    assert (done.returncode, done.stdout) == (0, "")
    assert "no unread messages" in done.stderr


def test_login_reads_the_password_from_a_pipe(service: FakeService, run: Run) -> None:
    """--password-stdin takes one line; the password is nowhere in what is printed."""
    service.answers["POST /v1/accounts/login"] = {**ACCOUNT, "token": "t"}

    done = run("login", "MESSI@surabaya", "--password-stdin", stdin="sur abaya\n")

    assert done.stdout == "Signed in as messi@surabaya.\n"
    assert service.last("POST").body == {"address": MESSI, "password": "sur abaya"}


def test_login_takes_its_realm_from_the_flag_before_the_environment(
    service: FakeService, run: Run
) -> None:
    """Flag over environment; a bot gets its account token by --json."""
    service.answers["POST /v1/accounts/login"] = {**ACCOUNT, "token": "t"}
    arguments = ("login", MESSI, "--password-stdin", "--json")
    environment = {"CHAT_CLI_REALM_URL": "http://127.0.0.1:8001"}

    from_environment = run(*arguments, stdin="p\n", env=environment)
    run(*arguments, "--realm-url", "http://127.0.0.1:8002", stdin="p\n", env=environment)

    assert json.loads(from_environment.stdout)["token"] == "t"
    urls = [a.body["realm_url"] for a in service.asked if a.method == "POST"]
    assert urls == ["http://127.0.0.1:8001", "http://127.0.0.1:8002"]


def test_register_names_the_person(service: FakeService, run: Run) -> None:
    """The display name and the country are options with whatever spaces they have."""
    service.answers["POST /v1/accounts/register"] = {**ACCOUNT, "token": "t"}

    options = ("--name", "Lionel Messi", "--country", "Argentina")
    run("register", MESSI, "--password-stdin", *options, stdin="surabaya")

    assert service.last("POST").body == {
        "address": MESSI,
        "password": "surabaya",
        "name": "Lionel Messi",
        "country": "Argentina",
    }


def test_a_password_is_never_an_argument(run: Run) -> None:
    """The table's password parameter has no place in argv, which every user of a machine sees."""
    done = run("login", MESSI, "surabaya")

    assert done.returncode == 2
    assert "A password is never an argument" in done.stderr
    assert "--password " not in run("login", "--help").stdout


def test_logout_warns_of_what_was_not_sent(service: FakeService, run: Run) -> None:
    """--forget erases, and says how much had not been sent."""
    service.answers[f"POST /v1/accounts/{MESSI}/logout"] = {"account": MESSI, "unsent": 2}

    done = run("logout", "--forget")

    assert service.last("POST").body == {"forget": True}
    assert done.stdout == "Signed out messi@surabaya.\n"
    assert "2 messages had not been sent yet; they were erased with it" in done.stderr


def test_another_session_is_ended_by_its_id(service: FakeService, run: Run) -> None:
    """`logout ID` keeps this one."""
    service.answers[f"DELETE /v1/accounts/{MESSI}/sessions/s1"] = {"ended": True}

    assert run("logout", "s1").stdout == "Session s1 has ended.\n"


@pytest.mark.parametrize("word", ["creategroup", "addgroup"])
def test_a_group_is_created_with_its_members(service: FakeService, run: Run, word: str) -> None:
    """Others may be in it from the start."""
    service.answers[LINE] = {"result": {"group": "jarkom3@surabaya"}}

    done = run(word, "jarkom3", "henderson", "lineker@jakarta")

    assert done.stdout == "Created group jarkom3@surabaya.\n"
    assert service.last("POST").body == {"line": "addgroup jarkom3 henderson lineker@jakarta"}


def test_a_line_is_one_line(service: FakeService, run: Run) -> None:
    """What is given for a word of the table stays one parameter of its line, whatever it holds."""
    service.answers[LINE] = {"result": {"group": "jarkom3@surabaya"}}

    assert run("joingroup", "jarkom3@surabaya").stdout == "You are in group jarkom3@surabaya.\n"
    assert run("joingroup", "jarkom3 send").returncode == 2
    assert run("joingroup", "jarkom3\nsend").returncode == 2
    assert len([asked for asked in service.asked if asked.method == "POST"]) == 1


def test_the_token_is_the_services(service: FakeService, run: Run) -> None:
    """For curl: exactly the token and a line end."""
    assert run("token").stdout == service.token + "\n"


def test_the_version_is_told(run: Run) -> None:
    """Name and number, without a service."""
    assert run("--version").stdout.startswith("chat-cli ")


@pytest.mark.parametrize("arguments", [(), ("--help",), ("send", "-h"), ("serve", "--help")])
def test_help_shows_an_example(run: Run, arguments: tuple[str, ...]) -> None:
    """Every help page ends with something to try."""
    done = run(*arguments)

    assert done.returncode == 0
    assert "Example: " in done.stdout
