"""Which account a command is for, the one that `use` chose, and the passwords asked for."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from chat_cli.command_line import texts
from chat_cli.command_line.texts import say
from realm_protocol.command_table import Kind, Word
from realm_protocol.errors import (
    AccountNotFound,
    AmbiguousName,
    NotSignedIn,
    StoreUnwritable,
    WrongArguments,
)
from realm_protocol.names import Address, check_name

CHOSEN_FILE = "chosen-account"

Accounts = Sequence[Mapping[str, Any]]

PROMPTS = {
    "password": texts.PASSWORD_PROMPT,
    "old": texts.OLD_PASSWORD_PROMPT,
    "new": texts.NEW_PASSWORD_PROMPT,
}
TYPED_TWICE = {("register", "password"), ("passwd", "new")}
"""New passwords: a slip while typing blind would lock its owner out."""


def account_for(wanted: str | None, home: Path, listed: Callable[[], Accounts]) -> str:
    """The account that a flag or a setting names, else `use`; else as listed.

    What the service lists is asked for only where a full address doesn't say it already.
    """
    wanted = wanted or chosen(home)
    if wanted and "@" in wanted:
        return Address.parse(wanted)
    return choose_account(listed(), wanted)


def choose_account(accounts: Accounts, wanted: str | None) -> str:
    """The one that is named; else the only one signed in, or the one that signed in last.

    `accounts` is what the service lists. A name without its realm will do where only one fits.
    """
    if wanted:
        return _named([entry["account"] for entry in accounts], wanted)
    signed_in = [entry for entry in accounts if entry["signed_in"]]
    if not signed_in:
        raise NotSignedIn
    return str(max(signed_in, key=lambda entry: entry["signed_in_at"])["account"])


def _named(addresses: Sequence[str], typed: str) -> str:
    wanted = Address.parse(typed) if "@" in typed else check_name(typed)
    fitting = [address for address in addresses if wanted in (address, address.partition("@")[0])]
    if not fitting:
        raise AccountNotFound(address=wanted)
    if len(fitting) > 1:
        raise AmbiguousName(name=wanted, candidates=fitting)
    return fitting[0]


# --- the account that `use` chose ----------------------------------------------------------------


def chosen(home: Path) -> str | None:
    """None where none was chosen. What is no address there is refused when it is used."""
    try:
        return (home / CHOSEN_FILE).read_text(encoding="utf-8", errors="replace").strip() or None
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise StoreUnwritable(path=str(home / CHOSEN_FILE), detail=str(exc.strerror)) from exc


def choose(home: Path, account: str) -> None:
    """Keep it for all commands to come; raises `StoreUnwritable`."""
    from chat_cli.tokens import write_private  # with what the service needs to write a secret

    write_private(home / CHOSEN_FILE, account + "\n")


def forget_choice(home: Path, account: str) -> None:
    """An account that signed out is no longer the one that is meant."""
    if chosen(home) == account:
        (home / CHOSEN_FILE).unlink(missing_ok=True)


# --- passwords -----------------------------------------------------------------------------------


def ask_passwords(word: Word, *, from_stdin: bool) -> dict[str, str]:
    """A value for each password of a word: a line of standard input each, or typed unseen."""
    asked = [p.name for p in word.parameters if p.kind is Kind.PASSWORD]
    if asked and not from_stdin and not (sys.stdin and sys.stdin.isatty()):
        raise WrongArguments(
            detail=say(texts.PASSWORD_NEEDS_TERMINAL), usage=say(texts.PASSWORD_STDIN_USAGE)
        )
    return {
        name: _read_line(name)
        if from_stdin
        else _type(name, twice=(word.name, name) in TYPED_TWICE)
        for name in asked
    }


def _read_line(name: str) -> str:
    line = sys.stdin.readline().rstrip("\r\n") if sys.stdin else ""
    if not line:
        raise WrongArguments(
            detail=say(texts.PASSWORD_MISSING, name=name), usage=say(texts.PASSWORD_STDIN_USAGE)
        )
    return line


def _type(name: str, *, twice: bool) -> str:
    import getpass  # here, because few commands ask

    password = getpass.getpass(say(PROMPTS[name]))
    if twice and getpass.getpass(say(texts.PASSWORD_AGAIN_PROMPT)) != password:
        raise WrongArguments(
            detail=say(texts.PASSWORDS_DIFFER), usage=say(texts.PASSWORD_TWICE_USAGE)
        )
    return password
