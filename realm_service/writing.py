"""Writing many bytes to a file that is open without a buffer."""

import os

_PIECE_BYTES = 64 * 1024
"""For larger writes Linux takes larger pages, which a virtual machine must fetch from its host.

That was measured to cost six times as much.
"""


def write_all(descriptor: int, data: bytes) -> None:
    """It blocks. Where it raises, some of it may be there."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest[:_PIECE_BYTES]) :]


def write_soon(descriptor: int, start: int, size: int) -> None:
    """Have what was written there go to the disk from now on, without waiting for it.

    What Linux gathers for half a minute it writes at once, and every sync waits meanwhile.
    """
    os.posix_fadvise(descriptor, start, size, os.POSIX_FADV_DONTNEED)
