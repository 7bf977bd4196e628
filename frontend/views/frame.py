"""Where the parts of the window stand: the list with its head and status line, and the pane."""

from collections.abc import Sequence

import flet as ft

from frontend.views import look
from frontend.views.account_head import AccountHead
from frontend.views.avatar import avatar, realm_chip
from frontend.views.command_card import draw_card
from frontend.views.composer import Composer
from frontend.views.conversation_list import ConversationList
from frontend.views.details import open_room_note
from frontend.views.doing import Doings, Done, clicked
from frontend.views.look import Sizes, isolated
from frontend.views.message_pane import MessagePane
from frontend.views.status_line import LINK_ICONS, StatusLine
from frontend.views.still import Still, Told, is_on_page, show_changes
from frontend.window.heading import Head
from frontend.window.layout import DETAILS, Layout
from frontend.window.listing import LinkWords
from frontend.window.words import Words


class Frame:
    """Made once for an account; `draw_…` change what it shows."""

    def __init__(
        self,
        doings: Doings,
        conversations: ConversationList,
        pane: MessagePane,
        composer: Composer,
    ) -> None:
        self._doings = doings
        self._conversations = conversations
        self._pane = pane
        self._composer = composer
        self._words = Words("en")
        self._sizes = Sizes()
        self._account: AccountHead | None = None
        self._list_head = ft.Container(height=look.HEADER, padding=_sides(8))
        self._status = StatusLine(doings.start_service)
        self._chat_head = ft.Container(
            height=look.HEADER,
            padding=_sides(12),
            bgcolor=look.SURFACE,
            border=ft.Border.only(bottom=ft.BorderSide(1, look.LINE)),
        )
        self._strip = ft.Container(visible=False, top=0, left=0, right=0)
        self._room = ft.Semantics(identifier="open-room", container=True, visible=False)
        self._typing = ft.Text("", color=look.TEXT2, italic=True)
        self._typing_slot = ft.Container(self._typing, padding=_sides(20))
        self._spoken = ft.Text("", size=1, color=ft.Colors.TRANSPARENT)
        self._card = ft.Container(visible=False)
        self._writing = ft.Container(
            ft.Column([self._card, composer.control], spacing=8),
            padding=ft.Padding.only(left=16, right=16, bottom=12),
        )
        self._list_side = self._make_list_side()
        self._chat_side = self._make_chat_side()
        self._nothing = ft.Container(expand=True, alignment=ft.Alignment.CENTER)
        self._details: ft.Container | None = None
        self.is_at_details = False
        """The focus is at the button for them."""
        self._narrow = False
        self._told = Told()
        self._row = ft.Row(spacing=0, expand=True)
        self.control = Still(self._row, expand=True, bgcolor=look.BACKGROUND)

    def _make_list_side(self) -> ft.Container:
        line = ft.Container(height=1, bgcolor=look.LINE)
        return ft.Container(
            ft.Column(
                [
                    # Tab goes by the place: at this height, to the list before the chat's head.
                    ft.Stack(
                        [
                            self._list_head,
                            ft.Container(self._conversations.stop, right=0, top=look.HEADER / 2),
                        ]
                    ),
                    self._conversations.control,
                    line,
                    self._status.control,
                ],
                spacing=0,
            ),
            bgcolor=look.SURFACE,
        )

    def _make_chat_side(self) -> ft.Container:
        typing = ft.Semantics(
            identifier="typing",
            container=True,
            content=self._typing_slot,
        )
        live = ft.Semantics(
            identifier="live", container=True, live_region=True, content=self._spoken
        )
        parts = ft.Column(
            [
                self._chat_head,
                self._room,
                ft.Stack(
                    [self._pane.control, self._strip, self._composer.suggestions], expand=True
                ),
                ft.Row([typing, live], spacing=0),
                self._writing,
            ],
            spacing=0,
        )
        return ft.Container(
            # What comes beside it puts a screen reader's page in another order, and what is moved
            # there loses the focus. Within a container nothing is.
            ft.Semantics(identifier="chat", container=True, content=parts),
            expand=True,
            bgcolor=look.BACKGROUND,
        )

    # --- how it is arranged ----------------------------------------------------------------------

    def arrange(self, layout: Layout, *, chat_open: bool) -> None:
        """List and chat beside each other, or the one that is meant."""
        if not self._told.is_new("arranged", layout, chat_open, self._details):
            return
        self._arrange(layout, chat_open=chat_open)
        show_changes(self.control)

    def _arrange(self, layout: Layout, *, chat_open: bool) -> None:
        self._pane.set_margin(layout.margin)
        self._narrow = layout.narrow
        side = 12 if layout.narrow else layout.margin
        self._writing.padding = ft.Padding.only(left=side, right=side, bottom=12)
        self._composer.suggestions.left = self._composer.suggestions.right = side
        edge = ft.Border.only(right=ft.BorderSide(1, look.LINE))
        self._list_side.border = None if layout.narrow else edge
        if layout.narrow:
            self._list_side.width = None
            self._list_side.expand = True
            self._row.controls = [self._chat_side if chat_open else self._list_side]
            return
        self._list_side.expand = None
        self._list_side.width = layout.list_width
        shown: list[ft.Control] = [
            self._list_side,
            self._chat_side if chat_open else self._nothing,
        ]
        if self._details is not None and chat_open and layout.docks:
            shown.append(self._details)
        self._row.controls = shown

    def draw_details(self, content: ft.Control | None) -> None:
        """Beside the chat, from the next `arrange` on."""
        if content is None:
            self._details = None
            return
        if self._details is not None and self._details.content is content:
            return
        self._details = ft.Container(
            content,
            width=DETAILS,
            padding=16,
            bgcolor=look.SURFACE,
            border=ft.Border.only(left=ft.BorderSide(1, look.LINE)),
        )

    def restyle(self, sizes: Sizes, words: Words) -> None:
        self._words, self._sizes = words, sizes
        self._told.forget()
        self._typing.size, self._typing_slot.height = sizes.meta, sizes.of(18)
        self._list_head.height = sizes.of(look.HEADER)
        self._room.content = ft.Container(
            open_room_note(sizes, words), padding=ft.Padding.symmetric(horizontal=12, vertical=6)
        )
        self._restyle_chat_head()
        self._nothing.content = ft.Column(
            [
                ft.Icon(ft.Icons.FORUM_OUTLINED, size=48, color=look.OUTLINE),
                ft.Text(words("choose_chat"), size=sizes.title, color=look.TEXT2),
                ft.Text(words("choose_chat_hint"), size=sizes.preview, color=look.TEXT2),
            ],
            alignment=ft.MainAxisAlignment.CENTER,
            horizontal_alignment=ft.CrossAxisAlignment.CENTER,
            spacing=8,
        )

    def _restyle_chat_head(self) -> None:
        back, about = self._doings.back, self._doings.details
        self._back = look.icon_button(
            ft.Icons.ARROW_BACK_ROUNDED, self._words("back"), "chat-back", clicked(back)
        )
        self._face = ft.Container()
        # With a level it is always a heading; else its name is lost when it becomes another role.
        self._title = ft.Semantics(
            identifier="chat-title", container=True, heading_level=2, expand=True
        )
        self._about = look.bare_icon_button(
            ft.Icons.INFO_OUTLINE_ROUNDED, self._words("details"), clicked(about)
        )
        self._about.on_focus = lambda _: self._told_of_details(True)
        self._about.on_blur = lambda _: self._told_of_details(False)
        self.is_at_details = False
        button = look.named("btn-details", self._about)
        self._chat_head.content = ft.Row([self._back, self._face, self._title, button], spacing=10)

    def _told_of_details(self, has_focus: bool) -> None:
        self.is_at_details = has_focus

    async def focus_details(self) -> None:
        """The last stop before the messages."""
        if is_on_page(self._about):
            await self._about.focus()  # type: ignore[no-untyped-call]  # of Flet's

    # --- the list's head and status line ---------------------------------------------------------

    def draw_accounts(self, me: str, initials: str, others: list[tuple[str, int]]) -> None:
        """Whose window it is, and the other accounts with what is unread there."""
        if self._told.is_new("account", me):
            self._account = AccountHead(me, self._sizes, self._words, self._doings)
            self._list_head.content = self._account.control
        if self._account is not None and self._told.is_new("others", me, initials, tuple(others)):
            self._account.tell(initials, others)
            show_changes(self._list_head)

    def draw_link(self, link: LinkWords, *, hidden: bool) -> None:
        """In the status line always; over the pane's upper edge while something is wrong."""
        if not self._told.is_new("link", link, hidden):
            return
        self._status.tell(link, self._sizes, self._words)
        icon, _ = LINK_ICONS[link.state]
        self._strip.visible = bool(link.strip) and not hidden
        self._strip.content = ft.Semantics(
            identifier="link-strip",
            container=True,
            content=ft.Container(
                ft.Row(
                    [
                        ft.Icon(icon, size=18, color=look.WARN),
                        ft.Text(
                            link.strip,
                            size=self._sizes.preview,
                            color=look.WARN,
                            expand=True,
                        ),
                        look.icon_button(
                            ft.Icons.CLOSE_ROUNDED,
                            self._words("hide"),
                            "btn-hide-strip",
                            clicked(self._doings.hide_strip),
                        ),
                    ],
                    spacing=10,
                ),
                bgcolor=look.WARN_BACKGROUND,
                padding=ft.Padding.only(left=16, right=4, top=2, bottom=2),
            ),
        )
        show_changes(self._strip)

    # --- the open conversation -------------------------------------------------------------------

    def draw_head(self, head: Head, *, narrow: bool, link: LinkWords) -> None:
        """Its buttons stay, with their focus, whoever comes and goes."""
        if self._told.is_new("room", head.kind == "room"):
            self._room.visible = head.kind == "room"
            show_changes(self._room)
        below = link.line if narrow and link.strip else head.below
        if not self._told.is_new("head", head, narrow, below):
            return
        warns = narrow and bool(link.strip)
        self._back.visible = narrow
        self._face.content = avatar(head.kind, head.address, head.initials, 36, head.presence)
        self._title.content = ft.Column(
            self._titled(head, below, look.WARN if warns else look.TEXT2, narrow=narrow),
            spacing=0,
            alignment=ft.MainAxisAlignment.CENTER,
            tight=narrow,
        )
        self._chat_head.height = None if narrow else self._sizes.of(look.HEADER)
        self._chat_head.padding = ft.Padding.symmetric(horizontal=12, vertical=8 if narrow else 0)
        show_changes(self._chat_head)

    def _titled(self, head: Head, below: str, colour: str, *, narrow: bool) -> list[ft.Control]:
        """Who it is, of which site, and what is known of them. A narrow window cuts none of it: it
        takes as many lines as that needs.
        """
        name = ft.Text(
            isolated(head.name),
            size=self._sizes.of(16),
            weight=look.BOLD,
            color=look.TEXT,
            no_wrap=not narrow,
            max_lines=3 if narrow else 1,
            overflow=ft.TextOverflow.ELLIPSIS,
            tooltip=head.address,
        )
        chip = realm_chip(head.realm, self._sizes.meta)
        told = ft.Text(
            below,
            size=self._sizes.meta,
            color=colour,
            max_lines=None if narrow else 1,
            # With an ellipsis a text of no number of lines has one.
            overflow=ft.TextOverflow.CLIP if narrow else ft.TextOverflow.ELLIPSIS,
        )
        if narrow:
            return [name, ft.Row([chip, told], spacing=6, run_spacing=2, wrap=True)]
        name.expand = name.expand_loose = True
        return [ft.Row([name, chip], spacing=8), told]

    def draw_typing(self, text: str) -> None:
        if self._typing.value != text:
            self._typing.value = text
            show_changes(self._typing)

    def say(self, text: str) -> None:
        """For a screen reader, in the open chat; it says only what is another text than before."""
        again = self._spoken.value == text
        self._spoken.value = f"{text}\u200b" if again else text
        show_changes(self._spoken)

    def show_card(
        self, title: str, told: Sequence[str], buttons: Sequence[tuple[str, Done]]
    ) -> None:
        """What a command came to: only the person sees it, until it is shut."""
        self._card.content = draw_card(
            *(title, told, buttons, self._sizes, self._words, self._shut_card), narrow=self._narrow
        )
        self._card.visible = True
        show_changes(self._card)
        self._doings.say("\n".join([*told[:_SPOKEN_LINES], *(text for text, _ in buttons)]))

    async def _shut_card(self) -> None:
        """The button has gone with it, and the focus would be nowhere."""
        self.hide_card()
        if not self._narrow:
            self._composer.focus()

    def hide_card(self) -> None:
        if self._card.visible:
            self._card.visible = False
            show_changes(self._card)


_SPOKEN_LINES = 20
"""Of what a command came to; all of it can be read in its card."""


def _sides(pixels: int) -> ft.Padding:
    return ft.Padding.symmetric(horizontal=pixels)
