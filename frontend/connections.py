"""The connection of a browser: Flet's own, with what that leaves undone where it ends."""

import asyncio

from fastapi import WebSocket
from flet.app import AppCallable
from flet.messaging.protocol import Message
from flet_web.fastapi import FletApp, app_manager

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
        try:
            await super().handle(websocket)
        finally:
            # Flet's own way to the end, which it leaves where sending fails, lets go of it.
            if self._FletApp__session is not None:
                await self._FletApp__session.disconnect(SESSION_SECONDS)

    def send_message(self, message: Message) -> None:
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
