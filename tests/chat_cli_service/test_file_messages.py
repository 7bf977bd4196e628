"""Files as messages: what history, inbox, events and readers show of them."""

import base64

from realm_protocol.bodies import FileBody, pack_file_body
from tests.waiting import eventually

from .conftest import HENDERSON, MESSI, Person
from .fake_realm import FakeRealm

PREVIEW = b"\xff\xd8\xffsmall"
PICTURE = FileBody(
    file_id="a" * 32,
    name="../evil/cat.jpg",
    size=1234,
    type="image/jpeg",
    sha256="b" * 64,
    width=640,
    height=480,
    preview=PREVIEW,
)
SHOWN = {
    "file_id": "a" * 32,
    "name": "cat.jpg",
    "size": 1234,
    "type": "image/jpeg",
    "sha256": "b" * 64,
    "width": 640,
    "height": 480,
    "preview": base64.b64encode(PREVIEW).decode(),
}


def say_file(realm: FakeRealm, body: bytes) -> str:
    conversation = realm.private(MESSI, HENDERSON)
    row = realm.store(conversation, HENDERSON, f"file-{len(conversation.log)}", body, "file")
    realm.publish(conversation, row, None)
    return conversation.id


async def test_a_file_is_a_message(realm: FakeRealm, messi: Person) -> None:
    """It says all there is to know before its bytes are fetched; its text is a safe name."""
    await messi.get("/readers/archive")
    async with messi.events() as stream:
        conversation = say_file(realm, pack_file_body(PICTURE))
        event = (await stream.next("message"))["data"]

    (row,) = await messi.get(f"/conversations/{conversation}/messages")
    (unread,) = await messi.get("/inbox", peek="true")
    (read,) = (await messi.get("/readers/archive"))["messages"]
    (found,) = await messi.get("/search", q="cat")
    for message in (event, row, unread, read, found):
        assert (message["kind"], message["text"]) == ("file", "cat.jpg")
        assert message["file"] == SHOWN


async def test_what_is_no_picture_has_no_size_in_pixels(realm: FakeRealm, messi: Person) -> None:
    """Keys that mean nothing are left out."""
    body = FileBody("a" * 32, "notes.txt", 5, "text/plain", "b" * 64)

    conversation = say_file(realm, pack_file_body(body))

    (row,) = await messi.get(f"/conversations/{conversation}/messages")
    assert row["file"] == {
        name: getattr(body, name) for name in ("file_id", "name", "size", "type", "sha256")
    }


async def test_a_text_has_no_file(realm: FakeRealm, messi: Person) -> None:
    """The key is only where there is a file."""
    sent = await messi.send(HENDERSON, "hello")

    (row,) = await messi.get(f"/conversations/{sent['conversation']}/messages")
    assert "file" not in row


async def test_a_file_that_can_not_be_read_is_a_message_still(
    realm: FakeRealm, messi: Person
) -> None:
    """What a later version sends makes no hole in the log."""
    conversation = say_file(realm, b"\x80")

    (row,) = await messi.get(f"/conversations/{conversation}/messages")
    assert row["text"] == "(a file that this version can't show)"
    assert "file" not in row


async def test_a_file_that_a_restored_main_has_lost_is_sent_again_as_one(
    realm: FakeRealm, messi: Person
) -> None:
    """Under its key, with all that its message said."""
    answer = await messi.service.http.post(
        f"{messi.path}/files", data={"to": HENDERSON}, files={"file": ("a.txt", b"hello")}
    )
    assert answer.json()["state"] == "at_main"
    conversation = realm.private(MESSI, HENDERSON)
    (before,) = conversation.log
    realm.restore({})
    realm.cut()

    await eventually(lambda: conversation.log)

    (again,) = conversation.log
    assert (again.key, again.kind, again.body) == (before.key, "file", before.body)
