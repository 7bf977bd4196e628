"""The card on which people sign in, make an account, or enter an open room as a guest. Errors
stand under what they are about.

Its parts stay, and show something else: what was drawn anew while somebody pressed it would take no
click, and sites become known at any time.

The site is the one that the address names, where this machine knows it; else the usual one, and for
a guest the first that has an open room; unless another is chosen, or the URL of its server written.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import flet as ft

from frontend.service.shapes import Site
from frontend.views import look
from frontend.views.details import open_room_note
from frontend.views.look import Sizes
from frontend.views.site_menu import SiteMenu
from frontend.views.still import show_changes
from frontend.window.words import LANGUAGES, Words

Way = Literal["signin", "register", "guest"]
_WAYS: dict[Way, tuple[str, str]] = {
    "signin": ("sign_in", "sign_in"),
    "register": ("create_account", "create_account"),
    "guest": ("as_guest", "enter_room"),
}
"""The words of the tab, and of the button, of each way in."""
_WRITTEN: dict[Way, tuple[str, ...]] = {
    "signin": ("signin-address", "signin-password"),
    "register": ("signin-address", "signin-password", "signin-name", "signin-country"),
    "guest": ("guest-note", "signin-guest"),
}
"""What one writes in each."""


@dataclass(frozen=True)
class Form:
    """What was written. `realm_url` is empty for the site that is usual on this machine.

    A guest has a `name` alone.
    """

    way: Way
    address: str
    password: str
    realm_url: str
    name: str
    country: str


class SigningIn:
    """`asked` is told of a form that is complete; of none while it still does what one asks. With
    `keys_on_screen`, no field takes the focus by itself: half of the window would be keys then.
    """

    def __init__(
        self,
        words: Words,
        sizes: Sizes,
        *,
        asked: Callable[[Form], Awaitable[None]],
        language_chosen: Callable[[str], Awaitable[None]],
        start_service: Callable[[], Awaitable[None]],
        back: Callable[[], Awaitable[None]] | None,
        keys_on_screen: bool = False,
    ) -> None:
        self._words, self._sizes = words, sizes
        self._keys_on_screen = keys_on_screen
        self._asked = asked
        self._language_chosen = language_chosen
        self._start_service = start_service
        self._back = back
        self._way: Way = "signin"
        self._sites: tuple[Site, ...] = ()
        self._chosen: Site | None = None
        self._other = False
        self._asking = False
        self._make_fields()
        self.control = ft.Container(
            ft.Row([self._scrolled()], alignment=ft.MainAxisAlignment.CENTER),
            expand=True,
            bgcolor=look.BACKGROUND,
        )

    def _make_fields(self) -> None:
        words, sizes = self._words, self._sizes
        self.address = look.field(
            words("address"),
            sizes,
            hint=words("address_hint"),
            autofocus=not self._keys_on_screen,
        )
        self.address.keyboard_type, self.address.autocorrect = ft.KeyboardType.EMAIL, False
        self.address.autofill_hints = ft.AutofillHint.USERNAME
        self.password = look.field(words("password"), sizes, password=True)
        self._reveal = look.bare_icon_button(
            ft.Icons.VISIBILITY_OUTLINED, words("show_password"), self._reveal_clicked
        )
        self.password.suffix_icon = look.named("btn-reveal", self._reveal)
        self.server = look.field(words("site_server"), sizes, hint="http://127.0.0.1:8000")
        self._site_menu = SiteMenu(words, sizes, self._site_chosen)
        self.name = look.field(words("full_name"), sizes)
        self.country = look.field(words("country"), sizes)
        self.guest_name = look.field(words("guest_name"), sizes, autofocus=not self._keys_on_screen)
        room_note = open_room_note(sizes, words)
        self._named = {
            "guest-note": ft.Semantics(identifier="guest-note", container=True, content=room_note),
            "signin-guest": _named("signin-guest", self.guest_name),
            "signin-address": _named("signin-address", self.address),
            "signin-password": _named("signin-password", self.password),
            "signin-name": _named("signin-name", self.name),
            "signin-country": _named("signin-country", self.country),
            "signin-realm": self._site_menu.control,
            "signin-server": _named("signin-server", self.server),
        }
        self._writable = {
            "signin-guest": self.guest_name,
            "signin-address": self.address,
            "signin-password": self.password,
            "signin-name": self.name,
            "signin-country": self.country,
            "signin-server": self.server,
        }
        self.address.on_change = self._address_typed
        for field in self._writable.values():
            field.on_submit = self._submitted
        self._button = look.filled("", self._clicked)
        self._error = ft.Text("", color=look.ERROR, size=sizes.preview)
        nearer = ft.Container(self._error, padding=ft.Padding.only(bottom=6))
        self._error_box = ft.Semantics(
            identifier="form-error", container=True, live_region=True, content=nearer
        )
        self._fields = ft.Column(spacing=14, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
        self._kept_by_browser = ft.AutofillGroup(self._fields)
        self._start = ft.Semantics(
            identifier="btn-start-service",
            container=True,
            content=ft.OutlinedButton(words("start_it"), on_click=self._start_clicked),
        )
        self._start.visible = False
        self._tabs = {way: _Tab(way, words, self._way_chosen) for way in _WAYS}
        self._tab_row = ft.Row([tab.control for tab in self._tabs.values()], spacing=8, wrap=True)
        self._draw()
        self.show_error("")

    def _draw(self) -> None:
        """What is written in this way in, and at this site."""
        shown = {"signin-realm", *_WRITTEN[self._way]}
        if self._other:
            shown.add("signin-server")
        for name, control in self._named.items():
            control.visible = name in shown
        is_new = self._way == "register"
        self.password.autofill_hints = (
            ft.AutofillHint.NEW_PASSWORD if is_new else ft.AutofillHint.PASSWORD
        )
        self._button.content = self._words(_WAYS[self._way][1])
        self._draw_tabs()
        self._draw_site()

    def _draw_tabs(self) -> None:
        """Guests are asked in where there may be an open room."""
        room = self._other or self._way == "guest" or any(site.has_room for site in self._sites)
        for way, tab in self._tabs.items():
            tab.draw(chosen=way == self._way, shown=room or way != "guest")

    def _way_chosen(self, way: Way) -> None:
        self._way = way
        self.show_error("")
        self._draw()
        self.control.update()

    def _reveal_clicked(self, event: ft.Event[ft.IconButton]) -> None:
        """Flet's own button for it has no name, and no key gets there."""
        hidden = self.password.password = not self.password.password
        shown = ft.Icons.VISIBILITY_OUTLINED if hidden else ft.Icons.VISIBILITY_OFF_OUTLINED
        self._reveal.icon = ft.Icon(shown, size=20, color=look.TEXT2)
        self._reveal.tooltip = self._words("show_password" if hidden else "hide_password")
        show_changes(self.password)

    # --- the site --------------------------------------------------------------------------------

    def show_sites(self, sites: Sequence[Site]) -> None:
        """Where one could sign in, the usual site first. Nothing else is drawn."""
        self._sites = tuple(sites)
        if self._chosen is not None:
            self._chosen = next((s for s in sites if s.url == self._chosen.url), None)
        self._draw_site()
        self._draw_tabs()
        show_changes(self._site_menu.control)
        show_changes(self._tab_row)

    @property
    def _site(self) -> Site | None:
        """The one that is meant; None where only chat-cli knows which is usual."""
        if self._chosen is not None:
            return self._chosen
        if self._way == "guest":
            return next((site for site in self._sites if site.has_room), None)
        realm = (self.address.value or "").strip().lower().partition("@")[2]
        named = (site for site in self._sites if realm and site.realm == realm)
        return next(named, self._sites[0] if self._sites else None)

    def _draw_site(self) -> None:
        self._site_menu.draw(self._sites, self._site, other=self._other)

    def _site_chosen(self, site: Site | None) -> None:
        self._chosen, self._other = site, site is None
        self._draw()
        self.control.update()

    def _address_typed(self, event: ft.Event[ft.TextField]) -> None:
        """The site follows the address until somebody chooses one."""
        if self._chosen is None and not self._other and len(self._sites) > 1:
            self._draw_site()
            show_changes(self._site_menu.control)

    # --- the rest of the card --------------------------------------------------------------------

    def _scrolled(self) -> ft.Control:
        card = ft.Container(
            ft.Column(
                [
                    ft.Row(
                        [
                            ft.Text(
                                "realmchat",
                                size=self._sizes.of(24),
                                weight=look.BOLD,
                                color=look.TEXT,
                            ),
                            ft.Row(spacing=0, tight=True, controls=self._languages()),
                        ],
                        wrap=True,
                        alignment=ft.MainAxisAlignment.SPACE_BETWEEN,
                    ),
                    self._tab_row,
                    self._kept_by_browser,
                    self._start,
                    ft.Semantics(
                        identifier="btn-signin",
                        container=True,
                        content=self._button,
                    ),
                    *self._way_back(),
                ],
                spacing=18,
                tight=True,
                horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
            ),
            width=400,
            padding=24,
            bgcolor=look.SURFACE,
            border=ft.Border.all(1, look.LINE),
            border_radius=look.RADIUS_DIALOG,
        )
        return ft.Column(
            [ft.Container(card, padding=12)],
            scroll=ft.ScrollMode.AUTO,
            alignment=ft.MainAxisAlignment.CENTER,
            expand=True,
            horizontal_alignment=ft.CrossAxisAlignment.CENTER,
        )

    def _languages(self) -> list[ft.Control]:
        def button(code: str) -> ft.Control:
            async def choose(event: ft.Event[ft.TextButton]) -> None:
                await self._language_chosen(code)

            style = look.ringed(look.RADIUS_FIELD)
            is_chosen = code == self._words.language
            style.color = look.ACCENT if is_chosen else look.TEXT2
            button = ft.TextButton(
                code.upper(), style=style, tooltip=LANGUAGES[code], on_click=choose
            )
            return look.named(f"language-{code}", button, selected=is_chosen)

        return [button(code) for code in LANGUAGES]

    def _way_back(self) -> list[ft.Control]:
        if self._back is None:
            return []
        back = self._back

        async def clicked(event: ft.Event[ft.TextButton]) -> None:
            await back()

        return [ft.TextButton(self._words("back_to_chats"), on_click=clicked)]

    def show_error(self, text: str, *about: str, startable: bool = False) -> None:
        """Under the first of these fields that is there, else under all; with the button that
        starts chat-cli where that would help.
        """
        self._offer_to_keep(offer=False)
        self._error.value = text
        self._error_box.visible = bool(text)
        above = next((name for name in about if self._named[name].visible), None)
        shown = list(self._named.values())
        place = len(shown) if above is None else shown.index(self._named[above]) + 1
        shown.insert(place, self._error_box)
        self._fields.controls = [*shown]
        self._start.visible = startable
        self._button.disabled = False

    def tell_error(self, text: str, *about: str, startable: bool = False) -> None:
        """Show it, and let what it is about be written anew, or what was written last."""
        self.show_error(text, *about, startable=startable)
        self.control.update()
        usual = "signin-guest" if self._way == "guest" else "signin-password"
        wrong = next((name for name in about if self._is_written(name)), usual)
        self._writable[wrong].take_focus()

    def _is_written(self, name: str) -> bool:
        return name in self._writable and bool(self._named[name].visible)

    def _offer_to_keep(self, *, offer: bool) -> None:
        """The browser may keep address and password when the card goes: because they were right."""
        when_gone = ft.AutofillGroupDisposeAction
        self._kept_by_browser.dispose_action = when_gone.COMMIT if offer else when_gone.CANCEL

    async def _submitted(self, event: ft.Event[ft.TextField]) -> None:
        await self._ask()

    async def _clicked(self, event: ft.Event[ft.Button]) -> None:
        await self._ask()

    async def _start_clicked(self, event: ft.Event[ft.OutlinedButton]) -> None:
        await self._start_service()

    @property
    def _realm_url(self) -> str:
        if self._other:
            return (self.server.value or "").strip()
        site = self._site
        return "" if site is None else site.url

    async def _ask(self) -> None:
        """Once: who presses Enter and the button as well means the same."""
        if self._asking:
            return
        name = self.guest_name if self._way == "guest" else self.name
        form = Form(
            way=self._way,
            address=(self.address.value or "").strip(),
            password=self.password.value or "",
            realm_url=self._realm_url,
            name=(name.value or "").strip(),
            country=(self.country.value or "").strip(),
        )
        if missing := _missing(form):
            told, field = missing
            self.tell_error(self._words(told), field)
            return
        self.show_error("")
        self._offer_to_keep(offer=True)
        self._button.disabled = self._asking = True
        self.control.update()
        try:
            await self._asked(form)
        finally:
            self._asking = False


