"""Jobs of the store: files on their way to main, until their messages stand in the outbox."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from chat_cli.account import outbox_rows
from chat_cli.account.files.images import Picture
from chat_cli.account.files.spool import Spooled
from chat_cli.account.lanes import Unsent
from chat_cli.account.outbox_rows import Sent
from chat_cli.account.recipients import Recipient
from chat_cli.account.schema import uploads
from chat_cli.account.shapes import print_file, print_refusal, read_refusal
from realm_protocol.bodies import FileBody
from realm_protocol.errors import KeyConflict, RealmchatError, TransferNotFound

DONE_KEPT = 100
"""How many uploads that are done are still told of."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is to be sent, and how far that has got."""

    id: str
    key: str
    target: str
    conversation: str
    name: str
    size: int
    type: str
    sha256: str
    picture: Picture | None
    """None as long as nobody has looked; a `Picture` of nothing where it is none."""
    file_id: str | None
    """What main calls it, once it has begun there."""
    state: str
    """going, cancelled, refused or done."""
    refusal: RealmchatError | None
    created_at: int

    @property
    def sent(self) -> Sent:
        """What is told of its message before that is in the outbox."""
        state = "refused" if self.state == "refused" else "saved"
        return Sent(self.key, self.conversation, self.target, None, state, self.refusal)


@dataclass(frozen=True, slots=True)
class NewUpload:
    """A file that is here whole, and whom it is for."""

    spooled: Spooled
    key: str
    target: str
    conversation: str
    name: str


def begin(
    connection: Connection, me: str, new: NewUpload, recipient: Recipient, now: int
) -> Sent | Upload:
    """Keep a file to be sent. With a key that is known, what became of it: nothing new.

    Raises `KeyConflict`.
    """
    known = look_up(connection, me, new.key, recipient, new.name, new.spooled.sha256)
    if known is not None:
        return known
    row = {
        "id": new.spooled.id,
        "key": new.key,
        "asked_to": recipient.written,
        "target": new.target,
        "conversation": new.conversation,
        "name": new.name,
        "size": new.spooled.size,
        "type": new.spooled.type,
        "sha256": new.spooled.sha256,
        "state": "going",
        "created_at": now,
    }
    connection.execute(insert(uploads).values(row))
    return get(connection, new.spooled.id)


def look_up(
    connection: Connection, me: str, key: str, recipient: Recipient, name: str, sha256: str
) -> Sent | Upload | None:
    """What was sent with this key before; raises `KeyConflict` if it is something else."""
    row = connection.execute(
        select(uploads).where(uploads.c.key == key, uploads.c.state != "done")
    ).one_or_none()
    if row is None:
        return outbox_rows.look_up(connection, me, key, recipient, name, sha256)
    if not recipient.means(row.target) or (row.name, row.sha256) != (name, sha256):
        raise KeyConflict(key=key)
    return _upload(row)


def find_unfinished(
    connection: Connection, recipient: Recipient, name: str, sha256: str
) -> Upload | None:
    """The same file on its way to the same recipient, the newest one."""
    rows = connection.execute(
        select(uploads)
        .where(uploads.c.sha256 == sha256, uploads.c.name == name, uploads.c.state != "done")
        .order_by(uploads.c.id.desc())
    )
    return next((_upload(row) for row in rows if recipient.means(row.target)), None)


def get(connection: Connection, upload: str) -> Upload:
    """Raises `TransferNotFound`."""
    row = connection.execute(select(uploads).where(uploads.c.id == upload)).one_or_none()
    if row is None:
        raise TransferNotFound(transfer=upload)
    return _upload(row)


def list_all(connection: Connection) -> list[Upload]:
    """The oldest first."""
    return [_upload(row) for row in connection.execute(select(uploads).order_by(uploads.c.id))]


def keep_picture(connection: Connection, upload: str, picture: Picture) -> None:
    """What was seen in it."""
    _change(connection, upload, picture=picture.print())


def keep_file_id(connection: Connection, upload: str, file_id: str | None) -> None:
    """It has begun at main, or (None) is to be begun anew."""
    _change(connection, upload, file_id=file_id)


def cancel(connection: Connection, upload: str) -> Upload:
    """Stop it; the person may go on with it. One that is done or refused stays so."""
    if get(connection, upload).state == "going":
        _change(connection, upload, state="cancelled")
    return get(connection, upload)


def retry(connection: Connection, upload: str) -> Upload:
    """Go on with what was cancelled or refused."""
    if get(connection, upload).state in ("cancelled", "refused"):
        _change(connection, upload, state="going", refusal=None)
    return get(connection, upload)


def refuse(connection: Connection, upload: str, error: RealmchatError) -> None:
    """Main will never take it as it is."""
    _change(connection, upload, state="refused", refusal=print_refusal(error))


def remove(connection: Connection, upload: str) -> Upload:
    """Forget it; answers what it was. Raises `TransferNotFound`."""
    known = get(connection, upload)
    connection.execute(delete(uploads).where(uploads.c.id == upload))
    return known


def complete(connection: Connection, me: str, upload: str, *, limit: int, now: int) -> Sent | None:
    """The bytes are whole at main: the message takes its place in the outbox, in the same commit.

    None where the person has stopped it at the last moment. Raises `OutboxFull` or `KeyConflict`.
    """
    known = get(connection, upload)
    if known.state != "going" or known.file_id is None:
        return None
    unsent = Unsent(
        ordinal=0,
        key=known.key,
        target=known.target,
        conversation=known.conversation,
        text=known.name,
        sent_at=now,
        file=print_file(_body(known, known.file_id)),
    )
    recipient = Recipient.of_target(known.target)
    sent = outbox_rows.save(connection, me, unsent, recipient, limit=limit)
    _change(connection, upload, state="done")
    _prune(connection)
    return sent


def _body(upload: Upload, file_id: str) -> FileBody:
    picture = upload.picture or Picture()
    return FileBody(
        file_id=file_id,
        name=upload.name,
        size=upload.size,
        type=upload.type,
        sha256=upload.sha256,
        width=picture.width,
        height=picture.height,
        preview=picture.preview,
    )


def _prune(connection: Connection) -> None:
    done = select(uploads.c.id).where(uploads.c.state == "done").order_by(uploads.c.id.desc())
    old = done.offset(DONE_KEPT).limit(-1)
    connection.execute(delete(uploads).where(uploads.c.id.in_(old)))


def _change(connection: Connection, upload: str, **values: Any) -> None:
    connection.execute(update(uploads).where(uploads.c.id == upload).values(values))


def _upload(row: Row[Any]) -> Upload:
    return Upload(
        id=row.id,
        key=row.key,
        target=row.target,
        conversation=row.conversation,
        name=row.name,
        size=row.size,
        type=row.type,
        sha256=row.sha256,
        picture=None if row.picture is None else Picture.read(row.picture),
        file_id=row.file_id,
        state=row.state,
        refusal=None if row.refusal is None else read_refusal(row.refusal),
        created_at=row.created_at,
    )
