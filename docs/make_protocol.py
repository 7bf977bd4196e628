"""Writes the generated parts of `protocol.md` from the classes of `realm_protocol`.

Run `python docs/make_protocol.py` after a change there. What a message means is its docstring;
what a field means is the text below it, or what its name means everywhere (`MEANINGS`).
"""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from generated_parts import Sections, write
from realm_protocol import bodies, commands, errors, events, limits, link
from realm_protocol.command_table import WORDS
from realm_protocol.names import Address, GroupAddress
from realm_protocol.wire import Vocabulary, WireMessage, tag_of

PAGE = Path(__file__).with_name("protocol.md")

MEANINGS = {
    "number": "The command's number; for an answer, that of the command it answers.",
    "ref": "The request's number; for an answer, that of the request it answers.",
    "handle": "The realm's number of one attached session.",
    "conversation": "The conversation's id.",
    "conversations": "Ids of conversations.",
    "group": "Which group.",
    "seq": "The row's number in its conversation.",
    "kind": "What it is.",
    "role": "The asker's, or the member's, in the group.",
    "code": "Of the tables of errors below.",
    "fields": "What the error says, by field name.",
    "version": "The protocol version that the speaker speaks.",
    "server": "The program and its version, for people.",
    "device": "How the person's list of sessions names this device.",
    "session_id": "Names the session to people; it opens nothing.",
    "expires_at": "When the session ends by itself.",
    "display_name": "The name that people see.",
    "country": "Where the person lives, as they say.",
    "delivered": "Up to here at least one device has stored the conversation.",
    "read": "Up to here its person has read the conversation.",
    "last_seq": "The number of the newest row.",
    "key": "The sender's name for this message, unique per sender for ever.",
    "sent_at": "The sender's clock.",
    "at": "When it happened.",
    "since": "When it last changed; 0 when never.",
    "link_up": "Whether main can be reached from the realm.",
    "link_since": "Since when that is so.",
    "up": "Whether main can be reached from the realm.",
    "epoch": "Raised when main's store was restored from a backup.",
    "position": "How far one is synced within the epoch; opaque, it only grows.",
    "realm": "The realm's name.",
    "reason": "Why, in words for people.",
    "person": "Main's number of the person, valid on this link.",
    "persons": "Main's numbers of the persons.",
    "event": "A packed message of realm → client.",
    "message": "The row.",
    "messages": "The rows, ascending.",
    "heads": "One for each conversation.",
    "limit": "At most so many.",
    "more": "Whether rows of the asked range lie beyond.",
    "revision": "When it last changed at main; opaque, it only grows within an epoch.",
    "password": "In the clear: the hop is TLS, or loopback.",
}
"""What these field names mean wherever no text stands below the field."""

LIMITS = (
    ("TEXT_LIMIT", "bytes of UTF-8 in one text"),
    ("CLIENT_FRAME_LIMIT", "bytes in one frame between client and realm"),
    ("LINK_FRAME_LIMIT", "bytes after which a frame of the link is closed"),
    ("LINK_READ_LIMIT", "bytes in one frame of the link before it is cut as broken"),
    ("LINK_SOCKET_LIMIT", "bytes of the link that wait in the socket"),
    ("LINK_UNACKNOWLEDGED_LIMIT", "bytes of requests on the link without an answer"),
    ("LINK_EVENTS_LIMIT", "bytes of events that wait for a link before they are dropped"),
    ("SESSION_UNSENT_LIMIT", "bytes that wait for a slow session before it is closed"),
    ("SESSION_UNANSWERED_SENDS", "sends of one session without an answer, then it waits"),
    ("PAGE_MESSAGES", "rows in one answer to FetchMessages"),
    ("PAGE_BYTES", "bytes after which such an answer stops"),
    ("NEW_DEVICE_MESSAGES", "rows that a new device fetches of each conversation"),
    ("HEADS_PER_EVENT", "heads in one Heads event"),
    ("DISPLAY_NAME_LIMIT", "characters in a display name"),
    ("PASSWORD_LIMIT", "bytes in a password"),
    ("FILE_LIMIT", "bytes of a file, where main's operator sets no other limit"),
    ("FILE_NAME_LIMIT", "bytes of UTF-8 in a file's name"),
    ("PREVIEW_LIMIT", "bytes of an image's preview"),
    ("UNFINISHED_UPLOADS", "unfinished uploads of one person"),
    ("UNFINISHED_UPLOAD_HOURS", "hours without a byte after which an upload ends"),
    ("GUESTS_AT_ONCE", "guests of one realm in its open room"),
    ("GUEST_SECONDS", "seconds that a guest may be let in for"),
    ("UNSENT_FILE_DAYS", "days after which a whole file that no message names is forgotten"),
)


