"""What an operator's command needs: ask the running server, else the store, and show the answer.

The commands themselves are in `cli` and the modules of realms, people and groups.
"""

import contextlib
import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from main_server.settings import MainSettings
from realm_service.settings import load

Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
Database = Annotated[
    str | None, typer.Option(help="Where everything is stored: sqlite:///PATH.", show_default=False)
]

_PIPE_WIDTH = 10_000


def operate(operation: str, database_url: str | None, **arguments: Any) -> Any:
    """To the running server, else on the store itself."""
    from main_server.operator_socket import ask_server

    store = store_path(database_url)
    try:
        return ask_server(store, operation, arguments)
    except ConnectionError:
        return _operate_offline(store, operation, arguments)


def _operate_offline(store: Path, operation: str, arguments: dict[str, Any]) -> Any:
    from main_server import operations
    from main_server.files.service import blob_folder
    from main_server.files.verifying import verify_files
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
        work = partial(
            operations.operate,
            operation=operation,
            arguments=arguments,
            actor=local_operator(),
        )
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


def store_path(database_url: str | None) -> Path:
    from main_server.store.database import database_path

    return database_path(load(MainSettings, {"database_url": database_url}).database_url)


def _files_folder(store: Path) -> Path:
    from main_server.files.service import files_beside

    return load(MainSettings, {}).files_folder or files_beside(store)


def show(result: Any, as_json: bool, *, remark: str = "") -> None:
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
