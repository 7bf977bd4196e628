"""Options that several commands have, or that belong to words of the table."""

from chat_cli.command_line.command import Option, Takes
from realm_protocol.command_table import Help

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
LIMIT = Option(
    "limit", Help("At most so many messages.", "Paling banyak sekian pesan."), Takes.NUMBER, "N"
)
REALM_URL = Option(
    "realm-url",
    Help(
        "The realm server of this account. Default: the service's.",
        "Server realm akun ini. Bawaan: milik layanan.",
    ),
    Takes.URL,
    "URL",
    "CHAT_CLI_REALM_URL",
)
WAIT = Option(
    "wait",
    Help(
        "How long to wait until the main server has it. Default: 5.",
        "Berapa lama menunggu sampai server pusat menerimanya. Bawaan: 5.",
    ),
    Takes.SECONDS,
    "SECONDS",
)
KEY = Option(
    "key",
    Help(
        "Names this message: sent again with it, it is not sent twice.",
        "Menamai pesan ini: dikirim lagi dengannya, pesan tidak terkirim dua kali.",
    ),
    Takes.WORD,
    "KEY",
)
FILE_WAIT = Option(
    "wait",
    Help(
        "How long to wait while nothing of it moves. Default: 5.",
        "Berapa lama menunggu selama tidak ada yang bergerak. Bawaan: 5.",
    ),
    Takes.SECONDS,
    "SECONDS",
)
NAME = Option(
    "name",
    Help(
        "What the file is called for others. Default: its own name.",
        "Nama file bagi orang lain. Bawaan: namanya sendiri.",
    ),
    Takes.WORD,
    "NAME",
)
TO = Option(
    "to",
    Help(
        "The folder to save it in, or - for standard output. Default: this one.",
        "Folder tempat menyimpannya, atau - untuk keluaran standar. Bawaan: folder ini.",
    ),
    Takes.FOLDER,
    "FOLDER",
)
FROM = Option(
    "from",
    Help("Only what this person has sent.", "Hanya kiriman orang ini."),
    Takes.PERSON,
    "ADDRESS",
)
FORGET = Option(
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
COMMON = (ACCOUNT, JSON, QUIET)
