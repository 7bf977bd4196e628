"""Open rooms at the command line: entering as a guest, and being told what a room is."""

import json

from tests.chat_cli_line.conftest import Run
from tests.chat_cli_line.fake_service import ACCOUNT, MESSI, FakeService
from tests.chat_cli_line.test_commands import (
    CONVERSATIONS,
    INBOX,
    LINE,
    SEND,
    conversation,
    message,
    sent,
)

ANNA = "guest-anna@surabaya"
LOBBY = "lobby@surabaya"
ENTERED = {
    **ACCOUNT,
    "account": ANNA,
    "token": "t",
    "room": LOBBY,
    "expires_at": "2026-11-21T15:00:00.000Z",
}
IS_OPEN = f"{LOBBY} is an open room: everybody in it sees everything, and it is recorded."


def test_a_guest_is_told_who_they_are_and_where(service: FakeService, run: Run) -> None:
    """And that everybody sees it. At the realm that is named, else at the one that is set."""
    service.answers["POST /v1/accounts/guest"] = ENTERED

    plain = run("guest", "Anna")
    as_json = run("guest", "anna", "--json", "--realm-url", "http://127.0.0.1:8001")

    assert plain.stdout == f"You are {ANNA}, a guest of {LOBBY} until 2026-11-21 15:00.\n"
    assert IS_OPEN in plain.stderr
    assert json.loads(as_json.stdout) == ENTERED
    assert [asked.body for asked in service.asked if asked.method == "POST"] == [
        {"name": "anna"},
        {"name": "anna", "realm_url": "http://127.0.0.1:8001"},
    ]


def test_who_joins_a_room_is_told_what_it_is(service: FakeService, run: Run) -> None:
    """Beside the answer, in either language; of a group nothing is told."""
    joined = {"group": LOBBY, "conversation": "c2", "seq": 5}
    service.answers[LINE] = {"result": {**joined, "kind": "room"}}

    english = run("joingroup", LOBBY)
    indonesian = run("joingroup", LOBBY, "--lang", "id")
    service.answers[LINE] = {"result": {**joined, "kind": "group"}}

    assert IS_OPEN in english.stderr
    assert "direkam" in indonesian.stderr
    assert run("joingroup", LOBBY).stderr == ""


def test_each_message_of_a_room_says_so(service: FakeService, run: Run) -> None:
    """Whoever reads sees at once that everybody does."""
    service.answers[INBOX] = [message(1, "halo", **{"from": ANNA})]
    service.answers[CONVERSATIONS] = [conversation("c1", "room", LOBBY)]
    service.answers[f"POST /v1/accounts/{MESSI}/conversations/c1/read"] = {"read": 1}

    assert run("inbox").stdout == f"2026-11-21 03:55 {ANNA} in {LOBBY} (open room): halo\n"


def test_the_shell_goes_on_as_the_guest(service: FakeService, run: Run) -> None:
    """At the realm of whom one is; the lines behind it are the guest's."""
    guest = {**ENTERED, "signed_in_at": "2026-11-21T04:00:00Z"}
    service.answers["GET /v1/accounts"] = [ACCOUNT, guest]
    service.answers["POST /v1/accounts/guest"] = ENTERED
    service.answers[SEND.replace(MESSI, ANNA)] = sent()

    done = run("shell", "--account", MESSI, stdin="guest anna\nsend henderson@jakarta halo\n")

    assert done.returncode == 0, done.stderr
    assert service.last("POST").path == f"/v1/accounts/{ANNA}/messages"
    entered = next(asked for asked in service.asked if asked.path == "/v1/accounts/guest")
    assert entered.body == {"name": "anna", "realm_url": ACCOUNT["realm_url"]}
