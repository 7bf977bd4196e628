"""Keys that are typed while the window empties the field aren't lost."""

from hypothesis import given
from hypothesis import strategies as st

from frontend.window.typed import IN_FLIGHT_SECONDS, Typed


class Page:
    """A field in a browser: what it tells and what it is given travel, each in order."""

    def __init__(self) -> None:
        self.window = Typed()
        self.held = ""
        self.told: list[str | None] = []
        self.given: list[str] = []
        self.sent: list[str] = []

    def press(self, key: str) -> None:
        """A letter, or Enter, which sends what the window knows of by then."""
        if key == "\n":
            self.told.append(None)
        else:
            self.held += key
            self.told.append(self.held)

    def tell(self) -> None:
        """The oldest of what is told reaches the window."""
        if not self.told:
            return
        held = self.told.pop(0)
        if held is None and not self.window.text:
            return
        if held is None:
            self.sent.append(self.window.text)
            self.window.put("", 0)
            self.given.append("")
        elif self.window.type(held, 0):
            self.given.append(self.window.text)

    def give(self) -> None:
        """The oldest of what the field is given reaches it."""
        if self.given:
            self.held = self.given.pop(0)

    def settle(self) -> None:
        while self.told or self.given:
            self.tell()
            self.give()


def _letters(enters: list[bool]) -> str:
    """Each letter once: of two that are the same, nobody could say which was late."""
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    return "".join("\n" if enter else next(letters) for enter in enters)


_PRESSES = st.lists(st.booleans(), min_size=1, max_size=12).map(_letters)


@given(_PRESSES, st.lists(st.sampled_from(["press", "tell", "give"]), max_size=40))
def test_every_key_is_sent_or_still_there(keys: str, steps: list[str]) -> None:
    """However late each end hears of the other, as long as nobody waits for seconds."""
    page, waiting = Page(), list(keys)
    for step in steps:
        if step == "press" and waiting:
            page.press(waiting.pop(0))
        elif step == "tell":
            page.tell()
        else:
            page.give()
    page.settle()
    for key in waiting:
        page.press(key)
        page.settle()

    assert "".join((*page.sent, page.window.text)) == keys.replace("\n", "")
    assert page.held == page.window.text


def test_what_begins_like_the_last_message_is_no_late_key() -> None:
    """Pasted a while after it was sent, it stands as it was pasted."""
    typed = Typed()
    typed.type("halo", 0)
    typed.put("", 1)

    assert not typed.type("halo semua", 1 + IN_FLIGHT_SECONDS + 0.1)
    assert typed.text == "halo semua"
