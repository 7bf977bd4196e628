"""A person at a chat-cli over HTTP, as tests speak to it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import httpx

from tests.system.processes import CLEAR, ChatCliProcess
from tests.waiting import wait_until

Json = dict[str, Any]

_POLL_SECONDS = 0.1
"""Each look is a request, and the servers of the test need the processor too."""


class PersonAtWork:
    """One account on one machine. Requests carry the service token."""

    def __init__(self, chat_cli: ChatCliProcess, address: str) -> None:
        self.chat_cli = chat_cli
        self.address = address
        self._keys = count(1)
        self._token = chat_cli.service_token()

    def sign_in(self, realm_url: str, password: str = "surabaya") -> Json:  # noqa: S107
        body = {"address": self.address, "password": password, "realm_url": realm_url}
        return self._told(self._request("POST", "/v1/accounts/login", json=body))

    def sign_out(self, **body: Any) -> Json:
        return self.post("logout", **body)

    def send(self, to: Any, text: str, *, key: str | None = None, wait: float = 5) -> Json:
        body = {"to": to, "text": text, "key": key or f"{self.address}-{next(self._keys)}"}
        return self.post(f"messages?wait={wait}", **body)

    def post(self, path: str, **body: Any) -> Json:
        return self._told(self._request("POST", self._path(path), json=body))

    def get(self, path: str) -> Any:
        return self._told(self._request("GET", self._path(path)))

    def command(self, line: str) -> Any:
        return self.post("commands", line=line)["result"]

    def conversation(self, conversation: str) -> Json:
        (found,) = [c for c in self.get("conversations") if c["conversation"] == conversation]
        return found

    def history(self, conversation: str) -> list[Json]:
        """All of it, page by page."""
        rows: list[Json] = []
        while True:
            after = rows[-1]["seq"] if rows else 0
            page = self.get(f"conversations/{conversation}/messages?after={after}&limit=1000")
            stored = [row for row in page if row["seq"] is not None]
            rows.extend(stored)
            if not stored:
                return rows

    def texts(self, conversation: str) -> list[str]:
        return [row["text"] for row in self.history(conversation) if row["kind"] == "text"]

    def events_since(self, event_id: str | None, enough: Any) -> tuple[list[Json], str]:
        """Durable events after this id until `enough(events)`; with the last id."""
        headers = self._headers | ({"Last-Event-ID": event_id} if event_id else {})
        events: list[Json] = []
        last = event_id or ""
        url = self.chat_cli.url + self._path("events")
        with httpx.stream(
            "GET", url, headers=headers, timeout=30, trust_env=False, verify=CLEAR
        ) as stream:
            for event in _events(stream.iter_lines()):
                if "id" in event:
                    last = event["id"]
                    events.append(event)
                if enough(events):
                    return events, last
        raise AssertionError("the stream ended")

    @contextmanager
    def told_of_link(self) -> Iterator[Iterator[Json]]:
        """What a window is told of the link: how it stands, then each change."""
        url = self.chat_cli.url + self._path("events")
        with httpx.stream(
            "GET", url, headers=self._headers, timeout=60, trust_env=False, verify=CLEAR
        ) as stream:
            events = _events(stream.iter_lines())
            yield (json.loads(event["data"]) for event in events if event.get("event") == "link")

    def event_id(self) -> str:
        """Where the present state stands in the events."""
        answer = self._request("GET", self._path("conversations"))
        return str(answer.headers["X-Event-Id"])

    def eventually(self, condition: Any, seconds: float = 60) -> Any:
        """`condition(person)`, tried again while the services are away."""

        def tried() -> Any:
            try:
                return condition(self)
            except (httpx.TransportError, httpx.HTTPStatusError, ValueError):
                return None

        return wait_until(tried, seconds, poll_seconds=_POLL_SECONDS)

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def _path(self, path: str) -> str:
        return f"/v1/accounts/{self.address}/{path}"

    def _request(self, method: str, path: str, **how: Any) -> httpx.Response:
        url = self.chat_cli.url + path
        return httpx.request(
            method, url, headers=self._headers, timeout=30, trust_env=False, verify=CLEAR, **how
        )

    def _told(self, answer: httpx.Response) -> Any:
        if answer.is_error:
            raise httpx.HTTPStatusError(answer.text, request=answer.request, response=answer)
        return answer.json()


def _events(lines: Any) -> Any:
    event: Json = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line == "":
            if event:
                yield event
            event = {}
        elif name in ("id", "event", "data"):
            event[name] = value
