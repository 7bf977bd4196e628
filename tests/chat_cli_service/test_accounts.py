"""Signing in and out, and what becomes of a session."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from realm_protocol.commands import Realm
from tests.waiting import eventually

from .conftest import HENDERSON, MESSI, Person, Service, serving
from .fake_realm import FakeRealm


async def test_a_login_always_checks_the_password(realm: FakeRealm, service: Service) -> None:
    """Also for an account that is signed in already, which goes on undisturbed."""
    messi = await service.login()
    answer = await service.http.post(
        "/v1/accounts/login", json={"address": MESSI, "password": "wrong"}
    )
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "wrong_password"
    assert messi.link() == "up"
    listed = await service.get("/v1/accounts")
    assert [(one["account"], one["signed_in"]) for one in listed] == [(MESSI, True)]


async def test_a_bare_name_signs_in_at_the_realm_that_is_asked(
    realm: FakeRealm, service: Service
) -> None:
    """As people of one site have always typed it; what can't be a name is refused before."""
    opened = await service.post("/v1/accounts/login", {"address": "Messi", "password": "secret"})
    refused = await service.http.post(
        "/v1/accounts/login", json={"address": "no name", "password": "secret"}
    )

    assert opened["account"] == MESSI
    assert refused.json()["error"]["code"] == "invalid_address"


async def test_a_realm_that_is_away_is_said_for_a_bare_name_too(service: Service) -> None:
    """Nobody can say which realm is meant then."""
    body = {"address": "messi", "password": "secret", "realm_url": "http://127.0.0.1:9"}

    refused = await service.http.post("/v1/accounts/login", json=body)

    assert refused.json()["error"]["code"] == "realm_unreachable"


async def test_the_sites_are_told_with_their_state(realm: FakeRealm, service: Service) -> None:
    """The usual one before anybody signed in; then those that main knows, reached or not."""
    there = {"reachable": True, "linked": True, "room": "lobby@surabaya"}
    usual = {"realm": "surabaya", "realm_url": realm.url} | there
    assert await service.get("/v1/accounts/sites") == [usual]

    realm.other_realms.append(Realm("jakarta", "127.0.0.1", 9, True, 1, 2))
    messi = await service.login()

    jakarta = {"realm": "jakarta", "realm_url": "http://127.0.0.1:9"}
    away = {"reachable": False, "linked": False, "room": ""}
    assert await service.get("/v1/accounts/sites") == [usual, jakarta | away]
    theirs = {"Authorization": f"Bearer {messi.token}"}
    refused = await service.http.get("/v1/accounts/sites", headers=theirs)
    assert refused.json()["error"]["code"] == "not_allowed"


async def test_a_second_login_leaves_one_session(realm: FakeRealm, service: Service) -> None:
    """The session of the check is ended at once; the list says who signed in last."""
    await service.login(MESSI)
    await service.login(HENDERSON)
    await service.login(MESSI)
    assert len(realm.sessions) == 2
    listed = await service.get("/v1/accounts")
    assert max(listed, key=lambda one: one["signed_in_at"])["account"] == MESSI


async def test_a_login_after_the_session_ended_connects_again(
    realm: FakeRealm, service: Service, messi: Person
) -> None:
    """The end is seen, the outbox waits, and the next login sends it."""
    (session,) = realm.sessions.values()
    realm.end_session(session[1], "ended by the operator")
    await eventually(lambda: messi.link() == "signed_out")
    (account,) = await service.get("/v1/accounts")
    assert account["signed_in"] is False
    assert account["link"]["state"] == "signed_out"
    assert (await messi.send(HENDERSON, "hello", wait=0))["state"] == "saved"
    refused = await messi.service.http.get(f"{messi.path}/users")
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "session_ended"
    await service.login()
    conversation = realm.private(MESSI, HENDERSON)
    await eventually(lambda: conversation.log)


async def test_a_session_that_ended_while_away_is_seen(
    realm: FakeRealm, service: Service, messi: Person
) -> None:
    """The realm refuses the token at the next connection; no attempt follows."""
    realm.sessions.clear()
    realm.cut()
    await eventually(lambda: messi.link() == "signed_out")


async def test_a_login_elsewhere_replaces_the_session(
    realm: FakeRealm, service: Service, messi: Person
) -> None:
    """While the connection is down, the new session takes over, and the old one is ended."""
    realm.link_down()
    await eventually(lambda: messi.link() == "cut_off")
    (old,) = [session_id for _, session_id in realm.sessions.values()]
    body = {"address": MESSI, "password": "secret"}
    await service.post("/v1/accounts/login", body)
    assert len(realm.sessions) == 2
    realm.link_back()
    await eventually(lambda: old in realm.ended)
    assert len(realm.sessions) == 1
    await eventually(lambda: messi.link() == "up")


