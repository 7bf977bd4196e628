"""Files through all three tiers, of real processes: whole, for members alone, whoever is killed."""

import hashlib
import random
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chat_cli_line.terminal import CTRL_C, Terminal
from tests.system.cuttable import CuttableLink
from tests.system.people import PersonAtWork
from tests.system.processes import CLEAR, System, environment, running_system
from tests.waiting import wait_until

MESSI, HENDERSON, LINEKER = "messi@surabaya", "henderson@jakarta", "lineker@surabaya"
CHUNK = 1024 * 1024
SLOW = 2 * 1024 * 1024
"""Bytes a second over the link: slow enough to be in the middle of a file."""


class WithFiles(PersonAtWork):
    """A person who sends and fetches files."""

    def send_file(self, to: str, content: bytes, name: str = "a.bin", *, wait: float = 30) -> Any:
        answer = self._request(
            "POST",
            self._path(f"files?wait={wait}"),
            data={"to": to},
            files={"file": (name, content)},
        )
        return self._told(answer)

    def fetch(self, file_id: str, **headers: str) -> httpx.Response:
        url = self.chat_cli.url + self._path(f"files/{file_id}")
        headers |= self._headers
        return httpx.get(url, headers=headers, timeout=60, trust_env=False, verify=CLEAR)

    def files(self) -> list[Any]:
        return list(self.get("files"))

    def transfer(self, transfer: str) -> Any:
        return self.get(f"transfers/{transfer}")


