"""Somebody at a browser: what they write, press and see, by the names that the window gives."""

import contextlib
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Any
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, BrowserType, Locator, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from frontend.page_script import LISTENS
from tests.waiting import wait_until

_QUIETLY = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
_MILLISECONDS = 40_000
_PATIENCE_MILLISECONDS = 2_000
"""What has not come by then may not have been asked for: somebody would click again."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, with nobody in it."""
    with sync_playwright() as playwright, _launched(playwright.chromium) as browser:
        yield browser


@contextmanager
def without_graphics(browser: Browser) -> Iterator[Browser]:
    """Another one, of a machine without: its page is a program that Firefox and Safari run too."""
    with _launched(browser.browser_type, "--disable-software-rasterizer") as other:
        yield other


@contextmanager
def _launched(kind: BrowserType, *more: str) -> Iterator[Browser]:
    browser = kind.launch(executable_path=which("chromium"), args=[*_QUIETLY, *more])
    try:
        yield browser
    finally:
        browser.close()


class Person:
    """One browser profile with one page."""

    def __init__(
        self, browser: Browser, url: str, context: BrowserContext | None = None, **how: Any
    ) -> None:
        how = {
            "viewport": {"width": 1280, "height": 800},
            "locale": "en-US",
            "storage_state": _listening(url),
            **how,
        }
        self.answered: list[str] = []
        self._browser, self._url = browser, url
        self._context = context or browser.new_context(**how)
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(_MILLISECONDS)
        self.page.on("response", lambda response: self.answered.append(response.url))
        self.page.goto(url)
        self._arrive()

    def _arrive(self) -> None:
        """Flutter draws on a canvas; the page asks for what a screen reader gets. With another
        `storage_state` it doesn't, and there is only what one writes in.
        """
        arrived = "[flt-semantics-identifier], .flt-text-editing"
        self.page.wait_for_selector(arrived, state="attached")

    def reload(self) -> None:
        self.page.reload()
        self._arrive()

    def go_elsewhere(self) -> None:
        """In the same tab."""
        self.page.goto("about:blank")

    def come_back(self) -> None:
        self.page.go_back()
        self._arrive()

    def find(self, identifier: str) -> Locator:
        return self.page.locator(f'[flt-semantics-identifier="{identifier}"]')

    def wait_for(self, identifier: str) -> Locator:
        found = self.find(identifier)
        found.first.wait_for(state="attached")
        return found

    def gone(self, identifier: str) -> None:
        """Wait until nothing has this name."""
        wait_until(lambda: not self.find(identifier).count())

    def sees(self, text: str) -> None:
        """Wait until a text is on the screen."""
        wait_until(lambda: text in self.screen)

    def sees_no(self, text: str) -> None:
        wait_until(lambda: text not in self.screen)

    @property
    def screen(self) -> str:
        """Everything that is there to be read."""
        told: str = self.page.evaluate(_READ)
        return re.sub("[\u2068\u2069]", "", told)

    def place_of(self, text: str) -> float:
        """How far down the page a message is, once it is there."""
        return wait_until(lambda: self.places_of(text))[-1]

    def places_of(self, text: str) -> list[float]:
        """The same of all that are there now and say that."""
        places: list[float] = self.page.evaluate(_PLACES, text)
        return places

    def brightness(self) -> float:
        """Of the middle of the page, from 0 to 255."""
        shown = Image.open(io.BytesIO(self.page.screenshot())).convert("L")
        return float(shown.getpixel((shown.width // 2, shown.height // 3)))  # type: ignore[arg-type]

    def sight(self) -> str:
        """What has the focus, and all that is to be read; of a page that has stopped, that."""
        try:
            self.page.wait_for_function("() => true", timeout=_PATIENCE_MILLISECONDS)
        except PlaywrightError as error:
            return f"It doesn't answer: {error.message}"
        return f"The focus: {self.focused}\n{self.screen}"

    @property
    def copied(self) -> str:
        """Where the browser lets a page read that."""
        text: str = self.page.evaluate("navigator.clipboard.readText()")
        return text

    @property
    def focused_text(self) -> str | None:
        """What stands in the field that has the focus."""
        text: str | None = self.page.evaluate("document.activeElement.value")
        return text

    @property
    def focused(self) -> tuple[str, str]:
        """What has the focus: its name, and what a screen reader says of it. After the frames that
        a key draws.
        """
        named: list[str] = self.page.evaluate(_FOCUS)
        return named[0], re.sub("[\u2068\u2069]", "", named[1])

    def times_seen(self, text: str) -> int:
        """In messages, not in the list."""
        return sum(text in one for one in self.messages)

    @property
    def messages(self) -> list[str]:
        """What is to be read of each, from top to bottom."""
        shown: list[str] = self.page.evaluate(_READ_MESSAGES)
        return shown

    def press(self, identifier: str, opens: str = "") -> None:
        """A button, by the mouse, once; then what it opens is waited for."""
        self._click(self.wait_for(identifier))
        if opens:
            self.wait_for(opens)

    def confirm(self, identifier: str) -> None:
        """What a dialog asks; it shuts then."""
        self.press(identifier)
        self.gone(identifier)

    def _click(self, found: Locator) -> None:
        inner = found.locator("[flt-tappable]")
        (inner.first if inner.count() else found.first).click()

    def press_last(self, ending: str) -> None:
        """The lowest of the buttons whose names end so."""
        found = self.page.locator(f'[flt-semantics-identifier$="{ending}"]').last
        found.wait_for(state="attached")
        self._click(found)

    def choose(self, menu: str, item: str) -> None:
        """Something of a menu."""
        self.press(menu)
        # By the keyboard: the mouse meets another one while the menu unfolds.
        self.page.get_by_role("menuitem", name=item).focus()
        self.keys("Enter")

    def choose_of_last(self, item: str) -> None:
        """Of the menu of the lowest message."""
        menu = self.page.locator('[flt-semantics-identifier^="menu-"]').last
        self.choose(menu.get_attribute("flt-semantics-identifier") or "", item)

    def write(self, identifier: str, text: str) -> None:
        """Into a field, in place of what stands there."""
        field = self._field(identifier)
        wait_until(lambda: self._wrote(field, text))

    def _field(self, identifier: str) -> Locator:
        return self.wait_for(identifier).locator("input,textarea").first

    def _wrote(self, field: Locator, text: str) -> bool:
        """Whether it stands there; what was clicked may have been drawn anew."""
        with contextlib.suppress(PlaywrightError):
            field.click(force=True)
            self.page.wait_for_function(
                _FOCUSED, arg=field.element_handle(), timeout=_PATIENCE_MILLISECONDS
            )
            self.page.evaluate(_FRAMES)
            return self._typed(text)
        return False

    def _typed(self, text: str) -> bool:
        """Whether it stays in what has the focus. Flutter gives a field its text some frames after
        the focus, and what was faster than any hand is gone then.
        """
        self.keys("Control+a", "Delete")
        self.page.keyboard.type(text)
        self.page.evaluate(_FRAMES)
        return self.focused_text == text

    def type_into(self, identifier: str, text: str) -> None:
        """What takes the focus by itself."""
        field = self._field(identifier)
        wait_until(
            lambda: self.page.evaluate(_FOCUSED, field.element_handle()) and self._typed(text)
        )

    def type_whole(self, text: str) -> None:
        """Into the field that has the focus, until all of it stands there."""
        wait_until(lambda: self._typed(text))

    def type(self, text: str) -> None:
        """Wherever the focus is."""
        self.page.keyboard.type(text)

    def pick(self, *paths: Path) -> None:
        """Files, in the browser's own dialog."""
        with self.page.expect_file_chooser() as choosing:
            self.press("btn-attach")
        choosing.value.set_files([str(path) for path in paths])

    def turn_wheel(self, upwards: int) -> None:
        """So often, over the middle of the messages, faster than any hand."""
        size = self.page.viewport_size
        assert size is not None
        self.page.mouse.move(size["width"] * 0.6, size["height"] * 0.5)
        for _ in range(upwards):
            self.page.mouse.wheel(0, -100)

    def keys(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def sign_in_at_site(self, address: str, password: str) -> None:
        """Where the address says, once the sites are listed."""
        self.write("signin-address", address)
        self.sees(f"{address.partition('@')[2]} · connected")
        self.write("signin-password", password)
        self.keys("Enter")

    def sign_in(self, address: str, password: str, server: str = "") -> None:
        self.write("signin-address", address)
        if server and not self.find("signin-server").count():
            self.choose("signin-realm", "Another server")
        if server:
            self.write("signin-server", server)
        self.write("signin-password", password)
        self.keys("Enter")

    def open_chat(self, conversation: str) -> None:
        self.press(f"conv-{conversation}", opens="chat-title")

    def say(self, text: str) -> None:
        self.begin_to_say(text)
        self.keys("Enter")

    def begin_to_say(self, text: str) -> None:
        """In the open chat, once the composer has the focus and holds nothing."""
        self.wait_for("composer")
        wait_until(lambda: self.page.evaluate(_AT_EMPTY_COMPOSER))
        self.type(text)

    def strangers(self) -> set[str]:
        """Machines that answered this page and aren't this one."""
        return {
            host
            for url in self.answered
            if url.startswith(("http", "ws"))
            and (host := urlsplit(url).hostname or "") != "127.0.0.1"
        }

    def again(self) -> "Person":
        """The same browser, come anew: what it keeps is there, who was signed in isn't."""
        return Person(self._browser, self._url, context=self._context)

    def leave(self) -> None:
        self._context.close()


def _listening(url: str) -> Any:
    """What the browser of somebody keeps who has used the window with a screen reader before."""
    kept = [{"name": LISTENS, "value": "true"}]
    return {"cookies": [], "origins": [{"origin": url, "localStorage": kept}]}


_AT_EMPTY_COMPOSER = """() => document.activeElement.tagName === 'TEXTAREA'
    && document.activeElement.value === ''"""
_FOCUSED = "(field) => document.activeElement === field"
_FRAMES = """async () => {
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame)
}"""
_FOCUS = """async () => {
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame)
    const active = document.activeElement
    const named = active.closest('[flt-semantics-identifier]')
    return [named?.getAttribute('flt-semantics-identifier') ?? '',
        active.getAttribute('aria-label') ?? active.textContent]
}"""
_READ = """() => [...document.querySelectorAll('flt-semantics-host flt-semantics')]
    .map(e => [e.getAttribute('aria-label') || '',
        [...e.childNodes].filter(n => n.nodeType === 3 || n.tagName === 'SPAN')
            .map(n => n.textContent).join(' ')].join(' '))
    .join('\\n')"""
_PLACES = """(text) => [...document.querySelectorAll('flt-semantics-host flt-semantics')]
    .filter(e => (e.getAttribute('aria-label') || '').includes(text) ||
        [...e.childNodes].some(n => n.tagName === 'SPAN' && n.textContent.includes(text)))
    .map(e => e.getBoundingClientRect().y)"""
_READ_MESSAGES = """() => [...document.querySelectorAll('[flt-semantics-identifier^="msg-"]')]
    .filter(e => !['msg-list', 'msg-chosen']
        .includes(e.getAttribute('flt-semantics-identifier')))
    .map(e => [e, ...e.querySelectorAll('[aria-label]')]
        .map(i => i.getAttribute('aria-label')).join(' ') + e.textContent)"""
