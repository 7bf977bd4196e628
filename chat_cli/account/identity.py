"""Jobs of the store: who this account is, its session at the realm, and its local tokens."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, text, update

from chat_cli.account.schema import account, account_tokens, outbox, uploads
from realm_protocol.names import Address


@dataclass(frozen=True, slots=True)
class Session:
    """A session that the realm has issued."""

    session_id: str
    token: str


@dataclass(frozen=True, slots=True)
class Identity:
    """The account's row. `state`: active, ended by the realm, or signed_out by the person."""

    address: Address
    realm_url: str
    session: Session
    state: str
    ended_reason: str
    superseded_session: str
    signed_in_at: int
    epoch: int
    position: int


def read(connection: Connection) -> Identity | None:
    """`None` in a file that has just been made."""
    row = connection.execute(select(account)).one_or_none()
    if row is None:
        return None
    return Identity(
        address=Address.parse(row.address),
        realm_url=row.realm_url,
        session=Session(row.session_id, row.session_token),
        state=row.session_state,
        ended_reason=row.ended_reason,
        superseded_session=row.superseded_session,
        signed_in_at=row.signed_in_at,
        epoch=row.epoch,
        position=row.position,
    )


def sign_in(
    connection: Connection, address: Address, realm_url: str, session: Session, now: int
) -> None:
    """Take a new session; an active one before it is to be ended."""
    known = read(connection)
    if known is None:
        _begin(connection, address, realm_url, session, now)
        return
    superseded = known.session.session_id if known.state == "active" else ""
    connection.execute(
        update(account).values(
            realm_url=realm_url,
            session_id=session.session_id,
            session_token=session.token,
            session_state="active",
            ended_reason="",
            superseded_session=superseded,
            signed_in_at=now,
        )
    )


def _begin(
    connection: Connection, address: Address, realm_url: str, session: Session, now: int
) -> None:
    connection.execute(
        insert(account).values(
            id=1,
            address=address,
            realm_url=realm_url,
            session_id=session.session_id,
            session_token=session.token,
            session_state="active",
            ended_reason="",
            superseded_session="",
            signed_in_at=now,
            epoch=0,
            position=0,
            events_pruned_to=now,
        )
    )
    # Event ids start at the clock: a reader's place in a file that was forgotten lies before
    # every id of its successor, so that it gets a reset and not somebody's later events.
    connection.execute(
        text("INSERT INTO sqlite_sequence (name, seq) VALUES ('events', :seq)"), {"seq": now}
    )


def end(connection: Connection, state: str, reason: str) -> None:
    """The session is over; its token is worth nothing and is not kept.

    Signing out is the last word: the realm's goodbye may come after it.
    """
    connection.execute(
        update(account)
        .where(account.c.session_state != "signed_out")
        .values(
            session_token="",
            session_state=state,
            ended_reason=reason,
            superseded_session="",
        )
    )
    if state == "signed_out":
        connection.execute(delete(account_tokens))


def superseded_ended(connection: Connection, session_id: str) -> None:
    """The realm has ended the session that a later login replaced."""
    connection.execute(
        update(account)
        .where(account.c.superseded_session == session_id)
        .values(superseded_session="")
    )


def add_token(connection: Connection, token_hash: bytes, now: int) -> None:
    connection.execute(insert(account_tokens).values(hash=token_hash, created_at=now))


def token_hashes(connection: Connection) -> list[bytes]:
    return list(connection.scalars(select(account_tokens.c.hash)))


def count_unsent(connection: Connection) -> int:
    """Messages and files that main has not acknowledged, the refused ones left out."""
    unsent = outbox.c.state.in_(("saved", "checking"))
    waiting = len(connection.scalars(select(outbox.c.id).where(unsent)).all())
    under_way = select(uploads.c.id).where(uploads.c.state.in_(("going", "cancelled")))
    return waiting + len(connection.scalars(under_way).all())


def touch(connection: Connection, now: int) -> None:
    """The person has signed in once more, and keeps the session that works."""
    connection.execute(update(account).values(signed_in_at=now))
