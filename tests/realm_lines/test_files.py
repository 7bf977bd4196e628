"""Files by text lines: what one program brings, another gets, byte for byte."""

import json
from base64 import b64encode
from collections.abc import Callable

import pytest

from tests.realm_lines.answers import error, person, said
from tests.realm_lines.field import FILE_LIMIT_OF_JAKARTA, Field, Program

NewName = Callable[[str], str]
FIVE_MEBIBYTES = bytes(range(256)) * 4 * 5 * 1024


def literal(content: bytes) -> str:
    """As Python shows bytes: `b'…'`."""
    return repr(b64encode(content))


def arrived(message: object) -> tuple[str, str]:
    """The name and the text of a file in an inbox of `mesin`."""
    assert isinstance(message, str)
    file = json.loads(message)
    assert sorted(file) == ["file_content", "file_name", "msg_from", "msg_to"]
    return file["file_name"], file["file_content"]


def test_a_file_to_a_person(field: Field, mesin: Program, new_name: NewName) -> None:
    """Its inbox holds a JSON text, once; of the path only the last part."""
    name = new_name("pemain")
    token = person(mesin, name, "Pemain_Baru")
    messi, messis = field.signed_in("messi", "surabaya", "mesin")

    assert messi.raw(f"sendfile {messis} {name} /home/messi/foto.png b'aGVq'") == said("File Sent")
    assert messi.raw(f"send {messis} {name}  lihat") == said("Message Sent")
    assert mesin.raw(f"inbox {token}") == (
        b'{"status": "OK", "messages": {"messi": ["{\\"msg_from\\": \\"Lionel Messi\\",'
        b' \\"msg_to\\": \\"Pemain Baru\\", \\"file_name\\": \\"foto.png\\",'
        b' \\"file_content\\": \\"b\'aGVq\'\\"}",'
        b' {"msg_from": "Lionel Messi", "msg_to": "Pemain Baru", "msg": " lihat"}]}}\r\n\r\n'
    )
    assert mesin.raw(f"inbox {token}") == b'{"status": "OK", "messages": {}}\r\n\r\n'


def test_five_mebibytes_there_and_back(field: Field, mesin: Program, new_name: NewName) -> None:
    """In one line, with the next request in the same segment."""
    name = new_name("pemain")
    token = person(mesin, name)
    content = literal(FIVE_MEBIBYTES)

    mesin.send(f"sendfile {token} {name} besar.bin {content} \r\ninbox {token} \r\n")

    assert mesin.answer() == said("File Sent")
    (message,) = json.loads(mesin.answer())["messages"][name]
    assert arrived(message) == ("besar.bin", content)


def test_one_answer_holds_no_more_than_fits(mesin: Program, new_name: NewName) -> None:
    """The files that it has no room for come with the next inbox."""
    name = new_name("pemain")
    token = person(mesin, name)
    for number in range(3):
        content = literal(bytes(3 * 512 * 1024))
        assert mesin.raw(f"sendfile {token} {name} {number}.bin {content}") == said("File Sent")

    counts = []
    while messages := mesin.ask(f"inbox {token}")["messages"]:
        counts.append([arrived(message)[0] for message in messages[name]])
    assert counts == [["0.bin", "1.bin"], ["2.bin"]]


def test_a_file_to_a_group(field: Field, mesin: Program, new_name: NewName) -> None:
    """Everybody in it gets it, the sender too."""
    name, group = new_name("pemain"), new_name("grup")
    token = person(mesin, name)
    assert mesin.ask(f"addgroup {token} {group}")["status"] == "OK"
    messi, messis = field.signed_in("messi", "surabaya", "mesin")
    assert messi.raw(f"sendgroupfile {messis} {group} a.txt b'aGVq'") == error(
        f"Anda tidak ada di grup {group}@surabaya. Bergabung dulu."
    )
    assert messi.ask(f"joingroup {messis} {group}")["status"] == "OK"

    assert messi.raw(f"sendgroupfile {messis} {group} a.txt b'aGVq'") == said("File Sent")

    for program, theirs in ((mesin, token), (messi, messis)):
        (*_, message) = program.ask(f"inbox {theirs}")["messages"]["messi"]
        assert arrived(message) == ("a.txt", "b'aGVq'")


def test_files_to_another_realm(field: Field, mesin: Program, new_name: NewName) -> None:
    """To a person, to several, to a group: each as its word says."""
    one, other, group = new_name("a"), new_name("b"), new_name("grup")
    token = mesin.auth("messi")
    there = field.connect("jakarta", "mesin")
    theirs = {name: person(there, name) for name in (one, other)}
    assert there.ask(f"addgroup {theirs[one]} {group}")["status"] == "OK"

    assert mesin.raw(f"sendfilerealm {token} jakarta {one} a.txt b'YQ=='") == said(
        "File Sent to Realm"
    )
    for whom in (f"{one},{other}", f"group:{group}"):
        assert mesin.raw(f"sendgroupfilerealm {token} jakarta {whom} b.txt b'Yg=='") == said(
            "Message Sent to Group in Realm"
        )

    counts = []
    for whose in theirs.values():
        messages = there.ask(f"getrealminbox {whose} surabaya")["messages"]
        counts.append([arrived(message) for message in messages])
    assert counts == [[("a.txt", "b'YQ=='"), ("b.txt", "b'Yg=='")], [("b.txt", "b'Yg=='")]]
    (message,) = there.ask(f"inbox {theirs[one]}")["messages"]["messi@surabaya"]
    assert arrived(message) == ("b.txt", "b'Yg=='")


