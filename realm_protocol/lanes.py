"""A sender's lanes: what a retryable refusal does to the messages behind it.

When a message is refused for now, whatever the sender sent later into the same conversation must
not overtake it. It is refused too, as `after_refused`, until the first one comes again.
"""

from realm_protocol.errors import AfterRefused


class Lanes:
    """The stopped lanes of one session. A new session begins with none: it resends in order."""

    __slots__ = ("_first_refused",)

    def __init__(self) -> None:
        self._first_refused: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self._first_refused)

    def admit(self, target: str, key: str) -> bool:
        """Let a message through, or raise `AfterRefused`; the first refused one reopens the lane.

        Returns whether it did: whose transaction fails stops the lane again.
        """
        first = self._first_refused.get(target)
        if first is None:
            return False
        if first != key:
            raise AfterRefused(key=first)
        del self._first_refused[target]
        return True

    def stop(self, target: str, key: str) -> None:
        """A message was refused for now; the earliest one holds the lane."""
        self._first_refused.setdefault(target, key)
