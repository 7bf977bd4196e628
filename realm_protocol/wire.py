"""Messages on the wire: msgpack arrays `[tag, field, …]`, one or many to a WebSocket frame.

A frame is one msgpack array of messages. Every message is a `WireMessage`: its tag is the first
item, its fields follow in the order of the class. What enters a process is read into the classes
of a `Vocabulary`; a peer may append fields that this version doesn't know, and they are ignored.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

import msgpack
import msgspec
from msgspec import Raw

from realm_protocol.errors import AskedWrongly, FrameTooLarge, MalformedMessage
from realm_protocol.names import Address

T = TypeVar("T")


_UNREADABLE = (msgspec.DecodeError, RecursionError, AskedWrongly)
"""What reading may come to; a name's own error is passed through by some ways and not by others."""


class WireMessage(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A message or a part of one: an array of its fields, behind its tag where it has one."""


def tag_of(message: type[WireMessage]) -> int:
    """The number that stands first in a message of this class."""
    tag = message.__struct_config__.tag
    if not isinstance(tag, int):
        raise TypeError(f"{message.__name__} has no tag: it is a part of other messages")
    return tag


def _as_text(value: Any) -> str:
    if isinstance(value, str):  # an address
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form on the wire")


pack: Callable[[WireMessage | Sequence[Any] | Any], bytes] = msgspec.msgpack.Encoder(
    enc_hook=_as_text
).encode
"""One message or value as msgpack; the encoder's own method, for it is called for every message."""


def join_frame(messages: Sequence[bytes]) -> bytes:
    """One frame of messages that are packed already."""
    return b"".join((array_header(len(messages)), *messages))


def array_header(length: int) -> bytes:
    """The msgpack head of an array, for messages spliced from packed parts."""
    if length < 16:
        return bytes((0x90 | length,))
    if length < 65536:
        return b"\xdc" + length.to_bytes(2, "big")
    return b"\xdd" + length.to_bytes(4, "big")


def unpack_value(packed: bytes | Raw) -> Any:
    """One packed value, unchecked; raises `MalformedMessage`."""
    try:
        return msgpack.unpackb(packed, use_list=True, strict_map_key=False)
    except (ValueError, RecursionError, msgpack.UnpackException) as exc:
        raise MalformedMessage(detail=f"not msgpack ({exc})") from exc


def check(value: Any, kind: type[T] | Any) -> T:
    """A value from outside as `kind`, a class or a type of the standard library.

    Raises `MalformedMessage`, or what `Address.parse` says of an address.
    """
    try:
        # `bytes` are told apart from text: msgspec would else read a text as base64.
        return msgspec.convert(value, kind, builtin_types=(bytes,), dec_hook=_read_name)
    except _UNREADABLE as exc:
        raise _said(exc) from exc


def _said(exc: Exception) -> AskedWrongly:
    """What msgspec found, as our error: a name's own where a name is wrong."""
    for found in (exc, exc.__cause__):
        if isinstance(found, AskedWrongly):
            return found
    return MalformedMessage(detail=str(exc))


def _read_name(kind: type, value: Any) -> Any:
    if not issubclass(kind, Address):
        raise NotImplementedError(f"{kind.__name__} has no reader")
    if not isinstance(value, str):
        raise ValueError(f"expected a string, got {type(value).__name__}")
    return kind.parse(value)


@dataclass(frozen=True, slots=True)
class Misshapen:
    """What came where a message should be, and what is wrong with it."""

    value: Any
    error: AskedWrongly


class Vocabulary:
    """The messages that may come one way over one hop, by their tag."""

    def __init__(self, messages: Any) -> None:
        """`messages` is the union of the message classes."""
        self.classes: dict[int, type[WireMessage]] = {
            tag_of(message): message for message in get_args(messages)
        }
        self._message = msgspec.msgpack.Decoder(messages, dec_hook=_read_name)
        self._frame = msgspec.msgpack.Decoder(list[messages], dec_hook=_read_name)

    def open_frame(self, frame: bytes, limit: int) -> list[Any]:
        """The messages of a frame as their classes; a `Misshapen` for each that is none.

        Raises `FrameTooLarge`, or `MalformedMessage` where it is no frame at all.
        """
        if len(frame) > limit:
            raise FrameTooLarge(size=len(frame), limit=limit)
        try:
            return self._frame.decode(frame)
        except _UNREADABLE:
            # Message by message: one that is wrong doesn't spoil the others.
            return [self._read_or_tell(part) for part in split_frame(frame)]

    def read(self, packed: bytes | Raw) -> Any:
        """One message as its class; raises `MalformedMessage` and its kin."""
        try:
            return self._message.decode(packed)
        except _UNREADABLE as exc:
            raise _said(exc) from exc

    def _read_or_tell(self, part: Raw) -> Any:
        try:
            return self.read(part)
        except AskedWrongly as error:
            return Misshapen(unpack_value(part), error)


def split_frame(frame: bytes) -> list[Raw]:
    """The packed messages of a frame; raises `MalformedMessage` where it is none."""
    try:
        return _raw_frame.decode(frame)
    except (msgspec.DecodeError, RecursionError) as exc:
        raise MalformedMessage(detail=f"a frame is one msgpack array of messages ({exc})") from exc


_raw_frame = msgspec.msgpack.Decoder(list[Raw])


_ONE = array_header(1)


class FrameQueue:
    """Packed messages that wait for one socket, cut into frames of bounded size.

    Live messages go before bulk ones (catch-up); each of the two keeps its order.
    """

    __slots__ = ("_bulk", "_live", "bytes_waiting")

    def __init__(self) -> None:
        self._live: list[bytes] = []
        self._bulk: list[bytes] = []
        self.bytes_waiting = 0

    def __bool__(self) -> bool:
        return bool(self._live or self._bulk)

    def put(self, message: bytes) -> None:
        self._live.append(message)
        self.bytes_waiting += len(message)

    def put_bulk(self, message: bytes) -> None:
        self._bulk.append(message)
        self.bytes_waiting += len(message)

    def clear(self) -> None:
        self._live.clear()
        self._bulk.clear()
        self.bytes_waiting = 0

    def drop(self, remains: Callable[[bytes], bytes]) -> None:
        """Keep of each message what remains of it, if anything, in order."""
        self._live = list(filter(None, map(remains, self._live)))
        self._bulk = list(filter(None, map(remains, self._bulk)))
        self.bytes_waiting = sum(map(len, self._live)) + sum(map(len, self._bulk))

    def take_frame(self, limit: int) -> bytes:
        """The next frame: as many messages as fit in `limit` bytes, always at least one."""
        if self.bytes_waiting <= limit:
            messages = self._live
            if self._bulk:
                messages += self._bulk
                self._bulk = []
            frame = _ONE + messages[0] if len(messages) == 1 else join_frame(messages)
            messages.clear()
            self.bytes_waiting = 0
            return frame
        source = self._live or self._bulk
        count = _fitting(source, limit)
        taken = source[:count]
        del source[:count]
        self.bytes_waiting -= sum(map(len, taken))
        return join_frame(taken)


def _fitting(messages: Iterable[bytes], limit: int) -> int:
    total = count = 0
    for message in messages:
        total += len(message)
        if total > limit:
            break
        count += 1
    return max(count, 1)
