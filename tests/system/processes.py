"""The real console scripts as processes on free ports, to be killed and started again.

Each is tied to the test run: it ends with it, however that ends.
"""

import contextlib
import io
import json
import os
import signal
import ssl
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import httpx

import main_server.cli
from chat_cli.tokens import TOKEN_FILE
from deploy import tether
from tests.ports import free_port
from tests.system.forked import Forked
from tests.waiting import wait_until

CLEAR = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For requests in the clear: httpx else reads this machine's authorities anew for each, 17 ms."""

Process = Forked | subprocess.Popen[bytes]

_SETTINGS = ("MAIN_SERVER_", "REALM_SERVER_", "CHAT_CLI_", "REALMCHAT_")


@contextmanager
def paused(process: subprocess.Popen[Any]) -> Iterator[None]:
    """It hangs meanwhile: it can't start a service again before the test does."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def console_script(program: str) -> str:
    return str(Path(sysconfig.get_path("scripts")) / program)


def environment(home: Path) -> dict[str, str]:
    """The environment of this run with a home of its own and no settings of a person's.

    Its programs are found as in an activated `.venv`: scripts call `chat-cli` by its name.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
    path = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "REALMCHAT_HOME": str(home), "PATH": path}


class ServiceProcess:
    """One service. `start` may be called again after `stop` or `kill9`: same port, same home."""

    health_path = "/health/ready"

    def __init__(
        self, name: str, home: Path, port: int, command: Sequence[str], wrap: Sequence[str] = ()
    ) -> None:
        """`wrap` is put before the command: `["strace", …]`, `["env", "LD_PRELOAD=…"]`."""
        self.name = name
        self.home = home
        self.host = "127.0.0.1"
        """Where this process reaches it; elsewhere when it is in a namespace of its own."""
        self.port = port
        self.ca: Path | None = None
        """The authority of its certificate, when it serves TLS."""
        self.wrap = list(wrap)
        self.log_file = home / f"{name}.log"
        self._command = list(command)
        self._process: Process | None = None

    @property
    def url(self) -> str:
        return f"http{'s' if self.ca else ''}://{self.host}:{self.port}"

    @property
    def process(self) -> Process:
        assert self._process is not None, f"{self.name} was never started"
        return self._process

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def log_text(self) -> str:
        """All that it wrote since the first start."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def start(self) -> None:
        """Start it, and don't wait."""
        assert self._process is None or self._process.poll() is not None, f"{self.name} runs"
        self.home.mkdir(parents=True, exist_ok=True)
        if self.wrap:
            self._process = self._start_wrapped()
        else:
            self._process = Forked(self._command, environment(self.home), self.log_file)

    def _start_wrapped(self) -> subprocess.Popen[bytes]:
        tied = [sys.executable, "-I", "-S", tether.__file__, "kernel", str(os.getpid())]
        with self.log_file.open("ab") as log:
            return subprocess.Popen(
                [*tied, *self.wrap, *self._command],
                env=environment(self.home),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def is_ready(self) -> bool:
        try:
            trust = ssl.create_default_context(cafile=self.ca) if self.ca else CLEAR
            answer = httpx.get(
                self.url + self.health_path, timeout=2, trust_env=False, verify=trust
            )
        except httpx.TransportError:
            return False
        return answer.is_success

    def wait_ready(self) -> None:
        """Raises `AssertionError` with its log when it ends instead, or takes too long."""

        def ready_or_ended() -> bool:
            return self.process.poll() is not None or self.is_ready()

        try:
            wait_until(ready_or_ended, 30)
        except TimeoutError as exc:
            raise AssertionError(f"{self.name} isn't ready:\n{self.log_text}") from exc
        assert self.process.poll() is None, f"{self.name} ended:\n{self.log_text}"

    def kill9(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; answers the exit code."""
        self.process.terminate()
        return self.process.wait(20)

    def pause(self) -> None:
        """SIGSTOP: it hangs, and its sockets stay open."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def restart(self) -> None:
        """kill -9, start and wait."""
        if self.process.poll() is None:
            self.kill9()
        self.start()
        self.wait_ready()

    def end(self) -> None:
        """For the end of a test: whatever state it is in."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class MainProcess(ServiceProcess):
    def __init__(self, home: Path, options: Sequence[str] = (), wrap: Sequence[str] = ()) -> None:
        port = free_port()
        command = [console_script("main-server"), "serve", "--port", str(port), *options]
        super().__init__("main-server", home, port, command, wrap)

    def operate(self, *arguments: str, stdin: str = "") -> dict[str, Any]:
        """`main-server ARGUMENTS… --json`; a refusal fails the test with its words."""
        ended = run_operator_command(self.home, *arguments, stdin=stdin)
        assert ended.returncode == 0, ended.stderr + ended.stdout
        answer: dict[str, Any] = json.loads(ended.stdout)
        return answer

    def add_realm(self, name: str, port: int) -> str:
        """Answers the realm's key."""
        where = ("--address", "127.0.0.1", "--port", str(port))
        return str(self.operate("realm", "add", name, *where)["key"])

    def add_user(self, address: str, password: str, *options: str) -> None:
        self.operate("user", "add", address, "--password-stdin", *options, stdin=password)

    def add_users(self, passwords: dict[str, str]) -> None:
        """Several at the price of one command."""
        lines = [
            json.dumps({"address": address, "password": password})
            for address, password in passwords.items()
        ]
        self.operate("user", "import", stdin="\n".join(lines))


def run_operator_command(
    home: Path, *arguments: str, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """`main-server ARGUMENTS… --json`, run in this process: starting one costs most of a second."""
    command = ["main-server", *arguments, "--json"]
    said, complained = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, environment(home), clear=True),
        mock.patch.multiple(sys, argv=command, stdin=io.StringIO(stdin)),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(complained),
    ):
        try:
            main_server.cli.main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
    return subprocess.CompletedProcess(command, status, said.getvalue(), complained.getvalue())


REALM_OPTIONS = ("--registration", "open", "--password-min", "5")


class RealmProcess(ServiceProcess):
    """Its key lies in a file below its home; `add_realm` of main made it."""

    def __init__(
        self,
        home: Path,
        name: str,
        main_url: str,
        port: int | None = None,
        options: Sequence[str] = REALM_OPTIONS,
        wrap: Sequence[str] = (),
    ) -> None:
        self.realm = name
        self.key_file = home / f"realm-{name}.key"
        port = port or free_port()
        command = [
            *(console_script("realm-server"), "serve", "--name", name, "--main-url", main_url),
            *("--key-file", str(self.key_file), "--port", str(port), *options),
        ]
        super().__init__(f"realm-{name}", home, port, command, wrap)

    def save_key(self, key: str) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.key_file.touch(mode=0o600)
        self.key_file.write_text(key)

    def sign_in(self, address: str, password: str) -> dict[str, Any]:
        """A session of a raw client: `address`, `session_id`, `token`, `expires_at`."""
        asked = {"address": address, "password": password, "device": "test"}
        url = f"{self.url}/v1/sign-in"
        answer = httpx.post(url, json=asked, trust_env=False, timeout=20, verify=CLEAR)
        assert answer.is_success, answer.text
        session: dict[str, Any] = answer.json()
        return session


class ChatCliProcess(ServiceProcess):
    health_path = "/v1/health"

    def __init__(
        self, home: Path, realm_url: str, options: Sequence[str] = (), wrap: Sequence[str] = ()
    ) -> None:
        port = free_port()
        command = [console_script("chat-cli"), "serve", "--port", str(port), *options]
        super().__init__("chat-cli", home, port, [*command, "--realm-url", realm_url], wrap)

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """The command line of the person whose home this is."""
        return subprocess.run(
            [console_script("chat-cli"), *arguments],
            env=environment(self.home),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    def service_token(self) -> str:
        """What `chat-cli token` prints, read where it lies: a command costs what a service does."""
        return (self.home / "chat-cli" / TOKEN_FILE).read_text().strip()

    def client(self, token: str) -> httpx.Client:
        """An HTTP client with a service or account token; close it, or use it in a `with`."""
        return httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            verify=CLEAR,
            timeout=30,
        )


@dataclass
class System:
    """One main server, two realms, and chat-cli at the first."""

    main: MainProcess
    surabaya: RealmProcess
    jakarta: RealmProcess
    chat_cli: ChatCliProcess

    @property
    def realms(self) -> list[RealmProcess]:
        return [self.surabaya, self.jakarta]

    @property
    def services(self) -> list[ServiceProcess]:
        return [self.main, self.surabaya, self.jakarta, self.chat_cli]


ACCOUNTS = {
    "messi@surabaya": "surabaya",
    "lineker@surabaya": "surabaya",
    "henderson@jakarta": "surabaya",
}


@contextmanager
def running_system(
    home: Path, realm_wrap: Sequence[str] = (), open_room: str = ""
) -> Iterator[System]:
    """All of it, ready, with these accounts; each server in a home of its own below `home`.

    `realm_wrap` is put before the command of each realm; the realm `open_room` opens its room.
    """
    main = MainProcess(home / "servers")
    realms = [
        RealmProcess(
            *(home / "servers", name, main.url),
            options=(*REALM_OPTIONS, *(("--lobby",) if name == open_room else ())),
            wrap=realm_wrap,
        )
        for name in ("surabaya", "jakarta")
    ]
    chat_cli = ChatCliProcess(home / "person", realms[0].url)
    system = System(main, realms[0], realms[1], chat_cli)
    with ExitStack() as ending:
        for service in system.services:
            ending.callback(service.end)
        main.start()
        chat_cli.start()
        main.wait_ready()
        for realm in realms:
            realm.save_key(main.add_realm(realm.realm, realm.port))
            realm.start()
        main.add_users(ACCOUNTS)
        for service in system.services:
            service.wait_ready()
        yield system
