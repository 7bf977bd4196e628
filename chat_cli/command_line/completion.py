"""Completion in bash, zsh, fish and PowerShell: the scripts, and the names that they are given.

Names come from the running service: it is never started for them, and not waited for. Which command
and parameter is being typed, click finds out.
"""

import os
import re
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

from chat_cli import profiles
from chat_cli.command_line.accounts import account_for
from chat_cli.command_line.command import Takes
from chat_cli.command_line.output import put
from chat_cli.command_line.program import COMPLETION_VARIABLE
from chat_cli.command_line.service_client import ServiceClient, find
from chat_cli.command_line.vocabulary import COMMANDS
from realm_protocol.command_table import Kind
from realm_protocol.errors import RealmchatError

if TYPE_CHECKING:
    from chat_cli.command_line.call import Call
    from chat_cli.configuration import Configuration

_PROGRAM = "chat-cli"
MOMENT_SECONDS = 1.0
"""Whoever types waits no longer for names than that."""


def register() -> None:
    """Let click know how bash is answered here."""
    add_completion_class(_Bash)


def completion(call: "Call", arguments: Mapping[str, str]) -> None:
    """Print the script that a shell reads."""
    register()
    shell = get_completion_class(arguments["shell"])
    assert shell is not None  # noqa: S101  # the parameter's choices are those that click has
    source = shell(click.Command(_PROGRAM), {}, _PROGRAM, COMPLETION_VARIABLE).source()
    put(source.rstrip("\n"))


# --- names ---------------------------------------------------------------------------------------


def complete(
    what: Kind | Takes,
    choices: tuple[str, ...],
    *,
    account: str | None,
    configuration: "Configuration",
    typed: str,
) -> list[CompletionItem[str]]:
    """What begins as typed; nothing of what only a service knows that is away or takes long."""
    if what in (Takes.FILE, Takes.FOLDER, Kind.PATH):
        return [CompletionItem(typed, type="dir" if what is Takes.FOLDER else "file")]
    found = dict.fromkeys(choices)
    try:
        with _a_moment():
            for name in _names(what, account, configuration, typed):
                found[name] = None
    except (_MomentIsOver, RealmchatError):
        pass  # what was found until then is offered
    return [CompletionItem(name) for name in found if name.startswith(typed.lower())]


_PEOPLE = (Kind.PERSON, Kind.PEOPLE, Kind.CONVERSATION, Takes.PERSON)
_ACCOUNTS = (Kind.ACCOUNT, Takes.ACCOUNT)
_GROUPS = (Kind.GROUP, Kind.CONVERSATION)
_OF_AN_ACCOUNT = (*_PEOPLE, *_ACCOUNTS, *_GROUPS, Kind.REALM)


def _names(
    what: Kind | Takes, account: str | None, configuration: "Configuration", typed: str
) -> Iterator[str]:
    """The likeliest first, and those that this machine holds before those of a server."""
    if what is Takes.PROFILE:
        yield from profiles.profiles()
    elif what is Kind.COMMAND:
        yield from (command.name for command in COMMANDS)
    elif what in _OF_AN_ACCOUNT and (service := find(profiles.home())):
        service.check_version()
        accounts = service.get("/v1/accounts")
        if what in _ACCOUNTS:
            yield from (entry["account"] for entry in accounts)
            return
        wanted = account or configuration.value("account")
        who = account_for(wanted, profiles.home(), lambda: accounts)
        yield from _names_of(service, f"/v1/accounts/{who}", what, typed)


def _names_of(
    service: ServiceClient, account: str, what: Kind | Takes, typed: str
) -> Iterator[str]:
    if what is Kind.REALM:
        for row in service.get(f"{account}/realms"):
            yield from (row["realm"], *row["names"])
        return
    conversations = service.get(f"{account}/conversations")
    before = "group:" if what is Kind.CONVERSATION else ""
    if what in _PEOPLE:
        yield from _titles(conversations, private=True)
    if what in _GROUPS:
        yield from (f"{before}{group}" for group in _titles(conversations, private=False))
    if what is Kind.GROUP:
        yield from (row["group"] for row in service.get(f"{account}/groups"))
    elif not typed.startswith("group:"):
        yield from (row["address"] for row in service.get(f"{account}/users", q=typed))


def _titles(conversations: list[dict[str, Any]], *, private: bool) -> Iterator[str]:
    return (row["title"] for row in conversations if (row["kind"] == "private") is private)


class _MomentIsOver(Exception):
    """The time for names has run out."""


@contextmanager
def _a_moment() -> Iterator[None]:
    """Ends what is under way with `_MomentIsOver`, in whatever call of the system it waits."""

    def over(_signal: int, _frame: FrameType | None) -> None:
        raise _MomentIsOver

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, MOMENT_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# --- bash ----------------------------------------------------------------------------------------

_BASH = """\
%(complete_func)s() {
    local type value
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
            dir) compopt -o dirnames 2>/dev/null ;;
            file) compopt -o default 2>/dev/null ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(COMPLETE_LINE="${COMP_LINE:0:$COMP_POINT}" COMPLETE_BREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
}

complete -o nosort -F %(complete_func)s %(prog_name)s 2>/dev/null ||
    complete -F %(complete_func)s %(prog_name)s
"""


class _Bash(BashComplete):
    """As click's, for names that hold `@` and `:`: bash takes these for the ends of words."""

    source_template = _BASH

    @staticmethod
    def _check_version() -> None:
        """The script does with every bash that has `complete`."""

    def get_completion_args(self) -> tuple[list[str], str]:
        line, breaks = os.environ["COMPLETE_LINE"], os.environ["COMPLETE_BREAKS"]
        arguments, typed, self._before_the_word = read_line(line, breaks)
        return arguments, typed

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Only what takes the place of the part that bash holds for the word."""
        return f"{item.type},{str(item.value)[self._before_the_word :]}"


def read_line(line: str, breaks: str) -> tuple[list[str], str, int]:
    """The arguments of a line up to the cursor, what is typed of the last one, and how much of that
    stands before the word as bash sees it."""
    words = split_arg_string(line)
    if not words or (_is_closed(line) and line[-1:].isspace()):
        return words[1:], "", 0
    typed = words.pop()
    # Within quotes bash breaks no words.
    broken = re.split(f"[{re.escape(breaks)}]", typed) if _is_closed(line) else [typed]
    return words[1:], typed, len(typed) - len(broken[-1])


def _is_closed(line: str) -> bool:
    """Whether no quote of the line is open."""
    import shlex

    try:
        shlex.split(line)
    except ValueError:
        return False
    return True
