"""Which account a command is for, and the password that it asks for."""

import getpass
import os
import sys
from collections.abc import Sequence
from typing import Any

from realm_protocol.command_table import Kind, Word
from realm_protocol.errors import AccountNotFound, AmbiguousName, NotSignedIn, WrongArguments

ACCOUNT_VARIABLE = "CHAT_CLI_ACCOUNT"

_TYPED_TWICE = {("register", "password"), ("passwd", "new")}
"""New passwords: a slip while typing blind would lock its owner out."""


def choose_account(accounts: Sequence[dict[str, Any]], wanted: str | None) -> str:
    """The one that is named; else the only one signed in, or the one that signed in last.

    `accounts` is what the service lists. A name without its realm will do where only one fits.
    """
    if wanted:
        return _named([entry["account"] for entry in accounts], wanted.lower())
    signed_in = [entry for entry in accounts if entry["signed_in"]]
    if not signed_in:
        raise NotSignedIn
    return str(max(signed_in, key=lambda entry: entry["signed_in_at"])["account"])


def _named(addresses: Sequence[str], wanted: str) -> str:
    fitting = [address for address in addresses if wanted in (address, address.partition("@")[0])]
    if not fitting:
        raise AccountNotFound(address=wanted)
    if len(fitting) > 1:
        raise AmbiguousName(name=wanted, candidates=", ".join(fitting))
    return fitting[0]


def wanted_account(option: str | None) -> str | None:
    """What `--account` says, else the environment; None when neither does."""
    return option or os.environ.get(ACCOUNT_VARIABLE) or None


def ask_passwords(word: Word, *, from_stdin: bool) -> dict[str, str]:
    """A value for each password of a word: a line of standard input each, or typed unseen."""
    asked = [p.name for p in word.parameters if p.kind is Kind.PASSWORD]
    if asked and not from_stdin and not sys.stdin.isatty():
        raise WrongArguments(
            detail="A password can be typed at a terminal only.",
            usage="give it as a line of standard input, with --password-stdin.",
        )
    return {
        name: _read_line(name)
        if from_stdin
        else _type(name, twice=(word.name, name) in _TYPED_TWICE)
        for name in asked
    }


def _read_line(name: str) -> str:
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise WrongArguments(
            detail=f"Standard input holds no {_prompt(name).lower()}.",
            usage="one line of standard input with --password-stdin.",
        )
    return line


def _type(name: str, *, twice: bool) -> str:
    password = getpass.getpass(f"{_prompt(name)}: ")
    if twice and getpass.getpass("Once more: ") != password:
        raise WrongArguments(detail="The two are not the same.", usage="type it twice alike.")
    return password


def _prompt(name: str) -> str:
    return "Password" if name == "password" else f"{name.capitalize()} password"
