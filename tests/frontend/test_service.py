"""The window's way to chat-cli: to this person's only, with its errors, found again after a cut."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from frontend.service import account, finding
from frontend.service.asking import Asking
from frontend.service.finding import Door
from realm_protocol.errors import (
    ServiceUnreachable,
    ServiceWentAway,
    TextTooLong,
    WrongPassword,
)

TOKEN = "service-token"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "token").write_text(TOKEN + "\n")
    (tmp_path / "service.json").write_text(json.dumps({"url": "http://127.0.0.1:7000"}))
    return tmp_path


def _http(answer: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


def _health(request: httpx.Request) -> httpx.Response:
    challenge = request.url.params["challenge"]
    return httpx.Response(200, json={"proof": finding.proof_of(TOKEN, challenge)})


async def test_the_service_is_found_by_its_file(home: Path) -> None:
    """Wherever it listens; a place that was given counts more."""
    async with _http(_health) as http:
        assert await finding.find(http, home, None) == Door("http://127.0.0.1:7000", TOKEN)
        elsewhere = "http://127.0.0.1:7100"
        assert await finding.find(http, home, elsewhere) == Door(elsewhere, TOKEN)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json={"status": "ok", "proof": "guessed"}),
        httpx.Response(200, json=["a list"]),
        httpx.Response(200, text="no JSON"),
        httpx.Response(404),
    ],
)
async def test_nothing_secret_goes_to_somebody_elses_service(
    home: Path, answer: httpx.Response
) -> None:
    """Whoever took the port must prove to hold this home's token first."""
    asked: list[httpx.Request] = []

    def answering(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer

    async with _http(answering) as http:
        with pytest.raises(ServiceUnreachable):
            await finding.find(http, home, None)

    assert not any("authorization" in request.headers for request in asked)
    assert all(TOKEN not in str(request.url) for request in asked)


async def test_a_home_without_a_service_is_told_in_words(tmp_path: Path) -> None:
    """Never started, or not running now."""
    async with _http(_health) as http:
        with pytest.raises(ServiceUnreachable, match="never run"):
            await finding.find(http, tmp_path, None)
        (tmp_path / "token").write_text(TOKEN)
        with pytest.raises(ServiceUnreachable, match="isn't running"):
            await finding.find(http, tmp_path, None)


class _Service:
    """Where chat-cli is, and what it answers next: a response, or how the connection ends."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.found = 0

    async def find(self) -> Door:
        self.found += 1
        return Door(f"http://127.0.0.1:{7000 + self.found}", TOKEN)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def asking(self, http: httpx.AsyncClient) -> Asking:
        return Asking(http, self.find)


async def test_errors_are_the_classes_that_the_service_means() -> None:
    """With their fields, from which the window makes its words."""
    refused = {"code": "text_too_long", "message": "…", "size": 70000, "limit": 65536}
    service = _Service(httpx.Response(413, json={"error": refused}))

    async with _http(service) as http:
        with pytest.raises(TextTooLong) as caught:
            await service.asking(http).ask("POST", "/v1/x", token="t", body={})

    assert caught.value.fields == {"size": 70000, "limit": 65536}


async def test_after_a_cut_the_service_is_found_anew() -> None:
    """It may have come back at another port; until then each cut is told as what it was."""
    service = _Service(
        httpx.ReadError("cut"), httpx.ConnectError("refused"), httpx.Response(200, json=[])
    )

    async with _http(service) as http:
        asking = service.asking(http)
        with pytest.raises(ServiceWentAway):
            await asking.ask("GET", "/v1/x")
        with pytest.raises(ServiceUnreachable):
            await asking.ask("GET", "/v1/x")
        await asking.ask("GET", "/v1/x")

    assert [request.url.port for request in service.asked] == [7001, 7002, 7003]


async def test_signing_in_answers_the_token_of_one_account() -> None:
    """The service's own token is used for that alone; what follows goes by the account's."""
    told = {"account": "messi@surabaya", "token": "account-token"}
    conversations = httpx.Response(200, json=[], headers={"X-Event-Id": "12"})
    wrong = {"code": "wrong_password", "message": "…", "address": "messi@surabaya"}
    service = _Service(
        httpx.Response(401, json={"error": wrong}), httpx.Response(200, json=told), conversations
    )

    async with _http(service) as http:
        asking = service.asking(http)
        with pytest.raises(WrongPassword):
            await account.login(asking, "messi@surabaya", "wrong", None)
        client = account.AccountClient(
            asking, await account.login(asking, "messi@surabaya", "right", None)
        )
        assert await client.conversations() == ([], 12)

    authorizations = [request.headers["authorization"] for request in service.asked]
    assert authorizations == [*[f"Bearer {TOKEN}"] * 2, "Bearer account-token"]


async def test_the_newest_messages_reach_into_the_log() -> None:
    """While cut off all of a page may have no number yet: the pages before it are asked for."""
    rows = [_row(seq, f"k{seq}") for seq in range(1, 6)]
    rows += [_row(None, f"k{number}") for number in range(6, 10)]

    def answering(request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        stop = len(rows)
        if "before_key" in asked:
            assert asked["before_from"] == "lineker@surabaya"
            stop = [row["key"] for row in rows].index(asked["before_key"])
        elif "before" in asked:
            stop = int(asked["before"]) - 1
        page = rows[max(0, stop - int(asked["limit"])) : stop]
        return httpx.Response(200, json=page, headers={"X-Event-Id": "12"})

    async with _http(answering) as http:
        asking = Asking(http, _Service().find)
        client = account.AccountClient(asking, account.SignedIn("messi@surabaya", "token"))
        newest, place = await client.history("C", limit=3)
        older, _ = await client.history("C", before=3, limit=3)

    assert [message.key for message in newest] == [f"k{number}" for number in range(1, 10)]
    assert [message.seq for message in older] == [1, 2]
    assert place == 12


def _row(seq: int | None, key: str) -> dict[str, Any]:
    at = "2026-11-21T10:00:00.000Z"
    return {
        "conversation": "C",
        "seq": seq,
        "key": key,
        "kind": "text",
        "from": "lineker@surabaya",
        "text": key,
        "at": at if seq else None,
        "sent_at": at,
        "state": "delivered" if seq else "at_realm",
    }


async def test_a_stream_resumes_behind_the_last_event() -> None:
    """And ends in an error when it is cut, so that whoever follows comes again."""
    text = 'id: 8\nevent: read\ndata: {"seq": 2}\n\n: still here\n\nevent: link\ndata: {}\n\n'
    service = _Service(httpx.Response(200, text=text), httpx.ReadError("cut"))

    async with _http(service) as http:
        client = account.AccountClient(
            service.asking(http), account.SignedIn("messi@surabaya", "account-token")
        )
        events = [event async for event in client.events(7)]
        with pytest.raises(ServiceWentAway):
            async for _ in client.events(8):
                pass

    assert [(event.id, event.type) for event in events] == [(8, "read"), (None, "link")]
    assert [request.headers["last-event-id"] for request in service.asked] == ["7", "8"]
