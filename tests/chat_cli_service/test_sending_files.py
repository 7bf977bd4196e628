"""Sending files: whole, once, in their place, whatever is cut, refused, damaged or killed."""

import asyncio
import hashlib
import random
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from chat_cli.account.files.spool import Spool
from realm_protocol.bodies import FileBody, read_file_body
from realm_protocol.errors import Blocked, QuotaExceeded, StorageFull
from tests.waiting import eventually

from .conftest import HENDERSON, MESSI, Person, Service, serving
from .fake_realm import FakeRealm

CHUNK = 256 * 1024


def some_bytes(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


async def try_file(
    person: Person, content: bytes, name: str = "a.bin", to: str = HENDERSON, **query: Any
) -> httpx.Response:
    fields = {"to": to} | ({"key": query.pop("key")} if "key" in query else {})
    return await person.service.http.post(
        f"{person.path}/files", data=fields, files={"file": (name, content)}, params=query
    )


async def send_file(person: Person, content: bytes, name: str = "a.bin", **how: Any) -> Any:
    answer = await try_file(person, content, name, **how)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def transfer(person: Person, transfer: str) -> Any:
    return await person.get(f"/transfers/{transfer}")


def bodies(realm: FakeRealm) -> list[FileBody]:
    """The files that henderson has got from messi, in order."""
    return [read_file_body(row.body) for row in realm.private(MESSI, HENDERSON).log]


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def spooled(folder: Path) -> list[Path]:
    return list(folder.glob("home/accounts/*.files/*"))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * 1024 * 1024 + 7])
async def test_a_file_arrives_as_it_was(
    realm: FakeRealm, messi: Person, tmp_path: Path, size: int
) -> None:
    """Its bytes are whole at main before its message exists; nothing stays behind here."""
    content = some_bytes(size)

    sent = await send_file(messi, content, "notes.bin")

    assert (sent["state"], sent["seq"], sent["to"]) == ("at_main", 1, HENDERSON)
    (body,) = bodies(realm)
    assert bytes(realm.files.uploads[body.file_id].content) == content
    assert (body.name, body.size) == ("notes.bin", size)
    assert body.sha256 == hashlib.sha256(content).hexdigest()
    assert (await transfer(messi, sent["transfer"]))["state"] == "done"
    assert spooled(tmp_path) == []


async def test_a_file_to_a_group(realm: FakeRealm, messi: Person) -> None:
    """`to` is `group:NAME`."""
    realm.group("club@surabaya", MESSI, HENDERSON)

    sent = await send_file(messi, b"hello", to="group:club")

    assert sent["to"] == {"group": "club@surabaya"}
    assert sent["state"] == "at_main"


async def test_an_upload_that_is_cut_goes_on_where_it_was(realm: FakeRealm, messi: Person) -> None:
    """At random bytes, again and again: what main has is not sent twice."""
    content = some_bytes(400_000)
    chances = random.Random(4)
    realm.files.cuts_up = [chances.randrange(1, 60_000) for _ in range(5)]

    sent = await send_file(messi, content, wait=30)

    assert sent["state"] == "at_main"
    assert bytes(realm.files.only().content) == content
    assert realm.files.begun == 1
    assert len(realm.files.offsets) == 6
    assert realm.files.offsets == sorted(set(realm.files.offsets))


async def test_while_cut_off_a_file_waits(realm: FakeRealm, messi: Person) -> None:
    """It is kept, answered as saved, and goes when the realm is there again, after older ones."""
    await realm.running.stop()
    await eventually(lambda: messi.link() == "unreachable")
    sent = await send_file(messi, b"hello", wait=0)
    assert (sent["state"], sent["seq"]) == ("saved", None)
    await eventually(lambda: _is(messi, sent, "waiting"))

    await realm.running.start()

    await eventually(lambda: [body.size for body in bodies(realm)] == [5])
    assert await _is(messi, sent, "done")


