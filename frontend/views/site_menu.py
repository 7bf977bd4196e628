"""The menu of the sites at which one may sign in. What is chosen is the card's to say."""

from collections.abc import Callable, Sequence

import flet as ft

from frontend.service.shapes import Site
from frontend.views import look
from frontend.views.look import Sizes
from frontend.window.words import Words

_ICONS = {
    "site_connected": (ft.Icons.CLOUD_DONE_OUTLINED, look.OK),
    "site_cut_off": (ft.Icons.WARNING_AMBER_ROUNDED, look.WARN),
    "site_unanswering": (ft.Icons.CLOUD_OFF_OUTLINED, look.ERROR),
    "site_usual": (ft.Icons.PLACE_OUTLINED, look.TEXT2),
    "another_server": (ft.Icons.DNS_OUTLINED, look.TEXT2),
}
"""By the name of the words beside it."""


class SiteMenu:
    """`chosen` is told of a site, or of None for a server that the person will name.

    The menu and the items of each site stay the same ones while they are told anew: Flutter forgets
    what is chosen in an open menu whose button was replaced, and Flet whose item was.
    """

    def __init__(self, words: Words, sizes: Sizes, chosen: Callable[[Site | None], None]) -> None:
        self._words = words
        self._chosen = chosen
        self._sites: dict[str, Site] = {}
        self._items: dict[str, _Item] = {}
        self._another = _Item(lambda: chosen(None))
        self._another.line.tell(words("another_server"), "another_server")
        self._line = _Line(
            ft.Text(size=sizes.message, color=look.TEXT, expand=True, max_lines=3),
            ft.Icon(ft.Icons.EXPAND_MORE_ROUNDED, size=18, color=look.TEXT2),
        )
        style = look.ringed(look.RADIUS_FIELD)
        style.side = look.ring(rest=ft.BorderSide(1, look.OUTLINE))
        style.padding = ft.Padding.all(12)
        self._menu = ft.PopupMenuButton(
            # As an icon, and not as content, it has the ring of a button.
            icon=self._line.control,
            style=style,
            tooltip=words("site"),
        )
        self.control = look.named("signin-realm", self._menu)

    def draw(self, sites: Sequence[Site], meant: Site | None, *, other: bool) -> None:
        """The site that is `meant`, None where chat-cli alone knows; or an `other` server."""
        if other:
            self._line.tell(self._words("another_server"), "another_server")
        elif meant is None:
            self._line.tell(self._words("site_usual"), "site_usual")
        else:
            self._line.tell(self._told(meant), _state(meant))
        self._sites = {site.url: site for site in sites}
        for site in sites:
            self._item(site.url).line.tell(self._told(site), _state(site))
        items = [self._item(url) for url in self._sites]
        self._menu.items = [item.control for item in (*items, self._another)]

    def _item(self, url: str) -> "_Item":
        if url not in self._items:
            self._items[url] = _Item(lambda: self._chosen(self._sites[url]))
        return self._items[url]

    def _told(self, site: Site) -> str:
        name = site.realm or site.url.partition("//")[2]
        return f"{name} · {self._words(_state(site))}"


class _Line:
    """An icon and a text that may become others."""

    def __init__(self, text: ft.Text, *behind: ft.Control) -> None:
        self._icon = ft.Icon(ft.Icons.PLACE_OUTLINED, size=18)
        self._text = text
        self.control = ft.Row([self._icon, text, *behind], spacing=10)

    def tell(self, text: str, state: str) -> None:
        self._text.value = text
        self._icon.icon, self._icon.color = _ICONS[state]


class _Item:
    """One line of the open menu."""

    def __init__(self, take: Callable[[], None]) -> None:
        self.line = _Line(ft.Text(color=look.TEXT))
        self.control = ft.PopupMenuItem(content=self.line.control, on_click=lambda _: take())


def _state(site: Site) -> str:
    """The name of the words for it."""
    if not site.reachable:
        return "site_unanswering"
    return "site_connected" if site.linked else "site_cut_off"
