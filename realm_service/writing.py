"""Writing many bytes to a file that is open without a buffer. It blocks."""

import os

_PIECE_BYTES = 64 * 1024
"""For larger writes Linux takes larger pages, which a virtual machine must fetch from its host.

That was measured to cost six times as much.
"""


def write_all(descriptor: int, data: bytes) -> None:
    """Where this raises, some of it may be there."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest[:_PIECE_BYTES]) :]
