"""Small dialogs: settings, keys, a message's details, a whole long text, a group."""

from collections.abc import Awaitable, Callable, Sequence

import flet as ft

from frontend.preferences import SIZES, THEMES, Preferences
from frontend.views import look
from frontend.views.look import Sizes, isolated
from frontend.views.writable import Writable
from frontend.window.words import LANGUAGES, Words

Done = Callable[[], Awaitable[None]]


def _dialog(
    title: str, content: ft.Control, buttons: Sequence[ft.Control], width: int = 480
) -> ft.AlertDialog:
    return ft.AlertDialog(
        title=ft.Text(title, weight=look.BOLD, color=look.TEXT),
        # Else Flutter calls it by what it is.
        semantics_label=title,
        content=ft.Container(content, width=width),
        actions=list(buttons),
        bgcolor=look.SURFACE,
        shape=ft.RoundedRectangleBorder(radius=look.RADIUS_DIALOG),
        inset_padding=ft.Padding.all(16),
        scrollable=True,
    )


def _button(text: str, identifier: str, does: Done, *, has_focus: bool = False) -> ft.Control:
    """`has_focus`: from the start, where its dialog has no field. Else no key would be for it."""

    async def clicked(event: ft.Event[ft.TextButton]) -> None:
        await does()

    style = look.ringed(look.RADIUS_FIELD)
    style.padding = ft.Padding.symmetric(horizontal=14)
    style.color = look.ACCENT
    style.visual_density = ft.VisualDensity.STANDARD
    return ft.Semantics(
        identifier=identifier,
        container=True,
        content=ft.TextButton(text, style=style, on_click=clicked, autofocus=has_focus),
    )


def _close_button(words: Words, close: Done, *, has_focus: bool = True) -> ft.Control:
    return _button(words("close"), "btn-close", close, has_focus=has_focus)


def settings(
    words: Words,
    preferences: Preferences,
    *,
    chosen: Callable[[str, str], Awaitable[None]],
    close: Done,
    at: str = "theme",
) -> ft.AlertDialog:
    """`chosen` is told the name of a setting and its value; it holds at once. The focus is `at`
    one of them at first.
    """

    def group(
        name: str, identifier: str, title: str, value: str, options: dict[str, str]
    ) -> ft.Control:
        async def changed(event: ft.Event[ft.RadioGroup]) -> None:
            await chosen(name, str(event.control.value))

        radios: list[ft.Control] = [
            # It would take the whole row.
            ft.Column(
                [
                    ft.Radio(
                        value=option,
                        label=label,
                        active_color=look.ACCENT,
                        autofocus=name == at and option == value,
                    )
                ],
                intrinsic_width=True,
            )
            for option, label in options.items()
        ]
        return ft.Semantics(
            identifier=identifier,
            container=True,
            content=ft.Column(
                [
                    ft.Text(title, weight=look.BOLD, color=look.TEXT),
                    ft.RadioGroup(
                        content=ft.Row(radios, wrap=True, spacing=12, run_spacing=0),
                        value=value,
                        on_change=changed,
                    ),
                ],
                spacing=4,
            ),
        )

    themes = {"system": "theme_system", "light": "theme_light", "dark": "theme_dark"}
    shown = {theme: words(themes[theme]) for theme in THEMES}
    densities = {"comfortable": words("comfortable"), "compact": words("compact")}
    motions = {"full": words("motion_full"), "reduced": words("motion_reduced")}
    sizes = {str(size): f"{size} %" for size in SIZES}
    content = ft.Column(
        [
            group("theme", "settings-theme", words("theme"), preferences.theme, shown),
            group(
                *("language", "settings-language", words("language")),
                preferences.language,
                dict(LANGUAGES),
            ),
            group(
                *("text_size", "settings-textsize", words("text_size")),
                str(preferences.text_size),
                sizes,
            ),
            group("density", "settings-density", words("density"), preferences.density, densities),
            group("motion", "settings-motion", words("motion"), preferences.motion, motions),
        ],
        spacing=16,
        tight=True,
    )
    return _dialog(
        words("settings"), content, [_close_button(words, close, has_focus=False)], width=560
    )


_KEYS = (
    ("Ctrl+K", "key_jump"),
    ("Ctrl+Shift+F", "key_search"),
    ("Alt+↑ Alt+↓", "key_chat"),
    ("Alt+Shift+↑ ↓", "key_unread"),
    ("F6", "key_regions"),
    ("F7", "key_first_new"),
    ("Ctrl+End", "key_newest"),
    ("↑", "key_messages"),
    ("Enter, Shift+Enter", "key_send"),
    ("Esc", "key_shut"),
    ("Ctrl+/", "key_list"),
)


