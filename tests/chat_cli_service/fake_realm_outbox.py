"""What the fake realm keeps while its link is down, and shows to people of the sender's site."""

from typing import TYPE_CHECKING, Any

from realm_protocol.commands import (
    CheckPending,
    FetchPending,
    MessageKey,
    PendingMessage,
    PendingPage,
    SendMessage,
)
from realm_protocol.errors import OutboxFull, RealmchatError
from realm_protocol.events import MessagePending, MessageWithdrawn
from realm_protocol.names import Address, GroupAddress, conversation_with, parse_target

if TYPE_CHECKING:
    from .fake_realm import FakeRealm
    from .fake_realm_session import RealmSession


class FakeOutbox:
    """In order; `refusals` by key are what main will say of some."""

    def __init__(self, realm: "FakeRealm") -> None:
        self.kept: dict[tuple[str, str], PendingMessage] = {}
        self.refusals: dict[str, RealmchatError] = {}
        self.is_full = False
        self._realm = realm
        self._position = 0

    def keep(self, session: "RealmSession", command: SendMessage) -> int:
        """Keep a message of a session; its position."""
        if self.is_full:
            raise OutboxFull(limit=0)
        known = self.kept.get((session.address, command.key))
        if known is None:
            known = self.say(session.address, command, session)
        return known.position

    def say(
        self, sender: str, command: SendMessage, without: "RealmSession | None" = None
    ) -> PendingMessage:
        """Somebody of the site writes while the link is down."""
        self._position += 1
        address = Address.parse(sender)
        message = PendingMessage(
            self._position,
            command.to,
            conversation_with(address, parse_target(command.to)),
            command.key,
            command.kind,
            address,
            command.body,
            command.sent_at,
            self._realm.clock,
        )
        self.kept[sender, command.key] = message
        self._tell(message, MessagePending(message), without)
        return message

    def replay(self) -> None:
        """The link is back: main takes what it takes."""
        kept, self.kept = self.kept, {}
        for (sender, key), message in kept.items():
            command = SendMessage(0, message.to, key, message.kind, message.body, message.sent_at)
            try:
                if key in self.refusals:
                    raise self.refusals[key]
                self._realm.accept(sender, command)
            except RealmchatError as error:
                withdrawn = MessageWithdrawn(
                    message.conversation, message.sender, key, error.code, error.fields
                )
                self._tell(message, withdrawn, None)

    def pending(self, session: "RealmSession", asked: FetchPending) -> PendingPage:
        found = [
            message
            for message in self.kept.values()
            if message.position > asked.after and session.address in self._who_sees(message)
        ]
        return PendingPage(found, more=False)

    def still_kept(self, asked: CheckPending) -> list[MessageKey]:
        return [one for one in asked.messages if (one.sender, one.key) in self.kept]

    def _tell(self, message: PendingMessage, event: Any, without: "RealmSession | None") -> None:
        for connection in list(self._realm.connections):
            if connection is not without and connection.address in self._who_sees(message):
                connection.send(event)

    def _who_sees(self, message: PendingMessage) -> set[str]:
        """The members of the sender's site."""
        target = parse_target(message.to)
        members = {str(target)}
        if isinstance(target, GroupAddress):
            known = self._realm.conversations.get(message.conversation)
            members = set(known.members) if known is not None else set()
        realm = message.sender.realm
        return {message.sender, *(one for one in members if one.endswith(f"@{realm}"))}
