"""The command line `realm-server`. It reads settings, opens what is needed, and serves."""

import contextlib
import json
import resource
import sys
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from realm_protocol.errors import InvalidSetting, RealmchatError, UnknownSetting
from realm_server import watching
from realm_server.app import build_app
from realm_server.autonomy import site_file, verifying
from realm_server.files.verifying import verify_waiting
from realm_server.link import MainServer
from realm_server.settings import RealmSettings
from realm_server.store import open_store
from realm_service.command_line import flag, version_option
from realm_service.listening import (
    ClearTextRefused,
    TlsUnusable,
    bind,
    check_listening,
    client_tls,
    run,
)
from realm_service.logs import configure_logs
from realm_service.settings import load

_USAGE_ERRORS = (ClearTextRefused, InvalidSetting, TlsUnusable, UnknownSetting)

_EXAMPLES = """\b
Examples:
  main-server realm add surabaya          (prints the key, which goes into surabaya.key)
  realm-server serve --name surabaya --main-url http://127.0.0.1:8080 --key-file surabaya.key
  realm-server serve --name jakarta --main-url https://chat.example.org:8080 \\
      --key-file jakarta.key --host 0.0.0.0 --tls-cert site.pem --tls-key site.key
  realm-server serve --name surabaya --key-file surabaya.key --line-port 8889:mesin

\b
Every flag can also be an environment variable (--main-url: REALM_SERVER_MAIN_URL)
or a line of the TOML file that REALM_SERVER_CONFIG names (main_url = "…").
The key itself may stand in REALM_SERVER_KEY.
"""

app = typer.Typer(
    help="Serve the people of one site, and forward what they ask to the main server.",
    epilog=_EXAMPLES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _options(
    version: Annotated[
        bool,
        version_option("realm-server"),
    ] = False,
) -> None:
    pass


_option = partial(flag, RealmSettings)


@app.command(epilog=_EXAMPLES)
def serve(
    name: Annotated[str | None, _option("name")] = None,
    main_url: Annotated[str | None, _option("main_url")] = None,
    key_file: Annotated[Path | None, _option("key_file")] = None,
    host: Annotated[str | None, _option("host")] = None,
    port: Annotated[int | None, _option("port")] = None,
    line_port: Annotated[list[str] | None, _option("line_port")] = None,
    line_connections: Annotated[int | None, _option("line_connections")] = None,
    line_idle_seconds: Annotated[float | None, _option("line_idle_seconds")] = None,
    line_file_bytes: Annotated[int | None, _option("line_file_bytes")] = None,
    lobby: Annotated[bool | None, _option("lobby")] = None,
    guest_seconds: Annotated[int | None, _option("guest_seconds")] = None,
    registration: Annotated[str | None, _option("registration")] = None,
    password_min: Annotated[int | None, _option("password_min")] = None,
    ca: Annotated[Path | None, _option("ca")] = None,
    tls_cert: Annotated[Path | None, _option("tls_cert")] = None,
    tls_key: Annotated[Path | None, _option("tls_key")] = None,
    allow_clear: Annotated[bool | None, _option("allow_clear")] = None,
    allow_remote_health: Annotated[bool | None, _option("allow_remote_health")] = None,
    trusted_proxy: Annotated[str | None, _option("trusted_proxy")] = None,
    home: Annotated[Path | None, _option("home")] = None,
    log_level: Annotated[str | None, _option("log_level")] = None,
) -> None:
    """Serve one site until SIGINT or SIGTERM."""
    flags = dict(locals())
    _serve(load(RealmSettings, flags))


_Name = Annotated[str | None, _option("name")]
_Home = Annotated[Path | None, _option("home")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]


@app.command(epilog="Example: realm-server status --name surabaya --json")
def status(name: _Name = None, home: _Home = None, as_json: _Json = False) -> None:
    """Show how the running realm stands: its link, and what waits for main."""
    settings = load(RealmSettings, {"name": name, "home": home})
    watching.status(settings.operator_socket(), as_json=as_json)


@app.command(epilog="Example: realm-server watch --name surabaya")
def watch(
    name: _Name = None,
    home: _Home = None,
    last: Annotated[int, typer.Option(help="Begin with so many of the newest rows.", min=0)] = 20,
    as_json: _Json = False,
) -> None:
    """Show what is written in the realm's open room, as it comes, until Ctrl-C.

    The room must be open (serve --lobby); no other conversation can be watched. Its people are told
    that it is recorded, and main's audit log has who watches.
    """
    settings = load(RealmSettings, {"name": name, "home": home})
    with contextlib.suppress(KeyboardInterrupt):
        watching.watch(settings.operator_socket(), last=last, as_json=as_json)


@app.command(epilog="Example: realm-server transcript --name surabaya --json > lobby.jsonl")
def transcript(
    name: _Name = None,
    home: _Home = None,
    first: Annotated[int, typer.Option("--from", help="The first row's number.", min=1)] = 1,
    to: Annotated[
        int | None,
        typer.Option(help="The last row's number; else the newest.", min=1, show_default=False),
    ] = None,
    as_json: _Json = False,
) -> None:
    """Print the record of the realm's open room. Main's audit log has who exported it."""
    settings = load(RealmSettings, {"name": name, "home": home})
    before = 0 if to is None else to + 1
    watching.transcript(settings.operator_socket(), after=first - 1, before=before, as_json=as_json)


@app.command(epilog="Example: realm-server verify --name surabaya --checksums --json > site.jsonl")
def verify(
    name: _Name = None,
    home: _Home = None,
    with_checksums: Annotated[
        bool,
        typer.Option(
            "--checksums", help="Print one of each conversation, for main-server verify --against."
        ),
    ] = False,
    as_json: _Json = False,
) -> None:
    """Check what the realm holds, also while it serves: what it keeps for main, what it knows."""
    folder = load(RealmSettings, {"name": name, "home": home}).folder()
    found = verifying.verify(folder) | verify_waiting(folder / "realm.db", folder / "uploads")
    for record in verifying.checksums(folder) if with_checksums else [found]:
        if as_json:
            print(json.dumps(record))
        elif with_checksums:
            print(*record.values())
        else:
            print("\n".join(f"{key}: {value}" for key, value in record.items()))


def _serve(settings: RealmSettings) -> None:
    configure_logs(settings.log_level)
    check_listening(settings.host, settings.tls_cert, settings.allow_clear)
    tls = client_tls(settings.ca) if settings.link_url.startswith("wss:") else None
    main_server = MainServer(settings.link_url, settings.realm_key(), tls)
    _allow_many_sockets()
    line_sockets = [(place, bind(place.host, place.port)) for place in settings.line_port]
    with open_store(settings.folder()) as store:
        site_file.make_sure(store.path.with_name("site.db"))
        built = build_app(settings, store, main_server, line_sockets=line_sockets)
        run(
            built.app,
            bind(settings.host, settings.port),
            websocket=built.websocket,
            tls_cert=settings.tls_cert,
            tls_key=settings.tls_key,
            trusted_proxy=settings.trusted_proxy,
            drain=built.drain,
        )


def _allow_many_sockets() -> None:
    """Each session holds a socket; many systems begin with 1,024 and allow more."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main() -> NoReturn:
    """Run the command line; an error is one line on stderr."""
    try:
        app()
    except RealmchatError as error:
        print(f"realm-server: {error.message}", file=sys.stderr)
        sys.exit(2 if isinstance(error, _USAGE_ERRORS) else 1)
    sys.exit(0)
