"""The line editor: prompt, completion, history, keys and colours, by prompt_toolkit.

What completes a line and what the bar says is decided elsewhere; nothing here asks the service.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.layout.utils import explode_text_fragments
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.styles import Style

from chat_cli.command_line.shell.bar import Standing, bar, cut
from chat_cli.command_line.shell.completion import Candidate, candidates, place_of, word_in_hand
from chat_cli.command_line.shell.history import ShellHistory
from chat_cli.command_line.shell.known import Known
from chat_cli.command_line.shell.lines import password_spans
from chat_cli.command_line.texts import say

_MENU_ROWS = 6
_META_WIDTH = 48
_COLOURS = {
    "prompt": "bold ansicyan",
    "bottom-toolbar": "noreverse bg:#262626 #d0d0d0",
    "bar.up": "ansigreen",
    "bar.waiting": "ansiyellow",
    "bar.cut_off": "ansiyellow bold",
    "bar.away": "ansired bold",
    "bar.unread": "bold #ffffff",
    "bar.usage": "#ffffff",
    "bar.help": "#8a8a8a",
}
_WITHOUT_COLOURS = {"prompt": "bold", "bar.unread": "bold"}


class Editor:
    """Reads one line after the other; what is printed meanwhile appears above."""

    def __init__(
        self,
        history: Path,
        *,
        known: Callable[[], Known],
        standing: Callable[[], Standing],
        colours: bool,
    ) -> None:
        self._standing = standing
        self._painted: dict[str, Any] = {
            "style": Style.from_dict(_COLOURS if colours else _WITHOUT_COLOURS),
            "color_depth": None if colours else ColorDepth.DEPTH_1_BIT,
        }
        self._session: PromptSession[str] = PromptSession(
            self._prompt,
            history=ShellHistory(history),
            completer=_NameCompleter(known),
            complete_while_typing=False,
            reserve_space_for_menu=_MENU_ROWS,
            bottom_toolbar=self._bar,
            key_bindings=_keys(),
            input_processors=[_Unseen()],
            **self._painted,
        )

    async def read_line(self) -> str:
        """The next line; raises `EOFError` at Ctrl-D."""
        return await self._session.prompt_async()

    async def read_password(self, prompt: str) -> str:
        """Typed unseen and not remembered; raises `EOFError` or `KeyboardInterrupt`."""
        unseen: PromptSession[str] = PromptSession(**self._painted)
        return await unseen.prompt_async(
            [("class:prompt", prompt)], is_password=True, bottom_toolbar=self._bar
        )

    def redraw(self) -> None:
        """The bar or the prompt may say something else now."""
        self._session.app.invalidate()

    def _prompt(self) -> StyleAndTextTuples:
        return [("class:prompt", f"{self._standing().account or 'realmchat'}> ")]

    def _bar(self) -> StyleAndTextTuples:
        word = word_in_hand(self._session.default_buffer.document.text_before_cursor)
        width = get_app().output.get_size().columns
        return [*bar(self._standing(), word, width)]


class _NameCompleter(Completer):
    def __init__(self, known: Callable[[], Known]) -> None:
        self._known = known

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        text = document.text_before_cursor
        place = place_of(text)
        if place is None:
            return
        parted = document.text_after_cursor.startswith(" ")
        for candidate in candidates(text, self._known()):
            yield Completion(
                f"{candidate.text} " if candidate.goes_on and not parted else candidate.text,
                start_position=-len(place.typed),
                display=candidate.text,
                display_meta=_meta(candidate),
            )


class _Unseen(Processor):
    """Passwords that stand in the line itself are shown as dots, and stay so on the screen."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        given = transformation_input
        spans = password_spans(given.document.text) if given.lineno == 0 else []
        shown = explode_text_fragments(given.fragments)
        for start, end in spans:
            shown[start:end] = [(style, "•") for style, *_ in shown[start:end]]
        return Transformation(shown)


def _meta(candidate: Candidate) -> str:
    return cut(say(candidate.word.help), _META_WIDTH) if candidate.word else ""


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("c-c")
    def clear(event: KeyPressEvent) -> None:
        event.current_buffer.reset()

    return keys
