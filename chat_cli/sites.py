"""The sites at which one could sign in from this machine, each with its state and its open room,
asked now.

Known are the usual one, those of the accounts signed in here, and those that main told these of.
"""

import asyncio
from typing import Any
from urllib.parse import urlsplit

from chat_cli.account.account import Account
from chat_cli.accounts import Accounts
from chat_cli.realm_sign_in import RealmInfo
from realm_protocol.commands import ListRealms, Realm
from realm_protocol.errors import RealmchatError, RealmUnreachable

SECONDS = 2.0
"""How long a site, or main, is waited for: somebody looks at the form meanwhile."""


async def known_sites(accounts: Accounts) -> list[dict[str, Any]]:
    """The usual one first. Of one that doesn't answer only the URL may be known."""
    told = await asyncio.gather(*(_told_by(account) for account in accounts.list()))
    names: dict[str, str] = {accounts.usual_url: ""}
    for account, realms in zip(accounts.list(), told, strict=True):
        names[account.engine.who.realm_url] = account.address.realm
        for realm in realms:
            if realm.host and realm.port:
                names[_url(realm, account.engine.who.realm_url)] = realm.name
    return list(await asyncio.gather(*(_site(accounts, url, names[url]) for url in names)))


async def _told_by(account: Account) -> list[Realm]:
    try:
        async with asyncio.timeout(SECONDS):
            realms: list[Realm] = await account.engine.request(ListRealms(0))
            return realms
    except (RealmchatError, TimeoutError):
        return []  # cut off: the others' word is enough


def _url(realm: Realm, beside: str) -> str:
    """Where main says a realm is, spoken to as the account's own is."""
    host = f"[{realm.host}]" if ":" in realm.host else realm.host
    return f"{urlsplit(beside).scheme}://{host}:{realm.port}"


async def _site(accounts: Accounts, url: str, name: str) -> dict[str, Any]:
    try:
        async with asyncio.timeout(SECONDS):
            info = await accounts.realm_info(url)
    except (RealmUnreachable, TimeoutError):
        return _json(RealmInfo(name), url, reachable=False)
    return _json(info, url, reachable=True)


def _json(info: RealmInfo, url: str, *, reachable: bool) -> dict[str, Any]:
    return {
        "realm": info.realm,
        "realm_url": url,
        "reachable": reachable,
        "linked": info.link_up,
        "room": info.room,
    }
