"""What `realmchat up` runs on one machine: services, ports and command lines. Plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MAIN_PORT = 8080
REALM_PORTS = {"surabaya": 8000, "jakarta": 8001}
LINE_PORTS = {
    "surabaya": {"mesin": 8889, "kelompok5": 8887},
    "jakarta": {"mesin": 8890, "kelompok5": 8888},
}
"""Of each realm's listeners for older programs, by dialect."""
CHAT_CLI_PORT = 7000
FRONTEND_PORT = 8550
HIGHEST_PORT_OFFSET = 65535 - 8890
"""8890 is the highest port of the whole system."""

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Service:
    """One process. `program` is a console script."""

    name: str
    program: str
    arguments: Sequence[str]
    port: int
    health_path: str
    purpose: str

    @property
    def ports(self) -> list[int]:
        """All that it listens on."""
        return [self.port]

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def health_url(self) -> str:
        return self.url + self.health_path


@dataclass(frozen=True)
class Realm(Service):
    realm: str
    key_file: Path
    line_ports: Mapping[str, int]
    """Of its listeners for older programs, by dialect."""

    @property
    def ports(self) -> list[int]:
        return [self.port, *self.line_ports.values()]


@dataclass(frozen=True)
class Plan:
    """Everything of one home. A service speaks only with those before it."""

    home: Path
    main: Service
    realms: Sequence[Realm]
    chat_cli: Service
    frontend: Service

    @property
    def services(self) -> list[Service]:
        """In the order of their start."""
        return [self.main, *self.realms, self.chat_cli, self.frontend]

    @property
    def addresses(self) -> str:
        """Where main's directory must say that each realm is, a line each."""
        return "".join(f"{realm.realm} {HOST} {realm.port}\n" for realm in self.realms)


def main_port(port_offset: int) -> int:
    return MAIN_PORT + port_offset


def make_plan(home: Path, port_offset: int, link_ports: Mapping[str, int] | None = None) -> Plan:
    """`link_ports` are where realms enter on their way to main; who has none goes straight."""
    main = Service(
        name="main-server",
        program="main-server",
        arguments=("serve", "--port", str(main_port(port_offset))),
        port=main_port(port_offset),
        health_path="/health/ready",
        purpose="users, groups and inboxes",
    )
    ways = {name: (link_ports or {}).get(name, main.port) for name in REALM_PORTS}
    realms = [_realm(home, name, port_offset, way) for name, way in ways.items()]
    chat_cli_port = CHAT_CLI_PORT + port_offset
    chat_cli = Service(
        name="chat-cli",
        program="chat-cli",
        arguments=("serve", "--port", str(chat_cli_port), "--realm-url", realms[0].url),
        port=chat_cli_port,
        health_path="/v1/health",
        purpose="the HTTP service for people and scripts; its API is at /docs",
    )
    frontend_port = FRONTEND_PORT + port_offset
    frontend = Service(
        name="chat-frontend",
        program="chat-frontend",
        arguments=("--web", "--port", str(frontend_port), "--service-url", chat_cli.url),
        port=frontend_port,
        health_path="/",
        purpose="the window, in the browser",
    )
    return Plan(home, main, realms, chat_cli, frontend)


def _realm(home: Path, name: str, port_offset: int, way_to_main: int) -> Realm:
    port = REALM_PORTS[name] + port_offset
    line_ports = {dialect: n + port_offset for dialect, n in LINE_PORTS[name].items()}
    key_file = home / f"realm-{name}" / "realm.key"
    arguments = [
        *("serve", "--name", name, "--main-url", f"http://{HOST}:{way_to_main}"),
        *("--key-file", str(key_file)),
        *("--port", str(port), "--registration", "open", "--password-min", "5"),
        "--lobby",
        *(
            word
            for dialect, line_port in line_ports.items()
            for word in ("--line-port", f"{line_port}:{dialect}")
        ),
    ]
    return Realm(
        name=f"realm-{name}",
        program="realm-server",
        arguments=arguments,
        port=port,
        health_path="/health/ready",
        purpose=f"the site {name}",
        realm=name,
        key_file=key_file,
        line_ports=line_ports,
    )
