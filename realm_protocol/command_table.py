"""The command table: every word that people can type, described once.

The text grammar, `--help`, completion, the docs page and the check of who may all come from here.
What a word does is not said here: the service that runs it does that. Every command of chat-cli
reads this at its start, hence tuples: a dataclass takes half a millisecond to be made.
"""

from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What a parameter means: how it is read in a line, and what completes it."""

    PERSON = "person"
    PEOPLE = "people"
    """All words to the end of the line."""
    GROUP = "group"
    CONVERSATION = "conversation"
    """A person, or `group:NAME`."""
    REALM = "realm"
    """A realm, or what one calls it."""
    TEXT = "text"
    """The rest of the line as it is; it may hold line breaks."""
    PASSWORD = "password"  # noqa: S105
    """Never taken from a program's arguments: asked for, or read from standard input."""
    DISPLAY_NAME = "display_name"
    """One word in a line, with `_` for each space."""
    ACCOUNT = "account"
    """One of those that are signed in on this machine."""
    NUMBER = "number"
    FLAG = "flag"
    """The parameter's own name, or nothing."""
    COMMAND = "command"
    """A word of the table."""
    PATH = "path"
    """A file of the person's own machine: the rest of the line."""
    WORD = "word"


class Right(Enum):
    """Who may use a word."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    MEMBER = "members of the group"
    ADMIN = "admins of the group"
    OWNER = "owners of the group"
    OPERATOR = "operators of the main server"


class WhenCutOff(Enum):
    """What becomes of a word while one's realm can't be reached or has no link."""

    KEPT = "kept, and done later"
    LOCAL = "answered from what this machine holds"
    SITE = "answered by the realm, as far as it knows its site"
    REFUSED = "refused"


class Help(NamedTuple):
    """One line, in each language that people are helped in."""

    english: str
    indonesian: str


class Parameter(NamedTuple):
    """One parameter; optional ones stand behind all others."""

    name: str
    kind: Kind
    meaning: Help
    optional: bool = False
    choices: tuple[str, ...] = ()
    """The only values that it may have, where these are few."""
    most: int | None = None
    """Of a number: the greatest that it may be, where there is one."""


class Word(NamedTuple):
    """A command: its name and aliases, its parameters, and what there is to know about it."""

    name: str
    parameters: tuple[Parameter, ...]
    help: Help
    right: Right
    when_cut_off: WhenCutOff
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)

    @property
    def usage(self) -> str:
        """`history CONVERSATION [LIMIT [BEFORE]]`."""
        required = [_label(p) for p in self.parameters if not p.optional]
        optional = [_label(p) for p in self.parameters if p.optional]
        words = " ".join((self.name, *required))
        return f"{words} [{' ['.join(optional)}{']' * len(optional)}" if optional else words


def _label(parameter: Parameter) -> str:
    match parameter.kind:
        case Kind.FLAG:
            return parameter.name
        case Kind.PEOPLE:
            return f"{parameter.name.upper()}…"
        case _:
            return parameter.name.upper()


GREATEST_PORT = 65_535

_ADDRESS = Parameter(
    "address",
    Kind.PERSON,
    Help("name@realm, with one's home realm", "nama@realm, dengan realm asal"),
)
_PERSON = Parameter(
    "person",
    Kind.PERSON,
    Help("a name, or name@realm", "nama, atau nama@realm"),
)
_GROUP = Parameter(
    "group",
    Kind.GROUP,
    Help("a group's name, or name@realm", "nama grup, atau nama@realm"),
)
_CONVERSATION = Parameter(
    "conversation",
    Kind.CONVERSATION,
    Help("a person, or group:NAME for a group", "seseorang, atau group:NAMA untuk grup"),
)
_TEXT = Parameter(
    "text",
    Kind.TEXT,
    Help("the message, to the end of the line", "pesannya, sampai akhir baris"),
)
_PATH = Parameter(
    "path",
    Kind.PATH,
    Help("the file, or - for standard input", "filenya, atau - untuk masukan standar"),
)
_MEMBERS = Parameter(
    "members",
    Kind.PEOPLE,
    Help("who is in it from the start", "siapa saja anggotanya sejak awal"),
    optional=True,
)
_REALM = Parameter(
    "realm",
    Kind.REALM,
    Help("a realm, or what you call it", "sebuah realm, atau sebutan Anda untuknya"),
)
_PERSON_THERE = Parameter(
    "person",
    Kind.PERSON,
    Help("a person of that realm", "seseorang di realm itu"),
)
_RECIPIENTS = Parameter(
    "recipients",
    Kind.WORD,
    Help(
        "group:NAME of that realm, or people of it with commas between",
        "group:NAMA di realm itu, atau orang-orangnya dipisah koma",
    ),
)
_ASKED_FOR = Help("asked for when not given", "ditanyakan bila tidak diberikan")
_PASSWORD = Parameter("password", Kind.PASSWORD, _ASKED_FOR, optional=True)
_PEEK = Parameter(
    "peek",
    Kind.FLAG,
    Help("leave them unread", "biarkan belum dibaca"),
    optional=True,
)

WORDS = (
    Word(
        "auth",
        (_ADDRESS, _PASSWORD),
        Help("Sign in.", "Masuk."),
        Right.ANYONE,
        WhenCutOff.SITE,
    ),
    Word(
        "register",
        (
            _ADDRESS,
            _PASSWORD,
            Parameter(
                "name",
                Kind.DISPLAY_NAME,
                Help("the name that others see", "nama yang dilihat orang lain"),
                optional=True,
            ),
            Parameter(
                "country",
                Kind.DISPLAY_NAME,
                Help("where one lives", "tempat tinggal"),
                optional=True,
            ),
        ),
        Help("Make an account and sign in.", "Buat akun lalu masuk."),
        Right.ANYONE,
        WhenCutOff.REFUSED,
    ),
    Word(
        "guest",
        (
            Parameter(
                "name",
                Kind.WORD,
                Help("what you want to be called", "nama yang ingin dipakai"),
            ),
        ),
        Help(
            "Enter the open room of a realm as a guest, without an account.",
            "Masuk ke ruang terbuka sebuah realm sebagai tamu, tanpa akun.",
        ),
        Right.ANYONE,
        WhenCutOff.REFUSED,
    ),
    Word(
        "logout",
        (
            Parameter(
                "session",
                Kind.WORD,
                Help(
                    "another session's id, as `sessions` shows it",
                    "id sesi lain, seperti ditampilkan `sessions`",
                ),
                optional=True,
            ),
        ),
        Help("Sign out here, or end another session.", "Keluar di sini, atau akhiri sesi lain."),
        Right.SIGNED_IN,
        WhenCutOff.REFUSED,
    ),
    Word(
        "passwd",
        (
            Parameter("old", Kind.PASSWORD, _ASKED_FOR, optional=True),
            Parameter("new", Kind.PASSWORD, _ASKED_FOR, optional=True),
        ),
        Help(
            "Change your password; your other sessions end.",
            "Ganti kata sandi; sesi Anda yang lain berakhir.",
        ),
        Right.SIGNED_IN,
        WhenCutOff.REFUSED,
    ),
    Word(
        "sessions",
        (),
        Help("List where you are signed in.", "Tampilkan di mana saja Anda masuk."),
        Right.SIGNED_IN,
        WhenCutOff.REFUSED,
    ),
    Word(
        "send",
        (_PERSON, _TEXT),
        Help("Send a message to a person.", "Kirim pesan kepada seseorang."),
        Right.SIGNED_IN,
        WhenCutOff.KEPT,
        aliases=("sendprivate",),
    ),
    Word(
        "sendgroup",
        (_GROUP, _TEXT),
        Help("Send a message to a group.", "Kirim pesan ke grup."),
        Right.MEMBER,
        WhenCutOff.KEPT,
    ),
    Word(
        "sendfile",
        (_PERSON, _PATH),
        Help("Send a file to a person.", "Kirim file kepada seseorang."),
        Right.SIGNED_IN,
        WhenCutOff.KEPT,
    ),
    Word(
        "sendgroupfile",
        (_GROUP, _PATH),
        Help("Send a file to a group.", "Kirim file ke grup."),
        Right.MEMBER,
        WhenCutOff.KEPT,
    ),
    Word(
        "receivefile",
        (
            Parameter(
                "id",
                Kind.WORD,
                Help(
                    "the file's id or its beginning, or all; else the newest",
                    "id file atau awalnya, atau all; bila tidak, yang terbaru",
                ),
                optional=True,
            ),
        ),
        Help(
            "Save a file that others have sent; it never overwrites one.",
            "Simpan file kiriman orang lain; file yang ada tidak pernah ditimpa.",
        ),
        Right.SIGNED_IN,
        WhenCutOff.REFUSED,
    ),
    Word(
        "addgroup",
        (_GROUP, _MEMBERS),
        Help("Create a group; you own it.", "Buat grup; Anda pemiliknya."),
        Right.SIGNED_IN,
        WhenCutOff.REFUSED,
        aliases=("creategroup",),
    ),
    Word(
        "addinvitegroup",
        (_GROUP, _MEMBERS),
        Help(
            "Create a group for those who are invited; you own it.",
            "Buat grup khusus untuk yang diundang; Anda pemiliknya.",
        ),
        Right.SIGNED_IN,
        WhenCutOff.REFUSED,
        aliases=("createinvitegroup",),
    ),
    Word(
        "joingroup",
        (_GROUP,),
        Help("Join a group.", "Bergabung ke grup."),
        Right.SIGNED_IN,
        WhenCutOff.REFUSED,
    ),
    Word(
        "leavegroup",
        (_GROUP,),
        Help("Leave a group.", "Keluar dari grup."),
        Right.MEMBER,
        WhenCutOff.REFUSED,
    ),
    Word(
        "invite",
        (
            _GROUP,
            Parameter(
                "people",
                Kind.PEOPLE,
                Help("who is to be in it", "siapa yang dimasukkan"),
            ),
        ),
        Help(
            "Put people into a group; where it takes only who is invited, its admins may.",
            "Masukkan orang ke grup; bila grupnya khusus undangan, hanya adminnya yang boleh.",
        ),
        Right.MEMBER,
        WhenCutOff.REFUSED,
    ),
    Word(
        "removemember",
        (_GROUP, _PERSON),
        Help(
            "Put somebody out of a group; owners also admins.",
            "Keluarkan seseorang dari grup; pemilik juga dapat mengeluarkan admin.",
        ),
        Right.ADMIN,
        WhenCutOff.REFUSED,
    ),
    Word(
        "setrole",
        (
            _GROUP,
            _PERSON,
            Parameter(
                "role",
                Kind.WORD,
                Help("what they are from now on", "perannya mulai sekarang"),
                choices=("owner", "admin", "member"),
            ),
        ),
        Help("Give a member of a group a role.", "Beri anggota grup sebuah peran."),
        Right.OWNER,
        WhenCutOff.REFUSED,
    ),
    Word(
        "renamegroup",
        (
            _GROUP,
            Parameter(
                "name",
                Kind.TEXT,
                Help("the name to show; else none", "nama tampilan; bila tidak, tanpa nama"),
                optional=True,
            ),
        ),
        Help(
            "Show a group under another name; its address stays.",
            "Tampilkan grup dengan nama lain; alamatnya tetap.",
        ),
        Right.ADMIN,
        WhenCutOff.REFUSED,
    ),
    Word(
        "setaccess",
        (
            _GROUP,
            Parameter(
                "access",
                Kind.WORD,
                Help("who may enter", "siapa yang boleh masuk"),
                choices=("open", "invite-only"),
            ),
        ),
        Help(
            "Let everybody into a group, or only who is invited.",
            "Buka grup untuk semua orang, atau hanya untuk yang diundang.",
        ),
        Right.OWNER,
        WhenCutOff.REFUSED,
    ),
    Word(
        "closegroup",
        (_GROUP,),
        Help(
            "Close a group: it can only be read and left.",
            "Tutup grup: anggota hanya bisa membaca atau keluar.",
        ),
        Right.OPERATOR,
        WhenCutOff.REFUSED,
    ),
    Word(
        "reopengroup",
        (_GROUP,),
        Help("Open a closed group again.", "Buka lagi grup yang ditutup."),
        Right.OPERATOR,
        WhenCutOff.REFUSED,
    ),
    Word(
        "groups",
        (),
        Help(
            "List your groups, and the open ones of your realm.",
            "Tampilkan grup Anda, dan grup terbuka di realm Anda.",
        ),
        Right.SIGNED_IN,
        WhenCutOff.LOCAL,
        aliases=("listgroups",),
    ),
    Word(
        "members",
        (_GROUP,),
        Help(
            "List who is in a group, and how far each has read.",
            "Tampilkan anggota grup, dan sampai mana masing-masing membaca.",
        ),
        Right.MEMBER,
        WhenCutOff.SITE,
    ),
    Word(
        "inbox",
        (_PEEK,),
        Help(
            "Show all unread messages, and mark them read.",
            "Tampilkan semua pesan yang belum dibaca, lalu tandai sudah dibaca.",
        ),
        Right.SIGNED_IN,
        WhenCutOff.LOCAL,
    ),
    Word(
        "inboxgroup",
        (_GROUP, _PEEK),
        Help(
            "Show the unread messages of a group, and mark them read.",
            "Tampilkan pesan grup yang belum dibaca, lalu tandai sudah dibaca.",
        ),
        Right.MEMBER,
        WhenCutOff.LOCAL,
        aliases=("groupinbox",),
    ),
    Word(
        "history",
        (
            _CONVERSATION,
            Parameter(
                "limit",
                Kind.NUMBER,
                Help("how many messages", "berapa banyak pesan"),
                optional=True,
            ),
            Parameter(
                "before",
                Kind.NUMBER,
                Help("only those before this number", "hanya yang sebelum nomor ini"),
                optional=True,
            ),
        ),
        Help(
            "Show the messages of a conversation, oldest first.",
            "Tampilkan pesan sebuah percakapan, dari yang terlama.",
        ),
        Right.SIGNED_IN,
        WhenCutOff.LOCAL,
    ),
    Word(
        "read",
        (
            _CONVERSATION,
            Parameter(
                "seq",
                Kind.NUMBER,
                Help("up to this message; else all", "sampai pesan ini; bila tidak, semua"),
                optional=True,
            ),
        ),
        Help("Mark a conversation as read.", "Tandai percakapan sudah dibaca."),
        Right.SIGNED_IN,
        WhenCutOff.KEPT,
    ),
    Word(
        "info",
        (),
        Help(
            "Show who you are, your realm, and the state of its link.",
            "Tampilkan siapa Anda, realm Anda, dan keadaan koneksinya.",
        ),
        Right.SIGNED_IN,
        WhenCutOff.LOCAL,
    ),
    Word(
        "users",
        (
            Parameter(
                "query",
                Kind.WORD,
                Help("part of a name or address", "bagian dari nama atau alamat"),
                optional=True,
            ),
        ),
        Help("Find people.", "Cari orang."),
        Right.SIGNED_IN,
        WhenCutOff.SITE,
        aliases=("listusers",),
    ),
    Word(
        "block",
        (_PERSON,),
        Help("Take no more messages from a person.", "Tolak pesan dari seseorang."),
        Right.SIGNED_IN,
        WhenCutOff.REFUSED,
    ),
    Word(
        "unblock",
        (_PERSON,),
        Help("Take a person's messages again.", "Terima lagi pesan dari seseorang."),
        Right.SIGNED_IN,
        WhenCutOff.REFUSED,
    ),
    Word(
        "mute",
        (_CONVERSATION,),
        Help(
            "Hear less of a conversation in the windows of this machine.",
            "Redam percakapan di jendela-jendela komputer ini.",
        ),
        Right.SIGNED_IN,
        WhenCutOff.LOCAL,
    ),
    Word(
        "unmute",
        (_CONVERSATION,),
        Help("Hear as much of it as of others again.", "Bunyikan lagi percakapan itu."),
        Right.SIGNED_IN,
        WhenCutOff.LOCAL,
    ),
    Word(
        "realms",
        (),
        Help(
            "List the realms: where they are, which are linked, and what you call them.",
            "Tampilkan realm: di mana, mana yang terhubung, dan sebutan Anda untuknya.",
        ),
        Right.SIGNED_IN,
        WhenCutOff.REFUSED,
    ),
    Word(
        "addrealm",
        (
            Parameter(
                "name",
                Kind.WORD,
                Help(
                    "the realm's name, or what you will call it",
                    "nama realm, atau sebutan Anda untuknya",
                ),
            ),
            Parameter("host", Kind.WORD, Help("where it listens", "tempatnya menerima sambungan")),
            Parameter(
                "port",
                Kind.NUMBER,
                Help("and at which port", "dan port-nya"),
                most=GREATEST_PORT,
            ),
        ),
        Help(
            "Add a realm to your list; for operators, enrol one that isn't there yet.",
            "Tambahkan realm ke daftar Anda; operator mendaftarkan yang belum ada.",
        ),
        Right.SIGNED_IN,
        WhenCutOff.REFUSED,
    ),
    Word(
        "sendprivaterealm",
        (_REALM, _PERSON_THERE, _TEXT),
        Help("Send a message to a person of a realm.", "Kirim pesan kepada orang di sebuah realm."),
        Right.SIGNED_IN,
        WhenCutOff.KEPT,
        aliases=("sendrealm",),
    ),
    Word(
        "sendgrouprealm",
        (_REALM, _RECIPIENTS, _TEXT),
        Help(
            "Send a message to a group of a realm, or to several of its people.",
            "Kirim pesan ke grup di sebuah realm, atau kepada beberapa orangnya.",
        ),
        Right.SIGNED_IN,
        WhenCutOff.KEPT,
    ),
    Word(
        "getrealminbox",
        (_REALM, _PEEK),
        Help(
            "Show what people of a realm wrote you that is unread, and mark it read.",
            "Tampilkan pesan dari orang di sebuah realm yang belum dibaca, lalu tandai.",
        ),
        Right.SIGNED_IN,
        WhenCutOff.LOCAL,
    ),
    Word(
        "sendfilerealm",
        (_REALM, _PERSON_THERE, _PATH),
        Help("Send a file to a person of a realm.", "Kirim file kepada orang di sebuah realm."),
        Right.SIGNED_IN,
        WhenCutOff.KEPT,
    ),
    Word(
        "sendgroupfilerealm",
        (_REALM, _RECIPIENTS, _PATH),
        Help(
            "Send a file to a group of a realm, or to several of its people.",
            "Kirim file ke grup di sebuah realm, atau kepada beberapa orangnya.",
        ),
        Right.SIGNED_IN,
        WhenCutOff.KEPT,
    ),
    Word(
        "help",
        (
            Parameter(
                "word",
                Kind.COMMAND,
                Help("a word of this table", "kata dari tabel ini"),
                optional=True,
            ),
        ),
        Help("List the commands, or explain one.", "Tampilkan semua perintah, atau jelaskan satu."),
        Right.ANYONE,
        WhenCutOff.LOCAL,
    ),
)

BY_NAME = {name: word for word in WORDS for name in word.names}
"""Every name and alias of every word."""
