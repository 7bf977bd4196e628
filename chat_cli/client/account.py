"""One account as a program uses it: sending, reading, groups, events and named readers."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from chat_cli.client import shapes
from chat_cli.client.asking import Asking
from chat_cli.client.events import follow
from chat_cli.client.reader import Reader
from chat_cli.client.shapes import Conversation, Group, Member, Message, Sent, Target
from realm_protocol.names import Address, check_name
from realm_service.sse import Event

SEND_WAIT_SECONDS = 5.0


class AccountClient:
    """Made by `Chat.account`, `login` or `register`."""

    def __init__(self, asking: Asking, address: Address, home: Path | None) -> None:
        self.address = address
        self._asking = asking
        self._home = home

    async def send(
        self,
        to: Target,
        text: str,
        *,
        key: str | None = None,
        wait_seconds: float = SEND_WAIT_SECONDS,
    ) -> Sent:
        """Save a message, and wait so long for main to have it; raises a refusal in that time.

        With a key, it is there once however often it is sent, and so it is sent again while the
        service is away.
        """
        body: dict[str, Any] = {"to": shapes.target_json(to), "text": text}
        how: dict[str, Any] = {"query": {"wait": wait_seconds}, "wait_seconds": wait_seconds}
        path = self._path("messages")
        if key is None:
            return shapes.sent(await self._asking.ask("POST", path, body=body, **how))
        body["key"] = key
        return shapes.sent(await self._asking.ask_again("POST", path, body=body, **how))

    # --- reading ---------------------------------------------------------------------------------

    async def inbox(self, *, peek: bool = False) -> list[Message]:
        """What is unread, oldest first; marks it read unless `peek`."""
        path = self._path("inbox")
        if peek:
            rows = await self._asking.ask_again("GET", path, query={"peek": "true"})
        else:
            # Marked read by an answer that got lost, it would not come again.
            rows = await self._asking.ask("GET", path)
        return [shapes.message(row) for row in rows]

    async def conversations(self) -> list[Conversation]:
        """All of them, the one with the newest message first."""
        return [shapes.conversation(row) for row in await self._get("conversations")]

    async def history(
        self,
        conversation: str,
        *,
        before: int | Message | None = None,
        after: int | None = None,
        limit: int = 50,
    ) -> list[Message]:
        """A page, ascending by seq; neither bound given: the newest. Messages without a seq stand
        last: what is before them is asked for by the message itself.
        """
        bounds = {**shapes.before_json(before), "after": after, "limit": limit}
        query = {name: bound for name, bound in bounds.items() if bound is not None}
        rows = await self._get(f"conversations/{conversation}/messages", query)
        return [shapes.message(row) for row in rows]

    async def mark_read(self, conversation: str, seq: int) -> int:
        """Everything up to `seq` is read; answers where the mark stands."""
        path = self._path(f"conversations/{conversation}/read")
        moved = await self._asking.ask_again("POST", path, body={"seq": seq})
        return int(moved["read"])

    async def search(self, words: str) -> list[Message]:
        """Messages on this machine that contain all words, newest first."""
        return [shapes.message(row) for row in await self._get("search", {"q": words})]

    # --- groups ----------------------------------------------------------------------------------

    async def groups(self) -> list[Group]:
        """One's own, and the open ones of one's realm."""
        return [shapes.group(row) for row in await self._get("groups")]

    async def create_group(self, name: str, *members: str) -> str:
        """Answers the group's address."""
        body = {"name": name, "members": list(members)}
        made = await self._asking.ask("POST", self._path("groups"), body=body)
        return str(made["group"])

    async def join_group(self, group: str) -> None:
        await self._asking.ask("POST", self._path(f"groups/{_in_a_path(group)}/join"), body={})

    async def leave_group(self, group: str) -> None:
        await self._asking.ask("POST", self._path(f"groups/{_in_a_path(group)}/leave"), body={})

    async def invite(self, group: str, *people: str) -> None:
        """Put people into a group; where one has to be invited, its admins may."""
        await self._govern(group, "invite", {"people": list(people)})

    async def remove_member(self, group: str, person: str) -> None:
        """For admins; only an invitation lets the person in again."""
        await self._govern(group, "remove", {"person": person})

    async def set_role(self, group: str, person: str, role: str) -> None:
        """`owner`, `admin` or `member`; for owners."""
        await self._govern(group, "role", {"person": person, "role": role})

    async def _govern(self, group: str, what: str, body: Mapping[str, Any]) -> None:
        path = self._path(f"groups/{_in_a_path(group)}/{what}")
        await self._asking.ask("POST", path, body=body)

    async def members(self, group: str) -> list[Member]:
        rows = await self._get(f"groups/{_in_a_path(group)}/members")
        return [shapes.member(row) for row in rows]

    # --- what happens ----------------------------------------------------------------------------

    def events(self, last_event_id: int | None = None) -> AsyncIterator[Event]:
        """Events behind an id, or from now on, for ever: goes on where a connection was cut.

        `reset` says that events between are gone: read the state anew.
        """
        return follow(self._asking, self._path("events"), last_event_id)

    def reader(self, name: str, *, from_start: bool = False, only_waiting: bool = False) -> Reader:
        """A named reader, to be used in `async with`; it goes on where it stopped, for ever.

        A new one begins now, or with the first message on this machine. `only_waiting` ends it
        when nothing is left. Raises `InvalidName`.
        """
        path = self._path(f"readers/{check_name(name)}")
        return Reader(
            self._asking,
            path,
            (self._home, self.address, name),
            from_start=from_start,
            only_waiting=only_waiting,
        )

    async def forget_reader(self, name: str) -> None:
        """Raises `ReaderNotFound`."""
        await self._asking.ask("DELETE", self._path(f"readers/{check_name(name)}"))

    # ---------------------------------------------------------------------------------------------

    async def _get(self, route: str, query: Mapping[str, Any] | None = None) -> Any:
        return await self._asking.ask_again("GET", self._path(route), query=query)

    def _path(self, route: str) -> str:
        return f"/v1/accounts/{self.address}/{route}"


def _in_a_path(group: str) -> str:
    """The name of a group, which must be one to stand in a URL."""
    name, at, realm = group.partition("@")
    return f"{check_name(name)}@{check_name(realm)}" if at else check_name(name)
