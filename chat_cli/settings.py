"""Settings of the chat-cli service: `CHAT_CLI_*` in the environment, or its `config.toml`."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chat_cli import profiles
from chat_cli.configuration import COMMAND_LINE
from realm_protocol.limits import FILE_LIMIT
from realm_service.settings import ServiceSettings

DEFAULT_PORT = 7000


class ChatCliSettings(ServiceSettings):
    """What the service is started with."""

    model_config = SettingsConfigDict(env_prefix="CHAT_CLI_", env_ignore_empty=True)

    read_elsewhere: ClassVar[frozenset[str]] = frozenset(setting.name for setting in COMMAND_LINE)

    @classmethod
    def config_file(cls) -> Path:
        """The profile's."""
        return profiles.config_file()

    port: int | None = Field(default=None, ge=0, le=65535)
    """Port on 127.0.0.1. Not given: 7000, or a free one when that is taken; 0: a free one."""

    realm_url: str = Field(default="http://127.0.0.1:8000", pattern=r"^https?://[^/?#\s]+/?$")
    """The realm server that accounts sign in at when a login names no other."""

    ca: Path | None = None
    """File of certificate authorities to trust at realm servers; the system's when not given."""

    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    """Least level of what is logged on stderr."""

    outbox_limit: int = Field(default=64 * 1024 * 1024, ge=1024)
    """Bytes of unsent text that one account may have waiting."""

    file_limit: int = Field(default=FILE_LIMIT, ge=1024)
    """Bytes of one file that is sent from here. The main server has a limit of its own."""

    event_days: int = Field(default=7, ge=1)
    """Days that an account's events are kept for readers that come back."""

    event_count: int = Field(default=100_000, ge=100)
    """Events that an account keeps at most."""

    @property
    def home(self) -> Path:
        """Where everything of this person lies."""
        return profiles.home()
