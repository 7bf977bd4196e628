"""The links of a system's realms to main: cut and mended when `realmchat cut` and `mend` ask.

They ask over a Unix socket in the system's folder that only its owner opens: one JSON line there,
`{"realm", "cut"}`, and one back, `{"realm", "changed"}` or `{"error"}`.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

from deploy.relay import Relay
from realm_protocol.errors import AskedWrongly, MalformedMessage, RealmchatError, rebuild
from realm_service.operator_line import connect, listen

_SOCKET = "realmchat.operator"
_LINE_LIMIT = 4096
_ANSWER_SECONDS = 10


class NothingRuns(AskedWrongly):
    code = "nothing_runs"
    status = 404
    text = "No realmchat runs on {home}. Start it with realmchat up, or name its folder by --home."


class RealmNotHere(AskedWrongly):
    code = "realm_not_here"
    status = 404
    text = "This system has no realm {realm}. It has {realms}."


class Links:
    """One way to main for each realm. They begin whole, whatever was cut at an earlier start."""

    def __init__(
        self, realms: Iterable[str], main_port: int, changed: Callable[[str, bool], None]
    ) -> None:
        """`changed` hears of a realm whether it is cut now."""
        self._relays = {realm: Relay(main_port) for realm in realms}
        self._changed = changed

    @property
    def ports(self) -> dict[str, int]:
        """Where each realm enters."""
        return {realm: relay.port for realm, relay in self._relays.items()}

    async def open(self) -> None:
        for relay in self._relays.values():
            await relay.open()

    async def close(self) -> None:
        for relay in self._relays.values():
            await relay.close()

    def set(self, realm: str, *, cut: bool) -> bool:
        """Whether it was otherwise before; raises `RealmNotHere`."""
        relay = self._relays.get(realm)
        if relay is None:
            raise RealmNotHere(realm=realm, realms=", ".join(self._relays))
        if relay.is_cut == cut:
            return False
        if cut:
            relay.cut()
        else:
            relay.mend()
        self._changed(realm, cut)
        return True


@contextlib.asynccontextmanager
async def obeying(links: Links, home: Path) -> AsyncIterator[None]:
    """Open the links, and do what is asked over the socket meanwhile."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            writer.write(json.dumps(_obey(links, await reader.readline())).encode() + b"\n")
            await writer.drain()
        writer.close()

    await links.open()
    server = await listen(home / _SOCKET, serve, _LINE_LIMIT)
    try:
        yield
    finally:
        server.close()
        (home / _SOCKET).unlink(missing_ok=True)
        await links.close()


def _obey(links: Links, line: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(line)
        realm, cut = str(asked["realm"]).lower(), bool(asked["cut"])
        return {"realm": realm, "changed": links.set(realm, cut=cut)}
    except RealmchatError as error:
        return error.body()
    except (ValueError, KeyError, TypeError):
        return MalformedMessage(detail="asked is one line of JSON: realm, cut").body()


def ask(home: Path, realm: str, *, cut: bool) -> tuple[str, bool]:
    """Cut or mend at the system that runs on this home: which realm, and whether that changed it.

    Raises `NothingRuns` or `RealmNotHere`.
    """
    try:
        with connect(home / _SOCKET, _ANSWER_SECONDS) as sock, sock.makefile("rb") as lines:
            sock.sendall(json.dumps({"realm": realm, "cut": cut}).encode() + b"\n")
            answer = json.loads(lines.readline())
    except (OSError, ValueError) as exc:
        raise NothingRuns(home=str(home)) from exc
    if "error" in answer:
        error = dict(answer["error"])
        raise rebuild(error.pop("code"), {k: v for k, v in error.items() if k != "message"})
    return answer["realm"], answer["changed"]
