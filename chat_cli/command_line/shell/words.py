"""The words of the shell: the command table's, and those that only a shell needs."""

from types import MappingProxyType

from realm_protocol.command_table import (
    BY_NAME,
    Help,
    Kind,
    Parameter,
    Right,
    WhenCutOff,
    Word,
)

USE = Word(
    "use",
    (
        Parameter(
            "address",
            Kind.ACCOUNT,
            Help("signed in on this machine", "yang sudah masuk di komputer ini"),
        ),
    ),
    Help("Be another of your accounts.", "Pakai akun Anda yang lain."),
    Right.ANYONE,
    WhenCutOff.LOCAL,
)
ACCOUNTS = Word(
    "accounts",
    (),
    Help("List the accounts of this machine.", "Tampilkan akun di komputer ini."),
    Right.ANYONE,
    WhenCutOff.LOCAL,
)
QUIT = Word(
    "quit",
    (),
    Help("Leave the shell; so does Ctrl-D.", "Keluar dari shell; Ctrl-D juga."),
    Right.ANYONE,
    WhenCutOff.LOCAL,
    aliases=("exit",),
)

SHELL_WORDS = MappingProxyType(
    BY_NAME | {name: word for word in (USE, ACCOUNTS, QUIT) for name in word.names}
)
"""Every name and alias of every word that a line of the shell can begin with."""
