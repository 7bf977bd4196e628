"""Requests out of a stream: whatever it is cut into, the same ones come out. No socket here."""

from hypothesis import example, given
from hypothesis import strategies as st

from realm_server.lines.framing import FileBegins, FileText, Framed, Framer, Overlong, Request
from realm_server.lines.kelompok5 import DIALECT as KELOMPOK5
from realm_server.lines.mesin import DIALECT as MESIN

LIMIT = 100
BOTH = st.sampled_from([MESIN, KELOMPOK5])

plain = st.binary(max_size=LIMIT).filter(lambda line: b"\r\n" not in line)
words = st.text("abcxyz/._'=", min_size=1, max_size=8).map(str.encode)
base64 = st.text("ABCabc123+/=", max_size=300).map(str.encode)


def framed_by(framer: Framer) -> list[Framed]:
    return list(iter(framer.next, None))


def fed(dialect, pieces) -> list[Framed]:
    """What comes out; the pieces of one file's text are joined."""
    framer = Framer(dialect.file_words, LIMIT)
    found: list[Framed] = []
    for piece in pieces:
        framer.feed(piece)
        for framed in framed_by(framer):
            if isinstance(framed, FileText) and isinstance(found[-1], FileText):
                found[-1] = FileText(found[-1].text + framed.text)
            else:
                found.append(framed)
    return found


def is_plain(line: bytes, dialect) -> bool:
    return line.partition(b" ")[0] not in dialect.file_words and not line.endswith(b"\r")


@given(BOTH, st.lists(plain, max_size=5), st.data())
def test_lines_come_out_as_they_went_in(dialect, lines, data) -> None:
    """Many in one segment, or one in many."""
    lines = [line for line in lines if is_plain(line, dialect)]
    stream = b"".join(line + b"\r\n" for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    assert fed(dialect, pieces) == [Request(line) for line in lines]


@given(BOTH, st.binary(max_size=400))
@example(MESIN, b"sendfile t u p b'aGVq'\r\nsend t u x\r\n")
@example(MESIN, b"sendfile t u\r\nsendfilerealm t r u p \r\n")
@example(KELOMPOK5, b"sendfile t u n \r\n\r\naGVq\r\n\r\nsend t u x\r\n")
@example(KELOMPOK5, b"sendfile t u n \r\nsend t u x\r\n")
@example(MESIN, b"x" * 150 + b"\r\ninbox t\r\n")
def test_any_bytes_split_at_every_byte(dialect, stream) -> None:
    """One by one they say what they say at once."""
    assert fed(dialect, [stream[i : i + 1] for i in range(len(stream))]) == fed(dialect, [stream])


@given(st.sampled_from(sorted(MESIN.file_words.items())), st.data(), base64)
def test_a_file_in_its_line_is_handed_on(entry, data, content) -> None:
    """However long; what follows it is the next request."""
    word, form = entry
    count = form.words - 1
    header = b" ".join([word, *data.draw(st.lists(words, min_size=count, max_size=count))])
    text = b"b'" + content + b"'"

    assert fed(MESIN, [header + b" " + text + b"\r\ninbox t\r\n"]) == [
        FileBegins(header),
        FileText(text),
        Request(header, len(text)),
        Request(b"inbox t"),
    ]


@given(st.sampled_from(sorted(KELOMPOK5.file_words.items())), st.data(), base64)
def test_a_file_behind_its_line_is_handed_on(entry, data, content) -> None:
    """It ends with an empty line."""
    word, form = entry
    count = form.words - 1
    header = b" ".join([word, *data.draw(st.lists(words, min_size=count, max_size=count))]) + b" "

    assert fed(KELOMPOK5, [header + b"\r\n\r\n" + content + b"\r\n\r\ninbox t\r\n"]) == [
        FileBegins(header),
        *([FileText(content)] if content else []),
        Request(header, len(content)),
        Request(b"inbox t"),
    ]


@given(BOTH, st.integers(1, 5000), st.integers(1, 64))
def test_an_overlong_line_is_not_kept(dialect, beyond, piece) -> None:
    """It is counted while it comes, and the next one is understood."""
    stream = b"x" * (LIMIT + beyond) + b"\r\ninbox t\r\n"
    framer = Framer(dialect.file_words, LIMIT)
    found = []
    for start in range(0, len(stream), piece):
        framer.feed(stream[start : start + piece])
        found += framed_by(framer)
        assert len(framer._buffer) <= LIMIT + 1

    assert found == [Overlong(LIMIT + beyond), Request(b"inbox t")]


@given(st.integers(0, 10_000))
def test_a_file_is_not_kept(size) -> None:
    """While it comes in small segments, next to nothing waits."""
    framer = Framer(MESIN.file_words, LIMIT)
    framer.feed(b"sendfile t u p b'")
    for _ in range(0, size, 100):
        framer.feed(b"A" * 100)
        assert all(isinstance(framed, FileBegins | FileText) for framed in framed_by(framer))
        assert len(framer._buffer) <= 1
