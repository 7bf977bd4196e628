"""Routes: groups, people, realms."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from chat_cli import deeds
from chat_cli.access import Asked
from chat_cli.stating import answer_state
from realm_protocol.commands import Role

router = APIRouter(prefix="/v1/accounts/{address}", tags=["groups and people"])


class NewGroup(BaseModel):
    """`members`: others who are in it from the start. `invite_only`: others enter by invitation."""

    name: str
    members: Annotated[list[str], Field(max_length=1000)] = []
    invite_only: bool = False


class Invited(BaseModel):
    """People, each by address or bare name."""

    people: Annotated[list[str], Field(max_length=1000)]


class NewRole(BaseModel):
    """A member, and what they are from now on."""

    person: str
    role: Role


class NewName(BaseModel):
    """What a group is called besides its address; empty for nothing."""

    name: Annotated[str, Field(max_length=128)]


class Access(BaseModel):
    """Who may enter a group."""

    invite_only: bool


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
    return await deeds.create_group(account, body.name, body.members, invite_only=body.invite_only)


@router.post("/groups/{group}/join")
async def join_group(account: Asked, group: str) -> dict[str, Any]:
    return await deeds.join_group(account, group)


@router.post("/groups/{group}/leave")
async def leave_group(account: Asked, group: str) -> dict[str, Any]:
    return await deeds.leave_group(account, group)


@router.post("/groups/{group}/invite")
async def invite(account: Asked, group: str, body: Invited) -> dict[str, Any]:
    """Put people into a group: any member of an open one may, else its admins."""
    return await deeds.invite(account, group, body.people)


@router.post("/groups/{group}/remove")
async def remove_member(account: Asked, group: str, body: Whom) -> dict[str, Any]:
    """Put somebody out: admins members, owners everybody. Only an invitation lets them in again."""
    return await deeds.remove_member(account, group, body.person)


@router.post("/groups/{group}/role")
async def set_role(account: Asked, group: str, body: NewRole) -> dict[str, Any]:
    """Make a member an owner, an admin, or a member; for owners."""
    return await deeds.set_role(account, group, body.person, body.role)


@router.post("/groups/{group}/rename")
async def rename_group(account: Asked, group: str, body: NewName) -> dict[str, Any]:
    """Show it under another name, its address stays; for admins."""
    return await deeds.rename_group(account, group, body.name)


@router.post("/groups/{group}/access")
async def set_access(account: Asked, group: str, body: Access) -> dict[str, Any]:
    """Let everybody in, or only who is invited; for owners."""
    return await deeds.set_access(account, group, invite_only=body.invite_only)


@router.post("/groups/{group}/close")
async def close_group(account: Asked, group: str) -> dict[str, Any]:
    """From now on it can only be read and left; for operators of the main server."""
    return await deeds.close_group(account, group, closed=True)


@router.post("/groups/{group}/reopen")
async def reopen_group(account: Asked, group: str) -> dict[str, Any]:
    """Undo `close`; for operators of the main server."""
    return await deeds.close_group(account, group, closed=False)


@router.get("/groups/{group}/members")
async def members(account: Asked, response: Response, group: str) -> list[dict[str, Any]]:
    """Who is in a group, in which role, and how far each has got."""
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
