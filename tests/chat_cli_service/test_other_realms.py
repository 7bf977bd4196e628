"""Other realms by typed lines and routes: added, written to, their inbox."""

from typing import Any

import httpx
import pytest

from realm_protocol.commands import Realm
from realm_protocol.errors import RealmNotEnrolled

from .conftest import MESSI, Person
from .fake_realm import FakeRealm

LINEKER, HENDERSON = "lineker@jakarta", "henderson@jakarta"


@pytest.fixture
def jakarta(realm: FakeRealm) -> FakeRealm:
    """Another realm with two people, where there was only one's own."""
    realm.other_realms.append(Realm("jakarta", "127.0.0.1", 8890, True, 1, 2))
    realm.add_person(LINEKER)
    realm.add_person(HENDERSON)
    return realm


async def run(person: Person, line: str) -> Any:
    return (await person.post("/commands", {"line": line}))["result"]


async def refusal(person: Person, line: str) -> str:
    answer = await person.try_post("/commands", {"line": line})
    assert answer.is_error, answer.text
    return str(answer.json()["error"]["code"])


async def test_a_realm_gets_a_name_of_ones_own(jakarta: FakeRealm, messi: Person) -> None:
    """By where it listens; from then on each word understands it."""
    added = await run(messi, "addrealm Realm2 127.0.0.1 8890")
    assert added == {"name": "realm2", "realm": "jakarta"}
    rows = {row["realm"]: row["names"] for row in await run(messi, "realms")}
    assert rows == {"surabaya": [], "jakarta": ["Realm2"]}


async def test_an_operator_gets_the_key_of_a_new_realm(jakarta: FakeRealm, messi: Person) -> None:
    """In the answer to the line."""
    added = await run(messi, "addrealm medan 10.0.0.7 8000")

    assert added == {"name": "medan", "realm": "medan", "key": "key of medan"}


async def test_others_are_told_that_there_is_none(
    jakarta: FakeRealm, messi: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the status of what isn't there."""

    def refuse(name: str, host: str, port: int) -> None:
        raise RealmNotEnrolled(realm=name, host=host, port=port)

    monkeypatch.setattr(jakarta, "add_realm", refuse)
    answer = await messi.try_post("/commands", {"line": "addrealm medan 10.0.0.7 8000"})

    assert answer.status_code == 404
    assert "10.0.0.7:8000" in answer.json()["error"]["message"]


@pytest.mark.parametrize("word", ["sendprivaterealm", "sendrealm"])
@pytest.mark.parametrize("name", ["jakarta", "realm2", "JAKARTA"])
async def test_a_message_to_a_person_there(
    jakarta: FakeRealm, messi: Person, word: str, name: str
) -> None:
    """The answer says which address it was."""
    jakarta.other_realms[0].names.append("realm2")

    sent = await run(messi, f"{word} {name} lineker halo  jauh")

    assert (sent["to"], sent["state"]) == (LINEKER, "at_main")
    (row,) = jakarta.private(MESSI, LINEKER).log
    assert row.body == b"halo  jauh"


async def test_messages_to_several_and_to_a_group(jakarta: FakeRealm, messi: Person) -> None:
    """One answer for each."""
    jakarta.group("club@jakarta", MESSI, LINEKER)

    several = await run(messi, "sendgrouprealm jakarta lineker,henderson halo")
    in_group = await run(messi, "sendgrouprealm jakarta group:club halo semua")

    assert [sent["to"] for sent in several] == [LINEKER, HENDERSON]
    assert [sent["to"] for sent in in_group] == [{"group": "club@jakarta"}]


async def test_one_who_is_not_there_robs_nobody(jakarta: FakeRealm, messi: Person) -> None:
    """The others get it, and it is said."""
    assert await refusal(messi, "sendgrouprealm jakarta lineker,siapa halo") == "user_not_found"
    assert len(jakarta.private(MESSI, LINEKER).log) == 1
    crowd = ",".join(["lineker"] * 101)
    assert await refusal(messi, f"sendgrouprealm jakarta {crowd} halo") == "wrong_arguments"


async def test_a_realm_that_is_not_there_is_said(jakarta: FakeRealm, messi: Person) -> None:
    """Before anything is kept."""
    for line in (
        "sendprivaterealm medan lineker halo",
        "sendgrouprealm medan lineker halo",
        "getrealminbox medan",
    ):
        assert await refusal(messi, line) == "realm_not_found"
    assert (await run(messi, "info"))["unsent"] == 0


async def test_cut_off_the_names_that_were_heard_count(jakarta: FakeRealm, messi: Person) -> None:
    """A message for a realm is kept like any other."""
    jakarta.other_realms[0].names.append("realm2")
    await run(messi, "getrealminbox realm2")
    jakarta.link_down()

    sent = await messi.post(
        "/messages", {"to": "lineker", "realm": "realm2", "text": "nanti"}, wait=0
    )

    assert (sent["to"], sent["state"]) == (LINEKER, "saved")


async def test_the_inbox_of_a_realm(jakarta: FakeRealm, messi: Person) -> None:
    """What its people wrote in private, once; one's own realm's name means any other."""
    for sender in (LINEKER, "henderson@surabaya"):
        jakarta.say(jakarta.private(MESSI, sender), sender, f"dari {sender}")
    club = jakarta.group("club@jakarta", MESSI, LINEKER)
    jakarta.say(club, LINEKER, "di grup")

    for line in ("getrealminbox jakarta peek", "getrealminbox surabaya peek"):
        assert [row["text"] for row in await run(messi, line)] == [f"dari {LINEKER}"]
    assert [row["text"] for row in await run(messi, "getrealminbox jakarta")] == [f"dari {LINEKER}"]

    assert await run(messi, "getrealminbox jakarta") == []
    left = [row["text"] for row in await run(messi, "inbox peek")]
    assert sorted(left) == ["dari henderson@surabaya", "di grup"]


async def test_a_file_to_a_person_there(jakarta: FakeRealm, messi: Person) -> None:
    """The form names the realm; wherever it stands in it."""
    for fields in ({"realm": "jakarta", "to": "lineker"}, {"to": "lineker", "realm": "jakarta"}):
        answer = await _upload(messi, fields)
        assert answer.json()["to"] == LINEKER
    assert (await _upload(messi, {"to": "lineker", "realm": "medan"})).status_code == 404
    for word in ("sendfilerealm jakarta lineker", "sendgroupfilerealm jakarta group:club"):
        assert await refusal(messi, f"{word} /etc/passwd") == "not_allowed"


async def _upload(person: Person, fields: dict[str, str]) -> httpx.Response:
    return await person.service.http.post(
        f"{person.path}/files", data=fields, files={"file": ("a.txt", b"hello")}
    )
