"""`main-server`: serve, and the operator's commands."""

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from main_server.settings import MainSettings
from realm_protocol.errors import RealmchatError, WrongArguments
from realm_service.command_line import flag, version_option
from realm_service.settings import load

app = typer.Typer(
    help="The main server of realmchat: users, groups and inboxes of all realms.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog="Example: main-server realm add surabaya, then main-server serve",
)
realm_app = typer.Typer(help="Realms and their keys.", no_args_is_help=True)
user_app = typer.Typer(help="People.", no_args_is_help=True)
group_app = typer.Typer(help="Groups.", no_args_is_help=True)
app.add_typer(realm_app, name="realm")
app.add_typer(user_app, name="user")
app.add_typer(group_app, name="group")

_PIPE_WIDTH = 10_000
_option = partial(flag, MainSettings)
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
Database = Annotated[
    str | None, typer.Option(help="Where everything is stored: sqlite:///PATH.", show_default=False)
]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


def main() -> None:
    """Entry of the console script: errors are one line on stderr, in JSON with `--json`."""
    try:
        app()
    except RealmchatError as error:
        as_json = "--json" in sys.argv[1:]
        words = (
            json.dumps(error.body(), default=str) if as_json else f"main-server: {error.message}"
        )
        print(words, file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


@app.callback()
def _options(
    show_version: Annotated[
        bool,
        version_option("main-server"),
    ] = False,
) -> None:
    pass


@app.command(epilog="Example: main-server serve --port 8080")
def serve(
    host: Annotated[str | None, _option("host")] = None,
    port: Annotated[int | None, _option("port")] = None,
    database_url: Annotated[str | None, _option("database_url")] = None,
    tls_cert: Annotated[Path | None, _option("tls_cert")] = None,
    tls_key: Annotated[Path | None, _option("tls_key")] = None,
    allow_clear: Annotated[bool | None, _option("allow_clear")] = None,
    allow_remote_health: Annotated[bool | None, _option("allow_remote_health")] = None,
    trusted_proxy: Annotated[str | None, _option("trusted_proxy")] = None,
    log_level: Annotated[str | None, _option("log_level")] = None,
) -> None:
    """Serve realms until SIGTERM."""
    settings = load(
        MainSettings,
        {
            "host": host,
            "port": port,
            "database_url": database_url,
            "tls_cert": tls_cert,
            "tls_key": tls_key,
            "allow_clear": allow_clear,
            "allow_remote_health": allow_remote_health,
            "trusted_proxy": trusted_proxy,
            "log_level": log_level,
        },
    )
    from main_server.serving import serve_until_stopped

    serve_until_stopped(settings)


# --- operator's commands -------------------------------------------------------------------------


def _operate(operation: str, database_url: str | None, **arguments: Any) -> Any:
    """To the running server, else on the store itself."""
    from main_server.operator_socket import ask_server

    store = _store_path(database_url)
    try:
        return ask_server(store, operation, arguments)
    except ConnectionError:
        return _operate_offline(store, operation, arguments)


def _operate_offline(store: Path, operation: str, arguments: dict[str, Any]) -> Any:
    from main_server.files.service import blob_folder
    from main_server.files.verifying import verify_files
    from main_server.operations import operate
    from main_server.operator_socket import local_operator
    from main_server.store.backup import back_up, verify
    from main_server.store.copies import compare_copies
    from main_server.store.writer import write_once

    with _opened(store) as engine:
        if operation == "backup":
            return back_up(store, Path(arguments["file"]))
        if operation == "verify":
            found = verify(store) | verify_files(store, blob_folder(_files_folder(store)))
            return found | compare_copies(store, arguments.get("copies", ()))
        work = partial(operate, operation=operation, arguments=arguments, actor=local_operator())
        return write_once(engine, work)


@contextlib.contextmanager
def _opened(store: Path) -> Iterator[Any]:
    from main_server.store.database import open_engine
    from realm_service.locking import locked

    with locked(store):
        engine = open_engine(store)
        try:
            yield engine
        finally:
            engine.dispose()


def _store_path(database_url: str | None) -> Path:
    from main_server.store.database import database_path

    return database_path(load(MainSettings, {"database_url": database_url}).database_url)


def _files_folder(store: Path) -> Path:
    from main_server.files.service import files_beside

    return load(MainSettings, {}).files_folder or files_beside(store)


def _show(result: Any, as_json: bool, *, remark: str = "") -> None:
    """Lists as tables, records as lines; as JSON Lines when asked."""
    if as_json:
        for record in result if isinstance(result, list) else [result]:
            print(json.dumps(record))
    elif isinstance(result, list):
        _show_table(result)
    else:
        for name, value in result.items():
            print(f"{name}: {value}")
        if remark:
            print(remark)


def _show_table(records: list[dict[str, Any]]) -> None:
    if not records:
        print("none")
        return
    table = Table(*records[0], box=None, pad_edge=False)
    for record in records:
        table.add_row(*("" if value is None else str(value) for value in record.values()))
    # A pipe has no width to fit into.
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)


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


