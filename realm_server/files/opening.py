"""Who may open which file, as this site knows it: where main has not got it, or is away.

Nobody is told that there is no file whom main might answer otherwise: what isn't known here is
`LinkDown`, which says since when.
"""

from collections.abc import Callable
from typing import Protocol

from realm_protocol.bodies import read_file_body
from realm_protocol.commands import StoredMessage
from realm_protocol.errors import FileNotFound, LinkDown, NotForGuests
from realm_protocol.rooms import GUEST_LIMITS
from realm_server.autonomy.replica import Replica
from realm_server.files.main_files import FoundFile
from realm_server.files.waiting import WaitingFiles
from realm_server.link import Link
from realm_server.store import KnownSession, Store


class Shown(Protocol):
    """The messages that are kept, as people of the site see them."""

    def shows_file(self, person: int, file_id: str) -> bool:
        """Whether one that this person sees names the file."""


class Opening:
    """Of one realm. `now` in milliseconds."""

    def __init__(
        self,
        link: Link,
        store: Store,
        replica: Replica,
        waiting: WaitingFiles,
        shown: Shown,
        now: Callable[[], int],
    ) -> None:
        self._link = link
        self._store = store
        self._replica = replica
        self._waiting = waiting
        self._shown = shown
        self._now = now

    def person(self, session: str) -> KnownSession:
        """Who is behind a session; raises `LinkDown` where main has not confirmed it here."""
        known = self._known(session)
        if known is None:
            raise self._unknown()
        if known.limit_class == GUEST_LIMITS:
            raise NotForGuests
        return known

    def _known(self, session: str) -> KnownSession | None:
        return self._store.find(bytes.fromhex(session), self._now())

    def _unknown(self) -> LinkDown:
        return LinkDown(**self._link.down_fields())

    def waiting(self, session: str, file_id: str) -> FoundFile | None:
        """A file that main has not got yet, for its sender and whoever sees its message."""
        file = self._waiting.rows.whole(file_id)
        known = None if file is None else self._known(session)
        if file is None or known is None:
            return None
        if file.sender != known.address and not self._shown.shows_file(known.person, file_id):
            return None
        path = self._waiting.path(file.sha256)
        return FoundFile(file_id, file.size, file.type, file.sha256, path)

    def of_site(self, session: str, file_id: str) -> FoundFile:
        """A file that a message names which this person may see; raises `FileNotFound`."""
        person = self.person(session).person
        naming = self._replica.naming(file_id)
        seen = [message for message in naming if self._sees(person, message)]
        if seen:
            body = read_file_body(seen[0].body)
            return FoundFile(file_id, body.size, body.type, body.sha256)
        if naming or self._waiting.rows.whole(file_id) is not None:
            raise FileNotFound(file_id=file_id)
        raise self._unknown()

    def _sees(self, person: int, message: StoredMessage) -> bool:
        head = self._replica.head(person, message.conversation)
        return head is not None and message.seq >= head.first_seq
