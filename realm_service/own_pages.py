"""Who may ask a service of this machine at all: its programs, and no page of another site."""

from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from realm_protocol.errors import ForeignOrigin
from realm_service.http import error_response

_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


def foreign(headers: Iterable[tuple[bytes, bytes]], port: int) -> str:
    """What is wrong with a request's `Host` or `Origin`, in words; empty when nothing is.

    A page that a browser has from elsewhere can reach loopback by a name of its own (then `Host`
    is foreign) or by ours (then `Origin` is).
    """
    ours = {f"{name}:{port}" for name in _LOOPBACK_NAMES}
    if port == 80:
        ours.update(_LOOPBACK_NAMES)
    hosts = [value for name, value in headers if name == b"host"]
    origins = [value for name, value in headers if name == b"origin"]
    if len(hosts) != 1 or hosts[0].decode("latin-1").lower() not in ours:
        return "the Host of the request is not a loopback name with the service's port"
    allowed = {f"http://{host}" for host in ours}
    if any(origin.decode("latin-1").lower() not in allowed for origin in origins):
        return "the request comes from a page of another origin"
    return ""


class Guard:
    """ASGI middleware that answers foreign requests 403, those for a WebSocket too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        problem = foreign(scope["headers"], scope["server"][1])
        if not problem:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            # Closed before it was accepted, a server answers its upgrade 403.
            await send({"type": "websocket.close", "code": 1008})
        else:
            await error_response(ForeignOrigin(detail=problem))(scope, receive, send)
