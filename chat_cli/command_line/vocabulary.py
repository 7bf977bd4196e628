"""Every command of chat-cli, told once: the words of the table, and the command line's own.

Parsing, help, completion and man pages come from here. What a command does is not said here: it
names the function that does it, whose module is imported only when the command runs.
"""

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from chat_cli.command_line.texts import Bilingual
from realm_protocol.command_table import BY_NAME, WORDS, Help, Kind, Parameter, Right, Word
from realm_protocol.command_table import WhenCutOff as Cut


class Takes(Enum):
    """What stands behind an option, and what completes it."""

    NOTHING = "nothing"
    WORD = "word"
    NUMBER = "number"
    SECONDS = "seconds"
    PORT = "port"
    URL = "url"
    FILE = "file"
    FOLDER = "folder"
    PROFILE = "profile"
    ACCOUNT = "account"
    PERSON = "person"


_ARGUMENTS = {"from": "sender", "as": "name", "exec": "program"}
"""What options are called in functions, where Python has other uses for their names."""


class Option(NamedTuple):
    """An option that a command has beyond the parameters of its word."""

    name: str
    """As it is typed, without the two hyphens."""
    meaning: Bilingual
    takes: Takes = Takes.NOTHING
    metavar: str = ""
    """What help shows in place of the value."""
    variable: str = ""
    """The environment variable that gives it where the flag doesn't."""
    choices: tuple[str, ...] = ()
    """The only values that it may have, where these are few."""

    @property
    def argument(self) -> str:
        """The name of the function's argument that gets it."""
        return _ARGUMENTS.get(self.name) or self.name.replace("-", "_")


class Command(NamedTuple):
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
    def usage(self) -> str:
        """`chat-cli history CONVERSATION [--limit N] [--before N]`, without what all have."""
        return " ".join(("chat-cli", self.name, *filter(None, map(_usage, self.word.parameters))))

    @property
    def flags(self) -> frozenset[str]:
        """The options that take no value."""
        switches = (p.name for p in self.word.parameters if p.kind is Kind.FLAG)
        options = (o.name for o in self.options if o.takes is Takes.NOTHING)
        return frozenset(f"--{name}" for name in (*switches, *options))

    @property
    def asks_passwords(self) -> bool:
        return any(p.kind is Kind.PASSWORD for p in self.word.parameters)


def _usage(parameter: Parameter) -> str:
    """A parameter as a command line has it."""
    label = parameter.name.upper()
    match parameter.kind:
        case Kind.PASSWORD:
            return ""
        case Kind.FLAG:
            return f"[--{parameter.name}]"
        case Kind.DISPLAY_NAME:
            return f"[--{parameter.name} {label}]"
        case Kind.NUMBER if parameter.optional:
            return f"[--{parameter.name} N]"
        case Kind.PEOPLE | Kind.TEXT:
            label = f"{label}…"
    return f"[{label}]" if parameter.optional else label


