"""A multipart form with one file in it, read as it comes. Pure: bytes in, the file's bytes out."""

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from realm_protocol.errors import MalformedMessage

FIELD_LIMIT = 4096
"""Bytes of a field that is no file."""
OVERHEAD_LIMIT = 64 * 1024
"""Bytes of a form beside its file."""
_FILE = "file"


class UploadForm:
    """`fields` are whole when the form is."""

    def __init__(self, content_type: str) -> None:
        """Raises `MalformedMessage` where it is no such form."""
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise MalformedMessage(detail="a file comes as multipart/form-data")
        self.fields: dict[str, str] = {}
        self.file_name: str | None = None
        """None as long as the file hasn't begun."""
        self._pieces: list[bytes] = []
        self._overhead = 0
        self._header = bytearray()
        self._value = bytearray()
        self._disposition = b""
        self._field: str | None = None
        self._ended = False
        self._parser = MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": self._begin_part,
                "on_header_field": self._take_header_name,
                "on_header_value": self._take_header_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._end_headers,
                "on_part_data": self._take_data,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
        )

    def take(self, received: bytes) -> list[bytes]:
        """The bytes of the file that these hold; raises `MalformedMessage`."""
        try:
            self._parser.write(received)
        except MultipartParseError as exc:
            raise MalformedMessage(detail=f"the form is broken: {exc}") from exc
        pieces, self._pieces = self._pieces, []
        self._overhead += len(received) - sum(map(len, pieces))
        if self._overhead > OVERHEAD_LIMIT:
            raise MalformedMessage(detail="the form holds more than a file")
        return pieces

    def finish(self) -> str:
        """The file's name as its sender calls it; raises `MalformedMessage`."""
        if not self._ended:
            raise MalformedMessage(detail="the form is cut off")
        if self.file_name is None:
            raise MalformedMessage(detail="the form has no part “file”")
        return self.file_name

    # --- what the parser calls -------------------------------------------------------------------

    def _begin_part(self) -> None:
        self._header, self._value, self._disposition = bytearray(), bytearray(), b""

    def _take_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _take_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header, self._value = bytearray(), bytearray()

    def _end_headers(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = _text(options.get(b"name", b""))
        if name != _FILE:
            self._field = name
            return
        if self.file_name is not None:
            raise MalformedMessage(detail="a form has one file")
        self._field = None
        self.file_name = _text(options.get(b"filename", b""))

    def _take_data(self, data: bytes, start: int, end: int) -> None:
        if self._field is None:
            self._pieces.append(data[start:end])
            return
        self._value += data[start:end]
        if len(self._value) > FIELD_LIMIT:
            raise MalformedMessage(detail=f"the form's “{self._field}” is too long")

    def _end_part(self) -> None:
        if self._field is not None:
            self.fields[self._field] = _text(bytes(self._value))

    def _end(self) -> None:
        self._ended = True


def _text(value: bytes) -> str:
    """Browsers and programs write UTF-8, whatever the standard says."""
    return value.decode(errors="replace")
