"""Every command of chat-cli, told once: the words of the table, and the command line's own.

Parsing, help, completion and man pages come from here. What a command does is not said here: it
names the function that does it, whose module is imported only when the command runs.
"""

from collections.abc import Iterable

from chat_cli.command_line.command import Command
from chat_cli.command_line.options import (
    COMMON,
    FILE_WAIT,
    FORGET,
    FROM,
    JSON,
    KEY,
    LIMIT,
    NAME,
    PASSWORD_STDIN,
    QUIET,
    REALM_URL,
    TO,
    WAIT,
)
from chat_cli.command_line.own_words import OWN
from realm_protocol.command_table import BY_NAME, WORDS

_FROM_THE_TABLE = (
    Command(
        BY_NAME["auth"],
        "signing_in:login",
        (REALM_URL, PASSWORD_STDIN, JSON, QUIET),
        "chat-cli login messi@surabaya",
        shown_as="login",
    ),
    Command(
        BY_NAME["register"],
        "signing_in:register",
        (REALM_URL, PASSWORD_STDIN, JSON, QUIET),
        'chat-cli register messi@surabaya --name "Lionel Messi"',
    ),
    Command(
        BY_NAME["guest"],
        "signing_in:guest",
        (REALM_URL, JSON, QUIET),
        "chat-cli guest anna --realm-url https://chat.example.org",
    ),
    Command(BY_NAME["logout"], "signing_in:logout", (FORGET, *COMMON), "chat-cli logout --forget"),
    Command(BY_NAME["passwd"], "signing_in:passwd", (PASSWORD_STDIN, *COMMON), "chat-cli passwd"),
    Command(
        BY_NAME["send"],
        "sending:send",
        (WAIT, KEY, *COMMON),
        "echo hi | chat-cli send henderson@jakarta -",
    ),
    Command(
        BY_NAME["sendgroup"],
        "sending:sendgroup",
        (WAIT, KEY, *COMMON),
        "chat-cli sendgroup jarkom3@surabaya hello all",
    ),
    Command(
        BY_NAME["sendfile"],
        "sending_files:sendfile",
        (FILE_WAIT, NAME, *COMMON),
        "chat-cli sendfile henderson@jakarta report.pdf",
    ),
    Command(
        BY_NAME["sendgroupfile"],
        "sending_files:sendgroupfile",
        (FILE_WAIT, NAME, *COMMON),
        "chat-cli sendgroupfile jarkom3 - --name photos.tar < photos.tar",
    ),
    Command(
        BY_NAME["receivefile"],
        "receiving_files:receivefile",
        (TO, *COMMON),
        "chat-cli receivefile all --to ~/Downloads",
    ),
    Command(
        BY_NAME["inbox"],
        "reading:inbox",
        (FROM, LIMIT, *COMMON),
        "chat-cli inbox --peek --json",
    ),
    Command(
        BY_NAME["inboxgroup"],
        "reading:inboxgroup",
        (LIMIT, *COMMON),
        "chat-cli inboxgroup jarkom3 --peek",
    ),
    Command(
        BY_NAME["history"],
        "reading:history",
        COMMON,
        "chat-cli history group:jarkom3 --before 100 --limit 20",
    ),
    Command(
        BY_NAME["addrealm"],
        "other_realms:addrealm",
        COMMON,
        "chat-cli addrealm realm2 172.16.16.102 8890",
    ),
    Command(
        BY_NAME["sendprivaterealm"],
        "other_realms:sendprivaterealm",
        (WAIT, KEY, *COMMON),
        "chat-cli sendprivaterealm jakarta henderson hello",
    ),
    Command(
        BY_NAME["sendgrouprealm"],
        "other_realms:sendgrouprealm",
        (WAIT, KEY, *COMMON),
        "chat-cli sendgrouprealm jakarta henderson,lineker hello both",
    ),
    Command(
        BY_NAME["getrealminbox"],
        "reading:inboxgroup",
        (LIMIT, *COMMON),
        "chat-cli getrealminbox jakarta --peek",
    ),
    Command(
        BY_NAME["sendfilerealm"],
        "other_realms:sendfilerealm",
        (FILE_WAIT, NAME, *COMMON),
        "chat-cli sendfilerealm jakarta henderson report.pdf",
    ),
    Command(
        BY_NAME["sendgroupfilerealm"],
        "other_realms:sendgroupfilerealm",
        (FILE_WAIT, NAME, *COMMON),
        "chat-cli sendgroupfilerealm jakarta group:jarkom3 report.pdf",
    ),
    Command(BY_NAME["users"], "asking:people", COMMON, "chat-cli users hender"),
    Command(BY_NAME["info"], "asking:info", COMMON, "chat-cli info"),
    Command(BY_NAME["help"], "helping:explain", (JSON,), "chat-cli help send"),
)
"""Words that need more on a command line than their parameters."""

_EXAMPLES = {
    "sessions": "chat-cli sessions",
    "addgroup": "chat-cli creategroup jarkom3 henderson@jakarta",
    "joingroup": "chat-cli joingroup jarkom3@surabaya",
    "leavegroup": "chat-cli leavegroup jarkom3@surabaya",
    "addinvitegroup": "chat-cli createinvitegroup board henderson@jakarta",
    "invite": "chat-cli invite board lineker@surabaya messi@jakarta",
    "removemember": "chat-cli removemember board lineker@surabaya",
    "setrole": "chat-cli setrole board henderson@jakarta admin",
    "renamegroup": "chat-cli renamegroup board The board of 2027",
    "setaccess": "chat-cli setaccess board open",
    "closegroup": "chat-cli closegroup board@surabaya",
    "reopengroup": "chat-cli reopengroup board@surabaya",
    "groups": "chat-cli groups --json",
    "members": "chat-cli members jarkom3@surabaya",
    "read": "chat-cli read henderson@jakarta",
    "block": "chat-cli block lineker@jakarta",
    "unblock": "chat-cli unblock lineker@jakarta",
    "mute": "chat-cli mute group:jarkom3",
    "unmute": "chat-cli unmute group:jarkom3",
    "realms": "chat-cli realms",
}


_SHOWN_AS = {"addgroup": "creategroup", "addinvitegroup": "createinvitegroup"}


def _in_order() -> Iterable[Command]:
    """The words in the table's order, then the command line's own."""
    special = {command.word.name: command for command in _FROM_THE_TABLE}
    for word in WORDS:
        yield special.get(word.name) or Command(
            word,
            "asking:ask",
            COMMON,
            _EXAMPLES.get(word.name, ""),
            shown_as=_SHOWN_AS.get(word.name, ""),
        )
    yield from OWN


COMMANDS = tuple(_in_order())

COMMAND_BY_NAME = {name: command for command in COMMANDS for name in command.names}
"""Every name and alias of every command."""
