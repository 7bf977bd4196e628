"""`main-server realm`: realms, their keys, and how their links stand."""

import contextlib
import sys
import time
from typing import Annotated

import typer
from rich.console import Console

from main_server.operating import Database, Json, operate, show

realm_app = typer.Typer(help="Realms and their keys.", no_args_is_help=True)


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
    result = operate("realm add", database_url, name=name, host=address, port=port)
    show(result, as_json, remark="Keep the key in a file of the realm server: shown this once.")


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
    show(operate("realm set-address", database_url, name=name, host=host, port=port), as_json)


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
        show(operate("realm list", database_url), as_json)


def _watch_realms(every: float, database_url: str | None, *, as_json: bool) -> None:
    """One look after another: a command hears nothing of a change, so it asks as often as told."""
    from main_server.realm_reports import as_people_read

    with contextlib.suppress(KeyboardInterrupt):
        while True:
            realms = operate("realm list", database_url)
            if sys.stdout.isatty() and not as_json:
                Console().clear()
            shown = realms if as_json else as_people_read(realms, time.time_ns() // 1_000_000)
            show(shown, as_json)
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
    show(operate("realm remove", database_url, name=name, disable=disable), as_json)


@realm_app.command("enable")
def realm_enable(name: str, database_url: Database = None, as_json: Json = False) -> None:
    """Let a disabled realm in again."""
    show(operate("realm enable", database_url, name=name), as_json)


@realm_app.command("rotate-key")
def realm_rotate_key(name: str, database_url: Database = None, as_json: Json = False) -> None:
    """Print a new key; the link that used the old one is cut at once."""
    show(operate("realm rotate-key", database_url, name=name), as_json)
