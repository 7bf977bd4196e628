"""The service as a command sees it that runs for long: it may go away, and is awaited.

It is not started again from here: whoever stops the service means it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from chat_cli.command_line.service_client import ServiceClient, find
from chat_cli.command_line.tailing.ending import Ending
from realm_protocol.errors import TryLater

T = TypeVar("T")

_FIRST_WAIT_SECONDS = 0.1
_LONGEST_WAIT_SECONDS = 5.0


class LastingService:
    """Asks until it is answered; only for what may be asked twice."""

    def __init__(
        self, client: ServiceClient, home: Path, ending: Ending, away: Callable[[TryLater], None]
    ) -> None:
        """`away` hears once of each time that the service doesn't answer."""
        self.client = client
        self.ending = ending
        self._home = home
        self._away = away

    def get(self, path: str, **query: str | int) -> Any:
        """Raises what the service refuses for good, or `EndAsked`."""

        def ask() -> Any:
            with self.ending.waiting():
                return self.client.get(path, **query)

        return self.until_answered(ask)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """As `get`; what is under way is brought to its end first."""
        return self.until_answered(lambda: self.client.post(path, body))

    def until_answered(self, ask: Callable[[], T]) -> T:
        """What `ask` answers, tried again while the service is away."""
        wait = 0.0
        while True:
            try:
                return ask()
            except TryLater as error:
                if not wait:
                    self._away(error)
                wait = min(max(wait * 2, _FIRST_WAIT_SECONDS), _LONGEST_WAIT_SECONDS)
                self.ending.pause(wait)
                # It may be back at another port.
                self._find_again()

    def _find_again(self) -> None:
        found = find(self._home)
        if found is not None:
            self.client.close()
            self.client = found
