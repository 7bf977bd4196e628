"""Reporting: how the realm stands, told to main every few seconds, for main's operators."""

import asyncio

from realm_protocol.errors import RealmchatError
from realm_protocol.link import RealmReport
from realm_server.autonomy.outbox import Outbox
from realm_server.awaiting import ask_main
from realm_server.link import Link
from realm_service.logs import get_logger

log = get_logger("realm.reporting")

SECONDS_BETWEEN = 2.0
_ANSWER_SECONDS = 30.0


async def report_for_ever(link: Link, outbox: Outbox) -> None:
    """Tell main while the link is up, and how long it took to answer the time before."""
    loop = asyncio.get_running_loop()
    lag_ms = 0
    while True:
        await asyncio.sleep(SECONDS_BETWEEN)
        if not link.is_up:
            lag_ms = 0
            continue
        kept = (len(outbox.lanes), outbox.lanes.bytes, outbox.oldest_ms)
        began = loop.time()
        try:
            await ask_main(link, RealmReport, *kept, lag_ms, seconds=_ANSWER_SECONDS)
        except RealmchatError as error:
            log.info("report_not_taken", code=error.code)
            lag_ms = 0
        else:
            lag_ms = round((loop.time() - began) * 1000)
