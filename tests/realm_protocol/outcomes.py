"""What becomes of input that may be right or wrong."""

from collections.abc import Callable
from typing import Any, TypeVar

from realm_protocol.errors import RealmchatError

T = TypeVar("T")


def outcome(act: Callable[..., T], *arguments: Any) -> T | RealmchatError:
    """What it answers, or the error of ours that it raises; any other exception is a failure."""
    try:
        return act(*arguments)
    except RealmchatError as error:
        return error
