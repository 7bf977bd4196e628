"""Routes: groups, people, realms."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from chat_cli import deeds
from chat_cli.access import Asked
from chat_cli.stating import answer_state

router = APIRouter(prefix="/v1/accounts/{address}", tags=["groups and people"])


class NewGroup(BaseModel):
    """`members`: others who are in it from the start."""

    name: str
    members: Annotated[list[str], Field(max_length=1000)] = []


class Whom(BaseModel):
    """A person, by address or bare name."""

    person: str


@router.get("/groups")
async def groups(account: Asked, response: Response) -> list[dict[str, Any]]:
    """One's groups, and the open ones of one's realm."""
    return answer_state(response, await deeds.groups(account))


@router.post("/groups")
async def create_group(account: Asked, body: NewGroup) -> dict[str, Any]:
    """Create a group in one's own realm; one owns it."""
    return await deeds.create_group(account, body.name, body.members)


@router.post("/groups/{group}/join")
async def join_group(account: Asked, group: str) -> dict[str, Any]:
    return await deeds.join_group(account, group)


@router.post("/groups/{group}/leave")
async def leave_group(account: Asked, group: str) -> dict[str, Any]:
    return await deeds.leave_group(account, group)


@router.get("/groups/{group}/members")
async def members(account: Asked, response: Response, group: str) -> list[dict[str, Any]]:
    """Who is in a group, and how far each has got."""
    return answer_state(response, await deeds.members(account, group))


@router.get("/users")
async def users(
    account: Asked, response: Response, q: Annotated[str, Query(max_length=256)] = ""
) -> list[dict[str, Any]]:
    """People of all realms whose name or address contains `q`."""
    return answer_state(response, await deeds.people(account, q))


@router.get("/realms")
async def realms(account: Asked, response: Response) -> list[dict[str, Any]]:
    """The realms, and whether each is linked."""
    return answer_state(response, await deeds.realms(account))


@router.post("/block")
async def block(account: Asked, body: Whom) -> dict[str, Any]:
    """Take no more private messages from a person."""
    return await deeds.block(account, body.person)


@router.post("/unblock")
async def unblock(account: Asked, body: Whom) -> dict[str, Any]:
    return await deeds.unblock(account, body.person)
