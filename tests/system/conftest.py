"""A whole system of real processes for a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.processes import System, running_system


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """Main, the realms surabaya and jakarta, chat-cli, and a few people; fresh for each test."""
    with running_system(tmp_path) as running:
        yield running
