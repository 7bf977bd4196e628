"""What a system row changes of a group, as this device knows it. Pure."""

from dataclasses import replace

from chat_cli.account.conversation_rows import Standing
from realm_protocol.bodies import SystemBody


def changed_by(change: SystemBody, group: Standing, me: str) -> Standing:
    """The group after the row. Coming and going is told by heads."""
    match change.event:
        case "renamed":
            return replace(group, display_name=change.display_name)
        case "access":
            return replace(group, invite_only=change.access == "invite-only")
        case "closed" | "reopened":
            return replace(group, closed=change.event == "closed")
        case "role" if change.who == me:
            return replace(group, role=change.role or group.role)
    return group
