"""Signing in and out: login, register, logout, passwd; and the accounts of this machine."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from chat_cli import profiles
from chat_cli.command_line import texts
from chat_cli.command_line.accounts import choose, choose_account, chosen, forget_choice
from chat_cli.command_line.asking import show_rows, told_link
from chat_cli.command_line.call import Call
from chat_cli.command_line.look import Look
from chat_cli.command_line.tables import Column
from chat_cli.command_line.texts import say
from chat_cli.configuration import Source
from realm_protocol.errors import RealmchatError
from realm_protocol.names import Address, check_name

Arguments = Mapping[str, str]


def login(call: Call, arguments: Arguments, *, realm_url: str | None) -> None:
    _open_account(call, "login", arguments, realm_url)


def register(call: Call, arguments: Arguments, *, realm_url: str | None) -> None:
    _open_account(call, "register", arguments, realm_url)


def _open_account(call: Call, route: str, arguments: Arguments, realm_url: str | None) -> None:
    typed = arguments["address"]
    # A bare name is of the realm whose server is asked, which the service knows.
    address = Address.parse(typed) if "@" in typed else check_name(typed)
    body = {**arguments, "address": address, "realm_url": realm_url}
    given = {name: value for name, value in body.items() if value is not None}
    opened = call.service.post(f"/v1/accounts/{route}", given)
    call.show(opened, texts.SIGNED_IN, account=opened["account"])


def guest(call: Call, arguments: Arguments, *, realm_url: str | None) -> None:
    body = {"name": check_name(arguments["name"])}
    body |= {"realm_url": realm_url} if realm_url else {}
    opened = call.service.post("/v1/accounts/guest", body)
    until = call.look.time(opened["expires_at"])
    told = {"account": opened["account"], "room": opened["room"], "until": until}
    call.show(opened, texts.GUEST_ENTERED, **told)
    call.note(texts.ROOM_IS_OPEN, room=opened["room"])


def logout(call: Call, arguments: Arguments, *, forget: bool) -> None:
    if session := arguments.get("session"):
        call.service.delete(call.path(f"sessions/{quote(session, safe='')}"))
        call.show({"session": session}, texts.SESSION_ENDED, session=session)
        return
    ended = call.service.post(call.path("logout"), {"forget": forget})
    forget_choice(profiles.home(), call.account)
    call.show(ended, texts.SIGNED_OUT, account=call.account)
    if unsent := ended.get("unsent"):
        call.note(texts.UNSENT_ERASED if forget else texts.UNSENT_KEPT, count=unsent)


def passwd(call: Call, arguments: Arguments) -> None:
    changed = call.service.post(call.path("password"), arguments)
    call.show(changed, texts.PASSWORD_CHANGED, account=call.account)


# --- the accounts of this machine ----------------------------------------------------------------


def accounts(call: Call, arguments: Arguments) -> None:
    listed = call.service.get("/v1/accounts")
    meant = _meant(call, listed)
    rows = [{**account, "default": account["account"] == meant} for account in listed]
    shown = [{**row, "state": row["link"]["state"]} for row in rows] if not call.as_json else rows
    show_rows(call, _COLUMNS, shown, texts.NOBODY_SIGNED_IN)


def _meant(call: Call, listed: list[dict[str, Any]]) -> str | None:
    """Who a command without --account is for; None where it would be refused."""
    try:
        return choose_account(
            listed, call.configuration.value("account") or chosen(profiles.home())
        )
    except RealmchatError:
        return None


def _told_default(value: bool, look: Look) -> str:
    return say(texts.MEANT) if value else ""


_COLUMNS = (
    Column(texts.ACCOUNT, "account"),
    Column(texts.CONNECTION, "state", told_link),
    Column(texts.SERVER, "realm_url"),
    Column(texts.DEFAULT, "default", _told_default),
)


def use(call: Call, arguments: Arguments) -> None:
    account = choose_account(call.service.get("/v1/accounts"), arguments["address"])
    choose(profiles.home(), account)
    call.show({"account": account}, texts.USED_FROM_NOW, account=account)
    setting = call.configuration.find("account")
    if setting.source is not Source.DEFAULT:
        call.note(texts.SETTING_GOES_BEFORE, origin=setting.origin, account=setting.value)
