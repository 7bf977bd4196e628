"""What stands in a field that two change at once: a person who types, and the window, which empties
it or puts a text there. Pure.

Keys that were typed before such a change reached the page change a text that is gone there by then.
They are told all the same, and belong behind the text that was put. Which text a key was added to
shows in how the told one begins; in doubt is only a letter typed twice within one round trip.
"""

IN_FLIGHT_SECONDS = 3.0
"""Longer than any change needs to reach its page."""


class Typed:
    """`text` is what the field holds, or will once it has what was put there."""

    def __init__(self) -> None:
        self.text = ""
        self._bases: list[str] = []
        """Texts to which the next key may be added, the oldest first; the last is `text`."""
        self._until = 0.0

    def put(self, text: str, now: float) -> None:
        """The field is given this text."""
        if not self._bases or now > self._until:
            self._bases = [self.text]
        self._bases.append(text)
        self._until = now + IN_FLIGHT_SECONDS
        self.text = text

    def type(self, held: str, now: float) -> bool:
        """The page tells what the field holds; whether it must be given `text` once more."""
        if now > self._until:
            self._bases.clear()
        extended = [base for base in self._bases if held.startswith(base) and held != base]
        base = max(extended, key=len, default=None)
        at = len(self._bases) - 1 if base is None else self._bases.index(base)
        if base is None or at == len(self._bases) - 1:
            self._bases.clear()
            self.text = held
            return False
        self._bases = [held, *self._bases[at + 1 :]]
        self.put(self.text + held[len(base) :], now)
        return True
