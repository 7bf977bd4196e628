"""A page without a browser: Flet's own session, whose connection keeps what it would send."""

from typing import Any

import flet as ft
import msgpack
from flet.controls.base_control import BaseControl
from flet.messaging.connection import Connection
from flet.messaging.protocol import Message, configure_encode_object_for_msgpack
from flet.messaging.session import Session
from flet.pubsub.pubsub_hub import PubSubHub

_encoded = configure_encode_object_for_msgpack(BaseControl)


class _Memory(Connection):
    def __init__(self) -> None:
        super().__init__()
        self.pubsubhub = PubSubHub()
        self.sent: list[Any] = []

    def send_message(self, message: Message) -> None:
        packed = msgpack.packb([message.action, message.body], default=_encoded)
        self.sent.append(msgpack.unpackb(packed, ext_hook=msgpack.ExtType, strict_map_key=False))

    def dispose(self) -> None:
        """Nothing to be shut."""


class PageInMemory:
    """`shown` is a control on it."""

    def __init__(self, shown: ft.Control) -> None:
        self._memory = _Memory()
        self._session = Session(self._memory)
        self.page = self._session.page
        # Flet looks for changes only in what it has sent once.
        msgpack.packb(self._session.get_page_patch(), default=_encoded)
        self.page.controls = [shown]
        self.page.update()

    def sent(self) -> list[Any]:
        """The changes since this was asked for last."""
        changes, self._memory.sent = self._memory.sent, []
        return changes

    def tell(self, control: ft.Control, **values: Any) -> None:
        """What a person changed in a control, before anything of the window hears of it."""
        self._session.apply_patch(control._i, values)

    def controls(self, kind: str) -> int:
        """How many of a kind are there."""
        return len(self.all(kind))

    def all(self, kind: str) -> list[Any]:
        """The controls of a kind, in the order in which they were made."""
        there = [control for control in self._session.index.values() if control._c == kind]
        return sorted(there, key=lambda control: control._i)

    def ids(self, kind: str) -> set[int]:
        """Which of a kind are there: another one isn't the same, whatever it shows."""
        return {control._i for control in self.all(kind)}
