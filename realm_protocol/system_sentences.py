"""What a system row says in a sentence, in each language that people are helped in.

Made from the facts of the row as any tier has them: `realm_protocol.bodies` describes these.
"""

from collections.abc import Mapping

_ENGLISH = {
    "created": "{who} created the group {group}",
    "joined": "{who} joined",
    "added": "{by} added {who}",
    "entered": "{who} entered; this room is open to everybody, and it is recorded",
    "left": "{who} left",
    "removed": "{by} removed {who}",
    "role owner": "{by} made {who} an owner",
    "role admin": "{by} made {who} an admin",
    "role member": "{by} made {who} a member",
    "renamed": "{by} named the group “{display_name}”",
    "unnamed": "{by} took the group's name away",
    "access open": "{by} opened the group to everybody",
    "access invite-only": "{by} let in only who is invited from now on",
    "closed": "{by} closed the group; it can be read and left",
    "reopened": "{by} opened the group again",
}
_INDONESIAN = {
    "created": "{who} membuat grup {group}",
    "joined": "{who} bergabung",
    "added": "{by} menambahkan {who}",
    "entered": "{who} masuk; ruang ini terbuka untuk semua orang, dan direkam",
    "left": "{who} keluar",
    "removed": "{by} mengeluarkan {who}",
    "role owner": "{by} menjadikan {who} pemilik",
    "role admin": "{by} menjadikan {who} admin",
    "role member": "{by} menjadikan {who} anggota biasa",
    "renamed": "{by} menamai grup ini “{display_name}”",
    "unnamed": "{by} menghapus nama grup ini",
    "access open": "{by} membuka grup ini untuk semua orang",
    "access invite-only": "{by} membuat grup ini khusus untuk yang diundang",
    "closed": "{by} menutup grup ini; anggota hanya bisa membaca atau keluar",
    "reopened": "{by} membuka lagi grup ini",
}
_LANGUAGES = {"en": _ENGLISH, "id": _INDONESIAN}


def system_sentence(change: Mapping[str, str], language: str) -> str | None:
    """In `en` or `id`; None where this version doesn't know what it is about."""
    sentence = _LANGUAGES[language].get(_what(change))
    return None if sentence is None else sentence.format_map(change)


def _what(change: Mapping[str, str]) -> str:
    match change["event"]:
        case "joined" if change["who"] != change["by"]:
            return "added"
        case "renamed" if not change["display_name"]:
            return "unnamed"
        case "role" | "access" as event:
            return f"{event} {change[event]}"
        case event:
            return event
