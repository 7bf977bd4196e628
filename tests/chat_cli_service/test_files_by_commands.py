"""`sendfile`, `sendgroupfile` and `receivefile`: the program as a process, over a real service."""

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from realm_protocol.bodies import FileBody, pack_file_body, read_file_body
from realm_protocol.errors import QuotaExceeded
from tests.waiting import eventually

from .conftest import HENDERSON, MESSI, Service, serving
from .fake_realm import FakeRealm


def some_bytes(size: int) -> bytes:
    return random.Random(size).randbytes(size)


@dataclass
class Ended:
    """A command that is over."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()


class CommandLine:
    """Commands of messi, in a folder of their own."""

    def __init__(self, home: Path, folder: Path) -> None:
        self.folder = folder
        kept = {n: v for n, v in os.environ.items() if not n.startswith("CHAT_CLI_")}
        self._env = {**kept, "REALMCHAT_HOME": str(home), "LC_ALL": "C.UTF-8"}

    async def begin(self, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chat_cli", *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=self.folder,
            env=self._env,
        )

    async def run(self, *arguments: str, stdin: bytes = b"") -> Ended:
        process = await self.begin(*arguments)
        async with asyncio.timeout(60):
            out, err = await process.communicate(stdin)
        assert b"Traceback" not in err, err
        assert process.returncode is not None
        return Ended(process.returncode, out, err.decode())

    def put(self, name: str, content: bytes) -> None:
        (self.folder / name).write_bytes(content)

    def get(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
async def served(realm: FakeRealm, tmp_path: Path) -> AsyncIterator[Service]:
    async with serving(tmp_path / "chat-cli", realm.url) as service:
        await service.login()
        yield service


@pytest.fixture
def line(tmp_path: Path, served: Service) -> CommandLine:
    folder = tmp_path / "folder"
    folder.mkdir()
    return CommandLine(tmp_path, folder)


def bodies(realm: FakeRealm) -> list[FileBody]:
    return [read_file_body(row.body) for row in realm.private(MESSI, HENDERSON).log]


def content_of(realm: FakeRealm, body: FileBody) -> bytes:
    return bytes(realm.files.uploads[body.file_id].content)


def shared(realm: FakeRealm, content: bytes, name: str) -> str:
    """A file of henderson's for messi."""
    file_id = realm.files.put(content)
    new = realm.files.uploads[file_id].new
    body = FileBody(file_id, name, new.size, "text/plain", new.sha256)
    conversation = realm.private(MESSI, HENDERSON)
    row = realm.store(conversation, HENDERSON, file_id, pack_file_body(body), "file")
    realm.publish(conversation, row, None)
    return file_id


# --- sending -------------------------------------------------------------------------------------


async def test_a_file_is_sent_by_its_path(realm: FakeRealm, line: CommandLine) -> None:
    """When the command ends with 0, main has it."""
    content = some_bytes(1_000_000)
    line.put("my report.pdf", content)

    ended = await line.run("sendfile", "henderson", "my report.pdf")

    assert (ended.code, ended.err) == (0, "")
    assert ended.text == "Sent my report.pdf to henderson@surabaya.\n"
    (body,) = bodies(realm)
    assert (body.name, content_of(realm, body)) == ("my report.pdf", content)


async def test_to_a_group_with_json(realm: FakeRealm, line: CommandLine) -> None:
    """One JSON line, with what became of it."""
    realm.group("club@surabaya", MESSI, HENDERSON)
    line.put("a.txt", b"hello")

    ended = await line.run("sendgroupfile", "club", "a.txt", "--json")

    told = json.loads(ended.text)
    assert (told["state"], told["to"]) == ("at_main", {"group": "club@surabaya"})
    assert told.keys() >= {"key", "transfer", "conversation", "seq"}


@pytest.mark.parametrize("size", [0, 1, 700_000])
async def test_standard_input_is_a_file_too(realm: FakeRealm, line: CommandLine, size: int) -> None:
    """Of a size that nobody knows before its end."""
    content = some_bytes(size)

    ended = await line.run("sendfile", "henderson", "-", "--name", "dump.tar", stdin=content)

    assert ended.code == 0
    (body,) = bodies(realm)
    assert (body.name, content_of(realm, body)) == ("dump.tar", content)


async def test_what_says_that_it_is_empty_is_read(realm: FakeRealm, line: CommandLine) -> None:
    """The kernel's files have no size, and bytes."""
    ended = await line.run("sendfile", "henderson", "/proc/self/status")

    assert ended.code == 0
    assert content_of(realm, bodies(realm)[0]).startswith(b"Name:")


