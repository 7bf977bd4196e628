"""Base64 as the programs write it: bare, or as Python shows bytes, `b'…'`. Does no I/O."""

import binascii
from base64 import b64encode
from collections.abc import AsyncIterator

from realm_protocol.errors import MalformedMessage

_BLANKS = b" \t\r\n"
_HELD_BACK = 5
"""The last four characters, which may hold padding, and a quote behind them."""
_PIECE_BYTES = 96 * 1024  # a multiple of three: only the last piece is padded


class Base64Decoder:
    """Text in pieces, however they are cut; raises `MalformedMessage` where it is no base64."""

    def __init__(self) -> None:
        self._text = b""
        """Not decoded yet."""
        self._is_quoted: bool | None = None
        """`None` until its first two characters have come."""

    def feed(self, text: bytes) -> bytes:
        """As many of the bytes as are certain by now."""
        self._text += text.translate(None, _BLANKS)
        if self._is_quoted is None and len(self._text) >= 2:
            self._is_quoted = self._text.startswith(b"b'")
            self._text = self._text.removeprefix(b"b'")
        certain = max(0, len(self._text) - _HELD_BACK) // 4 * 4
        return self._decode(certain)

    def finish(self) -> bytes:
        """The last ones."""
        if self._is_quoted:
            if not self._text.endswith(b"'"):
                raise _no_base64()
            self._text = self._text[:-1]
        return self._decode(len(self._text))

    def _decode(self, size: int) -> bytes:
        text, self._text = self._text[:size], self._text[size:]
        try:
            return binascii.a2b_base64(text, strict_mode=True)
        except binascii.Error as exc:
            raise _no_base64() from exc


def _no_base64() -> MalformedMessage:
    return MalformedMessage(detail="a file comes as base64 text")


async def encoded(blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The base64 text of bytes that come in blocks, in pieces of moderate size."""
    rest = b""
    async for block in blocks:
        rest += block
        while len(rest) >= _PIECE_BYTES:
            yield b64encode(rest[:_PIECE_BYTES])
            rest = rest[_PIECE_BYTES:]
    yield b64encode(rest)
