"""Every command of chat-cli, told once: the words of the table, and the command line's own.

Parsing, help, completion and man pages come from here. What a command does is not said here: it
names the function that does it, whose module is imported only when the command runs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from realm_protocol.command_table import BY_NAME, WORDS, Help, Kind, Parameter, Right
from realm_protocol.command_table import WhenCutOff as Cut
from realm_protocol.command_table import Word


class Takes(Enum):
    """What stands behind an option, and what completes it."""

    NOTHING = "nothing"
    WORD = "word"
    NUMBER = "number"
    SECONDS = "seconds"
    PORT = "port"
    URL = "url"
    FILE = "file"
    ACCOUNT = "account"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Option:
    """An option that a command has beyond the parameters of its word."""

    name: str
    """As it is typed, without the two hyphens."""
    meaning: Help
    takes: Takes = Takes.NOTHING
    metavar: str = ""
    """What help shows in place of the value."""
    variable: str = ""
    """The environment variable that gives it where the flag doesn't."""

    @property
    def argument(self) -> str:
        """The name of the function's argument that gets it."""
        return f"{self.name.replace('-', '_')}"


@dataclass(frozen=True, slots=True)
class Command:
    """A word as a command of its own."""

    word: Word
    does: str
    """`module:function` of this package."""
    options: tuple[Option, ...] = ()
    example: str = ""
    shown_as: str = ""
    """The one of its names that lists show, where that is not the word's first."""

    @property
    def name(self) -> str:
        return self.shown_as or self.word.name

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.name, *self.word.names)))

    @property
    def asks_passwords(self) -> bool:
        return any(p.kind is Kind.PASSWORD for p in self.word.parameters)


ACCOUNT = Option(
    "account",
    Help(
        "Who to be. Default: CHAT_CLI_ACCOUNT, else as `use` said, else who signed in last.",
        "Sebagai siapa. Bawaan: CHAT_CLI_ACCOUNT, lalu menurut `use`, lalu yang terakhir masuk.",
    ),
    Takes.ACCOUNT,
    "ADDRESS",
)
JSON = Option("json", Help("Print JSON Lines.", "Cetak JSON Lines."))
QUIET = Option(
    "quiet",
    Help("Print only what was asked for, and errors.", "Cetak hanya yang diminta, dan kesalahan."),
)
PASSWORD_STDIN = Option(
    "password-stdin",
    Help(
        "Read the password from a line of standard input.",
        "Baca kata sandi dari satu baris masukan standar.",
    ),
)
_LIMIT = Option(
    "limit", Help("At most so many messages.", "Paling banyak sekian pesan."), Takes.NUMBER, "N"
)
_REALM_URL = Option(
    "realm-url",
    Help(
        "The realm server of this account. Default: the service's.",
        "Server realm akun ini. Bawaan: milik layanan.",
    ),
    Takes.URL,
    "URL",
    "CHAT_CLI_REALM_URL",
)
_WAIT = Option(
    "wait",
    Help(
        "How long to wait until the main server has it. Default: 5.",
        "Berapa lama menunggu sampai server utama menerimanya. Bawaan: 5.",
    ),
    Takes.SECONDS,
    "SECONDS",
)
_KEY = Option(
    "key",
    Help(
        "Names this message: sent again with it, it is not sent twice.",
        "Menamai pesan ini: dikirim lagi dengannya, pesan tidak terkirim dua kali.",
    ),
    Takes.WORD,
    "KEY",
)
_FROM = Option(
    "from",
    Help("Only what this person has sent.", "Hanya kiriman orang ini."),
    Takes.PERSON,
    "ADDRESS",
)
_FORGET = Option(
    "forget",
    Help("Erase its messages from this machine too.", "Hapus juga pesannya dari komputer ini."),
)
_COMMON = (ACCOUNT, JSON, QUIET)


def _own(name: str, english: str, indonesian: str, *parameters: Parameter) -> Word:
    """A word of the command line alone, of which no server knows."""
    return Word(name, parameters, Help(english, indonesian), Right.ANYONE, Cut.LOCAL)


_ACCOUNT_ADDRESS = Parameter(
    "address",
    Kind.ACCOUNT,
    Help("an account that is signed in here", "akun yang sudah masuk di sini"),
)
_WORDS = Parameter(
    "words", Kind.TEXT, Help("what the messages contain", "kata-kata yang ada di dalam pesan")
)

