"""The first time: a machine on which chat-cli doesn't run yet, a browser that was never here."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.waiting import wait_until
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


def test_a_screen_reader_is_asked_for_once_and_is_told_the_fields_names(
    frontend: FrontendProcess, browser: Browser
) -> None:
    """In the browser's language; after somebody may have begun to write, who sees the page."""
    context = browser.new_context(locale="id-ID")
    page = context.new_page()
    page.goto(frontend.url)
    page.wait_for_selector(".flt-text-editing:focus")

    page.get_by_role("button", name="Pakai dengan pembaca layar").press("Enter")
    page.wait_for_function("() => document.activeElement.ariaLabel?.includes('Alamat')")
    page.keyboard.type("ana@surabaya")
    assert page.get_by_label("Alamat").input_value() == "ana@surabaya"
    assert page.get_attribute("html", "lang") == "id"

    later = Person(browser, frontend.url, context)
    wait_until(lambda: later.focused[0] == "signin-address")
    later.leave()


def test_on_a_phone_keys_come_when_a_field_is_touched(
    frontend: FrontendProcess, browser: Browser
) -> None:
    """Not before; and the screen reader, which is asked for a moment later there, knows it too."""
    window = Person(browser, frontend.url, **_PHONE)
    window.sees("Sign in")
    assert window.focused[0] == ""

    window.page.get_by_label("Address").tap()
    wait_until(lambda: window.focused[0] == "signin-address")
    window.leave()


_PHONE = {
    "viewport": {"width": 360, "height": 740},
    "user_agent": "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile",
    "is_mobile": True,
    "has_touch": True,
}