async def test_a_realm_that_is_cut_off_takes_the_file(realm: FakeRealm, messi: Person) -> None:
    """Also for somebody of whom only main could say that they can be reached."""
    realm.link_down()
    await eventually(lambda: messi.link() == "cut_off")

    sent = await send_file(messi, b"hello", wait=30)

    assert (sent["state"], sent["seq"]) == ("at_realm", None)
    assert bytes(realm.files.only().content) == b"hello"
    realm.link_back()
    await eventually(lambda: [body.size for body in bodies(realm)] == [5])


async def _is(person: Person, sent: Any, state: str) -> bool:
    return bool((await transfer(person, sent["transfer"]))["state"] == state)


async def test_the_service_ends_and_the_upload_goes_on(realm: FakeRealm, tmp_path: Path) -> None:
    """After a restart it continues at main's offset; the key is the one that was answered."""
    content = some_bytes(300_000)
    realm.files.held_from = 100_000
    async with serving(tmp_path / "home", realm.url) as service:
        person = await service.login()
        sent = await send_file(person, content, "big.bin", wait=0)
        await eventually(lambda: realm.files.uploads and len(realm.files.only().content) >= 100_000)
    realm.files.held_from = None

    async with serving(tmp_path / "home", realm.url) as service:
        person = Person(service, MESSI, "")
        await eventually(lambda: _is(person, sent, "done"))
        await eventually(lambda: bodies(realm))

    assert realm.files.begun == 1
    assert realm.files.offsets[-1] >= 100_000
    assert bytes(realm.files.only().content) == content
    assert realm.private(MESSI, HENDERSON).log[0].key == sent["key"]
    assert spooled(tmp_path) == []


async def test_an_upload_that_main_has_forgotten_begins_anew(
    realm: FakeRealm, messi: Person
) -> None:
    """It ends after a day without bytes; here nothing is lost."""
    realm.files.cuts_up = [1000]
    realm.files.forgets = True
    sent = await send_file(messi, some_bytes(5000), wait=0)

    await eventually(lambda: _is(messi, sent, "done"))

    assert realm.files.begun == 2
    assert len(realm.files.only().content) == 5000


async def test_bytes_that_were_damaged_on_their_way_go_again(
    realm: FakeRealm, messi: Person
) -> None:
    """Main throws them away; the file that lies here is right."""
    realm.files.damage_up = 1
    content = some_bytes(5000)

    sent = await send_file(messi, content, wait=20)

    assert sent["state"] == "at_main"
    assert bytes(realm.files.only().content) == content


async def test_a_file_that_was_damaged_here_is_refused(
    realm: FakeRealm, messi: Person, tmp_path: Path
) -> None:
    """It isn't sent for ever, and never as something else."""
    await realm.running.stop()
    await eventually(lambda: messi.link() == "unreachable")
    sent = await send_file(messi, some_bytes(5000), wait=0)
    (path,) = spooled(tmp_path)
    path.write_bytes(some_bytes(5000, seed=2))

    await realm.running.start()

    await eventually(lambda: _is(messi, sent, "refused"))
    told = await transfer(messi, sent["transfer"])
    assert told["error"]["code"] == "file_unreadable"
    assert bodies(realm) == []


async def test_what_main_refuses_answers_its_error_and_can_be_tried_again(
    realm: FakeRealm, messi: Person
) -> None:
    """A full quota: said before a byte was sent. With room again, the same transfer goes on."""
    realm.files.refusals = [QuotaExceeded(used=10, size=5, limit=12)]

    answer = await try_file(messi, b"hello")

    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "quota_exceeded"
    (told,) = await messi.get("/transfers")
    assert (told["state"], told["error"]["code"]) == ("refused", "quota_exceeded")
    assert realm.files.offsets == []

    assert (await messi.post(f"/transfers/{told['transfer']}/retry"))["state"] != "refused"
    await eventually(lambda: _is(messi, told, "done"))


async def test_a_refusal_for_now_is_waited_out(realm: FakeRealm, messi: Person) -> None:
    """Main's disk is full for a moment."""
    realm.files.refusals = [StorageFull(server="main server")]

    assert (await send_file(messi, b"hello", wait=20))["state"] == "at_main"


