"""TLS on both hops, with an authority of the organisation's own."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import trustme

from tests.system.people import PersonAtWork
from tests.system.processes import ChatCliProcess, MainProcess, RealmProcess
from tests.waiting import wait_until


class Certificates:
    """An authority, and what a server on this machine shows."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.ca = folder / "ca.pem"
        self.cert, self.key = folder / "server.pem", folder / "server.key"
        authority.cert_pem.write_to_path(str(self.ca))
        issued = authority.issue_cert("127.0.0.1")
        issued.cert_chain_pems[0].write_to_path(str(self.cert))
        issued.private_key_pem.write_to_path(str(self.key))

    @property
    def served(self) -> tuple[str, ...]:
        return ("--tls-cert", str(self.cert), "--tls-key", str(self.key))

    @property
    def trusted(self) -> tuple[str, ...]:
        return ("--ca", str(self.ca))


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


@pytest.fixture
def main(tmp_path: Path, certificates: Certificates) -> Iterator[MainProcess]:
    process = MainProcess(tmp_path / "servers", certificates.served)
    process.ca = certificates.ca
    process.start()
    process.wait_ready()
    yield process
    process.end()


def test_a_message_over_tls_all_the_way(
    tmp_path: Path, main: MainProcess, certificates: Certificates
) -> None:
    """chat-cli to the realm, the realm to main: both encrypted, both checked."""
    with ExitStack() as ending:
        realm = RealmProcess(
            tmp_path / "servers",
            "surabaya",
            main.url,
            options=(*certificates.trusted, *certificates.served),
        )
        realm.ca = certificates.ca
        ending.callback(realm.end)
        realm.save_key(main.add_realm("surabaya", realm.port))
        main.add_users({"messi@surabaya": "surabaya"})
        realm.start()
        realm.wait_ready()
        chat_cli = ChatCliProcess(tmp_path / "person", realm.url, certificates.trusted)
        ending.callback(chat_cli.end)
        chat_cli.start()
        chat_cli.wait_ready()

        messi = PersonAtWork(chat_cli, "messi@surabaya")
        messi.sign_in(realm.url)
        assert realm.url.startswith("https://")
        assert messi.send("messi@surabaya", "rahasia")["state"] == "at_main"


def test_a_server_that_cannot_prove_itself_is_not_trusted(
    tmp_path: Path, main: MainProcess, certificates: Certificates
) -> None:
    """Without its authority neither hop comes up, and the reason is told."""
    with ExitStack() as ending:
        realm = RealmProcess(
            tmp_path / "servers", "surabaya", main.url, options=certificates.served
        )
        realm.ca = certificates.ca
        ending.callback(realm.end)
        realm.save_key(main.add_realm("surabaya", realm.port))
        realm.start()
        wait_until(lambda: "link_unreachable" in realm.log_text)
        assert "certificate" in realm.log_text.lower()
        assert not realm.is_ready()

        chat_cli = ChatCliProcess(tmp_path / "person", realm.url)
        ending.callback(chat_cli.end)
        chat_cli.start()
        chat_cli.wait_ready()
        messi = PersonAtWork(chat_cli, "messi@surabaya")
        with pytest.raises(httpx.HTTPStatusError) as refused:
            messi.sign_in(realm.url)
        assert refused.value.response.json()["error"]["code"] == "realm_unreachable"
        assert "certificate" in refused.value.response.text.lower()