@realm_app.command(
    "add", epilog="Example: main-server realm add surabaya --address chat.sby --port 8000"
)
def realm_add(
    name: str,
    address: Annotated[str, typer.Option(help="Host that its people connect to.")] = "",
    port: Annotated[int, typer.Option(help="Port that they connect to.", min=0, max=65535)] = 0,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Enrol a realm and print its key, once."""
    result = _operate("realm add", database_url, name=name, host=address, port=port)
    _show(result, as_json, remark="Keep the key in a file of the realm server: shown this once.")


@realm_app.command(
    "set-address", epilog="Example: main-server realm set-address surabaya chat.sby 8000"
)
def realm_set_address(
    name: str,
    host: Annotated[str, typer.Argument(help="Host that its people connect to.")],
    port: Annotated[int, typer.Argument(help="Port that they connect to.", min=1, max=65535)],
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Change where the directory says that a realm is."""
    _show(_operate("realm set-address", database_url, name=name, host=host, port=port), as_json)


@realm_app.command("list", epilog="Example: main-server realm list --watch")
def realm_list(
    watch: Annotated[
        bool, typer.Option("--watch", help="Show how they stand, again and again, until Ctrl-C.")
    ] = False,
    every: Annotated[
        float, typer.Option(help="Seconds between two looks.", min=0.1, max=3600)
    ] = 2.0,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Every realm, its people, and its link while the server runs."""
    if watch:
        _watch_realms(every, database_url, as_json=as_json)
    else:
        _show(_operate("realm list", database_url), as_json)


def _watch_realms(every: float, database_url: str | None, *, as_json: bool) -> None:
    """One look after another: a command hears nothing of a change, so it asks as often as told."""
    from main_server.realm_reports import as_people_read

    with contextlib.suppress(KeyboardInterrupt):
        while True:
            realms = _operate("realm list", database_url)
            if sys.stdout.isatty() and not as_json:
                Console().clear()
            shown = realms if as_json else as_people_read(realms, time.time_ns() // 1_000_000)
            _show(shown, as_json)
            sys.stdout.flush()
            time.sleep(every)


@realm_app.command("remove")
def realm_remove(
    name: str,
    disable: Annotated[
        bool, typer.Option("--disable", help="Keep its people, but let nobody in.")
    ] = False,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Remove a realm. One that has people can only be disabled."""
    _show(_operate("realm remove", database_url, name=name, disable=disable), as_json)


@realm_app.command("enable")
def realm_enable(name: str, database_url: Database = None, as_json: Json = False) -> None:
    """Let a disabled realm in again."""
    _show(_operate("realm enable", database_url, name=name), as_json)


@realm_app.command("rotate-key")
def realm_rotate_key(name: str, database_url: Database = None, as_json: Json = False) -> None:
    """Print a new key; the link that used the old one is cut at once."""
    _show(_operate("realm rotate-key", database_url, name=name), as_json)


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
    result = _operate(
        "user add",
        database_url,
        address=address,
        password_hash=_new_password(password_stdin),
        name=name,
        country=country,
        limits=limits,
    )
    _show(result, as_json)


@user_app.command(
    "import",
    epilog='Example line: {"address": "messi@surabaya", "password": "…", "name": "Lionel Messi"}',
)
def user_import(database_url: Database = None, as_json: Json = False) -> None:
    """Make many people: JSON Lines on standard input; who exists already is left as they are."""
    from main_server.importing import read_people

    people = list(read_people(sys.stdin))
    _show(_operate("user import", database_url, people=people), as_json)


@user_app.command("list")
def user_list(
    realm: Annotated[str, typer.Option(help="Only this realm's.")] = "",
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Every person."""
    _show(_operate("user list", database_url, realm=realm), as_json)


@user_app.command("disable")
def user_disable(address: str, database_url: Database = None, as_json: Json = False) -> None:
    """End a person's sessions and let them in no more."""
    _show(_operate("user disable", database_url, address=address), as_json)


@user_app.command("enable")
def user_enable(address: str, database_url: Database = None, as_json: Json = False) -> None:
    """Let a disabled person in again."""
    _show(_operate("user enable", database_url, address=address), as_json)


@user_app.command("set-password")
def user_set_password(
    address: str,
    password_stdin: PasswordStdin = False,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Give a person a new password; their sessions end."""
    password_hash = _new_password(password_stdin)
    result = _operate(
        "user set-password", database_url, address=address, password_hash=password_hash
    )
    _show(result, as_json)


@user_app.command("make-operator")
def user_make_operator(address: str, database_url: Database = None, as_json: Json = False) -> None:
    """Mark a person as an operator; `user list` shows it."""
    _show(_operate("user make-operator", database_url, address=address), as_json)


@user_app.command("set-limits")
def user_set_limits(
    address: str,
    limits: Annotated[str, typer.Argument(help="standard, or trusted: no rate limits.")],
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Put a person into a limit class."""
    _show(_operate("user set-limits", database_url, address=address, limits=limits), as_json)


By = Annotated[
    str,
    typer.Option(help="The operator in whose name the group hears of it, where there are several."),
]


@group_app.command("list")
def group_list(
    realm: Annotated[str, typer.Option(help="Only this realm's.")] = "",
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Every group and open room."""
    _show(_operate("group list", database_url, realm=realm), as_json)


@group_app.command("close", epilog="Example: main-server group close jarkom3@surabaya")
def group_close(
    group: str, by: By = "", database_url: Database = None, as_json: Json = False
) -> None:
    """Close a group: it can only be read and left. A row of it says so."""
    _show(_operate("group close", database_url, name=group, by=by), as_json)


@group_app.command("reopen")
def group_reopen(
    group: str, by: By = "", database_url: Database = None, as_json: Json = False
) -> None:
    """Open a closed group again."""
    _show(_operate("group reopen", database_url, name=group, by=by), as_json)


@app.command()
def audit(
    limit: Annotated[int, typer.Option(help="How many of the newest.", min=1, max=1_000_000)] = 100,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """What operators did."""
    _show(_operate("audit", database_url, limit=limit), as_json)


@app.command(epilog="Example: main-server backup /srv/backup/main-$(date +%F).db")
def backup(file: Path, database_url: Database = None, as_json: Json = False) -> None:
    """Copy the store to FILE, also while the server runs."""
    _show(_operate("backup", database_url, file=str(file.absolute())), as_json)


@app.command(
    epilog="Example: realm-server verify --checksums --json | main-server verify --against -"
)
def verify(
    against: Annotated[
        typer.FileText | None,
        typer.Option(
            help="What a realm's verify --checksums --json printed: compare it too. - is standard"
            " input.",
            show_default=False,
        ),
    ] = None,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """Check the store: the file, and that no conversation has a hole."""
    from main_server.store.copies import read_copies

    copies = read_copies(against) if against is not None else []
    _show(_operate("verify", database_url, copies=copies), as_json)


@app.command()
def restore(file: Path, database_url: Database = None, as_json: Json = False) -> None:
    """Put a backup in the store's place. The server must be stopped."""
    from main_server.store.backup import restore as put_back
    from realm_service.locking import locked

    store = _store_path(database_url)
    with locked(store):
        _show(put_back(store, file.absolute()), as_json)
