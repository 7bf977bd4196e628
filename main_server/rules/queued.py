"""Messages that a realm kept while it had no link: they need a sender, no session."""

from collections import defaultdict
from dataclasses import dataclass

from main_server.effects import LiveSession
from main_server.rules.messages import send_message
from main_server.rules.people import find_sender
from main_server.rules.rooms import check_guest
from main_server.store.writer import Job, Transaction
from realm_protocol.commands import SendMessage
from realm_protocol.lanes import Lanes
from realm_protocol.names import Address

SenderLanes = defaultdict[Address, Lanes]
"""Of one link, by sender: as long as it lasts, what was refused for now is not overtaken."""


@dataclass(slots=True)
class QueuedAt:
    """A kept message together with the realm whose link it came over."""

    message: SendMessage
    sender: Address
    realm: str
    lanes: SenderLanes


def send_queued(tx: Transaction, job: Job) -> None:
    """As `send_message`, with the rights that its sender has now.

    That the session has ended which it was written in is no reason to refuse it.
    """
    queued = job.command
    if not isinstance(queued, QueuedAt):
        raise TypeError("a queued message comes with its realm")
    sender = find_sender(tx.connection, queued.sender, queued.realm)
    session = LiveSession(
        session_id="",
        person_id=sender.id,
        address=queued.sender,
        realm=queued.realm,
        expires_at=0,
        limit_class=sender.limit_class,
        lanes=queued.lanes[queued.sender],
    )
    check_guest(session, queued.message)
    send_message(tx, Job(queued.message, session, job.asker))


def stop_lane(queued: QueuedAt) -> None:
    """It was refused for now: what its sender has sent later to there waits for it."""
    queued.lanes[queued.sender].stop(queued.message.to, queued.message.key)
