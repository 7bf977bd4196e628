"""Lines read by the text grammar with the dialects' words, and answers. No socket here."""

import json
from collections.abc import AsyncIterator
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realm_protocol.command_table import Kind
from realm_protocol.errors import AskedWrongly, all_errors
from realm_protocol.grammar import ParsedLine, parse_line, print_line
from realm_server.lines.answers import KELOMPOK5 as KELOMPOK5_SENTENCES
from realm_server.lines.answers import MESIN as MESIN_SENTENCES
from realm_server.lines.answers import Slots, encode, refused, said
from realm_server.lines.kelompok5 import DIALECT as KELOMPOK5
from realm_server.lines.mesin import DIALECT as MESIN
from realm_server.lines.words import parse_request

DIALECTS = st.sampled_from([MESIN, KELOMPOK5])
one_word = st.text("abcxyz019.-@:,'", min_size=1, max_size=10)
any_text = st.text(min_size=1, max_size=50).filter(
    lambda t: t == t.rstrip(" \r\n") and "\r\n" not in t and t.isprintable()
)


@st.composite
def parsed_lines(draw):
    dialect = draw(DIALECTS)
    word = dialect.words[draw(st.sampled_from(sorted(dialect.words)))]
    arguments = {}
    for parameter in word.parameters:
        match parameter.kind:
            case Kind.TEXT:
                arguments[parameter.name] = draw(any_text)
            case Kind.NUMBER:
                arguments[parameter.name] = str(draw(st.integers(0, 65535)))
            case Kind.PEOPLE:
                arguments[parameter.name] = " ".join(
                    draw(st.lists(one_word, min_size=1, max_size=4))
                )
            case _:
                arguments[parameter.name] = draw(one_word)
    return dialect, ParsedLine(word, arguments)


@given(parsed_lines(), st.sampled_from(["", " ", "  "]))
def test_what_is_printed_is_read_again(line, behind) -> None:
    """Every word of both dialects, also with the space that programs put behind."""
    dialect, parsed = line

    assert parse_request((print_line(parsed) + behind).encode(), dialect.words) == parsed


@given(DIALECTS, st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(dialect, line) -> None:
    """In no other way."""
    try:
        parsed = parse_request(line, dialect.words)
    except AskedWrongly:
        return
    assert parse_line(line.decode(), dialect.words) == parsed


@given(st.text())
def test_an_answer_is_one_line_of_ascii(text) -> None:
    """Programs decode it piece by piece, and read until an empty line."""
    answer = encode(said(text))

    assert answer.isascii()
    assert answer.index(b"\r\n") == len(answer) - 4
    assert json.loads(answer)["message"] == text


@pytest.mark.parametrize("sentences", [MESIN_SENTENCES, KELOMPOK5_SENTENCES])
@pytest.mark.parametrize("error", all_errors(), ids=lambda error: error.code)
def test_every_error_has_a_sentence(error, sentences) -> None:
    """A known one, or its own in Indonesian."""
    answer = refused(error(), sentences)

    assert answer["status"] == "ERROR"
    assert answer["message"]


@given(st.lists(st.text(max_size=20), max_size=6), st.randoms(use_true_random=False))
def test_files_stand_where_their_slots_are(texts, chance) -> None:
    """In whatever order, within JSON in JSON."""
    slots = Slots()
    files = [slots.add(partial(_coming, str(number))) for number in range(len(texts))]
    pairs = list(zip(files, texts, strict=True))
    chance.shuffle(pairs)
    answer = encode({"status": "OK", "files": [json.dumps(pair) for pair in pairs]})

    parts = list(slots.parts(answer))
    whole = b"".join(
        part if isinstance(part, bytes) else part.args[0].encode()  # type: ignore[attr-defined]
        for part in parts
    )

    numbered = [[str(files.index(slot)), text] for slot, text in pairs]
    assert [json.loads(pair) for pair in json.loads(whole)["files"]] == numbered


async def _coming(_: str) -> AsyncIterator[bytes]:
    yield b""
