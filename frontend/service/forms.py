"""The form in which chat-cli takes a file: its bytes as they come, in what is made here."""

import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

_IN_QUOTES = str.maketrans({'"': "_", "\\": "_", "\r": "_", "\n": "_"})


@dataclass(frozen=True, slots=True)
class Form:
    """A body of `length` bytes, which can be sent once."""

    content_type: str
    length: int
    pieces: AsyncIterator[bytes]


def file_form(
    fields: Mapping[str, str], name: str, size: int, pieces: AsyncIterator[bytes]
) -> Form:
    """`pieces` must come to `size` bytes."""
    boundary = secrets.token_hex(16)
    parts = [f"{_head(boundary, field)}{value}\r\n" for field, value in fields.items()]
    named = name.translate(_IN_QUOTES)
    head = ("".join(parts) + _head(boundary, "file", f'; filename="{named}"')).encode(
        errors="replace"
    )
    tail = f"\r\n--{boundary}--\r\n".encode()
    length = len(head) + size + len(tail)
    return Form(f"multipart/form-data; boundary={boundary}", length, _between(head, pieces, tail))


def _head(boundary: str, name: str, more: str = "") -> str:
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'


async def _between(head: bytes, pieces: AsyncIterator[bytes], tail: bytes) -> AsyncIterator[bytes]:
    yield head
    async for piece in pieces:
        yield piece
    yield tail
