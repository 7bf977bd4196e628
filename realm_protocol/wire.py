"""Messages on the wire: msgpack arrays `[tag, field, …]`, one or many to a WebSocket frame.

A frame is one msgpack array of messages. Every message is a `WireMessage`: its tag is the first
item, its fields follow in the order of the class. What enters a process is checked against the
class by `check`; a peer may append fields that this version doesn't know, and they are ignored.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, get_args

import msgpack
import msgspec
from msgspec import inspect

from realm_protocol.errors import AskedWrongly, FrameTooLarge, MalformedMessage
from realm_protocol.names import Address

T = TypeVar("T")


class WireMessage(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A message or a part of one: an array of its fields, behind its tag where it has one."""


def tag_of(message: type[WireMessage]) -> int:
    """The number that stands first in a message of this class."""
    tag = message.__struct_config__.tag
    if not isinstance(tag, int):
        raise TypeError(f"{message.__name__} has no tag: it is a part of other messages")
    return tag


def _as_array(value: Any) -> Sequence[Any]:
    if not isinstance(value, msgspec.Struct):
        raise TypeError(f"{type(value).__name__} has no form on the wire")
    tag = value.__struct_config__.tag
    fields = msgspec.structs.astuple(value)
    return fields if tag is None else (tag, *fields)


_packer = msgpack.Packer(default=_as_array, autoreset=True)


def pack(message: WireMessage | Sequence[Any]) -> bytes:
    """One message or value as msgpack. Runs in one thread at a time, as asyncio's does.

    Each thread that packs makes its own `new_packer`.
    """
    packed: bytes = _packer.pack(message)
    return packed


def new_packer() -> Callable[[Any], bytes]:
    """A `pack` of its own, for a thread beside the event loop's."""
    packer: Callable[[Any], bytes] = msgpack.Packer(default=_as_array, autoreset=True).pack
    return packer


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


def open_frame(frame: bytes, limit: int) -> list[Any]:
    """The messages of a frame, unchecked. Raises `FrameTooLarge` or `MalformedMessage`."""
    if len(frame) > limit:
        raise FrameTooLarge(size=len(frame), limit=limit)
    try:
        messages = msgpack.unpackb(frame, use_list=True, strict_map_key=False)
    except (ValueError, RecursionError, msgpack.UnpackException) as exc:
        raise MalformedMessage(detail=f"a frame is one msgpack array ({exc})") from exc
    if type(messages) is not list:
        raise MalformedMessage(detail="a frame is one msgpack array of messages")
    return messages


def unpack_value(packed: bytes) -> Any:
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
    except msgspec.ValidationError as exc:
        if isinstance(exc.__cause__, AskedWrongly):
            raise exc.__cause__ from None
        raise MalformedMessage(detail=str(exc)) from exc


def _read_name(kind: type, value: Any) -> Any:
    if not issubclass(kind, Address):
        raise NotImplementedError(f"{kind.__name__} has no reader")
    if not isinstance(value, str):
        raise ValueError(f"expected a string, got {type(value).__name__}")
    return kind.parse(value)


class Vocabulary:
    """The messages that may come one way over one hop, by their tag."""

    def __init__(self, messages: object) -> None:
        """`messages` is the union of the message classes."""
        self.classes: dict[int, type[WireMessage]] = {
            tag_of(message): message for message in get_args(messages)
        }
        self._bytes_at = {
            tag: places
            for tag, message in self.classes.items()
            if (places := _places_of_bytes(message)) is not None
        }

    def check(self, value: Any) -> Any:
        """A message of this vocabulary as its class; raises `MalformedMessage` and its kin."""
        # By tag here, because msgspec builds the type of a union anew at every call.
        if type(value) is not list or not value or type(value[0]) is not int:
            raise MalformedMessage(detail="a message is an array that begins with its tag")
        tag = value[0]
        message = self.classes.get(tag)
        if message is None:
            raise MalformedMessage(detail=f"no message has the tag {tag}")
        places = self._bytes_at.get(tag)
        if places is None:
            return check(value, message)
        # The way of most messages: what `check` asks of msgspec beyond this doubles its time.
        try:
            checked = msgspec.convert(value, message)
        except msgspec.ValidationError as exc:
            raise MalformedMessage(detail=str(exc)) from exc
        for place in places:
            if type(value[place]) is not bytes:
                raise MalformedMessage(detail=f"expected `bytes` - at `$[{place}]`")
        return checked


_PLAIN_TYPES = (
    inspect.AnyType,
    inspect.BoolType,
    inspect.IntType,
    inspect.LiteralType,
    inspect.StrType,
)


def _places_of_bytes(message: type[WireMessage]) -> tuple[int, ...] | None:
    """Where a message has bytes; None where it has names or parts, which need `check`."""
    places = []
    for place, described in enumerate(inspect.type_info(message).fields, start=1):  # type: ignore[attr-defined]  # of a struct
        kind = described.type
        if isinstance(kind, inspect.BytesType):
            places.append(place)
            continue
        if isinstance(kind, inspect.ListType):
            kind = kind.item_type
        if not isinstance(kind, _PLAIN_TYPES):
            return None
    return tuple(places)


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
            frame = join_frame(self._live + self._bulk if self._bulk else self._live)
            self.clear()
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
