"""Settings of the main server."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from realm_protocol.limits import FILE_LIMIT
from realm_service.listening import ProxyNetworks
from realm_service.settings import ServiceSettings, home_folder


def default_database_url() -> str:
    return f"sqlite:///{home_folder('main-server') / 'main.db'}"


class MainSettings(ServiceSettings):
    """Read from flags, MAIN_SERVER_* variables, then the TOML file."""

    model_config = SettingsConfigDict(env_prefix="MAIN_SERVER_")

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(8080, ge=0, le=65535)
    """Port to listen on."""
    database_url: str = Field(default_factory=default_database_url)
    """Where everything is stored, `sqlite:///PATH`; by default `main.db` in the home folder."""
    files_folder: Path | None = None
    """Folder of the bytes of files; `files` beside the database when not given."""
    file_limit_bytes: int = Field(FILE_LIMIT, ge=1)
    """Most bytes of one file."""
    file_quota_bytes: int = Field(20 * FILE_LIMIT, ge=0)
    """Most bytes of all files that one person has uploaded."""
    tls_cert: Path | None = None
    """Certificate chain (PEM) to serve TLS with."""
    tls_key: Path | None = None
    """Private key (PEM) of the certificate."""
    allow_clear: bool = False
    """Listen without TLS on an address that other machines reach."""
    allow_remote_health: bool = False
    """Answer /health, /metrics and /docs to other machines too."""
    trusted_proxy: ProxyNetworks | None = None
    """IP addresses and networks of proxies whose X-Forwarded-For is believed, with commas."""
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    """DEBUG, INFO, WARNING or ERROR."""
