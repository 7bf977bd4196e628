"""How fast the bytes of files may cross the link, so that messages never wait behind them."""

import asyncio
from collections.abc import AsyncIterator

from realm_service.giving_way import GivingWay


class Pace:
    """So many bytes a second for all transfers together; 0 for as fast as they can."""

    def __init__(self, bytes_per_second: int, way: GivingWay) -> None:
        self._way = way
        self._bytes_per_second = bytes_per_second
        self._next_at = 0.0

    async def spend(self, size: int) -> None:
        """Wait until these bytes' turn has come."""
        await self._way.give()
        if not self._bytes_per_second:
            return
        now = asyncio.get_running_loop().time()
        begins = max(now, self._next_at)
        self._next_at = begins + size / self._bytes_per_second
        await asyncio.sleep(begins - now)

    async def paced(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            await self.spend(len(chunk))
            yield chunk
