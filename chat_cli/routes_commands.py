"""Route: any line of the text grammar."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from chat_cli.access import Asked, Asking
from chat_cli.commands import run_line
from realm_protocol.grammar import parse_line

router = APIRouter(prefix="/v1/accounts/{address}", tags=["commands"])


class Line(BaseModel):
    """A line as people type it: `send henderson hello`."""

    line: str


@router.post("/commands")
async def run_command(account: Asked, asker: Asking, body: Line) -> dict[str, Any]:
    """Do what the line says; `result` is what the route of the same purpose answers."""
    return {"result": await run_line(asker.accounts, account, parse_line(body.line))}
