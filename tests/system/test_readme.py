"""The README's conversation, played as it stands against a system that `realmchat up` starts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.demonstration import Demonstration
from tests.system.pages import play

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def demonstration(tmp_path: Path) -> Iterator[Demonstration]:
    started = Demonstration(tmp_path)
    started.start()
    yield started
    started.end()


def test_the_readme_tells_the_truth(demonstration: Demonstration) -> None:
    """Each command of the page, in one shell, prints what the page says."""
    play(demonstration, README, at_least=10)
