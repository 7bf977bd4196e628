"""The window against real processes, in a real browser."""

import os
import subprocess
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

import frontend as frontend_package
from tests.ports import free_port
from tests.system.processes import (
    ServiceProcess,
    System,
    console_script,
    environment,
    running_system,
)
from tests.window.people import Person, chromium

Opening = Callable[..., Person]
_PEOPLE = pytest.StashKey[list[Person]]()


class FrontendProcess(ServiceProcess):
    """`chat-frontend --web` of the person whose home it is."""

    health_path = "/"

    def __init__(self, home: Path) -> None:
        port = free_port()
        command = [console_script("chat-frontend"), "--web", "--port", str(port)]
        super().__init__("chat-frontend", home, port, command)


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One for all of these tests; each has people of its own. Somebody is signed in on the machine
    already, so that chat-cli knows of both sites.
    """
    with running_system(tmp_path_factory.mktemp("system"), open_room="surabaya") as running:
        service_login(running, "messi@surabaya", "surabaya")
        yield running


@pytest.fixture(scope="session")
def frontend(system: System) -> Iterator[FrontendProcess]:
    process = FrontendProcess(system.chat_cli.home)
    process.start()
    process.wait_ready()
    yield process
    process.end()
    ours = str(Path(frontend_package.__file__).parent)
    assert ours not in process.log_text, process.log_text
    assert "Receive loop error" not in process.log_text, process.log_text


@pytest.fixture(scope="module")
def _chromium() -> Iterator[Callable[[], Browser]]:
    """Started when the first test of a file wants it.

    Not for the whole run: Playwright holds an event loop, in which other files' tests can't run.
    """
    with ExitStack() as ending:
        yield cache(lambda: ending.enter_context(chromium()))


@pytest.fixture
def browser(requires: Callable[..., None], _chromium: Callable[[], Browser]) -> Browser:
    requires("chromium")
    return _chromium()


@pytest.fixture
def open_window(
    browser: Browser, frontend: FrontendProcess, request: pytest.FixtureRequest
) -> Iterator[Opening]:
    """Another browser at the window, with what Playwright takes of a context."""
    people = request.node.stash[_PEOPLE] = []

    def open_one(**how: Any) -> Person:
        people.append(Person(browser, frontend.url, **how))
        return people[-1]

    yield open_one
    for number, person in enumerate(people):
        if folder := os.environ.get("REALMCHAT_SCREENSHOTS"):
            name = os.environ["PYTEST_CURRENT_TEST"].partition("::")[2].partition(" ")[0]
            person.page.screenshot(path=f"{folder}/{name}-{number}.png")
        person.leave()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With what each of the people saw when a journey failed."""
    report = yield
    if report.when == "call" and report.failed:
        for number, person in enumerate(item.stash.get(_PEOPLE, [])):
            report.sections.append((f"window {number}", person.sight()))
    return report


def service_login(system: System, address: str, password: str) -> None:
    realm = address.partition("@")[2]
    url = next(one.url for one in system.realms if one.realm == realm)
    body = {"address": address, "password": password, "realm_url": url}
    with system.chat_cli.client(system.chat_cli.service_token()) as http:
        assert http.post("/v1/accounts/login", json=body).status_code == 200


def service_command(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`chat-cli ARGUMENTS…` of a home."""
    return subprocess.run(
        [console_script("chat-cli"), *arguments],
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
