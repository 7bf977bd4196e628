"""The accounts that are signed in on this machine, each followed; one of them is used now."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

from chat_cli.command_line.accounts import choose_account
from chat_cli.command_line.shell.bar import Standing
from chat_cli.command_line.shell.following import Following, Show
from chat_cli.command_line.shell.known import Known
from chat_cli.command_line.shell.service import LiveService
from realm_protocol.errors import NotSignedIn


class SignedIn:
    """Kept in step with the service by `refresh`."""

    def __init__(
        self,
        service: LiveService,
        show: Show,
        changed: Callable[[], None],
        start: Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"],
    ) -> None:
        """`start` runs a stream as a task of the shell: one that fails ends the shell."""
        self.current: str | None = None
        self.rows: list[Mapping[str, Any]] = []
        """As the service lists them."""
        self._service = service
        self._show = show
        self._changed = changed
        self._start = start
        self._followed: dict[str, tuple[Following, asyncio.Task[None]]] = {}

    async def refresh(self, wanted: str | None = None) -> None:
        """Follow who is signed in now; be `wanted`, else whom one was, else as any command."""
        self.rows = await self._service.get("/v1/accounts")
        addresses = {str(row["account"]) for row in self.rows}
        for gone in set(self._followed) - addresses:
            self._followed.pop(gone)[1].cancel()
        for address in addresses:
            self._follow(address)
        kept = self.current if self.current in addresses else None
        self._be(wanted or kept)

    def _be(self, wanted: str | None) -> None:
        """This one; else who signed in last; else one whose session has ended, who can read."""
        try:
            self.current = choose_account(self.rows, wanted)
        except NotSignedIn:
            self.current = str(self.rows[0]["account"]) if self.rows else None
        self._changed()

    def _follow(self, address: str) -> None:
        known = self._followed.get(address)
        if known is None or known[1].done():
            following = Following(address, self._service, self._show, self._changed)
            self._followed[address] = (following, self._start(self._until_gone(following)))

    async def _until_gone(self, following: Following) -> None:
        """Another process may sign an account out; the shell goes on without it."""
        await following.run()
        gone = following.address
        self.rows = [row for row in self.rows if row["account"] != gone]
        if self.current == gone:
            self._be(None)

    def use(self, name: str) -> str:
        """Be another one, named with or without their realm; raises `AccountNotFound`."""
        self.current = choose_account(self.rows, name)
        self._changed()
        return self.current

    @property
    def following(self) -> Following | None:
        """The account that is used now."""
        followed = self._followed.get(self.current or "")
        return followed[0] if followed else None

    def known(self) -> Known:
        """What a line can be completed with."""
        names = tuple(str(row["account"]) for row in self.rows)
        return replace(self.following.known if self.following else Known(), accounts=names)

    def standing(self, *, busy: bool) -> Standing:
        """What the bar tells."""
        following = self.following
        return Standing(
            account=self.current,
            service_up=self._service.up,
            link=following.arrivals.link if following else None,
            unread=following.unread if following else 0,
            busy=busy,
        )

    def stop(self) -> None:
        """Follow nobody any more."""
        for _, task in self._followed.values():
            task.cancel()
