"""The head of the list: whose window it is, the other accounts, and what can be begun from here."""

from collections.abc import Sequence

import flet as ft

from frontend.views import look
from frontend.views.avatar import avatar
from frontend.views.doing import Doings, bound, clicked, item, watched
from frontend.views.look import Sizes, isolated
from frontend.window.identity import is_guest
from frontend.window.words import Words


class AccountHead:
    """The same menus while its window stays as it is: what is chosen in one counts only while its
    button and its item are there. A guest begins nothing.
    """

    def __init__(self, me: str, sizes: Sizes, words: Words, doings: Doings) -> None:
        self._switch = doings.switch
        self._others: dict[str, ft.PopupMenuItem] = {}
        self._own = [
            item(words("add_account"), doings.add_account),
            item(words("settings"), doings.settings),
            item(words("keys"), doings.keys),
            item(words("sign_out"), doings.sign_out),
        ]
        self._me, self._initials = me, ""
        self._face = ft.Container()
        self._menu = watched(_account_menu(me, self._face, sizes, words), doings.in_menu)
        account = look.named("account-menu", self._menu)
        account.expand = True
        new = look.named("btn-new", watched(_new_menu(words, doings), doings.in_menu))
        new.visible = not is_guest(me)
        self.control = ft.Row(
            [
                account,
                look.icon_button(
                    ft.Icons.SEARCH_ROUNDED,
                    words("search"),
                    "btn-search",
                    clicked(doings.search),
                ),
                new,
            ],
            spacing=0,
        )

    def tell(self, initials: str, others: Sequence[tuple[str, int]]) -> None:
        """One's own initials, and the other accounts, each with what is unread there."""
        if initials != self._initials:
            self._initials = initials
            self._face.content = avatar("private", self._me, initials, 32)
        for address, unread in others:
            if address not in self._others:
                self._others[address] = item("", bound(self._switch, address))
            self._others[address].content = f"{address} ({unread})" if unread else address
        self._menu.items = [*(self._others[address] for address, _ in others), *self._own]


def _account_menu(me: str, face: ft.Control, sizes: Sizes, words: Words) -> ft.PopupMenuButton:
    """Its tooltip says all of it; what stands in it isn't said again."""
    name, _, realm = me.partition("@")
    style = look.ringed(look.RADIUS_FIELD)
    style.padding = ft.Padding.symmetric(horizontal=4)
    return ft.PopupMenuButton(
        # As an icon, and not as content, it has the ring of a button.
        icon=ft.Semantics(
            exclude_semantics=True,
            content=ft.Row(
                [
                    face,
                    ft.Column(
                        [
                            ft.Text(
                                isolated(name),
                                size=sizes.name,
                                weight=look.BOLD,
                                color=look.TEXT,
                                no_wrap=True,
                                overflow=ft.TextOverflow.ELLIPSIS,
                            ),
                            ft.Text(realm, size=sizes.meta, color=look.TEXT2),
                        ],
                        spacing=0,
                        expand=True,
                        alignment=ft.MainAxisAlignment.CENTER,
                    ),
                    ft.Icon(ft.Icons.EXPAND_MORE_ROUNDED, size=18, color=look.TEXT2),
                ],
                spacing=8,
            ),
        ),
        style=style,
        tooltip=words("account_menu", name=me),
    )


def _new_menu(words: Words, doings: Doings) -> ft.PopupMenuButton:
    return ft.PopupMenuButton(
        icon=ft.Icon(
            ft.Icons.ADD_ROUNDED,
            size=22,
            color=look.TEXT2,
        ),
        tooltip=words("new_chat"),
        items=[
            item(words("new_chat"), doings.new_chat),
            item(words("new_group"), doings.new_group),
            item(words("join_group"), doings.new_chat),
        ],
    )
