"""Requests out of a stream of bytes, however it was cut into segments. Bounded; does no I/O.

A request is one line up to CR LF: a message may hold a lone LF. The words that carry a file bring
its base64 text along, at the end of their line or behind it; that text is counted and not kept.
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


class Framer:
    """One connection's stream. What `feed` takes is bounded by whoever reads only after `next`."""

    def __init__(self, file_words: Mapping[bytes, FileForm], line_limit: int) -> None:
        self._file_words = file_words
        self._line_limit = line_limit
        self._buffer = bytearray()
        self._searched = 0
        """No end of a line begins before here."""
        self._header: bytes | None = None
        """The line of a file whose text is being passed over; `None` between requests."""
        self._gap_due = False
        """The header is there; whether the file's text follows it is not known yet."""
        self._until = _END
        self._passed: int | None = None
        """Bytes passed over of a file's text or an overlong line; `None` while nothing is."""

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next(self) -> Request | Overlong | None:
        """The next whole request; `None` until more has come."""
        while True:
            if self._passed is not None:
                return self._pass_over()
            if self._gap_due:
                if len(self._buffer) < len(_END):
                    return None
                if (request := self._take_gap()) is not None:
                    return request
            elif self._begin_file_in_line():
                continue
            else:
                found = self._take_line()
                if found is not None or not self._more():
                    return found

    def _more(self) -> bool:
        """Whether the last step changed what comes next, with no request of its own."""
        return self._passed is not None or self._gap_due

    def _take_line(self) -> Request | Overlong | None:
        end = self._buffer.find(_END, self._searched)
        if end < 0:
            self._searched = max(0, len(self._buffer) - 1)
            if len(self._buffer) > self._line_limit + 1:  # its CR may be there already
                self._passed, self._until = 0, _END
            return None
        line = self._cut(end, _END)
        if len(line) > self._line_limit:
            return Overlong(len(line))
        form = self._form_of(line)
        if form is not None and not form.in_line and len(line.split()) >= form.words:
            self._header, self._gap_due = line, True
            return None
        return Request(line)

    def _form_of(self, line: bytes) -> FileForm | None:
        return self._file_words.get(bytes(line.partition(b" ")[0]))

    def _begin_file_in_line(self) -> bool:
        """Where a file's text begins in the line that is coming, pass over it from there."""
        form = self._form_of(bytes(self._buffer[:_LONGEST_WORD]))
        if form is None or not form.in_line:
            return False
        end = self._buffer.find(_END)
        start = 0
        for _ in range(form.words):
            start = self._buffer.find(b" ", start) + 1
            if start == 0 or (0 <= end < start) or start > self._line_limit:
                return False
        self._header = bytes(self._buffer[: start - 1])
        del self._buffer[:start]
        self._passed, self._until, self._searched = 0, _END, 0
        return True

    def _take_gap(self) -> Request | None:
        self._gap_due = False
        if self._buffer.startswith(_END):
            del self._buffer[: len(_END)]
            self._passed, self._until = 0, _EMPTY_LINE
            return None
        header, self._header = self._header or b"", None
        return Request(header)

    def _pass_over(self) -> Request | Overlong | None:
        end = self._buffer.find(self._until)
        passed = self._passed or 0
        if end < 0:
            kept = len(self._until) - 1  # the end may be cut in two
            dropped = max(0, len(self._buffer) - kept)
            del self._buffer[:dropped]
            self._passed = passed + dropped
            return None
        self._cut(end, self._until)
        header, self._header, self._passed = self._header, None, None
        size = passed + end
        return Overlong(size) if header is None else Request(header, size)

    def _cut(self, end: int, marker: bytes) -> bytes:
        line = bytes(self._buffer[:end])
        del self._buffer[: end + len(marker)]
        self._searched = 0
        return line
