"""The command line and the settings: what an operator meets."""

import contextlib
import signal
import socket
import sqlite3
import subprocess
import sysconfig
from pathlib import Path

import pytest

from realm_protocol.errors import RealmchatError
from realm_server.settings import RealmSettings
from realm_server.store import open_store
from realm_service.settings import InvalidSetting, load
from tests.ports import free_port

SCRIPT = str(Path(sysconfig.get_path("scripts")) / "realm-server")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "surabaya.key"
    path.write_text("a-key\n")
    return path


def run(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPT, *arguments],
        env={"REALMCHAT_HOME": str(home), "PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def serve(home: Path, key_file: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return run(home, "serve", "--name", "surabaya", "--key-file", str(key_file), *more)


def only_line(ended: subprocess.CompletedProcess[str]) -> str:
    """An error is one line, and no traceback."""
    lines = ended.stderr.strip().splitlines()
    assert len(lines) == 1, ended.stderr
    return lines[0]


def test_help_shows_examples_and_every_flag(tmp_path: Path) -> None:
    """Whoever reads it can start a realm."""
    shown = run(tmp_path, "serve", "--help")

    assert shown.returncode == 0
    assert "Examples:" in shown.stdout
    for flag in ("name", "main-url", "key-file", "host", "port", "registration", "ca"):
        assert f"--{flag} " in shown.stdout
    for flag in ("password-min", "tls-cert", "tls-key", "allow-clear", "home"):
        assert f"--{flag}" in shown.stdout


def test_the_version_is_told(tmp_path: Path) -> None:
    """With the name of the program."""
    assert run(tmp_path, "--version").stdout.startswith("realm-server ")


def test_a_missing_key_is_a_usage_error(tmp_path: Path) -> None:
    """One line, exit code 2, and nothing is created."""
    ended = run(tmp_path / "home", "serve", "--name", "surabaya")

    assert ended.returncode == 2
    assert "key" in only_line(ended)
    assert not (tmp_path / "home").exists()


def test_a_key_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    """It names the file."""
    ended = serve(tmp_path, tmp_path / "absent.key")

    assert ended.returncode == 2
    assert "absent.key" in only_line(ended)


def test_other_machines_are_not_served_in_the_clear(tmp_path: Path, key_file: Path) -> None:
    """Unless the operator says so."""
    ended = serve(tmp_path, key_file, "--host", "0.0.0.0")  # noqa: S104

    assert ended.returncode == 2
    assert "--allow-clear" in only_line(ended)


def test_a_port_in_use_is_told(tmp_path: Path, key_file: Path) -> None:
    """Exit code 1: it is no fault of the command."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = serve(tmp_path, key_file, "--port", str(port))

    assert ended.returncode == 1
    assert str(port) in only_line(ended)


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path, key_file: Path) -> None:
    """Exit code 1, and where."""
    (tmp_path / "file").touch()

    ended = serve(tmp_path, key_file, "--home", str(tmp_path / "file" / "realm"))

    assert ended.returncode == 1
    assert "can't be written" in only_line(ended)


def test_a_replica_that_cannot_be_written_is_told(tmp_path: Path, key_file: Path) -> None:
    """As on a full disk: one line, which says what to do, and another start when that is done."""
    (tmp_path / "site.db").mkdir()

    ended = serve(tmp_path, key_file, "--home", str(tmp_path), "--port", str(free_port()))

    assert ended.returncode == 1
    assert "site.db can't be written" in only_line(ended)
    assert "Make room" in only_line(ended)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The file of a realm that has been open."""
    folder = tmp_path / "realm-surabaya"
    with open_store(folder):
        return folder / "realm.db"


def test_a_store_that_another_server_has_is_told(
    tmp_path: Path, key_file: Path, store: Path
) -> None:
    """Exit code 1; the server that has it goes on."""
    with open_store(store.parent):
        ended = serve(tmp_path, key_file, "--port", "0")

    assert ended.returncode == 1
    assert f"{store} is in use by another process" in only_line(ended)


def test_a_store_that_another_program_writes_is_told(
    tmp_path: Path, key_file: Path, store: Path
) -> None:
    """One that keeps no lock of ours but SQLite's."""
    with contextlib.closing(sqlite3.connect(store)) as other:
        other.execute("BEGIN EXCLUSIVE")
        ended = serve(tmp_path, key_file, "--port", "0")

    assert ended.returncode == 1
    assert f"{store} is in use by another process" in only_line(ended)


def test_a_damaged_store_is_told_and_left_as_it_is(
    tmp_path: Path, key_file: Path, store: Path
) -> None:
    """Whether it is no database at all or broken inside."""
    for damaged in (b"this is no database\n" * 500, _with_a_broken_page(store)):
        store.write_bytes(damaged)

        ended = serve(tmp_path, key_file, "--port", "0")

        assert ended.returncode == 1
        assert f"{store} is damaged" in only_line(ended)
        assert store.read_bytes() == damaged


def _with_a_broken_page(store: Path) -> bytes:
    """Its first page, which has the schema, overwritten behind the header of the file."""
    content = bytearray(store.read_bytes())
    content[100:2000] = b"\xff" * 1900
    return bytes(content)


def test_a_store_of_a_newer_version_is_told(tmp_path: Path, key_file: Path, store: Path) -> None:
    """With what to do; nothing of it is touched."""
    with contextlib.closing(sqlite3.connect(store)) as file, file:
        file.execute("UPDATE alembic_version SET version_num = 'made-tomorrow'")

    ended = serve(tmp_path, key_file, "--port", "0")

    assert ended.returncode == 1
    line = only_line(ended)
    assert str(store) in line
    assert "schema made-tomorrow" in line
    assert "Upgrade this program" in line


def test_tls_files_that_are_none_are_told(tmp_path: Path, key_file: Path) -> None:
    """Exit code 2, with the files' names."""
    ended = serve(
        tmp_path, key_file, "--tls-cert", str(key_file), "--tls-key", str(key_file), "--port", "0"
    )

    assert ended.returncode == 2
    assert "surabaya.key" in only_line(ended)


def test_it_serves_without_main_and_stops_when_told(tmp_path: Path, key_file: Path) -> None:
    """SIGTERM ends it in order, with exit code 0; its data lies below the home."""
    port = free_port()
    arguments = ("--port", str(port), "--main-url", f"http://127.0.0.1:{free_port()}")
    process = subprocess.Popen(
        [SCRIPT, "serve", "--name", "surabaya", "--key-file", str(key_file), *arguments],
        env={"REALMCHAT_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if "link_unreachable" in line:
                break
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
        assert process.wait(20) == 0, rest
    finally:
        process.kill()
        process.communicate()

    assert (tmp_path / "realm-surabaya" / "realm.db").exists()
    assert "a-key" not in line + rest


@pytest.mark.parametrize(
    ("flags", "setting"),
    [
        ({"main_url": "127.0.0.1:8080"}, "main_url"),
        ({"main_url": "http://127.0.0.1:8080/path"}, "main_url"),
        ({"main_url": "ftp://127.0.0.1"}, "main_url"),
        ({"main_url": "https://chat..example.org"}, "main_url"),
        ({"main_url": "http://chat.example.org:8080"}, "combination"),
        ({"tls_cert": "cert.pem"}, "combination"),
        ({"registration": "maybe"}, "registration"),
        ({"name": "Not A Name"}, "name"),
        ({"port": 70000}, "port"),
    ],
)
def test_a_wrong_setting_is_named(flags: dict[str, object], setting: str) -> None:
    """And what is wrong with it."""
    with pytest.raises(InvalidSetting) as refused:
        load(RealmSettings, {"name": "surabaya", **flags})

    assert refused.value.fields["setting"] == setting


def test_a_slip_of_the_pen_in_the_file_is_told(tmp_path: Path, key_file: Path) -> None:
    """One line with the file, the key, and the setting that was meant; exit code 2."""
    file = tmp_path / "realm.toml"
    file.write_text('name = "surabaya"\ntrusted_proxies = "10.0.0.0/8"\n')

    ended = run(tmp_path, "serve", "--key-file", str(key_file), REALM_SERVER_CONFIG=str(file))

    assert ended.returncode == 2
    line = only_line(ended)
    assert str(file) in line
    assert "“trusted_proxies”" in line
    assert "“trusted_proxy”" in line


@pytest.mark.parametrize("unreadable", [False, True])
def test_a_settings_file_that_is_none_is_told(
    tmp_path: Path, key_file: Path, unreadable: bool
) -> None:
    """By its name; exit code 2."""
    # Of that one even root can't read the beginning.
    file = Path("/proc/self/mem") if unreadable else tmp_path / "realm.toml"
    if not unreadable:
        file.write_text("name = surabaya")

    ended = run(tmp_path, "serve", "--key-file", str(key_file), REALM_SERVER_CONFIG=str(file))

    assert ended.returncode == 2
    assert str(file) in only_line(ended)


def test_a_settings_file_that_is_named_must_be_there(tmp_path: Path, key_file: Path) -> None:
    """A slip in its name doesn't start a server with the defaults; exit code 2."""
    missing = tmp_path / "none.toml"

    ended = run(tmp_path, "serve", "--key-file", str(key_file), REALM_SERVER_CONFIG=str(missing))

    assert ended.returncode == 2
    line = only_line(ended)
    assert "REALM_SERVER_CONFIG" in line
    assert str(missing) in line


def test_a_key_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """And never shows when settings are printed."""
    monkeypatch.setenv("REALM_SERVER_KEY", "secret-key")
    settings = load(RealmSettings, {"name": "surabaya"})

    assert settings.realm_key() == "secret-key"
    assert "secret-key" not in repr(settings)


@pytest.mark.parametrize("content", ["", "two words", "ümlaut"])
def test_a_file_without_a_key_is_refused(tmp_path: Path, content: str) -> None:
    """Before main is asked."""
    path = tmp_path / "key"
    path.write_text(content)

    with pytest.raises(RealmchatError):
        load(RealmSettings, {"name": "surabaya", "key_file": path}).realm_key()
