"""One browser, or one desktop window: who is signed in there, and what is shown of whom.

A session signs in by itself and holds the tokens of its own accounts only. Sessions share nothing
but the way to chat-cli.
"""

import asyncio
import itertools
import secrets
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, TypeVar

import flet as ft
from flet.controls.id_counter import ControlId

from frontend import preferences
from frontend.chatting import Chatting
from frontend.file_gate import FileGate
from frontend.late_answers import take_late_answers
from frontend.live import LiveAccount
from frontend.preferences import Preferences
from frontend.service import account, finding
from frontend.service.account import AccountClient
from frontend.service.asking import Asking
from frontend.service.shapes import SignedIn
from frontend.views import dialogs, look
from frontend.views.look import Sizes
from frontend.views.signing_in import Form, SigningIn
from frontend.window.identity import is_guest, realm_of
from frontend.window.words import Words
from realm_protocol.errors import (
    RealmchatError,
    RealmUnreachable,
    ServiceUnreachable,
    ServiceWentAway,
    WrongPassword,
)
from realm_protocol.names import group_conversation
from realm_protocol.rooms import room_address

_LONGEST_TOAST_MS = 4000
_TOAST_WIDTH = 360
_ABOVE_COMPOSER = 76
_ROOM_SECONDS = 30.0
_HALF = 2**30
"""Of the numbers for controls: as many are left for those that come."""
_OF_ADDRESS = ("invalid_address", "invalid_name", "user_exists", "user_disabled", "name_reserved")
_OF_PASSWORD = ("wrong_password", "password_too_short", "password_too_long")
_OF_SITE = ("realm_unreachable", "registration_closed", "room_not_open", "wrong_realm")
_ABOUT = {
    **dict.fromkeys(_OF_ADDRESS, ("signin-address", "signin-guest")),
    **dict.fromkeys(_OF_PASSWORD, ("signin-password",)),
    **dict.fromkeys(_OF_SITE, ("signin-server", "signin-realm")),
}
"""The fields that what is refused is about, by its code."""

_WITH_KEYS_ON_SCREEN = (ft.PagePlatform.ANDROID, ft.PagePlatform.IOS)

Result = TypeVar("Result")


