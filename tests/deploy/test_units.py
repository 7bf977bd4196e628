"""The systemd units and the example of several machines are right as they are shipped."""

import configparser
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

UNITS = Path("deploy/systemd")
SYSTEM_UNITS = ["main-server.service", "realm-server@.service"]


def unit(name: str) -> configparser.RawConfigParser:
    # A key may come more than once in a unit; here the last one of each is enough.
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # keys keep their case
    parser.read(UNITS / name)
    return parser


@pytest.mark.parametrize("name", [*SYSTEM_UNITS, "chat-cli.service"])
def test_systemd_accepts_the_unit(name: str, tmp_path: Path, requires: Callable[..., None]) -> None:
    """`systemd-analyze verify` has nothing to say, with the programs where they are here."""
    requires("systemd-analyze")
    text = (UNITS / name).read_text()
    program = shlex.split(unit(name)["Service"]["ExecStart"])[0]
    here = Path(sys.executable).with_name(Path(program).name)
    (tmp_path / name).write_text(text.replace(program, str(here)))
    manager = [] if name in SYSTEM_UNITS else ["--user"]

    verified = subprocess.run(
        ["systemd-analyze", *manager, "verify", str(tmp_path / name)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "SYSTEMD_LOG_LEVEL": "warning"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert verified.stderr == ""
    assert verified.returncode == 0


@pytest.mark.parametrize("name", SYSTEM_UNITS)
def test_a_server_has_no_more_rights_than_it_needs(name: str) -> None:
    """No root, nothing to gain, nothing to write but its own folder."""
    service = unit(name)["Service"]

    assert service["User"] == "realmchat"
    assert service["CapabilityBoundingSet"] == ""
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["StateDirectoryMode"] == "0700"


@pytest.mark.parametrize("name", [*SYSTEM_UNITS, "chat-cli.service"])
def test_a_service_that_exits_comes_back_within_a_second(name: str) -> None:
    """As under `realmchat up`, and systemd never gives it up for failing too often."""
    assert unit(name)["Service"]["Restart"] == "always"
    assert unit(name)["Service"]["RestartSec"] == "1"
    assert unit(name)["Unit"]["StartLimitIntervalSec"] == "0"
