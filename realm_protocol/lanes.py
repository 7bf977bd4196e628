"""A sender's lanes: what a retryable refusal does to the messages behind it.

When a message is refused for now, whatever the sender sent later into the same conversation must
not overtake it. It is refused too, as `after_refused`, until the first one comes again.
"""

from realm_protocol.errors import AfterRefused


class Lanes:
    """The stopped lanes of one session. A new session begins with none: it resends in order."""

    __slots__ = ("_at_the_door", "_first_refused")

    def __init__(self) -> None:
        self._first_refused: dict[str, str] = {}
        self._at_the_door: set[str] = set()
        """Lanes that are held by a message which never was under way."""

    def __bool__(self) -> bool:
        return bool(self._first_refused)

    def admit(self, target: str, key: str, *, under_way: bool = False) -> bool:
        """Let a message through, or raise `AfterRefused`; the first refused one reopens the lane.

        Returns whether it did: whose transaction fails stops the lane again. One that was let
        through before (`under_way`) is older than any that was refused at the door since.
        """
        first = self._first_refused.get(target)
        if first is None or (under_way and target in self._at_the_door):
            return False
        if first != key:
            raise AfterRefused(key=first)
        del self._first_refused[target]
        self._at_the_door.discard(target)
        return True

    def stop(self, target: str, key: str) -> None:
        """A message was refused for now that had been let through; the earliest holds the lane.

        What was refused at the door meanwhile was sent later.
        """
        if target in self._at_the_door:
            self._at_the_door.discard(target)
            self._first_refused[target] = key
        else:
            self._first_refused.setdefault(target, key)

    def stop_at_door(self, target: str, key: str) -> None:
        """A message was refused for now before it was under way; earlier ones still may be."""
        if target not in self._first_refused:
            self._first_refused[target] = key
            self._at_the_door.add(target)
