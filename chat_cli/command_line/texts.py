"""Every text that the command line prints, in English and in Indonesian: the one catalogue.

A text is a constant here, and `say` fills in its fields in the language that is spoken. Texts of
errors are beside `realm_protocol.errors`, those of words and parameters in their tables.
"""

from enum import Enum
from typing import NamedTuple, Protocol


class Language(Enum):
    """What the command line can speak."""

    ENGLISH = "en"
    INDONESIAN = "id"


class Text(NamedTuple):
    """One text in each language, with the same fields in braces."""

    english: str
    indonesian: str


class Bilingual(Protocol):
    """A text of this catalogue, or the help of a table."""

    @property
    def english(self) -> str: ...
    @property
    def indonesian(self) -> str: ...


_spoken = Language.ENGLISH


def speak(language: Language) -> None:
    """Say all that follows in this language; told once, when the program begins."""
    global _spoken  # noqa: PLW0603  # one process speaks one language
    _spoken = language


def spoken() -> Language:
    return _spoken


def say(text: Bilingual, **fields: object) -> str:
    """The text in the language that is spoken, with its fields."""
    template = text.indonesian if _spoken is Language.INDONESIAN else text.english
    return template.format(**fields)


# --- signing in ----------------------------------------------------------------------------------

SIGNED_IN = Text("Signed in as {account}.", "Masuk sebagai {account}.")
SIGNED_OUT = Text("Signed out {account}.", "{account} sudah keluar.")
SESSION_ENDED = Text("Session {session} has ended.", "Sesi {session} sudah berakhir.")
UNSENT_ERASED = Text(
    "{count} messages had not been sent yet; they were erased with it.",
    "{count} pesan belum terkirim; semuanya ikut dihapus.",
)
UNSENT_KEPT = Text(
    "{count} messages had not been sent yet; they are kept until you sign in again.",
    "{count} pesan belum terkirim; disimpan sampai Anda masuk lagi.",
)
PASSWORD_CHANGED = Text(
    "The password of {account} is changed; your other sessions have ended.",
    "Kata sandi {account} sudah diganti; sesi Anda yang lain berakhir.",
)
USED_FROM_NOW = Text(
    "Commands are for {account} from now on.", "Mulai sekarang perintah berlaku untuk {account}."
)
PASSWORD_PROMPT = Text("Password: ", "Kata sandi: ")
OLD_PASSWORD_PROMPT = Text("Old password: ", "Kata sandi lama: ")
NEW_PASSWORD_PROMPT = Text("New password: ", "Kata sandi baru: ")
PASSWORD_AGAIN_PROMPT = Text("Once more: ", "Sekali lagi: ")

# --- messages ------------------------------------------------------------------------------------

SENT = Text("Sent to {name}.", "Terkirim ke {name}.")
SAVED = Text("Saved for {name}.", "Disimpan untuk {name}.")
SAVED_NOTE = Text(
    "saved, and sent to {name} as soon as the main server can be reached",
    "disimpan, dan dikirim ke {name} begitu server utama bisa dihubungi",
)
NO_UNREAD = Text("no unread messages", "tidak ada pesan yang belum dibaca")
NO_MESSAGES = Text("no messages", "tidak ada pesan")
NOTHING_FOUND = Text("nothing found", "tidak ada yang ditemukan")
READ_UP_TO = Text("Read up to {seq}.", "Dibaca sampai {seq}.")

# --- groups and people ---------------------------------------------------------------------------

GROUP_CREATED = Text("Created group {group}.", "Grup {group} sudah dibuat.")
GROUP_JOINED = Text("You are in group {group}.", "Anda ada di grup {group}.")
GROUP_LEFT = Text("You have left group {group}.", "Anda sudah keluar dari grup {group}.")
BLOCKED = Text("{address} is blocked.", "{address} diblokir.")
UNBLOCKED = Text("{address} is no longer blocked.", "{address} tidak lagi diblokir.")

# --- the service ---------------------------------------------------------------------------------

SERVICE_RUNS = Text(
    "The service runs at {url} (process {pid}, version {version}).",
    "Layanan berjalan di {url} (proses {pid}, versi {version}).",
)
SERVICE_STOPPED = Text("The service has stopped.", "Layanan sudah berhenti.")
SERVICE_NOT_RUNNING = Text(
    "The service is not running; the next command starts it.",
    "Layanan tidak berjalan; perintah berikutnya menjalankannya.",
)

# --- how commands end ----------------------------------------------------------------------------

UNEXPECTED = Text("unexpected: {what}; {log} has more", "tak terduga: {what}; lihat {log}")
UNEXPECTED_UNLOGGED = Text("unexpected: {what}", "tak terduga: {what}")
STOPPED = Text("stopped", "dihentikan")
OUTPUT_FAILED = Text("the output can't be written: {why}", "keluaran tidak bisa ditulis: {why}")