def test_files_of_the_other_dialect(field: Field, kelompok5: Program, new_name: NewName) -> None:
    """They come behind their line; lists show their names, the dialects share the bytes."""
    name, group = new_name("heru"), new_name("grup")
    mesin = field.connect("surabaya", "mesin")
    token = person(mesin, name)
    assert kelompok5.ask(f"creategroup {token} {group}")["status"] == "OK"

    for text in ("", "aGVq", "aG\r\nVq", literal(b"hej"), b64encode(FIVE_MEBIBYTES).decode()):
        kelompok5.send(f"sendfile {token} {name} foto.png \r\n\r\n{text}\r\n\r\n")
        assert kelompok5.answer() == said("File Sent")
    kelompok5.send(f"sendgroupfile {token} {group} foto kita.png \r\n\r\naGVq\r\n\r\n")
    assert kelompok5.answer() == said("File Sent to Group")

    first, *_, last = kelompok5.ask(f"inbox {token}")["messages"]
    assert list(first) == ["msg_from", "msg_to", "file", "timestamp"]
    assert (first["msg_from"], first["msg_to"], first["file"]) == (name, name, "foto.png")
    (in_group,) = kelompok5.ask(f"groupinbox {token} {group}")["messages"]
    assert list(in_group) == ["msg_from", "file", "timestamp"]
    assert (last["file"], in_group["file"]) == ("foto.png", "foto kita.png")
    contents = [arrived(message)[1] for message in mesin.ask(f"inbox {token}")["messages"][name]]
    assert contents == ["b''", *["b'aGVq'"] * 3, literal(FIVE_MEBIBYTES), "b'aGVq'"]


@pytest.mark.parametrize(
    "header",
    [
        "sendfile {} lineker /home/messi/foto.png",
        "sendgroupfile {} satu foto.png",
        "sendfilerealm {} jakarta messi foto.png",
        "sendgroupfilerealm {} jakarta group:satu foto.png",
    ],
)
def test_a_line_without_its_file_is_no_request(mesin: Program, header: str) -> None:
    """The next one is understood."""
    token = mesin.auth("messi")

    assert mesin.raw(header.format(token)) == error("--Protocol Tidak Benar")
    assert mesin.ask(f"inbox {token}")["status"] == "OK"


def test_a_header_without_its_file_is_no_request(kelompok5: Program) -> None:
    """What follows it is the next request."""
    token = kelompok5.auth("messi")

    kelompok5.send(f"sendfile {token} lineker a.png \r\ninbox x\r\n")

    assert kelompok5.answer() == error("--Protocol Tidak Benar")
    assert kelompok5.answer() == error("Invalid session")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("sendfile {} siapa a.txt b'aGVq'", "User Tidak Ditemukan"),
        ("sendgroupfile {} tidakada a.txt b'aGVq'", "Group Tidak Ditemukan"),
        ("sendfilerealm {} tidakada messi a.txt b'aGVq'", "Realm Tidak Ditemukan"),
        ("sendfilerealm {} jakarta siapa a.txt b'aGVq'", "User Tidak Ditemukan"),
        ("sendgroupfilerealm {} jakarta siapa,siapa2 a.txt b'aGVq'", "User Tidak Ditemukan"),
        ("sendgroupfilerealm {} jakarta group:tidakada a.txt b'aGVq'", "Group Tidak Ditemukan"),
    ],
)
def test_whom_a_file_can_not_reach_is_said(mesin: Program, line: str, sentence: str) -> None:
    """Before its bytes go to main."""
    assert mesin.raw(line.format(mesin.auth("messi"))) == error(sentence)


@pytest.mark.parametrize("text", ["bukan base64", "b'aGV'", "b'aGVq", "!!!!"])
def test_what_is_no_base64_is_said(mesin: Program, text: str) -> None:
    """And the connection goes on."""
    token = mesin.auth("messi")

    assert "base64" in mesin.message(f"sendfile {token} lineker a.txt {text}")
    assert mesin.ask(f"inbox {token}")["status"] == "OK"


def test_a_file_has_a_limit(field: Field, new_name: NewName) -> None:
    """Told with the file's size once it has come; the largest one goes through."""
    mesin, name = field.connect("jakarta", "mesin"), new_name("pemain")
    token = person(mesin, name)
    largest = bytes(FILE_LIMIT_OF_JAKARTA)

    assert mesin.raw(f"sendfile {token} {name} a.bin {literal(largest)}") == said("File Sent")
    refusal = mesin.message(f"sendfile {token} {name} b.bin {literal(largest + bytes(9))}")
    assert str(len(largest) + 9) in refusal
    assert str(len(largest)) in refusal
    (message,) = mesin.ask(f"inbox {token}")["messages"][name]
    assert arrived(message) == ("a.bin", literal(largest))


def test_a_file_that_no_line_can_hold_is_told(
    field: Field, mesin: Program, new_name: NewName
) -> None:
    """By its name and size; what comes behind it comes too."""
    there, name = field.connect("jakarta", "mesin"), new_name("pemain")
    theirs, token = person(there, name), mesin.auth("messi")
    content = literal(bytes(FILE_LIMIT_OF_JAKARTA + 1))

    assert mesin.ask(f"sendfilerealm {token} jakarta {name} besar.bin {content}")["status"] == "OK"
    assert mesin.ask(f"sendfilerealm {token} jakarta {name} a.txt b'YQ=='")["status"] == "OK"

    told, small = there.ask(f"getrealminbox {theirs} surabaya")["messages"]
    assert told["msg"] == f" [besar.bin, {FILE_LIMIT_OF_JAKARTA + 1} byte]"
    assert arrived(small) == ("a.txt", "b'YQ=='")
