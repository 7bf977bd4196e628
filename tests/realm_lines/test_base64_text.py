"""Base64 out of text in pieces, and into it. No socket here."""

from base64 import b64encode
from collections.abc import AsyncIterator, Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realm_protocol.errors import MalformedMessage
from realm_server.lines.base64_text import Base64Decoder, encoded

contents = st.binary(max_size=400)


def decoded(text: bytes, cuts: Iterable[int] = ()) -> bytes:
    decoder, places = Base64Decoder(), [0, *sorted(cuts), len(text)]
    pieces = [text[a:b] for a, b in pairwise(places)]
    return b"".join([*map(decoder.feed, pieces), decoder.finish()])


@given(contents, st.sampled_from(["{}", "b'{}'", " b'{}' ", "{}\r\n"]), st.data())
def test_bytes_come_out_as_they_went_in(content, form, data) -> None:
    """Bare or as Python shows bytes, with blanks around it, however the text is cut."""
    text = form.format(b64encode(content).decode()).encode()
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=6))

    assert decoded(text, cuts) == content


@given(contents)
def test_lines_of_base64_are_one_text(content) -> None:
    """As mail has it, split at every byte."""
    text = b64encode(content)
    lines = b"\r\n".join(text[i : i + 76] for i in range(0, len(text), 76))

    assert decoded(lines, range(len(lines))) == content


@pytest.mark.parametrize(
    "text",
    [b"b'", b"b'aGVq", b"aGV", b"b'aGVq'x", b"a'GVq", b"hello!", b"aGVq=aGVq", b"aGV-", b"b"],
)
def test_what_is_no_base64_is_said(text) -> None:
    """At its end at the latest."""
    with pytest.raises(MalformedMessage):
        decoded(text)


@given(st.lists(st.integers(0, 300_000), max_size=3))
async def test_blocks_are_one_text(sizes) -> None:
    """Without padding between them."""
    blocks = [bytes([number + 1]) * size for number, size in enumerate(sizes)]

    async def coming() -> AsyncIterator[bytes]:
        for block in blocks:
            yield block

    assert b"".join([piece async for piece in encoded(coming())]) == b64encode(b"".join(blocks))
