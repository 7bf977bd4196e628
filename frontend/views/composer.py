"""Where people write: Enter sends, Shift+Enter breaks the line, `/` begins a command."""

from collections.abc import Awaitable, Callable

import flet as ft

from frontend.views import look
from frontend.views.look import Sizes
from frontend.views.named_field import NamedField
from frontend.views.still import is_on_page, show_changes
from frontend.views.writable import Writable
from frontend.window import slash
from frontend.window.focus import Focus
from frontend.window.slash import Candidate, Known
from frontend.window.typed import Typed
from frontend.window.words import Words
from realm_protocol.limits import TEXT_LIMIT

_COUNTED_FROM = 60 * 1024


class Composer:
    """`entered` gets what Enter meant; `changed` each text as it is written. `choice` is what lets
    files be chosen. A `guest` sends none, and is offered fewer commands."""

    def __init__(
        self,
        *,
        entered: Callable[[str], Awaitable[None]],
        changed: Callable[[str], Awaitable[None]],
        known: Callable[[], list[Known]],
        pasted: Callable[[ft.TextFieldPasteFilesEvent], Awaitable[None]],
        choice: ft.PickFiles,
        now: Callable[[], float],
        guest: bool,
        focus: Focus,
        say: Callable[[str], None],
    ) -> None:
        self._choice = choice
        self._guest = guest
        self._now = now
        self._entered = entered
        self._changed = changed
        self._known = known
        self._words = Words("en")
        self._sizes = Sizes()
        self._candidates: list[Candidate] = []
        self._chosen = 0
        self._say, self._said = say, ""
        self._keys = Typed()
        self._focus = focus
        self.field = Writable(
            multiline=True,
            hint_max_lines=1,
            shift_enter=True,
            min_lines=1,
            max_lines=8,
            filled=True,
            fill_color=look.SURFACE,
            border=look.field_border(),
            content_padding=ft.Padding.symmetric(horizontal=12, vertical=10),
            expand=True,
            on_submit=self._submitted,
            on_change=self._typed,
            on_paste_files=pasted,
            on_focus=self._got_focus,
            on_blur=self._lost_focus,
        )
        self._attach_slot = ft.Container(visible=not guest)
        self._send_slot = ft.Container()
        self._counter = ft.Text("", color=look.TEXT2)
        self._counter_row = ft.Semantics(
            identifier="composer-counter", container=True, content=self._counter, visible=False
        )
        self._list = ft.Column(spacing=0, horizontal_alignment=ft.CrossAxisAlignment.STRETCH)
        self._list_box = ft.Semantics(
            identifier="slash-list",
            container=True,
            visible=False,
            content=ft.Container(
                self._list,
                bgcolor=look.SURFACE,
                border=ft.Border.all(1, look.LINE),
                border_radius=look.RADIUS_FIELD,
                padding=4,
                shadow=ft.BoxShadow(blur_radius=8, color=ft.Colors.with_opacity(0.18, "#000000")),
            ),
        )
        self.suggestions = ft.Container(self._list_box, left=0, right=0, bottom=0)
        """Stands over the messages, so that they don't move when it comes."""
        self._named = NamedField("composer", self.field, expand=True)
        self._writing = ft.Row(
            [
                self._attach_slot,
                self._named.control,
                self._send_slot,
            ],
            spacing=8,
            vertical_alignment=ft.CrossAxisAlignment.END,
        )
        self._why_shut = ft.Text("", color=look.TEXT2, text_align=ft.TextAlign.CENTER)
        self._shut = ft.Semantics(
            identifier="composer-shut",
            container=True,
            visible=False,
            content=ft.Container(self._why_shut, padding=10, alignment=ft.Alignment.CENTER),
        )
        self.control = ft.Column([self._writing, self._shut, self._counter_row], spacing=4)

    def restyle(self, sizes: Sizes, words: Words) -> None:
        self._sizes, self._words = sizes, words
        self.field.text_size = sizes.message
        self._why_shut.size = sizes.preview
        self._counter.size = sizes.meta
        self._send_slot.content = look.icon_button(
            ft.Icons.SEND_ROUNDED, words("send"), "btn-send", self._send_clicked
        )
        self._draw_attach()
        self._suggest()

    def _draw_attach(self) -> None:
        self._attach_slot.content = look.icon_button(
            ft.Icons.ATTACH_FILE_ROUNDED, self._words("attach"), "btn-attach", None, self._choice
        )

    def hint(self, text: str) -> None:
        if self.field.hint_text != text:
            self._named.hint(text)
            show_changes(self.field)

    def shut(self, why: str) -> None:
        """Where nothing can be written, that is said in place of the field; empty where it can."""
        if self._why_shut.value != why:
            self._why_shut.value = why
            self._shut.visible, self._writing.visible = bool(why), not why
            self._update()

    def open(self, draft: str) -> None:
        """Another conversation, with what was being written there."""
        self._put(draft)
        self.field.focus = None
        self._update()

    @property
    def text(self) -> str:
        return self._keys.text

    def _put(self, text: str) -> None:
        if text != self.text or text != self.field.value:
            self._keys.put(text, self._now())
            self._give(text)
        self._suggest()

    def _give(self, text: str) -> None:
        """Flet would send only what differs from what the page told last; since then the page may
        have been given an older text, which is on its way to it.
        """
        self.field.value = f"{text} "
        self.field.value = text

    def clear(self) -> None:
        self._put("")
        self._update()

    async def write(self, text: str) -> None:
        """Put a text there to be changed and sent, unless something newer is being written. Nothing
        stands over the messages, and what they say of it, before it is changed.
        """
        if not self.text.strip():
            self._put(text)
            self.stop_completing()
        self.focus()

    def focus(self) -> None:
        """Where the next key goes, where one may write."""
        if self._may_have_focus:
            self._focus.send(self)
            self._ask_for_focus()

    async def seek(self) -> None:
        self._ask_for_focus()

    def leave(self) -> None:
        """What was written stays."""

    def _ask_for_focus(self) -> None:
        """The page brings it with its next frame; to a button, at once."""
        if self._may_have_focus:
            self._focus.sought(self)
            self.field.take_focus()

    @property
    def _may_have_focus(self) -> bool:
        return is_on_page(self.field) and self._writing.visible

    @property
    def has_focus(self) -> bool:
        return self._focus.at is self

    async def _got_focus(self, event: ft.Event[ft.TextField]) -> None:
        await self._focus.came(self)

    def _lost_focus(self, event: ft.Event[ft.TextField]) -> None:
        self._focus.went(self)

    # --- completion ------------------------------------------------------------------------------

    @property
    def is_completing(self) -> bool:
        return bool(self._candidates)

    async def move(self, by: int) -> None:
        """Choose another candidate."""
        self._chosen = (self._chosen + by) % len(self._candidates)
        self._draw_candidates()
        self._update()

    async def complete(self) -> None:
        """Take the chosen candidate."""
        self._put(self._candidates[self._chosen].text)
        self._update()
        self.focus()

    def stop_completing(self) -> None:
        self._candidates = []
        self._draw_candidates()
        self._update()

    def _suggest(self) -> None:
        self._candidates = slash.candidates(
            self.text, self._known(), self._words.language, guest=self._guest
        )
        self._chosen = 0
        self._named.holds(self.text)
        self.field.ignore_up_down_keys = bool(self._candidates)
        size = len(self.text.encode())
        self._counter_row.visible = size >= _COUNTED_FROM
        shown = f"{size / 1024:.1f}"
        self._counter.value = self._words(
            "too_long" if size > TEXT_LIMIT else "nearly_full", size=shown
        )
        self._counter.color = look.ERROR if size > TEXT_LIMIT else look.TEXT2
        self._draw_candidates()

    def _draw_candidates(self) -> None:
        first = max(0, min(self._chosen - 2, len(self._candidates) - slash.SHOWN))
        shown = self._candidates[first : first + slash.SHOWN]
        self._list.controls = [
            self._candidate(one, first + index) for index, one in enumerate(shown)
        ]
        self._list_box.visible = bool(shown)
        self._say_chosen()

    def _say_chosen(self) -> None:
        """The focus stays in the field: of what is offered, a screen reader knows nothing."""
        told = ""
        if self._candidates:
            one, number = self._candidates[self._chosen], self._chosen + 1
            of = len(self._candidates)
            place = self._words("place_among", n=number, of=of) if of > 1 else ""
            told = ", ".join(part for part in (one.usage or one.shown, one.help, place) if part)
        if told and told != self._said:
            self._say(told)
        self._said = told

    def _candidate(self, one: Candidate, index: int) -> ft.Control:
        async def chosen(event: ft.Event[ft.TextButton]) -> None:
            self._chosen = index
            await self.complete()

        style = look.ringed(look.RADIUS_CHIP, look.SELECTED if index == self._chosen else None)
        style.padding = ft.Padding.symmetric(horizontal=8)
        large = self._sizes.are_large
        return ft.Semantics(
            identifier=f"slash-{one.shown.lstrip('/')}",
            container=True,
            selected=index == self._chosen,
            content=ft.TextButton(
                content=self._below(one) if large else self._beside(one),
                height=None if large else self._sizes.of(36),
                style=style,
                on_click=chosen,
            ),
        )

    def _beside(self, one: Candidate) -> ft.Control:
        told = self._told(one)
        told.expand, told.text_align = True, ft.TextAlign.END
        told.max_lines, told.overflow = 1, ft.TextOverflow.ELLIPSIS
        return ft.Row([*self._written(one), told])

    def _below(self, one: Candidate) -> ft.Control:
        """Beside large letters there is no room."""
        lines: list[ft.Control] = [ft.Row(self._written(one), wrap=True, run_spacing=0)]
        if one.help:
            lines.append(self._told(one))
        stretch = ft.CrossAxisAlignment.STRETCH
        return ft.Column(lines, spacing=0, tight=True, horizontal_alignment=stretch)

    def _written(self, one: Candidate) -> list[ft.Control]:
        parameters = one.usage.partition(" ")[2]
        return [
            ft.Text(one.shown, weight=look.BOLD, size=self._sizes.name, color=look.TEXT),
            ft.Text(parameters, size=self._sizes.meta, color=look.TEXT2),
        ]

    def _told(self, one: Candidate) -> ft.Text:
        return ft.Text(one.help, size=self._sizes.preview, color=look.TEXT2)

    def _update(self) -> None:
        if is_on_page(self.field):
            self.suggestions.update()
            self.control.update()

    # --- what is typed ---------------------------------------------------------------------------

    async def _typed(self, event: ft.Event[ft.TextField]) -> None:
        was_shown = (self._list_box.visible, self._counter_row.visible)
        must_put = self._keys.type(str(event.data or ""), self._now())
        if must_put:
            self._give(self.text)
        self._suggest()
        if must_put or any(was_shown) or self._list_box.visible or self._counter_row.visible:
            self._update()
        await self._changed(self.text)

    async def _submitted(self, event: ft.Event[ft.TextField]) -> None:
        await self._enter()

    async def _send_clicked(self, event: ft.Event[ft.IconButton]) -> None:
        await self._enter()
        self.focus()

    async def _enter(self) -> None:
        """An unfinished word is completed; anything else is meant as it stands."""
        if self.is_completing and not slash.is_finished(self.text):
            await self.complete()
            return
        if len(self.text.encode()) <= TEXT_LIMIT:
            await self._entered(self.text)
