"""An account's events, resumed where a connection was cut."""

import asyncio
from collections.abc import AsyncIterator

from chat_cli.client.asking import Asking
from realm_protocol.errors import ServiceUnreachable, ServiceWentAway, TimedOut
from realm_service.sse import SILENCE_SECONDS, Event, EventReader

_AGAIN_SECONDS = 0.1
"""A service that is about to stop ends each stream at once."""


async def follow(asking: Asking, path: str, place: int | None) -> AsyncIterator[Event]:
    """Events behind `place`, or from now on; raises what the service refuses for good."""
    while True:
        headers = {} if place is None else {"Last-Event-ID": str(place)}
        try:
            async with asking.stream(path, headers, silence_seconds=SILENCE_SECONDS) as got:
                if place is None:
                    place = int(got.headers["X-Event-Id"])
                reader = EventReader()
                async for text in got.aiter_text():
                    for event in reader.take(text):
                        yield event
                        place = event.id or place
        except (ServiceUnreachable, ServiceWentAway, TimedOut):
            # Until it answers again, or for as long as a program has patience.
            await asking.ask_again("GET", "/v1/health")
        await asyncio.sleep(_AGAIN_SECONDS)
