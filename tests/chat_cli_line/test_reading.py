"""Reading messages from the command line: which are shown, and which are marked read."""

import json
from typing import Any

import pytest

from chat_cli.command_line.reading import seen
from tests.chat_cli_line.conftest import Run
from tests.chat_cli_line.fake_service import MESSI, FakeService
from tests.chat_cli_line.test_commands import CONVERSATIONS, INBOX, LINE, conversation, message

LINEKER = {"from": "lineker@jakarta"}


def _texts(lines: str) -> list[str]:
    return [json.loads(line)["text"] for line in lines.splitlines()]


def _read(service: FakeService) -> dict[str, int]:
    """How far each conversation was marked read."""
    marks = [asked for asked in service.asked if asked.path.endswith("/read")]
    return {asked.path.split("/")[-2]: asked.body["seq"] for asked in marks}


def _answers(service: FakeService, *unread: dict[str, Any]) -> None:
    service.answers[INBOX] = list(unread)
    for name in ("c1", "c2"):
        service.answers[f"POST /v1/accounts/{MESSI}/conversations/{name}/read"] = {"read": 1}


def test_only_what_was_shown_is_read() -> None:
    """In each conversation up to the first message that was left out."""
    first, second, third = (message(seq, "x") for seq in (4, 6, 9))
    elsewhere = message(2, "x", conversation="c2", key="other")

    assert seen([first, second, third], [first, second]) == {"c1": 6}
    assert seen([first, second, third], [first, third]) == {"c1": 4}
    assert seen([first, elsewhere, second], [second, elsewhere]) == {"c2": 2}
    assert seen([first, second], []) == {}


def test_a_limit_shows_the_oldest_and_reads_those(service: FakeService, run: Run) -> None:
    """Asked again, the inbox goes on where it stopped."""
    _answers(service, *(message(seq, f"m{seq}") for seq in range(1, 6)))

    done = run("inbox", "--limit", "2", "--json")

    assert _texts(done.stdout) == ["m1", "m2"]
    assert _read(service) == {"c1": 2}


@pytest.mark.parametrize("sender", ["lineker@jakarta", "LINEKER"])
def test_the_messages_of_one_person_leave_the_others_unread(
    service: FakeService, run: Run, sender: str
) -> None:
    """In a group, a watermark can't pass over what somebody else has written between."""
    _answers(
        service,
        message(1, "a", conversation="c2", **LINEKER),
        message(2, "b", conversation="c2"),
        message(3, "c", conversation="c2", **LINEKER),
        message(1, "d", key="d", **LINEKER),
    )

    done = run("inbox", "--from", sender, "--json")

    assert _texts(done.stdout) == ["a", "c", "d"]
    assert _read(service) == {"c2": 1, "c1": 1}


def test_a_groups_inbox_is_peeked_at_and_then_read(service: FakeService, run: Run) -> None:
    """The service resolves the group's name; nothing is read before it was written out."""
    _answers(service)
    service.answers[LINE] = {"result": [message(3, "rapat", conversation="c2")]}

    done = run("inboxgroup", "jarkom3", "--json")

    assert service.asked[-2].body == {"line": "inboxgroup jarkom3 peek"}
    assert _texts(done.stdout) == ["rapat"]
    assert _read(service) == {"c2": 3}


def test_a_groups_inbox_can_be_peeked_at(service: FakeService, run: Run) -> None:
    service.answers[LINE] = {"result": [message(3, "rapat", conversation="c2")]}

    assert run("inboxgroup", "jarkom3", "--peek", "--json").returncode == 0
    assert _read(service) == {}


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ((), "history henderson 50"),
        (("--limit", "20"), "history henderson 20"),
        (("--before", "100"), "history henderson 50 100"),
        (("--before", "100", "--limit", "20"), "history henderson 20 100"),
        (("20", "100"), "history henderson 20 100"),
    ],
)
def test_history_is_paged_by_number(
    service: FakeService, run: Run, options: tuple[str, ...], line: str
) -> None:
    """By options, or as a line of the grammar has it; history marks nothing read."""
    service.answers[LINE] = {"result": [message(1, "halo")]}

    assert _texts(run("history", "henderson", *options, "--json").stdout) == ["halo"]
    assert service.last("POST").body == {"line": line}
    assert _read(service) == {}


def test_search_asks_for_all_words(service: FakeService, run: Run) -> None:
    """Newest first, as many as wanted; a conversation one has left is shown all the same."""
    service.answers[f"GET /v1/accounts/{MESSI}/search"] = [
        message(9, "rapat senin"),
        message(3, "senin rapat", conversation="gone"),
    ]
    service.answers[CONVERSATIONS] = [conversation("c1", "private", "henderson@jakarta")]

    both = run("search", "rapat", "senin")
    one = run("search", "rapat", "--limit", "1", "--json")

    assert [line.rpartition(": ")[2] for line in both.stdout.splitlines()] == [
        "rapat senin",
        "senin rapat",
    ]
    assert [asked.query for asked in service.asked if asked.path.endswith("/search")] == [
        {"q": "rapat senin"},
        {"q": "rapat"},
    ]
    assert len(one.stdout.splitlines()) == 1


def test_nothing_found_is_said_beside(service: FakeService, run: Run) -> None:
    """Standard output stays empty for programs; people are told."""
    service.answers[f"GET /v1/accounts/{MESSI}/search"] = []

    done = run("search", "rapat")

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "chat-cli: nothing found\n"


def test_a_machine_without_accounts_says_how_one_signs_in(service: FakeService, run: Run) -> None:
    """The first thing that a new user may type."""
    service.answers["GET /v1/accounts"] = []

    done = run("accounts")

    assert (done.returncode, done.stdout) == (0, "")
    assert "chat-cli login ADDRESS" in done.stderr
