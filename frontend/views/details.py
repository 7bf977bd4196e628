"""Who a conversation is with, and what can be done about it: beside the messages, or over them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import flet as ft

from frontend.service.shapes import Member
from frontend.views import look
from frontend.views.avatar import avatar, guest_chip
from frontend.views.doing import Done, item
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
    name: str
    below: str
    presence: str
    muted: bool
    members: Sequence[Member] | None = None
    invite_only: bool = False
    rights: Rights = field(default_factory=Rights)
    to_members: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class DetailDeeds:
    """`leave` is None where there is nothing to be left; `on_member` is told the deed's name."""

    mute: Done
    leave: Done | None
    invite: Done
    rename: Done
    set_access: Done
    on_member: Callable[[str, Member], Awaitable[None]]


def draw_details(
    shown: Shown, sizes: Sizes, words: Words, deeds: DetailDeeds, *, beside: bool
) -> ft.Control:
    """`beside`: it has the height of the window, and its list what is left of it."""
    parts: list[ft.Control] = [_who(shown, sizes, words)]
    if shown.kind == "room":
        parts.append(open_room_note(sizes, words))
    parts.append(_buttons(shown, words, deeds))
    if shown.members is not None:
        parts += _members(shown, sizes, words, deeds, beside=beside)
    return ft.Column(
        parts, spacing=16, tight=not beside, horizontal_alignment=ft.CrossAxisAlignment.STRETCH
    )


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
            avatar(shown.kind, shown.address, 72, shown.presence),
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


def _buttons(shown: Shown, words: Words, deeds: DetailDeeds) -> ft.Control:
    muted = ft.Icons.NOTIFICATIONS_OFF_OUTLINED
    buttons = [
        _button(
            *(words("unmute" if shown.muted else "mute"), "btn-mute"),
            ft.Icons.NOTIFICATIONS_OUTLINED if shown.muted else muted,
            deeds.mute,
        )
    ]
    if shown.rights.invite:
        icon = ft.Icons.PERSON_ADD_ALT_ROUNDED
        buttons.append(_button(words("invite"), "btn-group-invite", icon, deeds.invite))
    if shown.rights.rename:
        icon = ft.Icons.EDIT_OUTLINED
        buttons.append(_button(words("rename_group"), "btn-group-rename", icon, deeds.rename))
    if shown.rights.set_access:
        icon = ft.Icons.LOCK_OPEN_ROUNDED if shown.invite_only else ft.Icons.LOCK_OUTLINE_ROUNDED
        text = words("to_open" if shown.invite_only else "to_invited")
        buttons.append(_button(text, "btn-group-access", icon, deeds.set_access))
    if deeds.leave is not None:
        buttons.append(
            _button(words("leave_group"), "btn-group-leave", ft.Icons.LOGOUT_ROUNDED, deeds.leave)
        )
    return ft.Row(buttons, spacing=8, wrap=True, alignment=ft.MainAxisAlignment.CENTER)


def _button(text: str, identifier: str, icon: ft.IconData, does: Done) -> ft.Control:
    async def clicked(event: ft.Event[ft.OutlinedButton]) -> None:
        await does()

    return ft.Semantics(
        identifier=identifier,
        container=True,
        content=ft.OutlinedButton(
            content=ft.Row(
                [ft.Icon(icon, size=18, color=look.ACCENT), ft.Text(text, color=look.ACCENT)],
                spacing=8,
                tight=True,
            ),
            height=look.TARGET,
            on_click=clicked,
        ),
    )


def _members(
    shown_of: Shown, sizes: Sizes, words: Words, deeds: DetailDeeds, *, beside: bool
) -> list[ft.Control]:
    members = shown_of.members or ()
    rows = [
        _member(member, _menu(member, shown_of, words, deeds), sizes, words)
        for member in members[:_SHOWN_MEMBERS]
    ]
    shown = ft.ListView(rows, spacing=8, expand=beside)
    box = ft.Semantics(
        identifier="members",
        container=True,
        expand=beside,
        content=shown
        if beside
        else ft.Container(shown, height=min(360, sizes.of(44) * len(rows) + 8)),
    )
    count = ft.Text(words("members", n=len(members)), size=sizes.preview, color=look.TEXT2)
    return [count, box]


_ROLES = {"owner": "role_owner", "admin": "role_admin"}


def _name(member: Member) -> str:
    """A guest's without the word for it, which a chip says in the person's language."""
    name = member.name.removesuffix(GUEST_ENDING) if is_guest(member.address) else member.name
    return name or name_of(member.address)


def _menu(member: Member, shown: Shown, words: Words, deeds: DetailDeeds) -> list[ft.Control]:
    """What may be done to somebody; nothing where that is nothing."""
    names = shown.to_members.get(member.address, ())
    if not names:
        return []
    spoken = words("member_actions", name=_name(member))
    menu = ft.PopupMenuButton(
        icon=ft.Icon(ft.Icons.MORE_VERT_ROUNDED, size=20, color=look.TEXT2, semantics_label=spoken),
        tooltip=spoken,
        items=[item(words(name), partial(deeds.on_member, name, member)) for name in names],
    )
    return [ft.Semantics(identifier=f"member-menu-{member.address}", container=True, content=menu)]


def _member(member: Member, menu: Sequence[ft.Control], sizes: Sizes, words: Words) -> ft.Control:
    named: list[ft.Control] = [
        ft.Text(
            isolated(_name(member)),
            weight=look.BOLD,
            size=sizes.name,
            color=look.TEXT,
            max_lines=1,
            overflow=ft.TextOverflow.ELLIPSIS,
            expand=True,
            expand_loose=True,
        )
    ]
    if is_guest(member.address):
        named.append(guest_chip(words("guest"), sizes.of(11)))
    role = words(_ROLES[member.role]) if member.role in _ROLES else ""
    told = [
        ft.Column(
            [
                ft.Row(named, spacing=6),
                ft.Text(
                    isolated(member.address),
                    size=sizes.meta,
                    color=look.TEXT2,
                    max_lines=1,
                    overflow=ft.TextOverflow.ELLIPSIS,
                    tooltip=member.address,
                ),
            ],
            spacing=0,
            expand=True,
        )
    ]
    return ft.Semantics(
        identifier=f"member-{member.address}",
        container=True,
        content=ft.Row(
            [
                avatar("private", member.address, 32, "online" if member.online else ""),
                *told,
                ft.Column(
                    [
                        ft.Text(text, size=sizes.meta, color=look.TEXT2, no_wrap=True)
                        for text in (role, words("online") if member.online else "")
                        if text
                    ],
                    spacing=0,
                    horizontal_alignment=ft.CrossAxisAlignment.END,
                ),
                *menu,
            ],
            spacing=10,
        ),
    )
