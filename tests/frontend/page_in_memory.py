"""A page without a browser: Flet's own session, whose connection keeps what it would send."""

from collections.abc import Mapping
from typing import Any

import flet as ft
import msgpack
from flet.controls.base_control import BaseControl
from flet.messaging.connection import Connection
from flet.messaging.protocol import (
    Message,
    MessageAction,
    configure_encode_object_for_msgpack,
)
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

    def answer(self, answers: Mapping[str, Any]) -> None:
        """What the page is asked for by a name and hasn't answered, in the order in which it was;
        what has no answer here, with nothing.
        """
        for action, body in self.sent():
            if action == MessageAction.INVOKE_METHOD.value:
                told = answers.get((body["args"] or {}).get("key"))
                asked = body["control_id"], body["call_id"]
                self._session.handle_invoke_method_results(*asked, told, None)

    def be_meant(self) -> None:
        """By what asks for the page without naming one, from now on in this test."""
        self._session.attach_connection(self._memory)

    async def leave(self) -> None:
        """A person shuts it, or loads it anew."""
        self._memory.sent = []
        await self._session.disconnect(3600)

    async def come_back(self) -> None:
        await self._session.connect(self._memory)

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
