"""How lines are done when the service goes away, and how the shell says things."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.utils import get_cwidth

from chat_cli.command_line.exit_codes import ExitCode
from chat_cli.command_line.look import Look
from chat_cli.command_line.shell.arrivals import Missed, NotSent, Sent, Withdrawn
from chat_cli.command_line.shell.doing import Doing
from chat_cli.command_line.shell.lines import read_line
from chat_cli.command_line.shell.showing import arrival_line, refusal_line, wrapped
from chat_cli.configuration import Configuration
from realm_protocol.errors import NotMember, ServiceWentAway
from realm_protocol.grammar import ParsedLine
from tests.chat_cli_line.fake_service import MESSI, FakeService

NARROW = Look(at_terminal=True, colours=False, width=40, now=datetime(2026, 11, 21, tzinfo=UTC))
SENT = {"key": "k", "conversation": "c", "seq": 1, "state": "at_main", "to": "henderson@jakarta"}


def line(text: str) -> ParsedLine:
    parsed = read_line(text)
    assert parsed is not None
    return parsed


@pytest.fixture
def doing(service: FakeService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Doing:
    monkeypatch.setenv("REALMCHAT_HOME", str(tmp_path))
    return Doing(Configuration({}, {}, tmp_path / "config.toml"), as_json=True)


def once_away(service: FakeService, route: str, answer: Any) -> Callable[[], int]:
    """The service breaks off the first request of this route; how often it was asked."""
    service.breaks_off.append(route)
    service.answers[route] = answer
    return lambda: sum(f"{asked.method} {asked.path}" == route for asked in service.asked)


def test_a_message_is_asked_again_with_its_key(
    service: FakeService, doing: Doing, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its key makes it one message, whether or not the service took it before it went away."""
    asked = once_away(service, f"POST /v1/accounts/{MESSI}/messages", SENT)

    code = doing.do(line("send henderson hi"), MESSI, {"key": "k", "wait": 0.0})

    assert (code, asked()) == (ExitCode.DONE, 2)
    assert {one.body["key"] for one in service.asked if one.method == "POST"} == {"k"}
    assert capsys.readouterr().out.count("\n") == 1


def test_what_may_have_been_done_is_not_done_twice(service: FakeService, doing: Doing) -> None:
    """A group that was made just so would be refused the second time, with a wrong reason."""
    asked = once_away(service, f"POST /v1/accounts/{MESSI}/commands", {"result": {}})

    with pytest.raises(ServiceWentAway):
        doing.do(line("addgroup jarkom3"), MESSI, {})

    assert asked() == 1


@given(st.text(), st.integers(1, 100))
def test_sentences_break_between_words(text: str, width: int) -> None:
    """No word is lost, and a row is too wide only for a single word that is."""
    rows = wrapped(text, width)

    assert " ".join(rows).split() == text.split()
    assert all(get_cwidth(row) <= width or len(row.split()) == 1 for row in rows)


def test_what_others_wrote_cannot_forge_a_line() -> None:
    """Control characters in an answer steer nothing."""
    error = NotMember(group="jar\x1b[2Jkom\r\n✓ all is well")

    assert (
        refusal_line(error, NARROW).splitlines()[0].startswith("✗ You are not in group jar\ufffd")
    )
    assert not any(row.startswith("✓") for row in refusal_line(error, NARROW).splitlines())


def test_each_arrival_is_said() -> None:
    """With whom it was for, and why."""
    refused = {"code": "not_member", "message": "…", "group": "jarkom3@surabaya"}

    said = [
        " ".join(arrival_line(shown, NARROW).split())
        for shown in (
            Sent("henderson"),
            NotSent("jarkom3", refused),
            Withdrawn(refused),
            Withdrawn("removed"),
            Missed(),
        )
    ]

    assert said[0] == "✓ What was saved for henderson has been sent."
    assert said[1].startswith("✗ Not sent to jarkom3: You are not in group jarkom3@surabaya.")
    assert "You are not in group" in said[2]
    assert said[3].endswith("withdrawn: removed")
    assert "`inbox` shows them" in said[4]
