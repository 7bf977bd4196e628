"""How answers of main and of the store look in JSON. Pure."""

from typing import Any

from chat_cli.account.outbox_rows import Sent
from chat_cli.account.recipients import target_json
from realm_protocol.commands import (
    DeviceSession,
    Group,
    GroupChanged,
    Joined,
    Member,
    Person,
    Realm,
)
from realm_service.times import rfc3339


def sent_json(sent: Sent) -> dict[str, Any]:
    return {
        "key": sent.key,
        "conversation": sent.conversation,
        "seq": sent.seq,
        "state": sent.state,
        "to": target_json(sent.target),
    }


def outcome_json(sent: Sent) -> dict[str, Any]:
    """As `sent_json`, for a route that answers a refusal as what became of a message."""
    told = sent_json(sent)
    return told if sent.refusal is None else {**told, "error": sent.refusal.body()["error"]}


def person_json(person: Person) -> dict[str, Any]:
    return {
        "address": person.address,
        "name": person.display_name,
        "country": person.country,
        "online": person.online,
    }


def group_json(group: Group) -> dict[str, Any]:
    return {
        "group": group.address,
        "name": group.display_name,
        "conversation": group.conversation,
        "kind": group.kind,
        "members": group.members,
        "joined": group.joined,
        "role": group.role or None,
        "invite_only": group.invite_only,
        "closed": group.closed,
    }


def joined_json(joined: Joined | GroupChanged) -> dict[str, Any]:
    told = {"group": joined.group, "conversation": joined.conversation, "seq": joined.seq}
    return {**told, "kind": joined.kind} if isinstance(joined, Joined) else told


def member_json(member: Member) -> dict[str, Any]:
    return {
        "address": member.address,
        "name": member.display_name,
        "role": member.role,
        "online": member.online,
        "read": member.read,
        "delivered": member.delivered,
    }


def realm_json(realm: Realm) -> dict[str, Any]:
    return {
        "realm": realm.name,
        "host": realm.host,
        "port": realm.port,
        "linked": realm.linked,
        "since": rfc3339(realm.since) if realm.since else None,
        "online": realm.online,
        "names": realm.own_names,
    }


def session_json(session: DeviceSession) -> dict[str, Any]:
    return {
        "session_id": session.session_id,
        "device": session.device,
        "realm": session.realm,
        "created_at": rfc3339(session.created_at),
        "last_seen_at": rfc3339(session.last_seen_at),
        "current": session.current,
    }
