"""Who of this site gets a message of a neighbour while main is away."""

from collections.abc import Collection

from realm_protocol.names import Address
from realm_server.client_sessions import ClientSession
from realm_server.routes import Routes
from realm_server.store import Store


class KnownHere:
    """As the sessions of this site and the routes that main told last have it."""

    def __init__(self, realm: str, routes: Routes[ClientSession], store: Store) -> None:
        self._realm = realm
        self._routes = routes
        self._store = store

    def person_at(self, address: Address) -> int | None:
        """The person at an address of this site; None where nobody is known there."""
        return self._store.person_at(address) if address.realm == self._realm else None

    def members_here(self, conversation: str) -> Collection[int]:
        """Who of this site is in a conversation, as far as it is known."""
        return self._routes.persons_in(conversation)
