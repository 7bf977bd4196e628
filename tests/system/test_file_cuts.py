"""Files through real servers whose connections break at any byte, and that are killed meanwhile.

A failure prints its seed; `REALMCHAT_FAULT_SEED=N` plays that run's decisions again.
"""

import hashlib
import os
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import httpx
import pytest

from realm_protocol.uploads import UPLOAD_TYPE, NewUpload, upload_headers
from tests.system.cuttable import CuttableLink
from tests.system.processes import CLEAR, MainProcess, RealmProcess, ServiceProcess
from tests.waiting import wait_until

CUTS = int(os.environ.get("REALMCHAT_FILE_CUTS", "200"))
_LINK_IS_BACK_SECONDS = 60.0
"""A realm whose main was killed waits up to 30 s before it tries its link again."""
_MOST_BYTES_BETWEEN_CUTS = 80_000
_CHUNK = 65536


@dataclass
class Site:
    """Main, a realm, and a link before each that can be cut."""

    main: MainProcess
    realm: RealmProcess
    to_main: CuttableLink
    to_realm: CuttableLink
    token: str

    def ask(self, method: str, path: str, **how: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **how.pop("headers", {})}  # type: ignore[dict-item]
        url = self.to_realm.url + path
        with httpx.Client(trust_env=False, timeout=30, verify=CLEAR) as http:
            return http.request(method, url, headers=headers, **how)  # type: ignore[arg-type]

    def has_link(self) -> bool:
        """Whether the realm hears main: else it takes files in alone."""
        answer = self.ask("GET", "/v1/info")
        return bool(answer.json()["link_up"])

    def begin(self, content: bytes) -> str:
        upload = NewUpload(len(content), hashlib.sha256(content).hexdigest())
        answer = self.ask("POST", "/v1/uploads", headers=upload_headers(upload))
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"].rpartition("/")[2]

    def offset(self, file_id: str) -> int:
        """Asked until it is answered."""

        def told() -> httpx.Response | None:
            try:
                answer = self.ask("HEAD", f"/v1/uploads/{file_id}")
            except httpx.TransportError:
                return None
            return answer if answer.status_code == 200 else None

        return int(_found(wait_until(told)).headers["Upload-Offset"])

    def append(self, file_id: str, offset: int, body: Iterator[bytes]) -> None:
        """One attempt, which may break, or meet what an earlier one brought after all."""
        headers = {"Upload-Offset": str(offset), "Content-Type": UPLOAD_TYPE}
        try:
            answer = self.ask("PATCH", f"/v1/uploads/{file_id}", headers=headers, content=body)
        except httpx.TransportError:
            return
        if answer.status_code == 409:
            assert answer.json()["error"]["code"] == "upload_offset_conflict", answer.text
            assert answer.json()["error"]["offset"] > offset
            return
        assert answer.status_code in (204, 503), answer.text

    def read_on(self, file_id: str, got: bytearray, meanwhile: Callable[[int], None]) -> bool:
        """One attempt to get the rest; whether it was answered to the end."""
        headers = {"Authorization": f"Bearer {self.token}", "Range": f"bytes={len(got)}-"}
        url = f"{self.to_realm.url}/v1/files/{file_id}"
        try:
            with httpx.stream(
                "GET", url, headers=headers, trust_env=False, timeout=30, verify=CLEAR
            ) as answer:
                if answer.status_code == 503:
                    return False
                assert answer.status_code == 206, answer.read()
                for chunk in answer.iter_raw():
                    got += chunk
                    meanwhile(len(got))
        except httpx.TransportError:
            return False
        return True


def _found(answer: httpx.Response | None) -> httpx.Response:
    assert answer is not None
    return answer


@pytest.fixture
def site(servers: Site) -> Site:
    """Whole, whatever the test before has broken."""
    servers.to_main.heal()
    servers.to_realm.heal()
    wait_until(servers.has_link, _LINK_IS_BACK_SECONDS)
    return servers


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Started, with messi signed in."""
    home = tmp_path_factory.mktemp("servers")
    with ExitStack() as ending:
        main = MainProcess(home)
        ending.callback(main.end)
        main.start()
        main.wait_ready()
        # The realm's own link is left alone: it would come back after growing waits alone.
        to_main = CuttableLink(main.port, spared=b"GET /v1/link ")
        ending.callback(to_main.end)
        realm = RealmProcess(home, "surabaya", to_main.url)
        realm.save_key(main.add_realm("surabaya", realm.port))
        ending.callback(realm.end)
        realm.start()
        main.add_users({"messi@surabaya": "surabaya"})
        to_realm = CuttableLink(realm.port)
        ending.callback(to_realm.end)
        realm.wait_ready()
        token = realm.sign_in("messi@surabaya", "surabaya")["token"]
        yield Site(main, realm, to_main, to_realm, token)


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Random, and to be played again; no two tests have the same bytes."""
    seed = int(os.environ.get("REALMCHAT_FAULT_SEED", random.SystemRandom().randrange(10**6)))
    print(f"REALMCHAT_FAULT_SEED={seed}")
    return random.Random(f"{seed} {request.node.name}")