@pytest.mark.parametrize("path", ["nowhere", "."])
async def test_what_can_not_be_read_is_said(line: CommandLine, path: str) -> None:
    """Before anything is asked of a server."""
    ended = await line.run("sendfile", "henderson", path)

    assert ended.code == 4
    assert ended.err.startswith(f"chat-cli: {path} can't be read: ")


async def test_a_refusal_ends_with_four(realm: FakeRealm, line: CommandLine) -> None:
    realm.files.refusals = [QuotaExceeded(used=10, size=5, limit=12)]
    line.put("a.txt", b"hello")

    ended = await line.run("sendfile", "henderson", "a.txt")

    assert (ended.code, "your limit of 12 bytes" in ended.err) == (4, True)


@pytest.mark.parametrize("path", ["big.bin", "-"])
async def test_what_is_too_large_is_said_while_it_is_read(
    realm: FakeRealm, tmp_path: Path, path: str
) -> None:
    """The service's answer is heard, though most of the file has not gone out."""
    content = some_bytes(30_000_000)
    async with serving(tmp_path / "chat-cli", realm.url, file_limit=10_000) as service:
        await service.login()
        line = CommandLine(tmp_path, tmp_path)
        line.put("big.bin", content)

        ended = await line.run("sendfile", "henderson", path, stdin=content)

    assert (ended.code, "the limit is 10000 bytes" in ended.err) == (4, True)


async def test_while_cut_off_it_is_saved(realm: FakeRealm, line: CommandLine) -> None:
    """As a message is: exit code 3, and it goes later."""
    await realm.running.stop()
    line.put("a.txt", b"hello")

    ended = await line.run("sendfile", "henderson", "a.txt", "--wait", "0")

    assert (ended.code, ended.text) == (3, "Saved a.txt for henderson@surabaya.\n")
    await realm.running.start()
    await eventually(lambda: [body.name for body in bodies(realm)] == ["a.txt"])


async def test_after_ctrl_c_the_same_command_goes_on(
    realm: FakeRealm, served: Service, line: CommandLine
) -> None:
    """Where it was: main gets no byte twice, and one message."""
    realm.files.held_from = 100_000
    content = some_bytes(300_000)
    line.put("big.bin", content)
    process = await line.begin("sendfile", "henderson", "big.bin")
    await eventually(lambda: realm.files.uploads and len(realm.files.only().content) >= 100_000)

    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()
    realm.files.held_from = None

    assert (process.returncode, err) == (
        1,
        b"chat-cli: stopped; the same command goes on where it was\n",
    )
    assert bodies(realm) == []
    assert (await line.run("sendfile", "henderson", "big.bin")).code == 0
    assert realm.files.begun == 1
    assert realm.files.offsets[1] >= 100_000
    assert [content_of(realm, body) for body in bodies(realm)] == [content]


# --- receiving -----------------------------------------------------------------------------------


async def test_the_newest_file_is_saved(realm: FakeRealm, line: CommandLine) -> None:
    """In the folder where one is, under its own name."""
    content = some_bytes(600_000)
    shared(realm, b"older", "older.txt")
    shared(realm, content, "report.pdf")

    ended = await line.run("receivefile")

    assert (ended.code, ended.text) == (0, "Saved report.pdf.\n")
    assert line.names == ["report.pdf"]
    assert line.get("report.pdf") == content


async def test_it_never_overwrites(realm: FakeRealm, line: CommandLine) -> None:
    """Another file of that name stays as it is."""
    file_id = shared(realm, b"theirs", "report.tar.gz")
    line.put("report.tar.gz", b"mine")

    for _ in range(2):
        ended = await line.run("receivefile", file_id[:8])

    assert ended.text == "Saved report.tar (3).gz.\n"
    assert line.get("report.tar.gz") == b"mine"
    assert line.get("report.tar (2).gz") == line.get("report.tar (3).gz") == b"theirs"


async def test_all_are_saved_once(realm: FakeRealm, line: CommandLine) -> None:
    """Those that are here already are left alone; a folder that isn't there is made."""
    shared(realm, b"one", "a.txt")
    shared(realm, b"two", "a.txt")
    shared(realm, b"", "empty")

    first = await line.run("receivefile", "all", "--to", "in/here", "--json")
    again = await line.run("receivefile", "all", "--to", "in/here", "--json")

    told = [json.loads(row) for row in first.text.splitlines()]
    assert [row["path"] for row in told] == [
        "in/here/a.txt",
        "in/here/a (2).txt",
        "in/here/empty",
    ]
    assert (again.code, again.text) == (0, "")
    assert line.get("in/here/a (2).txt") == b"two"


