"""Settings of the window's program."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from realm_service.settings import ServiceSettings


class FrontendSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="CHAT_FRONTEND_")

    port: int = Field(default=8550, ge=0, le=65535)
    """Port on 127.0.0.1 for the browser; 0: a free one."""

    service_url: str | None = Field(default=None, pattern=r"^https?://[^/?#\s]+/?$")
    """Where chat-cli is. Not given: where its service file says."""

    log_level: str = Field(default="WARNING", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    """Least level of what is logged on stderr."""
