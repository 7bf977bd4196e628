"""The two systems that are measured, each started afresh for a run and stopped after it.

realmchat: its console scripts, on free ports, in a home of their own. The floor: `floor`.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from benchmarks.load import Target
from benchmarks.population import REALM, Template
from benchmarks.processes import Server, accepts, answers, free_port, script, start, wait_ready


@dataclass(frozen=True)
class Certificates:
    """What a run with TLS needs, in files."""

    ca: Path
    certificate: Path
    key: Path


def make_certificates(folder: Path) -> Certificates:
    """An authority, and a server's certificate for the loopback address."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    made = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    authority.cert_pem.write_to_path(made.ca)
    issued.private_key_pem.write_to_path(made.key)
    for part in issued.cert_chain_pems:
        part.write_to_path(made.certificate, append=True)
    return made


class Realmchat:
    """One main server and one realm server on a copy of a template's store."""

    def __init__(self, template: Template, home: Path, tls: Certificates | None = None) -> None:
        self._template = template
        self._home = home
        self._tls = tls
        self._main_port = free_port()
        self._realm_port = free_port()
        self._servers: dict[str, Server] = {}
        (home / "main").mkdir(mode=0o700)
        shutil.copyfile(template.path, home / "main" / "main.db")
        (home / "realm.key").write_text(template.realm_key)
        (home / "realm.key").chmod(0o600)

    @property
    def http_url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self._realm_port}"

    @property
    def target(self) -> Target:
        return Target(
            pids={name: server.pid for name, server in self._servers.items()},
            url=f"ws{self.http_url.removeprefix('http')}/v1/client",
            ca_file=str(self._tls.ca) if self._tls else "",
        )

    def start(self) -> None:
        """Start both servers; those of before have ended."""
        self.stop()
        tls_flags = []
        if self._tls:
            tls_flags = ["--tls-cert", str(self._tls.certificate), "--tls-key", str(self._tls.key)]
        main_url = f"http{'s' if self._tls else ''}://127.0.0.1:{self._main_port}"
        self._start(
            "main",
            f"{main_url}/health/ready",
            [script("main-server"), "serve", "--port", str(self._main_port), *tls_flags],
        )
        self._start(
            "realm",
            f"{self.http_url}/health/ready",
            [
                *(
                    script("realm-server"),
                    "serve",
                    "--port",
                    str(self._realm_port),
                    "--name",
                    REALM,
                ),
                *("--main-url", main_url, "--key-file", str(self._home / "realm.key")),
                *(("--ca", str(self._tls.ca)) if self._tls else ()),
                *tls_flags,
            ],
        )

    def _start(self, name: str, health: str, command: list[str]) -> None:
        environment = {"REALMCHAT_HOME": str(self._home)}
        server = self._servers[name] = start(name, command, self._home, environment)
        wait_ready(server, answers(health, str(self._tls.ca) if self._tls else ""))

    def stop(self) -> None:
        for server in reversed(self._servers.values()):
            server.stop()


@contextmanager
def realmchat(template: Template, tls: Certificates | None = None) -> Iterator[Realmchat]:
    """A fresh realmchat, gone with its home at the end."""
    with tempfile.TemporaryDirectory(prefix="realmchat-bench-") as home:
        system = Realmchat(template, Path(home), tls)
        try:
            system.start()
            yield system
        finally:
            system.stop()


@contextmanager
def floor() -> Iterator[Target]:
    """A fresh floor."""
    ports = {"main": free_port(), "realm": free_port()}
    with tempfile.TemporaryDirectory(prefix="realmchat-floor-") as name:
        home = Path(name)
        last_words = {"main": str(home / "floor.db"), "realm": str(ports["main"])}
        servers: list[Server] = []
        try:
            for part, port in ports.items():
                command = [sys.executable, "-m", "benchmarks.floor"]
                command += [part, str(port), last_words[part]]
                servers.append(start(part, command, home))
                wait_ready(servers[-1], accepts(port))
            pids = {server.name: server.pid for server in servers}
            yield Target(pids=pids, port=ports["realm"])
        finally:
            for server in reversed(servers):
                server.stop()
