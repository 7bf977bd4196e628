"""Sign-in, registration and guests over HTTP: checked and limited here, decided by main."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, Field, SecretStr

from realm_protocol.errors import (
    LinkDown,
    PasswordTooLong,
    PasswordTooShort,
    RegistrationClosed,
    RoomNotOpen,
    ServerDraining,
    UserNotFound,
    WrongPassword,
    WrongRealm,
)
from realm_protocol.limits import DISPLAY_NAME_LIMIT, PASSWORD_LIMIT
from realm_protocol.link import EnterAsGuest, Register, Session, SignIn
from realm_protocol.names import Address, check_name
from realm_protocol.wire import WireMessage, check, unpack_value
from realm_server.admission import RateLimiter
from realm_server.autonomy.cut_off_sign_in import CutOffSignIn
from realm_server.awaiting import ask_main
from realm_server.counts import Counts
from realm_server.link import Link

_ANSWER_SECONDS = 30
"""Main hashes passwords in a bounded pool: a storm of sign-ins takes its time."""


class SignInForm(BaseModel):
    """Who wants to come in."""

    address: str = Field(max_length=100, examples=["messi@surabaya"])
    password: SecretStr
    device: str = Field("", max_length=256, description="Shown in the list of sessions.")


class RegisterForm(SignInForm):
    """Who wants to be a person of this realm."""

    display_name: str = Field("", max_length=DISPLAY_NAME_LIMIT)
    country: str = Field("", max_length=64)


class GuestForm(BaseModel):
    """Who wants to be a guest of the open room."""

    name: str = Field(max_length=100, examples=["anna"])
    device: str = Field("", max_length=256)


class SessionAnswer(BaseModel):
    """A new session. The token is told this once."""

    address: str
    session_id: str
    token: str
    expires_at: int = Field(description="Milliseconds since 1970-01-01 UTC.")


class RealmInfo(BaseModel):
    """What a client may know before it signs in."""

    realm: str
    server: str
    version: int = Field(description="Version of the realm protocol.")
    link_up: bool = Field(description="Whether main can be reached.")
    link_since: int = Field(description="Since when that is so, in milliseconds.")
    registration: Literal["open", "closed"]
    room: str = Field(description="Its open room; empty where it has none.")


class FrontDoor:
    """Opens sessions for people of this realm who know their password, and for guests."""

    def __init__(
        self,
        realm: str,
        link: Link,
        counts: Counts,
        cut_off: CutOffSignIn,
        *,
        by_address: RateLimiter,
        by_host: RateLimiter,
        registration: Literal["open", "closed"],
        password_min: int,
        guest_seconds: int | None,
    ) -> None:
        """`guest_seconds`: how long guests may stay; None where there is no open room for them."""
        self.registration = registration
        self.draining = False
        self._realm = realm
        self._link = link
        self._counts = counts
        self._cut_off = cut_off
        self._by_address = by_address
        self._by_host = by_host
        self._password_min = password_min
        self._guest_seconds = guest_seconds

    def sweep(self, now: float) -> None:
        self._by_address.sweep(now)
        self._by_host.sweep(now)

    async def sign_in(self, form: SignInForm, host: str, idle_seconds: int = 0) -> SessionAnswer:
        """A session, which ends once it was unused for so long; 0 for as long as main lets it.

        Only wrong passwords count against the limits: a whole site may share one address.
        """
        address = self._own_address(form.address)
        password = self._password(form)
        now = asyncio.get_running_loop().time()
        self._by_address.take(address, now)
        with self._given_back(self._by_address, address):
            self._by_host.take(host, now)
            with self._given_back(self._by_host, host):
                return await self._open(address, password, form.device, idle_seconds)

    async def _open(
        self, address: Address, password: str, device: str, idle_seconds: int
    ) -> SessionAnswer:
        """Main decides; while it is away, what the realm knows of who came in before."""
        try:
            session = await self._ask(SignIn, address, password, device, idle_seconds)
        except LinkDown:
            session = await self._cut_off.sign_in(address, password, device, idle_seconds)
        else:
            self._cut_off.let_in(session, password)
        return self._answer(session)

    async def register(self, form: RegisterForm, host: str, idle_seconds: int = 0) -> SessionAnswer:
        if self.registration == "closed":
            raise RegistrationClosed(realm=self._realm)
        address = self._own_address(form.address)
        password = self._password(form)
        if len(password) < self._password_min:
            raise PasswordTooShort(minimum=self._password_min)
        now = asyncio.get_running_loop().time()
        self._by_host.take(host, now)
        self._by_address.take(address, now)
        told = (form.display_name, form.country, form.device)
        session = await self._ask(Register, address, password, *told, idle_seconds)
        self._cut_off.let_in(session, password)
        return self._answer(session)

    async def enter_as_guest(self, form: GuestForm, host: str) -> SessionAnswer:
        """A guest of this realm's open room. Each counts against the limit of its IP address."""
        if self._guest_seconds is None:
            raise RoomNotOpen(realm=self._realm)
        name = check_name(form.name)
        self._by_host.take(host, asyncio.get_running_loop().time())
        return self._answer(await self._ask(EnterAsGuest, name, form.device, self._guest_seconds))

    def _own_address(self, text: str) -> Address:
        """An address of this realm; a bare name means one."""
        address = Address.parse(text) if "@" in text else Address.of(text, self._realm)
        if address.realm != self._realm:
            raise WrongRealm(address=address, realm=address.realm)
        return address

    def _password(self, form: SignInForm) -> str:
        password = form.password.get_secret_value()
        if len(password.encode(errors="replace")) > PASSWORD_LIMIT:
            raise PasswordTooLong(limit=PASSWORD_LIMIT)
        if not password:
            raise PasswordTooShort(minimum=self._password_min)
        return password

    @contextlib.contextmanager
    def _given_back(self, limiter: RateLimiter, key: str) -> Iterator[None]:
        """What turns out to be no guess at a password does not count."""
        try:
            yield
        except (WrongPassword, UserNotFound):
            raise
        except BaseException:
            limiter.give_back(key, asyncio.get_running_loop().time())
            raise
        else:
            limiter.give_back(key, asyncio.get_running_loop().time())

    async def _ask(self, kind: type[WireMessage], *fields: Any) -> Session:
        if self.draining:
            raise ServerDraining
        result = await ask_main(self._link, kind, *fields, seconds=_ANSWER_SECONDS)
        session: Session = check(unpack_value(result), Session)
        return session

    def _answer(self, session: Session) -> SessionAnswer:
        self._counts.sign_ins += 1
        return SessionAnswer(
            address=session.address,
            session_id=session.session_id,
            token=session.token,
            expires_at=session.expires_at,
        )
