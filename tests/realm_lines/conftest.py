"""Real servers with line listeners, and programs that speak over raw sockets."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.realm_lines.field import Field, Program, running_field


@pytest.fixture(scope="package")
def shared_field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    """One main server and two realms for all tests that break nothing."""
    with running_field(tmp_path_factory.mktemp("field")) as field:
        yield field


@pytest.fixture
def field(shared_field: Field) -> Iterator[Field]:
    """The programs of one test leave with it."""
    yield shared_field
    shared_field.hang_up()


@pytest.fixture
def own_field(tmp_path: Path) -> Iterator[Field]:
    """Main and one realm of this test's own, to be stopped and started."""
    with running_field(tmp_path, ["surabaya"]) as field:
        yield field


_names = count(1)


@pytest.fixture
def new_name() -> Callable[[str], str]:
    """A name that nobody and no group has had in this run."""
    return lambda name: f"{name}{next(_names)}"


@pytest.fixture
def mesin(field: Field) -> Program:
    """At surabaya."""
    return field.connect("surabaya", "mesin")


@pytest.fixture
def kelompok5(field: Field) -> Program:
    """At surabaya."""
    return field.connect("surabaya", "kelompok5")
