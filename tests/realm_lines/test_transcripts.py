"""Every row of both dialects, played as a transcript over raw TCP, however it is cut.

`<A>` in an answer is a token from then on, `<TIME>` a time, `<ANY>` whatever.
"""
# ruff: noqa: E501  # an answer is one line

import re
from collections.abc import Callable, Iterator

import pytest

from realm_server.lines.connections import DIALECTS
from tests.realm_lines.answers import error
from tests.realm_lines.field import PASSWORD, Field, Program

MESIN = r"""
surabaya> register {one} {password} Nama_Satu Argentina
{"status": "OK", "tokenid": "<A>"}
surabaya> register {two} {password} Nama_Dua Inggris
{"status": "OK", "tokenid": "<B>"}
jakarta> register {far} {password} Nama_Jauh Inggris
{"status": "OK", "tokenid": "<C>"}
surabaya> auth {one} {password}
{"status": "OK", "tokenid": "<D>"}
surabaya> addgroup {A} {group}
{"status": "OK", "message": "Add group successful"}
surabaya> joingroup {B} {group}
{"status": "OK", "message": "Join group successful"}
surabaya> send {A} {two}  hello world
{"status": "OK", "message": "Message Sent"}
surabaya> sendgroup {B} {group}  halo semua
{"status": "OK", "message": "Message Sent"}
surabaya> sendfile {A} {two} C:\foto\satu.png b'aGVq'
{"status": "OK", "message": "File Sent"}
surabaya> sendgroupfile {A} {group} dua.png b'aGVq'
{"status": "OK", "message": "File Sent"}
surabaya> inbox {B}
{"status": "OK", "messages": {"{one}": [{"msg_from": "Nama Satu", "msg_to": "Nama Dua", "msg": " hello world"}, "{\"msg_from\": \"Nama Satu\", \"msg_to\": \"Nama Dua\", \"file_name\": \"satu.png\", \"file_content\": \"b'aGVq'\"}", "{\"msg_from\": \"Nama Satu\", \"msg_to\": \"Nama Dua\", \"file_name\": \"dua.png\", \"file_content\": \"b'aGVq'\"}"], "{two}": [{"msg_from": "Nama Dua", "msg_to": "Nama Dua", "msg": " halo semua", "group": "{group}"}]}}
surabaya> inbox {B}
{"status": "OK", "messages": {}}
surabaya> addrealm {realm} 127.0.0.1 {port}
{"status": "OK"}
surabaya> addrealm {realm} 127.0.0.1 {port}
{"status": "ERROR", "message": "Realm sudah ada"}
surabaya> sendprivaterealm {A} {realm} {far}  halo jauh
{"status": "OK", "message": "Message Sent to Realm"}
surabaya> sendfilerealm {A} {realm} {far} tiga.png b'aGVq'
{"status": "OK", "message": "File Sent to Realm"}
surabaya> sendgrouprealm {A} {realm} {far},{far}  dua kali
{"status": "OK", "message": "Message Sent to Group in Realm"}
jakarta> getrealminbox {C} {realm}
{"status": "OK", "messages": [{"msg_from": "Nama Satu", "msg_to": "Nama Jauh", "msg": " halo jauh"}, "{\"msg_from\": \"Nama Satu\", \"msg_to\": \"Nama Jauh\", \"file_name\": \"tiga.png\", \"file_content\": \"b'aGVq'\"}", {"msg_from": "Nama Satu", "msg_to": "Nama Jauh", "msg": " dua kali"}, {"msg_from": "Nama Satu", "msg_to": "Nama Jauh", "msg": " dua kali"}]}
jakarta> addgroup {C} {club}
{"status": "OK", "message": "Add group successful"}
surabaya> sendgrouprealm {A} {realm} group:{club}  halo grup
{"status": "OK", "message": "Message Sent to Group in Realm"}
surabaya> sendgroupfilerealm {A} {realm} group:{club} empat.png b'aGVq'
{"status": "OK", "message": "Message Sent to Group in Realm"}
jakarta> inbox {C}
{"status": "OK", "messages": {"{one}@surabaya": [{"msg_from": "Nama Satu", "msg_to": "Nama Jauh", "msg": " halo grup", "group": "{club}"}, "{\"msg_from\": \"Nama Satu\", \"msg_to\": \"Nama Jauh\", \"file_name\": \"empat.png\", \"file_content\": \"b'aGVq'\"}"]}}
surabaya> info
{"status": "OK", "message": {<ANY>{"username": "{one}", "userdetail": {"nama": "Nama Satu", "negara": "Argentina"}}<ANY>}}
surabaya> logout {A}
{"status": "OK"}
surabaya> inbox {A}
{"status": "ERROR", "message": "Session Tidak Ditemukan"}
surabaya> inbox {D}
<ANY>
"""

