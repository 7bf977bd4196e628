"""What the outbox needs to know of the site around it: its people, and the files that wait."""

from collections.abc import Collection
from typing import Protocol

from realm_protocol.names import Address
from realm_server.autonomy.replica import Replica
from realm_server.store import Store


class Neighbours:
    """What is known of this site's people while main is away."""

    def __init__(self, replica: Replica, store: Store) -> None:
        self._replica = replica
        self._store = store

    @property
    def are_known(self) -> bool:
        """Whether everybody is."""
        return self._replica.revision > 0

    def person_at(self, address: Address) -> int | None:
        """The person at an address of this site; None where nobody is known there, or is disabled.

        Whoever has signed in here is known, also before main has told of them.
        """
        person = self._replica.person_at(address)
        if person is None and self._replica.person(address) is None:
            return self._store.person_at(address)
        return person

    def blocks(self, address: Address, person: int) -> bool:
        """Whether who is at an address takes no private messages from somebody of this site."""
        return self._replica.blocks(address, person)

    def members_here(self, conversation: str) -> Collection[int]:
        """Who of this site is in a conversation, as far as it is known."""
        return self._replica.members_here(conversation)


class NamedFile(Protocol):
    """A file that the realm took in while main was away."""

    def described(self, body: bytes) -> bytes:
        """A message's body that names it, with what is known of it."""


class WaitingFiles(Protocol):
    """The files that wait here for main."""

    def __len__(self) -> int: ...

    def find(self, sender: Address, file_id: str) -> NamedFile | None:
        """One's own, whose bytes are all here."""

    def is_awaited(self, sender: Address, file_id: str) -> bool:
        """Whether a message that names it must wait until main has its bytes."""

    def named_no_more(self, file_id: str) -> None:
        """The last message that named it has its outcome."""

    def start(self) -> None:
        """The link is up, and main knows again who may do what."""

    def stop(self) -> None:
        """The link is gone."""

    def main_is_another(self) -> None:
        """It may not have any more what it had."""
