"""The letters of a text as those who write its script count them. Pure."""

import unicodedata

_JOINING = (*"\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d", "\u0dca\u200d")
"""What makes one letter of two: signs of Devanagari, Bengali, Gujarati, Odia, Telugu and Malayalam
(Unicode's annex 29, rule GB9c), and of Sinhala.
"""
_JOINER = "\u200d"
_FIRST_VARIANT, _LAST_VARIANT = "\ufe00", "\ufe0f"
"""What only chooses between two looks of the letter before it."""


def letters(text: str) -> list[str]:
    """Letters and digits, each with its marks; nothing of what is neither. Letters in disguise,
    such as 𝓢 or ﬁ, count as what they are.
    """
    found: list[str] = []
    goes_on = False
    for one in unicodedata.normalize("NFKC", text):
        if goes_on and (_is_mark(one) or (one.isalnum() and found[-1].endswith(_JOINING))):
            found[-1] += one
        elif one.isalnum():
            found.append(one)
            goes_on = True
        elif not _FIRST_VARIANT <= one <= _LAST_VARIANT:
            goes_on = False
    return found


def _is_mark(one: str) -> bool:
    if _FIRST_VARIANT <= one <= _LAST_VARIANT:
        return False
    return one == _JOINER or unicodedata.category(one) in ("Mn", "Mc")
