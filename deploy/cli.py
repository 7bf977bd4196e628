"""The command line `realmchat`."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from deploy.home import choose_home
from deploy.links import ask
from deploy.plan import HIGHEST_PORT_OFFSET
from deploy.screen import Screen
from deploy.up import up as run_system
from realm_protocol.errors import RealmchatError
from realm_service.command_line import version_option

app = typer.Typer(
    name="realmchat",
    help="Runs a whole realmchat on this machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def realmchat(
    show_version: Annotated[
        bool,
        version_option("realmchat"),
    ] = False,
) -> None:
    """Runs a whole realmchat on this machine."""


_EXAMPLES = "Examples: realmchat up · realmchat up --home ./demo · realmchat up --port-offset 100"


@app.command(epilog=_EXAMPLES)
def up(
    home: Annotated[
        Path | None,
        typer.Option(
            help="The folder of all data. Default: REALMCHAT_HOME, else the platform's.",
            show_default=False,
        ),
    ] = None,
    port_offset: Annotated[
        int,
        typer.Option(min=0, max=HIGHEST_PORT_OFFSET, help="Added to every port."),
    ] = 0,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show here what is written in the open rooms.")
    ] = False,
) -> None:
    """Start the main server, two realms and chat-cli, with people to sign in as.

    The first start makes the data; later ones keep what is there.

    A service that exits is started again. Ctrl-C stops everything. Each realm opens its room
    lobby@REALM, where everybody sees everything and which is recorded.
    """
    try:
        asyncio.run(run_system(choose_home(home), port_offset, Screen(), watch=watch))
    except RealmchatError as error:
        _fail(error)


_Home = Annotated[
    Path | None,
    typer.Option(
        help="The folder of the system that runs. Default: REALMCHAT_HOME, else the platform's.",
        show_default=False,
    ),
]
_Realm = Annotated[str, typer.Argument(metavar="NAME", help="Of the realm: surabaya, jakarta.")]


@app.command(epilog="Example: realmchat cut surabaya · then write, read, sign in there")
def cut(realm: _Realm, home: _Home = None) -> None:
    """Cut a realm's link to the main server, as a digger would.

    The site goes on by itself: its people write to each other, and what they write to others
    waits. realmchat mend brings the link back; so does the next realmchat up.
    """
    realm, changed = _ask(home, realm, cut=True)
    state = "is cut off from main" if changed else "was cut off already"
    print(f"{realm} {state}. realmchat mend {realm} brings it back.")


@app.command(epilog="Example: realmchat mend surabaya")
def mend(realm: _Realm, home: _Home = None) -> None:
    """Mend a realm's link to the main server that realmchat cut had cut."""
    realm, changed = _ask(home, realm, cut=False)
    print(f"{realm} {'can reach main again' if changed else 'was not cut off'}.")


def _ask(home: Path | None, realm: str, *, cut: bool) -> tuple[str, bool]:
    try:
        return ask(choose_home(home), realm, cut=cut)
    except RealmchatError as error:
        _fail(error)


def _fail(error: RealmchatError) -> NoReturn:
    Console(stderr=True).print(f"realmchat: {error.message}", markup=False, soft_wrap=True)
    sys.exit(1)


def main() -> None:
    app()
