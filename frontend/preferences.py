"""What a person has set for this browser: theme, language, size of text. Kept in the browser."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from frontend.window.words import LANGUAGES

THEMES = ("system", "light", "dark")
SIZES = (90, 100, 115, 130, 150)
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

    def kept(self) -> dict[str, Any]:
        """As the browser keeps them, by their keys."""
        return {PREFIX + name: value for name, value in asdict(self).items()}


def names() -> list[str]:
    """All that the browser keeps."""
    return [*Preferences().kept(), BROWSER_LANGUAGE]


def read(kept: dict[str, Any]) -> Preferences:
    """What was kept, where it can be meant; else the usual, in the browser's language."""
    language = str(kept.get(BROWSER_LANGUAGE) or "")[:2].lower()
    usual = Preferences(language=language if language in LANGUAGES else "en")
    theme, chosen, size = (kept.get(PREFIX + name) for name in ("theme", "language", "text_size"))
    if theme in THEMES:
        usual = replace(usual, theme=theme)
    if chosen in LANGUAGES:
        usual = replace(usual, language=chosen)
    if size in SIZES:
        usual = replace(usual, text_size=int(size))
    return usual
