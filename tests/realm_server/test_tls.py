"""TLS on both hops, and no password in the clear by accident."""

from pathlib import Path

import httpx
import pytest
import trustme
from structlog.testing import capture_logs

from realm_protocol.events import Reply, Synced
from realm_service.listening import client_tls
from tests.realm_server.conftest import World
from tests.realm_server.raw_client import hello, message, open_client
from tests.realm_server.test_sessions import accept_all
from tests.waiting import eventually

Files = tuple[Path, Path]


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server_files(authority: trustme.CA, tmp_path: Path) -> Files:
    certificate = authority.issue_cert("127.0.0.1")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    certificate.cert_chain_pems[0].write_to_path(str(cert))
    certificate.private_key_pem.write_to_path(str(key))
    return cert, key


@pytest.fixture
def authority_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


async def test_a_message_passes_over_tls_on_both_hops(
    world: World, server_files: Files, authority_file: Path
) -> None:
    """Sign-in by HTTPS, the session by wss, the link by wss."""
    world.tls = server_files
    world.settings = {"ca": authority_file}
    await world.start_main()
    await world.start_realm()
    accept_all(world)
    trust = client_tls(authority_file)
    await eventually(lambda: world.main.links)

    async with httpx.AsyncClient(verify=trust, trust_env=False) as http:
        info = await http.get(f"https://127.0.0.1:{world.realm_port}/v1/info")
    client = await open_client(f"wss://127.0.0.1:{world.realm_port}", "messi-token", tls=trust)
    client.send(hello())
    await client.until(Synced)
    client.send(*(message(number, text="x" * 60_000) for number in range(2, 20)))

    assert info.json()["link_up"] is True
    assert [(await client.next(Reply)).number for _ in range(18)] == list(range(2, 20))
    client.channel.abort()


async def test_a_main_that_nobody_vouches_for_gets_no_key(
    world: World, server_files: Files
) -> None:
    """The link does not come up, and says why in the log."""
    world.tls = server_files
    await world.start_main()
    with capture_logs() as logs:
        await world.start_realm()
        refused = await eventually(
            lambda: [each for each in logs if each["event"] == "link_unreachable"]
        )

    assert "certificate" in refused[0]["detail"].lower()
    assert world.main.links == 0
