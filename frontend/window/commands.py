"""What a command of the grammar came to, as lines that a person reads. Pure."""

from collections.abc import Mapping
from typing import Any

_LEFT_OUT = frozenset({"key", "conversation", "session_id", "sent_at", "realm_url"})


def told(result: Any) -> list[str]:
    """A line for each row; of a row its values, with their names where these say more."""
    if isinstance(result, list):
        return [_line(row) for row in result]
    if isinstance(result, Mapping):
        return [line for name, value in result.items() if (line := _field(name, value))]
    return [str(result)] if result not in (None, "") else []


def _line(row: Any) -> str:
    if not isinstance(row, Mapping):
        return str(row)
    if "text" in row and "from" in row:
        return f"{row['from']}: {row['text']}"
    if "usage" in row:
        return f"/{row['usage']}: {row['help']}"
    parts = (_field(name, value) for name, value in row.items())
    return " · ".join(part for part in parts if part)


def _field(name: str, value: Any) -> str:
    if name in _LEFT_OUT or value in (None, "", [], {}):
        return ""
    if isinstance(value, Mapping):
        inner = ", ".join(part for k, v in value.items() if (part := _field(k, v)))
        return f"{name}: {inner}" if inner else ""
    if isinstance(value, bool):
        return name if value else f"not {name}"
    if isinstance(value, str) and "@" in value:
        return value
    return f"{name}: {value}"
