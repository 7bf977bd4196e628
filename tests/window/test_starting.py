"""The first time: a machine on which chat-cli doesn't run yet, a browser that was never here."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, WebSocket

from tests.system.processes import System
from tests.waiting import wait_until
from tests.window.conftest import FrontendProcess, Opening, service_command
from tests.window.journeys import PASSWORD, add_people, enter, write_to
from tests.window.people import Person, without_graphics


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


def test_a_window_outlives_the_process_that_serves_it(
    lonely: FrontendProcess, browser: Browser
) -> None:
    """Nobody was signed in: the card is drawn anew, and does what it did."""
    window = Person(browser, lonely.url)
    window.wait_for("signin-address")
    told: list[str | bytes] = []

    def connecting(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: told.append(frame))

    window.page.on("websocket", connecting)
    lonely.kill9()
    lonely.start()
    lonely.wait_ready()
    wait_until(lambda: window.screen and told)

    window.sign_in("messi@surabaya", "surabaya", "http://127.0.0.1:9")
    window.sees("The realmchat service isn't running on this machine.")
    window.leave()


def test_a_screen_reader_is_asked_for_once_and_is_told_the_fields_names(
    open_window: Opening,
) -> None:
    """In the browser's language; after somebody may have begun to write, who sees the page."""
    window = open_window(storage_state=None, locale="id-ID")
    page = window.page

    page.get_by_role("button", name="Pakai dengan pembaca layar").press("Enter")
    page.wait_for_function("() => document.activeElement.ariaLabel?.includes('Alamat')")
    window.type_whole("ana@surabaya")
    assert page.get_by_label("Alamat").input_value() == "ana@surabaya"
    assert page.get_attribute("html", "lang") == "id"

    later = window.again()
    wait_until(lambda: later.focused[0] == "signin-address")


def test_the_browser_may_keep_address_and_password(open_window: Opening, system: System) -> None:
    """Once they were right: it sees them as those of a form that was handed in."""
    add_people(system, "anggi@surabaya")
    window = open_window(storage_state=None)
    window.page.evaluate(_HAND_IN)

    window.type_whole("anggi@surabaya")
    window.keys("Tab")
    window.page.wait_for_selector("input[type=password]:focus")
    window.type_whole("not this one")
    window.keys("Enter")
    window.page.wait_for_selector("input[type=password]:focus")
    window.type_whole(PASSWORD)
    window.keys("Enter")

    window.page.wait_for_function("() => window.handedIn.length")
    assert window.page.evaluate("window.handedIn") == [["anggi@surabaya", PASSWORD]]


def test_the_window_is_the_same_where_the_page_is_another_program(
    browser: Browser, frontend: FrontendProcess, system: System
) -> None:
    """Which numbers it can read is one of the differences."""
    add_people(system, "rama@surabaya", "sinta@surabaya")
    with without_graphics(browser) as plain:
        window = Person(plain, frontend.url)
        enter(window, "rama@surabaya")
        write_to(window, "sinta@surabaya", "halo")
        window.sees("Sent")
        assert any(url.endswith("/main.dart.js") for url in window.answered)


def test_a_slash_is_written_and_searches_nothing_elsewhere(open_window: Opening) -> None:
    """Firefox would search the page, which is a picture to it, and take the focus."""
    window = open_window()
    window.page.evaluate(_KEYS_KEPT)

    window.type_into("signin-address", "ana's/")
    assert window.page.evaluate("window.kept") == ""
    window.page.get_by_role("button", name="Guest").focus()
    window.keys("/", "'", "a")

    assert window.page.evaluate("window.kept") == "/'"


_KEYS_KEPT = """() => {
    window.kept = ""
    addEventListener("keydown", ({key, defaultPrevented}) => {
        if (defaultPrevented) window.kept += key
    })
}"""


def test_on_a_phone_keys_come_when_a_field_is_touched(open_window: Opening) -> None:
    """Not before; and the screen reader, which is asked for a moment later there, knows it too."""
    window = open_window(**_PHONE)
    window.sees("Sign in")
    assert window.focused[0] == ""

    window.page.get_by_label("Address").tap()
    wait_until(lambda: window.focused[0] == "signin-address")


_HAND_IN = """() => {
    window.handedIn = []
    addEventListener('submit', event => window.handedIn.push(
        [...event.target.querySelectorAll('input:not([type=submit])')].map(one => one.value)), true)
}"""
_PHONE = {
    "viewport": {"width": 360, "height": 740},
    "user_agent": "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile",
    "is_mobile": True,
    "has_touch": True,
}
