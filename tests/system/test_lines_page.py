"""`docs/lines.md`, played as it stands against a system that `realmchat up` starts.

Each of its blocks is one connection: what is typed, and below it what the realm answers.
"""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from realm_server.lines.connections import DIALECTS
from tests.system.demonstration import Demonstration

PAGE = (Path(__file__).parents[2] / "docs" / "lines.md").read_text(encoding="utf-8")
_BLOCKS = re.compile(r"```telnet\n\$ telnet (127\.0\.0\.1 \d+)\n(.*?)```", re.DOTALL)
_TOKEN = re.compile(r'"tokenid": "([^"]+)"')
_TIME = re.compile(r'(?<="timestamp": ")[^"]+')


@pytest.fixture
def demonstration(tmp_path: Path) -> Iterator[Demonstration]:
    started = Demonstration(tmp_path)
    started.start()
    yield started
    started.end()


def test_the_page_of_text_lines_tells_the_truth(demonstration: Demonstration) -> None:
    """Every answer on it is the one that comes, but for tokens and times."""
    tokens: dict[str, str] = {}
    blocks = _BLOCKS.findall(PAGE)
    assert len(blocks) >= 7

    for place, lines in blocks:
        host, port = demonstration.moved(place).split()
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            for typed, expected in _turns(demonstration.moved(lines)):
                connection.sendall(_with(tokens, typed).encode() + b"\r\n")
                answer = _answer(connection)
                _learn(tokens, expected, answer)
                assert _settled(answer) == _settled(_with(tokens, expected)), typed


def test_every_word_is_on_the_page() -> None:
    """Of both dialects, with what stands behind it."""
    for dialect in DIALECTS.values():
        section = PAGE.split(f"## `{dialect.name}`")[1].split("\n## ")[0]
        told = re.findall(r"^\| `(\w+)[ `]", section, re.MULTILINE)
        assert told == list(dialect.words)


def _turns(lines: str) -> Iterator[tuple[str, str]]:
    """What is typed, and the answer below it."""
    typed: list[str] = []
    for line in lines.splitlines():
        if line.startswith("{"):
            yield "\r\n".join(typed), line
            typed.clear()
        else:
            typed.append(line)


def _answer(connection: socket.socket) -> str:
    received = b""
    while not received.endswith(b"\r\n\r\n"):
        more = connection.recv(4096)
        assert more, received
        received += more
    return received.decode().removesuffix("\r\n\r\n")


def _learn(tokens: dict[str, str], expected: str, answer: str) -> None:
    """The token that stands on the page is the one that came here."""
    shown, came = _TOKEN.search(expected), _TOKEN.search(answer)
    if shown and came:
        tokens[shown[1]] = came[1]


def _with(tokens: dict[str, str], text: str) -> str:
    for shown, came in tokens.items():
        text = text.replace(shown, came)
    return text


def _settled(answer: str) -> str:
    return _TIME.sub("TIME", answer)
