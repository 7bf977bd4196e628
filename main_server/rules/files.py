"""Files: who may upload how much, who may open what, and which rows nobody needs any more.

Whoever may see a message that names a file may open it, and its uploader; for everybody else it
doesn't exist. The bytes themselves are `main_server.files`'.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from main_server.rules.people import find_sender
from main_server.rules.sessions import hash_token, valid_session
from main_server.store.schema import files, is_in, memberships, message_files, realms
from main_server.store.writer import Transaction
from realm_protocol.errors import (
    FileNotFound,
    NotForGuests,
    QuotaExceeded,
    RealmKeyInvalid,
    TooManyUploads,
    UploadNotFound,
)
from realm_protocol.limits import UNFINISHED_UPLOADS, UNSENT_FILE_DAYS
from realm_protocol.names import Address
from realm_protocol.rooms import GUEST_LIMITS
from realm_protocol.uploads import NewUpload

_DAY = 24 * 3600 * 1000
_EMPTY = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file, or an upload that is to become one."""

    row_id: int
    file_id: str
    size: int
    sha256: str
    type: str
    is_whole: bool


def person_behind(connection: Connection, realm_key: str, token_hash: bytes, now: int) -> int:
    """The person for whom a realm asks; raises what hinders it."""
    realm = _realm_behind(connection, realm_key)
    session = valid_session(connection, token_hash, realm, now)
    if session.limit_class == GUEST_LIMITS:
        raise NotForGuests
    return int(session.person_id)


def sender_behind(connection: Connection, realm_key: str, address: Address) -> int:
    """The person of a realm for whom it took a file in while it had no link."""
    sender = find_sender(connection, address, _realm_behind(connection, realm_key))
    if sender.limit_class == GUEST_LIMITS:
        raise NotForGuests
    return int(sender.id)


def _realm_behind(connection: Connection, key: str) -> str:
    realm = connection.scalar(
        sa.select(realms.c.name).where(realms.c.key_hash == hash_token(key), realms.c.enabled)
    )
    if realm is None:
        raise RealmKeyInvalid
    return str(realm)


# --- uploads -------------------------------------------------------------------------------------


def begin_upload(
    tx: Transaction, file_id: str, person_id: int, upload: NewUpload, quota: int
) -> None:
    """Note an upload; what is announced counts against the quota at once."""
    unfinished, used = tx.connection.execute(
        sa.select(
            sa.func.count().filter(files.c.whole_at.is_(None)),
            sa.func.coalesce(sa.func.sum(files.c.size), 0),
        ).where(files.c.owner_id == person_id)
    ).one()
    if unfinished >= UNFINISHED_UPLOADS:
        raise TooManyUploads(limit=UNFINISHED_UPLOADS)
    if used + upload.size > quota:
        raise QuotaExceeded(used=used, size=upload.size, limit=quota)
    if tx.connection.scalar(sa.select(files.c.id).where(files.c.file_id == file_id)):
        raise UploadNotFound(file_id=file_id)  # a realm has chosen the id of another's file
    tx.connection.execute(
        sa.insert(files).values(
            file_id=file_id,
            owner_id=person_id,
            size=upload.size,
            sha256=upload.sha256,
            type=_EMPTY,
            created_at=tx.now,
        )
    )


def find_upload(connection: Connection, file_id: str, person_id: int) -> StoredFile:
    """A person's own upload, finished or not; raises `UploadNotFound`."""
    row = connection.execute(
        sa.select(files).where(files.c.file_id == file_id, files.c.owner_id == person_id)
    ).one_or_none()
    if row is None:
        raise UploadNotFound(file_id=file_id)
    return _stored(row)


def finish_upload(tx: Transaction, file_id: str, kind: str) -> None:
    """The blob is in its place: from now on the file can be named."""
    tx.connection.execute(
        sa.update(files).where(files.c.file_id == file_id).values(type=kind, whole_at=tx.now)
    )


def forget_uploads(tx: Transaction, file_ids: Sequence[str]) -> None:
    """Uploads that came to nothing; a whole file is none of them."""
    tx.connection.execute(
        sa.delete(files).where(files.c.file_id.in_(file_ids), files.c.whole_at.is_(None))
    )


# --- opening -------------------------------------------------------------------------------------


def find_readable(connection: Connection, file_id: str, person_id: int) -> StoredFile:
    """A whole file that this person may open; raises `FileNotFound`.

    What is asked of the store is the same for a file that is another's and for none.
    """
    row = connection.execute(
        sa.select(files).where(files.c.file_id == file_id, files.c.whole_at.is_not(None))
    ).one_or_none()
    may_see = connection.scalar(
        sa.select(sa.literal(1))
        .select_from(message_files)
        .join(memberships, memberships.c.conversation_id == message_files.c.conversation_id)
        .where(
            message_files.c.file_row == (row.id if row else 0),
            memberships.c.person_id == person_id,
            is_in(),
            message_files.c.seq >= memberships.c.first_seq,
        )
        .limit(1)
    )
    if row is None or not (may_see or row.owner_id == person_id):
        raise FileNotFound(file_id=file_id)
    return _stored(row)


def name_file(tx: Transaction, file: StoredFile, conversation_row: int, seq: int) -> None:
    """A message names the file, in the transaction that stores the message."""
    tx.connection.execute(
        sa.insert(message_files).values(
            file_row=file.row_id, conversation_id=conversation_row, seq=seq
        )
    )


def _stored(row: Row[Any]) -> StoredFile:
    return StoredFile(row.id, row.file_id, row.size, row.sha256, row.type, row.whole_at is not None)


# --- what nobody needs ---------------------------------------------------------------------------


def forget_unsent(tx: Transaction, limit: int) -> int:
    """Whole files that no message has named for long. Returns how many went."""
    unsent = (
        sa.select(files.c.id)
        .where(
            files.c.whole_at < tx.now - UNSENT_FILE_DAYS * _DAY,
            ~sa.exists().where(message_files.c.file_row == files.c.id),
        )
        .limit(limit)
    )
    return tx.connection.execute(sa.delete(files).where(files.c.id.in_(unsent))).rowcount


def without_file(connection: Connection, hashes: Sequence[str]) -> set[str]:
    """Which of these no file has, finished or not."""
    known = connection.scalars(sa.select(files.c.sha256).where(files.c.sha256.in_(hashes)))
    return set(hashes) - set(known)


def uploads_begun_before(connection: Connection, milliseconds: int) -> list[str]:
    """Unfinished ones that are as old as this."""
    return list(
        connection.scalars(
            sa.select(files.c.file_id).where(
                files.c.whole_at.is_(None), files.c.created_at < milliseconds
            )
        )
    )
