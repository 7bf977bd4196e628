"""The service as a process: its files, its port, and kill -9."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.waiting import eventually

from .conftest import HENDERSON, MESSI
from .fake_realm import FakeRealm

PROGRAM = """
import sys
from chat_cli.app import run_service
from chat_cli.settings import ChatCliSettings
from realm_protocol.errors import RealmchatError
try:
    run_service(ChatCliSettings(port=int(sys.argv[1]) if len(sys.argv) > 1 else None))
except RealmchatError as error:
    sys.exit(error.code)
"""


class Process:
    """A running service of its own process."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.http = httpx.AsyncClient(trust_env=False, timeout=20)

    @property
    def found(self) -> dict[str, Any]:
        return json.loads((self.folder / "service.json").read_text())

    async def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        token = (self.folder / "token").read_text().strip()
        answer = await self.http.request(
            method,
            self.found["url"] + path,
            json=body,
            params=query,
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.is_success, answer.text
        return answer.json()


@asynccontextmanager
async def running(home: Path, *arguments: str, **env: str) -> AsyncIterator[Process]:
    """Started and announced; ended at the end, if the test hasn't."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        *arguments,
        env={**os.environ, "REALMCHAT_HOME": str(home), **env},
        stderr=asyncio.subprocess.PIPE,
    )
    service = Process(process, home / "chat-cli")
    try:
        await eventually(lambda: _is_announced(service) or process.returncode is not None, 30)
        yield service
    finally:
        await service.http.aclose()
        if process.returncode is None:
            process.terminate()
        await process.communicate()


def _is_announced(service: Process) -> bool:
    path = service.folder / "service.json"
    return path.exists() and service.found["pid"] == service.process.pid


async def test_a_queued_outbox_survives_kill_9(realm: FakeRealm, tmp_path: Path) -> None:
    """Saved is saved: the next service sends all of it, in order, once."""
    send = f"/v1/accounts/{MESSI}/messages"
    async with running(tmp_path, "0", CHAT_CLI_REALM_URL=realm.url) as service:
        await service.ask("POST", "/v1/accounts/login", {"address": MESSI, "password": "secret"})
        realm.link_down()
        for number in range(20):
            body = {"to": HENDERSON, "text": f"text {number}"}
            answer = await service.ask("POST", send, body, wait=0)
            assert answer["state"] == "saved"
        service.process.send_signal(signal.SIGKILL)
        await service.process.wait()
    realm.link_back()
    async with running(tmp_path, "0", CHAT_CLI_REALM_URL=realm.url):
        conversation = realm.private(MESSI, HENDERSON)
        await eventually(lambda: len(conversation.log) == 20)
    assert [row.body for row in conversation.log] == [b"text %d" % n for n in range(20)]


async def test_a_service_is_found_by_its_file_while_it_runs(tmp_path: Path) -> None:
    """Port, pid, version, url; the file is gone after an orderly end."""
    async with running(tmp_path, "0") as service:
        found = service.found
        health = await service.ask("GET", "/v1/health")
        assert found == {
            "port": found["port"],
            "pid": service.process.pid,
            "version": health["version"],
            "url": f"http://127.0.0.1:{found['port']}",
        }
        assert (service.folder / "service.json").stat().st_mode & 0o777 == 0o600
        service.process.terminate()
        await service.process.wait()
        assert not (service.folder / "service.json").exists()


async def test_two_services_never_open_one_home(tmp_path: Path) -> None:
    """The second says so and ends; the first goes on."""
    async with running(tmp_path, "0") as first:
        async with running(tmp_path, "0") as second:
            assert await second.process.wait() == 1
            assert second.process.stderr is not None
            assert b"store_locked" in await second.process.stderr.read()
        assert (await first.ask("GET", "/v1/health"))["status"] == "ok"


async def test_a_port_that_was_asked_for_and_is_taken_is_refused(tmp_path: Path) -> None:
    """In words, before anything is served."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        async with running(tmp_path, str(taken.getsockname()[1])) as service:
            assert await service.process.wait() == 1
            assert service.process.stderr is not None
            assert b"address_in_use" in await service.process.stderr.read()


async def test_the_usual_port_being_taken_leads_to_a_free_one(tmp_path: Path) -> None:
    """Nobody asked for that one; the service file says which it is."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 7000))
            taken.listen()
        except OSError:
            # Another program of this machine has it: as good.
            assert taken.getsockname()[1] == 0
        async with running(tmp_path) as service:
            assert service.found["port"] != 7000
            assert (await service.ask("GET", "/v1/health"))["status"] == "ok"
