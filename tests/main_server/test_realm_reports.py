"""What main's operator sees of the realms: from the link to the table that is watched."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from main_server import cli, realm_commands
from main_server.operator_socket import OperatorSocket, ask_server
from main_server.realm_reports import as_people_read
from realm_protocol import link
from tests.main_server.conftest import Running
from tests.main_server.realm_end import RealmEnd

NOW = 1_000_000_000


def standing(**told: Any) -> dict[str, Any]:
    """A realm as `realm list` answers of it."""
    known = {"linked": True, "since": NOW - 90_000, "online": 3, "lag_ms": 12, "queued": 0}
    return {
        "realm": "surabaya",
        "queued_bytes": 0,
        "oldest_unsent_ms": 0,
        "reported_at": NOW - 1000,
        **known,
        **told,
    }


def row(**told: Any) -> dict[str, Any]:
    return as_people_read([standing(**told)], NOW)[0]


async def test_what_a_realm_reports_is_listed(
    main: Running, surabaya: RealmEnd, store: Path
) -> None:
    """With since when it is linked; of one that said nothing yet, nothing is made up."""
    await surabaya.ask(link.RealmReport, 7, 4096, 61_000, 15)
    operator = OperatorSocket(main.main, store)
    await operator.open()
    try:
        listed = await asyncio.to_thread(ask_server, store, "realm list", {})
    finally:
        await operator.close()

    known = {realm["realm"]: realm for realm in listed}
    told = known["surabaya"]
    assert told["linked"]
    assert (told["queued"], told["queued_bytes"]) == (7, 4096)
    assert (told["oldest_unsent_ms"], told["lag_ms"]) == (61_000, 15)
    assert told["reported_at"] >= told["since"] > 0
    assert known["jakarta"]["queued"] is None


async def test_the_metrics_say_the_same(main: Running, surabaya: RealmEnd) -> None:
    """Of each realm by its name."""
    await surabaya.ask(link.RealmReport, 7, 4096, 61_000, 15)

    value = main.main.metrics.registry.get_sample_value
    realm = {"realm": "surabaya"}
    assert value("realmchat_realm_outbox_messages", realm) == 7
    assert value("realmchat_realm_outbox_bytes", realm) == 4096
    assert value("realmchat_realm_outbox_oldest_seconds", realm) == 61
    assert value("realmchat_realm_lag_seconds", realm) == 0.015


def test_a_linked_realm_in_words() -> None:
    """What an operator looks for first: is it up, since when, and does anything wait."""
    assert row() == {
        "realm": "surabaya",
        "link": "up for 1 min",
        "online": 3,
        "lag": "12 ms",
        "queued": "0",
        "bytes": "0",
        "oldest unsent": "",
    }
    assert row(queued=1234, oldest_unsent_ms=7_300_000)["oldest unsent"] == "2 h"
    assert row(queued=1234)["queued"] == "1,234"


def test_a_realm_that_is_down_in_words() -> None:
    """What it said last; what it kept has waited ever since."""
    down = row(linked=False, queued=2, oldest_unsent_ms=5_000, reported_at=NOW - 60_000)

    assert down["link"] == "DOWN for 1 min"
    assert down["lag"] == ""
    assert down["oldest unsent"] == "1 min"


def test_what_is_not_known_is_no_number() -> None:
    """A realm that never came since main started; a store that no server has open."""
    never = row(linked=False, since=None, queued=None, queued_bytes=None, lag_ms=None)
    offline = as_people_read([{"realm": "surabaya", "people": 3}], NOW)[0]

    assert (never["link"], never["queued"]) == ("never up since main's start", "?")
    assert (offline["link"], offline["queued"]) == ("no server runs", "?")


@pytest.mark.parametrize("as_json", [False, True])
def test_realms_are_watched_until_ctrl_c(monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:
    """Each look anew; Ctrl-C is how it ends, and no error."""
    looks = iter([[standing()], [standing(linked=False)]])
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(realm_commands, "operate", lambda *_: next(looks))
    monkeypatch.setattr(time, "sleep", wait)

    words = ["realm", "list", "--watch", "--every", "0.5", *(["--json"] if as_json else [])]
    ended = CliRunner().invoke(cli.app, words)

    assert (ended.exit_code, waits) == (0, [0.5, 0.5])
    if as_json:
        assert [json.loads(line)["linked"] for line in ended.output.splitlines()] == [True, False]
    else:
        assert ended.output.index("up for") < ended.output.index("DOWN for")
