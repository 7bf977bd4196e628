"""`realmchat up`: the whole system on one machine, kept running, ended whole."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deploy.system import FIRST_START_SECONDS
from tests.system.demonstration import PORTS, Demonstration, is_running, wait_ended
from tests.system.processes import console_script, environment, run_operator_command
from tests.waiting import wait_until


@pytest.fixture
def demonstration(tmp_path: Path) -> Iterator[Demonstration]:
    started = Demonstration(tmp_path)
    yield started
    started.end()


@pytest.mark.timeout(300)
def test_a_first_start_a_day_of_faults_and_a_second_start(demonstration: Demonstration) -> None:
    """People can sign in; what exits comes back; what is stopped is left; data stays, also when
    the second start is at other ports."""
    demonstration.start()
    for service, port in PORTS.items():
        assert demonstration.is_healthy(service), service
        assert str(port + demonstration.offset) in demonstration.printed
    assert _conversations(demonstration, "messi@surabaya", "surabaya") == []
    assert _conversations(demonstration, "lineker@jakarta", "surabaya") == []
    (group,) = _conversations(demonstration, "hisan@surabaya", "progjar")
    assert (group["title"], group["kind"]) == ("group1@surabaya", "group")
    assert _conversations(demonstration, "arfi@jakarta", "progjar")[0]["title"] == "group2@jakarta"
    greetings = _post(demonstration, "hisan@surabaya", "messages", to="ulya@jakarta", text="halo")
    assert greetings["state"] == "at_main"

    before = demonstration.pids()
    assert before.keys() == PORTS.keys()
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: _all_are_new(demonstration, before), 20)
    for service in PORTS:
        wait_until(lambda service=service: demonstration.is_healthy(service), 30)

    stopped = demonstration.pids()["realm-jakarta"]
    os.kill(stopped, signal.SIGSTOP)
    os.kill(demonstration.pids()["chat-cli"], signal.SIGKILL)
    wait_until(lambda: demonstration.is_healthy("chat-cli"), 20)
    assert demonstration.pids()["realm-jakarta"] == stopped
    assert is_running(stopped)

    running = list(demonstration.pids().values())
    assert demonstration.interrupt() == 0  # the stopped one ends as well
    wait_ended(running, 10)

    demonstration.move()
    demonstration.start()
    assert "Making a new system" not in demonstration.printed
    assert _directory(demonstration) == {
        realm: PORTS[f"realm-{realm}"] + demonstration.offset for realm in ("surabaya", "jakarta")
    }
    for service in PORTS:
        wait_until(lambda service=service: demonstration.is_healthy(service), 30)
    titles = {c["title"] for c in _conversations(demonstration, "hisan@surabaya", "progjar")}
    assert titles == {"group1@surabaya", "ulya@jakarta"}

    children = list(demonstration.pids().values())
    assert len(children) == len(PORTS)
    demonstration.up.kill()
    wait_ended(children, 10)


@pytest.mark.timeout(300)
def test_a_first_start_that_was_cut_off_goes_on(demonstration: Demonstration) -> None:
    """Killed with a key not yet saved, or before its last step: the next start makes the rest."""
    realms = [
        demonstration.home / f"realm-{name}" / "realm.key" for name in ("surabaya", "jakarta")
    ]
    demonstration.begin()
    wait_until(realms[1].exists, FIRST_START_SECONDS)
    demonstration.end()
    realms[0].unlink()

    demonstration.start()
    assert demonstration.interrupt() == 0
    (demonstration.home / "demonstration-made").unlink()
    demonstration.start()

    assert "Making a new system" in demonstration.printed
    (group,) = _conversations(demonstration, "hisan@surabaya", "progjar")
    texts = [m["text"] for m in _messages(demonstration, "hisan@surabaya", group["conversation"])]
    assert len(texts) == len(set(texts))
    assert sum(text.startswith("Halo") for text in texts) == 3


def test_a_start_in_the_background_ends_when_asked(tmp_path: Path) -> None:
    """A script's shell starts it with SIGINT ignored; `kill -INT` ends it all the same."""
    demonstration = Demonstration(tmp_path)
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        demonstration.begin()
    finally:
        signal.signal(signal.SIGINT, usual)
    try:
        wait_until(lambda: demonstration.pids())

        assert demonstration.interrupt() == 0
    finally:
        demonstration.end()


def test_a_port_in_use_is_said_before_anything_starts(tmp_path: Path) -> None:
    """With the service that wants it, and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        offset = taken.getsockname()[1] - PORTS["realm-surabaya"]
        ended = subprocess.run(
            [
                *(console_script("realmchat"), "up", "--home", tmp_path),
                *("--port-offset", str(offset)),
            ],
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
    assert ended.returncode == 1
    assert f"{offset + PORTS['realm-surabaya']} is in use" in ended.stderr + ended.stdout
    assert "realm-surabaya" in ended.stderr + ended.stdout
    assert not (tmp_path / "main").exists()


def _all_are_new(demonstration: Demonstration, before: dict[str, int]) -> bool:
    now = demonstration.pids()
    return now.keys() == before.keys() and not set(now.values()) & set(before.values())


def _directory(demonstration: Demonstration) -> dict[str, int]:
    """The port of each realm, as main's directory has it."""
    listed = run_operator_command(demonstration.home, "realm", "list").stdout
    return {realm["realm"]: realm["port"] for realm in map(json.loads, listed.splitlines())}


def _headers(demonstration: Demonstration) -> dict[str, str]:
    token = (demonstration.home / "chat-cli" / "token").read_text().strip()
    return {"Authorization": f"Bearer {token}"}


def _post(demonstration: Demonstration, address: str, path: str, **body: str) -> dict[str, str]:
    answer = httpx.post(
        f"{demonstration.url('chat-cli')}/v1/accounts/{address}/{path}",
        headers=_headers(demonstration),
        json=body,
        trust_env=False,
        timeout=30,
    )
    assert answer.is_success, answer.text
    told: dict[str, str] = answer.json()
    return told


def _messages(
    demonstration: Demonstration, address: str, conversation: str
) -> list[dict[str, str]]:
    answer = httpx.get(
        f"{demonstration.url('chat-cli')}/v1/accounts/{address}/conversations/{conversation}/messages",
        headers=_headers(demonstration),
        trust_env=False,
        timeout=30,
    )
    listed: list[dict[str, str]] = answer.json()
    return listed


def _conversations(
    demonstration: Demonstration, address: str, password: str
) -> list[dict[str, str]]:
    """Sign in, and look."""
    url = demonstration.url("chat-cli") + "/v1/accounts"
    headers = _headers(demonstration)
    realm = demonstration.url(f"realm-{address.partition('@')[2]}")
    login = {"address": address, "password": password, "realm_url": realm}
    signed_in = httpx.post(f"{url}/login", headers=headers, json=login, trust_env=False, timeout=30)
    assert signed_in.is_success, signed_in.text
    answer = httpx.get(
        f"{url}/{address}/conversations", headers=headers, trust_env=False, timeout=30
    )
    listed: list[dict[str, str]] = answer.json()
    return listed