# --- messages ------------------------------------------------------------------------------------


def messages(vocabulary: Vocabulary) -> str:
    """Every message that may go one way, by its tag."""
    classes = sorted(vocabulary.classes.values(), key=tag_of)
    return "\n\n".join(_message(message) for message in classes)


def parts(*modules: ModuleType) -> str:
    """What has no tag: results, and parts of other messages."""
    found = (
        value
        for module in modules
        for value in vars(module).values()
        if _is_own(module, value) and value.__struct_config__.tag is None
    )
    return "\n\n".join(_message(message) for message in found)


def _is_own(module: ModuleType, value: object) -> bool:
    return (
        isinstance(value, type)
        and issubclass(value, WireMessage)
        and value.__module__ == module.__name__
    )


def _message(message: type[WireMessage]) -> str:
    tag = message.__struct_config__.tag
    heading = f"#### {message.__name__}" + (f" · tag {tag}" if tag is not None else "")
    lines = [heading, ""]
    if summary := inspect.cleandoc(message.__doc__ or ""):
        lines += [summary, ""]
    if message in commands.REPLIES:
        lines += [f"Answered by: {type_words(commands.REPLIES[message])}.", ""]
    rows = list(fields(message))
    if not rows:
        return "\n".join([*lines, "No fields."])
    first = 0 if tag is None else 1
    lines += ["| # | field | type | meaning |", "|---|---|---|---|"]
    lines += [
        f"| {place} | `{name}` | {kind} | {meaning} |"
        for place, (name, kind, meaning) in enumerate(rows, first)
    ]
    return "\n".join(lines)


def fields(message: type[Any]) -> Iterator[tuple[str, str, str]]:
    """Name, type and meaning of each field, in the order of the wire."""
    hints = get_type_hints(message, include_extras=True)
    texts = _field_texts(message)
    for name in message.__struct_fields__:
        meaning = texts.get(name) or MEANINGS.get(name, "")
        yield name, type_words(hints[name]), meaning.replace("|", "\\|")


def _field_texts(message: type[Any]) -> dict[str, str]:
    """The text below each field of the class that has one."""
    body = ast.parse(inspect.getsource(message)).body[0]
    if not isinstance(body, ast.ClassDef):
        raise TypeError(f"{message.__name__} is no class")
    texts = {}
    for field, below in zip(body.body, body.body[1:], strict=False):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                texts[name] = " ".join(text.split())
    return texts