def _chunks(content: bytes, meanwhile: Callable[[int], None] = lambda _: None) -> Iterator[bytes]:
    for start in range(0, len(content), _CHUNK):
        meanwhile(start)
        yield content[start : start + _CHUNK]


def _link(site: Site, hop: str) -> CuttableLink:
    return site.to_main if hop == "realm to main" else site.to_realm


@pytest.mark.timeout(300)
@pytest.mark.parametrize("hop", ["client to realm", "realm to main"])
def test_an_upload_survives_cuts_at_any_byte(site: Site, chance: random.Random, hop: str) -> None:
    """However often it breaks: what main says is there stays, and the file is the one sent."""
    content = chance.randbytes(8_000_000 + chance.randrange(1000))
    file_id = site.begin(content)
    offset = 0
    for _ in range(CUTS):
        _link(site, hop).break_after(chance.randint(0, _MOST_BYTES_BETWEEN_CUTS))
        site.append(file_id, offset, _chunks(content[offset : offset + _MOST_BYTES_BETWEEN_CUTS]))
        before, offset = offset, site.offset(file_id)
        assert offset >= before
        if offset == len(content):
            break
    while (offset := site.offset(file_id)) < len(content):
        site.append(file_id, offset, _chunks(content[offset:]))

    got = bytearray()
    wait_until(lambda: site.read_on(file_id, got, lambda _: None), _LINK_IS_BACK_SECONDS)
    assert got == content


@pytest.mark.timeout(300)
@pytest.mark.parametrize("hop", ["client to realm", "realm to main"])
def test_a_download_survives_cuts_at_any_byte(site: Site, chance: random.Random, hop: str) -> None:
    """Each attempt goes on where the one before broke; no wrong byte is ever given out."""
    content = chance.randbytes(8_000_000 + chance.randrange(1000))
    file_id = site.begin(content)
    site.append(file_id, 0, _chunks(content))
    assert site.offset(file_id) == len(content)

    got = bytearray()
    for _ in range(CUTS):
        _link(site, hop).break_after(chance.randint(0, _MOST_BYTES_BETWEEN_CUTS))
        if site.read_on(file_id, got, lambda _: None):
            break
        assert content.startswith(got)
    wait_until(
        lambda: len(got) == len(content) or site.read_on(file_id, got, lambda _: None),
        _LINK_IS_BACK_SECONDS,
    )
    assert got == content


@pytest.mark.timeout(300)
@pytest.mark.parametrize("tier", ["main", "realm"])
def test_a_killed_tier_costs_no_byte_that_was_promised(
    site: Site, chance: random.Random, tier: str
) -> None:
    """kill -9 in the middle of an upload and of a download, three times each."""
    content = chance.randbytes(12_000_000)
    service: ServiceProcess = site.main if tier == "main" else site.realm
    file_id = site.begin(content)
    for at in (2_000_000, 5_000_000, 9_000_000):
        promised = site.offset(file_id)
        site.append(
            file_id, promised, _chunks(content[promised:], _killing(service, at - promised))
        )
        service.restart()
        assert site.offset(file_id) >= promised
    offset = site.offset(file_id)
    site.append(file_id, offset, _chunks(content[offset:]))

    got = bytearray()
    for at in (1_000_000, 6_000_000, 11_000_000):
        wait_until(lambda: site.offset(file_id) == len(content))
        if len(got) < len(content):  # else it had come whole before the kill
            site.read_on(file_id, got, _killing(service, at))
        service.restart()
        assert content.startswith(got)
    wait_until(lambda: len(got) == len(content) or site.read_on(file_id, got, lambda _: None))
    assert got == content


def _killing(service: ServiceProcess, at: int) -> Callable[[int], None]:
    def look(position: int) -> None:
        if position >= at and service.process.poll() is None:
            service.kill9()

    return look
