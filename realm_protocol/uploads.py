"""The words of files over HTTP: resumable upload (tus 1.0) and ranges of a download.

Both hops speak the same. A realm names to main the session that it speaks for.
"""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass

from realm_protocol.bodies import SHA256_PATTERN
from realm_protocol.errors import (
    MalformedMessage,
    RangeNotSatisfiable,
    UploadProtocolMismatch,
)

TUS_VERSION = "1.0.0"
TUS_EXTENSIONS = "creation,termination"
UPLOADS_PATH = "/v1/uploads"
UPLOAD_TYPE = "application/offset+octet-stream"
"""The `Content-Type` of a `PATCH`."""
SESSION_HEADER = "Realmchat-Session"
"""Realm to main: the SHA-256 of the token of the session it speaks for, in hexadecimal digits."""
SENDER_HEADER = "Realmchat-Sender"
"""Realm to main, of a file that it took in while it had no link: whose file it is."""
ERROR_HEADER = "Realmchat-Error"
"""The error of an answer that has no body, to a `HEAD`: its JSON, in ASCII."""

_HASH = re.compile(SHA256_PATTERN)
_DIGITS = re.compile(r"[0-9]{1,15}")
_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


@dataclass(frozen=True, slots=True)
class NewUpload:
    """What a `POST` of a new upload says."""

    size: int
    sha256: str
    """In hexadecimal digits: what the bytes will be checked against."""


def upload_headers(upload: NewUpload) -> dict[str, str]:
    """The headers of the `POST` that begins it."""
    digest = b64encode(upload.sha256.encode()).decode()
    return {
        "Tus-Resumable": TUS_VERSION,
        "Upload-Length": str(upload.size),
        "Upload-Metadata": f"sha256 {digest}",
    }


def read_new_upload(length: str | None, metadata: str | None) -> NewUpload:
    """Of the headers `Upload-Length` and `Upload-Metadata`; raises `MalformedMessage`."""
    pairs = dict(_metadata_pairs(metadata or ""))
    sha256 = pairs.get("sha256", "")
    if not _HASH.fullmatch(sha256):
        detail = "Upload-Metadata has “sha256” and the base64 of 64 hexadecimal digits"
        raise MalformedMessage(detail=detail)
    return NewUpload(read_count("Upload-Length", length), sha256)


def _metadata_pairs(metadata: str) -> list[tuple[str, str]]:
    pairs = []
    for pair in metadata.split(","):
        name, _, value = pair.strip().partition(" ")
        try:
            pairs.append((name, b64decode(value, validate=True).decode()))
        except ValueError as exc:
            raise MalformedMessage(detail=f"Upload-Metadata: “{name}” is no base64") from exc
    return pairs


def read_count(header: str, value: str | None) -> int:
    """A number of bytes in a header; raises `MalformedMessage`."""
    if value is None or not _DIGITS.fullmatch(value):
        raise MalformedMessage(detail=f"{header} is a number of bytes")
    return int(value)


def check_tus_version(value: str | None) -> None:
    """Of the header `Tus-Resumable`, which may be left out."""
    if value is not None and value != TUS_VERSION:
        raise UploadProtocolMismatch(wanted=TUS_VERSION, got=value)


def read_range(header: str | None, size: int) -> range | None:
    """The bytes that a `Range` asks of a file; None for all of it.

    A form that isn't known counts as none, as HTTP has it. Raises `RangeNotSatisfiable`.
    """
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:  # the last so many
        start, end = max(0, size - int(found[2])), size
    elif found[2] and int(found[2]) < int(found[1]):
        return None
    else:
        start, end = int(found[1]), min(size, int(found[2]) + 1) if found[2] else size
    if start >= end:
        raise RangeNotSatisfiable(size=size)
    return range(start, end)


def content_range(part: range, size: int) -> str:
    """The header `Content-Range` of a part."""
    return f"bytes {part.start}-{part.stop - 1}/{size}"
