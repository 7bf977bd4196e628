"""Files over lines that are cut at any byte: whole in the end, and no byte goes twice for nothing.

Between them the examples cut each way more than two hundred times.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realm_protocol.bodies import FileBody, pack_file_body, read_file_body
from realm_service.long_answers import LONG_BYTES

from .conftest import HENDERSON, MESSI, Person, serving
from .fake_realm import FakeRealm
from .fake_realm_server import Running

LONGEST = 300_000

cuts = st.lists(st.integers(1, LONGEST), min_size=10, max_size=30)
sizes = st.integers(0, LONGEST)
at_any_byte = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)


@asynccontextmanager
async def messi_at(folder: Path) -> AsyncIterator[tuple[FakeRealm, Person]]:
    realm = FakeRealm()
    realm.add_person(MESSI)
    realm.add_person(HENDERSON)
    running = Running(realm)
    await running.start()
    try:
        async with serving(folder / "home", realm.url) as service:
            yield realm, await service.login()
    finally:
        await running.stop()


@given(size=sizes, cut_after=cuts)
@at_any_byte
def test_an_upload_arrives_over_any_cuts(size: int, cut_after: list[int]) -> None:
    """Main holds what was sent, of one upload; each `PATCH` goes on where main stood."""
    content = random.Random(size).randbytes(size)

    async def play(folder: Path) -> None:
        async with messi_at(folder) as (realm, messi):
            realm.files.cuts_up = [min(cut, max(size // 20, 1)) for cut in cut_after]
            answer = await messi.service.http.post(
                f"{messi.path}/files",
                data={"to": HENDERSON},
                files={"file": ("a.bin", content)},
                params={"wait": 30},
            )

            assert answer.json()["state"] == "at_main"
            (row,) = realm.private(MESSI, HENDERSON).log
            upload = realm.files.uploads[read_file_body(row.body).file_id]
            assert bytes(upload.content) == content
            assert realm.files.begun == 1
            assert realm.files.offsets == sorted(set(realm.files.offsets))

    _play(play)


@given(size=sizes, cut_after=cuts)
@at_any_byte
def test_a_download_arrives_over_any_cuts(size: int, cut_after: list[int]) -> None:
    """Whoever asked gets one answer, whole; the realm is asked for each byte once."""
    _play_download(size, [min(cut, max(size // 20, 1)) for cut in cut_after])


def test_a_long_download_arrives_over_cuts_too() -> None:
    """Whose connections are not those of short ones."""
    _play_download(LONG_BYTES + 1, [1, LONG_BYTES // 2, 65_536, LONG_BYTES // 4])


def _play_download(size: int, cuts_down: list[int]) -> None:
    content = random.Random(size).randbytes(size)

    async def play(folder: Path) -> None:
        async with messi_at(folder) as (realm, messi):
            file_id = realm.files.put(content)
            new = realm.files.uploads[file_id].new
            body = FileBody(file_id, "a.bin", size, "text/plain", new.sha256)
            conversation = realm.private(MESSI, HENDERSON)
            realm.store(conversation, HENDERSON, "k", pack_file_body(body), "file")
            realm.files.cuts_down = cuts_down

            answer = await messi.service.http.get(f"{messi.path}/files/{file_id}")

            assert answer.content == content
            asked = [int(r[len("bytes=") :].partition("-")[0]) for r in realm.files.ranges if r]
            assert asked == sorted(set(asked))

    _play(play)


def _play(play: Callable[[Path], Coroutine[None, None, None]]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder)))
