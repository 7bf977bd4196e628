"""Requests out of a stream of bytes, however it was cut into segments. Bounded; does no I/O.

A request is one line up to CR LF: a message may hold a lone LF. The words that carry a file bring
its base64 text along, at the end of their line or behind it; that text is handed on as it comes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

_END = b"\r\n"
_EMPTY_LINE = b"\r\n\r\n"
_LONGEST_WORD = 32


@dataclass(frozen=True, slots=True)
class FileForm:
    """Where a word's file stands: behind so many words, in the same line or behind an empty one."""

    words: int
    in_line: bool


@dataclass(frozen=True, slots=True)
class FileBegins:
    """The line of a file, whose text follows in pieces. At its end comes the `Request`."""

    line: bytes


@dataclass(frozen=True, slots=True)
class FileText:
    """A piece of a file's base64 text."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """A line without its end. `content_size`: how long the file's text was, where one came."""

    line: bytes
    content_size: int | None = None

    def carries(self, form: FileForm) -> bool:
        """Whether a file came; behind its line an empty text is an empty file."""
        return bool(self.content_size) or (self.content_size == 0 and not form.in_line)


@dataclass(frozen=True, slots=True)
class Overlong:
    """A line of this many bytes, of which nothing was kept."""

    size: int


Framed = FileBegins | FileText | Request | Overlong


class Framer:
    """One connection's stream. What `feed` takes is bounded by whoever reads only after `next`."""

    def __init__(self, file_words: Mapping[bytes, FileForm], line_limit: int) -> None:
        self._file_words = file_words
        self._line_limit = line_limit
        self._buffer = bytearray()
        self._searched = 0
        """No end of a line begins before here."""
        self._header: bytes | None = None
        """The line of a file whose text is coming; `None` between requests."""
        self._gap_due = False
        """The header is there; whether the file's text follows it is not known yet."""
        self._until = _END
        self._passed: int | None = None
        """How long a file's text or an overlong line was so far; `None` outside of them."""

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next(self) -> Framed | None:
        """What is next in the stream; `None` until more has come."""
        if self._passed is not None:
            return self._take_text(self._passed)
        if self._gap_due:
            return self._take_gap() if len(self._buffer) >= len(_END) else None
        return self._begin_file_in_line() or self._take_line()

    def _take_line(self) -> Framed | None:
        end = self._buffer.find(_END, self._searched)
        if end < 0:
            self._searched = max(0, len(self._buffer) - 1)
            if len(self._buffer) > self._line_limit + 1:  # its CR may be there already
                self._passed, self._until = 0, _END
                return self._take_text(0)
            return None
        line = self._cut(end, _END)
        if len(line) > self._line_limit:
            return Overlong(len(line))
        form = self._form_of(line)
        if form is not None and not form.in_line and len(line.split()) >= form.words:
            self._header, self._gap_due = line, True
            return self.next()
        return Request(line)

    def _form_of(self, line: bytes) -> FileForm | None:
        return self._file_words.get(bytes(line.partition(b" ")[0]))

    def _begin_file_in_line(self) -> FileBegins | None:
        """Where a file's text begins in the line that is coming."""
        form = self._form_of(bytes(self._buffer[:_LONGEST_WORD]))
        if form is None or not form.in_line:
            return None
        end = self._buffer.find(_END)
        start = 0
        for _ in range(form.words):
            start = self._buffer.find(b" ", start) + 1
            if start == 0 or (0 <= end < start) or start > self._line_limit:
                return None
        header = bytes(self._buffer[: start - 1])
        del self._buffer[:start]
        return self._begin_file(header, _END)

    def _take_gap(self) -> Framed:
        self._gap_due = False
        header = self._header or b""
        if self._buffer.startswith(_END):
            del self._buffer[: len(_END)]
            return self._begin_file(header, _EMPTY_LINE)
        self._header = None
        return Request(header)

    def _begin_file(self, header: bytes, until: bytes) -> FileBegins:
        self._header, self._until = header, until
        self._passed = self._searched = 0
        return FileBegins(header)

    def _take_text(self, passed: int) -> Framed | None:
        """More of a file's text; of an overlong line it is dropped."""
        end = self._buffer.find(self._until)
        # Where the end isn't there, it may be cut in two.
        size = end if end >= 0 else max(0, len(self._buffer) - len(self._until) + 1)
        text = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._passed = passed + size
        if text and self._header is not None:
            return FileText(text)
        return self._end_text(self._passed) if end >= 0 else None

    def _end_text(self, size: int) -> Request | Overlong:
        self._cut(0, self._until)
        header, self._header, self._passed = self._header, None, None
        return Overlong(size) if header is None else Request(header, size)

    def _cut(self, end: int, marker: bytes) -> bytes:
        line = bytes(self._buffer[:end])
        del self._buffer[: end + len(marker)]
        self._searched = 0
        return line
