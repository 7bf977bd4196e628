"""The rows of a conversation as controls."""

from collections.abc import Callable

import flet as ft

from frontend.service.shapes import Message
from frontend.views import look
from frontend.views.avatar import avatar, guest_chip, realm_chip, tick
from frontend.views.between_messages import day, new_line, scroll_key, system
from frontend.views.doing import Done, Entry, bound, clicked
from frontend.views.files import (
    WIDTH,
    OnItsWay,
    draw_file,
    file_entries,
    upload_entries,
)
from frontend.views.look import isolated
from frontend.views.manner import Deeds, Doing, Manner
from frontend.views.marked import draw_marked
from frontend.views.message_menu import MessageMenu
from frontend.views.one_stop import pressable_text
from frontend.views.still import Still, show_changes
from frontend.window import markdown
from frontend.window.identity import colour_index, is_guest, realm_of
from frontend.window.listing import UNTAKEN, state_words
from frontend.window.rows import BubbleRow, DayRow, NewRow, Row, SystemRow
from frontend.window.uploads import is_moving, shortened

_SHORT_CHARACTERS, _SHORT_CHARACTERS_NARROW = 48, 32
_FACE = 32
_MOST_LINKS, _LINK_CHARACTERS = 6, 50
"""In a menu."""


class DrawnRow:
    """A row and its control. A message's menu stays while the message gets further: in one that was
    made anew meanwhile, what is chosen is lost.
    """

    def __init__(self, row: Row, manner: Manner, deeds: Deeds) -> None:
        self.row = row
        self._deeds = deeds
        self._moving: OnItsWay | None = None
        self._box: ft.Container | None = None
        self._lines: ft.Column | None = None
        self._named: ft.Semantics | None = None
        self._face = ft.Container(width=_FACE)
        self.menu: MessageMenu | None = None
        match row:
            case DayRow():
                self.control = Still(day(row, manner))
            case NewRow():
                self.control = Still(new_line(manner))
            case SystemRow():
                self.control = Still(system(row, manner))
            case BubbleRow():
                self._moving = _on_its_way(row, manner, deeds)
                self.menu = self._menu(row, manner)
                self._box = _box(row, manner, deeds, self._moving)
                self._face.content = _disc(row)
                line = _line(row, self._box, self._face, manner, self.menu)
                below = _below(row, manner, deeds)
                if row.own or below:
                    self._lines = _with_below(line, below)
                self._named = _named(row, self._lines or line, manner)
                self.control = Still(self._named, padding=_padding(row, manner))

    def ring(self, hit: bool) -> None:
        """Let it be seen that it is chosen; a hit of a search also by its colour."""
        if self._box is not None:
            self._box.foreground_decoration = ft.BoxDecoration(
                border=ft.Border.all(2, look.ACCENT),
                border_radius=self._box.border_radius,
                bgcolor=ft.Colors.with_opacity(0.25, look.HIT) if hit else None,
            )

    def unring(self) -> None:
        if self._box is not None:
            self._box.foreground_decoration = None

    def shows(self, row: Row, manner: Manner) -> bool:
        """Whether it shows this row, or can without being made anew."""
        if self._moving is None:
            return self.row == row or self._gets_further(row, manner)
        was = self.row
        if not (isinstance(row, BubbleRow) and isinstance(was, BubbleRow) and row.upload):
            return False
        self.row = row
        shown = row.begins == was.begins and self._moving.show(row.upload, linked=manner.linked)
        if shown:
            show_changes(self.control)
        return shown

    def _gets_further(self, row: Row, manner: Manner) -> bool:
        """Whether it is the same message in the same place; its state and time, and what
        its sender is called, change in it.
        """
        was, box, named = self.row, self._box, self._named
        if not (isinstance(was, BubbleRow) and isinstance(row, BubbleRow)):
            return False
        if box is None or named is None:
            return False
        if row.upload is not None or (row.own, row.begins) != (was.own, was.begins):
            return False
        below = _below(row, manner, self._deeds)
        if self._lines is not None:
            self._lines.controls[1:] = below
        elif below:
            return False
        self.row, named.label = row, manner.who(row)
        if row.initials != was.initials:
            self._face.content = _disc(row)
        box.content, box.bgcolor = _inside(row, manner, self._deeds, None), _fill(row)
        show_changes(self.control)
        return True

    def _menu(self, row: BubbleRow, manner: Manner) -> MessageMenu:
        """Of the message as it is when something is chosen."""

        def with_message(does: Doing) -> Done:
            async def done() -> None:
                if isinstance(self.row, BubbleRow):
                    await does(self.row.message)

            return done

        def entries() -> list[Entry]:
            return [
                *_own_entries(self.row, manner, deeds, with_message),
                (words("copy"), with_message(deeds.copy)),
                (words("message_info"), with_message(deeds.info)),
            ]

        words, deeds = manner.words, self._deeds
        return MessageMenu(f"menu-{row.message.key}", words("message_actions"), entries)


