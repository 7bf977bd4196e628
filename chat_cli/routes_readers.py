"""Routes: named readers, which go on where they stopped, however they ended."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from chat_cli.access import Asked
from chat_cli.stating import answer_state

router = APIRouter(prefix="/v1/accounts/{address}/readers", tags=["readers"])

LONGEST_WAIT_SECONDS = 60
PAGE_MESSAGES = 1000


class Acknowledgement(BaseModel):
    """Everything up to this place is handled."""

    place: Annotated[int, Field(ge=0, lt=2**53)]


@router.get("")
async def readers(account: Asked, response: Response) -> list[dict[str, Any]]:
    """All readers, and how many messages each has before it."""
    return answer_state(response, await account.readers.list())


@router.get("/{name}")
async def read(
    account: Asked,
    response: Response,
    name: str,
    limit: Annotated[int, Query(ge=1, le=PAGE_MESSAGES)] = 100,
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT_SECONDS)] = 0,
    begin: Annotated[Literal["now", "start"], Query(alias="from")] = "now",
) -> dict[str, Any]:
    """The messages behind what this reader has acknowledged, in the order in which they became
    known here: all of others, and one's own from other devices, each once. With none, so many
    seconds are waited for some. A reader that is new begins `from` now, or from the start.
    """
    found = await account.readers.read(
        name, from_start=begin == "start", limit=limit, wait_seconds=wait
    )
    return answer_state(response, found)


@router.post("/{name}")
async def acknowledge(account: Asked, name: str, body: Acknowledgement) -> dict[str, Any]:
    """Everything up to `place`, which an answer to this reader gave, is handled: it doesn't come
    again. Saying so twice changes nothing.
    """
    place = await account.readers.acknowledge(name, body.place)
    return {"name": name.lower(), "acknowledged": place}


@router.delete("/{name}")
async def forget(account: Asked, name: str) -> dict[str, Any]:
    """Remove a reader; one that reads under its name later is a new one."""
    await account.readers.forget(name)
    return {"name": name.lower()}
