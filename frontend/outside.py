"""What the window of one account asks of the session around it, which holds all of them."""

from typing import Any, Protocol


class Outside(Protocol):
    """A session of a browser."""

    async def settings(self) -> None:
        """Show them."""

    async def add_account(self) -> None: ...

    async def sign_out(self) -> None:
        """The account that is shown."""

    async def switch(self, address: str) -> None: ...

    async def start_service(self) -> None:
        """Start chat-cli."""

    async def ended(self, chatting: Any) -> None:
        """An account's token opens nothing any more."""

    def is_shown(self, chatting: Any) -> bool: ...

    def others(self, me: str) -> list[tuple[str, int]]:
        """The other accounts, each with what is unread there."""

    def total_unread(self) -> int: ...

    def toast(self, text: str) -> None: ...

    def say(self, text: str) -> None:
        """To who listens to the window: what isn't where the focus is."""