KELOMPOK5 = r"""
surabaya> register {one} {password}
{"status": "OK", "message": "User Registered Successfully"}
surabaya> auth {one} {password}
{"status": "OK", "tokenid": "<A>"}
surabaya> register {two} {password}
{"status": "OK", "message": "User Registered Successfully"}
jakarta> register {far} {password}
{"status": "OK", "message": "User Registered Successfully"}
jakarta> auth {far} {password}
{"status": "OK", "tokenid": "<C>"}
surabaya> send {A} {two} apa kabar?
{"status": "OK", "message": "Message Sent"}
surabaya> sendrealm {A} {far} halo jauh
{"status": "OK", "message": "Message Sent"}
surabaya> sendfile {A} {two} foto.png \r\n\r\naGVq\r\n\r\n
{"status": "OK", "message": "File Sent"}
surabaya> inbox {A}
{"status": "OK", "messages": [{"msg_from": "{one}", "msg_to": "{two}", "msg": "apa kabar?", "timestamp": "<TIME>"}, {"msg_from": "{one}", "msg_to": "{far}@jakarta", "msg": "halo jauh", "timestamp": "<TIME>"}, {"msg_from": "{one}", "msg_to": "{two}", "file": "foto.png", "timestamp": "<TIME>"}]}
surabaya> creategroup {A} {group} {two}
{"status": "OK", "message": "Group Created"}
surabaya> sendgroup {A} {group} halo semua
{"status": "OK", "message": "Message Sent to Group"}
surabaya> sendgroupfile {A} {group} foto.png \r\n\r\naGVq\r\n\r\n
{"status": "OK", "message": "File Sent to Group"}
surabaya> groupinbox {A} {group}
{"status": "OK", "messages": [{"msg_from": "{one}", "msg": "{one}: halo semua", "timestamp": "<TIME>"}, {"msg_from": "{one}", "file": "foto.png", "timestamp": "<TIME>"}]}
jakarta> sendgrouprealm {C} {group} ikut
{"status": "OK", "message": "Message Sent to Group"}
surabaya> listusers
{"status": "OK", "users": [<ANY>"{one}"<ANY>]}
surabaya> listgroups
{"status": "OK", "groups": [<ANY>"{group}"<ANY>]}
"""

TRANSCRIPTS = {"mesin": MESIN, "kelompok5": KELOMPOK5}
_MARKS = {"<ANY>": ".*", "<TIME>": r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00"}


def turns(transcript: str) -> Iterator[tuple[str, str, str]]:
    """Where, what is asked, and what is answered."""
    lines = transcript.strip().splitlines()
    for asked, answer in zip(lines[::2], lines[1::2], strict=True):
        realm, _, request = asked.partition("> ")
        yield realm, request.replace(r"\r\n", "\r\n"), answer


def filled(text: str, known: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], found[0]), text)


def pattern(answer: str, known: dict[str, str]) -> str:
    """What an answer must be, byte for byte but for its marks."""
    for part in re.findall("<[A-Z]+>", answer):
        _MARKS.setdefault(part, rf"(?P<{part[1]}>[\w-]{{43}})")
    parts = re.split("(<[A-Z]+>)", filled(answer, known))
    return "".join(_MARKS.get(part, re.escape(part)) for part in parts) + "\r\n\r\n"


def at_once(program: Program, request: bytes) -> bytes:
    program.send(request)
    return program.answer()


def byte_by_byte(program: Program, request: bytes) -> bytes:
    for byte in request:
        program.send(bytes([byte]))
    return program.answer()


def with_the_next(program: Program, request: bytes) -> bytes:
    """Two requests in one segment are answered in turn."""
    program.send(request + b"apa \r\n")
    answer = program.answer()
    assert program.answer() == error("**Protocol Tidak Benar")
    return answer


@pytest.mark.parametrize("sent", [at_once, byte_by_byte, with_the_next])
@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_every_row_is_answered_as_it_stands(
    field: Field,
    new_name: Callable[[str], str],
    dialect: str,
    sent: Callable[[Program, bytes], bytes],
) -> None:
    """However the bytes of a request come."""
    programs = {realm: field.connect(realm, dialect) for realm in field.realms}
    names = ("one", "two", "far", "group", "club", "realm")
    known = {name: new_name(name) for name in names}
    known |= {"password": PASSWORD, "port": str(field.ports["jakarta", dialect])}

    for realm, request, expected in turns(TRANSCRIPTS[dialect]):
        asked = filled(request, known)
        ended = asked if asked.endswith("\r\n") else f"{asked} \r\n"
        answer = sent(programs[realm], ended.encode()).decode()
        found = re.fullmatch(pattern(expected, known), answer)
        assert found, (asked, answer)
        known |= found.groupdict()


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_every_word_has_a_row(dialect: str) -> None:
    """None of a dialect is left out."""
    asked = {request.partition(" ")[0] for _, request, _ in turns(TRANSCRIPTS[dialect])}

    assert asked == set(DIALECTS[dialect].words)
