"""What watermarks say about single messages. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marks:
    """How far somebody has got: `read` ≤ `delivered`."""

    delivered: int = 0
    read: int = 0

    def advanced(self, delivered: int, read: int) -> "Marks":
        """Marks only grow; reading implies having."""
        return Marks(max(self.delivered, delivered, read), max(self.read, read))

    def state_of(self, seq: int) -> str:
        """The state of a message that lies in main's log."""
        if seq <= self.read:
            return "read"
        return "delivered" if seq <= self.delivered else "at_main"


@dataclass(frozen=True, slots=True)
class StateChange:
    """Messages with `after` < seq ≤ `up_to` have come into `state`."""

    after: int
    up_to: int
    state: str


def changes(old: Marks, new: Marks) -> list[StateChange]:
    """Each message that changed, once, with the furthest state it has reached."""
    found = []
    if new.read > old.read:
        found.append(StateChange(old.read, new.read, "read"))
    if new.delivered > max(old.delivered, new.read):
        found.append(StateChange(max(old.delivered, new.read), new.delivered, "delivered"))
    return found
