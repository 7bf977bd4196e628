"""What stands for somebody: a disc for a person, a rounded square for a group; and small marks."""

import flet as ft

from frontend.service.shapes import Member, Person
from frontend.views import look
from frontend.window.identity import colour_index, initials


def avatar(kind: str, address: str, letters: str, size: int, presence: str = "") -> ft.Control:
    """`letters` are the initials; `presence` as of a row of the list, empty where there is none to
    show.
    """
    group = kind != "private"
    disc = ft.Container(
        content=_sign(kind, letters, size),
        width=size,
        height=size,
        alignment=ft.Alignment.CENTER,
        border_radius=10 if group else size / 2,
        bgcolor=look.IDENTITY[colour_index("group" if group else "user", address)],
    )
    shown: ft.Control = disc
    if presence in ("online", "unknown"):
        dotted = [disc, _dot(presence, size)]
        shown = ft.Stack(dotted, width=size, height=size, clip_behavior=ft.ClipBehavior.NONE)
    # The name beside it says all; initials and a dot would only be read before it.
    return ft.Semantics(exclude_semantics=True, content=shown)


def face_of(person: Person | Member) -> ft.Control:
    """In a list of people."""
    letters, presence = initials(person.address, person.name), "online" if person.online else ""
    return avatar("private", person.address, letters, 32, presence)


def _sign(kind: str, letters: str, size: int) -> ft.Control:
    if kind == "room":
        return ft.Icon(ft.Icons.MEETING_ROOM_OUTLINED, size=size * 0.55, color=look.ON_IDENTITY)
    return ft.Text(
        letters,
        size=round(size * 0.36),
        weight=look.BOLD,
        color=look.ON_IDENTITY,
        no_wrap=True,
    )


def _dot(presence: str, size: int) -> ft.Control:
    """With its middle on the rim of a disc of this size, so that it leaves the initials free."""
    online, inset = presence == "online", round(size * 0.146 - 6, 1)
    return ft.Container(
        width=12,
        height=12,
        right=inset,
        bottom=inset,
        border_radius=6,
        bgcolor=look.OK if online else look.SURFACE,
        border=ft.Border.all(2, look.SURFACE if online else look.OUTLINE),
    )


def realm_chip(realm: str, size: float) -> ft.Control:
    """A site's colour and name."""
    colour = look.IDENTITY[colour_index("realm", realm)]
    return ft.Container(
        content=ft.Row(
            [
                ft.Container(width=8, height=8, bgcolor=colour, border_radius=2),
                ft.Text(realm, size=size, color=look.TEXT2, no_wrap=True),
            ],
            spacing=4,
            tight=True,
        ),
        padding=ft.Padding.symmetric(horizontal=5, vertical=0),
        border=ft.Border.all(1, look.LINE),
        border_radius=look.RADIUS_CHIP,
    )


def guest_chip(text: str, size: float) -> ft.Control:
    """Behind the name of somebody who has no account."""
    return ft.Container(
        ft.Text(text, size=size, color=look.WARN, no_wrap=True),
        padding=ft.Padding.symmetric(horizontal=5),
        bgcolor=look.WARN_BACKGROUND,
        border_radius=look.RADIUS_CHIP,
    )


TICKS = {
    "saved": (ft.Icons.SCHEDULE_ROUNDED, look.TEXT2),
    "at_realm": (ft.Icons.APARTMENT_ROUNDED, look.TEXT2),
    "at_main": (ft.Icons.CHECK_ROUNDED, look.TEXT2),
    "delivered": (ft.Icons.DONE_ALL_ROUNDED, look.TEXT2),
    "read": (ft.Icons.DONE_ALL_ROUNDED, look.LINK),
    "refused": (ft.Icons.ERROR_ROUNDED, look.ERROR),
    "withdrawn": (ft.Icons.APARTMENT_ROUNDED, look.ERROR),
}


def tick(state: str, spoken: str, size: float = 16) -> ft.Control:
    icon, colour = TICKS[state]
    return ft.Icon(icon, size=size, color=colour, semantics_label=spoken)
