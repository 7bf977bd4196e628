"""Somebody who listens to the window, and has keys alone."""

from tests.system.processes import System
from tests.waiting import wait_until
from tests.window.conftest import Opening, service_login
from tests.window.journeys import PASSWORD, add_people, enter, write_to
from tests.window.people import Person


def test_the_button_for_listeners_is_one_key_away(open_window: Opening) -> None:
    """Of the field that has the focus no screen reader knows more than the page tells of it."""
    window = open_window(storage_state=None)
    window.page.wait_for_function("() => document.activeElement.ariaLabel?.includes('Shift+Tab')")

    window.keys("Shift+Tab")
    assert window.focused[1] == "Use with a screen reader"
    window.keys("Enter")

    window.page.wait_for_function("() => document.activeElement.ariaLabel?.includes('Address')")


def test_what_is_chosen_is_said_where_the_focus_is_elsewhere(
    open_window: Opening, system: System
) -> None:
    """In a dialog and, after it has gone, behind it; who comes in a list is told by its stop."""
    add_people(system, "selvi@surabaya", "bagas@surabaya")
    window = open_window()
    _listen(window)
    enter(window, "selvi@surabaya")
    wait_until(lambda: window.focused == ("conv-chosen", "No chats yet."))

    window.keys("Control+k")
    window.type_into("jump-input", "bagas")
    wait_until(lambda: _was_said(window, "bagas@surabaya"))
    window.keys("Escape")
    write_to(window, "bagas@surabaya", "halo")
    service_login(system, "bagas@surabaya", PASSWORD)
    with system.chat_cli.client(system.chat_cli.service_token()) as http:
        body = {"to": "selvi@surabaya", "text": "hai"}
        http.post("/v1/accounts/bagas@surabaya/messages", json=body).raise_for_status()
    wait_until(lambda: "New message from bagas" in (window.find("live").text_content() or ""))
    window.begin_to_say("/ren")
    wait_until(lambda: _was_said(window, "renamegroup"))
    assert window.focused == ("composer", "Message bagas")


def test_the_focus_goes_along_on_a_narrow_window(open_window: Opening, system: System) -> None:
    """Into a chat and back; in a menu the arrows go from item to item."""
    add_people(system, "nurul@surabaya", "jefri@surabaya")
    window = open_window(viewport={"width": 360, "height": 740})
    enter(window, "jefri@surabaya")
    window.keys("Control+k")
    window.type_into("jump-input", "nurul@surabaya")
    window.wait_for("jump-nurul@surabaya")
    window.keys("Enter")
    window.write("composer", "halo")
    window.keys("Enter")
    window.sees("Sent")
    window.keys("Tab", "Tab", "Enter")
    wait_until(lambda: window.focused[0] == "conv-chosen")

    window.keys("Enter")
    wait_until(lambda: window.focused[0] == "msg-chosen")
    assert "halo" in window.focused[1]

    window.keys("m")
    window.page.wait_for_selector("[role=menuitem]")
    window.page.wait_for_function("() => document.activeElement.localName === 'flutter-view'")
    for item in ("Copy", "Message info"):
        window.keys("ArrowDown")
        wait_until(lambda item=item: window.focused[1] == item)


def _listen(window: Person) -> None:
    window.page.evaluate(_LISTEN)


def _was_said(window: Person, text: str) -> bool:
    return bool(window.page.evaluate("text => said.some(one => one.includes(text))", text))


_LISTEN = """() => {
    window.said = []
    new MutationObserver(() => {
        for (const one of document.querySelectorAll('[aria-live]')) said.push(one.textContent)
    }).observe(document.body, {childList: true, subtree: true, characterData: true})
}"""
