"""The audit log: what operators did, and what they should know of."""

import sqlalchemy as sa

from main_server.store.schema import audit
from main_server.store.writer import Transaction


def note(tx: Transaction, *, actor: str, action: str, subject: str) -> None:
    """Add a row to the audit log."""
    tx.connection.execute(
        sa.insert(audit).values(at=tx.now, actor=actor, action=action, subject=subject)
    )
