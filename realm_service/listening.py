"""Listening: which addresses may be served in the clear, TLS, and running uvicorn."""

import asyncio
import gc
import ipaddress
import signal
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import FrameType
from typing import Annotated

import uvicorn
from fastapi import FastAPI
from pydantic import AfterValidator

from realm_protocol.errors import AskedWrongly
from realm_service.http_connection import bounded_http


class ClearTextRefused(AskedWrongly):
    code = "clear_text_refused"
    text = (
        "{host} can be reached from other machines, and passwords would cross in the clear. Give"
        " --tls-cert and --tls-key, or --allow-clear behind a proxy that does TLS."
    )


class AddressInUse(AskedWrongly):
    code = "address_in_use"
    status = 409
    text = "{host}:{port} can't be listened on: {detail}. Stop what uses it, or choose another."


class TlsUnusable(AskedWrongly):
    code = "tls_unusable"
    text = "The TLS files {files} can't be used: {detail}."


def is_host(host: str) -> bool:
    """Whether it has the form of a host's name or address; of others sockets raise no `OSError`."""
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return "\0" not in host


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    # A socket that serves both versions of IP shows an IPv4 peer as ::ffff:127.0.0.1.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _check_networks(value: str) -> str:
    """uvicorn would take a slip of the pen for the name of a host, and believe nobody."""
    for part in value.split(","):
        try:
            ipaddress.ip_network(part.strip())
        except ValueError as exc:
            detail = f"“{part.strip()}” is neither an IP address nor a network such as 10.0.0.0/8"
            raise ValueError(detail) from exc
    return value


ProxyNetworks = Annotated[str, AfterValidator(_check_networks)]
"""IP addresses and networks, with commas between them."""


def check_listening(host: str, tls_cert: Path | None, allow_clear: bool) -> None:
    """Refuse to serve other machines in the clear."""
    if tls_cert is None and not allow_clear and not is_loopback(host):
        raise ClearTextRefused(host=host)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket, or `AddressInUse` in words."""
    if not is_host(host):
        raise AddressInUse(host=host, port=port, detail="that is no name of a host")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(2048)
    except OSError as exc:
        sock.close()
        raise AddressInUse(host=host, port=port, detail=exc.strerror or str(exc)) from exc
    sock.setblocking(False)
    return sock


def client_tls(ca: Path | None) -> ssl.SSLContext:
    """How a client trusts a server: the system's authorities, or this file's."""
    try:
        return ssl.create_default_context(cafile=str(ca) if ca else None)
    except (OSError, ssl.SSLError) as exc:
        raise TlsUnusable(files=str(ca), detail=str(exc)) from exc


def run(
    app: FastAPI,
    sock: socket.socket,
    *,
    websocket: type[asyncio.Protocol] | None = None,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
    trusted_proxy: str | None = None,
    drain: Callable[[], Awaitable[None]] | None = None,
    grace_seconds: int = 5,
) -> None:
    """Serve until SIGINT or SIGTERM. `drain` is awaited first, while sockets are still open."""
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=bounded_http(),
        ws=websocket or "none",
        # Only the window's sockets heed this: they end on this machine, where it saves nothing.
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=trusted_proxy is not None,
        forwarded_allow_ips=trusted_proxy,
        ssl_certfile=tls_cert,
        ssl_keyfile=tls_key,
        timeout_graceful_shutdown=grace_seconds,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as exc:
        raise TlsUnusable(files=f"{tls_cert}, {tls_key}", detail=str(exc)) from exc
    # uvicorn raises the signal that stopped it once more when it has stopped: that ends us, well.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    server = _Server(config, drain)
    server.run(sockets=[sock])
    if not server.started:
        sys.exit(1)


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


_COLLECT_AFTER_OBJECTS = 20_000


class _Server(uvicorn.Server):
    """uvicorn's server, which drains before it closes what is open."""

    def __init__(self, config: uvicorn.Config, drain: Callable[[], Awaitable[None]] | None) -> None:
        super().__init__(config)
        self._drain = drain

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What stands now stays: the collector need not look at it again. Messages make no cycles,
        # so it may also come less often.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_COLLECT_AFTER_OBJECTS, 50, 100)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._drain is not None:
            await self._drain()
        await super().shutdown(sockets)
