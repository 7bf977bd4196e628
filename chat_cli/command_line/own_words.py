"""The commands that the command line has beyond the words of the table. No server knows of them."""

from chat_cli.command_line.command import Command, Option, Takes
from chat_cli.command_line.options import ACCOUNT, COMMON, JSON, LIMIT, QUIET
from realm_protocol.command_table import Help, Kind, Parameter, Right, WhenCutOff, Word


def _own(name: str, english: str, indonesian: str, *parameters: Parameter) -> Word:
    """A word of the command line alone, of which no server knows."""
    return Word(name, parameters, Help(english, indonesian), Right.ANYONE, WhenCutOff.LOCAL)


_ACCOUNT_ADDRESS = Parameter(
    "address",
    Kind.ACCOUNT,
    Help("an account that is signed in here", "akun yang sudah masuk di sini"),
)
_WORDS = Parameter(
    "words", Kind.TEXT, Help("what the messages contain", "kata-kata yang ada di dalam pesan")
)

_ACTION = Parameter(
    "action",
    Kind.WORD,
    Help("stop one, go on with it, or forget it", "hentikan satu, lanjutkan, atau lupakan"),
    optional=True,
    choices=("cancel", "retry", "remove"),
)
_TRANSFER = Parameter(
    "transfer",
    Kind.WORD,
    Help("which one, as the list shows it", "yang mana, seperti ditampilkan daftarnya"),
    optional=True,
)
_WHAT_OF_CONFIG = Parameter(
    "what",
    Kind.WORD,
    Help(
        "the settings, or the path of their file",
        "setelannya, atau lokasi filenya",
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

OWN = (
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
        (LIMIT, *COMMON),
        "chat-cli search rapat senin",
    ),
    Command(
        _own(
            "transfers",
            "List files on their way; stop one, go on with it, or forget it.",
            "Tampilkan file yang sedang dikirim; hentikan satu, lanjutkan, atau lupakan.",
            _ACTION,
            _TRANSFER,
        ),
        "transfers:transfers",
        COMMON,
        "chat-cli transfers retry 01M7YWVQ2531E37CXH5Y1A6T59",
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
            "Tampilkan semua setelan, atau letak filenya.",
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
            LIMIT,
            *COMMON,
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
                    "File otoritas sertifikat yang dipercaya.",
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
