"""How rows look in JSON. Pure."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, RowMapping

from chat_cli.account.receipts import Marks
from realm_protocol.errors import RealmchatError, rebuild


def rfc3339(milliseconds: int) -> str:
    """A time of the wire as people's programs read it: UTC, with milliseconds."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def message_json(
    row: Mapping[str, Any] | RowMapping, me: str, mine: Marks, peer: Marks
) -> dict[str, Any]:
    """A row of the log. Own messages show how far the other has got, others' how far oneself."""
    marks = peer if row["sender"] == me else mine
    return {
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


def unsent_json(row: Row[Any], me: str) -> dict[str, Any]:
    """A row of the outbox, as a message that has no number yet."""
    message: dict[str, Any] = {
        "conversation": row.conversation,
        "seq": row.seq,
        "key": row.key,
        "kind": "text",
        "from": me,
        "text": row.text,
        "at": None,
        "sent_at": rfc3339(row.sent_at),
        "state": state_of_unsent(row.state),
    }
    if row.refusal is not None:
        message["error"] = read_refusal(row.refusal).body()["error"]
    return message


def state_of_unsent(state: str) -> str:
    """What people are told of a row of the outbox."""
    return {"accepted": "at_main", "refused": "refused"}.get(state, "saved")


def print_refusal(error: RealmchatError) -> str:
    """A refusal as the outbox keeps it."""
    return json.dumps({"code": error.code, "fields": error.fields})


def read_refusal(text: str) -> RealmchatError:
    """Undo `print_refusal`."""
    kept = json.loads(text)
    return rebuild(kept["code"], kept["fields"])
