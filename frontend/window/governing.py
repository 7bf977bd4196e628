"""What somebody may do with a group that they are in, and why nobody can write there. Pure.

Main has the last word; here it is what is shown at all.
"""

from dataclasses import dataclass

from frontend.service.shapes import Conversation, Member
from frontend.window.words import Words
from realm_protocol.commands import GONE

ROLE_OF = {"make_owner": "owner", "make_admin": "admin", "make_member": "member"}
"""The role that each of these deeds gives."""


@dataclass(frozen=True, slots=True)
class Rights:
    """Over the group as a whole."""

    invite: bool = False
    rename: bool = False
    set_access: bool = False


def rights_in(one: Conversation) -> Rights:
    """An open room is its site's, and in a closed group nothing is changed any more."""
    if one.kind != "group" or one.closed or one.role in GONE:
        return Rights()
    governs = one.role in ("owner", "admin")
    return Rights(
        invite=governs or not one.invite_only,
        rename=governs,
        set_access=one.role == "owner",
    )


def deeds_to(one: Conversation, me: str, member: Member) -> tuple[str, ...]:
    """What may be done to another member: names of words."""
    rights = rights_in(one)
    if member.address == me or not rights.rename:
        return ()
    if rights.set_access:
        gives = [deed for deed, role in ROLE_OF.items() if role != member.role]
        hands_over = ["hand_over"] if member.role != "owner" else []
        return (*gives, *hands_over, "remove_member")
    return ("remove_member",) if member.role == "member" else ()


def shut_words(one: Conversation, words: Words) -> str:
    """Why nothing can be written there; empty where it can."""
    if one.role in GONE:
        return words("put_out" if one.role == "removed" else "left_group")
    if one.closed:
        return words("room_closed" if one.kind == "room" else "group_closed")
    return ""
