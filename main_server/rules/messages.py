"""Sending: whom a message is for, whether it may be sent, and its place in the log."""

from functools import partial

import sqlalchemy as sa
from msgspec.structs import replace

from main_server.effects import Answered, Asker, Entered, LiveSession, Moved, Stored
from main_server.rules.files import StoredFile, find_readable, name_file
from main_server.rules.people import find_reachable, find_realm
from main_server.store.ledger import Conversation, ConversationKind, Member, StoredKey
from main_server.store.schema import conversations, memberships
from main_server.store.writer import Job, Transaction
from realm_protocol.bodies import FileBody, check_body, pack_file_body, read_file_body
from realm_protocol.commands import SendMessage
from realm_protocol.errors import (
    AskedWrongly,
    Blocked,
    GroupClosed,
    GroupNotFound,
    KeyConflict,
    NotAllowed,
    NotMember,
    SessionEnded,
)
from realm_protocol.link import Mark
from realm_protocol.names import (
    Address,
    GroupAddress,
    Target,
    group_conversation,
    parse_target,
    private_conversation,
)


def send_message(tx: Transaction, job: Job) -> None:
    """Store a message, or give the first answer again where its key is known."""
    session, command, asker = job.session, job.command, job.asker
    if session is None or asker is None:
        raise NotAllowed(detail="a message needs a session")
    if session.end_reason:
        raise SessionEnded(reason=session.end_reason)
    if session.lanes and session.lanes.admit(command.to, command.key):
        tx.undo.append(partial(session.lanes.stop, command.to, command.key))
    try:
        if tx.careful and _answer_known_key(tx, session, command, asker):
            return
        conversation = _writable(tx, session, command)
        file = _named_file(tx, session, command)
    except AskedWrongly:
        # The first try may have been stored while its sender still had the right.
        if not tx.careful and _answer_known_key(tx, session, command, asker):
            return
        raise
    if tx.careful:
        with tx.savepoint():
            _store(tx, session, command, conversation, asker, file)
    else:
        _store(tx, session, command, conversation, asker, file)


def _store(
    tx: Transaction,
    session: LiveSession,
    command: SendMessage,
    conversation: Conversation,
    asker: Asker,
    file: StoredFile | None,
) -> None:
    event, answer = tx.ledger.append(
        conversation,
        (session.person_id, session.address),
        command.key,
        command.kind,
        command.body if file is None else _body_with(file, command.body),
        (command.sent_at, tx.now),
    )
    if file is not None:
        name_file(tx, file, conversation.row_id, conversation.last_seq)
    tx.effects.append(Stored(conversation.public_id, event, asker, answer))


def _named_file(tx: Transaction, session: LiveSession, command: SendMessage) -> StoredFile | None:
    """The file that a message names: its sender's own, or one that they may see."""
    if command.kind != "file":
        return None
    return find_readable(tx.connection, read_file_body(command.body).file_id, session.person_id)


def _body_with(file: StoredFile, body: bytes) -> bytes:
    """What main knows of the bytes takes the place of what the sender says."""
    told = read_file_body(body)
    known = replace(told, size=file.size, type=file.type, sha256=file.sha256)
    return pack_file_body(known)


def _writable(tx: Transaction, session: LiveSession, command: SendMessage) -> Conversation:
    """The conversation a message goes to, if this sender may write there now."""
    check_body(command.kind, command.body)
    conversation = tx.ledger.target(session.person_id, command.to)
    if conversation is None:
        conversation = _open_target(tx, session, parse_target(command.to))
        tx.ledger.remember_target(session.person_id, command.to, conversation)
    if session.person_id not in conversation.members:
        raise NotMember(group=str(conversation.group))
    if conversation.is_closed:
        raise GroupClosed(group=str(conversation.group))
    if conversation.blockers - {session.person_id}:
        peer = conversation.peer_of(session.person_id)
        raise Blocked(address=str(peer.address if peer else ""))
    return conversation


def _open_target(tx: Transaction, session: LiveSession, target: Target) -> Conversation:
    if isinstance(target, GroupAddress):
        found = tx.ledger.conversation(group_conversation(target))
        if found is None:
            raise GroupNotFound(group=str(target))
        return found
    peer = find_reachable(tx.connection, target)
    public_id = private_conversation(session.address, target)
    found = tx.ledger.conversation(public_id)
    if found is not None:
        return found
    # Asked before the first word: whom one has blocked begins no conversation with one.
    blockers = tx.ledger.blockers_among([session.person_id, peer.id])
    if blockers - {session.person_id}:
        raise Blocked(address=str(target))
    return _begin_private(tx, session, peer.id, target, blockers)


