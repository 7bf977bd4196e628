"""One checksum for a run of a conversation, the same wherever a copy of it lies."""

import hashlib
from collections.abc import Iterable


def checksum(events: Iterable[bytes]) -> str:
    """Over packed `MessageStored` events, in the order of `seq`."""
    summed = hashlib.sha256()
    for event in events:
        summed.update(event)
    return summed.hexdigest()