class Session:
    """Made when a page connects; a reload finds the same one again."""

    def __init__(
        self,
        page: ft.Page,
        asking: Asking,
        clock: Callable[[], datetime],
        gate: FileGate | None = None,
    ) -> None:
        """`gate`: the way of files, where the page is a browser's."""
        self._page = page
        self._gate = gate
        self._asking = asking
        self._clock = clock
        self._preferences = Preferences()
        self._kept = ft.SharedPreferences()
        self._voice = ft.SemanticsService()
        self._accounts: dict[str, Chatting] = {}
        self._shown: Chatting | None = None
        self._signing_in: SigningIn | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._telling: asyncio.Task[dict[str, Any]] | None = None
        """The browser, of what it keeps."""

    async def begin(self) -> None:
        """The first frame: what this browser had chosen, and the card to sign in."""
        page = self._page
        take_late_answers(page.session)
        page.title = "realmchat"
        page.padding = 0
        page.spacing = 0
        page.on_keyboard_event = self._key
        page.on_resize = self._resized
        page.on_route_change = self._routed
        page.on_app_lifecycle_state_change = self._life_changed
        page.on_disconnect = self._left
        page.on_connect = self._came_back
        page.on_close = self._closed
        await self._show_first()

    async def _show_first(self) -> None:
        """A browser that leaves before it has told what it keeps is asked again when it is back."""
        self._telling = self._spawn(self._read_kept())
        self._preferences = preferences.read(await self._telling)
        self._apply_preferences()
        self._show_sign_in()

    async def _read_kept(self) -> dict[str, Any]:
        return {name: await self._kept.get(name) for name in preferences.names()}

    def _apply_preferences(self) -> None:
        modes = {
            "system": ft.ThemeMode.SYSTEM,
            "light": ft.ThemeMode.LIGHT,
            "dark": ft.ThemeMode.DARK,
        }
        page, sizes = self._page, self._sizes
        page.theme_mode = modes[self._preferences.theme]
        page.theme, page.dark_theme = look.theme(look.LIGHT, sizes), look.theme(look.DARK, sizes)
        locale = ft.Locale(self._preferences.language)
        page.locale_configuration = ft.LocaleConfiguration([locale], locale)

    @property
    def _sizes(self) -> Sizes:
        return Sizes(self._preferences.text_size)

    @property
    def _words(self) -> Words:
        return Words(self._preferences.language)

    # --- signing in and out ----------------------------------------------------------------------

    def _show_sign_in(self, told: str = "") -> None:
        self._shown = None
        self._signing_in = SigningIn(
            self._words,
            self._sizes,
            asked=self._sign_in,
            language_chosen=self._choose_language,
            start_service=self.start_service,
            back=self._back_to_chats if self._accounts else None,
            keys_on_screen=self._page.platform in _WITH_KEYS_ON_SCREEN,
        )
        if told:
            self._signing_in.show_error(told)
        self._put(self._signing_in.control)
        self._spawn(self._find_sites())

    def _spawn(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Flet's own way to do so is shut while the browser is away."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _find_sites(self) -> None:
        """Asked beside the form: somebody may be writing there already."""
        try:
            sites = await account.sites(self._asking)
        except RealmchatError:
            return  # the service isn't there: signing in will say so
        if self._signing_in is not None:
            self._signing_in.show_sites(sites)

    def _put(self, control: ft.Control) -> None:
        self._page.controls = [control]
        self._page.update()

    async def _choose_language(self, language: str) -> None:
        await self._set_preference("language", language)
        self._show_sign_in()

    async def _back_to_chats(self) -> None:
        await self.switch(next(iter(self._accounts)))

    async def _sign_in(self, form: Form) -> None:
        try:
            signed_in = await self._ask_to_sign_in(form)
        except RealmchatError as error:
            self._tell_refusal(error)
            return
        await self._open(AccountClient(self._asking, signed_in))

    async def _ask_to_sign_in(self, form: Form) -> SignedIn:
        asking, url = self._asking, form.realm_url or None
        match form.way:
            case "guest":
                return await account.enter_as_guest(asking, form.name, url)
            case "register":
                return await account.register(
                    asking, form.address, form.password, form.name, form.country, url
                )
            case "signin":
                return await account.login(asking, form.address, form.password, url)

    def _tell_refusal(self, error: RealmchatError) -> None:
        if self._signing_in is None:
            return
        words = self._words
        match error:
            case WrongPassword():
                told = words("wrong_password")
            case RealmUnreachable():
                told = words("site_unreachable")
            case ServiceUnreachable() | ServiceWentAway():
                told = words("service_away")
            case _:
                told = error.message_in(words.language)
        away = isinstance(error, ServiceUnreachable | ServiceWentAway)
        self._signing_in.tell_error(told, *_ABOUT.get(error.code, ()), startable=away)
        self._spawn(self._find_sites())

    async def _open(self, client: AccountClient) -> None:
        known = self._accounts.pop(client.address, None)
        if known is not None:
            known.close()
        live = LiveAccount(
            client,
            clock=self._clock,
            changed=lambda: chatting.changed(),
            arrived=lambda message: chatting.arrived(message),
        )
        chatting = Chatting(
            self._page,
            live,
            clock=self._clock,
            preferences=self._preferences,
            outside=self,
            gate=self._gate,
        )
        self._accounts[client.address] = chatting
        chatting.start()
        await self.switch(client.address)
        if is_guest(client.address):
            chatting.spawn(self._open_room(chatting))

    async def _open_room(self, chatting: Chatting) -> None:
        """The one conversation that a guest has, once it is there."""
        realm = realm_of(chatting.live.client.address)
        room = group_conversation(room_address(realm))
        if await chatting.live.until(lambda state: room in state.conversations, _ROOM_SECONDS):
            await chatting.open(room)

    async def switch(self, address: str) -> None:
        self._signing_in = None
        self._shown = self._accounts[address]
        self._shown.draw()
        self._put(self._shown.frame.control)
        self._shown.take_focus()

    async def add_account(self) -> None:
        self._show_sign_in()

    async def sign_out(self) -> None:
        chatting = self._shown
        if chatting is None:
            return
        try:
            await chatting.live.client.logout()
        except RealmchatError as error:
            self.toast(error.message_in(self._preferences.language))
            return
        await self._drop(chatting, "")

    async def ended(self, chatting: Chatting) -> None:
        """It was ended elsewhere: its person must sign in again."""
        if self._accounts.get(chatting.live.client.address) is chatting:
            guest = is_guest(chatting.live.client.address)
            await self._drop(chatting, self._words("guest_over" if guest else "session_over"))

    async def _drop(self, chatting: Chatting, told: str) -> None:
        del self._accounts[chatting.live.client.address]
        chatting.close()
        if chatting is not self._shown:
            return
        if self._accounts and not told:
            await self._back_to_chats()
        else:
            self._show_sign_in(told)

    async def start_service(self) -> None:
        try:
            await finding.start()
            await self._asking.door()
        except ServiceUnreachable as error:
            if self._signing_in is not None:
                self._tell_refusal(error)
            self.toast(error.message_in(self._preferences.language))
            return
        if self._signing_in is not None:
            self._signing_in.show_error("")
            self._signing_in.control.update()
            await self._find_sites()

    # --- what the windows of accounts ask --------------------------------------------------------

    def is_shown(self, chatting: Chatting) -> bool:
        """Not while the browser is away: nobody sees it, and it is drawn when it comes back."""
        return self._shown is chatting and self._page.session.connection is not None

    def others(self, me: str) -> list[tuple[str, int]]:
        return [
            (address, one.live.state.total_unread)
            for address, one in self._accounts.items()
            if address != me
        ]

    def total_unread(self) -> int:
        return sum(one.live.state.total_unread for one in self._accounts.values())

    def toast(self, text: str) -> None:
        """Over the newest messages, not over what somebody writes."""
        beside = max(12, ((self._page.width or 0) - _TOAST_WIDTH) / 2)
        self._page.show_dialog(
            ft.SnackBar(
                content=ft.Semantics(
                    identifier="toast", container=True, content=ft.Text(text, color=look.ON_TOAST)
                ),
                bgcolor=look.TOAST,
                behavior=ft.SnackBarBehavior.FLOATING,
                duration=_LONGEST_TOAST_MS,
                margin=ft.Margin.only(left=beside, right=beside, bottom=_ABOVE_COMPOSER),
            )
        )

    def say(self, text: str) -> None:
        """Behind a dialog too, and of nothing that is drawn."""
        if self._page.session.connection is not None:
            self._spawn(self._voice.announce_message(look.as_spoken(text)))

    async def settings(self, at: str = "theme") -> None:
        self._page.show_dialog(
            dialogs.settings(
                self._words,
                self._preferences,
                chosen=self._set_preference,
                close=self._shut_settings,
                at=at,
            )
        )

    async def _shut_settings(self) -> None:
        self._page.pop_dialog()

    async def _set_preference(self, name: str, value: str) -> None:
        """It holds at once, and for the next time in this browser."""
        self._preferences = preferences.changed(self._preferences, name, value)
        self._apply_preferences()
        for chatting in self._accounts.values():
            chatting.restyle(self._preferences)
        if self._shown is not None:
            self._shown.draw()
        if name == "language" and self._shown is not None:
            self._page.pop_dialog()
            await self.settings(at="language")
        self._page.update()
        for key, kept in self._preferences.kept().items():
            await self._kept.set(key, kept)

    # --- what the page tells ---------------------------------------------------------------------

    async def _key(self, event: ft.KeyboardEvent) -> None:
        if self._shown is not None:
            await self._shown.keyboard.press(event)

    async def _routed(self, event: ft.RouteChangeEvent) -> None:
        if self._shown is not None:
            await self._shown.routed(event.route)

    async def _resized(self, event: ft.PageResizeEvent) -> None:
        if self._shown is not None:
            self._shown.draw()

    async def _life_changed(self, event: ft.AppLifecycleStateChangeEvent) -> None:
        self._looking(event.state in (ft.AppLifecycleState.RESUME, ft.AppLifecycleState.SHOW))

    def _looking(self, looks: bool) -> None:
        for chatting in self._accounts.values():
            chatting.reading.looking(looks)

    def _left(self, event: ft.Event[ft.Page]) -> None:
        """A tab was shut, or is being loaded anew."""
        if self._telling is not None:
            self._telling.cancel()
        if self._shown is not None:
            self._shown.pane.stay()
        self._looking(False)
        self._rest(True)

    def _rest(self, rests: bool) -> None:
        for chatting in self._accounts.values():
            chatting.live.rest(rests)

    async def _came_back(self, event: ft.Event[ft.Page]) -> None:
        """It shows what was drawn last, and now what came meanwhile."""
        if self._shown is None and self._signing_in is None:
            await self._show_first()
        self._rest(False)
        if self._shown is not None:
            self._shown.draw()
            self._shown.spawn(self._shown.pane.settle())
        self._looking(True)

    def _closed(self, event: ft.Event[ft.Page]) -> None:
        """The browser didn't come back: what was followed for it ends."""
        for chatting in self._accounts.values():
            chatting.close()
        self._accounts.clear()


def draw_when_asked() -> None:
    """Of all windows of a process, before the first: else Flet would look for changes everywhere
    after each key and each touch of the wheel.
    """
    ft.context.disable_auto_update()  # type: ignore[no-untyped-call]  # of Flet's


def number_controls() -> None:
    """With other numbers than the process before, before the first control is made: what of a page
    that is still open has the number that it had is taken for what it was, and never answers. Of 31
    bits: the page of Firefox, Safari, and of machines without graphics can't read longer ones.
    """
    ControlId._counter = itertools.count(secrets.randbelow(_HALF))


def local_now() -> datetime:
    return datetime.now().astimezone()