def some_bytes(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def people_of(system: System) -> tuple[WithFiles, WithFiles, WithFiles]:
    """Messi and lineker at surabaya, henderson at jakarta, all at one chat-cli."""
    urls = {MESSI: system.surabaya.url, HENDERSON: system.jakarta.url, LINEKER: system.surabaya.url}
    people = [WithFiles(system.chat_cli, address) for address in (MESSI, HENDERSON, LINEKER)]
    for person in people:
        person.sign_in(urls[person.address])
    messi, henderson, lineker = people
    return messi, henderson, lineker


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for what leaves it as it was."""
    with running_system(tmp_path_factory.mktemp("system")) as system:
        yield system


@pytest.fixture(scope="module")
def people(shared: System) -> tuple[WithFiles, WithFiles, WithFiles]:
    return people_of(shared)


People = tuple[WithFiles, WithFiles, WithFiles]


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 64 * CHUNK])
def test_a_file_arrives_in_the_other_realm(people: People, size: int) -> None:
    """Byte for byte, from one person's machine over two realms and main to another's."""
    messi, henderson, _ = people
    content = some_bytes(size)

    sent = messi.send_file(HENDERSON, content, f"{size}.bin")

    assert sent["state"] == "at_main"
    (message,) = [m for m in henderson.files() if m["key"] == sent["key"]]
    file = message["file"]
    assert (file["name"], file["size"]) == (f"{size}.bin", size)
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    for _ in range(2):  # from main, then from the realm's cache
        assert henderson.fetch(file["file_id"]).content == content


def test_both_sides_see_the_same_message(people: People) -> None:
    """The sender's own history says what main has put in its place."""
    messi, henderson, _ = people
    sent = messi.send_file(HENDERSON, b"%PDF-1.7 hello", "report.txt")

    (theirs,) = [m for m in henderson.files() if m["key"] == sent["key"]]
    (mine,) = [m for m in messi.files() if m["key"] == sent["key"]]

    assert mine["file"] == theirs["file"]
    assert theirs["file"]["type"] == "application/pdf"


def test_a_stranger_finds_nothing(people: People) -> None:
    """The same answer as for a file that never was."""
    messi, henderson, lineker = people
    messi.send_file(HENDERSON, b"for henderson alone")
    file_id = henderson.files()[-1]["file"]["file_id"]

    refused, never = lineker.fetch(file_id), lineker.fetch("0" * 32)

    assert refused.status_code == never.status_code == 404
    assert refused.json()["error"]["code"] == never.json()["error"]["code"] == "file_not_found"


def test_a_part_of_a_file(people: People) -> None:
    """Range requests reach through all tiers."""
    messi, henderson, _ = people
    content = some_bytes(3_000_000)
    messi.send_file(HENDERSON, content)
    file_id = henderson.files()[-1]["file"]["file_id"]

    answer = henderson.fetch(file_id, Range="bytes=1000000-1999999")

    assert (answer.status_code, answer.content) == (206, content[1_000_000:2_000_000])


def test_a_whole_group_gets_it(people: People) -> None:
    messi, henderson, lineker = people
    messi.command("creategroup club")
    henderson.command("joingroup club@surabaya")
    lineker.command("joingroup club")

    messi.send_file("group:club", b"for all", "all.txt")

    for person in (henderson, lineker):
        message = person.files()[-1]
        assert (message["text"], message["from"]) == ("all.txt", MESSI)
        assert person.fetch(message["file"]["file_id"]).content == b"for all"


# --- killed --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system of which each realm has a slow link; whoever was killed is there again."""
    setting = f"REALM_SERVER_FILE_BYTES_PER_SECOND={SLOW}"
    with running_system(tmp_path_factory.mktemp("slow"), realm_wrap=["env", setting]) as system:
        yield system


@pytest.fixture(scope="module")
def people_at_slow(slow: System) -> People:
    return people_of(slow)


def _of_this(person: WithFiles, sent: Any) -> list[Any]:
    """The messages with a file that was sent: one, where all is well."""
    return [message for message in person.files() if message["key"] == sent["key"]]


@pytest.mark.parametrize(
    "victim",
    [lambda s: s.main, lambda s: s.surabaya, lambda s: s.chat_cli],
    ids=["main", "realm", "chat-cli"],
)
def test_whoever_is_killed_the_file_arrives(
    slow: System, people_at_slow: People, victim: Callable[[System], Any]
) -> None:
    """In the middle of an upload, and of a download: the bytes are right, the message is one."""
    messi, henderson, _ = people_at_slow
    content = random.randbytes(4 * SLOW)
    sent = messi.send_file(HENDERSON, content, wait=0)
    wait_until(lambda: messi.transfer(sent["transfer"])["done"] > SLOW)

    victim(slow).restart()

    (message,) = henderson.eventually(lambda _: _of_this(henderson, sent))
    file_id = message["file"]["file_id"]
    answer = henderson.eventually(lambda _: _whole(henderson, file_id))
    assert answer == content
    assert len(_of_this(henderson, sent)) == 1


def _whole(person: WithFiles, file_id: str) -> bytes | None:
    answer = person.fetch(file_id)
    return answer.content if answer.status_code == 200 else None


def test_a_line_that_is_cut_again_and_again(slow: System, people_at_slow: People) -> None:
    """Between chat-cli and its realm, up and down: the bytes are right, and the message is one."""
    _, henderson, lineker = people_at_slow
    link = CuttableLink(slow.surabaya.port)
    try:
        lineker.sign_in(link.url)
        content = random.randbytes(8 * SLOW)
        sent = lineker.send_file(HENDERSON, content, wait=0)
        for _ in range(4):
            before = lineker.transfer(sent["transfer"])
            assert before["state"] != "done"
            link.cut()
            link.heal()
            wait_until(lambda done=before["done"]: _has_moved(lineker, sent["transfer"], done))
        (message,) = henderson.eventually(lambda _: _of_this(henderson, sent))
        assert message["file"]["sha256"] == hashlib.sha256(content).hexdigest()

        answers: list[httpx.Response] = []
        fetching = threading.Thread(
            target=lambda: answers.append(lineker.fetch(message["file"]["file_id"]))
        )
        fetching.start()
        for _ in range(5):
            wait_until(lambda: not fetching.is_alive() or _is_coming(lineker))
            link.cut()
            link.heal()
        fetching.join()
        assert answers[0].content == content
    finally:
        link.end()


def _has_moved(person: WithFiles, transfer: str, before: int) -> bool:
    told = person.transfer(transfer)
    return bool(told["state"] == "done" or told["done"] != before)


def _is_coming(person: WithFiles) -> bool:
    return any(
        told["direction"] == "download" and told["state"] == "running" and told["done"]
        for told in person.get("transfers")
    )


# --- at a terminal -------------------------------------------------------------------------------


def test_the_bar_moves_and_the_same_command_goes_on(
    slow: System, people_at_slow: People, tmp_path: Path
) -> None:
    """Ctrl-C stops both ways; the bar of the same command begins where the other one stopped."""
    _, henderson, _ = people_at_slow
    held_before = len(henderson.files())
    content = random.randbytes(10 * SLOW)
    (tmp_path / "big.bin").write_bytes(content)

    def command(*words: str) -> Terminal:
        chat_cli = [sys.executable, "-m", "chat_cli", *words]
        cd = ["env", f"--chdir={tmp_path}"]
        return Terminal([*cd, *chat_cli], environment(slow.chat_cli.home), columns=110)

    send = ("sendfile", HENDERSON, "big.bin", "--account", MESSI)
    _stop_in_the_middle(command(*send))
    assert len(henderson.files()) == held_before
    with command(*send) as terminal:
        assert _first_share(terminal) >= GONE_ON
        assert terminal.ended() == 0
        terminal.wait_for(f"Sent big.bin to {HENDERSON}.")
    message = henderson.files()[held_before]

    (tmp_path / "big.bin").unlink()
    receive = ("receivefile", message["file"]["file_id"][:8], "--account", HENDERSON)
    _stop_in_the_middle(command(*receive))
    with command(*receive) as terminal:
        assert _first_share(terminal) >= GONE_ON
        assert terminal.ended() == 0
    assert (tmp_path / "big.bin").read_bytes() == content
    assert not list(tmp_path.glob("*.part"))


GONE_ON = 20
"""Percent from which the second command begins: what the first one had handed to the network, but
not to the other side, goes again."""


def _stop_in_the_middle(terminal: Terminal) -> None:
    """Press Ctrl-C when the bar has moved, and moves."""
    with terminal:
        terminal.wait_until(lambda: 0 < _share(terminal) < 60, "progress")
        terminal.wait_until(lambda: 60 <= _share(terminal) < 95, "more progress")
        assert "per second" in terminal.text
        assert "left" in terminal.text
        terminal.type(CTRL_C)
        terminal.wait_for("chat-cli: stopped; the same command goes on where it was")
        assert terminal.ended() == 1


def _first_share(terminal: Terminal) -> int:
    terminal.wait_until(lambda: _share(terminal) > 0, "progress")
    return _share(terminal)


def _share(terminal: Terminal) -> int:
    """The percent that the bar shows; 0 where there is none."""
    shown = [row.partition("] ")[2].partition("%")[0] for row in terminal.rows if "[#" in row]
    return int(shown[-1]) if shown else 0
