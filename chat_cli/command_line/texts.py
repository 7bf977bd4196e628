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
    english_of_one: str = ""
    """The English text where its `count` is 1; Indonesian needs no other."""


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
    if _spoken is Language.INDONESIAN:
        return text.indonesian.format(**fields)
    one = isinstance(text, Text) and fields.get("count") == 1 and text.english_of_one
    return (one or text.english).format(**fields)


def say_error(error: RealmchatError) -> str:
    """What was wrong and what to do, in the language that is spoken."""
    return error.message_in(_spoken.value)


# --- signing in ----------------------------------------------------------------------------------

SIGNED_IN = Text("Signed in as {account}.", "Masuk sebagai {account}.")
GUEST_ENTERED = Text(
    "You are {account}, a guest of {room} until {until}.",
    "Anda {account}, tamu di {room} sampai {until}.",
)
ROOM_IS_OPEN = Text(
    "{room} is an open room: everybody in it sees everything, and it is recorded.",
    "{room} ruang terbuka: semua yang ada di dalamnya melihat semuanya, dan percakapannya direkam.",
)
SIGNED_OUT = Text("Signed out {account}.", "{account} sudah keluar.")
SESSION_ENDED = Text("Session {session} has ended.", "Sesi {session} sudah berakhir.")
UNSENT_ERASED = Text(
    "{count} messages had not been sent yet; they were erased with it.",
    "{count} pesan belum terkirim; semuanya ikut dihapus.",
    "{count} message had not been sent yet; it was erased with it.",
)
UNSENT_KEPT = Text(
    "{count} messages had not been sent yet; they are kept until you sign in again.",
    "{count} pesan belum terkirim; disimpan sampai Anda masuk lagi.",
    "{count} message had not been sent yet; it is kept until you sign in again.",
)
PASSWORD_CHANGED = Text(
    "The password of {account} is changed; your other sessions have ended.",
    "Kata sandi {account} sudah diganti; sesi Anda yang lain berakhir.",
)
USED_FROM_NOW = Text(
    "Commands are for {account} from now on.", "Mulai sekarang perintah berlaku untuk {account}."
)
SETTING_GOES_BEFORE = Text(
    "{origin} goes before this, and says {account}",
    "{origin} didahulukan, dan menyebut {account}",
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
PASSWORD_TWICE_USAGE = Text("type it twice alike.", "ketik yang sama dua kali.")
PASSWORD_NO_ARGUMENT = Text(
    "A password is never an argument: it is asked for.",
    "Kata sandi tidak pernah menjadi argumen: kata sandi ditanyakan.",
)

# --- messages ------------------------------------------------------------------------------------

SENT = Text("Sent to {name}.", "Terkirim ke {name}.")
SAVED = Text("Saved for {name}.", "Disimpan untuk {name}.")
SAVED_NOTE = Text(
    "saved, and sent to {name} as soon as the main server can be reached",
    "disimpan, dan dikirim ke {name} begitu server pusat bisa dihubungi",
)
SENT_WITHIN = Text("Sent to {name} within {realm}.", "Terkirim ke {name} di dalam {realm}.")
NEIGHBOUR_NOTE = Text(
    "{name} can read it already; the main server confirms it as soon as it can be reached",
    "{name} sudah bisa membacanya; server pusat memastikannya begitu bisa dihubungi",
)
GROUP_NOTE = Text(
    "those of {realm} can read it already, all others as soon as the main server can be reached",
    "anggota dari {realm} sudah bisa membacanya, yang lain begitu server pusat bisa dihubungi",
)
FILE_SENT = Text("Sent {file} to {name}.", "{file} terkirim ke {name}.")
FILE_SAVED = Text("Saved {file} for {name}.", "{file} disimpan untuk {name}.")
FILE_SENT_WITHIN = Text(
    "Sent {file} to {name} within {realm}.", "{file} terkirim ke {name} di dalam {realm}."
)
FILE_STOPPED = Text(
    "stopped; the same command goes on where it was",
    "dihentikan; perintah yang sama melanjutkannya",
)
TRANSFER_STOPPED = Text(
    "Stopped {file}. `transfers retry` goes on with it.",
    "{file} dihentikan. `transfers retry` melanjutkannya.",
)
TRANSFER_GOES_ON = Text("Going on with {file}.", "{file} dilanjutkan.")
TRANSFER_REMOVED = Text("Forgot {file}.", "{file} dilupakan.")
NO_TRANSFERS = Text("No files are on their way.", "Tidak ada file yang sedang dikirim.")
FILE_RECEIVED = Text("Saved {path}.", "{path} tersimpan.")
FILE_HERE_ALREADY = Text("{path} is here already", "{path} sudah ada")
NO_FILES = Text("nobody has sent a file", "belum ada file kiriman")
FILE_OF_MESSAGE = Text("file {id}, {amount}", "file {id}, sebesar {amount}")
PROGRESS = Text("{done} of {size}", "{done} dari {size}")
PROGRESS_RATE = Text("{rate} per second", "{rate} per detik")
PROGRESS_LEFT = Text("{time} left", "tinggal {time}")
PROGRESS_WAITING = Text("waiting", "menunggu")
NO_UNREAD = Text("no unread messages", "tidak ada pesan yang belum dibaca")
NO_MESSAGES = Text("no messages", "tidak ada pesan")
NOBODY_SIGNED_IN = Text(
    "nobody is signed in; `chat-cli login ADDRESS` signs in",
    "belum ada yang masuk; `chat-cli login ALAMAT` untuk masuk",
)
NOTHING_FOUND = Text("nothing found", "tidak ada yang ditemukan")
READ_UP_TO = Text("Read up to {read}.", "Dibaca sampai {read}.")

TAIL_NEEDS_NAME = Text(
    "--exec and --from-start are for a reader with a name: add --as NAME.",
    "--exec dan --from-start hanya untuk pembaca bernama: tambahkan --as NAME.",
)
TAIL_HAS_NO_LIMIT = Text(
    "--limit counts the newest messages; a reader with a name gets all that it has not had.",
    "--limit menghitung pesan terbaru; pembaca bernama mendapat semua yang belum diterimanya.",
)
TAIL_MISSED = Text(
    "some messages could not be shown; `history` and `inbox` have them",
    "sebagian pesan tidak sempat ditampilkan; lihat `history` dan `inbox`",
)
TAIL_SERVICE_AWAY = Text("waiting for the service: {why}", "menunggu layanan: {why}")
TAIL_TRIES_AGAIN = Text(
    "the program ended with {code} for message {key} of {sender}; it is run again until it"
    " ends with 0",
    "program berakhir dengan {code} untuk pesan {key} dari {sender}; dijalankan lagi sampai"
    " berakhir dengan 0",
)

# --- groups and people ---------------------------------------------------------------------------

GROUP_CREATED = Text("Created group {group}.", "Grup {group} sudah dibuat.")
GROUP_JOINED = Text("You are in group {group}.", "Sekarang Anda ada di grup {group}.")
GROUP_LEFT = Text("You have left group {group}.", "Anda sudah keluar dari grup {group}.")
GROUP_INVITED = Text("They are in group {group} now.", "Mereka sudah masuk grup {group}.")
MEMBER_REMOVED = Text(
    "{address} is no longer in group {group}.", "{address} sudah dikeluarkan dari grup {group}."
)
ROLE_GIVEN = Text(
    "In group {group}, {address} is now: {role}.", "Di grup {group}, {address} sekarang: {role}."
)
GROUP_RENAMED = Text("Group {group} has its new name.", "Nama grup {group} sudah diganti.")
ACCESS_SET = Text(
    "It is set who may enter group {group}.", "Siapa yang boleh masuk grup {group} sudah diatur."
)
GROUP_CLOSED = Text(
    "Group {group} is closed: it can be read and left.",
    "Grup {group} sudah ditutup: anggota hanya bisa membaca atau keluar.",
)
GROUP_REOPENED = Text("Group {group} is open again.", "Grup {group} dibuka lagi.")
BLOCKED = Text("{address} is blocked.", "{address} diblokir.")
MUTED = Text("Muted in the windows of this machine.", "Dibisukan di jendela komputer ini.")
UNMUTED = Text("No longer muted.", "Tidak lagi dibisukan.")
UNBLOCKED = Text("{address} is no longer blocked.", "{address} tidak lagi diblokir.")

REALM_ADDED = Text("{name} is realm {realm}.", "{name} adalah realm {realm}.")
REALM_ENROLLED = Text(
    "Realm {realm} is enrolled. Its key, which is told this once: {key}",
    "Realm {realm} sudah didaftarkan. Kuncinya, yang hanya diberitahukan sekali ini: {key}",
)
STDIN_GOES_TO_ONE = Text(
    "Standard input can be sent to one recipient only.",
    "Masukan standar hanya bisa dikirim ke satu penerima.",
)

# --- columns and facts ---------------------------------------------------------------------------

ACCOUNT = Text("Account", "Akun")
ADDRESS = Text("Address", "Alamat")
CONNECTION = Text("Connection", "Koneksi")
CONVERSATIONS = Text("Conversations", "Percakapan")
CALLED = Text("You call it", "Sebutan Anda")
COUNTRY = Text("Country", "Negara")
DEFAULT = Text("Default", "Bawaan")
DEVICE = Text("Device", "Perangkat")
HOST = Text("Address", "Alamat")
GROUP = Text("Group", "Grup")
HAS_READ = Text("Has read", "Sudah dibaca")
LAST_SEEN = Text("Last seen", "Terakhir terlihat")
LINK = Text("Link", "Sambungan")
MEMBERS = Text("Members", "Anggota")
MESSAGES = Text("Messages", "Pesan")
NAME = Text("Name", "Nama")
PEOPLE_ONLINE = Text("Online", "Daring")
PRESENCE = Text("Presence", "Kehadiran")
REALM = Text("Realm", "Realm")
ROLE = Text("Role", "Peran")
SERVER = Text("Server", "Server")
SESSION = Text("Session", "Sesi")
SINCE = Text("Since", "Sejak")
THIS_ONE = Text("Where", "Di mana")
UNREAD = Text("Unread", "Belum dibaca")
UNSENT = Text("Unsent", "Belum terkirim")
KIND = Text("Kind", "Jenis")
KIND_GROUP = Text("group", "grup")
KIND_ROOM = Text("open room, recorded", "ruang terbuka, direkam")
WHO_ENTERS = Text("Access", "Akses")
PORT = Text("Port", "Port")
YOU = Text("You", "Anda")

BYTES_OVER = Text("Over", "Sampai")
SIZE = Text("Size", "Ukuran")
STATE = Text("State", "Keadaan")
TRANSFER = Text("File on its way", "File yang sedang dikirim")
WAY = Text("Way", "Arah")

WAY_UP = Text("to others", "keluar")
WAY_DOWN = Text("to here", "masuk")
TRANSFER_WAITING = Text("waiting", "menunggu")
TRANSFER_RUNNING = Text("going", "berjalan")
TRANSFER_DONE = Text("done", "selesai")
TRANSFER_CANCELLED = Text("stopped", "dihentikan")
ONLINE = Text("online", "daring")
AWAY = Text("away", "tidak ada")
HERE = Text("here", "di sini")
ELSEWHERE = Text("elsewhere", "di tempat lain")
MEMBER = Text("in it", "anggota")
NO_MEMBER = Text("not in it", "bukan anggota")
ROLE_OWNER = Text("owner", "pemilik")
ROLE_ADMIN = Text("admin", "admin")
ROLE_GUEST = Text("guest", "tamu")
IN_OPEN_ROOM = Text("{room} (open room)", "{room} (ruang terbuka)")
ACCESS_OPEN = Text("open", "terbuka")
ACCESS_INVITED = Text("invite-only", "khusus undangan")
ROLE_MEMBER = Text("member", "anggota")
LINKED = Text("linked", "terhubung")
CUT_OFF = Text("cut off", "terputus")
MEANT = Text("default", "bawaan")

LINK_CONNECTING = Text("connecting", "menghubungkan")
LINK_UP = Text("connected", "terhubung")
LINK_CUT_OFF = Text("the realm is cut off from the main server", "realm terputus dari server pusat")
LINK_UNREACHABLE = Text("the realm can't be reached", "realm tidak bisa dihubungi")
LINK_SIGNED_OUT = Text("signed out", "sudah keluar")

STATE_SAVED = Text("waiting here", "menunggu di sini")
STATE_AT_REALM = Text("waiting at the realm", "menunggu di realm")
STATE_AT_MAIN = Text("sent", "terkirim")
STATE_DELIVERED = Text("delivered", "sampai")
STATE_READ = Text("read", "dibaca")
STATE_REFUSED = Text("refused", "ditolak")

# --- the service ---------------------------------------------------------------------------------

SERVICE_RUNS = Text(
    "The service runs at {url} (process {pid}, version {version}).",
    "Layanan berjalan di {url} (proses {pid}, versi {version}).",
)
SERVICE_RESTARTED = Text(
    "The service has stopped, and something has started it again.",
    "Layanan sudah berhenti, lalu dijalankan lagi oleh sesuatu.",
)
SERVICE_STOPPED = Text("The service has stopped.", "Layanan sudah berhenti.")
SERVICE_NOT_RUNNING = Text(
    "The service is not running; the next command starts it.",
    "Layanan tidak berjalan; perintah berikutnya menjalankannya.",
)

# --- times ---------------------------------------------------------------------------------------

TODAY = Text("today {time}", "hari ini {time}")
YESTERDAY = Text("yesterday {time}", "kemarin {time}")
MONTHS = Text(
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des",
)

# --- help and slips ------------------------------------------------------------------------------

PROGRAM = Text(
    "Chat with people of all realms, from a terminal or a script.",
    "Mengobrol dengan orang di semua realm, dari terminal atau skrip.",
)
EXAMPLE = Text("Example: {example}", "Contoh: {example}")
VERSION_OPTION = Text("Print the version.", "Cetak versinya.")
HELP_OPTION = Text("Show this.", "Tampilkan ini.")
HELP_USAGE = Text("Usage", "Cara pakai")
HELP_ARGUMENTS = Text("Arguments", "Argumen")
HELP_OPTIONS = Text("Options", "Opsi")
HELP_COMMANDS = Text("Commands", "Perintah")
OPTION_LABEL = Text("OPTION", "OPSI")
TOO_MANY_WORDS = Text("There are too many words.", "Terlalu banyak kata.")
MISSING = Text("{name} is missing.", "{name} belum diberikan.")
GIVEN_TWICE = Text("{name} is given twice.", "{name} diberikan dua kali.")
UNKNOWN_OPTION = Text(
    "There is no option {option}; a text that begins with a hyphen stands behind --.",
    "Tidak ada opsi {option}; teks yang diawali tanda hubung ditulis setelah --.",
)
OPTION_NEEDS_VALUE = Text("{option} needs a value.", "{option} memerlukan nilai.")
OPTION_TAKES_NO_VALUE = Text("{option} takes no value.", "{option} tidak memakai nilai.")
NO_CHOICE = Text("{name} is one of {choices}.", "{name} adalah salah satu dari {choices}.")
NO_NUMBER_WITHIN = Text(
    "{name} is a number from {least} to {most}.", "{name} adalah angka dari {least} sampai {most}."
)
NO_NUMBER_FROM = Text(
    "{name} is a number of {least} or more.", "{name} adalah angka {least} ke atas."
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
SHELL_FINISHING = Text("finishing what was typed", "menyelesaikan yang sudah diketik")
BAR_CONNECTED = Text("connected", "terhubung")
BAR_CONNECTING = Text("connecting", "menghubungkan")
BAR_CUT_OFF = Text("{realm} cut off since {since}", "{realm} terputus sejak {since}")
BAR_UNREACHABLE = Text("{realm} out of reach since {since}", "{realm} tak terjangkau sejak {since}")
BAR_SIGNED_OUT = Text("session ended: auth {account}", "sesi berakhir: auth {account}")
BAR_SERVICE_AWAY = Text("service away", "layanan terputus")
BAR_NOBODY = Text("nobody is signed in", "belum ada yang masuk")
BAR_UNREAD = Text("{count} unread", "{count} belum dibaca")
BAR_HINT = Text("help · Tab completes", "help · Tab melengkapi")

# --- configuration and profiles ------------------------------------------------------------------

PROFILE = Text("Profile", "Profil")
CURRENT = Text("Current", "Dipakai")
HOME = Text("Home", "Folder")
SERVICE = Text("Service", "Layanan")
YES = Text("yes", "ya")
NO = Text("no", "tidak")

# --- manual pages --------------------------------------------------------------------------------

PAGES_WRITTEN = Text(
    "Wrote {count} pages below {folder}.", "{count} halaman ditulis di bawah {folder}."
)
MAN_NAME = Text("NAME", "NAMA")
MAN_SYNOPSIS = Text("SYNOPSIS", "RINGKASAN")
MAN_DESCRIPTION = Text("DESCRIPTION", "PENJELASAN")
MAN_ARGUMENTS = Text("ARGUMENTS", "ARGUMEN")
MAN_OPTIONS = Text("OPTIONS", "OPSI")
MAN_COMMANDS = Text("COMMANDS", "PERINTAH")
MAN_EXAMPLE = Text("EXAMPLE", "CONTOH")
MAN_EXIT_STATUS = Text("EXIT STATUS", "STATUS KELUAR")
MAN_ENVIRONMENT = Text("ENVIRONMENT", "VARIABEL LINGKUNGAN")
MAN_FILES = Text("FILES", "BERKAS")
MAN_SEE_ALSO = Text("SEE ALSO", "LIHAT JUGA")
MAN_COMMAND = Text("COMMAND [OPTION…] [ARGUMENT…]", "PERINTAH [OPSI…] [ARGUMEN…]")
MAN_ABOUT = Text(
    "Each command asks a service that runs on this machine in your name; the first command starts"
    " it. What you send is kept by it until the main server has stored it.",
    "Tiap perintah bertanya kepada layanan yang berjalan di komputer ini atas nama Anda; perintah"
    " pertama menjalankannya. Kiriman Anda disimpannya sampai server pusat menyimpannya.",
)
MAN_ALIASES = Text("Also: {names}.", "Juga: {names}.")
FILE_CONFIG = Text(
    "Settings, in the platform's folder for settings; below REALMCHAT_HOME where that is set.",
    "Setelan, di folder setelan sistem; di bawah REALMCHAT_HOME bila itu diatur.",
)
FILE_SERVICE = Text(
    "Where the running service listens.", "Di mana layanan yang berjalan bisa dihubungi."
)
FILE_LOG = Text("What the service has logged.", "Catatan layanan.")
FILE_ACCOUNTS = Text(
    "The messages of each account, kept on this machine.",
    "Pesan tiap akun, disimpan di komputer ini.",
)
VARIABLE_HOME = Text(
    "The folder that holds all data and settings.", "Folder untuk semua data dan setelan."
)
VARIABLE_CONFIG = Text("The file of settings.", "File setelan.")
EXIT_MEANINGS = {
    "DONE": Text("Done.", "Selesai."),
    "UNEXPECTED": Text("Something unexpected.", "Sesuatu yang tak terduga."),
    "USAGE": Text("Typed wrongly, or a wrong setting.", "Salah ketik, atau setelan salah."),
    "SAVED": Text(
        "Saved, but not yet at the main server.", "Tersimpan, tetapi belum sampai di server pusat."
    ),
    "REFUSED": Text("Refused.", "Ditolak."),
    "RATE_LIMITED": Text(
        "Too many at once; it was not kept.", "Terlalu banyak sekaligus; tidak disimpan."
    ),
    "NOT_SIGNED_IN": Text(
        "Not signed in, or the wrong password.", "Belum masuk, atau kata sandinya salah."
    ),
    "UNREACHABLE": Text(
        "The service, or the realm, can't be reached.",
        "Layanan, atau realm, tidak bisa dihubungi.",
    ),
}
"""By the names of the exit codes."""
