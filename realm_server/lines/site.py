"""What the line connections of one realm share: doors, files, places of inboxes, people's names."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from weakref import WeakValueDictionary

from realm_protocol.commands import FindPeople, Person
from realm_protocol.names import Address
from realm_server.autonomy.site_answers import SiteAnswers
from realm_server.entrance import Entrance
from realm_server.files.service import Files
from realm_server.lines.carried import Carried
from realm_server.lines.inner_client import InnerClient
from realm_server.signing_in import FrontDoor
from realm_server.store import Store

_NAMES_KEPT = 10_000
_NAME_SECONDS = 60
_BEGUN = ""
"""No conversation's id: its cursor tells that an account has asked before."""


class Site:
    """Of one realm; `now` is the wall clock in milliseconds."""

    def __init__(
        self,
        realm: str,
        front_door: FrontDoor,
        entrance: Entrance,
        known: SiteAnswers,
        store: Store,
        files: Files,
        now: Callable[[], int],
        *,
        folder: Path,
        file_limit: int,
    ) -> None:
        """`known` answers who need not sign in; `folder` is the realm's; `file_limit` in bytes of
        a file that a line brings or gets.
        """
        self.realm = realm
        self.front_door = front_door
        self.entrance = entrance
        self.known = known
        self.files = files
        self.file_limit = file_limit
        self.now = now
        self._folder = folder
        self._store = store
        self._loop = asyncio.get_running_loop()
        self._inbox_locks: WeakValueDictionary[tuple[Address, str], asyncio.Lock] = (
            WeakValueDictionary()
        )
        self._names: OrderedDict[Address, tuple[str, float]] = OrderedDict()

    async def enter(self, token: str, device: str) -> InnerClient:
        """A session behind a token; raises what main says of it."""
        client = InnerClient(self.entrance.new_session(token), device)
        try:
            await client.enter()
        except BaseException:
            client.leave()
            raise
        return client

    def carry(self) -> Carried:
        """Take a file in."""
        return Carried(self._folder, self.file_limit, self.files.threads)

    # --- cursors ---------------------------------------------------------------------------------

    def inbox_lock(self, address: Address, dialect: str) -> asyncio.Lock:
        """Held from a look at an inbox until its answer is written: nothing is told twice, and
        nobody has many of these long answers made at once.
        """
        key = (address, dialect)
        lock = self._inbox_locks.get(key)
        if lock is None:
            lock = self._inbox_locks[key] = asyncio.Lock()
        return lock

    def cursors(self, address: Address, dialect: str) -> dict[str, int] | None:
        """None where the account's programs never asked before."""
        found = self._store.cursors(address, dialect)
        return found if found.pop(_BEGUN, None) is not None else None

    def begin(self, address: Address, dialect: str, cursors: Mapping[str, int]) -> None:
        """Where an account's programs begin."""
        self.move(address, dialect, {**cursors, _BEGUN: 0})

    def move(self, address: Address, dialect: str, moved: Mapping[str, int]) -> None:
        """The answer is written: what it held isn't handed out again, whatever happens."""
        if moved:
            self._store.set_cursors(address, dialect, moved)
            self._store.write(self.now())

    # --- names -----------------------------------------------------------------------------------

    async def full_name(self, client: InnerClient, address: Address) -> str:
        """As main shows it; the name of the address for whom main shows no more."""
        known = self._names.get(address)
        if known is not None and known[1] > self._loop.time():
            return known[0]
        people: list[Person] = await client.ask(
            FindPeople, query=str(address), realm=address.realm, limit=100
        )
        found = {person.address: person.display_name for person in people}
        name = found.get(address) or address.name
        self._names[address] = (name, self._loop.time() + _NAME_SECONDS)
        self._names.move_to_end(address)
        if len(self._names) > _NAMES_KEPT:
            self._names.popitem(last=False)
        return name