async def test_one_that_is_gone_keeps_no_other_back(realm: FakeRealm, line: CommandLine) -> None:
    """It is named, the exit code tells of it, and all others are there."""
    shared(realm, b"one", "a.txt")
    gone = shared(realm, b"two", "b.txt")
    shared(realm, b"three", "c.txt")
    del realm.files.uploads[gone]

    ended = await line.run("receivefile", "all")

    assert (ended.code, line.names) == (4, ["a.txt", "c.txt"])
    assert gone in ended.err


async def test_the_longest_name_has_room_for_others_beside_it(
    realm: FakeRealm, line: CommandLine
) -> None:
    """Of 300 bytes, cut to what a file system takes: while it comes, and where it is taken."""
    file_id = shared(realm, b"hello", "\u00e4" * 148 + ".txt")

    for _ in range(2):
        assert (await line.run("receivefile", file_id)).code == 0

    assert [len(name.encode()) for name in line.names] == [254, 254]
    assert line.names[0].endswith(" (2).txt")
    assert {line.get(name) for name in line.names} == {b"hello"}


async def test_a_link_that_lies_there_is_not_followed(realm: FakeRealm, line: CommandLine) -> None:
    """In a folder of many, somebody else may have laid it."""
    file_id = shared(realm, b"hello", "a.txt")
    line.put("mine", b"dear to me")
    (line.folder / f"a.txt.{file_id[:8]}.part").symlink_to("mine")

    ended = await line.run("receivefile", file_id)

    assert (ended.code, line.get("mine")) == (1, b"dear to me")


async def test_to_standard_output(realm: FakeRealm, line: CommandLine) -> None:
    """The bytes and nothing else."""
    content = some_bytes(300_000)
    file_id = shared(realm, content, "a.bin")

    ended = await line.run("receivefile", file_id, "--to", "-")

    assert (ended.code, ended.out, ended.err) == (0, content, "")
    assert line.names == []


@pytest.mark.parametrize(
    ("name", "safe"),
    [("../../etc/passwd", "passwd"), ("CON", "_CON"), (".bashrc", "bashrc"), ("a/b\\c", "c")],
)
async def test_a_name_is_never_a_path(
    realm: FakeRealm, line: CommandLine, name: str, safe: str
) -> None:
    shared(realm, b"hello", name)

    await line.run("receivefile")

    assert line.names == [safe]


async def test_a_download_goes_on_where_it_was_stopped(realm: FakeRealm, line: CommandLine) -> None:
    """What lies there as .part is not fetched again."""
    content = some_bytes(300_000)
    file_id = shared(realm, content, "big.bin")
    line.put(f"big.bin.{file_id[:8]}.part", content[:123_456])

    ended = await line.run("receivefile", file_id)

    assert ended.code == 0
    assert realm.files.ranges == ["bytes=123456-"]
    assert (line.names, line.get("big.bin")) == (["big.bin"], content)


async def test_a_wrong_part_is_thrown_away(realm: FakeRealm, line: CommandLine) -> None:
    """It can't become the file; the next run begins anew."""
    file_id = shared(realm, some_bytes(300_000), "big.bin")
    line.put(f"big.bin.{file_id[:8]}.part", b"x" * 1000)

    ended = await line.run("receivefile", file_id)

    assert (ended.code, line.names) == (1, [])
    assert "not those of its checksum" in ended.err
    assert (await line.run("receivefile", file_id)).code == 0


async def test_while_the_realm_is_away_the_part_stays(realm: FakeRealm, line: CommandLine) -> None:
    """Refused in words, with the code for what can't be reached."""
    file_id = shared(realm, some_bytes(1000), "a.bin")
    part = f"a.bin.{file_id[:8]}.part"
    line.put(part, some_bytes(1000)[:10])
    await line.run("inbox", "--peek")
    await realm.running.stop()

    ended = await line.run("receivefile", file_id)

    assert (ended.code, line.names) == (7, [part])
    await realm.running.start()


async def test_what_is_not_there_is_said(realm: FakeRealm, line: CommandLine) -> None:
    """No file at all is nothing bad; one that one may not open is refused."""
    none = await line.run("receivefile")
    stranger = await line.run("receivefile", "0" * 32)

    assert (none.code, none.err) == (0, "chat-cli: nobody has sent a file\n")
    assert (stranger.code, line.names) == (4, [])


async def test_a_list_shows_which_file_it_is(realm: FakeRealm, line: CommandLine) -> None:
    """With what `receivefile` needs to find it."""
    file_id = shared(realm, b"x" * 1_234_000, "report.pdf")

    ended = await line.run("inbox", "--peek")

    assert ended.text.endswith(f": report.pdf [file {file_id[:8]}, 1.2 MB]\n")
