"""Who a conversation is with, and what can be done about it: beside the messages, or over them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import flet as ft

from frontend.service.shapes import Member
from frontend.views import look
from frontend.views.avatar import avatar, face_of, guest_chip
from frontend.views.doing import Done, clicked, item, watched
from frontend.views.look import Sizes, isolated
from frontend.window.governing import Rights
from frontend.window.identity import is_guest, name_of
from frontend.window.words import Words
from realm_protocol.rooms import GUEST_ENDING

_SHOWN_MEMBERS = 200


@dataclass(frozen=True)
class Shown:
    """What is told. `members`: None of a private conversation, and as long as they aren't known.

    Of a group: `invite_only`, one's `rights` over it, and what one may do to its members, by their
    addresses.
    """

    kind: str
    address: str
    initials: str
    name: str
    below: str
    presence: str
    muted: bool
    members: Sequence[Member] | None = None
    invite_only: bool = False
    rights: Rights = field(default_factory=Rights)
    to_members: Mapping[str, Sequence[str]] = field(default_factory=dict)
    may_leave: bool = False


@dataclass(frozen=True)
class DetailDeeds:
    """`on_member` is told the deed's name, `in_menu` whether somebody's menu is open."""

    mute: Done
    leave: Done
    invite: Done
    rename: Done
    set_access: Done
    on_member: Callable[[str, Member], Awaitable[None]]
    in_menu: Callable[[bool], None]


class Details:
    """Of one conversation. Its buttons stay while what is told changes, and so does the row of each
    member who doesn't: what is made anew while somebody presses it takes no click.
    """

    def __init__(self, sizes: Sizes, words: Words, deeds: DetailDeeds, *, beside: bool) -> None:
        """`beside`: it has the height of the window, and its list what is left of it."""
        self._sizes, self._words, self._deeds, self._beside = sizes, words, deeds, beside
        self._buttons: dict[str, _Button] = {}
        self._rows: dict[str, _MemberRow] = {}
        self._who = ft.Container()
        self._row = ft.Row(spacing=8, wrap=True, alignment=ft.MainAxisAlignment.CENTER)
        self._count = ft.Text(size=sizes.preview, color=look.TEXT2)
        self._list = ft.ListView(spacing=8, expand=beside)
        self._box = ft.Container(self._list, expand=beside)
        self._members = ft.Semantics(
            identifier="members", container=True, expand=beside, content=self._box
        )
        self.control = ft.Column(
            spacing=16,
            tight=not beside,
            horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
        )

    def tell(self, shown: Shown) -> None:
        self._who.content = _who(shown, self._sizes, self._words)
        self._row.controls = [
            self._button(identifier).told(text, icon)
            for identifier, text, icon in _buttons(shown, self._words)
        ]
        parts: list[ft.Control] = [self._who, self._row]
        if shown.members is not None:
            self._tell_members(shown.members, shown.to_members)
            parts += [self._count, self._members]
        if shown.kind == "room":
            parts.insert(1, open_room_note(self._sizes, self._words))
        self.control.controls = parts

    def _button(self, identifier: str) -> "_Button":
        if identifier not in self._buttons:
            deeds = self._deeds
            does = {
                "btn-mute": deeds.mute,
                "btn-group-invite": deeds.invite,
                "btn-group-rename": deeds.rename,
                "btn-group-access": deeds.set_access,
                "btn-group-leave": deeds.leave,
            }
            self._buttons[identifier] = _Button(identifier, does[identifier])
        return self._buttons[identifier]

    def _tell_members(self, members: Sequence[Member], may: Mapping[str, Sequence[str]]) -> None:
        before = self._rows
        self._rows = {}
        for member in members[:_SHOWN_MEMBERS]:
            row, names = before.get(member.address), tuple(may.get(member.address, ()))
            if row is None or (row.member, row.names) != (member, names):
                menu = _menu(member, names, self._words, self._deeds)
                drawn = _member(member, menu, self._sizes, self._words)
                row = _MemberRow(member, names, drawn)
            self._rows[member.address] = row
        self._list.controls = [row.control for row in self._rows.values()]
        self._count.value = self._words("members", n=len(members))
        if not self._beside:
            each = self._sizes.of(64 if self._sizes.are_large else 44)
            self._box.height = min(360, each * len(self._rows) + 8)


def _who(shown: Shown, sizes: Sizes, words: Words) -> ft.Control:
    def line(text: str, size: float, colour: str) -> ft.Control:
        return ft.Text(isolated(text), size=size, color=colour, text_align=ft.TextAlign.CENTER)

    name = ft.Text(
        isolated(shown.name),
        size=sizes.title,
        weight=look.BOLD,
        color=look.TEXT,
        text_align=ft.TextAlign.CENTER,
    )
    entered = words("invite_only") if shown.invite_only else ""
    told = [t for t in (shown.address, shown.below, entered) if t and t != shown.name]
    return ft.Column(
        [
            avatar(shown.kind, shown.address, shown.initials, 72, shown.presence),
            name,
            *(line(text, sizes.preview, look.TEXT2) for text in dict.fromkeys(told)),
        ],
        spacing=4,
        tight=True,
        horizontal_alignment=ft.CrossAxisAlignment.CENTER,
    )


def open_room_note(sizes: Sizes, words: Words) -> ft.Control:
    """Always there where anybody may come, and everything is kept."""
    return ft.Container(
        ft.Row(
            [
                ft.Icon(ft.Icons.RADIO_BUTTON_CHECKED, size=16, color=look.WARN),
                ft.Text(words("open_room"), size=sizes.preview, color=look.WARN, expand=True),
            ],
            spacing=8,
        ),
        bgcolor=look.WARN_BACKGROUND,
        border_radius=look.RADIUS_FIELD,
        padding=ft.Padding.symmetric(horizontal=12, vertical=8),
    )


def _buttons(shown: Shown, words: Words) -> list[tuple[str, str, ft.IconData]]:
    """Which there are, with their texts and icons."""
    buttons = [
        ("btn-mute", words("unmute"), ft.Icons.NOTIFICATIONS_OUTLINED)
        if shown.muted
        else ("btn-mute", words("mute"), ft.Icons.NOTIFICATIONS_OFF_OUTLINED)
    ]
    if shown.rights.invite:
        buttons.append(("btn-group-invite", words("invite"), ft.Icons.PERSON_ADD_ALT_ROUNDED))
    if shown.rights.rename:
        buttons.append(("btn-group-rename", words("rename_group"), ft.Icons.EDIT_OUTLINED))
    if shown.rights.set_access:
        icon = ft.Icons.LOCK_OPEN_ROUNDED if shown.invite_only else ft.Icons.LOCK_OUTLINE_ROUNDED
        text = words("to_open" if shown.invite_only else "to_invited")
        buttons.append(("btn-group-access", text, icon))
    if shown.may_leave:
        buttons.append(("btn-group-leave", words("leave_group"), ft.Icons.LOGOUT_ROUNDED))
    return buttons


class _Button:
    """With an icon and a text that may become others."""

    def __init__(self, identifier: str, does: Done) -> None:
        self._icon = ft.Icon(ft.Icons.CIRCLE_OUTLINED, size=18, color=look.ACCENT)
        self._text = ft.Text(color=look.ACCENT, expand=True, expand_loose=True)
        self._control = ft.Semantics(
            identifier=identifier,
            container=True,
            content=ft.OutlinedButton(
                content=ft.Row([self._icon, self._text], spacing=8, tight=True),
                style=ft.ButtonStyle(visual_density=ft.VisualDensity.STANDARD),
                on_click=clicked(does),
            ),
        )

    def told(self, text: str, icon: ft.IconData) -> ft.Control:
        """It, with these."""
        self._text.value, self._icon.icon = text, icon
        return self._control


@dataclass(frozen=True)
class _MemberRow:
    """What it shows, and as what: `names` are those of what may be done to them."""

    member: Member
    names: tuple[str, ...]
    control: ft.Control


_ROLES = {"owner": "role_owner", "admin": "role_admin"}


def _name(member: Member) -> str:
    """A guest's without the word for it, which a chip says in the person's language."""
    name = member.name.removesuffix(GUEST_ENDING) if is_guest(member.address) else member.name
    return name or name_of(member.address)


def _menu(
    member: Member, names: Sequence[str], words: Words, deeds: DetailDeeds
) -> list[ft.Control]:
    """What may be done to somebody; nothing where that is nothing."""
    if not names:
        return []
    spoken = words("member_actions", name=_name(member))
    menu = ft.PopupMenuButton(
        icon=ft.Icon(ft.Icons.MORE_VERT_ROUNDED, size=20, color=look.TEXT2, semantics_label=spoken),
        tooltip=spoken,
        items=[item(words(name), partial(deeds.on_member, name, member)) for name in names],
    )
    shown = watched(menu, deeds.in_menu)
    return [ft.Semantics(identifier=f"member-menu-{member.address}", container=True, content=shown)]


def _member(member: Member, menu: Sequence[ft.Control], sizes: Sizes, words: Words) -> ft.Control:
    named: list[ft.Control] = [
        ft.Text(
            isolated(_name(member)),
            weight=look.BOLD,
            size=sizes.name,
            color=look.TEXT,
            max_lines=2 if sizes.are_large else 1,
            overflow=ft.TextOverflow.ELLIPSIS,
            expand=True,
            expand_loose=True,
        )
    ]
    if is_guest(member.address):
        named.append(guest_chip(words("guest"), sizes.meta))
    states: list[ft.Control] = [
        ft.Text(text, size=sizes.meta, color=look.TEXT2, no_wrap=True)
        for text in (
            words(_ROLES[member.role]) if member.role in _ROLES else "",
            words("online") if member.online else "",
        )
        if text
    ]
    address = ft.Text(isolated(_breaking(member.address)), size=sizes.meta, color=look.TEXT2)
    # Beside large letters there is no room.
    below, beside = (states, []) if sizes.are_large else ([], states)
    named_and_addressed: list[ft.Control] = [ft.Row(named, spacing=6), address]
    told = ft.Column([*named_and_addressed, *below], spacing=0, expand=True)
    end = ft.CrossAxisAlignment.END
    return ft.Semantics(
        identifier=f"member-{member.address}",
        container=True,
        content=ft.Row(
            [
                face_of(member),
                told,
                ft.Column(beside, spacing=0, horizontal_alignment=end, visible=bool(beside)),
                *menu,
            ],
            spacing=10,
        ),
    )


def _breaking(address: str) -> str:
    """Where it must go on in another line, that begins with the site."""
    return address.replace("@", "\u200b@")
