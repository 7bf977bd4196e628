"""What a person has set for this browser: theme, language, sizes, motion. Kept in the browser."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from typing import Any

from frontend.window.words import LANGUAGES

THEMES = ("system", "light", "dark")
SIZES = (90, 100, 115, 130, 150)
DENSITIES = ("comfortable", "compact")
MOTIONS = ("full", "reduced")
PREFIX = "realmchat."
BROWSER_LANGUAGE = PREFIX + "browser_language"
"""Under which the page itself keeps the language of its browser."""
BROWSER_IS_STILL = PREFIX + "browser_is_still"
"""Under which it keeps whether its person wants no motion."""


@dataclass(frozen=True, slots=True)
class Preferences:
    theme: str = "system"
    language: str = "en"
    text_size: int = 100
    density: str = "comfortable"
    motion: str = "full"

    def kept(self) -> dict[str, Any]:
        """As the browser keeps them, by their keys."""
        return {PREFIX + name: value for name, value in asdict(self).items()}


def names() -> list[str]:
    """All that the browser keeps."""
    return [*Preferences().kept(), BROWSER_LANGUAGE, BROWSER_IS_STILL]


def read(kept: dict[str, Any]) -> Preferences:
    """What was kept, where it can be meant; else the usual, as the browser itself is set."""
    language = str(kept.get(BROWSER_LANGUAGE) or "")[:2].lower()
    usual = Preferences(
        language=language if language in LANGUAGES else "en",
        motion="reduced" if kept.get(BROWSER_IS_STILL) is True else "full",
    )
    chosen = {
        name: kept[PREFIX + name]
        for name, values in _VALUES.items()
        if kept.get(PREFIX + name) in values
    }
    return replace(usual, **chosen)


def changed(before: Preferences, name: str, value: str) -> Preferences:
    """With another value of one of them, as a form writes it."""
    change: dict[str, Any] = {name: int(value) if name == "text_size" else value}
    return replace(before, **change)


_VALUES: dict[str, Collection[str | int]] = {
    "theme": THEMES,
    "language": LANGUAGES,
    "text_size": SIZES,
    "density": DENSITIES,
    "motion": MOTIONS,
}
