"""What names a message in a key of its answer, so that an answer goes out once. Pure.

A message may be handled twice, after a crash; its answer has the same key both times.
"""

import hashlib

DIGITS = 32


def message_id(sender: str, key: str, conversation: str, seq: int | None) -> str:
    """32 hexadecimal digits, the same for this message for ever, whatever number it gets."""
    # A change of a group has no key of its own.
    named = f"{sender} {key}" if key else f"{conversation} {seq}"
    return hashlib.sha256(named.encode()).hexdigest()[:DIGITS]
