"""Whom a message is for: as people write it, as the wire says it, as answers tell it. Pure."""

from dataclasses import dataclass
from typing import Literal

from realm_protocol.names import (
    Address,
    ConversationId,
    GroupAddress,
    Target,
    check_name,
    group_conversation,
    print_target,
    private_conversation,
)


@dataclass(frozen=True, slots=True)
class Recipient:
    """A name that was asked for: `henderson`, `henderson@jakarta`, or a group's."""

    kind: Literal["person", "group"]
    name: str

    @property
    def is_bare(self) -> bool:
        return "@" not in self.name

    @property
    def written(self) -> str:
        """As the outbox keeps it, to know a repeated request again."""
        name = self.name.lower()
        return f"group:{name}" if self.kind == "group" else name

    @classmethod
    def of_target(cls, target: str) -> "Recipient":
        """Who is meant by the wire form of a target; undoes `written` of a full name."""
        if target.startswith("group:"):
            return cls("group", target.removeprefix("group:"))
        return cls("person", target)

    def address(self) -> Target:
        """The address of a full name; raises `InvalidAddress`."""
        reader = GroupAddress if self.kind == "group" else Address
        return reader.parse(self.name)

    def address_in(self, realm: str) -> Target:
        """What a bare name means while main can't be asked; raises `InvalidName`."""
        maker = GroupAddress if self.kind == "group" else Address
        return maker.of(check_name(self.name), realm)

    def means(self, target: str) -> bool:
        """Whether this can be how `target` (its wire form) was asked for."""
        return self.written == target or self.written == target.partition("@")[0]


def recipient(to: str) -> Recipient:
    """Whom a person, or `group:NAME`, means."""
    if to.lower().startswith("group:"):
        return Recipient("group", to[len("group:") :])
    return Recipient("person", to)


def conversation_with(me: Address, target: Target) -> ConversationId:
    """The conversation that a message of mine to `target` goes into."""
    if isinstance(target, GroupAddress):
        return group_conversation(target)
    return private_conversation(me, target)


def target_json(target: str) -> str | dict[str, str]:
    """The wire form of a target as an HTTP answer tells it."""
    if target.startswith("group:"):
        return {"group": target.removeprefix("group:")}
    return target


def target_of(kind: str, name: str) -> str:
    """The wire form of whom a conversation is with; a room is written to as a group is."""
    return print_target(Address.parse(name) if kind == "private" else GroupAddress.parse(name))
