"""The project's dependencies: declared, used, explained, and locked."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

PRODUCT = (
    *("realm_protocol", "realm_service", "main_server", "realm_server", "chat_cli", "frontend"),
    "deploy",
)
DEVELOPMENT = ("tests", "benchmarks", "docs")

# What uvicorn uses for us, where it is told to; we never import it.
BY_UVICORN = {
    "httptools": ("http_connection.py", "uvicorn.protocols.http.httptools_impl"),
    "uvloop": ("listening.py", 'loop="uvloop"'),
}


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9._-]", requirement)[0] for requirement in requirements}


RUNNING = _names(PROJECT["dependencies"])
TOOLS = _names(PROJECT["optional-dependencies"]["dev"])


def _imported(folders: tuple[str, ...]) -> set[str]:
    """The distributions of all that is imported there, but for the project's own and Python's."""
    modules = {
        module.partition(".")[0]
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for module in _modules(node)
    }
    own = {*PRODUCT, *DEVELOPMENT, *(path.stem for path in (ROOT / "docs").glob("*.py"))}
    distributions = packages_distributions()
    return {
        distributions[module][0].lower().replace("_", "-")
        for module in modules - own - set(sys.stdlib_module_names)
    }


def _modules(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module


def test_what_the_product_imports_is_what_it_declares() -> None:
    """Nothing by the grace of another package, and nothing that nobody uses."""
    assert _imported(PRODUCT) | BY_UVICORN.keys() == RUNNING
    for file, told in BY_UVICORN.values():
        assert told in (ROOT / "realm_service" / file).read_text(encoding="utf-8")


def test_what_tests_import_is_declared_too() -> None:
    """For the development, or for the product."""
    assert _imported(DEVELOPMENT) <= RUNNING | TOOLS


def test_every_dependency_has_its_reason() -> None:
    """A line of CONTRIBUTING.md for each, and for no other."""
    explained = re.findall(r"^\| `([a-z0-9-]+)` \| \S", CONTRIBUTING, re.MULTILINE)

    assert sorted(explained) == sorted(RUNNING | TOOLS)


@pytest.mark.parametrize(
    ("lock", "declared"),
    [("requirements.lock", RUNNING), ("requirements-dev.lock", RUNNING | TOOLS)],
)
def test_the_lock_has_versions_and_hashes_and_nothing_else(lock: str, declared: set[str]) -> None:
    """All that is declared, for every machine: no index, no file, no address of anything."""
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    pinned = re.compile(r"([a-z0-9][a-z0-9-]*)==[^ ]+( ; [^:/]+)? \\")
    hashed = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")

    assert [
        line for line in lines if not pinned.fullmatch(line) and not hashed.fullmatch(line)
    ] == []
    assert declared <= {found[1] for line in lines if (found := pinned.fullmatch(line))}
