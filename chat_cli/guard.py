"""Who may ask this service at all: programs of this machine, and no page of another site."""

from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from realm_protocol.errors import AskedWrongly, ForeignOrigin, MalformedMessage, RealmchatError
from realm_service.http import error_response

BODY_LIMIT = 2 * 1024 * 1024
"""Bytes of a JSON body: the longest text with every character escaped, and room to spare."""


class RequestTooLarge(AskedWrongly):
    code = "request_too_large"
    status = 413
    text = "The request has {size} bytes; the limit is {limit}."


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


def check_size(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Refuse a body that is too large, or doesn't say its size, before anything reads it."""
    for name, value in headers:
        if name == b"transfer-encoding":
            raise MalformedMessage(detail="a body must say its Content-Length")
        if name == b"content-length" and int(value) > BODY_LIMIT:
            raise RequestTooLarge(size=int(value), limit=BODY_LIMIT)


class Guard:
    """ASGI middleware that answers foreign requests 403, and too large ones 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            problem = foreign(scope["headers"], scope["server"][1])
            if problem:
                raise ForeignOrigin(detail=problem)
            check_size(scope["headers"])
        except RealmchatError as error:
            await error_response(error)(scope, receive, send)
            return
        await self._app(scope, receive, send)