class _Tab:
    """A way in, to be chosen."""

    def __init__(self, way: Way, words: Words, choose: Callable[[Way], None]) -> None:
        self._button = ft.TextButton(words(_WAYS[way][0]), on_click=lambda _: choose(way))
        self._named = _named(f"tab-{way}", self._button)
        # Else what is chosen would be said of nothing that has the focus.
        self.control = ft.MergeSemantics(self._named)

    def draw(self, *, chosen: bool, shown: bool) -> None:
        style = look.ringed(look.RADIUS_FIELD, look.SELECTED if chosen else None)
        style.padding = ft.Padding.symmetric(horizontal=14, vertical=8)
        style.visual_density = ft.VisualDensity.STANDARD
        style.color = look.ON_SELECTED if chosen else look.TEXT2
        self._button.style = style
        self._named.selected, self.control.visible = chosen, shown


def _named(identifier: str, control: ft.Control) -> ft.Semantics:
    return ft.Semantics(identifier=identifier, content=control)


def _missing(form: Form) -> tuple[str, str] | None:
    """The words that ask for what is needed and wasn't written, and its field."""
    if form.way == "guest":
        return None if form.name else ("guest_name_needed", "signin-guest")
    if not form.address:
        return "address_needed", "signin-address"
    return None if form.password else ("password_needed", "signin-password")