async def test_a_message_that_main_refuses_is_told(realm: FakeRealm, messi: Person) -> None:
    """The bytes were there; whom they are for wants none of them."""
    realm.refusals = [Blocked(address=HENDERSON)]

    answer = await try_file(messi, b"hello")

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "blocked")
    (told,) = await messi.get("/transfers")
    message = (await transfer(messi, told["transfer"]))["message"]
    assert (message["state"], message["error"]["code"]) == ("refused", "blocked")


NOBODY = [
    ("nobody@surabaya", "user_not_found"),
    ("group:nowhere", "group_not_found"),
    ("group:others", "not_member"),
]


@pytest.mark.parametrize(("to", "code"), NOBODY)
async def test_who_can_not_be_reached_is_said_before_the_bytes_go(
    realm: FakeRealm, messi: Person, tmp_path: Path, to: str, code: str
) -> None:
    """Main is asked first: nothing is uploaded, nothing is kept."""
    realm.group("others@surabaya", HENDERSON)

    answer = await try_file(messi, b"hello", to=to)

    assert answer.json()["error"]["code"] == code
    assert realm.files.begun == 0
    assert (await messi.get("/transfers"), spooled(tmp_path)) == ([], [])


@pytest.mark.parametrize(("to", "code"), NOBODY)
async def test_what_was_saved_while_cut_off_is_asked_before_its_bytes_go(
    realm: FakeRealm, messi: Person, to: str, code: str
) -> None:
    """It is kept as any other, and refused once main can say so."""
    realm.group("others@surabaya", HENDERSON)
    await realm.running.stop()
    await eventually(lambda: messi.link() == "unreachable")
    sent = await send_file(messi, b"hello", to=to, wait=0)

    await realm.running.start()

    await eventually(lambda: _is(messi, sent, "refused"))
    message = (await transfer(messi, sent["transfer"]))["message"]
    assert (message["error"]["code"], realm.files.begun) == (code, 0)


async def test_what_became_of_a_file_can_be_waited_for(realm: FakeRealm, messi: Person) -> None:
    """One question until main has the message, for whoever shows how it goes."""
    sent = await send_file(messi, b"hello", wait=0)

    told = await messi.get(f"/transfers/{sent['transfer']}", wait=20)

    assert told["state"] == "done"
    assert (told["message"]["state"], told["message"]["seq"]) == ("at_main", 1)


async def test_a_file_takes_its_place_when_it_is_whole(realm: FakeRealm, messi: Person) -> None:
    """What is written meanwhile goes before it, and doesn't wait."""
    realm.files.held_from = 1
    sent = await send_file(messi, some_bytes(5000), wait=0)
    await eventually(lambda: realm.files.offsets)
    assert (await messi.send(HENDERSON, "meanwhile"))["state"] == "at_main"
    realm.files.held_from = None
    await messi.post(f"/transfers/{sent['transfer']}/cancel")
    await messi.post(f"/transfers/{sent['transfer']}/retry")

    await eventually(lambda: len(realm.private(MESSI, HENDERSON).log) == 2)

    kinds = [row.kind for row in realm.private(MESSI, HENDERSON).log]
    assert kinds == ["text", "file"]


async def test_cancelled_it_stops_and_goes_on_where_it_was(realm: FakeRealm, messi: Person) -> None:
    """Nothing more is sent, whatever happens, until somebody says so."""
    realm.files.held_from = 1000
    content = some_bytes(300_000)
    sent = await send_file(messi, content, wait=0)
    await eventually(lambda: realm.files.uploads and len(realm.files.only().content) >= 1000)

    told = await messi.post(f"/transfers/{sent['transfer']}/cancel")
    realm.files.held_from = None
    await messi.send(HENDERSON, "meanwhile")

    assert told["state"] == "cancelled"
    assert len(realm.files.offsets) == 1
    await messi.post(f"/transfers/{sent['transfer']}/retry")
    await eventually(lambda: _is(messi, sent, "done"))
    assert realm.files.begun == 1
    assert realm.files.offsets[1] >= 1000
    assert bytes(realm.files.only().content) == content


