"""Answering a state: the value, and in `X-Event-Id` the place from which events continue it."""

from typing import TypeVar

from fastapi import Response

from chat_cli.account.reading import Snapshot

T = TypeVar("T")


def answer_state(response: Response, snapshot: Snapshot[T]) -> T:
    response.headers["X-Event-Id"] = str(snapshot.event_id)
    return snapshot.value
