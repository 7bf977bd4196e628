"""`realm-server watch` and `transcript`: what they ask of the running server, and print of it."""

import json
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from realm_protocol.errors import RoomNotOpen
from realm_server.watching import ServerNotRunning, transcript, watch
from tests.waiting import DEADLINE_SECONDS

ROOM = {"room": {"group": "lobby@surabaya", "conversation": "g", "last_seq": 2, "open": True}}
REFUSED = RoomNotOpen(realm="surabaya").body()


def message(seq: int, text: str) -> dict[str, Any]:
    at = "2026-11-21T10:55:03.000Z"
    return {"message": {"seq": seq, "kind": "text", "from": "a@b", "text": text, "at": at}}


class Server:
    """Answers each connection with the next of these, and hangs up."""

    def __init__(self, path: Path, *answers: list[Any]) -> None:
        self.asked: list[Any] = []
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.settimeout(DEADLINE_SECONDS)
        self._listening.bind(str(path))
        self._listening.listen()
        self._thread = threading.Thread(target=self._serve, args=answers)
        self._thread.start()

    def _serve(self, *answers: list[Any]) -> None:
        for lines in answers:
            connection, _ = self._listening.accept()
            with connection, connection.makefile("rb") as read:
                self.asked.append(json.loads(read.readline()))
                for line in lines:
                    connection.sendall(line if isinstance(line, bytes) else to_line(line))

    def end(self) -> None:
        self._thread.join()
        self._listening.close()


def to_line(answer: Any) -> bytes:
    return json.dumps(answer).encode() + b"\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "realm.db.operator"


def test_watching_goes_on_with_the_next_server(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Behind the last whole row; it is told once that one is away. A refusal ends it."""
    half = to_line(message(3, "tiga"))[:-9]
    server = Server(
        path,
        [ROOM, message(1, "satu"), message(2, "dua"), half],
        [],
        [ROOM, message(3, "tiga")],
        [REFUSED],
    )
    waited: list[float] = []

    with pytest.raises(RoomNotOpen):
        watch(path, last=2, as_json=False, wait=waited.append)
    server.end()

    shown = capsys.readouterr()
    assert [line.split(" ", 1)[1] for line in shown.out.splitlines()] == [
        "a@b: satu",
        "a@b: dua",
        "a@b: tiga",
    ]
    assert shown.err.count("gone away") == 2
    assert len(waited) == 3
    assert server.asked == [
        {"operation": "watch", "last": 2},
        {"operation": "watch", "after": 2},
        {"operation": "watch", "after": 2},
        {"operation": "watch", "after": 3},
    ]


def test_a_transcript_is_whole_or_an_error(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a server that stops has left out is not passed over in silence."""
    server = Server(
        path,
        [ROOM, message(1, "satu"), {"end": True}],
        [ROOM, message(1, "satu")],
    )

    transcript(path, after=0, before=9, as_json=True)
    with pytest.raises(ServerNotRunning):
        transcript(path, after=0, before=9, as_json=True)
    server.end()

    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["text"] for line in lines] == ["satu", "satu"]
    assert server.asked[0] == {"operation": "transcript", "after": 0, "before": 9}


def test_where_no_server_runs_nothing_is_watched(path: Path) -> None:
    """Said at once, with what to do."""
    with pytest.raises(ServerNotRunning, match="Start it"):
        watch(path, last=2, as_json=False)
