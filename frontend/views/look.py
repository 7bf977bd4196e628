"""Colours, sizes and shapes. Every colour is a role of the theme, so that light and dark are drawn
by the client, without a control being made anew.
"""

from dataclasses import dataclass

import flet as ft

from frontend.views.writable import Writable

# --- colours by what they are for ----------------------------------------------------------------

BACKGROUND = ft.Colors.SURFACE_CONTAINER_LOWEST
SURFACE = ft.Colors.SURFACE
RAISED = ft.Colors.SURFACE_CONTAINER
OWN = ft.Colors.SECONDARY_CONTAINER
THEIRS = ft.Colors.SURFACE_CONTAINER_LOW
TEXT = ft.Colors.ON_SURFACE
TEXT2 = ft.Colors.ON_SURFACE_VARIANT
OUTLINE = ft.Colors.OUTLINE
LINE = ft.Colors.OUTLINE_VARIANT
ACCENT = ft.Colors.PRIMARY
ON_ACCENT = ft.Colors.ON_PRIMARY
SELECTED = ft.Colors.PRIMARY_CONTAINER
ON_SELECTED = ft.Colors.ON_PRIMARY_CONTAINER
LINK = ft.Colors.TERTIARY
ERROR = ft.Colors.ERROR
ERROR_BACKGROUND = ft.Colors.ERROR_CONTAINER
WARN = ft.Colors.ON_SECONDARY_FIXED
WARN_BACKGROUND = ft.Colors.SECONDARY_FIXED
INFO = ft.Colors.ON_TERTIARY_CONTAINER
INFO_BACKGROUND = ft.Colors.TERTIARY_CONTAINER
OK = ft.Colors.SECONDARY
IDENTITY = (
    ft.Colors.PRIMARY_FIXED,
    ft.Colors.PRIMARY_FIXED_DIM,
    ft.Colors.ON_PRIMARY_FIXED,
    ft.Colors.ON_PRIMARY_FIXED_VARIANT,
    ft.Colors.TERTIARY_FIXED_DIM,
    ft.Colors.ON_TERTIARY_FIXED,
)
ON_IDENTITY = ft.Colors.ON_TERTIARY_FIXED_VARIANT
MUTED = ft.Colors.SURFACE_DIM
ON_MUTED = ft.Colors.ON_TERTIARY
HIT = ft.Colors.SECONDARY_FIXED_DIM
TOAST = ft.Colors.INVERSE_SURFACE
ON_TOAST = ft.Colors.ON_INVERSE_SURFACE

LIGHT = ft.ColorScheme(
    surface_container_lowest="#F5F7F8",
    surface="#FFFFFF",
    surface_container="#EEF2F4",
    surface_container_high="#FFFFFF",
    surface_container_highest="#EEF2F4",
    surface_container_low="#FFFFFF",
    secondary_container="#DDF0F0",
    on_secondary_container="#17202A",
    on_surface="#17202A",
    on_surface_variant="#4F5B66",
    outline="#74808A",
    outline_variant="#D5DCE1",
    primary="#0B6B74",
    on_primary="#FFFFFF",
    primary_container="#D7ECEE",
    on_primary_container="#0A3F45",
    tertiary="#0A5CA8",
    on_tertiary="#FFFFFF",
    error="#B3261E",
    on_error="#FFFFFF",
    error_container="#FDE7E6",
    on_error_container="#17202A",
    secondary_fixed="#FFF1CF",
    on_secondary_fixed="#6B4600",
    secondary_fixed_dim="#FFE58A",
    surface_dim="#5F6B75",
    tertiary_container="#E3EEF9",
    on_tertiary_container="#174A7C",
    secondary="#1B6E3C",
    on_secondary="#FFFFFF",
    primary_fixed="#805E43",
    primary_fixed_dim="#004071",
    on_primary_fixed="#363401",
    on_primary_fixed_variant="#804AD1",
    tertiary_fixed_dim="#1E7476",
    on_tertiary_fixed="#4C1E30",
    on_tertiary_fixed_variant="#FFFFFF",
    inverse_surface="#17202A",
    on_inverse_surface="#FFFFFF",
    surface_tint="#FFFFFF",
    shadow="#17202A",
)
DARK = ft.ColorScheme(
    surface_container_lowest="#11161A",
    surface="#182025",
    surface_container="#212B31",
    surface_container_high="#182025",
    surface_container_highest="#212B31",
    surface_container_low="#212B31",
    secondary_container="#173B41",
    on_secondary_container="#E6ECEF",
    on_surface="#E6ECEF",
    on_surface_variant="#A9B6BE",
    outline="#7F8D96",
    outline_variant="#2F3A41",
    primary="#5CC6CF",
    on_primary="#00363B",
    primary_container="#17424A",
    on_primary_container="#D6F3F5",
    tertiary="#8AC2FF",
    on_tertiary="#11161A",
    error="#FFB4AB",
    on_error="#45191A",
    error_container="#45191A",
    on_error_container="#E6ECEF",
    secondary_fixed="#3D2F0B",
    on_secondary_fixed="#FFD479",
    secondary_fixed_dim="#5A4A00",
    surface_dim="#9BA8B0",
    tertiary_container="#14324D",
    on_tertiary_container="#B5D6F7",
    secondary="#7BD49A",
    on_secondary="#11161A",
    primary_fixed="#FCC090",
    primary_fixed_dim="#BBD8FF",
    on_primary_fixed="#92B102",
    on_primary_fixed_variant="#D27CFF",
    tertiary_fixed_dim="#81FDE0",
    on_tertiary_fixed="#FE72A3",
    on_tertiary_fixed_variant="#101418",
    inverse_surface="#E6ECEF",
    on_inverse_surface="#17202A",
    surface_tint="#182025",
    shadow="#000000",
)


