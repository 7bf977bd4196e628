"""A field with no label but a hint. Flutter calls it by that only while nothing stands in it: here
it is called so all the time, and never twice.
"""

import flet as ft

from frontend.views.still import show_changes


class NamedField:
    """Tells a screen reader what is written in its field."""

    def __init__(self, identifier: str, field: ft.TextField, *, expand: bool = False) -> None:
        self._named = ft.Semantics(identifier=identifier, content=field)
        self._field = field
        self._holds_text = False
        # Else the name would be that of a group around the field.
        self.control = ft.MergeSemantics(self._named, expand=expand)

    def holds(self, text: str) -> None:
        """Told of each text that comes to stand there."""
        self._holds_text = bool(text)
        self._name()

    def hint(self, text: str) -> None:
        self._field.hint_text = text
        self._name()

    def _name(self) -> None:
        name = str(self._field.hint_text or "") if self._holds_text else None
        if self._named.label != name:
            self._named.label = name
            show_changes(self._named)
