"""Route: the stream of an account's events."""

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse

from chat_cli.access import Asked
from chat_cli.account.event_log import Event
from realm_protocol.errors import MalformedMessage

router = APIRouter(prefix="/v1/accounts/{address}", tags=["events"])


@router.get("/events")
async def events(
    account: Asked, last_event_id: Annotated[str | None, Header()] = None
) -> StreamingResponse:
    """Server-sent events. `message`, `state`, `read`, `role`, `muted`, `withdrawn` and `reset` have
    ids that `Last-Event-ID` resumes from; `presence`, `typing`, `transfer` and `link` have none.
    Without the header, the stream begins now, at the id that `X-Event-Id` says.
    """
    place, stream = await account.events_from(_event_id(last_event_id))
    headers = {"Cache-Control": "no-store", "X-Event-Id": str(place)}
    return StreamingResponse(_lines(stream), media_type="text/event-stream", headers=headers)


def _event_id(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise MalformedMessage(detail="Last-Event-ID is the id of an event of this stream")
    return int(text)


async def _lines(stream: AsyncIterator[Event | None]) -> AsyncIterator[str]:
    async for event in stream:
        yield ": still here\n\n" if event is None else print_event(event)


def print_event(event: Event) -> str:
    """An event in the form of the stream."""
    place = "" if event.id is None else f"id: {event.id}\n"
    data = json.dumps(event.data, ensure_ascii=False)
    return f"{place}event: {event.type}\ndata: {data}\n\n"
