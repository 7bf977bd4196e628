"""The table of contents of what main writes: each job and the rule that carries it out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from main_server.effects import (
    Answered,
    DetachedSession,
    Effect,
    Failed,
    RefusedTo,
    Resolved,
)
from main_server.rules import governing, groups, messages, people, queued, sessions, sites
from main_server.rules.queued import QueuedAt
from main_server.store.writer import Job, Transaction
from realm_protocol import commands
from realm_protocol.errors import ConversationNotFound, RealmchatError, TryLater
from realm_protocol.link import AdoptSession, Attach, Mark


@dataclass(slots=True)
class Call:
    """A piece of work inside main: `work(tx)`, whose result or error goes to `future`."""

    work: Callable[[Transaction], Any]
    future: Any


@dataclass(slots=True)
class AttachAt:
    """An `Attach` together with the realm whose link it came over."""

    attach: Attach
    realm: str


@dataclass(slots=True)
class AdoptAt:
    """An `AdoptSession` together with the realm whose link it came over."""

    session: AdoptSession
    realm: str


@dataclass(slots=True)
class Detached:
    """A handle is gone; in line behind its attach."""

    link: Any
    handle: int


def _open_conversation(tx: Transaction, job: Job) -> commands.Head:
    session, command = people.asker_of(job), job.command
    conversation = tx.ledger.conversation(command.conversation)
    member = conversation.members.get(session.person_id) if conversation else None
    if conversation is None or member is None:
        raise ConversationNotFound(conversation=command.conversation)
    return conversation.head_for(member)


def _adopt_session(tx: Transaction, job: Job) -> commands.Done:
    return sites.adopt_session(tx, job.command.realm, job.command.session)


WRITING: dict[type, Callable[[Transaction, Job], Any]] = {
    commands.CreateGroup: groups.create_group,
    commands.JoinGroup: groups.join_group,
    commands.LeaveGroup: groups.leave_group,
    commands.InviteMembers: governing.govern,
    commands.RemoveMember: governing.govern,
    commands.SetRole: governing.govern,
    commands.RenameGroup: governing.govern,
    commands.SetGroupAccess: governing.govern,
    commands.CloseGroup: governing.open_or_close,
    commands.ReopenGroup: governing.open_or_close,
    commands.BlockPerson: people.block,
    commands.UnblockPerson: people.unblock,
    commands.EndSession: sessions.end_session,
    commands.OpenConversation: _open_conversation,
    AdoptAt: _adopt_session,
}
"""What the writer carries out and answers, besides messages: commands of clients, mostly."""


class MainRules:
    """`Rules` of the writer, by this table."""

    def perform(self, tx: Transaction, job: Job) -> None:
        command = job.command
        kind = type(command)
        if kind is commands.SendMessage:
            messages.send_message(tx, job)
        elif kind is QueuedAt:
            queued.send_queued(tx, job)
        elif kind is Mark:
            messages.move_watermark(tx, job)
        elif kind is AttachAt:
            sessions.attach(tx, job, command.attach, command.realm)
        elif kind is Detached:
            tx.effects.append(DetachedSession(command.link, command.handle))
        elif kind is Call:
            with tx.savepoint():
                result = command.work(tx)
            tx.effects.append(Resolved(command.future, result))
        else:
            with tx.savepoint():
                result = WRITING[kind](tx, job)
            if job.asker is not None:
                tx.effects.append(Answered(job.asker, result))
            tx.effects.extend(tx.afterwards)
            tx.afterwards.clear()

    def refused(self, job: Job, error: RealmchatError) -> Effect | None:
        command = job.command
        if isinstance(command, Call):
            return Failed(command.future, error)
        if isinstance(command, Detached):
            # Nothing is stored for it: it happens all the same.
            return DetachedSession(command.link, command.handle)
        if (
            isinstance(command, commands.SendMessage)
            and job.session
            and isinstance(error, TryLater)
        ):
            job.session.lanes.stop(command.to, command.key)
        if isinstance(command, QueuedAt) and isinstance(error, TryLater):
            queued.stop_lane(command)
        return RefusedTo(job.asker, error) if job.asker is not None else None
