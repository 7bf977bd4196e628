"""What the command line prints: lines for people, JSON Lines for programs."""

import json
import re
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from realm_protocol.errors import RealmchatError

# C0 without tab and line feed, DEL and C1: what could move a terminal's cursor or forge a line.
_controls = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """A text of somebody else as it may go to a terminal."""
    return _controls.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def message_line(message: Mapping[str, Any], conversation: Mapping[str, Any]) -> str:
    """`2026-11-21 10:55 messi@surabaya: hello`; further lines of a text are indented."""
    at = datetime.fromisoformat(message["at"] or message["sent_at"]).astimezone()
    group = f" in {conversation['title']}" if conversation["kind"] != "private" else ""
    sender = f"{message['from']}{group}"
    text = clean(message["text"]).replace("\n", "\n    ")
    line = f"{sender}: {text}" if message["kind"] != "system" else f"{sender}  ({text})"
    return f"{at:%Y-%m-%d %H:%M} {line}"


def put(line: str) -> None:
    """One line for people on standard output."""
    sys.stdout.write(line + "\n")


def put_json(value: Any) -> None:
    """One JSON line on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def put_error(error: RealmchatError, *, as_json: bool) -> None:
    """One line on standard error: what was wrong and what to do."""
    if as_json:
        line = json.dumps(error.body(), ensure_ascii=False, default=str)
    else:
        line = f"chat-cli: {clean(error.message)}".replace("\n", " ")
    sys.stderr.write(line + "\n")


def put_note(line: str) -> None:
    """One line on standard error beside a result."""
    sys.stderr.write(f"chat-cli: {line}\n")