async def test_the_same_file_to_the_same_person_goes_on(
    realm: FakeRealm, messi: Person, tmp_path: Path
) -> None:
    """With `resume` it is the same transfer, also after it was cancelled: one message."""
    realm.files.held_from = 1000
    content = some_bytes(300_000)
    first = await send_file(messi, content, wait=0, resume="true")
    await eventually(lambda: realm.files.uploads and len(realm.files.only().content) >= 1000)
    await messi.post(f"/transfers/{first['transfer']}/cancel")
    realm.files.held_from = None

    again = await send_file(messi, content, resume="true")

    assert (again["transfer"], again["key"]) == (first["transfer"], first["key"])
    assert (again["state"], len(bodies(realm))) == ("at_main", 1)
    assert realm.files.begun == 1
    later = await send_file(messi, content, resume="true")
    assert later["transfer"] != first["transfer"]
    assert spooled(tmp_path) == []


async def test_removed_it_is_gone_on_both_sides(
    realm: FakeRealm, messi: Person, tmp_path: Path
) -> None:
    """Main's bytes too; asked again, there is no such transfer."""
    realm.files.held_from = 1
    sent = await send_file(messi, some_bytes(5000), wait=0)
    await eventually(lambda: realm.files.offsets)

    answer = await messi.service.http.delete(f"{messi.path}/transfers/{sent['transfer']}")

    assert answer.status_code == 200
    assert realm.files.uploads == {}
    assert spooled(tmp_path) == []
    answer = await messi.service.http.get(f"{messi.path}/transfers/{sent['transfer']}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "transfer_not_found")


async def test_a_key_sends_once(realm: FakeRealm, messi: Person) -> None:
    """The same answer again; another file, or a text, is a conflict."""
    first = await send_file(messi, b"hello", key="k1")
    again = await send_file(messi, b"hello", key="k1")

    assert (again["seq"], again["key"]) == (first["seq"], "k1")
    assert len(bodies(realm)) == 1
    assert (await try_file(messi, b"other", key="k1")).status_code == 409
    assert (
        await messi.try_post("/messages", {"to": HENDERSON, "text": "a.bin", "key": "k1"})
    ).status_code == 409


async def test_a_key_is_taken_while_its_file_is_under_way(realm: FakeRealm, messi: Person) -> None:
    """A key belongs to one message, also before that is in the outbox."""
    realm.files.held_from = 1
    first = await send_file(messi, b"hello", key="k1", wait=0)
    again = await send_file(messi, b"hello", key="k1", wait=0)

    assert again["transfer"] == first["transfer"]
    answer = await messi.try_post("/messages", {"to": HENDERSON, "text": "a.bin", "key": "k1"})
    assert answer.json()["error"]["code"] == "key_conflict"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("CON", "_CON"),
        ("\u202egpj.exe", "gpj.exe"),
        ("x" * 300 + ".txt", "x" * 251 + ".txt"),
        ("ä\u00a0b.txt", "ä\u00a0b.txt"),
    ],
)
async def test_names_are_made_safe(realm: FakeRealm, messi: Person, name: str, safe: str) -> None:
    """On the way out already."""
    await send_file(messi, b"hello", name)

    assert [body.name for body in bodies(realm)] == [safe]


async def test_progress_is_told(realm: FakeRealm, messi: Person) -> None:
    """As passing events, and by a route: how much, of how much, and its end."""
    async with messi.events() as stream:
        sent = await send_file(messi, some_bytes(2_000_000), "big.bin")
        told = [(await stream.next("transfer"))["data"]]
        while told[-1]["state"] != "done":
            told.append((await stream.next("transfer"))["data"])

    assert {one["transfer"] for one in told} == {sent["transfer"]}
    assert told[-1]["done"] == told[-1]["size"] == 2_000_000
    assert (told[-1]["direction"], told[-1]["name"]) == ("upload", "big.bin")
    assert [one["done"] for one in told] == sorted(one["done"] for one in told)
    assert told[-1].keys() >= {"rate", "state", "to", "key", "conversation"}


