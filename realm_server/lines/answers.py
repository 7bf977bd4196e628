"""What a listener answers: JSON on one line, and the sentences that the programs' users know."""

import json
from collections.abc import Mapping
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
FILES_NOT_CARRIED = "Berkas tidak dapat dikirim lewat jalur ini. Gunakan chat-cli."

COMMON: Sentences = {
    UnknownCommand: "**Protocol Tidak Benar",
    WrongArguments: "--Protocol Tidak Benar",
    WrongPassword: "Password Salah",
    UserNotFound: "User Tidak Ditemukan",
    GroupNotFound: "Group Tidak Ditemukan",
    GroupExists: "Group Already Exists",
    AlreadyMember: "User sudah dalam group",
    RealmNotFound: "Realm Tidak Ditemukan",
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
