"""What the whole system promises, through chat-cli's HTTP and real processes."""

import json
from pathlib import Path

import httpx
import pytest

from tests.system.people import PersonAtWork
from tests.system.processes import System
from tests.waiting import wait_until

GROUP = {"group": "jarkom3@surabaya"}


@pytest.fixture
def messi(system: System) -> PersonAtWork:
    person = PersonAtWork(system.chat_cli, "messi@surabaya")
    person.sign_in(system.surabaya.url)
    return person


@pytest.fixture
def henderson(system: System) -> PersonAtWork:
    person = PersonAtWork(system.chat_cli, "henderson@jakarta")
    person.sign_in(system.jakarta.url)
    return person


def test_a_message_travels_between_realms(messi: PersonAtWork, henderson: PersonAtWork) -> None:
    """Sent twice with one key it has one seq; it is delivered, read, and unread no more."""
    first = messi.send("henderson@jakarta", "halo", key="k1")
    again = messi.send("henderson@jakarta", "halo", key="k1")
    assert (first["seq"], again["seq"]) == (1, 1)
    assert again["state"] in ("at_main", "delivered")

    (received,) = henderson.get("inbox?peek=1")
    assert (received["from"], received["text"]) == ("messi@surabaya", "halo")
    assert henderson.conversation(first["conversation"])["unread"] == 1
    henderson.post(f"conversations/{first['conversation']}/read", seq=1)
    assert henderson.conversation(first["conversation"])["unread"] == 0
    messi.eventually(lambda me: me.history(first["conversation"])[0]["state"] == "read")


def test_sixty_messages_through_three_kills(
    system: System, messi: PersonAtWork, henderson: PersonAtWork
) -> None:
    """Main, then each realm, is killed with -9 in between: all arrive, in order, once."""
    messi.post("groups", name="jarkom3")
    henderson.post("groups/jarkom3@surabaya/join")
    kills = {10: system.main, 25: system.surabaya, 40: system.jakarta}
    for number in range(60):
        if number in kills:
            kills[number].kill9()
        messi.send(GROUP, f"pesan {number}", wait=0)
        if number - 8 in kills:
            kills[number - 8].start()

    expected = [f"pesan {number}" for number in range(60)]
    (group,) = [c for c in messi.get("conversations") if c["kind"] == "group"]
    conversation = group["conversation"]
    for person in (messi, henderson):
        person.eventually(lambda me: len(me.texts(conversation)) >= 60)
        assert person.texts(conversation) == expected
        seqs = [row["seq"] for row in person.history(conversation)]
        assert seqs == list(range(1, len(seqs) + 1))
    states = {row["state"] for row in messi.history(conversation) if row["kind"] == "text"}
    assert states <= {"at_main", "delivered", "read"}


def test_the_last_message_before_a_cut(
    system: System, messi: PersonAtWork, henderson: PersonAtWork
) -> None:
    """Nothing comes after it that would show the hole; it is there after the reconnect."""
    messi.send("henderson@jakarta", "satu")
    system.jakarta.kill9()
    last = messi.send("henderson@jakarta", "yang terakhir")
    assert last["state"] == "at_main"
    system.jakarta.start()
    henderson.eventually(lambda me: me.texts(last["conversation"]) == ["satu", "yang terakhir"])


def test_a_reader_of_events_that_was_away(
    system: System, messi: PersonAtWork, henderson: PersonAtWork
) -> None:
    """It goes on from its last event: nothing missed, nothing twice, also over a kill -9."""
    since = henderson.event_id()
    conversation = messi.send("henderson@jakarta", "0")["conversation"]

    def texts(events: list[dict[str, str]]) -> list[str]:
        messages = [json.loads(e["data"]) for e in events if e["event"] == "message"]
        return [m["text"] for m in messages if m["conversation"] == conversation]

    first, last_id = henderson.events_since(since, lambda events: len(texts(events)) == 1)
    for number in range(1, 10):
        messi.send("henderson@jakarta", str(number))
    system.chat_cli.restart()
    messi.eventually(lambda me: me.send("henderson@jakarta", "10", key="sepuluh"))
    rest, _ = henderson.events_since(last_id, lambda events: len(texts(events)) == 10)

    assert texts(first) + texts(rest) == [str(number) for number in range(11)]
    ids = [event["id"] for event in first + rest]
    assert len(set(ids)) == len(ids)


