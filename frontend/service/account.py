"""One signed-in account: the routes of chat-cli that a window asks, typed."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

import httpx

from frontend.service import shapes
from frontend.service.asking import Answer, Asking
from frontend.service.forms import Form, file_form
from frontend.service.shapes import (
    Conversation,
    Group,
    Info,
    Member,
    Message,
    Person,
    Receipts,
    SignedIn,
    Site,
    Upload,
)
from realm_protocol.names import check_name
from realm_service.sse import Event, EventReader

T = TypeVar("T")

PAGE = 60
_SILENCE_SECONDS = 45.0
"""The service shows a sign of life every 15 seconds."""
_FILE_SILENCE_SECONDS = 120.0
"""A file that is far away may stop for a while, and go on."""


class AccountClient:
    """Opened by `login`, `register` or `enter_as_guest`; it holds this account's token alone."""

    def __init__(self, asking: Asking, signed_in: SignedIn) -> None:
        self.address = signed_in.address
        self._asking = asking
        self._token = signed_in.token

    async def conversations(self) -> tuple[list[Conversation], int]:
        """All of them, and the id of the last event that they contain."""
        answer = await self._ask("GET", "conversations")
        return [shapes.conversation(row) for row in answer.value], _place(answer)

    async def history(
        self, conversation: str, *, before: int | None = None, limit: int = PAGE
    ) -> tuple[list[Message], int]:
        """The newest messages, or those before a seq; ascending, those without a seq last.

        Of the newest there are so many of the log, with all that stands behind it.
        """
        path = f"conversations/{conversation}/messages"
        bound: Mapping[str, Any] = {} if before is None else {"before": before}
        first = answer = await self._ask("GET", path, query={"limit": limit, **bound})
        rows = list(answer.value)
        while before is None and shapes.are_more_wanted(rows, answer.value, limit):
            bound = shapes.bound_before(answer.value)
            answer = await self._ask("GET", path, query={"limit": limit, **bound})
            rows = [*answer.value, *rows]
        return shapes.page(rows), _place(first)

    async def info(self) -> Info:
        told = (await self._ask("GET", "info")).value
        return Info(shapes.link(told["link"]), told["unsent"])

    async def send(self, to: str, kind: str, text: str, key: str) -> str:
        """Save a message; answers its conversation. What becomes of it is told by events."""
        target: str | dict[str, str] = to if kind == "private" else {"group": to}
        body = {"to": target, "text": text, "key": key}
        answer = await self._ask("POST", "messages", body=body, query={"wait": 0})
        return str(answer.value["conversation"])

    async def send_file(
        self, to: str, kind: str, upload: Upload, pieces: AsyncIterator[bytes]
    ) -> str:
        """Hand over a file that is to be sent; answers what the service calls it from then on.
        Empty where it has been sent already.
        """
        target = to if kind == "private" else f"group:{to}"
        form = file_form({"to": target, "key": upload.key}, upload.name, upload.size, pieces)
        answer = await self._ask("POST", "files", form=form, query={"wait": 0})
        return str(answer.value["transfer"] or "")

    def open_file(
        self, file_id: str, asked_range: str | None
    ) -> AbstractAsyncContextManager[httpx.Response]:
        """The bytes of a file, or a range of them, as they come."""
        headers = {"Range": asked_range} if asked_range else {}
        path = self._path(f"files/{file_id}")
        return self._asking.stream(path, self._token, headers, _FILE_SILENCE_SECONDS)

    async def uploads(self) -> list[Upload]:
        """Those that aren't messages yet, the oldest first."""
        told = (await self._ask("GET", "transfers")).value
        uploads = (shapes.upload(row) for row in told if row["state"] != "done")
        return [upload for upload in uploads if upload is not None]

    async def cancel_upload(self, transfer: str) -> None:
        await self._ask("POST", f"transfers/{transfer}/cancel")

    async def retry_upload(self, transfer: str) -> None:
        await self._ask("POST", f"transfers/{transfer}/retry")

    async def remove_upload(self, transfer: str) -> None:
        await self._ask("DELETE", f"transfers/{transfer}")

    async def mute(self, conversation: str, wanted: bool) -> None:
        body = {"muted": wanted}
        await self._ask("POST", f"conversations/{conversation}/mute", body=body)

    async def mark_read(self, conversation: str, seq: int) -> None:
        await self._ask("POST", f"conversations/{conversation}/read", body={"seq": seq})

    async def type_in(self, conversation: str) -> None:
        await self._ask("POST", f"conversations/{conversation}/typing")

    async def receipts(self, conversation: str, seq: int) -> Receipts:
        answer = await self._ask(
            "GET", f"conversations/{conversation}/receipts", query={"seq": seq}
        )
        return shapes.receipts(answer.value)

    async def run_line(self, line: str) -> Any:
        """Do what a line of the text grammar says; answers what its route would."""
        answer = await self._ask("POST", "commands", body={"line": line})
        return answer.value["result"]

    async def search(self, words: str) -> list[Message]:
        answer = await self._ask("GET", "search", query={"q": words})
        return [shapes.message(row) for row in answer.value]

    async def people(self, query: str) -> list[Person]:
        answer = await self._ask("GET", "users", query={"q": query})
        return [shapes.person(row) for row in answer.value]

    async def groups(self) -> list[Group]:
        return [shapes.group(row) for row in (await self._ask("GET", "groups")).value]

    async def create_group(self, name: str) -> str:
        """Answers its conversation."""
        answer = await self._ask("POST", "groups", body={"name": name})
        return str(answer.value["conversation"])

    async def join_group(self, group: str) -> str:
        """Answers its conversation."""
        answer = await self._ask("POST", f"groups/{_in_a_path(group)}/join")
        return str(answer.value["conversation"])

    async def leave_group(self, group: str) -> None:
        await self._ask("POST", f"groups/{_in_a_path(group)}/leave")

    async def invite(self, group: str, person: str) -> str:
        """This and what follows answer the group's conversation."""
        return await self._govern(group, "invite", {"people": [person]})

    async def remove_member(self, group: str, person: str) -> str:
        return await self._govern(group, "remove", {"person": person})

    async def set_role(self, group: str, person: str, role: str) -> str:
        """`owner`, `admin` or `member`."""
        return await self._govern(group, "role", {"person": person, "role": role})

    async def rename_group(self, group: str, name: str) -> str:
        """Shown besides its address; empty for nothing."""
        return await self._govern(group, "rename", {"name": name})

    async def set_access(self, group: str, *, invite_only: bool) -> str:
        return await self._govern(group, "access", {"invite_only": invite_only})

    async def _govern(self, group: str, what: str, body: Mapping[str, Any]) -> str:
        answer = await self._ask("POST", f"groups/{_in_a_path(group)}/{what}", body=body)
        return str(answer.value["conversation"])

    async def members(self, group: str) -> list[Member]:
        answer = await self._ask("GET", f"groups/{_in_a_path(group)}/members")
        return [shapes.member(row) for row in answer.value]

    async def logout(self) -> None:
        await self._ask("POST", "logout")

    async def events(self, place: int) -> AsyncGenerator[Event, None]:
        """Events behind a place, until the connection is cut, which raises."""
        path = self._path("events")
        headers = {"Last-Event-ID": str(place)}
        async with self._asking.stream(path, self._token, headers, _SILENCE_SECONDS) as response:
            reader = EventReader()
            async for text in response.aiter_text():
                for event in reader.take(text):
                    yield event

    async def _ask(
        self,
        method: str,
        route: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        form: Form | None = None,
    ) -> Answer:
        return await self._asking.ask(
            method, self._path(route), token=self._token, query=query, body=body, form=form
        )

    def _path(self, route: str) -> str:
        return f"/v1/accounts/{self.address}/{route}"


