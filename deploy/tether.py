"""Runs a command that ends as soon as the process that asked for it ends, even by kill -9.

    python tether.py kernel PARENT_PID COMMAND …     where Linux kills the child of a dead parent
    python tether.py FD     PARENT_PID COMMAND …     elsewhere: FD is a pipe that the parent holds

The command takes this process's place, so that its pid is the one that the parent started. Kept
to the standard library: it runs before each start of a service.
"""

import ctypes
import os
import select
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    means, parent, command = arguments[0], int(arguments[1]), arguments[2:]
    if means == "kernel":
        die_with_parent()
    else:
        _watch_from_beside(int(means))
    if os.getppid() != parent:
        sys.exit(f"process {parent} ended before {command[0]} was started")
    os.execvp(command[0], command)  # noqa: S606  # a command of our own, without a shell


def die_with_parent() -> None:
    """From now on the kernel ends this process with the one that started it; on Linux only."""
    # SIGKILL and no milder one, because a service that hangs or is stopped must end as well.
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"prctl: {os.strerror(code)}")


def _watch_from_beside(parent_pipe: int) -> None:
    """Fork a process that waits for either end: the parent's, or that of the command."""
    own_read, own_write = os.pipe()
    service = os.getpid()
    if os.fork() != 0:
        os.close(parent_pipe)
        os.close(own_read)
        os.set_inheritable(own_write, True)  # closes when the command ends, and not before
        return
    os.close(own_write)
    ended, _, _ = select.select([parent_pipe, own_read], [], [])
    if own_read not in ended and os.getppid() == service:
        os.kill(service, signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