_FROM_THE_TABLE = (
    Command(
        BY_NAME["auth"],
        "signing_in:login",
        (_REALM_URL, PASSWORD_STDIN, JSON, QUIET),
        "chat-cli login messi@surabaya",
        shown_as="login",
    ),
    Command(
        BY_NAME["register"],
        "signing_in:register",
        (_REALM_URL, PASSWORD_STDIN, JSON, QUIET),
        'chat-cli register messi@surabaya --name "Lionel Messi"',
    ),
    Command(
        BY_NAME["logout"], "signing_in:logout", (_FORGET, *_COMMON), "chat-cli logout --forget"
    ),
    Command(BY_NAME["passwd"], "signing_in:passwd", (PASSWORD_STDIN, *_COMMON), "chat-cli passwd"),
    Command(
        BY_NAME["send"],
        "messages:send",
        (_WAIT, _KEY, *_COMMON),
        "echo hi | chat-cli send henderson@jakarta -",
    ),
    Command(
        BY_NAME["sendgroup"],
        "messages:sendgroup",
        (_WAIT, _KEY, *_COMMON),
        "chat-cli sendgroup jarkom3@surabaya hello all",
    ),
    Command(
        BY_NAME["inbox"],
        "messages:inbox",
        (_FROM, _LIMIT, *_COMMON),
        "chat-cli inbox --peek --json",
    ),
    Command(
        BY_NAME["inboxgroup"],
        "messages:inboxgroup",
        (_LIMIT, *_COMMON),
        "chat-cli inboxgroup jarkom3 --peek",
    ),
    Command(
        BY_NAME["history"],
        "messages:history",
        _COMMON,
        "chat-cli history group:jarkom3 --before 100 --limit 20",
    ),
    Command(BY_NAME["help"], "helping:explain", (JSON,), "chat-cli help send"),
)
"""Words that need more on a command line than their parameters."""

_EXAMPLES = {
    "sessions": "chat-cli sessions",
    "addgroup": "chat-cli creategroup jarkom3 henderson@jakarta",
    "joingroup": "chat-cli joingroup jarkom3@surabaya",
    "leavegroup": "chat-cli leavegroup jarkom3@surabaya",
    "groups": "chat-cli groups --json",
    "members": "chat-cli members jarkom3@surabaya",
    "read": "chat-cli read henderson@jakarta",
    "info": "chat-cli info",
    "users": "chat-cli users hender",
    "block": "chat-cli block lineker@jakarta",
    "unblock": "chat-cli unblock lineker@jakarta",
    "realms": "chat-cli realms",
}

_OWN = (
    Command(
        _own("accounts", "List who is signed in here.", "Tampilkan siapa saja yang masuk di sini."),
        "signing_in:accounts",
        (JSON, QUIET),
        "chat-cli accounts",
    ),
    Command(
        _own(
            "use",
            "Be this account from now on.",
            "Pakai akun ini mulai sekarang.",
            _ACCOUNT_ADDRESS,
        ),
        "signing_in:use",
        (JSON, QUIET),
        "chat-cli use messi@surabaya",
    ),
    Command(
        _own(
            "search",
            "Find messages that contain all words.",
            "Cari pesan yang berisi semua kata.",
            _WORDS,
        ),
        "messages:search",
        (_LIMIT, *_COMMON),
        "chat-cli search rapat senin",
    ),
    Command(
        _own(
            "serve",
            "Run the service in the foreground; other commands start it themselves.",
            "Jalankan layanan di latar depan; perintah lain menjalankannya sendiri.",
        ),
        "service:serve",
        (
            Option(
                "port",
                Help(
                    "Port on 127.0.0.1. Default: 7000, or a free one when that is taken.",
                    "Port di 127.0.0.1. Bawaan: 7000, atau yang bebas bila itu terpakai.",
                ),
                Takes.PORT,
                "PORT",
            ),
            Option(
                "realm-url",
                Help(
                    "The realm server for accounts that name no other. Default: this machine's.",
                    "Server realm untuk akun yang tidak menyebut lain. Bawaan: di komputer ini.",
                ),
                Takes.URL,
                "URL",
            ),
            Option(
                "ca",
                Help(
                    "File of certificate authorities to trust.",
                    "Berkas otoritas sertifikat yang dipercaya.",
                ),
                Takes.FILE,
                "FILE",
            ),
        ),
        "chat-cli serve --port 7000 --realm-url https://chat.example.org",
    ),
    Command(
        _own("status", "Show whether the service runs.", "Tampilkan apakah layanan berjalan."),
        "service:status",
        (JSON, QUIET),
        "chat-cli status",
    ),
    Command(
        _own(
            "stop",
            "Stop the service; the next command starts it again.",
            "Hentikan layanan; perintah berikutnya menjalankannya lagi.",
        ),
        "service:stop",
        (JSON, QUIET),
        "chat-cli stop",
    ),
    Command(
        _own(
            "token",
            "Print the service's token, which opens all your accounts on this machine.",
            "Cetak token layanan, yang membuka semua akun Anda di komputer ini.",
        ),
        "service:token",
        (),
        'curl -H "Authorization: Bearer $(chat-cli token)" localhost:7000/v1/accounts',
    ),
)


def _in_order() -> Iterable[Command]:
    """The words in the table's order, then the command line's own."""
    special = {command.word.name: command for command in _FROM_THE_TABLE}
    for word in WORDS:
        yield special.get(word.name) or Command(
            word,
            "asking:ask",
            _COMMON,
            _EXAMPLES.get(word.name, ""),
            shown_as="creategroup" if word.name == "addgroup" else "",
        )
    yield from _OWN


COMMANDS = tuple(_in_order())

COMMAND_BY_NAME = {name: command for command in COMMANDS for name in command.names}
"""Every name and alias of every command."""
