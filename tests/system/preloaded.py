"""What is put before a process by LD_PRELOAD: a disk that fails, a clock that jumps, when told."""

import os
import struct
import subprocess
from pathlib import Path


class Disk:
    """The disk under the databases of one process."""

    def __init__(self, library: Path, control: Path) -> None:
        self.variables = [f"FAULTY_DISK={control}"]
        self.library = library
        self._control = control
        self.works()

    def works(self) -> None:
        self._control.write_text("w")

    def is_full(self) -> None:
        self._control.write_text("f")

    def fails_to_sync(self) -> None:
        self._control.write_text("s")


class Clock:
    """The wall clock of one process; the clock that only goes on is left alone."""

    def __init__(self, library: Path, control: Path) -> None:
        self.variables = [f"SHIFTED_CLOCK={control}"]
        self.library = library
        self._control = control
        self.jump(0)

    def jump(self, seconds: int) -> None:
        """From now on it goes wrong by so much."""
        # In place: a process that has the file in its memory would die of a shorter one.
        descriptor = os.open(self._control, os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(descriptor, struct.pack("=q", seconds))
        os.close(descriptor)


def compiled(name: str, folder: Path) -> Path:
    """The library of a source beside this file."""
    library = folder / f"{name}.so"
    source = Path(__file__).with_name(f"{name}.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O", "-o", library, source, "-ldl"], check=True)
    return library


def preloading(*faults: Disk | Clock) -> list[str]:
    """What is put before a command."""
    variables = [variable for fault in faults for variable in fault.variables]
    libraries = ":".join(str(fault.library) for fault in faults)
    return ["env", f"LD_PRELOAD={libraries}", *variables]