def _own_entries(
    row: Row, manner: Manner, deeds: Deeds, with_message: Callable[[Doing], Done]
) -> list[Entry]:
    """What buttons and links in the bubble do."""
    if not isinstance(row, BubbleRow):
        return []
    message, words = row.message, manner.words
    if row.upload is not None:
        return upload_entries(row.upload, words, deeds.files)
    if message.file is not None:
        return file_entries(message.file, words, deeds.files)
    entries = [
        (words("open_link", url=shortened(url, _LINK_CHARACTERS)), bound(deeds.open_link, url))
        for url in markdown.links(message.text)[:_MOST_LINKS]
    ]
    if markdown.is_long(message.text):
        entries.append((_all(message, manner), with_message(deeds.show_all)))
    if _may_edit(message):
        entries.append((words("edit_again"), with_message(deeds.edit)))
    return entries


def _on_its_way(row: BubbleRow, manner: Manner, deeds: Deeds) -> OnItsWay | None:
    if row.upload is None:
        return None
    moving = OnItsWay(
        *(row.message, row.upload, manner.sizes, manner.words, deeds.files), _file_width(manner)
    )
    moving.show(row.upload, linked=manner.linked)
    return moving


def _file_width(manner: Manner) -> int:
    """The same on its way and sent."""
    return 240 if manner.narrow else WIDTH


def _box(row: BubbleRow, manner: Manner, deeds: Deeds, moving: OnItsWay | None) -> ft.Container:
    """The bubble itself."""
    compact = manner.sizes.compact
    return ft.Container(
        content=_inside(row, manner, deeds, moving),
        padding=ft.Padding.symmetric(horizontal=12, vertical=2 if compact else 6),
        bgcolor=_fill(row),
        border=None if row.own or compact else ft.Border.all(1, look.LINE),
        border_radius=_corners(row),
    )


def _with_below(line: ft.Row, below: list[ft.Control]) -> ft.Column:
    stretched = ft.CrossAxisAlignment.STRETCH
    return ft.Column([line, *below], spacing=2, horizontal_alignment=stretched)


def _named(row: BubbleRow, shown: ft.Control, manner: Manner) -> ft.Semantics:
    """The whole row."""
    return ft.Semantics(
        identifier=f"msg-{row.message.key}",
        container=True,
        label=manner.who(row),
        content=shown,
        key=scroll_key(row),
    )


def _padding(row: BubbleRow, manner: Manner) -> ft.Padding:
    above = (4 if row.begins else 1) if manner.sizes.compact else _gap(row)
    return ft.Padding.only(top=above)


def _gap(row: BubbleRow) -> int:
    return 10 if row.begins else 2


def _disc(row: BubbleRow) -> ft.Control | None:
    """The sender's, where a group begins."""
    return avatar("private", row.message.sender, row.initials, _FACE) if row.begins else None


def _line(
    row: BubbleRow, box: ft.Container, face: ft.Control, manner: Manner, menu: MessageMenu
) -> ft.Row:
    """One's own at the right, others' at the left, in groups with their discs. In compact rows all
    at the left, over the whole column; one's own are told by their tint.
    """
    if manner.sizes.compact:
        box.expand = True
        return ft.Row([box, menu.control], spacing=2)
    parts: list[ft.Control] = [ft.Container(box, expand=2, expand_loose=True), menu.control]
    if not manner.narrow:
        parts.append(ft.Container(expand=1))
    if row.own:
        parts.reverse()
    elif manner.kind != "private":
        parts.insert(0, face)
    return ft.Row(
        parts,
        spacing=6 if not row.own else 2,
        alignment=ft.MainAxisAlignment.END if row.own else ft.MainAxisAlignment.START,
        vertical_alignment=ft.CrossAxisAlignment.START,
    )


def _fill(row: BubbleRow) -> str:
    if row.message.state in UNTAKEN:
        return look.ERROR_BACKGROUND
    return look.OWN if row.own else look.THEIRS


def _corners(row: BubbleRow) -> ft.BorderRadius:
    """The corner on the sender's side is sharp within a group."""
    wide, sharp = look.RADIUS_BUBBLE, 4
    inner = wide if row.begins else sharp
    if row.own:
        return ft.BorderRadius(wide, inner, wide, wide)
    return ft.BorderRadius(inner, wide, wide, wide)


def is_short(text: str, *, narrow: bool, percent: int = 100) -> bool:
    """Whether it has its time beside it, in letters of that size."""
    most = _SHORT_CHARACTERS_NARROW if narrow else _SHORT_CHARACTERS
    return len(text) * percent <= most * 100


