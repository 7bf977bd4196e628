"""Signing in and registering at a realm server, over its HTTP side."""

import ssl
from typing import Any

import httpx
import msgspec

from realm_protocol.errors import RealmchatError, RealmUnreachable, rebuild
from realm_protocol.names import Address

SECONDS = 30.0


class IssuedSession(msgspec.Struct, frozen=True):
    """What a realm answers to a right password. `expires_at` in milliseconds."""

    address: str
    session_id: str
    token: str
    expires_at: int


class RealmInfo(msgspec.Struct, frozen=True):
    """What of a realm's `/v1/info` is needed."""

    realm: str
    link_up: bool = False
    room: str = ""
    """Its open room; empty where it has none."""


class RealmSignIn:
    """A client of realm servers. Close it at the end."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        # Proxies of the environment would see passwords that are for the realm.
        self._client = httpx.AsyncClient(verify=tls, trust_env=False, timeout=SECONDS)

    async def close(self) -> None:
        await self._client.aclose()

    async def sign_in(
        self, realm_url: str, address: Address, password: str, device: str
    ) -> IssuedSession:
        """Raises the realm's refusal, or `RealmUnreachable`."""
        body = {"address": address, "password": password, "device": device}
        return await self._post(realm_url, "/v1/sign-in", body)

    async def register(
        self,
        realm_url: str,
        address: Address,
        password: str,
        *,
        display_name: str,
        country: str,
        device: str,
    ) -> IssuedSession:
        """Raises the realm's refusal, or `RealmUnreachable`."""
        body = {
            "address": address,
            "password": password,
            "display_name": display_name,
            "country": country,
            "device": device,
        }
        return await self._post(realm_url, "/v1/register", body)

    async def enter_as_guest(self, realm_url: str, name: str, device: str) -> IssuedSession:
        """Raises the realm's refusal, or `RealmUnreachable`."""
        return await self._post(realm_url, "/v1/guest", {"name": name, "device": device})

    async def realm_name(self, realm_url: str) -> str:
        """The name of the realm whose server this is; raises `RealmUnreachable`."""
        return (await self.info(realm_url)).realm

    async def info(self, realm_url: str) -> RealmInfo:
        """What the realm says of itself; raises `RealmUnreachable`."""
        try:
            response = await self._client.get(realm_url.rstrip("/") + "/v1/info")
            return msgspec.json.decode(response.content, type=RealmInfo)
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            detail = str(exc) or type(exc).__name__
            raise RealmUnreachable(url=realm_url, detail=detail) from exc
        except msgspec.DecodeError as exc:
            raise RealmUnreachable(url=realm_url, detail=_no_realm(response)) from exc

    async def _post(self, realm_url: str, path: str, body: dict[str, Any]) -> IssuedSession:
        try:
            response = await self._client.post(realm_url.rstrip("/") + path, json=body)
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            detail = str(exc) or type(exc).__name__
            raise RealmUnreachable(url=realm_url, detail=detail) from exc
        try:
            if response.is_success:
                return msgspec.json.decode(response.content, type=IssuedSession)
            raise _refusal(response.content)
        except (msgspec.DecodeError, KeyError) as exc:
            raise RealmUnreachable(url=realm_url, detail=_no_realm(response)) from exc


def _no_realm(response: httpx.Response) -> str:
    return f"what answers there is no realm server (HTTP {response.status_code})"


def _refusal(content: bytes) -> RealmchatError:
    error = msgspec.json.decode(content, type=dict[str, dict[str, Any]])["error"]
    return rebuild(error.pop("code"), {k: v for k, v in error.items() if k != "message"})
