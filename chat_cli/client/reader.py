"""A named reader: gives each message, and acknowledges it when the next one is asked for."""

from collections import deque
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from chat_cli.client import shapes
from chat_cli.client.asking import Asking
from chat_cli.client.shapes import Message
from chat_cli.reader_hold import held

_PAGE_MESSAGES = 100
_WAIT_SECONDS = 20.0


class Reader:
    """An iterator over messages, each handled when the loop comes back for the next.

    A loop that is left by an error, a `break` or a crash leaves the message in hand: whoever reads
    under this name next gets it again.
    """

    def __init__(
        self,
        asking: Asking,
        path: str,
        who: tuple[Path | None, str, str],
        *,
        from_start: bool,
        only_waiting: bool,
    ) -> None:
        """`who`: the home of the service, where it is known, the account and the name."""
        self._asking = asking
        self._path = path
        self._who = who
        self._begin = "start" if from_start else "now"
        self._only_waiting = only_waiting
        self._fetched: deque[Message] = deque()
        self._in_hand: Message | None = None
        self._held = ExitStack()

    async def __aenter__(self) -> Self:
        """Raises `ReaderInUse` where another program reads under this name on this machine."""
        home, account, name = self._who
        if home is not None:
            self._held.enter_context(held(home, account, name))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._held.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        if self._in_hand is not None:
            await self.acknowledge(self._in_hand)
        if not self._fetched:
            await self._fetch()
        if not self._fetched:
            raise StopAsyncIteration
        self._in_hand = self._fetched.popleft()
        return self._in_hand

    async def acknowledge(self, message: Message) -> None:
        """This message is handled, and all before it; for a loop that is left on purpose."""
        await self._asking.ask_again("POST", self._path, body={"place": message.place})
        if message is self._in_hand:
            self._in_hand = None

    async def _fetch(self) -> None:
        wait = 0.0 if self._only_waiting else _WAIT_SECONDS
        query = {"limit": _PAGE_MESSAGES, "wait": wait, "from": self._begin}
        while True:
            page = await self._asking.ask_again("GET", self._path, query=query, wait_seconds=wait)
            self._fetched.extend(shapes.message(row) for row in page["messages"])
            if self._fetched or self._only_waiting:
                return
