"""`main-server user`: people, their passwords and rights."""

import sys
from typing import Annotated

import typer

from main_server.operating import Database, Json, operate, show
from realm_protocol.errors import WrongArguments

user_app = typer.Typer(help="People.", no_args_is_help=True)
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


def _new_password(from_stdin: bool) -> str:
    """A password's hash: read from standard input, or asked for twice at a terminal."""
    from realm_service.passwords import Passwords

    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        raise WrongArguments(
            detail="There is no terminal to ask for the password.", usage="… --password-stdin"
        )
    if not password:
        raise WrongArguments(detail="The password is empty.", usage="… --password-stdin")
    passwords = Passwords()
    try:
        return passwords.hash_now(password)
    finally:
        passwords.close()


@user_app.command(
    "add", epilog="Example: main-server user add messi@surabaya --name 'Lionel Messi'"
)
def user_add(
    address: str,
    password_stdin: PasswordStdin = False,
    name: Annotated[str, typer.Option(help="The name that others see.")] = "",
    country: Annotated[str, typer.Option(help="Where they are from.")] = "",
    limits: Annotated[
        str, typer.Option(help="standard, or trusted: no rate limits (bots).")
    ] = "standard",
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Make a person of a realm."""
    result = operate(
        "user add",
        database_url,
        address=address,
        password_hash=_new_password(password_stdin),
        name=name,
        country=country,
        limits=limits,
    )
    show(result, as_json)


@user_app.command(
    "import",
    epilog='Example line: {"address": "messi@surabaya", "password": "…", "name": "Lionel Messi"}',
)
def user_import(database_url: Database = None, as_json: Json = False) -> None:
    """Make many people: JSON Lines on standard input; who exists already is left as they are."""
    from main_server.importing import read_people

    people = list(read_people(sys.stdin))
    show(operate("user import", database_url, people=people), as_json)


@user_app.command("list")
def user_list(
    realm: Annotated[str, typer.Option(help="Only this realm's.")] = "",
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Every person."""
    show(operate("user list", database_url, realm=realm), as_json)


@user_app.command("disable")
def user_disable(address: str, database_url: Database = None, as_json: Json = False) -> None:
    """End a person's sessions and let them in no more."""
    show(operate("user disable", database_url, address=address), as_json)


@user_app.command("enable")
def user_enable(address: str, database_url: Database = None, as_json: Json = False) -> None:
    """Let a disabled person in again."""
    show(operate("user enable", database_url, address=address), as_json)


@user_app.command("set-password")
def user_set_password(
    address: str,
    password_stdin: PasswordStdin = False,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Give a person a new password; their sessions end."""
    password_hash = _new_password(password_stdin)
    result = operate(
        "user set-password", database_url, address=address, password_hash=password_hash
    )
    show(result, as_json)


@user_app.command("make-operator")
def user_make_operator(address: str, database_url: Database = None, as_json: Json = False) -> None:
    """Mark a person as an operator; `user list` shows it."""
    show(operate("user make-operator", database_url, address=address), as_json)


@user_app.command("set-limits")
def user_set_limits(
    address: str,
    limits: Annotated[str, typer.Argument(help="standard, or trusted: no rate limits.")],
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Put a person into a limit class."""
    show(operate("user set-limits", database_url, address=address, limits=limits), as_json)
