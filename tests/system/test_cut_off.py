"""A site goes on when main is away, and nothing that it took is lost, doubled or out of order."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.system.cuttable import CuttableLink
from tests.system.people import Json, PersonAtWork
from tests.system.processes import RealmProcess, System
from tests.system.test_files import people_of, some_bytes


@pytest.fixture
def people(system: System) -> dict[str, PersonAtWork]:
    homes = {
        "messi": system.surabaya,
        "lineker": system.surabaya,
        "henderson": system.jakarta,
    }
    found = {}
    for name, realm in homes.items():
        found[name] = PersonAtWork(system.chat_cli, f"{name}@{realm.realm}")
        found[name].sign_in(realm.url)
    return found


def shown(person: PersonAtWork, conversation: str) -> list[Json]:
    """As a window shows it: also what has no number."""
    rows: list[Json] = person.get(f"conversations/{conversation}/messages?limit=1000")
    return [row for row in rows if row["kind"] == "text"]


def test_a_site_goes_on_while_main_is_away(system: System, people: dict[str, PersonAtWork]) -> None:
    """Main hangs, then dies; each realm is killed in between; messages go to a neighbour and away.

    The neighbour has them meanwhile. When main is back both have all, in order, once.
    """
    messi, lineker, henderson = people["messi"], people["lineker"], people["henderson"]
    here = messi.send("lineker@surabaya", "0")["conversation"]
    away = messi.send("henderson@jakarta", "0")["conversation"]
    since = lineker.event_id()
    system.main.pause()
    for number in range(1, 16):
        if number == 6:
            lineker.eventually(lambda me: len(shown(me, here)) == 6)
            system.main.kill9()
        if number == 9:
            system.surabaya.kill9()
        if number == 11:
            system.surabaya.start()
        if number == 13:
            system.jakarta.kill9()
            system.jakarta.start()
        for to in ("lineker@surabaya", "henderson@jakarta"):
            messi.send(to, str(number), wait=0)
    expected = [str(number) for number in range(16)]
    messi.eventually(lambda me: [row["text"] for row in shown(me, here)] == expected)
    lineker.eventually(lambda me: [row["text"] for row in shown(me, here)] == expected)
    assert {row["state"] for row in shown(messi, here)[1:]} == {"at_realm"}
    assert {row["seq"] for row in shown(lineker, here)[1:]} == {None}

    system.main.start()

    for person, conversation in ((lineker, here), (henderson, away), (messi, here), (messi, away)):
        person.eventually(lambda me, where=conversation: me.texts(where) == expected)
        assert [row["seq"] for row in person.history(conversation)] == list(range(1, 17))
    told, _ = lineker.events_since(since, lambda events: _settled(events, 15))
    assert len([event for event in told if event["event"] == "message"]) == 15


def test_who_only_reads_knows_of_a_cut_that_nobody_announced(
    system: System, tmp_path: Path
) -> None:
    """Packets vanish, nothing is closed, nobody sends: it is known before the link is given up."""
    with ExitStack() as ending:
        cable = CuttableLink(system.main.port)
        ending.callback(cable.end)
        realm = RealmProcess(tmp_path / "malang", "malang", cable.url)
        ending.callback(realm.end)
        realm.save_key(system.main.add_realm("malang", realm.port))
        system.main.add_users({"adi@malang": "surabaya"})
        realm.start()
        realm.wait_ready()
        reader = PersonAtWork(system.chat_cli, "adi@malang")
        reader.sign_in(realm.url)
        reader.eventually(lambda me: me.get("info")["link"]["state"] == "up")
        with reader.told_of_link() as told:
            assert next(told)["state"] == "up"

            cable.hold()
            gone = next(told)
            assert reader.get("info")["link"]["state"] == gone["state"] == "cut_off"
            cable.heal()

            assert next(told)["state"] == "up"
        assert "link_suspect" in realm.log_text
        assert "link_down" not in realm.log_text


def test_a_file_is_kept_while_main_is_away(system: System) -> None:
    """A neighbour opens it at once, the realm is killed, and then main gets it, once."""
    messi, henderson, lineker = people_of(system)
    content = some_bytes(3_000_000)
    for person in (messi, henderson, lineker):
        person.eventually(lambda me: me.get("info")["link"]["state"] == "up")
    system.main.kill9()

    near = messi.send_file("lineker@surabaya", content, wait=60)
    far = messi.send_file("henderson@jakarta", content, wait=60)

    assert (near["state"], far["state"]) == ("at_realm", "at_realm")
    (shown,) = lineker.eventually(lambda me: shown_files(me, near["conversation"]))
    assert (shown["seq"], shown["file"]["size"]) == (None, len(content))
    fetched = lineker.fetch(shown["file"]["file_id"])
    assert fetched.content == content
    assert "a.bin" in fetched.headers["Content-Disposition"]
    assert [row["key"] for row in lineker.files()] == [near["key"]]
    system.surabaya.kill9()
    system.surabaya.start()
    system.main.start()
    for person, sent in ((lineker, near), (henderson, far)):
        (row,) = person.eventually(lambda me, where=sent["conversation"]: me.history(where))
        assert (row["seq"], row["key"]) == (1, sent["key"])
        assert person.fetch(row["file"]["file_id"]).content == content


def shown_files(person: PersonAtWork, conversation: str) -> list[Json]:
    rows: list[Json] = person.get(f"conversations/{conversation}/messages")
    return [row for row in rows if row["kind"] == "file"]


def _settled(events: list[Json], count: int) -> bool:
    return len([event for event in events if event["event"] == "state"]) >= count