def keys(words: Words, sizes: Sizes, close: Done) -> ft.AlertDialog:
    """What each does stands beside it; below it, where letters are large."""

    def row(key: str, does: str) -> ft.Control:
        pressed = ft.Text(key, weight=look.BOLD, color=look.TEXT)
        told = ft.Text(words(does), color=look.TEXT2)
        if sizes.are_large:
            return ft.Column([pressed, told], spacing=0)
        pressed.width, told.expand = 160, True
        return ft.Row([pressed, told])

    rows = [row(key, does) for key, does in _KEYS]
    content = ft.Column(rows, spacing=8, tight=True)
    return _dialog(words("keys"), content, [_close_button(words, close)])


def lines(words: Words, title: str, told: Sequence[str], close: Done) -> ft.AlertDialog:
    """A few lines that can be selected: details of a message, the answer to a command."""
    rows: list[ft.Control] = [ft.Text(isolated(line), color=look.TEXT) for line in told]
    content = ft.SelectionArea(ft.Column(rows, spacing=6, tight=True))
    return _dialog(title, content, [_close_button(words, close)])


class WholeText:
    """A long message in pieces, so that only what is seen is laid out. It scrolls by keys wherever
    the focus is: a text that can be selected has none to be seen.
    """

    def __init__(self, words: Words, sizes: Sizes, title: str, text: str, close: Done) -> None:
        pieces = [text[start : start + 4096] for start in range(0, len(text), 4096)]
        rows: list[ft.Control] = [
            ft.Text(piece, color=look.TEXT, size=sizes.message) for piece in pieces
        ]
        self._list = ft.ListView(rows, expand=True)
        self.dialog = _dialog(
            title,
            ft.Container(ft.SelectionArea(self._list), height=_READING_HEIGHT),
            [_close_button(words, close)],
            width=720,
        )
        self.dialog.scrollable = False

    async def press(self, key: str) -> None:
        """A key by which one moves through it, or any other."""
        match key:
            case "Home" | "End":
                await self._list.scroll_to(offset=0 if key == "Home" else -1)
            case "Arrow Up" | "Arrow Down" | "Page Up" | "Page Down":
                pixels = _LINE_PIXELS if key.startswith("Arrow") else 0.9 * _READING_HEIGHT
                await self._list.scroll_to(delta=pixels if key.endswith("Down") else -pixels)


_READING_HEIGHT = 480
_LINE_PIXELS = 44


Try = Callable[[str], Awaitable[str]]
"""Does something with a text; answers what is wrong, or nothing."""


def new_group(words: Words, sizes: Sizes, make: Try, close: Done) -> ft.AlertDialog:
    async def make_named(name: str) -> str:
        return await make(name) if name else words("group_name_needed")

    field = look.field(words("group_name"), sizes, autofocus=True)
    button = (words("create"), "btn-group-create")
    return _asking(words, words("new_group"), ("group-name", field), button, make_named, close)


def rename_group(words: Words, sizes: Sizes, name: str, rename: Try, close: Done) -> ft.AlertDialog:
    """`name` is the one that is shown now."""
    field = look.field(words("shown_name"), sizes, autofocus=True)
    field.value = name
    button = (words("save"), "btn-rename-yes")
    return _asking(words, words("rename_group"), ("group-rename", field), button, rename, close)


def _asking(
    words: Words,
    title: str,
    named: tuple[str, Writable],
    button: tuple[str, str],
    do: Try,
    close: Done,
) -> ft.AlertDialog:
    """A field by its identifier, and the button that does it by its text and identifier."""
    identifier, field = named
    is_done = False

    async def done() -> None:
        nonlocal is_done
        if is_done:  # or under way: clicked twice
            return
        is_done = True
        field.error = await do((field.value or "").strip()) or None
        is_done = field.error is None
        if not is_done:
            field.take_focus()

    async def submitted(event: ft.Event[ft.TextField]) -> None:
        await done()

    field.on_submit = submitted
    return _dialog(
        title,
        ft.Semantics(identifier=identifier, content=field),
        [_button(words("cancel"), "btn-cancel", close), _button(*button, done)],
    )


def sure(
    words: Words, question: str, yes: str, identifier: str, do: Done, close: Done
) -> ft.AlertDialog:
    """Asks before what can't be taken back."""
    is_done = False

    async def done() -> None:
        nonlocal is_done
        if not is_done:  # else clicked twice
            is_done = True
            await do()

    return _dialog(
        yes,
        ft.Text(question, color=look.TEXT),
        [
            _button(words("cancel"), "btn-cancel", close, has_focus=True),
            _button(yes, identifier, done),
        ],
    )


def holding(words: Words, title: str, content: ft.Control, close: Done) -> ft.AlertDialog:
    """Something that is drawn elsewhere."""
    return _dialog(title, content, [_close_button(words, close)])
