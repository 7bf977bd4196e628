"""`realmchat up --watch`: what is written in the open rooms, line by line as it comes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from deploy.processes import Tether

_CHUNK = 64 * 1024


async def show_output(
    command: Sequence[str],
    environment: Mapping[str, str],
    tether: Tether,
    show: Callable[[str], None],
) -> None:
    """Run a command and show each of its lines, to its end. Cancelled, it ends the command."""
    process = await tether.start(command, environment, stdout=asyncio.subprocess.PIPE)
    if process.stdout is None:
        raise TypeError("its output was asked for")
    try:
        async for line in _lines(process.stdout):
            show(line)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _lines(output: asyncio.StreamReader) -> AsyncIterator[str]:
    """However long they are: `readline` has a limit, a message a longer one."""
    rest = b""
    while chunk := await output.read(_CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")
    if rest:
        yield rest.decode(errors="replace")
