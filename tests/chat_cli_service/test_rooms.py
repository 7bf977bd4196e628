"""Open rooms: entering one as a guest, and that people see what it is."""

import pytest

from tests.waiting import eventually

from .conftest import Person, Service
from .fake_realm import FakeRealm

ANNA = "guest-anna@surabaya"


async def test_a_guest_enters_with_a_name_alone(realm: FakeRealm, service: Service) -> None:
    """Answered as a login is, with the room and until when one is its guest."""
    answer = await service.post("/v1/accounts/guest", {"name": "Anna"})

    assert (answer["account"], answer["room"]) == (ANNA, "lobby@surabaya")
    assert answer["expires_at"].endswith("Z")
    http = service.http
    headers = {"Authorization": f"Bearer {answer['token']}"}

    async def conversations() -> list[dict[str, object]]:
        got = await http.get(f"/v1/accounts/{ANNA}/conversations", headers=headers)
        return list(got.json())

    (room,) = await eventually(conversations)
    assert (room["kind"], room["title"]) == ("room", "lobby@surabaya")


@pytest.mark.parametrize("name", ["anna maria", "", "a@b"])
async def test_what_can_be_no_name_is_refused(service: Service, name: str) -> None:
    """Before any realm is asked."""
    refused = await service.http.post("/v1/accounts/guest", json={"name": name})

    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "invalid_name"


async def test_an_account_s_token_makes_no_guest(service: Service, messi: Person) -> None:
    """As it makes no other account; a typed line says which route does."""
    headers = {"Authorization": f"Bearer {messi.token}"}
    refused = await service.http.post("/v1/accounts/guest", json={"name": "anna"}, headers=headers)
    typed = await messi.try_post("/commands", {"line": "guest anna"})

    assert refused.status_code == 403
    assert "the guest route" in typed.json()["error"]["message"]
