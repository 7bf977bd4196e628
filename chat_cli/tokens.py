"""The secrets of this machine: the service's token and proof, and the hashes of account tokens.

Pure, but for making and reading the service token's file.
"""

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from realm_protocol.errors import StoreUnwritable

TOKEN_FILE = "token"  # noqa: S105  # a file's name
_TOKEN_BYTES = 32


def token_hash(token: str) -> bytes:
    """How an account token is kept. It has 256 random bits, so that a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def same_token(one: str, other: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


def proof(service_token: str, challenge: str) -> str:
    """What only a service that has the token of this home can answer to a challenge."""
    return hmac.new(service_token.encode(), challenge.encode(), hashlib.sha256).hexdigest()


def service_token(home: Path) -> str:
    """The token of this home's service, made at the first start and kept."""
    path = home / TOKEN_FILE
    try:
        return path.read_text(encoding="ascii").strip() or _make_token(path)
    except FileNotFoundError:
        return _make_token(path)
    except (OSError, UnicodeDecodeError) as exc:
        raise StoreUnwritable(path=str(path), detail=str(exc)) from exc


def _make_token(path: Path) -> str:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    write_private(path, token + "\n")
    return token


def write_private(path: Path, text: str) -> None:
    """Replace a file at once with one that only its owner reads."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as exc:
        with suppress(OSError):
            beside.unlink()
        raise StoreUnwritable(path=str(path), detail=exc.strerror or str(exc)) from exc
