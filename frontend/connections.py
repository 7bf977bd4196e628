"""The connection of a browser: Flet's own, with what that leaves undone where it ends."""

import asyncio

from fastapi import WebSocket
from flet.app import AppCallable
from flet.messaging import protocol
from flet_web.fastapi import FletApp, app_manager
from starlette.types import Message

SESSION_SECONDS = 3600
"""How long a session waits for its browser to come back."""


class PageConnection(FletApp):  # type: ignore[misc]  # flet_web has no types
    """Of a page that is open in a browser; `main` begins a session, where it brings none."""

    def __init__(self, main: AppCallable) -> None:
        super().__init__(
            loop=asyncio.get_running_loop(),
            executor=app_manager.executor,
            main=main,
            before_main=None,
            session_timeout_seconds=SESSION_SECONDS,
        )

    async def handle(self, websocket: WebSocket) -> None:
        """Until it ends, however that came: else its session would count as one whose browser is
        there, which no browser finds again, and which is never over.
        """
        await websocket.accept()
        first = await websocket.receive()
        if first["type"] == "websocket.disconnect":
            return  # before it asked for a session; without one, Flet would wait for ever
        try:
            await super().handle(_begun(websocket, first))
        finally:
            # Flet's own way to the end, which it leaves where sending fails, lets go of it.
            if self._FletApp__session is not None:
                await self._FletApp__session.disconnect(SESSION_SECONDS)

    def send_message(self, message: protocol.Message) -> None:
        """What is drawn after the last was sent, and before the session knows of it, is dropped as
        what is drawn a moment later: who comes back is sent the page as it is then.
        """
        if not self._has_ended:
            super().send_message(message)

    @property
    def _has_ended(self) -> bool:
        """Flet lets go of its queue with the last that it sends, and tells of that nowhere; frames
        of data channels it drops by the same mark.
        """
        return self._FletApp__send_queue is None


def _begun(websocket: WebSocket, first: Message) -> WebSocket:
    """It once more, as if it weren't accepted yet and its first message were still to come."""
    told = iter(({"type": "websocket.connect"}, first))

    async def receive() -> Message:
        return next(told, None) or await websocket.receive()

    async def send(message: Message) -> None:
        if message["type"] != "websocket.accept":
            await websocket.send(message)

    return WebSocket(websocket.scope, receive, send)
