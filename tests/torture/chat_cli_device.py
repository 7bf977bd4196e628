"""A person at a chat-cli, over its HTTP; `History` hears what it promises and what it shows."""

import asyncio
import random
from collections import defaultdict
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any

import httpx

from tests.system.processes import ChatCliProcess
from tests.torture.history import History, Row
from tests.waiting import eventually

_PATIENCE_SECONDS = 120
_PAGE = 1000


class ChatCliDevice:
    """What it is asked to send it hands over one by one, each until chat-cli has taken it."""

    def __init__(
        self, chat_cli: ChatCliProcess, person: str, history: History, chance: random.Random
    ) -> None:
        self.name = f"{person}/chat-cli"
        self.person = person
        self._waiting: asyncio.Queue[tuple[str, str, str]] = asyncio.Queue()
        self._chat_cli = chat_cli
        self._history = history
        self._chance = chance
        self._numbers = count(1)
        self._owed = 0
        self._have: dict[str, int] = defaultdict(int)
        self._http = httpx.AsyncClient(
            base_url=chat_cli.url,
            headers={"Authorization": f"Bearer {chat_cli.service_token()}"},
            trust_env=False,
            timeout=20,
        )

    async def sign_in(self, realm_url: str, password: str) -> None:
        body = {"address": self.person, "password": password, "realm_url": realm_url}
        answer = await self._http.post("/v1/accounts/login", json=body)
        assert answer.is_success, answer.text

    @property
    def owed(self) -> int:
        """What chat-cli has not taken."""
        return self._owed

    async def close(self) -> None:
        await self._http.aclose()

    def send(self, target: str, text: str) -> None:
        key = f"{self.name}-{next(self._numbers)}"
        self._history.sent(self.name, self.person, target, key, text)
        self._owed += 1
        self._waiting.put_nowait((target, key, text))

    async def run(self) -> None:
        """Hand over what is to be sent, and read now and then, until cancelled."""
        while True:
            target, key, text = await self._waiting.get()
            group = target.removeprefix("group:")
            to: Any = {"group": group} if group != target else target
            message = {"to": to, "key": key, "text": text}
            # Asked again with the same key, chat-cli has it once.
            await eventually(partial(self._is_taken, message), _PATIENCE_SECONDS)
            self._owed -= 1
            if self._chance.random() < 0.03:
                await self._read_on()

    async def _is_taken(self, message: dict[str, Any]) -> bool:
        try:
            answer = await self._http.post(self._path("messages?wait=0"), json=message)
        except httpx.TransportError:
            return False
        if answer.is_server_error:
            return False
        if answer.is_error:
            self._history.refused(self.person, message["key"], answer.text)
            return True
        told = answer.json()
        if told["seq"] is not None:
            place = (told["conversation"], told["seq"])
            self._history.promised_by_main(self.person, message["key"], place)
        return True

    async def _read_on(self) -> None:
        """Some of what has come, in some conversations."""
        for told in await self.conversations():
            read = self._chance.randint(told["read"], told["last_seq"])
            if self._chance.random() < 0.3 and read:
                marked = partial(self._is_marked, told["conversation"], read)
                await eventually(marked, _PATIENCE_SECONDS)
                self._history.moved(self.person, told["conversation"], read)

    async def _is_marked(self, conversation: str, read: int) -> bool:
        try:
            path = self._path(f"conversations/{conversation}/read")
            answer = await self._http.post(path, json={"seq": read})
        except httpx.TransportError:
            return False
        return answer.is_success

    async def conversations(self) -> list[dict[str, Any]]:
        """As it tells them now; nothing while it is away."""
        try:
            answer = await self._http.get(self._path("conversations"))
        except httpx.TransportError:
            return []
        if answer.is_error:
            return []
        told: list[dict[str, Any]] = answer.json()
        for each in told:
            self._history.began(self.person, each["conversation"], each["read"])
            marks = (each["delivered"], each["read"])
            self._history.watermark(self.name, each["conversation"], self.person, *marks)
        return told

    async def look(self) -> None:
        """At what is new in all conversations."""
        for told in await self.conversations():
            conversation = told["conversation"]
            while self._have[conversation] < told["last_seq"]:
                if not await self._view_page(conversation):
                    break

    async def _view_page(self, conversation: str) -> bool:
        """Whether there was anything."""
        have = self._have[conversation]
        path = f"conversations/{conversation}/messages?after={have}&limit={_PAGE}"
        try:
            answer = await self._http.get(self._path(path))
        except httpx.TransportError:
            return False
        # Without main's time: accepted, and shown once what stands before it is here.
        rows = [row for row in answer.json() if row["at"] is not None]
        for row in rows:
            self._history.viewed(self.name, conversation, _row(row))
            self._have[conversation] = row["seq"]
        return bool(rows)

    def _path(self, path: str) -> str:
        return f"/v1/accounts/{self.person}/{path}"


def _row(row: dict[str, Any]) -> Row:
    at = round(datetime.fromisoformat(row["at"]).timestamp() * 1000)
    key = row["key"] or ""
    return Row(row["seq"], row["from"], key, row["text"] if key else "", at)