def theme(scheme: ft.ColorScheme, sizes: "Sizes") -> ft.Theme:
    """With a ring on whatever has the focus; an item of a menu can have none, and is filled. What
    names no size of its own has its size from here: menus, buttons, labels, questions.
    """

    def text(size: float) -> ft.TextStyle:
        return ft.TextStyle(size=size, color=scheme.on_surface, font_family_fallback=OTHER_FONTS)

    still = ft.PageTransitionTheme.NONE
    corners = ft.RoundedRectangleBorder(radius=RADIUS_FIELD)
    filled_in = ft.Colors.with_opacity(_FILL, scheme.primary or ACCENT)
    return ft.Theme(
        color_scheme=scheme,
        scaffold_bgcolor=BACKGROUND,
        text_theme=ft.TextTheme(
            headline_small=text(sizes.title),  # the title of a dialog
            body_large=text(sizes.of(16)),
            body_medium=text(sizes.of(14)),
            body_small=text(sizes.of(12)),
            label_large=text(sizes.of(14)),
        ),
        text_button_theme=ft.TextButtonTheme(ft.ButtonStyle(side=ring(), shape=corners)),
        outlined_button_theme=ft.OutlinedButtonTheme(
            ft.ButtonStyle(side=ring(rest=ft.BorderSide(1, OUTLINE)), shape=corners)
        ),
        icon_button_theme=ft.IconButtonTheme(ft.ButtonStyle(side=ring(), shape=corners)),
        radio_theme=ft.RadioTheme(overlay_color={ft.ControlState.FOCUSED: filled_in}),
        focus_color=filled_in,
        popup_menu_theme=ft.PopupMenuTheme(
            color=SURFACE,
            shape=ft.RoundedRectangleBorder(radius=RADIUS_FIELD, side=ft.BorderSide(1, LINE)),
        ),
        page_transitions=ft.PageTransitionsTheme(
            android=still, ios=still, linux=still, macos=still, windows=still
        ),
    )


# --- sizes ---------------------------------------------------------------------------------------

RADIUS_CHIP = 6
RADIUS_FIELD = 8
RADIUS_BUBBLE = 12
RADIUS_DIALOG = 16
TARGET = 40
HEADER = 56
COLUMN = 840


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of text and rows, by the person's settings."""

    percent: int = 100
    compact: bool = False

    def of(self, size: float) -> float:
        return round(size * self.percent / 100, 1)

    @property
    def are_large(self) -> bool:
        """So that what stands side by side no longer has room there."""
        return self.percent > 115

    @property
    def row(self) -> float:
        """Of a conversation in the list."""
        return self.of(40 if self.compact else 60)

    @property
    def title(self) -> float:
        return self.of(18)

    @property
    def message(self) -> float:
        return self.of(15)

    @property
    def name(self) -> float:
        return self.of(14)

    @property
    def preview(self) -> float:
        return self.of(13)

    @property
    def meta(self) -> float:
        return self.of(12)


