"""Sign-in and registration over HTTP: what goes to main, and what never gets there."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from realm_protocol import link
from realm_protocol.errors import RealmchatError, UserExists, WrongPassword
from realm_protocol.names import Address
from realm_protocol.wire import pack
from tests.realm_server.conftest import World
from tests.waiting import eventually

FORM = {"address": "messi@surabaya", "password": "geheim123", "device": "laptop"}
SESSION = link.Session(Address("messi@surabaya"), "s1", "t" * 43, 1_900_000_000_000)


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.http as client:
        yield client


def answer_each(world: World, answer: RealmchatError | None = None) -> None:
    """Main opens a session for everybody, or refuses everybody."""

    def sign(message: link.SignIn | link.Register) -> None:
        if answer is None:
            world.main.send(link.Answer(message.ref, pack(SESSION)))
        else:
            world.main.send(link.Refusal(message.ref, answer.code, answer.fields))

    world.main.on_sign_in = sign


def error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_a_password_opens_a_session(running: World, http: httpx.AsyncClient) -> None:
    """Main checks it; the client gets main's own session. A bare name is one of this realm."""
    answer_each(running)

    answer = await http.post("/v1/sign-in", json={**FORM, "address": "Messi"})

    assert answer.json() == {
        "address": "messi@surabaya",
        "session_id": "s1",
        "token": "t" * 43,
        "expires_at": 1_900_000_000_000,
    }
    asked = running.main.heard_of(link.SignIn)[0]
    assert (asked.address, asked.password, asked.device) == tuple(FORM.values())


async def test_main_s_refusal_is_the_answer(running: World, http: httpx.AsyncClient) -> None:
    """Its status, code and fields."""
    answer_each(running, WrongPassword(address="messi@surabaya"))

    answer = await http.post("/v1/sign-in", json=FORM)

    assert error(answer) == (401, "wrong_password")
    assert answer.json()["error"]["address"] == "messi@surabaya"


async def test_registration_makes_a_person_with_all_that_was_said(
    running: World, http: httpx.AsyncClient
) -> None:
    """Display name and country reach main."""
    answer_each(running)

    answer = await http.post(
        "/v1/register", json={**FORM, "display_name": "Leo", "country": "Argentina"}
    )

    assert answer.status_code == 200
    asked = running.main.heard_of(link.Register)[0]
    assert (asked.display_name, asked.country) == ("Leo", "Argentina")


async def test_closed_registration_asks_nobody(world: World, http: httpx.AsyncClient) -> None:
    """It says whom to ask instead."""
    world.settings = {"registration": "closed"}
    await world.start()

    assert error(await http.post("/v1/register", json=FORM)) == (403, "registration_closed")
    assert world.main.heard_of(link.Register) == []


async def test_the_least_length_of_a_password_is_the_realm_s(
    world: World, http: httpx.AsyncClient
) -> None:
    """Registration asks for it; sign-in with an older, shorter password goes on."""
    world.settings = {"password_min": 12}
    await world.start()
    answer_each(world)

    refused = await http.post("/v1/register", json=FORM)

    assert error(refused) == (400, "password_too_short")
    assert refused.json()["error"]["minimum"] == 12
    assert (await http.post("/v1/sign-in", json=FORM)).status_code == 200


async def test_guessing_one_password_is_slowed_down(world: World, http: httpx.AsyncClient) -> None:
    """After so many wrong ones main is not even asked; the answer says how long to wait."""
    world.settings = {"sign_in_burst": 3, "sign_in_per_second": 0.001}
    await world.start()
    answer_each(world, WrongPassword(address="messi@surabaya"))

    answers = [await http.post("/v1/sign-in", json=FORM) for _ in range(4)]

    assert [error(each)[1] for each in answers] == ["wrong_password"] * 3 + ["rate_limited"]
    assert answers[3].status_code == 429
    assert int(answers[3].headers["Retry-After"]) > 100
    assert len(world.main.heard_of(link.SignIn)) == 3


async def test_guessing_many_passwords_from_one_machine_is_slowed_down(
    world: World, http: httpx.AsyncClient
) -> None:
    """Trying each person's password once is guessing too."""
    world.settings = {"host_burst": 3, "host_per_second": 0.001}
    await world.start()
    answer_each(world, WrongPassword(address="?"))

    answers = [
        await http.post("/v1/sign-in", json={**FORM, "address": f"person{n}"}) for n in range(4)
    ]

    assert [error(each)[1] for each in answers] == ["wrong_password"] * 3 + ["rate_limited"]


async def test_right_passwords_never_count(world: World, http: httpx.AsyncClient) -> None:
    """A whole site behind one address may sign in each morning."""
    world.settings = {"host_burst": 1, "sign_in_burst": 1, "host_per_second": 0.001}
    await world.start()
    answer_each(world)

    answers = [await http.post("/v1/sign-in", json=FORM) for _ in range(5)]

    assert [each.status_code for each in answers] == [200] * 5


async def test_registering_without_end_is_slowed_down(
    world: World, http: httpx.AsyncClient
) -> None:
    """Whether or not the names were free."""
    world.settings = {"host_burst": 2, "host_per_second": 0.001}
    await world.start()
    answer_each(world, UserExists(address="?"))

    answers = [
        await http.post("/v1/register", json={**FORM, "address": f"person{n}"}) for n in range(3)
    ]

    assert [error(each)[1] for each in answers] == ["user_exists"] * 2 + ["rate_limited"]


async def test_without_the_link_nobody_signs_in_who_never_did(
    world: World, http: httpx.AsyncClient
) -> None:
    """The refusal says so, and since when."""
    await world.start_realm()

    answer = await http.post("/v1/sign-in", json=FORM)

    assert error(answer) == (503, "sign_in_needs_main")
    assert answer.json()["error"]["since"]


async def test_a_cut_answers_who_waits(running: World, http: httpx.AsyncClient) -> None:
    """Nobody hangs when main goes in the middle of a sign-in."""
    asking = asyncio.create_task(http.post("/v1/sign-in", json=FORM))
    await eventually(lambda: running.main.heard_of(link.SignIn))

    running.main.cut()

    assert error(await asking) == (503, "sign_in_needs_main")


async def test_info_tells_what_a_client_may_know(running: World, http: httpx.AsyncClient) -> None:
    """Before it signs in."""
    info: dict[str, Any] = (await http.get("/v1/info")).json()

    assert info.pop("link_since") > 0
    assert info.pop("server").startswith("realm-server ")
    assert info == {
        "realm": "surabaya",
        "version": 1,
        "link_up": True,
        "registration": "open",
        "room": "",
    }


async def test_metrics_health_and_docs_are_there(running: World, http: httpx.AsyncClient) -> None:
    """In Prometheus' format; the docs page needs no outside request."""
    client = await running.enter("messi-token")
    client.send_raw(b"\xc1")
    await client.wait_closed()

    metrics = (await http.get("/metrics")).text
    assert "realm_link_up 1.0" in metrics
    assert 'realm_refusals_total{code="malformed"} 1.0' in metrics
    assert (await http.get("/health/live")).json() == {"status": "ok"}
    docs = (await http.get("/docs")).text
    assert "<script" in docs
    assert 'src="http' not in docs
