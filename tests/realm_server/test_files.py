"""Files at a realm: passed on as they come, pulled once, and never wrong."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from realm_protocol.errors import (
    FileDamaged,
    QuotaExceeded,
    RealmKeyInvalid,
    SessionEnded,
    UploadNotFound,
)
from realm_server.files.pace import Pace
from realm_service.giving_way import GivingWay
from tests.realm_server.conftest import World
from tests.realm_server.fake_files import sha256
from tests.waiting import DEADLINE_SECONDS, eventually

MIB = 1024 * 1024
CONTENT = os.urandom(5 * MIB + 100)
FILE = "f" * 32
TOKEN = "messi-token"


@pytest.fixture
async def site(world: World) -> World:
    """A realm, and a file that messi may open."""
    await world.start()
    world.files.readers = {TOKEN, "lineker-token"}
    world.files.add(FILE, CONTENT)
    return world


async def download(world: World, token: str = TOKEN, **headers: str) -> httpx.Response:
    async with world.http as http:
        authorization = {"Authorization": f"Bearer {token}"}
        return await http.get(f"/v1/files/{FILE}", headers={**authorization, **headers})


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def cached(world: World) -> list[Path]:
    return list((world.home / "cache").iterdir())


async def test_a_file_is_pulled_once_for_a_whole_site(site: World) -> None:
    """A hundred people who ask at once follow one pull, and all get all bytes."""
    content = CONTENT[: 2 * MIB + 1]
    site.files.add(FILE, content)
    people = [f"token-{number}" for number in range(100)]
    site.files.readers |= set(people)

    answers = await asyncio.gather(*(download(site, token) for token in people))

    assert all(answer.content == content for answer in answers)
    assert len(site.files.gets) == 1
    assert (await download(site)).content == content
    assert len(site.files.gets) == 1


async def test_a_range_is_answered_as_http_has_it(site: World) -> None:
    """Also while the file still grows."""
    answer = await download(site, Range=f"bytes={3 * MIB + 5}-{4 * MIB + 5}")

    assert (answer.status_code, answer.content) == (206, CONTENT[3 * MIB + 5 : 4 * MIB + 6])
    assert answer.headers["Content-Range"] == (f"bytes {3 * MIB + 5}-{4 * MIB + 5}/{len(CONTENT)}")
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    beyond = await download(site, Range=f"bytes={len(CONTENT)}-")
    assert code(beyond) == (416, "range_not_satisfiable")
    assert beyond.headers["Content-Range"] == f"bytes */{len(CONTENT)}"


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1])
async def test_sizes_around_a_block_come_whole(site: World, size: int) -> None:
    """From main, and again from the cache."""
    site.files.add(FILE, CONTENT[:size])

    for _ in range(2):
        answer = await download(site)
        assert (answer.status_code, answer.content) == (200, CONTENT[:size])


async def test_the_cache_opens_nothing_to_a_stranger(site: World) -> None:
    """Main is asked each time; its answer is passed on, to a HEAD too."""
    await download(site)

    assert code(await download(site, "stranger-token")) == (404, "file_not_found")
    async with site.http as http:
        head = await http.head(f"/v1/files/{FILE}", headers={"Authorization": "Bearer nobody"})
        assert head.status_code == 404
        assert "file_not_found" in head.headers["Realmchat-Error"]
        assert code(await http.get(f"/v1/files/{FILE}")) == (401, "not_signed_in")


async def test_a_cut_pull_goes_on_where_it_stopped(site: World) -> None:
    """The bytes that crossed the link once don't cross it again."""
    site.files.ends_after = 2 * MIB + 7
    with pytest.raises(httpx.RemoteProtocolError):
        await download(site)
    site.files.ends_after = None

    answer = await download(site)

    assert answer.content == CONTENT
    assert site.files.gets[0] == "bytes=0-"
    assert site.files.gets[1] != "bytes=0-"


