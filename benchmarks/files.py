"""Files through the servers: how fast they come and go, what that takes, and what messages notice.

The client is bare: it reads and writes sockets, and hashes what it gets, as any client has to.
"""

import hashlib
import http.client
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.processes import cpu_seconds, memory_bytes
from realm_protocol.uploads import UPLOAD_TYPE, NewUpload, upload_headers

_BLOCK_BYTES = 1024 * 1024
_LOOK_EVERY_SECONDS = 0.1
_NICE = 10


class TransferFailed(Exception):
    """A server refused a file, or it arrived as another."""


@dataclass(frozen=True)
class Sample:
    """A file to send, made once."""

    path: Path
    size: int
    sha256: str

    def renewed(self) -> "Sample":
        """The file gets other bytes at its start: no server has those yet."""
        with self.path.open("r+b") as file:
            file.write(os.urandom(16))
            file.seek(0)
            return replace(self, sha256=hashlib.file_digest(file, "sha256").hexdigest())


def make_sample(path: Path, size: int) -> Sample:
    """Bytes that nothing can compress."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for start in range(0, size, _BLOCK_BYTES):
            block = os.urandom(min(_BLOCK_BYTES, size - start))
            digest.update(block)
            file.write(block)
    return Sample(path, size, digest.hexdigest())


@dataclass(frozen=True)
class FileClient:
    """One person's requests to a realm. Each transfer has a connection of its own."""

    url: str
    token: str

    def upload(self, sample: Sample) -> tuple[str, float]:
        """The file's id, and seconds from the announcement to main's word that it is whole."""
        began = time.perf_counter()
        announcement = upload_headers(NewUpload(sample.size, sample.sha256))
        location = self._ask("POST", "/v1/uploads", announcement, 201).headers["Location"]
        headers = {
            "Upload-Offset": "0",
            "Content-Type": UPLOAD_TYPE,
            "Content-Length": str(sample.size),
        }
        with sample.path.open("rb") as file:
            self._ask("PATCH", location, headers, 204, file)
        return location.rpartition("/")[2], time.perf_counter() - began

    def download(self, file_id: str, sample: Sample) -> float:
        """Seconds until all bytes are there and hashed."""
        began = time.perf_counter()
        answer = self._ask("GET", f"/v1/files/{file_id}", {}, 200)
        digest, block = hashlib.sha256(), bytearray(_BLOCK_BYTES)
        while count := answer.readinto(block):
            digest.update(memoryview(block)[:count])
        if digest.hexdigest() != sample.sha256:
            raise TransferFailed("other bytes came than were sent")
        return time.perf_counter() - began

    def _ask(
        self, method: str, path: str, headers: dict[str, str], status: int, body: object = None
    ) -> http.client.HTTPResponse:
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(
            str(address.hostname), address.port, timeout=120, blocksize=_BLOCK_BYTES
        )
        authorization = {"Authorization": f"Bearer {self.token}"}
        connection.request(method, path, body, {**authorization, **headers})  # type: ignore[arg-type]  # a file is one
        answer = connection.getresponse()
        if answer.status != status:
            raise TransferFailed(f"{method} {path}: {answer.status} {answer.read(2000)!r}")
        return answer


@dataclass
class Leg:
    """One way of a file."""

    seconds: float
    cpu: float
    """Seconds of main and realm together."""


@dataclass
class Transferred:
    """What one run found, and bytes of memory beyond those before."""

    upload: Leg
    first_download: Leg
    """Through main and realm."""
    cached_download: Leg
    """From the realm's cache."""
    memory: dict[str, int] = field(default_factory=dict)


def transfer(client: FileClient, sample: Sample, pids: dict[str, int]) -> Transferred:
    """Up, down, and down again, with the servers' memory watched."""

    def cpu() -> float:
        return sum(cpu_seconds(pid) for pid in pids.values())

    def down(file_id: str) -> Leg:
        before = cpu()
        return Leg(client.download(file_id, sample), cpu() - before)

    with watched(pids) as peaks:
        before = cpu()
        file_id, seconds = client.upload(sample)
        upload = Leg(seconds, cpu() - before)
        return Transferred(upload, down(file_id), down(file_id), peaks())


@contextmanager
def watched(pids: dict[str, int]) -> Iterator[Callable[[], dict[str, int]]]:
    """The most memory that each process has beyond what it has now."""
    before = {name: memory_bytes(pid) for name, pid in pids.items()}
    peaks, over = dict(before), threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_EVERY_SECONDS):
            for name, pid in pids.items():
                peaks[name] = max(peaks[name], memory_bytes(pid))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield lambda: {name: peaks[name] - before[name] for name in pids}
    finally:
        over.set()
        thread.join()


@contextmanager
def transfers_going_on(client: FileClient, sample: Sample) -> Iterator[None]:
    """New files go up and come down, one after the other, until the block ends.

    The client gives way to the servers, as it does where it has a machine of its own.
    """
    over = threading.Event()

    def go_on() -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        while not over.is_set():
            new = sample.renewed()
            file_id, _ = client.upload(new)
            client.download(file_id, new)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
