"""The settings of a realm server: flag over REALM_SERVER_* over TOML file over default."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from realm_protocol.errors import RealmchatError
from realm_protocol.limits import GUEST_SECONDS
from realm_protocol.names import check_name
from realm_server.line_ports import LinePort, parse_line_port
from realm_service.listening import ProxyNetworks, is_host, is_loopback
from realm_service.operator_line import socket_path
from realm_service.settings import InvalidSetting, ServiceSettings, home_folder


class RealmSettings(ServiceSettings):
    """Every setting has its meaning in `description`; docs and help come from there."""

    model_config = SettingsConfigDict(env_prefix="REALM_SERVER_")

    name: str = Field(description="Name of the realm, as the main server knows it.")
    main_url: str = Field(
        "http://127.0.0.1:8080", description="Where the main server is: http(s)://HOST:PORT."
    )
    key_file: Path | None = Field(
        None, description="File with the realm's key, as `main-server realm add` printed it."
    )
    key: SecretStr | None = Field(
        None, description="The realm's key itself, for the environment; never on a command line."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    registration: Literal["open", "closed"] = Field(
        "open", description="Whether people may register themselves: open or closed."
    )
    password_min: int = Field(
        8, ge=1, le=128, description="Fewest characters of a password at registration."
    )
    ca: Path | None = Field(
        None, description="Authority that signed main's certificate; the system's when not given."
    )
    tls_cert: Path | None = Field(None, description="Certificate shown to clients (PEM).")
    tls_key: Path | None = Field(None, description="Its private key (PEM).")
    allow_clear: bool = Field(
        False, description="Serve other machines without TLS, and reach main without it."
    )
    allow_remote_health: bool = Field(
        False, description="Answer /health, /metrics and /docs to other machines too."
    )
    trusted_proxy: ProxyNetworks | None = Field(
        None,
        description="IP addresses and networks of proxies whose X-Forwarded-For is believed, with"
        " commas.",
    )
    home: Path | None = Field(
        None, description="Folder of the realm's data; below REALMCHAT_HOME when not given."
    )
    send_burst: int = Field(300, ge=1, description="Messages a person may send at once.")
    send_per_second: float = Field(
        50, gt=0, description="Messages a second a person may send for long."
    )
    sign_in_burst: int = Field(
        10, ge=1, description="Wrong passwords for one address before the next must wait."
    )
    sign_in_per_second: float = Field(
        0.1, gt=0, description="Wrong passwords a second for one address after that."
    )
    host_burst: int = Field(
        100, ge=1, description="Wrong passwords and registrations from one IP address at once."
    )
    host_per_second: float = Field(
        1, gt=0, description="Wrong passwords and registrations a second from it after that."
    )
    outbox_bytes: int = Field(
        64 * 1024**2,
        ge=1024**2,
        description="Bytes of messages kept while main can't be reached, each with 256 more for"
        " its keeping; beyond, senders keep them.",
    )
    verifier_days: int = Field(
        30,
        ge=0,
        le=3650,
        description="For so many days after a sign-in people may sign in while main is away, by a"
        " hash of their password that the realm keeps; 0 keeps none.",
    )
    replica_bytes: int = Field(
        256 * 1024**2,
        ge=0,
        description="Bytes of recent messages kept for the people of this site, who read them"
        " while main is away.",
    )
    file_cache_bytes: int = Field(
        2 * 1024**3,
        ge=0,
        description="Bytes of files kept for people of this site; one in use may pass it.",
    )
    upload_bytes: int = Field(
        2 * 1024**3,
        ge=0,
        description="Bytes of files kept while main can't be reached, at most half of them one"
        " person's; beyond, senders keep them.",
    )
    file_bytes_per_second: int = Field(
        0, ge=0, description="Bytes of files a second to and from main; 0 for no limit."
    )
    line_port: Annotated[tuple[LinePort, ...], NoDecode] = Field(
        (),
        description="Listen for older programs' text lines at [ADDRESS:]PORT[:mesin|kelompok5]:"
        " plain TCP, from this machine only where no ADDRESS is named; others need --allow-clear."
        " May be given again; with commas in the variable.",
    )
    line_connections: int = Field(
        512, ge=1, description="Line connections from one IP address at a time."
    )
    line_idle_seconds: float = Field(
        3600, gt=0, description="A line connection is closed after so long without a byte."
    )
    line_file_bytes: int = Field(
        16 * 1024**2, ge=1, description="Bytes of a file that a line brings or gets."
    )
    lobby: bool = Field(
        False,
        description="Open the room lobby@NAME: anyone joins, guests with a name alone; everybody in"
        " it sees everything, and it is recorded.",
    )
    guest_seconds: int = Field(
        12 * 3600, ge=1, le=GUEST_SECONDS, description="A guest of the room goes after so long."
    )
    guest_burst: int = Field(5, ge=1, description="Messages a guest may send at once.")
    guest_per_second: float = Field(
        0.5, gt=0, description="Messages a second a guest may send for long."
    )
    drain_seconds: float = Field(
        3, ge=0, le=60, description="How long a stopping server waits for answers on their way."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least level of what is logged."
    )

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        try:
            return check_name(value)
        except RealmchatError as error:
            raise ValueError(error.message) from error

    @field_validator("line_port", mode="before")
    @classmethod
    def _line_port(cls, value: object) -> tuple[LinePort, ...]:
        places = value.split(",") if isinstance(value, str) else value
        places = places if isinstance(places, list | tuple) else [places]
        return tuple(
            place if isinstance(place, LinePort) else parse_line_port(str(place))
            for place in places
            if place != ""
        )

    @field_validator("main_url")
    @classmethod
    def _main_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("it has the form http://HOST:PORT or https://HOST:PORT")
        if parts.path not in ("", "/") or parts.query or parts.username:
            raise ValueError("it ends after the port: http://HOST:PORT")
        if not is_host(parts.hostname):
            raise ValueError(f"{parts.hostname} is no name of a host")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _combinations(self) -> "RealmSettings":
        host = urlsplit(self.main_url).hostname or ""
        if self.main_url.startswith("http:") and not is_loopback(host) and not self.allow_clear:
            raise ValueError(
                f"the realm's key would reach {host} in the clear; give --main-url https://…, or"
                " --allow-clear behind a tunnel that encrypts"
            )
        for place in self.line_port:
            if not is_loopback(place.host) and not self.allow_clear:
                raise ValueError(
                    f"passwords would cross in the clear to the line listener {place}; leave its"
                    " address out, or give --allow-clear on a network that you trust"
                )
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("--tls-cert and --tls-key go together")
        return self

    @property
    def link_url(self) -> str:
        """Main's WebSocket for realms."""
        return "ws" + self.main_url.removeprefix("http") + "/v1/link"

    def folder(self) -> Path:
        """Where this realm keeps its data."""
        return self.home or home_folder(f"realm-{self.name}")

    def operator_socket(self) -> Path:
        """Where its operator reaches the running server."""
        return socket_path(self.folder() / "realm.db")

    def realm_key(self) -> str:
        """The realm's key; raises `InvalidSetting` where none can be had."""
        if self.key_file is not None:
            try:
                key = self.key_file.read_text().strip()
            except (OSError, UnicodeDecodeError) as exc:
                raise InvalidSetting(setting="key_file", detail=str(exc)) from exc
        elif self.key is not None:
            key = self.key.get_secret_value().strip()
        else:
            raise InvalidSetting(setting="key_file", detail="the realm's key is missing")
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise InvalidSetting(setting="key_file", detail="there is no realm key in it")
        return key
