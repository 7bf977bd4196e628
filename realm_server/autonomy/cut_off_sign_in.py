"""Signing in while main is away: verifiers that the realm makes itself, sessions that it opens.

A verifier is made when main has let somebody in with a password, and serves only while main's
revision of that password, as the site knows it, is still the same. Main is offered each session
that was opened here as soon as it is back, and decides.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Connection, Row

from realm_protocol.errors import (
    AskedWrongly,
    RealmchatError,
    SignInNeedsMain,
    TooManySignIns,
    UserDisabled,
    rebuild,
)
from realm_protocol.link import AdoptSession, Session, SitePerson
from realm_protocol.names import Address
from realm_protocol.wire import tag_of
from realm_server.autonomy.replica import Replica
from realm_server.autonomy.replica_tables import made_sessions, verifiers
from realm_server.autonomy.site_file import SiteFile
from realm_server.link import Link
from realm_server.requests import Request
from realm_server.store import KnownSession, Store
from realm_service.logs import get_logger
from realm_service.passwords import Passwords

log = get_logger("realm.cut_off_sign_in")

_ADOPT = tag_of(AdoptSession)
_DAY_MS = 24 * 3600 * 1000


class _Offered:
    """Asks main to take a session over."""

    def __init__(self, door: "CutOffSignIn", token_hash: bytes) -> None:
        self._door = door
        self._token_hash = token_hash

    def answered(self, request: Request, result: bytes) -> None:
        self._door.adopted(self._token_hash)

    def refused(self, request: Request, code: str, fields: Mapping[str, Any]) -> None:
        self._door.not_adopted(self._token_hash, rebuild(code, fields))


class CutOffSignIn:
    """Of one realm. Verifiers serve for `days`, and none is ever made where these are 0."""

    def __init__(
        self,
        file: SiteFile,
        replica: Replica,
        store: Store,
        link: Link,
        *,
        days: int,
        now: Callable[[], int],
    ) -> None:
        self._file = file
        self._replica = replica
        self._store = store
        self._link = link
        self._days = days
        self._now = now
        self._passwords = Passwords()
        self._tasks: set[asyncio.Task[None]] = set()
        file.write(self._forget_ended)

    async def close(self) -> None:
        """The realm is stopping."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._passwords.close()

    # --- verifiers -------------------------------------------------------------------------------

    def let_in(self, session: Session, password: str) -> None:
        """Main has let somebody in: they may come in without it, too. Nobody waits for this.

        Main may go before the device of the new session has come: it is known from now on.
        """
        address, revision = session.address, session.password_revision
        person = self._replica.person(address)
        if person is not None:
            self._remember(session, person)
        if self._days and revision:
            task = asyncio.create_task(self._keep(address, password, revision))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _keep(self, address: Address, password: str, revision: int) -> None:
        known = self._find(address)
        made: str
        if known is not None and known.password_revision == revision:
            made = known.hash
        else:
            try:
                made = await self._passwords.hash(password)
            except TooManySignIns:
                return  # in a storm of sign-ins main's answer is enough
        values = {
            "address": str(address),
            "hash": made,
            "password_revision": revision,
            "ends_at": self._now() + self._days * _DAY_MS,
        }

        def keep(connection: Connection) -> None:
            self._forget_ended(connection)
            connection.execute(_KEEP_VERIFIER, values)

        await self._file.write(keep)

    def _find(self, address: Address) -> Row[Any] | None:
        found = self._file.read(_FIND_VERIFIER, address=str(address), now=self._now())
        return found[0] if found else None

    def _forget_ended(self, connection: Connection) -> None:
        ended = verifiers.c.ends_at <= (self._now() if self._days else 2**62)
        connection.execute(sa.delete(verifiers).where(ended))

    # --- signing in ------------------------------------------------------------------------------

    async def sign_in(
        self, address: Address, password: str, device: str, idle_seconds: int
    ) -> Session:
        """A session for whoever knows the password; raises `SignInNeedsMain` where only main knows.

        Raises `WrongPassword`, `UserDisabled` or `TooManySignIns` too.
        """
        person, verifier = self._replica.person(address), self._find(address)
        if person is not None and person.disabled:
            raise UserDisabled(address=str(address))
        if (
            person is None
            or verifier is None
            or verifier.password_revision != person.password_revision
        ):
            raise SignInNeedsMain(**self._link.down_fields())
        await self._passwords.check(address, verifier.hash, password)
        now = self._now()
        ends_at = min(verifier.ends_at, now + idle_seconds * 1000 if idle_seconds else 2**52)
        session = Session(address, secrets.token_hex(8), secrets.token_urlsafe(32), ends_at)
        token_hash = _hash(session)
        made = {
            "token_hash": token_hash,
            "address": str(address),
            "session_id": session.session_id,
            "device": device,
            "password_revision": person.password_revision,
            "idle_seconds": idle_seconds,
        }
        await self._file.write(lambda connection: connection.execute(_KEEP_SESSION, made))
        self._remember(session, person)
        log.info("signed_in_cut_off", address=address, session=session.session_id)
        if self._link.is_up:
            self.offer_all()  # it came back meanwhile, and does not know of this one
        return session

    def _remember(self, session: Session, person: SitePerson) -> None:
        known = (person.person, session.address, session.expires_at, person.limit_class)
        self._store.remember(KnownSession(_hash(session), session.session_id, *known))

    # --- what becomes of the sessions ------------------------------------------------------------

    def offer_all(self) -> None:
        """Main is back: before their clients are attached, it takes over what was opened here."""
        for made in self._file.read(sa.select(made_sessions)):
            fields = (
                made.address,
                made.session_id,
                made.token_hash,
                made.device,
                made.password_revision,
                made.idle_seconds,
            )
            try:
                self._link.ask(_ADOPT, fields, _Offered(self, made.token_hash))
            except RealmchatError as error:
                log.warning("session_not_offered", session=made.session_id, code=error.code)

    def adopted(self, token_hash: bytes) -> None:
        """It is a session like any other from now on."""
        gone = sa.delete(made_sessions).where(made_sessions.c.token_hash == token_hash)
        self._file.write(lambda connection: connection.execute(gone))

    def not_adopted(self, token_hash: bytes, error: RealmchatError) -> None:
        """Main does not take it over: it ends, and main says so to its client when it attaches."""
        log.info("session_not_adopted", code=error.code)
        if isinstance(error, AskedWrongly):
            self._store.forget(token_hash)
            self.adopted(token_hash)


def _hash(session: Session) -> bytes:
    return hashlib.sha256(session.token.encode()).digest()


_FIND_VERIFIER = sa.select(verifiers).where(
    verifiers.c.address == sa.bindparam("address"), verifiers.c.ends_at > sa.bindparam("now")
)
_keep = insert(verifiers)
_KEEP_VERIFIER = _keep.on_conflict_do_update(
    index_elements=[verifiers.c.address],
    set_={name: _keep.excluded[name] for name in ("hash", "password_revision", "ends_at")},
)
_KEEP_SESSION = insert(made_sessions).on_conflict_do_nothing()
