"""How rows look in JSON. Pure."""

import base64
import json
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from sqlalchemy import Row, RowMapping

from chat_cli.account.receipts import Marks
from realm_protocol.bodies import FileBody, SystemBody
from realm_protocol.errors import RealmchatError, rebuild
from realm_service.times import rfc3339


def message_json(
    row: Mapping[str, Any] | RowMapping, me: str, mine: Marks, peer: Marks
) -> dict[str, Any]:
    """A row of the log. Own messages show how far the other has got, others' how far oneself."""
    marks = peer if row["sender"] == me else mine
    message: dict[str, Any] = {
        "conversation": row["conversation"],
        "seq": row["seq"],
        "key": row["key"],
        "kind": row["kind"],
        "from": row["sender"],
        "text": row["text"],
        "at": rfc3339(row["at"]),
        "sent_at": rfc3339(row["sent_at"]),
        "state": marks.state_of(row["seq"]),
    }
    if (file := row.get("file")) is not None:
        message["file"] = json.loads(file)
    if (change := row.get("change")) is not None:
        message["change"] = json.loads(change)
    return message


def unsent_json(row: Row[Any], me: str) -> dict[str, Any]:
    """A row of the outbox, as a message that has no number yet."""
    named = {"sender": me, "kind": kind_of(row.file), "state": state_of_unsent(row.state)}
    return {**pending_json({**row._mapping, **named}), "seq": row.seq}


def pending_json(row: Mapping[str, Any] | RowMapping) -> dict[str, Any]:
    """A message that main hasn't told of, as one that has no number yet."""
    message: dict[str, Any] = {
        "conversation": row["conversation"],
        "seq": None,
        "key": row["key"],
        "kind": row["kind"],
        "from": row["sender"],
        "text": row["text"],
        "at": None,
        "sent_at": rfc3339(row["sent_at"]),
        "state": row["state"],
    }
    if row["file"] is not None:
        message["file"] = json.loads(row["file"])
    if row["refusal"] is not None:
        message["error"] = read_refusal(row["refusal"]).body()["error"]
    return message


def state_of_unsent(state: str) -> str:
    """What people are told of a row of the outbox."""
    return {"accepted": "at_main", "checking": "saved"}.get(state, state)


def kind_of(file: str | None) -> Literal["text", "file"]:
    """What a message of a person's is, by what is kept of its file."""
    return "text" if file is None else "file"


def file_json(body: FileBody) -> dict[str, Any]:
    """A file as messages show it; only a picture has a size in pixels and a preview."""
    shown = msgspec.to_builtins(body, builtin_types=(bytes,))
    if body.preview is not None:
        shown["preview"] = base64.b64encode(body.preview).decode()
    return dict(shown)


def print_file(body: FileBody) -> str:
    """A file as the log and the outbox keep it, beside its name."""
    return json.dumps(file_json(body), ensure_ascii=False)


def read_file(text: str) -> FileBody:
    """Undo `print_file`."""
    kept = json.loads(text)
    if "preview" in kept:
        kept["preview"] = base64.b64decode(kept["preview"])
    return FileBody(**kept)


def print_change(body: SystemBody) -> str:
    """What a system row says, for those who say it in other words than its text."""
    return json.dumps(msgspec.structs.asdict(body), ensure_ascii=False)


def print_refusal(error: RealmchatError) -> str:
    """A refusal as the outbox keeps it."""
    return json.dumps({"code": error.code, "fields": error.fields})


def read_refusal(text: str) -> RealmchatError:
    """Undo `print_refusal`."""
    kept = json.loads(text)
    return rebuild(kept["code"], kept["fields"])
