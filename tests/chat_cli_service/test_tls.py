"""TLS to the realm: trusted by the given authority, refused otherwise."""

from pathlib import Path

import trustme

from tests.waiting import eventually

from .conftest import HENDERSON, MESSI, serving
from .fake_realm import FakeRealm
from .fake_realm_server import Running


async def test_a_realm_is_trusted_by_its_authority_only(tmp_path: Path) -> None:
    """Sign-in and the socket both go over TLS; without the authority no password is sent."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    cert = tmp_path / "realm.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(cert)
    realm = FakeRealm()
    realm.add_person(MESSI)
    realm.add_person(HENDERSON)
    running = Running(realm)
    await running.start(cert)
    try:
        async with serving(tmp_path / "one", realm.url, ca=tmp_path / "ca.pem") as service:
            messi = await service.login()
            assert (await messi.send(HENDERSON, "hello"))["state"] == "at_main"
        async with serving(tmp_path / "two", realm.url) as service:
            answer = await service.http.post(
                "/v1/accounts/login", json={"address": MESSI, "password": "secret"}
            )
            assert answer.status_code == 503
            assert "certificate" in answer.json()["error"]["message"].lower()
        await eventually(lambda: not realm.connections)
    finally:
        await running.stop()