TEXT_SIZES = (90, 100, 115, 130, 150)
BOLD = ft.FontWeight.W_600
CODE_FONT, DEVANAGARI_FONT = "monospace", "devanagari"
OTHER_FONTS = ["Roboto", DEVANAGARI_FONT]
"""Where a letter is looked for, in this order, before the engine asks for more: the second has
figures, too, but the engine takes those of its own font only where that is named.
"""


def as_spoken(text: str) -> str:
    """Without what `isolated` puts around names, which some screen readers name as signs."""
    return text.translate({0x2068: None, 0x2069: None})


def isolated(text: str) -> str:
    """So that a name or text written from right to left doesn't turn its row round."""
    return f"\u2068{text}\u2069"


_FILL = 0.35
"""How much of the accent is in what has the focus and no ring."""


def ring(
    colour: str = ACCENT, rest: ft.BorderSide | None = None
) -> dict[ft.ControlState, ft.BorderSide]:
    """The edge of a button: 2 px of this colour where it has the focus. At `rest`, none is seen."""
    return {
        ft.ControlState.FOCUSED: ft.BorderSide(2, colour),
        ft.ControlState.DEFAULT: rest or ft.BorderSide(2, ft.Colors.TRANSPARENT),
    }


def ring_over(radius: ft.BorderRadiusValue) -> ft.BoxDecoration:
    """The same around what is no button, drawn over it."""
    return ft.BoxDecoration(border=ft.Border.all(2, ACCENT), border_radius=radius)


def ringed(radius: float, fill: str | None = None) -> ft.ButtonStyle:
    """A row or button whose focus is seen: a ring of 2 px."""
    return ft.ButtonStyle(
        side=ring(),
        shape=ft.RoundedRectangleBorder(radius=radius),
        padding=ft.Padding.all(0),
        bgcolor=fill,
        color=TEXT,
        animation_duration=0,
    )


def icon_button(
    icon: ft.IconData,
    name: str,
    identifier: str,
    on_click: ft.ControlEventHandler[ft.IconButton] | None,
    action: ft.ClientAction | None = None,
) -> ft.MergeSemantics:
    """A button of 40 px that a screen reader can name; `action` is done by the client itself."""
    button = bare_icon_button(icon, name, on_click, action)
    return named(identifier, button)


def named(
    identifier: str, button: ft.Control, *, selected: bool | None = None
) -> ft.MergeSemantics:
    """A button, whose tooltip is part of its name; `selected`: it is what is chosen now. Beside
    it, and not merged, both would be said of a group around it, or not at all.
    """
    return ft.MergeSemantics(ft.Semantics(identifier=identifier, selected=selected, content=button))


def bare_icon_button(
    icon: ft.IconData,
    name: str,
    on_click: ft.ControlEventHandler[ft.IconButton] | None,
    action: ft.ClientAction | None = None,
) -> ft.IconButton:
    return ft.IconButton(
        icon=ft.Icon(icon, size=20, color=TEXT2),
        tooltip=name,
        width=TARGET,
        height=TARGET,
        on_click=on_click,
        action=action,
        style=ringed(RADIUS_FIELD),
    )


def field_border() -> dict[ft.ControlState, ft.InputBorder]:
    """Of what one writes into; the focus can be seen."""
    return {
        ft.ControlState.DEFAULT: _outlined(OUTLINE, 1),
        ft.ControlState.FOCUSED: _outlined(ACCENT, 2),
    }


def _outlined(color: str, width: float) -> ft.OutlineInputBorder:
    return ft.OutlineInputBorder(
        border_radius=RADIUS_FIELD, side=ft.BorderSide(color=color, width=width)
    )


def field(
    label: str, sizes: Sizes, *, password: bool = False, hint: str = "", autofocus: bool = False
) -> Writable:
    """A field of a form."""
    return Writable(
        label=label,
        hint_text=hint,
        password=password,
        autofocus=autofocus,
        hint_max_lines=2,
        error_max_lines=6,
        border=field_border(),
        text_size=sizes.message,
        dense=True,
    )


def filled(text: str, on_click: ft.ControlEventHandler[ft.Button]) -> ft.Button:
    """The one button of a form that does it."""
    return ft.Button(
        content=text,
        on_click=on_click,
        bgcolor=ACCENT,
        color=ON_ACCENT,
        style=ft.ButtonStyle(
            shape=ft.RoundedRectangleBorder(radius=RADIUS_FIELD),
            elevation=0,
            visual_density=ft.VisualDensity.STANDARD,
            padding=ft.Padding.symmetric(horizontal=24, vertical=12),
            side=ring(TEXT),
        ),
    )
