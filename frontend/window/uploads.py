"""Files on their way out: how an account's state changes by them, and how each is told. Pure.

An upload stands where its message will stand. When the message is there, it is told of no more.
"""

from collections.abc import Iterable
from dataclasses import replace

from frontend.service.shapes import File, Message, Refusal, Upload
from frontend.window.state import AccountState
from frontend.window.words import Words
from realm_protocol.errors import FileUnreadable, rebuild

_TOLD_FROM_SECONDS = 5
"""A shorter rest isn't worth telling."""


def begin(state: AccountState, upload: Upload) -> AccountState:
    return _with(state, upload)


def take_listed(state: AccountState, listed: Iterable[Upload]) -> AccountState:
    """Those that the service knows, and those that it is being handed."""
    told = {upload.key: upload for upload in listed}
    handing = {k: u for k, u in state.uploads.items() if not u.transfer and k not in told}
    return replace(state, uploads={**told, **handing})


def take_told(state: AccountState, upload: Upload) -> AccountState:
    """The service tells how far one is. One that is done is a message by then."""
    return forget(state, upload.key) if upload.state == "done" else _with(state, upload)


def move(state: AccountState, key: str, done: int) -> AccountState:
    """The service has got so many bytes of it."""
    known = state.uploads.get(key)
    return state if known is None else _with(state, replace(known, done=done))


def take_over(state: AccountState, key: str, transfer: str) -> AccountState:
    """The service has it whole, and calls it so; empty: it has been sent."""
    known = state.uploads.get(key)
    if known is None or known.transfer:
        return state  # an event was faster
    if not transfer:
        return forget(state, key)
    return _with(state, replace(known, transfer=transfer, state="waiting", done=0))


def fail(state: AccountState, key: str, refusal: Refusal) -> AccountState:
    """The service didn't take it: it stays where it is, with the reason."""
    known = state.uploads.get(key)
    if known is None:
        return state
    return _with(state, replace(known, state="refused", refusal=refusal))


def restart(state: AccountState, key: str) -> AccountState:
    """It is handed over once more."""
    known = state.uploads.get(key)
    if known is None:
        return state
    return _with(state, replace(known, state="handing", done=0, refusal=None))


def forget(state: AccountState, key: str) -> AccountState:
    if key not in state.uploads:
        return state
    return replace(state, uploads={k: u for k, u in state.uploads.items() if k != key})


def _with(state: AccountState, upload: Upload) -> AccountState:
    return replace(state, uploads={**state.uploads, upload.key: upload})


def of_conversation(state: AccountState, conversation: str) -> list[Upload]:
    """In the order in which they were begun."""
    return [upload for upload in state.uploads.values() if upload.conversation == conversation]


def as_message(upload: Upload, me: str) -> Message:
    """What it will be, as far as that is known."""
    return Message(
        conversation=upload.conversation,
        seq=None,
        key=upload.key,
        kind="file",
        sender=me,
        text=upload.name,
        at=None,
        sent_at=upload.begun_at,
        state="refused" if upload.state == "refused" else "saved",
        refusal=upload.refusal,
        file=File("", upload.name, upload.size, upload.type),
    )


# --- in words ------------------------------------------------------------------------------------


def is_moving(upload: Upload) -> bool:
    """So that it can be cancelled; else it is gone on with, or thrown away."""
    return upload.state in ("handing", "waiting", "running")


def fraction(upload: Upload) -> float:
    return min(upload.done / upload.size, 1.0) if upload.size else 0.0


def progress_words(upload: Upload, words: Words, *, linked: bool) -> str:
    """How far it is, and what it waits for."""
    percent = round(fraction(upload) * 100)
    match upload.state:
        case "handing":
            return words("file_reading", p=percent)
        case "waiting":
            return words("file_waiting") if linked else words("file_waits_for_link", p=percent)
        case "running" if upload.done >= upload.size:
            return words("file_checking")
        case "running":
            return _moving(upload, percent, words)
        case "cancelled":
            return words("file_cancelled")
        case "refused" if upload.refusal is not None:
            if upload.refusal.code == FileUnreadable.code:
                return words("file_unreadable")
            error = rebuild(upload.refusal.code, dict(upload.refusal.fields))
            return words("refused", reason=error.message_in(words.language))
    return ""


def _moving(upload: Upload, percent: int, words: Words) -> str:
    told = [f"{percent} %" if words.language == "en" else f"{percent}%"]
    if upload.rate:
        told.append(f"{size_words(upload.rate, words)}/s")
        left = (upload.size - upload.done) / upload.rate
        if left >= _TOLD_FROM_SECONDS:
            told.append(_time_left(left, words))
    return " · ".join(told)


def _time_left(seconds: float, words: Words) -> str:
    if seconds < 90:
        return words("seconds_left", n=max(round(seconds / 5) * 5, 5))
    return words("minutes_left", n=round(seconds / 60))


def size_words(size: int, words: Words) -> str:
    """1.4 MB, or 1,4 MB in Indonesian; in units of a thousand, as file managers count."""
    value, unit = float(size), "B"
    for unit in ("B", "kB", "MB", "GB"):  # the unit where it ends is meant
        if value < 999.5 or unit == "GB":
            break
        value /= 1000
    shown = f"{value:.0f}" if unit == "B" or value >= 99.5 else f"{value:.1f}".removesuffix(".0")
    return f"{shown if words.language == 'en' else shown.replace('.', ',')} {unit}"


def shortened(name: str, longest: int) -> str:
    """A file's name without its middle, so that its ending stays."""
    if len(name) <= longest:
        return name
    end = min(12, longest // 3)
    return f"{name[: longest - end - 1]}…{name[-end:]}"
