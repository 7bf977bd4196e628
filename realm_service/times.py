"""Times of the wire in the words that programs read."""

from datetime import UTC, datetime


def rfc3339(milliseconds: int) -> str:
    """UTC, with milliseconds."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
