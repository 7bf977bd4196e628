"""The example of one main server and two sites works as it is shipped, with the units' commands."""

import shlex
import ssl
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import trustme

from main_server.settings import MainSettings
from realm_server.settings import RealmSettings
from realm_service.listening import client_tls
from realm_service.settings import ServiceSettings
from tests.deploy.test_units import UNITS, unit
from tests.ports import free_port
from tests.system.processes import console_script, environment
from tests.waiting import wait_until

EXAMPLE = UNITS.parent / "example"
SITES = ["surabaya", "jakarta"]


class Machine:
    """One home, one authority, and the files that the units would find in /etc/realmchat."""

    def __init__(self, folder: Path, running: ExitStack) -> None:
        self.folder = folder
        self._running = running
        authority = trustme.CA()
        self.authority = folder / "ca.crt"
        authority.cert_pem.write_to_path(str(self.authority))
        certificate = authority.issue_cert("127.0.0.1")
        certificate.cert_chain_pems[0].write_to_path(str(folder / "tls.crt"))
        certificate.private_key_pem.write_to_path(str(folder / "tls.key"))

    def operate(self, *arguments: str) -> str:
        done = subprocess.run(
            [console_script("main-server"), *arguments],
            env=environment(self.folder / "home"),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def start(self, unit_name: str, settings: str, *moved: str, site: str = "") -> str:
        """A unit's command with an example's settings, moved to where this test may listen."""
        service = unit(unit_name)["Service"]
        command = service["ExecStart"].replace("%d", str(self.folder)).replace("%i", site)
        program, *arguments = shlex.split(command)
        variable = "MAIN_SERVER_CONFIG" if not site else "REALM_SERVER_CONFIG"
        port = free_port()
        here = ["--host", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(
            [console_script(Path(program).name), *arguments, *moved, *here],
            env=environment(self.folder / "home")
            | {variable: str((EXAMPLE / settings).absolute())},
            stderr=subprocess.DEVNULL,
        )
        self._running.callback(process.wait)
        self._running.callback(process.terminate)
        return f"https://127.0.0.1:{port}"

    def tells(self, url: str) -> dict[str, object] | None:
        """What a server's health says over TLS; None until it is ready."""
        try:
            answer = httpx.get(f"{url}/health/ready", verify=self.trust, trust_env=False)
        except httpx.TransportError:
            return None
        return answer.json() if answer.is_success else None

    @property
    def trust(self) -> ssl.SSLContext:
        return client_tls(self.authority)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with ExitStack() as running:
        yield Machine(tmp_path, running)


def test_the_sites_of_the_example_link_over_tls(machine: Machine) -> None:
    """The shipped settings and the units' commands; only ports and host names are the test's."""
    main = machine.start("main-server.service", "main-server.toml")
    wait_until(lambda: machine.tells(main))
    for site in SITES:
        key = machine.operate("realm", "add", site).split("key: ")[1].split()[0]
        (machine.folder / "realm.key").write_text(key)
        url = machine.start(
            *("realm-server@.service", f"realm-{site}.toml", "--main-url", main),
            *("--ca", str(machine.authority)),
            site=site,
        )
        wait_until(lambda url=url: machine.tells(url))

        assert machine.tells(url)["link_up"]


@pytest.mark.parametrize(
    ("file", "settings"),
    [
        ("main-server.toml", MainSettings),
        *((f"realm-{site}.toml", RealmSettings) for site in SITES),
    ],
)
def test_the_example_serves_other_machines_with_tls(
    file: str, settings: type[ServiceSettings]
) -> None:
    """It names settings that there are, asks for no exception, and reaches main by TLS."""
    example = tomllib.loads((EXAMPLE / file).read_text())

    assert example.keys() <= settings.model_fields.keys()
    assert "allow_clear" not in example
    assert example["host"] == "0.0.0.0"  # noqa: S104
    assert example.get("main_url", "https:").startswith("https:")


@pytest.mark.parametrize("name", ["main-server.service", "realm-server@.service"])
def test_the_units_read_the_example_where_the_page_puts_it(name: str) -> None:
    """A file of the example for each unit, by the name that the unit gives."""
    environment_of = [
        line.partition("=")[2]
        for line in (UNITS / name).read_text().splitlines()
        if line.startswith("Environment=")
    ]
    [place] = [value.partition("=")[2] for value in environment_of if "_CONFIG=" in value]
    shipped = [path.name for path in EXAMPLE.iterdir()]

    for site in SITES:
        assert Path(place.replace("%i", site)).name in shipped