def _inside(row: BubbleRow, manner: Manner, deeds: Deeds, moving: OnItsWay | None) -> ft.Control:
    message = row.message
    parts: list[ft.Control] = []
    if row.begins and not row.own and manner.kind != "private":
        parts.append(_sender(row, manner))
    foot = _foot(row, manner)
    text = message.text
    brief = (
        (is_short(text, narrow=manner.narrow, percent=manner.sizes.percent) or manner.sizes.compact)
        and "\n" not in text
        and not markdown.has_marks(text)
        and message.file is None
    )
    if brief:
        line = ft.Row(
            [_text(message, manner, deeds, flexible=True), foot],
            spacing=10,
            tight=not manner.sizes.compact,
            vertical_alignment=ft.CrossAxisAlignment.END,
        )
        return ft.Column([*parts, line], spacing=2, tight=True) if parts else line
    if moving is not None:
        body: list[ft.Control] = [moving.control]
    elif message.file is not None:
        width = _file_width(manner)
        body = [draw_file(message.file, manner.sizes, manner.words, deeds.files, width)]
    else:
        body = [_text(message, manner, deeds, flexible=False)]
    if message.file is None and markdown.is_long(text):
        body.append(_show_all(message, manner, deeds))
    body.append(foot)
    # The foot stands at the right of the text, and the name at its left.
    ended = ft.Column(body, spacing=2, tight=True, horizontal_alignment=ft.CrossAxisAlignment.END)
    return ft.Column([*parts, ended], spacing=2, tight=True) if parts else ended


def _sender(row: BubbleRow, manner: Manner) -> ft.Control:
    """Nothing of the name is cut off: its end may tell one messi from the other."""
    sender, chip_size = row.message.sender, manner.sizes.meta
    name = ft.Text(
        isolated(row.name),
        size=manner.sizes.name,
        weight=look.BOLD,
        color=look.IDENTITY[colour_index("user", sender)],
    )
    chips: list[ft.Control] = []
    if realm_of(sender) != manner.realm:
        chips.append(realm_chip(realm_of(sender), chip_size))
    if is_guest(sender):
        chips.append(guest_chip(manner.words("guest"), chip_size))
    if not chips:
        return name
    name.expand = name.expand_loose = True
    return ft.Row([name, *chips], spacing=6, tight=True)


def _text(message: Message, manner: Manner, deeds: Deeds, *, flexible: bool) -> ft.Control:
    text = message.text
    shown = markdown.beginning(text) if markdown.is_long(text) else text
    if not markdown.has_marks(shown):
        return ft.Text(
            isolated(shown),
            size=manner.sizes.message,
            color=look.TEXT,
            expand=flexible,
            expand_loose=flexible and not manner.sizes.compact,
        )
    return draw_marked(shown, manner.sizes, deeds.open_link)


def _show_all(message: Message, manner: Manner, deeds: Deeds) -> ft.Control:
    asked = clicked(bound(deeds.show_all, message))
    return pressable_text(f"all-{message.key}", _all(message, manner), manner.sizes.name, asked)


def _all(message: Message, manner: Manner) -> str:
    size = f"{max(1, len(message.text.encode()) // 1024)} KiB"
    return manner.words("show_all", size=size)


def _foot(row: BubbleRow, manner: Manner) -> ft.Control:
    clock = ft.Text(
        manner.clock(row.message), size=manner.sizes.meta, color=look.TEXT2, no_wrap=True
    )
    if not row.own or (row.upload is not None and not is_moving(row.upload)):
        return clock
    state = row.message.state
    mark = ft.Semantics(
        identifier=f"tick-{row.message.key}",
        container=True,
        content=tick(state, state_words(row.message, manner.words), manner.sizes.of(16)),
    )
    return ft.Row([clock, mark], spacing=3, tight=True)


def _below(row: BubbleRow, manner: Manner, deeds: Deeds) -> list[ft.Control]:
    """The state in words, and what can be done about a refusal."""
    message = row.message
    refused = message.state in UNTAKEN and row.upload is None
    if not (row.tells_state or refused):
        return []
    words = ft.Text(
        state_words(message, manner.words),
        size=manner.sizes.meta,
        color=look.ERROR if refused else look.TEXT2,
        text_align=ft.TextAlign.END,
    )
    parts: list[ft.Control] = [ft.Row([words], alignment=ft.MainAxisAlignment.END, wrap=True)]
    if _may_edit(message):
        edit = clicked(bound(deeds.edit, message))
        text = manner.words("edit_again")
        button = pressable_text(f"edit-{message.key}", text, manner.sizes.name, edit)
        parts.append(ft.Row([button], alignment=ft.MainAxisAlignment.END))
    return parts


def _may_edit(message: Message) -> bool:
    return message.state == "refused" and message.file is None
