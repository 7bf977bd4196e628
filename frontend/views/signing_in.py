"""The card on which people sign in, make an account, or enter an open room as a guest. Errors
stand under what they are about.

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
from frontend.window.words import LANGUAGES, Words

_SITE_ICONS = {
    "site_connected": (ft.Icons.CLOUD_DONE_OUTLINED, look.OK),
    "site_cut_off": (ft.Icons.WARNING_AMBER_ROUNDED, look.WARN),
    "site_unanswering": (ft.Icons.CLOUD_OFF_OUTLINED, look.ERROR),
}


def _state(site: Site) -> str:
    """The name of the words for it."""
    if not site.reachable:
        return "site_unanswering"
    return "site_connected" if site.linked else "site_cut_off"


Way = Literal["signin", "register", "guest"]
_WAYS: dict[Way, tuple[str, str]] = {
    "signin": ("sign_in", "sign_in"),
    "register": ("create_account", "create_account"),
    "guest": ("as_guest", "enter_room"),
}
"""The words of the tab, and of the button, of each way in."""


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
    """`asked` is told of a form that is complete."""

    def __init__(
        self,
        words: Words,
        *,
        asked: Callable[[Form], Awaitable[None]],
        language_chosen: Callable[[str], Awaitable[None]],
        start_service: Callable[[], Awaitable[None]],
        back: Callable[[], Awaitable[None]] | None,
    ) -> None:
        self._words = words
        self._asked = asked
        self._language_chosen = language_chosen
        self._start_service = start_service
        self._back = back
        self._way: Way = "signin"
        self._sites: tuple[Site, ...] = ()
        self._chosen: Site | None = None
        self._other = False
        self._make_fields()
        self.control = ft.Container(
            ft.Row([self._scrolled()], alignment=ft.MainAxisAlignment.CENTER),
            expand=True,
            bgcolor=look.BACKGROUND,
        )

    def _make_fields(self) -> None:
        words = self._words
        self.address = look.field(words("address"), hint=words("address_hint"), autofocus=True)
        self.password = look.field(words("password"), password=True)
        self.server = look.field(words("site_server"), hint="http://127.0.0.1:8000")
        self._site_menu = ft.Semantics(identifier="signin-realm", container=True)
        self._draw_site()
        self.name = look.field(words("full_name"))
        self.country = look.field(words("country"))
        self.guest_name = look.field(words("guest_name"), autofocus=True)
        self._room_note = ft.Semantics(
            identifier="guest-note", container=True, content=open_room_note(Sizes(), words)
        )
        self.address.on_change = self._address_typed
        for field in (
            *(self.address, self.password, self.server),
            *(self.name, self.country, self.guest_name),
        ):
            field.on_submit = self._submitted
        self._button = look.filled("", self._clicked)
        self._error = ft.Text("", color=look.ERROR, size=13)
        self._error_box = ft.Semantics(
            identifier="form-error", container=True, live_region=True, content=self._error
        )
        self._error_box.visible = False
        self._start = ft.Semantics(
            identifier="btn-start-service",
            container=True,
            content=ft.OutlinedButton(words("start_it"), on_click=self._start_clicked),
        )
        self._start.visible = False
        self._fields = ft.Column(spacing=14, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
        self._tabs = ft.Row(spacing=8, wrap=True)
        self._arrange()

    def _arrange(self) -> None:
        def named(identifier: str, control: ft.Control) -> ft.Control:
            return ft.Semantics(identifier=identifier, content=control)

        if self._way == "guest":
            shown: list[ft.Control] = [self._room_note, named("signin-guest", self.guest_name)]
        else:
            shown = [named("signin-address", self.address), named("signin-password", self.password)]
        if self._way == "register":
            shown.append(named("signin-name", self.name))
            shown.append(named("signin-country", self.country))
        shown.append(self._site_menu)
        if self._other:
            shown.append(named("signin-server", self.server))
        self._fields.controls = shown
        self._draw_tabs()
        self._button.content = self._words(_WAYS[self._way][1])

    def _draw_tabs(self) -> None:
        """Guests are asked in where there may be an open room."""
        room = self._other or self._way == "guest" or any(site.has_room for site in self._sites)
        ways = [way for way in _WAYS if way != "guest" or room]
        self._tabs.controls = [self._tab(way) for way in ways]

    # --- the site --------------------------------------------------------------------------------

    def show_sites(self, sites: Sequence[Site]) -> None:
        """Where one could sign in, the usual site first. A menu stays open while it is true."""
        if self._sites == tuple(sites):
            return
        self._sites = tuple(sites)
        if self._chosen is not None:
            self._chosen = next((s for s in sites if s.url == self._chosen.url), None)
        self._draw_site()
        self._draw_tabs()

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
        words = self._words
        site = None if self._other else self._site
        if self._other:
            text, icon, colour = words("another_server"), ft.Icons.DNS_OUTLINED, look.TEXT2
        elif site is None:
            text, icon, colour = words("site_usual"), ft.Icons.PLACE_OUTLINED, look.TEXT2
        else:
            text, (icon, colour) = self._told(site), _SITE_ICONS[_state(site)]
        self._site_menu.label = words("site")
        style = look.ringed(look.RADIUS_FIELD)
        style.side = look.ring(rest=ft.BorderSide(1, look.OUTLINE))
        style.padding = ft.Padding.all(12)
        self._site_menu.content = ft.PopupMenuButton(
            # As an icon, and not as content, it has the ring of a button.
            icon=ft.Row(
                [
                    ft.Icon(icon, size=18, color=colour),
                    ft.Text(text, size=15, color=look.TEXT, expand=True, max_lines=2),
                    ft.Icon(ft.Icons.EXPAND_MORE_ROUNDED, size=18, color=look.TEXT2),
                ],
                spacing=10,
            ),
            style=style,
            tooltip=words("site"),
            items=[
                *(
                    self._item(self._told(site), site, _SITE_ICONS[_state(site)])
                    for site in self._sites
                ),
                self._item(words("another_server"), None, (ft.Icons.DNS_OUTLINED, look.TEXT2)),
            ],
        )

    def _told(self, site: Site) -> str:
        name = site.realm or site.url.partition("//")[2]
        return f"{name} · {self._words(_state(site))}"

    def _item(
        self, text: str, site: Site | None, icon: tuple[ft.IconData, str]
    ) -> ft.PopupMenuItem:
        def choose(event: ft.Event[ft.PopupMenuItem]) -> None:
            self._chosen, self._other = site, site is None
            self._draw_site()
            self._arrange()
            self.control.update()

        row = ft.Row(
            [ft.Icon(icon[0], size=18, color=icon[1]), ft.Text(text, color=look.TEXT)], spacing=10
        )
        return ft.PopupMenuItem(content=row, on_click=choose)

    def _address_typed(self, event: ft.Event[ft.TextField]) -> None:
        """The site follows the address until somebody chooses one."""
        if self._chosen is None and not self._other and len(self._sites) > 1:
            self._draw_site()
            self._site_menu.update()

    # --- the rest of the card --------------------------------------------------------------------

    def _tab(self, way: Way) -> ft.Control:
        def choose(event: ft.Event[ft.TextButton]) -> None:
            self._way = way
            self.show_error("")
            self._draw_site()
            self._arrange()
            self.control.update()

        chosen = way == self._way
        style = look.ringed(look.RADIUS_FIELD, look.SELECTED if chosen else None)
        style.padding = ft.Padding.symmetric(horizontal=14, vertical=8)
        style.color = look.ON_SELECTED if chosen else look.TEXT2
        text = self._words(_WAYS[way][0])
        return ft.Semantics(
            identifier=f"tab-{way}",
            container=True,
            selected=chosen,
            content=ft.TextButton(text, style=style, height=look.TARGET, on_click=choose),
        )

    def _scrolled(self) -> ft.Control:
        card = ft.Container(
            ft.Column(
                [
                    ft.Row(
                        [
                            ft.Text("realmchat", size=24, weight=look.BOLD, color=look.TEXT),
                            ft.Row(spacing=0, controls=self._languages()),
                        ],
                        alignment=ft.MainAxisAlignment.SPACE_BETWEEN,
                    ),
                    self._tabs,
                    self._fields,
                    self._error_box,
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
            style.color = look.ACCENT if code == self._words.language else look.TEXT2
            return ft.TextButton(
                code.upper(), style=style, tooltip=LANGUAGES[code], on_click=choose
            )

        return [button(code) for code in LANGUAGES]

    def _way_back(self) -> list[ft.Control]:
        if self._back is None:
            return []
        back = self._back

        async def clicked(event: ft.Event[ft.TextButton]) -> None:
            await back()

        return [ft.TextButton(self._words("back_to_chats"), on_click=clicked)]

    def show_error(self, text: str, *, startable: bool = False) -> None:
        """Under the fields; with the button that starts chat-cli where that would help."""
        self._error.value = text
        self._error_box.visible = bool(text)
        self._start.visible = startable
        self._button.disabled = False

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
            self.show_error(self._words(missing))
            self.control.update()
            return
        self.show_error("")
        self._button.disabled = True
        self.control.update()
        await self._asked(form)


def _missing(form: Form) -> str:
    """The words that ask for what is needed and wasn't written; empty where all of it was."""
    if form.way == "guest":
        return "" if form.name else "guest_name_needed"
    if not form.address:
        return "address_needed"
    return "" if form.password else "password_needed"
