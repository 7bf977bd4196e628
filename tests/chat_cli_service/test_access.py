"""Who may ask: this machine's programs, with the right token, and no page of another site."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from realm_service.own_pages import foreign

from .conftest import HENDERSON, MESSI, Person, Service
from .fake_realm import FakeRealm


async def test_nothing_is_told_without_a_token(service: Service) -> None:
    """Every route but health asks for one; a token in the URL is none."""
    paths = [
        path
        for path in (await service.get("/openapi.json"))["paths"]
        if path not in ("/v1/health",)
    ]
    assert len(paths) > 20
    for path in paths:
        url = path.replace("{address}", MESSI)
        for query in ("", f"?token={service.token}", f"?access_token={service.token}"):
            answer = await service.http.get(url + query, headers={"Authorization": ""})
            # 405 where the path has no GET.
            assert answer.status_code in (401, 405), (path, answer.text)


@pytest.mark.parametrize("authorization", ["Bearer wrong", "Basic x", "Bearer"])
async def test_a_wrong_token_opens_nothing(service: Service, authorization: str) -> None:
    answer = await service.http.get("/v1/accounts", headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "not_signed_in"


async def test_an_account_token_opens_its_account_only(realm: FakeRealm, service: Service) -> None:
    """The other accounts and the service's own affairs stay shut."""
    messi, henderson = await service.login(MESSI), await service.login(HENDERSON)
    mine = {"Authorization": f"Bearer {messi.token}"}
    own = await service.http.get(f"{messi.path}/inbox", headers=mine)
    assert own.status_code == 200
    for path in ("inbox", "conversations", "events", "info", "search?q=x"):
        answer = await service.http.get(f"{henderson.path}/{path}", headers=mine)
        assert answer.status_code == 403, path
    login = await service.http.post(
        "/v1/accounts/login", json={"address": MESSI, "password": "secret"}, headers=mine
    )
    assert login.status_code == 403
    stop = await service.http.post("/v1/service/stop", headers=mine)
    assert stop.status_code == 403
    listed = await service.http.get("/v1/accounts", headers=mine)
    assert [account["account"] for account in listed.json()] == [MESSI]


async def test_an_account_token_dies_with_the_logout(realm: FakeRealm, service: Service) -> None:
    """And lives on through another login of the same account."""
    messi = await service.login(MESSI)
    again = await service.login(MESSI)
    assert again.token != messi.token
    for token in (messi.token, again.token):
        headers = {"Authorization": f"Bearer {token}"}
        assert (await service.http.get(f"{messi.path}/info", headers=headers)).is_success
    await messi.post("/logout")
    for token in (messi.token, again.token):
        headers = {"Authorization": f"Bearer {token}"}
        assert (await service.http.get(f"{messi.path}/info", headers=headers)).status_code == 401


async def test_the_service_proves_itself(service: Service) -> None:
    """Only who holds this home's token can answer the challenge."""
    answer = await service.http.get(
        "/v1/health", params={"challenge": "nonce"}, headers={"Authorization": ""}
    )
    expected = hmac.new(service.token.encode(), b"nonce", hashlib.sha256).hexdigest()
    assert answer.json()["proof"] == expected


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:{port}"},
        {"Host": "127.0.0.1:1"},
        {"Host": "127.0.0.1"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
async def test_a_foreign_page_gets_nothing(service: Service, headers: dict[str, str]) -> None:
    """Neither by its own name for this machine nor by ours; the token would not help."""
    sent = {name: value.format(port=service.port) for name, value in headers.items()}
    for path in ("/v1/accounts", "/v1/health", "/docs"):
        answer = await service.http.get(path, headers=sent)
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "foreign_origin"
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_this_machine_may_be_called_by_its_loopback_names(name: str) -> None:
    host = f"{name}:7000".encode()
    assert foreign([(b"host", host), (b"origin", b"http://" + host.lower())], 7000) == ""


def test_a_request_has_one_host() -> None:
    """None, or two that a proxy and we would read differently, is refused."""
    assert foreign([], 7000)
    assert foreign([(b"host", b"localhost:7000"), (b"host", b"evil")], 7000)


async def test_a_body_is_bounded_before_it_is_read(service: Service) -> None:
    """Also for those who have no token."""

    async def without_length() -> AsyncIterator[bytes]:
        for _ in range(2 * 16 + 1):
            yield b" " * 64 * 1024

    anyone = {"Authorization": ""}
    path = "/v1/accounts/login"
    large = await service.http.post(path, content=b" " * (2 * 1024 * 1024 + 1), headers=anyone)
    assert large.status_code == 413
    assert large.json()["error"]["code"] == "request_too_large"
    unsaid = await service.http.post(path, content=without_length(), headers=anyone)
    assert unsaid.status_code == 413
    assert unsaid.json()["error"]["code"] == "request_too_large"


async def test_the_docs_page_asks_nobody_else(service: Service) -> None:
    """Its assets are served from here."""
    page = (await service.http.get("/docs")).text
    assert "http://" not in page.replace(service.url, "")
    assert "https://" not in page


async def test_files_are_their_owners(
    realm: FakeRealm, service: Service, messi: Person, tmp_path: Path
) -> None:
    """Folders 0700, files 0600, whatever the umask; tokens of accounts are kept as hashes."""
    await messi.send(HENDERSON, "hello")
    for path in (tmp_path / "home").rglob("*"):
        mode = path.stat().st_mode & 0o777
        assert mode == (0o700 if path.is_dir() else 0o600), path
    stored = b"".join(path.read_bytes() for path in (tmp_path / "home" / "accounts").iterdir())
    assert messi.token.encode() not in stored
