"""What a listener answers: JSON on one line, and the sentences that the programs' users know."""

import json
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

from realm_protocol.errors import (
    AlreadyMember,
    ConversationNotFound,
    GroupExists,
    GroupNotFound,
    InvalidAddress,
    InvalidName,
    NotSignedIn,
    RealmchatError,
    RealmExists,
    RealmNotEnrolled,
    RealmNotFound,
    SessionEnded,
    UnknownCommand,
    UserExists,
    UserNotFound,
    WrongArguments,
    WrongPassword,
)

Answer = Mapping[str, Any]
Sentences = Mapping[type[RealmchatError], str]

TOO_MANY_CONNECTIONS = "Terlalu banyak koneksi dari alamat ini."
ROOM_IS_OPEN = "Ruang ini terbuka untuk semua orang, dan direkam."

COMMON: Sentences = {
    UnknownCommand: "**Protocol Tidak Benar",
    WrongArguments: "--Protocol Tidak Benar",
    WrongPassword: "Password Salah",
    UserNotFound: "User Tidak Ditemukan",
    GroupNotFound: "Group Tidak Ditemukan",
    GroupExists: "Group Already Exists",
    AlreadyMember: "User sudah dalam group",
    RealmNotFound: "Realm Tidak Ditemukan",
    RealmNotEnrolled: "Realm Tidak Ditemukan",
    RealmExists: "Realm sudah ada",
    ConversationNotFound: "Informasi tidak ditemukan",
}
AT_SIGN_IN: Sentences = {
    UserNotFound: "User Tidak Ada",
    InvalidName: "User Tidak Ada",
    InvalidAddress: "User Tidak Ada",
}
"""Where the name is one's own, another sentence is known for it."""
MESIN: Sentences = {
    **COMMON,
    UserExists: "User Sudah Ada",
    NotSignedIn: "Session Tidak Ditemukan",
    SessionEnded: "Session Tidak Ditemukan",
}
KELOMPOK5: Sentences = {
    **COMMON,
    UserExists: "User Already Exists",
    NotSignedIn: "Invalid session",
    SessionEnded: "Invalid session",
}


def said(message: str) -> Answer:
    return {"status": "OK", "message": message}


def refused(error: RealmchatError, sentences: Sentences) -> Answer:
    """A sentence that is known for it, else the error's own in the users' language."""
    return failed(sentences.get(type(error)) or error.message_in("id"))


def failed(message: str) -> Answer:
    return {"status": "ERROR", "message": message}


def encode(answer: Answer) -> bytes:
    # ASCII, because the programs decode what they receive piece by piece.
    return json.dumps(answer).encode() + b"\r\n\r\n"


_DIGITS = 8
Blocks = Callable[[], AsyncIterator[bytes]]


class Slots:
    """Places of one answer where the bytes of files go, in base64 as they come from the disk."""

    def __init__(self) -> None:
        self._mark = secrets.token_hex(16)
        """Nobody can guess it, so no message holds it."""
        self._blocks: list[Blocks] = []

    def add(self, blocks: Blocks) -> str:
        """What stands in the answer meanwhile: it looks the same within any JSON."""
        self._blocks.append(blocks)
        return f"{self._mark}{len(self._blocks) - 1:0{_DIGITS}}"

    def parts(self, answer: bytes) -> Iterator[bytes | Blocks]:
        """An answer that is encoded: what stands in it, and the blocks of its files."""
        first, *rest = answer.split(self._mark.encode())
        yield first
        for part in rest:
            yield self._blocks[int(part[:_DIGITS])]
            yield part[_DIGITS:]
