"""Names of files: whatever a sender calls a file, made into one safe component of a path.

Every tier cleans a name again. Where a file is saved under it is nobody's business here.
"""

import re
import unicodedata

from realm_protocol.limits import FILE_NAME_LIMIT

_NAMELESS = "file"
_SUFFIX_LIMIT = 32
"""A longer ending is no suffix that says what a file is."""

_TURNING = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""They make “gpj.exe” show as “exe.jpg”."""
_INVISIBLE = "\u200b\u2060\ufeff\u2028\u2029\ufff9-\ufffb"
_DROPPED = re.compile(f"[\x00-\x1f\x7f-\x9f{_TURNING}{_INVISIBLE}\ud800-\udfff]")
_REPLACED = re.compile(r'[<>:"|?*]')
"""What Windows takes in no name; a colon would open another stream of a file."""
_SEPARATORS = re.compile(r"[/\\]")
_DEVICE = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])\s*(\..*)?",
    re.IGNORECASE | re.DOTALL,
)
"""What Windows opens as a device, whatever stands behind the dot."""


def safe_file_name(name: str) -> str:
    """One component of a path on any system, of at most `FILE_NAME_LIMIT` bytes; never empty.

    A leading dot goes, so that nothing that arrives is hidden or read as settings.
    """
    last = _SEPARATORS.split(name)[-1]
    shown = unicodedata.normalize("NFC", _DROPPED.sub("", last))
    trimmed = _trim(_REPLACED.sub("_", shown))
    if _DEVICE.fullmatch(trimmed):
        trimmed = f"_{trimmed}"
    return _trim(_shorten(trimmed)) or _NAMELESS


def _trim(name: str) -> str:
    """Without blanks around it, dots before it, and the dots behind it that Windows drops."""
    while (trimmed := name.strip().lstrip(".").rstrip(".")) != name:
        name = trimmed
    return name


def _shorten(name: str) -> str:
    """Its beginning and its suffix, where it is too long."""
    stem, suffix = _split(name)
    return ending_with(stem, suffix)


def _split(name: str) -> tuple[str, str]:
    """Before the suffix that says what a file is, and that with its dot; it may be empty."""
    stem, dot, suffix = name.rpartition(".")
    if stem and len(suffix.encode()) <= _SUFFIX_LIMIT:
        return stem, dot + suffix
    return name, ""


def ending_with(name: str, ending: str) -> str:
    """A safe name with something behind it, cut before that where both are too long."""
    room = FILE_NAME_LIMIT - len(ending.encode())
    return name.encode()[:room].decode(errors="ignore") + ending


def numbered(name: str, number: int) -> str:
    """A safe name beside others that are called the same: `report (2).pdf`."""
    stem, suffix = _split(name)
    return ending_with(stem, f" ({number}){suffix}")