async def test_a_damaged_cached_file_is_pulled_again(site: World) -> None:
    """Whoever asks doesn't even notice."""
    await download(site)
    (path,) = cached(site)
    with path.open("r+b") as file:
        file.seek(2 * MIB)
        file.write(b"damaged")

    answer = await download(site)

    assert answer.content == CONTENT
    assert len(site.files.gets) == 2
    await eventually(lambda: [path.read_bytes() for path in cached(site)] == [CONTENT])


async def test_wrong_bytes_from_main_never_arrive_whole(site: World) -> None:
    """The last block is held back until the hash was right; and nothing wrong is kept."""
    site.files.damages = True
    with pytest.raises(httpx.RemoteProtocolError):
        await download(site)
    site.files.add(FILE, CONTENT[:1000])
    assert code(await download(site)) == (500, "file_damaged")

    site.files.damages = False

    assert (await download(site)).content == CONTENT[:1000]


async def test_a_restart_checks_what_it_finds_and_uses_it(world: World) -> None:
    """Whole files and parts; what was changed meanwhile is thrown away."""
    await world.start_main()
    world.files.readers = {TOKEN}
    world.files.add(FILE, CONTENT)
    async with world.realm_running():
        await world.link_up()
        await download(world)
    async with world.realm_running():
        assert (await download(world)).content == CONTENT
        assert len(world.files.gets) == 1
    (path,) = cached(world)
    path.write_bytes(b"x" + CONTENT[1:])
    async with world.realm_running():
        assert (await download(world)).content == CONTENT
        assert len(world.files.gets) == 2


async def test_the_cache_is_bounded(world: World) -> None:
    """The longest unused goes first."""
    world.settings["file_cache_bytes"] = 3 * MIB
    await world.start()
    world.files.readers = {TOKEN}
    sizes = {"a" * 32: MIB, "b" * 32: MIB + 1, "c" * 32: MIB + 2}
    for file_id, size in sizes.items():
        world.files.add(file_id, CONTENT[:size])
    async with world.http as http:
        for file_id in ("a" * 32, "b" * 32, "a" * 32, "c" * 32):
            await http.get(f"/v1/files/{file_id}", headers={"Authorization": f"Bearer {TOKEN}"})

    kept = {"a" * 32, "c" * 32}
    await eventually(lambda: {path.name.partition(".")[0] for path in cached(world)} == kept)


async def test_the_cache_tells_nobody_what_others_have(site: World) -> None:
    """The same bytes in a file of one's own come from main: no clock shows that they are here."""
    await download(site)
    site.files.add("e" * 32, CONTENT)

    async with site.http as http:
        own = await http.get(f"/v1/files/{'e' * 32}", headers={"Authorization": f"Bearer {TOKEN}"})

    assert own.content == CONTENT
    assert len(site.files.gets) == 2


async def test_a_pull_that_nobody_follows_ends(site: World) -> None:
    """What is canceled doesn't go on using the link."""
    site.files.may_send.clear()
    asking = asyncio.create_task(download(site))
    await eventually(lambda: site.files.gets)
    asking.cancel()

    def ends_after_another_chunk() -> bool:
        site.files.may_send.set()
        site.files.may_send.clear()
        return "pull" not in {task.get_name() for task in asyncio.all_tasks()}

    await eventually(ends_after_another_chunk)
    assert cached(site)[0].stat().st_size < len(CONTENT)


@pytest.mark.parametrize("method", ["OPTIONS", "POST", "HEAD", "PATCH", "DELETE"])
async def test_an_upload_is_passed_on_in_the_sessions_name(site: World, method: str) -> None:
    """Main hears the realm's key and the session's hash, never the token."""
    path = "/v1/uploads" if method in ("OPTIONS", "POST") else f"/v1/uploads/{FILE}"
    body = CONTENT if method == "PATCH" else b""
    headers = {"Authorization": f"Bearer {TOKEN}", "Upload-Offset": "7", "X-Odd": "kept back"}
    async with site.http as http:
        answer = await http.request(method, path, headers=headers, content=body)

    ((method_told, path_told, told, body_told),) = site.files.uploads
    assert (method_told, path_told, body_told == body) == (method, path, True)
    assert told["Realmchat-Session"] == sha256(TOKEN.encode())
    assert told["Upload-Offset"] == "7"
    assert "X-Odd" not in told
    assert TOKEN not in str(told)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(len(body)))
    assert "X-Secret" not in answer.headers