async def test_a_logout_ends_the_session_at_the_realm(
    realm: FakeRealm, service: Service, messi: Person
) -> None:
    answer = await messi.post("/logout")
    assert answer == {"account": MESSI, "unsent": 0, "forgotten": False, "session_ended": True}
    assert realm.sessions == {}
    assert await service.get("/v1/accounts") == []
    gone = await service.http.get(f"{messi.path}/inbox")
    assert gone.status_code == 404
    assert gone.json()["error"]["code"] == "account_not_found"


async def test_registering_signs_in(realm: FakeRealm, service: Service) -> None:
    body = {"address": "lineker@surabaya", "password": "secret", "name": "Gary"}
    answer = await service.post("/v1/accounts/register", body)
    assert answer["account"] == "lineker@surabaya"
    assert answer["token"]
    again = await service.http.post("/v1/accounts/register", json=body)
    assert again.status_code == 409
    assert again.json()["error"]["code"] == "user_exists"


@pytest.mark.parametrize("address", ["mes si", "messi@", "@surabaya", "mes si@surabaya", ""])
async def test_what_is_no_address_is_refused(service: Service, address: str) -> None:
    answer = await service.http.post(
        "/v1/accounts/login", json={"address": address, "password": "secret"}
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_address"


async def test_a_realm_that_is_not_there_is_said(service: Service) -> None:
    """By its URL; and a server that is no realm is told from one that is silent."""
    for url in ("http://127.0.0.1:1", "http://ä..b", service.url):
        answer = await service.http.post(
            "/v1/accounts/login",
            json={"address": MESSI, "password": "secret", "realm_url": url},
        )
        error = answer.json()["error"]
        if url == service.url:
            # It is a chat-cli service, which answers in the same shape.
            assert error["code"] == "route_not_found"
        else:
            assert (answer.status_code, error["code"]) == (503, "realm_unreachable")
            assert url in error["message"]


async def test_a_password_is_changed_at_main(realm: FakeRealm, messi: Person) -> None:
    refused = await messi.try_post("/password", {"old": "wrong", "new": "longer secret"})
    assert refused.json()["error"]["code"] == "wrong_password"
    await messi.post("/password", {"old": "secret", "new": "longer secret"})
    assert realm.people[MESSI] == "longer secret"


async def test_sessions_are_listed_and_ended(
    realm: FakeRealm, service: Service, messi: Person
) -> None:
    """Another device's session ends; one that isn't there is refused."""
    other = realm.open_session(MESSI)["session_id"]
    listed = await messi.get("/sessions")
    assert {one["session_id"]: one["current"] for one in listed}[other] is False
    assert (await service.http.delete(f"{messi.path}/sessions/{other}")).is_success
    again = await service.http.delete(f"{messi.path}/sessions/{other}")
    assert again.status_code == 404


async def test_a_password_never_shows_in_a_refusal(service: Service) -> None:
    """A body that doesn't fit is answered without what it held."""
    answer = await service.http.post(
        "/v1/accounts/login", json={"address": 5, "password": "hunter22"}
    )
    assert answer.status_code == 400
    assert "hunter22" not in answer.text


async def test_a_file_that_cannot_be_opened_harms_no_other_account(
    realm: FakeRealm, tmp_path: Path
) -> None:
    """Damaged, of a newer version, or held by another program: said when its person signs in."""
    folder = tmp_path / "home"
    damaged, newer, held = "damaged@surabaya", "newer@surabaya", "held@surabaya"
    for address in (damaged, newer, held):
        realm.add_person(address)
    async with serving(folder, realm.url) as service:
        for address in (MESSI, damaged, newer, held):
            await service.login(address)
    files = {address: folder / "accounts" / f"{address}.sqlite3" for address in (damaged, newer)}
    files[damaged].write_bytes(b"this is no database\n" * 500)
    with contextlib.closing(sqlite3.connect(files[newer])) as file, file:
        file.execute("UPDATE alembic_version SET version_num = 'made-tomorrow'")
    with contextlib.closing(sqlite3.connect(folder / "accounts" / f"{held}.sqlite3")) as other:
        other.execute("BEGIN EXCLUSIVE")
        async with serving(folder, realm.url) as service:
            codes = {}
            for address in (damaged, newer, held):
                body = {"address": address, "password": "secret"}
                answer = await service.http.post("/v1/accounts/login", json=body)
                codes[address] = answer.json()["error"]["code"]
                assert address in answer.json()["error"]["message"]
            opened = [account["account"] for account in await service.get("/v1/accounts")]

    assert codes == {damaged: "store_damaged", newer: "store_too_new", held: "store_locked"}
    assert opened == [MESSI]
