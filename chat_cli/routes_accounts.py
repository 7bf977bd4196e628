"""Routes: accounts of this machine, their sessions and passwords."""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, SecretStr

from chat_cli import deeds
from chat_cli.access import Asked, Asking
from chat_cli.sites import known_sites
from chat_cli.stating import answer_state
from realm_protocol.rooms import room_address
from realm_service.times import rfc3339

router = APIRouter(prefix="/v1/accounts", tags=["accounts"])

RealmUrl = Annotated[str, Field(pattern=r"^https?://[^/?#\s]+/?$", max_length=300)]


class Login(BaseModel):
    """`realm_url`: the person's home realm; else the one of the last login, else as set.

    `address` may be a bare name, of the realm whose server is asked.
    """

    address: str
    password: SecretStr
    realm_url: RealmUrl | None = None


class Registration(Login):
    """A new person; `name` is what others see."""

    name: str = ""
    country: str = ""


class Guest(BaseModel):
    """`realm_url`: the realm whose room it is; else the one that is set."""

    name: str
    realm_url: RealmUrl | None = None


class Logout(BaseModel):
    """`forget` erases the account from this machine, with what is unsent."""

    forget: bool = False


class NewPassword(BaseModel):
    """Ends every other session of the person."""

    old: SecretStr
    new: SecretStr


@router.get("")
async def list_accounts(asker: Asking) -> list[dict[str, Any]]:
    """Who is signed in here; an account token sees its own account only."""
    return [
        deeds.describe(account)
        for account in asker.accounts.list()
        if asker.only in (None, account.address)
    ]


@router.get("/sites")
async def sites(asker: Asking) -> list[dict[str, Any]]:
    """Where one could sign in, the usual site first; whether each can be reached, has its link, and
    has an open room. What is asked takes two seconds at most.
    """
    asker.check_owner()
    return await known_sites(asker.accounts)


@router.post("/login")
async def login(asker: Asking, body: Login) -> dict[str, Any]:
    """Sign in; answers a token that opens this account only."""
    asker.check_owner()
    address = await asker.accounts.whom(body.address, body.realm_url)
    account, token = await asker.accounts.login(
        address, body.password.get_secret_value(), body.realm_url
    )
    return {**deeds.describe(account), "token": token}


@router.post("/register")
async def register(asker: Asking, body: Registration) -> dict[str, Any]:
    """Make a person at the realm and sign in; answers as a login does."""
    asker.check_owner()
    account, token = await asker.accounts.register(
        await asker.accounts.whom(body.address, body.realm_url),
        body.password.get_secret_value(),
        name=body.name,
        country=body.country,
        realm_url=body.realm_url,
    )
    return {**deeds.describe(account), "token": token}


@router.post("/guest")
async def enter_as_guest(asker: Asking, body: Guest) -> dict[str, Any]:
    """Enter the open room of a realm with a name alone; answers as a login does.

    Everybody in the room sees everything, and it is recorded. The session ends by itself.
    """
    asker.check_owner()
    account, token, issued = await asker.accounts.enter_as_guest(body.name, body.realm_url)
    return {
        **deeds.describe(account),
        "token": token,
        "room": room_address(account.address.realm),
        "expires_at": rfc3339(issued.expires_at),
    }


@router.post("/{address}/logout")
async def logout(account: Asked, asker: Asking, body: Logout | None = None) -> dict[str, Any]:
    """End the session and every token; unsent messages wait for the next login."""
    forget = body.forget if body else False
    return await asker.accounts.logout(account.address, forget=forget)


@router.post("/{address}/password")
async def change_password(account: Asked, asker: Asking, body: NewPassword) -> dict[str, Any]:
    """Change the password; every other session of the person ends."""
    await asker.accounts.change_password(
        account.address, body.old.get_secret_value(), body.new.get_secret_value()
    )
    return {"account": account.address, "changed": True}


@router.get("/{address}/sessions")
async def sessions(account: Asked, response: Response) -> list[dict[str, Any]]:
    """Where the person is signed in."""
    return answer_state(response, await deeds.sessions(account))


@router.delete("/{address}/sessions/{session_id}")
async def end_session(account: Asked, session_id: str) -> dict[str, Any]:
    """End one of the person's sessions."""
    return await deeds.end_session(account, session_id)


@router.get("/{address}/info")
async def info(account: Asked, response: Response) -> dict[str, Any]:
    """Who one is here, the state of the link, and how much is unread and unsent."""
    return answer_state(response, await deeds.info(account))
