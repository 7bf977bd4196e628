"""Signing in, registering and changing one's password: what needs the slow password check.

The check runs on the password threads; the store is read before it and written after it.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from sqlalchemy.engine import Row

from main_server.effects import LiveSession
from main_server.rules.people import add_person, change_person, find_person, set_password
from main_server.rules.sessions import check_may_sign_in, open_session
from main_server.store.reader import Readers
from main_server.store.writer import Transaction
from realm_protocol.commands import ChangePassword, Done
from realm_protocol.errors import ForeignSender, NotSignedIn, WrongPassword
from realm_protocol.link import Register, Session, SignIn
from realm_service.passwords import Passwords

T = TypeVar("T")


class Counter(Protocol):
    """What a sign-in needs of main."""

    passwords: Passwords
    readers: Readers

    def write(self, work: Callable[[Transaction], T]) -> Awaitable[T]: ...


async def sign_in(main: Counter, realm: str, request: SignIn) -> Session:
    """A new session at this realm, for whoever knows the password."""
    address = request.address
    person = await main.readers.read(lambda connection: find_person(connection, address))
    check_may_sign_in(person, realm)
    await main.passwords.check(address, person.password_hash, request.password)
    renewed: str | None = None
    if main.passwords.is_outdated(person.password_hash):
        renewed = await main.passwords.hash(request.password)

    def write(tx: Transaction) -> Session:
        _check_unchanged(tx, person)
        if renewed is not None:
            change_person(tx, address, password_hash=renewed)
        return open_session(tx, address, realm, request.device, request.idle_seconds)

    return await main.write(write)


async def register(main: Counter, realm: str, request: Register) -> Session:
    """A new person of this realm, signed in."""
    if request.address.realm != realm:
        raise ForeignSender(address=str(request.address), realm=realm)
    password_hash = await main.passwords.hash(request.password)

    def write(tx: Transaction) -> Session:
        add_person(
            tx,
            request.address,
            password_hash,
            request.display_name,
            request.country,
            registering_realm=realm,
        )
        return open_session(tx, request.address, realm, request.device, request.idle_seconds)

    return await main.write(write)


async def change_password(
    main: Counter, session: LiveSession | None, request: ChangePassword
) -> Done:
    """A new password; every other session of the person ends."""
    if session is None:
        raise NotSignedIn
    address = session.address
    person = await main.readers.read(lambda connection: find_person(connection, address))
    await main.passwords.check(address, person.password_hash, request.old)
    password_hash = await main.passwords.hash(request.new)

    def write(tx: Transaction) -> Any:
        _check_unchanged(tx, person)
        set_password(tx, address, password_hash, keep_session=session.session_id)

    await main.write(write)
    return Done()


def _check_unchanged(tx: Transaction, checked: Row[Any]) -> None:
    """The password that was checked is still the person's: it may have changed meanwhile."""
    if find_person(tx.connection, checked.address).password_hash != checked.password_hash:
        raise WrongPassword(address=checked.address)