def type_words(kind: Any) -> str:
    """A type as the wire has it."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (UnionType, Union):  # the other is None, and the field is left out
        return f"{type_words(arguments[0])}, may be left out"
    if origin is Annotated:
        return type_words(arguments[0]) + _bounds(arguments[1])
    if origin is Literal:
        return "string: " + " or ".join(f"`{value}`" for value in arguments)
    if origin is list:
        return f"array of {type_words(arguments[0])}" if arguments[0] is not Any else "array"
    if origin is dict:
        return "map"
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return f"[{kind.__name__}](#{kind.__name__.lower()})"
    return _PLAIN[kind]


_PLAIN: dict[Any, str] = {
    int: "integer",
    str: "string",
    bytes: "binary",
    msgspec.Raw: "array",
    bool: "boolean",
    Any: "any",
    Address: "address",
    GroupAddress: "group address",
}


def _bounds(meta: msgspec.Meta) -> str:
    """What `Meta` asks beyond the type."""
    words: list[str] = []
    if meta.ge is not None:
        words.append(f"≥ {meta.ge}")
    if meta.lt is not None:
        words.append(f"< 2^{int(meta.lt).bit_length() - 1}")
    if meta.le is not None:
        words.append(f"≤ {meta.le}")
    if meta.min_length is not None:
        words.append(f"at least {meta.min_length}")
    if meta.max_length is not None:
        words.append(f"at most {meta.max_length}")
    if meta.pattern is not None:
        words.append(f"`{meta.pattern.removeprefix('^').removesuffix(chr(92) + 'Z')}`")
    return f" ({', '.join(words)})" if words else ""


# --- tables --------------------------------------------------------------------------------------


def error_table(branch: type[errors.RealmchatError]) -> str:
    """The errors of one branch of the tree, by code."""
    rows = [
        f"| `{error.code}` | {error.status} | {error.__name__} | {_escape(error.text)} |"
        for error in errors.all_errors()
        if error.__module__ == errors.__name__ and issubclass(error, branch)
    ]
    return "\n".join(["| code | status | class | text |", "|---|---|---|---|", *rows])


def limit_table() -> str:
    rows = [f"| {getattr(limits, name):,} | {meaning} |" for name, meaning in LIMITS]
    return "\n".join(["| limit | of |", "|---|---|", *rows])


def word_table() -> str:
    """The text grammar's words."""
    rows = [
        f"| `{_escape(word.usage)}` | {', '.join(f'`{a}`' for a in word.aliases)} |"
        f" {word.help.english} | {word.help.indonesian} | {word.right.value} |"
        f" {word.when_cut_off.value} |"
        for word in WORDS
    ]
    head = "| line | also | does | artinya | who may | while cut off |"
    return "\n".join([head, "|---|---|---|---|---|---|", *rows])


def kind_table() -> str:
    """How each kind of parameter is read in a line."""
    used: dict[str, list[str]] = {}
    for word in WORDS:
        for parameter in word.parameters:
            meanings = used.setdefault(parameter.name, [])
            if parameter.meaning.english not in meanings:
                meanings.append(parameter.meaning.english)
    kinds = {p.name: p.kind for word in WORDS for p in word.parameters}
    rows = [
        f"| `{name.upper()}` | {kinds[name].value.replace('_', ' ')} | {'; '.join(meanings)} |"
        for name, meanings in used.items()
    ]
    return "\n".join(["| parameter | kind | meaning |", "|---|---|---|", *rows])


def system_body() -> str:
    rows = [
        f"| `{name}` | {kind} | {_SYSTEM_MEANINGS[name]} |"
        for name, kind, _ in fields(bodies.SystemBody)
    ]
    return "\n".join(["| key | type | meaning |", "|---|---|---|", *rows])


def file_body() -> str:
    rows = [f"| `{name}` | {kind} | {meaning} |" for name, kind, meaning in fields(bodies.FileBody)]
    return "\n".join(["| key | type | meaning |", "|---|---|---|", *rows])


_SYSTEM_MEANINGS = {
    "event": "What happened.",
    "who": "To whom.",
    "by": "Who did it; the same person for one's own doing.",
    "group": "In which group.",
    "role": "Of `role`: what `who` is from now on.",
    "display_name": "Of `renamed`: what it is called now; empty for its address alone.",
    "access": "Of `access`: who may enter from now on.",
}


def _escape(text: str) -> str:
    return text.replace("|", "\\|")


# --- the page ------------------------------------------------------------------------------------

SECTIONS: Sections = {
    "client-to-realm": lambda: messages(commands.CLIENT_COMMANDS),
    "realm-to-client": lambda: messages(events.SERVER_MESSAGES),
    "client-parts": lambda: parts(commands),
    "realm-to-main": lambda: messages(link.FROM_REALM),
    "main-to-realm": lambda: messages(link.FROM_MAIN),
    "link-parts": lambda: parts(link),
    "file-body": file_body,
    "system-body": system_body,
    "limits": limit_table,
    "asked-wrongly": lambda: error_table(errors.AskedWrongly),
    "try-later": lambda: error_table(errors.TryLater),
    "our-fault": lambda: error_table(errors.OurFault),
    "words": word_table,
    "parameters": kind_table,
}


if __name__ == "__main__":
    write(PAGE, SECTIONS)
