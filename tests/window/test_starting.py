"""A machine on which chat-cli doesn't run yet."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.window.conftest import FrontendProcess, service_command
from tests.window.people import Person


@pytest.fixture
def lonely(tmp_path: Path) -> Iterator[FrontendProcess]:
    """The window of a home that no service ever ran in; one that is started there is stopped."""
    process = FrontendProcess(tmp_path)
    process.start()
    process.wait_ready()
    yield process
    process.end()
    service_command(tmp_path, "stop")


def test_a_button_starts_the_service(lonely: FrontendProcess, browser: Browser) -> None:
    """Said where one signs in; and then the service is there, for the window and the rest."""
    window = Person(browser, lonely.url)
    window.sign_in("messi@surabaya", "surabaya", "http://127.0.0.1:9")
    window.sees("The realmchat service isn't running on this machine.")
    assert service_command(lonely.home, "status").returncode != 0

    window.press("btn-start-service")
    window.sees_no("isn't running")

    assert service_command(lonely.home, "status").returncode == 0
    window.press("btn-signin")
    window.sees("Can't reach the site.")
    window.leave()
