"""Who is asking, and what that opens: dependencies of the routes."""

from typing import Annotated

from fastapi import Depends, Request

from chat_cli.account.account import Account
from chat_cli.accounts import Accounts
from chat_cli.tokens import same_token
from realm_protocol.errors import NotAllowed, NotSignedIn
from realm_protocol.names import Address


class Asker:
    """The bearer of the service's token, who may do everything, or of one account's."""

    def __init__(self, accounts: Accounts, only: Address | None) -> None:
        self.accounts = accounts
        self.only = only

    def account(self, address: str) -> Account:
        """Raises `NotAllowed` or `AccountNotFound`."""
        if self.only is not None and self.only != Address.parse(address):
            raise NotAllowed(detail="this token opens another account")
        return self.accounts.get(address)

    def check_owner(self) -> None:
        """What concerns the whole service is its owner's."""
        if self.only is not None:
            raise NotAllowed(detail="this needs the service token")


def who_asks(request: Request) -> Asker:
    """Read the `Authorization` header, the only place for a token; raises `NotSignedIn`."""
    accounts: Accounts = request.app.state.accounts
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedIn
    if same_token(token.strip(), request.app.state.service_token):
        return Asker(accounts, None)
    only = accounts.opened_by(token.strip())
    if only is None:
        raise NotSignedIn
    return Asker(accounts, only)


Asking = Annotated[Asker, Depends(who_asks)]


def asked_account(address: str, asker: Asking) -> Account:
    """The account of the path, if the token opens it."""
    return asker.account(address)


Asked = Annotated[Account, Depends(asked_account)]
