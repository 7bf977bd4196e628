"""Roles in a group: who may do what to whom, and who follows its last owner. Pure.

Owners may do everything that admins may, and admins what members may.
"""

from collections.abc import Iterable

from main_server.store.ledger import Conversation, Member
from realm_protocol.commands import Role
from realm_protocol.errors import LastOwner, NotAdmin, NotOwner

_RANKS = {"owner": 2, "admin": 1, "member": 0}


def check_admin(group: Conversation, asker: Member) -> None:
    """Raises `NotAdmin`."""
    if _RANKS[asker.role] < _RANKS["admin"]:
        raise NotAdmin(group=str(group.group))


def check_owner(group: Conversation, asker: Member) -> None:
    """Raises `NotOwner`."""
    if asker.role != "owner":
        raise NotOwner(group=str(group.group))


def check_may_invite(group: Conversation, asker: Member) -> None:
    """An open group lets everybody in anyway. Raises `NotAdmin`."""
    if group.is_invite_only:
        check_admin(group, asker)


def check_may_remove(group: Conversation, asker: Member, other: Member) -> None:
    """Admins put members out, owners everybody. Raises `NotAdmin` or `NotOwner`."""
    check_admin(group, asker)
    if other.role != "member":
        check_owner(group, asker)


def check_may_give(group: Conversation, asker: Member, other: Member, role: Role) -> None:
    """Owners give roles, and keep one of them. Raises `NotOwner` or `LastOwner`."""
    check_owner(group, asker)
    if other.role == "owner" and role != "owner" and not _owners_without(group, other):
        raise LastOwner(group=str(group.group))


def heir_of(group: Conversation, leaver: Member) -> Member | None:
    """Who owns the group once `leaver` has gone, if nobody does: the admin who has been in it
    longest; where there is no admin, the member.
    """
    if leaver.role != "owner" or _owners_without(group, leaver):
        return None
    return min(_others(group, leaver), key=_order_of_heirs, default=None)


def _order_of_heirs(member: Member) -> tuple[int, int, int]:
    # Those who have been in it from the start came in the order in which they were registered.
    return -_RANKS[member.role], member.joined_seq, member.person_id


def _owners_without(group: Conversation, member: Member) -> bool:
    return any(other.role == "owner" for other in _others(group, member))


def _others(group: Conversation, member: Member) -> Iterable[Member]:
    return (each for each in group.members.values() if each.person_id != member.person_id)
