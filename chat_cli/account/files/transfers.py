"""What is told of files under way: how far each is, how fast, its end. Nothing is moved here."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from chat_cli.account.feed import Feed
from chat_cli.account.files.upload_rows import Upload
from chat_cli.account.recipients import target_json
from realm_protocol.errors import RealmchatError
from realm_service.times import rfc3339

TELL_SECONDS = 0.2
"""Progress is told no more often than that; a new state is told at once."""
RATE_SECONDS = 5.0
"""The rate is that of so long."""
ENDED_KEPT = 50
"""Downloads that are over, the newest ones, are still told of."""

State = Literal["waiting", "running", "cancelled", "refused", "done"]


class Meter:
    """How fast something goes. Pure: the clock's reading is handed in."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def moved(self, done: int, now: float) -> None:
        if self._marks and done < self._marks[-1][1]:
            self._marks.clear()  # begun anew
        self._marks.append((now, done))
        while len(self._marks) > 2 and self._marks[1][0] <= now - RATE_SECONDS:
            self._marks.popleft()

    def stopped(self) -> None:
        self._marks.clear()

    def rate(self, now: float) -> int:
        """Bytes per second of late; 0 while nothing moves."""
        if len(self._marks) < 2:
            return 0
        (since, before), (_, done) = self._marks[0], self._marks[-1]
        return int((done - before) / max(now - since, 0.001))


@dataclass(slots=True)
class Transfer:
    """One file under way in this process."""

    id: str
    direction: Literal["upload", "download"]
    name: str
    size: int
    about: dict[str, Any]
    """What else there is to tell of it, which doesn't change."""
    state: State = "waiting"
    done: int = 0
    error: RealmchatError | None = None
    meter: Meter = field(default_factory=Meter)
    told_at: float = float("-inf")

    def json(self, now: float) -> dict[str, Any]:
        told: dict[str, Any] = {
            "transfer": self.id,
            "direction": self.direction,
            "name": self.name,
            "size": self.size,
            "done": self.done,
            "state": self.state,
            "rate": self.meter.rate(now) if self.state == "running" else 0,
            **self.about,
        }
        if self.error is not None:
            told["error"] = self.error.body()["error"]
        return told


def of_upload(upload: Upload) -> Transfer:
    """An upload as the store has it; how many bytes main has of it, only main knows."""
    is_done = upload.state == "done"
    state: State = "waiting" if upload.state == "going" else upload.state  # type: ignore[assignment]  # the row's words
    about = {
        "key": upload.key,
        "to": target_json(upload.target),
        "conversation": upload.conversation,
        "type": upload.type,
        "sha256": upload.sha256,
        "created_at": rfc3339(upload.created_at),
    }
    done = upload.size if is_done else 0
    return Transfer(
        upload.id, "upload", upload.name, upload.size, about, state, done, upload.refusal
    )


class Transfers:
    """The files under way, and telling of them."""

    def __init__(self, feed: Feed, clock: Callable[[], float]) -> None:
        self._feed = feed
        self._clock = clock
        self._known: dict[str, Transfer] = {}

    def add(self, transfer: Transfer) -> Transfer:
        """One that begins, or goes on; what was told of it before stays."""
        known = self._known.setdefault(transfer.id, transfer)
        self._forget_old()
        return known

    def find(self, transfer: str) -> Transfer | None:
        return self._known.get(transfer)

    def downloads(self) -> list[Transfer]:
        return [known for known in self._known.values() if known.direction == "download"]

    def forget(self, transfer: str) -> None:
        self._known.pop(transfer, None)

    def json(self, transfer: Transfer) -> dict[str, Any]:
        return transfer.json(self._clock())

    def moved(self, transfer: Transfer, done: int) -> None:
        """So many bytes are over."""
        now = self._clock()
        transfer.done = done
        transfer.meter.moved(done, now)
        if now - transfer.told_at >= TELL_SECONDS:
            self._tell(transfer, now)

    def change(self, transfer: Transfer, state: State, error: RealmchatError | None = None) -> None:
        """It has come to this."""
        if (transfer.state, transfer.error) == (state, error):
            return
        transfer.state, transfer.error = state, error
        transfer.meter.stopped()
        self._tell(transfer, self._clock())

    def _tell(self, transfer: Transfer, now: float) -> None:
        transfer.told_at = now
        self._feed.tell("transfer", transfer.json(now))

    def _forget_old(self) -> None:
        over = [t for t in self.downloads() if t.state not in ("waiting", "running")]
        for transfer in over[:-ENDED_KEPT]:
            self.forget(transfer.id)
