"""When the outbox may go out."""

import asyncio
from pathlib import Path
from typing import Any

from chat_cli.account.lanes import SendingLanes, Unsent
from chat_cli.account.outgoing import Outgoing
from chat_cli.account.recipients import Recipient
from chat_cli.account.store import open_store

from .conftest import HENDERSON, MESSI


async def test_nothing_goes_out_once_the_link_is_down(tmp_path: Path) -> None:
    """Also where it goes down while the outbox is still being read for it."""
    store = await open_store(tmp_path / "a.sqlite3")
    outgoing = Outgoing(
        store,
        MESSI,
        lanes=SendingLanes(jitter=lambda: 0.5),
        limit=1000,
        now=lambda: 0,
        took=lambda _: None,
    )
    asked: list[Any] = []
    ask = outgoing.start(lambda command, *_: asked.append(command), linked=True)
    starting = asyncio.create_task(ask)
    await asyncio.sleep(0)  # it reads by now

    outgoing.stop()
    await starting
    unsent = Unsent(0, "k1", HENDERSON, "c1", "hello", 0)
    await outgoing.save(unsent, Recipient("person", HENDERSON))

    assert asked == []
    await store.close()
