"""What a person calls the realms, as main says it; cut off, as it was heard last."""

import asyncio
from collections.abc import Awaitable, Callable

from realm_protocol.commands import ListRealms, Realm
from realm_protocol.errors import RealmNotFound, TryLater
from realm_protocol.names import check_name

_PATIENCE_SECONDS = 2.0

Ask = Callable[[ListRealms], Awaitable[list[Realm]]]


class RealmNames:
    """Of one account."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._heard: dict[str, str] = {}

    async def meant_by(self, name: str) -> str:
        """The realm of this name; raises `RealmNotFound`, and `InvalidName` of what can't be one.

        While main can't be asked, a name that was never heard is a realm's own.
        """
        wanted = check_name(name)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                realms = await self._ask(ListRealms(0))
        except (TryLater, TimeoutError):
            return self._heard.get(wanted, wanted)
        called = {name: realm.name for realm in realms for name in realm.names}
        self._heard = called | {realm.name: realm.name for realm in realms}
        if wanted not in self._heard:
            raise RealmNotFound(realm=wanted)
        return self._heard[wanted]
