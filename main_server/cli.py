"""`main-server`: serve, and the operator's commands on the store as a whole.

Those on realms, people and groups are in modules of their own.
"""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from main_server.group_commands import group_app
from main_server.operating import Database, Json, operate, show, store_path
from main_server.people_commands import user_app
from main_server.realm_commands import realm_app
from main_server.settings import MainSettings
from realm_protocol.errors import RealmchatError
from realm_service.command_line import flag, version_option
from realm_service.settings import load

app = typer.Typer(
    help="The main server of realmchat: users, groups and inboxes of all realms.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog="Example: main-server realm add surabaya, then main-server serve",
)
app.add_typer(realm_app, name="realm")
app.add_typer(user_app, name="user")
app.add_typer(group_app, name="group")

_option = partial(flag, MainSettings)


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


@app.command()
def audit(
    limit: Annotated[int, typer.Option(help="How many of the newest.", min=1, max=1_000_000)] = 100,
    database_url: Database = None,
    as_json: Json = False,
) -> None:
    """What operators did."""
    show(operate("audit", database_url, limit=limit), as_json)


@app.command(epilog="Example: main-server backup /srv/backup/main-$(date +%F).db")
def backup(file: Path, database_url: Database = None, as_json: Json = False) -> None:
    """Copy the store to FILE, also while the server runs."""
    show(operate("backup", database_url, file=str(file.absolute())), as_json)


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
    show(operate("verify", database_url, copies=copies), as_json)


@app.command()
def restore(file: Path, database_url: Database = None, as_json: Json = False) -> None:
    """Put a backup in the store's place. The server must be stopped."""
    from main_server.store.backup import restore as put_back
    from realm_service.locking import locked

    store = store_path(database_url)
    with locked(store):
        show(put_back(store, file.absolute()), as_json)
