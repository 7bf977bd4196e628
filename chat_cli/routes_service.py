"""Routes: the service itself, for its owner alone."""

import os
import signal

from fastapi import APIRouter, BackgroundTasks

from chat_cli.access import Asking

router = APIRouter(prefix="/v1/service", tags=["service"])


@router.post("/stop")
async def stop(asker: Asking, background: BackgroundTasks) -> dict[str, bool]:
    """End the service as a signal does: what is under way is answered, what is saved stays."""
    asker.check_owner()
    # After the answer: whoever asked must hear that it was heard.
    background.add_task(os.kill, os.getpid(), signal.SIGTERM)
    return {"stopping": True}