def _begin_private(
    tx: Transaction, session: LiveSession, peer_id: int, peer: Address, blockers: set[int]
) -> Conversation:
    members = {
        person_id: Member(person_id, address, "member", 1, 0, 0)
        for person_id, address in ((session.person_id, session.address), (peer_id, peer))
    }
    conversation = insert_conversation(
        tx, private_conversation(session.address, peer), "private", None, members
    )
    conversation.blockers = blockers
    for person_id, member in members.items():
        other = conversation.peer_of(person_id)
        seen = other.person_id if other and other.person_id not in blockers else None
        tx.effects.append(
            Entered(person_id, conversation.head_for(member), seen, member.address, tx.position)
        )
    return conversation


def insert_conversation(
    tx: Transaction,
    public_id: str,
    kind: ConversationKind,
    group: GroupAddress | None,
    members: dict[int, Member],
    *,
    invite_only: bool = False,
) -> Conversation:
    """A new conversation with its members, in the open transaction and in the cache.

    Raises `RealmNotFound` where the realm of its address is unknown.
    """
    open_from = None if invite_only else 1
    row_id = tx.connection.scalar(
        sa.insert(conversations)
        .values(
            public_id=public_id,
            kind=kind,
            address=group,
            realm_id=None if group is None else find_realm(tx.connection, group.realm).id,
            last_seq=0,
            changed_at=tx.position,
            created_at=tx.now,
            open_from=open_from,
        )
        .returning(conversations.c.id)
    )
    for member in members.values():
        insert_member(tx, row_id, member)
    conversation = Conversation(row_id, public_id, kind, group, 0, members, open_from=open_from)
    tx.ledger.add(conversation)
    return conversation


def insert_member(tx: Transaction, conversation_row: int, member: Member) -> None:
    """A membership row, new or of somebody who comes back."""
    values = {
        "role": member.role,
        "first_seq": member.first_seq,
        "read": member.read,
        "delivered": member.delivered,
        "joined_seq": member.joined_seq,
        "changed_at": tx.position,
    }
    place = {"conversation_id": conversation_row, "person_id": member.person_id}
    changed = tx.connection.execute(
        sa.update(memberships)
        .where(*(memberships.c[name] == value for name, value in place.items()))
        .values(**values)
    )
    if changed.rowcount == 0:
        tx.connection.execute(sa.insert(memberships).values(**place, **values))


def _answer_known_key(
    tx: Transaction, session: LiveSession, command: SendMessage, asker: Asker
) -> bool:
    """Answer a key that was used before; raises `KeyConflict` where it meant something else."""
    tx.ledger.flush()
    stored = tx.ledger.find_key(session.person_id, command.key)
    if stored is None:
        return False
    if not _same_message(stored, session.address, command):
        raise KeyConflict(key=command.key)
    tx.effects.append(Answered(asker, tx.ledger.accepted(stored)))
    return True


def _same_message(stored: StoredKey, sender: Address, command: SendMessage) -> bool:
    target = parse_target(command.to)
    meant = (
        group_conversation(target)
        if isinstance(target, GroupAddress)
        else private_conversation(sender, target)
    )
    if (stored.conversation, stored.kind) != (meant, command.kind):
        return False
    if command.kind == "file":
        return _as_sent(stored.body) == _as_sent(command.body)
    return stored.body == command.body


def _as_sent(body: bytes) -> FileBody:
    """A file's body without what main knows better than its sender."""
    return replace(read_file_body(body), size=0, type="", sha256="0" * 64)


def move_watermark(tx: Transaction, job: Job) -> None:
    """Move a person's watermarks forward; never back, never beyond the log, read ≤ delivered."""
    session, command = job.session, job.command
    if session is None or session.end_reason or not isinstance(command, Mark):
        return
    conversation = tx.ledger.conversation(command.conversation)
    member = conversation.members.get(session.person_id) if conversation else None
    if conversation is None or member is None:
        return
    read = max(member.read, min(command.read, conversation.last_seq))
    delivered = max(member.delivered, read, min(command.delivered, conversation.last_seq))
    if (read, delivered) == (member.read, member.delivered):
        return
    tx.undo.append(tx.ledger.mark(conversation, member, read, delivered))
    peer = conversation.peer_of(member.person_id)
    tx.effects.append(
        Moved(
            person_id=member.person_id,
            peer_id=peer.person_id if peer else None,
            conversation=conversation.public_id,
            address=member.address,
            delivered=delivered,
            read=read,
        )
    )