async def login(asking: Asking, address: str, password: str, realm_url: str | None) -> SignedIn:
    """Raises what the service refuses it with."""
    body = {"address": address, "password": password, "realm_url": realm_url}
    told = (await asking.ask("POST", "/v1/accounts/login", body=body)).value
    return SignedIn(told["account"], told["token"])


async def register(
    asking: Asking, address: str, password: str, name: str, country: str, realm_url: str | None
) -> SignedIn:
    """Make a person and sign them in; raises what the service refuses it with."""
    body = {"address": address, "password": password, "name": name, "country": country}
    body |= {"realm_url": realm_url} if realm_url else {}
    told = (await asking.ask("POST", "/v1/accounts/register", body=body)).value
    return SignedIn(told["account"], told["token"])


async def enter_as_guest(asking: Asking, name: str, realm_url: str | None) -> SignedIn:
    """Somebody without an account, in the open room of a site; raises what it is refused with."""
    body = {"name": name, "realm_url": realm_url}
    told = (await asking.ask("POST", "/v1/accounts/guest", body=body)).value
    return SignedIn(told["account"], told["token"])


async def sites(asking: Asking) -> list[Site]:
    """Where one could sign in, the usual site first."""
    return [shapes.site(row) for row in (await asking.ask("GET", "/v1/accounts/sites")).value]


def _place(answer: Answer) -> int:
    return answer.event_id or 0


def _in_a_path(group: str) -> str:
    """The name of a group, which must be one to stand in a URL; raises `InvalidName`."""
    name, at, realm = group.partition("@")
    return f"{check_name(name)}@{check_name(realm)}" if at else check_name(name)
