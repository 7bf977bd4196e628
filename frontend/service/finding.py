"""Where this person's chat-cli is, and that it is theirs.

A port on loopback may be anybody's, so whoever answers there proves that it holds the token of this
home, before it is sent a token or a password.
"""

import asyncio
import hashlib
import hmac
import json
import secrets
import shutil
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import httpx

from realm_protocol.errors import ServiceUnreachable

START_SECONDS = 30.0
_FIND_SECONDS = 5.0
_SERVICE_FILE = "service.json"
_TOKEN_FILE = "token"  # noqa: S105  # a file's name


@dataclass(frozen=True, slots=True)
class Door:
    """Where the service is, and the token with which people are signed in there."""

    url: str
    token: str


async def find(http: httpx.AsyncClient, home: Path, url: str | None) -> Door:
    """The service of a home, at `url` or where its file says; raises `ServiceUnreachable`."""
    token = _token(home)
    place = url or _announced(home)
    challenge = secrets.token_urlsafe(24)
    try:
        answer = await http.get(
            f"{place}/v1/health", params={"challenge": challenge}, timeout=_FIND_SECONDS
        )
        proof = str(answer.json()["proof"]) if answer.is_success else ""
    except httpx.HTTPError as exc:
        raise ServiceUnreachable(detail=f"nothing answers at {place}") from exc
    except (ValueError, KeyError, TypeError) as exc:
        raise ServiceUnreachable(detail=f"what answers at {place} is no chat-cli") from exc
    if not hmac.compare_digest(proof, proof_of(token, challenge)):
        raise ServiceUnreachable(detail=f"what answers at {place} is not this person's chat-cli")
    return Door(place, token)


def proof_of(token: str, challenge: str) -> str:
    """What only a service that has this token answers to the challenge."""
    return hmac.new(token.encode(), challenge.encode(), hashlib.sha256).hexdigest()


def _token(home: Path) -> str:
    try:
        return (home / _TOKEN_FILE).read_text(encoding="ascii").strip()
    except FileNotFoundError as exc:
        raise ServiceUnreachable(detail="it has never run here") from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise ServiceUnreachable(detail=f"its token can't be read: {exc}") from exc


def _announced(home: Path) -> str:
    try:
        return str(json.loads((home / _SERVICE_FILE).read_text(encoding="ascii"))["url"])
    except FileNotFoundError as exc:
        raise ServiceUnreachable(detail="it isn't running") from exc
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise ServiceUnreachable(detail=f"its service file can't be read: {exc}") from exc


async def start() -> None:
    """Start this person's service, or find it running; raises `ServiceUnreachable`."""
    program = shutil.which("chat-cli", path=sysconfig.get_path("scripts")) or shutil.which(
        "chat-cli"
    )
    if program is None:
        raise ServiceUnreachable(detail="the program chat-cli isn't installed")
    # A command that needs the service starts it; what it prints is a secret, and goes nowhere.
    process = await asyncio.create_subprocess_exec(
        program,
        "token",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(START_SECONDS):
            _, complaint = await process.communicate()
    except TimeoutError as exc:
        process.kill()
        await process.wait()
        raise ServiceUnreachable(detail="it did not start in time") from exc
    if process.returncode:
        words = complaint.decode(errors="replace").strip().splitlines()
        raise ServiceUnreachable(detail=words[-1][:300] if words else "it did not start")