async def test_what_main_refuses_is_told_in_its_words(site: World) -> None:
    """The same class, with the same fields."""
    site.files.refuses = QuotaExceeded(used=1, size=2, limit=3)
    async with site.http as http:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = await http.post("/v1/uploads", headers=headers)
        assert answer.json() == site.files.refuses.body()
        site.files.refuses = UploadNotFound(file_id=FILE)
        head = await http.head(f"/v1/uploads/{FILE}", headers=headers)
        assert head.status_code == 404
        assert "upload_not_found" in head.headers["Realmchat-Error"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SessionEnded(reason="signed out"), (401, "session_ended")),
        (RealmKeyInvalid(), (503, "link_down")),
        (FileDamaged(file_id=FILE), (500, "file_damaged")),
    ],
)
async def test_a_persons_end_is_told_and_the_realms_is_not(
    site: World, error: SessionEnded, told: tuple[int, str]
) -> None:
    """Nobody is signed out because their realm's key was rotated."""
    site.files.refuses = error

    assert code(await download(site)) == told


async def test_without_main_files_wait(world: World) -> None:
    """In words that say so, at once."""
    async with world.realm_running():
        assert code(await download(world)) == (503, "link_down")
        async with world.http as http:
            answer = await http.post("/v1/uploads", headers={"Authorization": f"Bearer {TOKEN}"})
            assert code(answer) == (503, "link_down")


async def test_an_upload_flows_through(site: World) -> None:
    """Main has the first bytes before the sender has sent the last."""

    async def body() -> AsyncIterator[bytes]:
        yield CONTENT[: 2 * MIB]
        await asyncio.wait_for(site.files.began.wait(), DEADLINE_SECONDS)
        yield CONTENT[2 * MIB :]

    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Length": str(len(CONTENT))}
    async with site.http as http:
        await http.patch(f"/v1/uploads/{FILE}", headers=headers, content=body())

    (passed,) = site.files.uploads
    assert passed[2]["Content-Length"] == str(len(CONTENT))
    assert passed[3] == CONTENT


async def test_a_stop_ends_what_is_under_way(world: World) -> None:
    """Nobody who stops a realm waits for a gigabyte; what has come is kept."""
    await world.start_main()
    world.files.readers = {TOKEN}
    world.files.add(FILE, CONTENT)
    go_on = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield CONTENT[:MIB]
        await go_on.wait()
        yield CONTENT[MIB:]

    async with world.http as http, world.realm_running() as realm:
        await world.link_up()
        world.files.may_send.clear()
        downloading = asyncio.create_task(download(world))
        headers = {"Authorization": f"Bearer {TOKEN}"}
        uploading = asyncio.create_task(
            http.patch(f"/v1/uploads/{FILE}", headers=headers, content=slowly())
        )
        await eventually(lambda: world.files.gets and world.files.began.is_set())
        stopping = asyncio.create_task(realm.stop())

        assert code(await downloading) == (503, "draining")
        go_on.set()
        assert code(await uploading) == (503, "draining")
        world.files.may_send.set()
        await stopping


async def test_a_pace_holds_the_bytes_of_files_back() -> None:
    """All transfers together keep to it; 0 is none."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    way = GivingWay(lambda: 0)
    pace, none = Pace(1_000_000, way), Pace(0, way)

    await asyncio.gather(*(pace.spend(50_000) for _ in range(5)))
    paced = loop.time() - began
    await none.spend(10**12)

    assert paced >= 0.2 - 0.001


async def test_what_the_cache_does_is_counted(site: World) -> None:
    """So that an operator sees whether it is large enough."""
    await download(site)
    await download(site)
    async with site.http as http:
        metrics = (await http.get("/metrics")).text

    assert "realm_file_pulls_total 1.0" in metrics
    assert "realm_file_cache_hits_total 1.0" in metrics
    assert "realm_file_cache_bytes 5.24298e+06" in metrics
