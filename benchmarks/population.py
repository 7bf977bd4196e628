"""People with open sessions, and old messages, written straight into a store of the main server.

Registering thousands of people through the front door would take minutes of password hashing.
"""

import hashlib
import secrets
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from argon2 import PasswordHasher

from benchmarks.clients import Account
from main_server.store.database import open_engine
from main_server.store.schema import conversations, memberships, people, realms, sessions
from main_server.store.writer import write_once
from realm_protocol.names import Address, private_conversation

REALM = "bench"
PASSWORD = "a password of the benchmark"
_YEAR = 365 * 24 * 3600 * 1000
_OLD_CONVERSATIONS = 2000
_BODY = b"0123456789" * 20


@dataclass(frozen=True)
class Template:
    """A store to start servers on: always a copy of it."""

    path: Path
    realm_key: str
    accounts: list[Account]


def make_accounts(count: int) -> list[Account]:
    """People, each with the token of a session."""
    return [
        Account(number, f"p{number}@{REALM}", secrets.token_urlsafe(32))
        for number in range(1, count + 1)
    ]


def make_template(path: Path, accounts: list[Account], old_messages: int = 0) -> Template:
    """A store with one realm, these people and sessions, and messages of former days."""
    template = Template(path, secrets.token_urlsafe(32), accounts)
    engine = open_engine(path)
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        _insert_people(connection, template)
        if old_messages:
            _insert_conversations(connection, template, old_messages // _OLD_CONVERSATIONS)
        connection.exec_driver_sql("COMMIT")
    engine.dispose()
    if old_messages:
        _insert_messages(path, old_messages // _OLD_CONVERSATIONS)
        _index_messages(path)
    _close_cleanly(path)
    return template


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _insert_people(connection: sa.Connection, template: Template) -> None:
    now = int(time.time() * 1000)
    connection.execute(
        sa.insert(realms).values(
            id=1,
            name=REALM,
            key_hash=_hash(template.realm_key),
            host="",
            port=0,
            enabled=True,
            created_at=now,
        )
    )
    # One hash for all: the same work at sign-in, made once.
    password_hash = PasswordHasher().hash(PASSWORD)
    connection.execute(
        sa.insert(people),
        [
            {
                "id": account.number,
                "address": account.address,
                "name": account.address.partition("@")[0],
                "realm_id": 1,
                "display_name": account.address,
                "country": "Indonesia",
                "password_hash": password_hash,
                "disabled": False,
                "operator": False,
                "limit_class": "trusted",
                "created_at": now,
            }
            for account in template.accounts
        ],
    )
    connection.execute(
        sa.insert(sessions),
        [
            {
                "id": secrets.token_hex(8),
                "person_id": account.number,
                "realm_id": 1,
                "token_hash": _hash(account.token),
                "device": "benchmark",
                "created_at": now,
                "last_seen_at": now,
                "expires_at": now + _YEAR,
            }
            for account in template.accounts
        ],
    )


def _insert_conversations(connection: sa.Connection, template: Template, last_seq: int) -> None:
    """Private ones of the pairs that the workloads write in, and of many other pairs."""
    now = int(time.time() * 1000)
    for row_id in range(1, _OLD_CONVERSATIONS + 1):
        pair = template.accounts[2 * row_id - 2 : 2 * row_id]
        one, other = (Address.parse(account.address) for account in pair)
        connection.execute(
            sa.insert(conversations).values(
                id=row_id,
                public_id=private_conversation(one, other),
                kind="private",
                last_seq=last_seq,
                changed_at=1,
                created_at=now,
            )
        )
        connection.execute(
            sa.insert(memberships),
            [
                {
                    "conversation_id": row_id,
                    "person_id": account.number,
                    "role": "member",
                    "first_seq": 1,
                    "read": last_seq,
                    "delivered": last_seq,
                    "changed_at": 1,
                }
                for account in pair
            ],
        )


def _insert_messages(path: Path, per_conversation: int) -> None:
    """As they came: all conversations in turn, with keys that ascend."""
    now = int(time.time() * 1000) - _YEAR

    def rows() -> Iterator[tuple[int, int, int, str, str, bytes, int, int]]:
        for seq in range(1, per_conversation + 1):
            for row_id in range(1, _OLD_CONVERSATIONS + 1):
                at = now + seq * _OLD_CONVERSATIONS + row_id
                yield row_id, seq, 2 * row_id - 1, f"{at:010X}{row_id:016X}", "text", _BODY, at, at

    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=OFF")
    connection.executemany(
        "INSERT INTO messages (conversation_id, seq, sender_id, key, kind, body, sent_at, at)"
        " VALUES (?,?,?,?,?,?,?,?)",
        rows(),
    )
    connection.commit()
    connection.close()


def _index_messages(path: Path) -> None:
    """As the server would have, long ago."""
    engine = open_engine(path)
    write_once(engine, lambda tx: tx.ledger.settle())
    engine.dispose()


def _close_cleanly(path: Path) -> None:
    """Leave one file that can be copied."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