async def test_own_history_shows_the_file(realm: FakeRealm, messi: Person) -> None:
    """As everybody else sees it, at once."""
    async with messi.events() as stream:
        sent = await send_file(messi, b"hello", "notes.txt")
        event = (await stream.next("message"))["data"]

    (row,) = await messi.get(f"/conversations/{sent['conversation']}/messages")
    (listed,) = await messi.get("/files")
    for message in (event, row, listed):
        assert (message["kind"], message["text"]) == ("file", "notes.txt")
        assert message["file"]["type"] == "text/plain"
        assert message["file"]["sha256"] == hashlib.sha256(b"hello").hexdigest()


async def test_a_file_over_the_limit_is_refused_at_once(realm: FakeRealm, tmp_path: Path) -> None:
    """Where its length is said before, nothing of it is read."""
    async with serving(tmp_path / "home", realm.url, file_limit=10_000) as service:
        person = await service.login()

        for size in (10_001, 200_000):
            answer = await try_file(person, some_bytes(size))
            assert (answer.status_code, answer.json()["error"]["code"]) == (413, "file_too_large")
        assert (await send_file(person, some_bytes(10_000)))["state"] == "at_main"
    assert spooled(tmp_path) == []


async def test_a_full_disk_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    """In the middle of a file, as the system says it: no room on the device."""
    spool = Spool(tmp_path, limit=10_000_000)
    (tmp_path / "upload").symlink_to("/dev/full")
    incoming = spool.begin("upload", 10)
    await incoming.take(some_bytes(2_000_000))

    with pytest.raises(StorageFull):
        await incoming.finish()

    await incoming.abandon()
    assert names_in(tmp_path) == []


async def test_a_file_that_leaves_no_room_is_refused_before_it_comes(tmp_path: Path) -> None:
    """The messages' own files lie on the same disk."""
    spool = Spool(tmp_path, limit=2**60)

    with pytest.raises(StorageFull):
        spool.begin("upload", shutil.disk_usage(tmp_path).free)

    assert names_in(tmp_path) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'--b\r\nContent-Disposition: form-data; name="to"\r\n\r\nhenderson\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nhalf',
        b"no form at all",
    ],
    ids=["nothing", "no file", "no recipient", "cut off", "no form"],
)
async def test_a_broken_form_is_refused(
    realm: FakeRealm, messi: Person, tmp_path: Path, body: bytes
) -> None:
    """In the one shape, with nothing left behind."""
    answer = await messi.service.http.post(
        f"{messi.path}/files",
        content=body,
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed")
    assert spooled(tmp_path) == []


async def test_who_goes_away_in_the_middle_has_sent_nothing(
    realm: FakeRealm, messi: Person, tmp_path: Path
) -> None:
    """Half a file is none."""
    _, writer = await asyncio.open_connection("127.0.0.1", messi.service.port)
    writer.write(
        f"POST {messi.path}/files HTTP/1.1\r\nHost: 127.0.0.1:{messi.service.port}\r\n"
        f"Authorization: Bearer {messi.service.token}\r\nContent-Length: 100000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nhalf'.encode()
    )
    await eventually(lambda: spooled(tmp_path))

    writer.close()

    await eventually(lambda: not spooled(tmp_path))
    assert await messi.get("/transfers") == []


async def test_forgetting_an_account_erases_its_files(
    realm: FakeRealm, service: Service, messi: Person, tmp_path: Path
) -> None:
    """Unsent ones too."""
    realm.files.held_from = 1
    await send_file(messi, b"hello", wait=0)

    assert (await messi.post("/logout", {"forget": True}))["unsent"] == 1

    assert list((tmp_path / "home" / "accounts").glob("*.files")) == []