def test_a_message_queued_before_a_logout_arrives(
    system: System, messi: PersonAtWork, henderson: PersonAtWork
) -> None:
    """Signing out does not throw away what was said; it goes when one signs in again."""
    messi.send("henderson@jakarta", "satu")
    system.surabaya.kill9()
    queued = messi.send("henderson@jakarta", "dua", wait=0)
    assert queued["state"] == "saved"
    messi.sign_out()
    system.surabaya.restart()
    messi.sign_in(system.surabaya.url)
    henderson.eventually(lambda me: me.texts(queued["conversation"]) == ["satu", "dua"])


def test_the_outbox_survives_kill_9(
    system: System, messi: PersonAtWork, henderson: PersonAtWork
) -> None:
    """What chat-cli took while cut off goes out after its own death, in order, once."""
    conversation = messi.send("henderson@jakarta", "0")["conversation"]
    system.surabaya.kill9()
    for number in range(1, 20):
        assert messi.send("henderson@jakarta", str(number), wait=0)["state"] == "saved"
    system.chat_cli.kill9()
    system.surabaya.start()
    system.chat_cli.start()
    expected = [str(number) for number in range(20)]
    henderson.eventually(lambda me: me.texts(conversation) == expected)


def test_after_a_restore_nothing_new_is_taken_for_old(
    system: System, messi: PersonAtWork, henderson: PersonAtWork, tmp_path: Path
) -> None:
    """Main forgot what came after the backup; its numbers are given anew, and everybody agrees."""
    conversation = messi.send("henderson@jakarta", "sebelum")["conversation"]
    henderson.eventually(lambda me: me.texts(conversation) == ["sebelum"])
    backup = tmp_path / "backup.db"
    system.main.operate("backup", str(backup))
    messi.send("henderson@jakarta", "hilang dari main")
    henderson.eventually(lambda me: len(me.texts(conversation)) == 2)

    system.main.stop()
    system.main.operate("restore", str(backup))
    system.chat_cli.kill9()
    system.main.restart()
    system.chat_cli.start()
    new = henderson.eventually(lambda me: me.send("messi@surabaya", "baru", key="baru"))
    assert new["key"] == "baru"

    def agree() -> bool:
        mine, theirs = messi.texts(conversation), henderson.texts(conversation)
        return mine == theirs and set(mine) == {"sebelum", "hilang dari main", "baru"}

    wait_until(lambda: _quietly(agree), 60)
    seqs = [row["seq"] for row in messi.history(conversation)]
    assert seqs == list(range(1, len(seqs) + 1))
    assert system.main.operate("verify")["messages"] == len(seqs)


def test_bad_input_is_refused_in_words(
    system: System, messi: PersonAtWork, henderson: PersonAtWork
) -> None:
    """Over HTTP each error has its status, code and a sentence; nothing is stored for it."""
    messi.send("henderson@jakarta", "halo", key="k1")

    def refusal(to: object, text: str, **how: str) -> tuple[int, str]:
        with pytest.raises(httpx.HTTPStatusError) as refused:
            messi.send(to, text, **how)
        error = refused.value.response.json()["error"]
        assert error["message"]
        return refused.value.response.status_code, error["code"]

    assert refusal("nobody@jakarta", "halo") == (404, "user_not_found")
    assert refusal("messi@bandung", "halo") == (404, "realm_not_found")
    assert refusal({"group": "none@surabaya"}, "halo") == (404, "group_not_found")
    assert refusal("tidak mungkin", "halo") in (
        (400, "invalid_address"),
        (400, "invalid_name"),
    )
    assert refusal("henderson@jakarta", "") == (400, "empty_text")
    assert refusal("henderson@jakarta", "x" * 65 * 1024) == (413, "text_too_long")
    assert refusal("henderson@jakarta", "lain", key="k1") == (409, "key_conflict")
    assert len(henderson.get("inbox?peek=1")) == 1


def _quietly(condition: object) -> object:
    try:
        return condition()  # type: ignore[operator]
    except httpx.HTTPError:
        return None