ACCOUNT = Option(
    "account",
    Help(
        "Who to be. Default: as the settings say, else as `use` said, else who signed in last.",
        "Sebagai siapa. Bawaan: menurut setelan, lalu menurut `use`, lalu yang terakhir masuk.",
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
EVERYWHERE = (
    Option(
        "lang",
        Help("Language of help and messages: en or id.", "Bahasa bantuan dan pesan: en atau id."),
        Takes.WORD,
        "LANG",
        "CHAT_CLI_LANG",
        ("en", "id"),
    ),
    Option(
        "color",
        Help("Colours: auto, always or never.", "Warna: auto, always, atau never."),
        Takes.WORD,
        "COLOR",
        "CHAT_CLI_COLOR",
        ("auto", "always", "never"),
    ),
    Option(
        "profile",
        Help(
            "Which of your profiles: each has a service, accounts and settings of its own.",
            "Profil yang mana: masing-masing punya layanan, akun, dan setelan sendiri.",
        ),
        Takes.PROFILE,
        "PROFILE",
        "CHAT_CLI_PROFILE",
    ),
)
"""Read before the command is known, and so taken wherever they stand."""
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

_WHAT_OF_CONFIG = Parameter(
    "what",
    Kind.WORD,
    Help(
        "the settings, or the path of their file",
        "setelannya, atau lokasi berkasnya",
    ),
    choices=("show", "path"),
)
_SHELL = Parameter(
    "shell",
    Kind.WORD,
    Help("the shell that you use", "shell yang Anda pakai"),
    choices=("bash", "zsh", "fish", "powershell"),
)
_EXPLAINED = Parameter(
    "word",
    Kind.COMMAND,
    Help("the command that the page is about", "perintah yang dijelaskan halaman itu"),
    optional=True,
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
        "sending:send",
        (_WAIT, _KEY, *_COMMON),
        "echo hi | chat-cli send henderson@jakarta -",
    ),
    Command(
        BY_NAME["sendgroup"],
        "sending:sendgroup",
        (_WAIT, _KEY, *_COMMON),
        "chat-cli sendgroup jarkom3@surabaya hello all",
    ),
    Command(
        BY_NAME["inbox"],
        "reading:inbox",
        (_FROM, _LIMIT, *_COMMON),
        "chat-cli inbox --peek --json",
    ),
    Command(
        BY_NAME["inboxgroup"],
        "reading:inboxgroup",
        (_LIMIT, *_COMMON),
        "chat-cli inboxgroup jarkom3 --peek",
    ),
    Command(
        BY_NAME["history"],
        "reading:history",
        _COMMON,
        "chat-cli history group:jarkom3 --before 100 --limit 20",
    ),
    Command(BY_NAME["users"], "asking:people", _COMMON, "chat-cli users hender"),
    Command(BY_NAME["info"], "asking:info", _COMMON, "chat-cli info"),
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
        "reading:search",
        (_LIMIT, *_COMMON),
        "chat-cli search rapat senin",
    ),
    Command(
        _own(
            "shell",
            "Type commands one after the other; messages arrive meanwhile.",
            "Ketik perintah satu demi satu; pesan masuk sementara itu.",
        ),
        "shell.program:shell",
        (ACCOUNT, JSON),
        "chat-cli shell",
    ),
    Command(
        _own(
            "config",
            "Show all settings, or where their file is.",
            "Tampilkan semua setelan, atau letak berkasnya.",
            _WHAT_OF_CONFIG,
        ),
        "configuring:config",
        (
            Option(
                "origin",
                Help(
                    "Say where each value comes from.",
                    "Sebutkan dari mana tiap nilai berasal.",
                ),
            ),
            JSON,
        ),
        "chat-cli config show --origin",
    ),
    Command(
        _own(
            "profiles",
            "List the profiles: each has its own service, accounts and settings.",
            "Tampilkan profil: masing-masing punya layanan, akun, dan setelan sendiri.",
        ),
        "configuring:list_profiles",
        (JSON,),
        "chat-cli profiles",
    ),
    Command(
        _own(
            "completion",
            "Print the script that completes commands and names in your shell.",
            "Cetak skrip yang melengkapi perintah dan nama di shell Anda.",
            _SHELL,
        ),
        "completion:completion",
        (),
        'eval "$(chat-cli completion bash)"',
    ),
    Command(
        _own(
            "man",
            "Print a manual page, or write all of them.",
            "Cetak satu halaman manual, atau tulis semuanya.",
            _EXPLAINED,
        ),
        "man:man",
        (
            Option(
                "to",
                Help(
                    "Write all pages, in both languages, below this folder.",
                    "Tulis semua halaman, dalam dua bahasa, di bawah folder ini.",
                ),
                Takes.FOLDER,
                "FOLDER",
            ),
            JSON,
            QUIET,
        ),
        "chat-cli man --to ~/.local/share/man",
    ),
    Command(
        _own(
            "tail",
            "Show the newest messages, and more as they come; as a named reader, lose none.",
            "Tampilkan pesan terbaru, lalu yang masuk; sebagai pembaca bernama, tanpa kehilangan.",
        ),
        "tail:tail",
        (
            Option(
                "follow",
                Help(
                    "Go on with what comes, until Ctrl-C.",
                    "Teruskan dengan pesan yang masuk, sampai Ctrl-C.",
                ),
            ),
            Option(
                "as",
                Help(
                    "Read under this name: go on where it stopped, however it ended.",
                    "Baca dengan nama ini: lanjut dari tempat terakhir, apa pun sebab berhentinya.",
                ),
                Takes.WORD,
                "NAME",
            ),
            Option(
                "exec",
                Help(
                    "Hand each message to this program (JSON on its input, REALMCHAT_* in its"
                    " environment); go on when it ends with 0.",
                    "Serahkan tiap pesan ke program ini (JSON di masukannya, REALMCHAT_* di"
                    " lingkungannya); lanjut bila program berakhir dengan 0.",
                ),
                Takes.FILE,
                "PROGRAM",
            ),
            Option(
                "from-start",
                Help(
                    "A name that is new begins with the oldest message here, not now.",
                    "Nama yang baru mulai dari pesan terlama di sini, bukan dari sekarang.",
                ),
            ),
            _LIMIT,
            *_COMMON,
        ),
        "chat-cli tail --as archive --follow --json >> archive.jsonl",
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
