"""Who imports whom, and that importing does nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = (
    *("realm_protocol", "realm_service", "main_server", "realm_server", "chat_cli", "frontend"),
    "deploy",
)

# What must not happen while a module is imported: files written, sockets, processes, databases.
WATCHED = """
import importlib, sys, threading

def watch(event, arguments):
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if writes or event.partition(".")[0] in ("socket", "subprocess", "sqlite3", "shutil") or (
        event in ("os.mkdir", "os.remove", "os.rename", "os.fork", "os.exec", "os.chmod")
    ):
        happened.append((event, *map(str, arguments)))

happened, modules = [], sys.argv[1:]
sys.dont_write_bytecode = True
for library in ("uvicorn", "fastapi_offline", "alembic.command", "sqlalchemy.dialects.sqlite"):
    importlib.import_module(library)
sys.addaudithook(watch)
for module in modules:
    before = len(happened)
    importlib.import_module(module)
    for what in happened[before:]:
        print(module, *what)
if threading.active_count() > 1:
    print("a thread was started")
"""


def modules_of(package: str) -> list[str]:
    """Every module that is there to be imported: no entry points, no migrations."""
    paths = sorted((ROOT / package).rglob("*.py"))
    return [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in paths
        if path.name != "__main__.py" and "migrations" not in path.parts
    ]


def test_the_directions_of_imports_are_kept() -> None:
    """The contracts of pyproject.toml: tiers meet over the wire, each goes one way inside."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def test_the_vocabulary_needs_two_libraries() -> None:
    """Whoever writes a client can take it as it is: the standard library, msgpack, msgspec."""
    allowed = sys.stdlib_module_names | {"msgpack", "msgspec", "realm_protocol"}
    imported = {
        name.partition(".")[0]
        for path in (ROOT / "realm_protocol").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _names(node)
    }

    assert imported <= allowed


def _names(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(module)):
            return [module]
    return []


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_happens_at_import(package: str) -> None:
    """No file is written, no socket, process, database or thread is opened by importing."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *modules_of(package)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == ""


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_what_lives_there(package: str) -> None:
    """The head of a module is the map of the project."""
    silent = [
        str(path.relative_to(ROOT))
        for path in (ROOT / package).rglob("*.py")
        if ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]

    assert silent == []
