"""Values of the protocol, for property tests: names, texts, and messages of every class."""

from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgpack
import msgspec
from hypothesis import strategies as st
from msgspec import Raw

from realm_protocol.names import KEY_PATTERN, NAME_PATTERN, Address, GroupAddress
from realm_protocol.wire import WireMessage

names = st.from_regex(NAME_PATTERN, fullmatch=True)
keys = st.from_regex(KEY_PATTERN, fullmatch=True)
addresses = st.builds(Address.of, names, names)
group_addresses = st.builds(GroupAddress.of, names, names)
texts = st.text(st.characters(codec="utf-8"))

# What a map of fields may hold: msgpack's own values.
plain = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts | st.binary()
anything = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
)


def messages(kind: type[WireMessage]) -> st.SearchStrategy[Any]:
    """Messages of a class, each field within its bounds."""
    hints = get_type_hints(kind, include_extras=True)
    return st.builds(kind, **{name: values(hint) for name, hint in hints.items()})


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _bounded(arguments[0], arguments[1])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is list:
        return st.lists(values(arguments[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(texts, anything, max_size=3)
    if isinstance(hint, type) and issubclass(hint, WireMessage):
        return messages(hint)
    return _PLAIN[hint]


_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(0, 2**53),
    str: texts,
    bytes: st.binary(),
    bool: st.booleans(),
    Any: anything,
    Raw: anything.map(lambda value: Raw(msgpack.packb(value))),
    Address: addresses,
    GroupAddress: group_addresses,
}


def _bounded(hint: Any, meta: msgspec.Meta) -> st.SearchStrategy[Any]:
    if hint is int:
        highest = meta.le if meta.le is not None else (meta.lt or 2**53) - 1
        return st.integers(int(meta.ge or 0), int(highest))
    if meta.pattern is not None:
        return st.from_regex(meta.pattern.removeprefix("^").removesuffix(r"\Z"), fullmatch=True)
    if hint is bytes:
        return st.binary(min_size=meta.min_length or 0, max_size=meta.max_length)
    if hint is str:
        return st.text(st.characters(codec="utf-8"), min_size=meta.min_length or 0, max_size=40)
    return values(hint)
