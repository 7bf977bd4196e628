"""`main-server group`: groups and open rooms, as an operator sees to them."""

from typing import Annotated

import typer

from main_server.operating import Database, Json, operate, show

group_app = typer.Typer(help="Groups.", no_args_is_help=True)
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
    show(operate("group list", database_url, realm=realm), as_json)


@group_app.command("close", epilog="Example: main-server group close jarkom3@surabaya")
def group_close(
    group: str, by: By = "", database_url: Database = None, as_json: Json = False
) -> None:
    """Close a group: it can only be read and left. A row of it says so."""
    show(operate("group close", database_url, name=group, by=by), as_json)


@group_app.command("reopen")
def group_reopen(
    group: str, by: By = "", database_url: Database = None, as_json: Json = False
) -> None:
    """Open a closed group again."""
    show(operate("group reopen", database_url, name=group, by=by), as_json)
