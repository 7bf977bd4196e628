"""The live view of an account: its newest messages, and then each as it comes.

Nobody's place is kept: it begins anew each time. While it runs, it goes on where a connection to
the service was cut.
"""

import codecs
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from chat_cli.command_line.tailing.lasting import LastingService
from realm_protocol.errors import ServiceWentAway, TimedOut
from realm_service.sse import SILENCE_SECONDS, Event, EventReader

_AGAIN_SECONDS = 0.1
"""A service that is about to stop ends each stream at once."""

Message = Mapping[str, Any]


class LiveView:
    """The messages of one account as they come, one's own too."""

    def __init__(
        self,
        service: LastingService,
        account: str,
        *,
        show: Callable[[Sequence[Message]], None],
        missed: Callable[[], None],
    ) -> None:
        """`missed` hears that messages came which can't be told any more."""
        self._service = service
        self._path = f"/v1/accounts/{account}"
        self._show = show
        self._missed = missed
        self._place: str | None = None
        self._shown: set[tuple[str, str]] = set()

    def show_newest(self, count: int) -> None:
        newest = self._service.get(f"{self._path}/messages", limit=count)
        self._shown.update(map(_identity, newest))
        self._show(newest)

    def follow(self, newest: int) -> None:
        """The newest, and what comes, until the end is asked for: raises `EndAsked`."""
        while True:
            self._service.until_answered(lambda: self._follow(newest))
            self._service.ending.pause(_AGAIN_SECONDS)

    def _follow(self, newest: int) -> None:
        """One connection to its end."""
        headers = {} if self._place is None else {"Last-Event-ID": self._place}
        stream = self._service.client.stream(
            f"{self._path}/events", headers, silence_seconds=SILENCE_SECONDS
        )
        with stream as streamed:
            if self._place is None:
                # Behind the place from which events go on, so that nothing falls between; what
                # comes as both is shown once.
                self._place = streamed.headers["x-event-id"]
                self.show_newest(newest)
            try:
                self._read(streamed.pieces)
            except (ServiceWentAway, TimedOut):
                return  # the next connection goes on

    def _read(self, pieces: Iterator[bytes]) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")()
        reader = EventReader()
        while True:
            with self._service.ending.waiting():
                piece = next(pieces, None)
            if piece is None:
                return
            self._take(reader.take(decoder.decode(piece)))

    def _take(self, events: Sequence[Event]) -> None:
        came = [event.data for event in events if event.type == "message"]
        self._show([message for message in came if _identity(message) not in self._shown])
        if any(event.type == "reset" for event in events):
            self._missed()
        for event in events:
            # Behind showing them: what was not shown comes again.
            self._place = self._place if event.id is None else str(event.id)


def _identity(message: Message) -> tuple[str, str]:
    """A message has its key before it has its number; a change of a group has only a number."""
    if message["kind"] == "system":
        return message["conversation"], str(message["seq"])
    return message["from"], message["key"]
