"""Every text that the command line prints, in English and in Indonesian: the one catalogue.

A text is a constant here, and `say` fills in its fields in the language that is spoken. Texts of
errors are beside `realm_protocol.errors`, those of words and parameters in their tables.
"""

from enum import Enum
from typing import NamedTuple, Protocol

from realm_protocol.errors import RealmchatError


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
    global _spoken  # one process speaks one language
    _spoken = language


def spoken() -> Language:
    return _spoken


def say(text: Bilingual, **fields: object) -> str:
    """The text in the language that is spoken, with its fields."""
    template = text.indonesian if _spoken is Language.INDONESIAN else text.english
    return template.format(**fields)


def say_error(error: RealmchatError) -> str:
    """What was wrong and what to do, in the language that is spoken."""
    return error.message_in(_spoken.value)


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
PASSWORD_NEEDS_TERMINAL = Text(
    "A password can be typed at a terminal only.", "Kata sandi hanya bisa diketik di terminal."
)
PASSWORD_STDIN_USAGE = Text(
    "one line of standard input with --password-stdin.",
    "satu baris masukan standar dengan --password-stdin.",
)
PASSWORD_MISSING = Text(
    "Standard input holds no {name} password.", "Masukan standar tidak berisi kata sandi {name}."
)
PASSWORDS_DIFFER = Text("The two are not the same.", "Keduanya tidak sama.")
PASSWORD_TWICE_USAGE = Text("type it twice alike.", "ketik dua kali dengan sama.")
PASSWORD_NO_ARGUMENT = Text(
    "A password is never an argument: it is asked for.",
    "Kata sandi tidak pernah menjadi argumen: kata sandi ditanyakan.",
)

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

# --- the shell -----------------------------------------------------------------------------------

SHELL_GREETING = Text(
    "Type a command; Tab completes, `help` lists them all, Ctrl-D leaves.",
    "Ketik perintah; Tab melengkapi, `help` menampilkan semuanya, Ctrl-D keluar.",
)
SHELL_UNREAD = Text(
    "{account} has {count} unread; `inbox` shows them.",
    "{account} punya {count} yang belum dibaca; `inbox` menampilkannya.",
)
SHELL_NOBODY = Text(
    "Nobody is signed in here. `auth NAME@REALM` signs in, `register NAME@REALM` makes an account.",
    "Belum ada yang masuk di sini. `auth NAMA@REALM` untuk masuk, `register NAMA@REALM` untuk"
    " membuat akun.",
)
SHELL_USING = Text("You are {account} now.", "Sekarang Anda {account}.")
SHELL_SENT_LATER = Text(
    "What was saved for {name} has been sent.", "Yang disimpan untuk {name} sudah terkirim."
)
SHELL_NOT_SENT = Text("Not sent to {name}: {why}", "Tidak terkirim ke {name}: {why}")
SHELL_WITHDRAWN = Text(
    "A message that was shown at this site only was withdrawn: {why}",
    "Sebuah pesan yang hanya tampil di situs ini ditarik: {why}",
)
SHELL_MISSED = Text(
    "Some messages came while the shell was away; `inbox` shows them.",
    "Ada pesan yang datang selama shell terputus; `inbox` menampilkannya.",
)
SHELL_FINISHING = Text(
    "finishing what was typed; Ctrl-C leaves at once",
    "menyelesaikan yang sudah diketik; Ctrl-C langsung keluar",
)
BAR_CONNECTED = Text("connected", "terhubung")
BAR_CONNECTING = Text("connecting", "menghubungkan")
BAR_CUT_OFF = Text("{realm} cut off since {since}", "{realm} terputus sejak {since}")
BAR_UNREACHABLE = Text("{realm} out of reach since {since}", "{realm} tak terjangkau sejak {since}")
BAR_SIGNED_OUT = Text("session ended: auth {account}", "sesi berakhir: auth {account}")
BAR_SERVICE_AWAY = Text("service away", "layanan terputus")
BAR_NOBODY = Text("nobody is signed in", "belum ada yang masuk")
BAR_UNREAD = Text("{count} unread", "{count} belum dibaca")
BAR_HINT = Text("help · Tab completes", "help · Tab melengkapi")
