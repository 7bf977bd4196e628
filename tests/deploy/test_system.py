"""The small parts of `realmchat up`: its plan, its home, its ports, its logs and its screen."""

import io
import re
import socket
import stat
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from deploy import logs
from deploy.cli import app
from deploy.demonstration import GROUPS
from deploy.home import HomeInUse, HomeUnwritable, choose_home, claim, is_filled, mark_filled
from deploy.plan import HIGHEST_PORT_OFFSET, Realm, make_plan
from deploy.ports import PortTaken, check_ports
from deploy.processes import Exit
from deploy.screen import Screen
from deploy.system import ProgramMissing, console_script
from tests.ports import free_port


def test_every_service_has_its_port_moved_by_the_offset(tmp_path: Path) -> None:
    """Main 8080, surabaya 8000, jakarta 8001, chat-cli 7000, the window 8550; N added to each."""
    plain = {s.name: s.port for s in make_plan(tmp_path, 0).services}
    moved = {s.name: s.port for s in make_plan(tmp_path, 100).services}

    assert plain == {
        "main-server": 8080,
        "realm-surabaya": 8000,
        "realm-jakarta": 8001,
        "chat-cli": 7000,
        "chat-frontend": 8550,
    }
    assert moved == {name: port + 100 for name, port in plain.items()}


def test_every_realm_listens_for_older_programs(tmp_path: Path) -> None:
    """surabaya at 8889 and 8887, jakarta at 8890 and 8888; N is added to each."""
    expected = {
        "surabaya": ["8889:mesin", "8887:kelompok5"],
        "jakarta": ["8890:mesin", "8888:kelompok5"],
    }
    moved = {"surabaya": ["8989:mesin", "8987:kelompok5"]}

    for realm in make_plan(tmp_path, 0).realms:
        assert line_ports(realm) == expected[realm.realm]
    assert line_ports(make_plan(tmp_path, 100).realms[0]) == moved["surabaya"]


def test_every_realm_opens_its_room(tmp_path: Path) -> None:
    """Off by default, on in the demonstration."""
    assert all("--lobby" in realm.arguments for realm in make_plan(tmp_path, 0).realms)


def line_ports(realm: Realm) -> list[str]:
    """What `--line-port` is given."""
    words = list(realm.arguments)
    return [after for word, after in pairwise(words) if word == "--line-port"]


def test_services_meet_at_the_moved_ports(tmp_path: Path) -> None:
    """Realms find main and chat-cli finds its realm whatever the offset."""
    plan = make_plan(tmp_path, 100)

    assert all("http://127.0.0.1:8180" in realm.arguments for realm in plan.realms)
    assert "http://127.0.0.1:8100" in plan.chat_cli.arguments


def test_no_command_line_holds_a_secret(tmp_path: Path) -> None:
    """Keys go by file; what `ps` shows to everybody holds no password."""
    words = [word for s in make_plan(tmp_path, 0).services for word in s.arguments]

    secret = [word for word in words if word.startswith(("--key", "--password", "--token"))]
    assert set(secret) == {"--key-file", "--password-min"}


def test_no_group_takes_the_name_that_people_will_want() -> None:
    """`jarkom3` is left for whoever makes it; the first three people are in no group."""
    members = {name for group in GROUPS.values() for name in group}

    assert "jarkom3" not in GROUPS
    assert not members & {"messi", "henderson", "lineker"}


def test_the_home_is_what_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--home` goes before `REALMCHAT_HOME`, and that before the platform's folder."""
    monkeypatch.setenv("REALMCHAT_HOME", str(tmp_path / "environment"))
    assert choose_home(tmp_path / "flag") == tmp_path / "flag"
    assert choose_home(None) == tmp_path / "environment"

    monkeypatch.delenv("REALMCHAT_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert choose_home(None).name == "realmchat"


def test_two_do_not_run_on_one_home(tmp_path: Path) -> None:
    """The second is refused and told who runs; after the first ended it may."""
    with claim(tmp_path), pytest.raises(HomeInUse, match=r"process \d+"), claim(tmp_path):
        raise AssertionError("both held the home")

    with claim(tmp_path):
        assert not is_filled(tmp_path)
        mark_filled(tmp_path, "surabaya 127.0.0.1 8000\n")
    assert is_filled(tmp_path)


def test_a_home_is_for_its_owner_only(tmp_path: Path) -> None:
    """Other people of the machine can't look into a home that realmchat made."""
    home = tmp_path / "new" / "home"
    with claim(home):
        assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_home_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """No traceback: the folder and what is wrong with it."""
    (tmp_path / "file").write_text("not a folder")

    with (
        pytest.raises(HomeUnwritable, match="file/home can't be written"),
        claim(tmp_path / "file" / "home"),
    ):
        raise AssertionError("held a home below a file")


def test_a_taken_port_is_named_with_who_wants_it(tmp_path: Path) -> None:
    """Before anything starts: which port, for which service, and what to do."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        offset = other.getsockname()[1] - 8001
        with pytest.raises(PortTaken, match=rf"{offset + 8001} is in use, and realm-jakarta"):
            check_ports([make_plan(tmp_path, offset).realms[1]])


def test_a_taken_line_port_is_named_too(tmp_path: Path) -> None:
    """It is the realm's."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        offset = other.getsockname()[1] - 8890
        realm = make_plan(tmp_path, offset).realms[1]
        with pytest.raises(PortTaken, match=rf"{offset + 8890} is in use, and realm-jakarta"):
            check_ports([replace(realm, port=free_port())])


def test_a_port_offset_beyond_the_last_port_is_refused() -> None:
    """The usage error names the range; nothing is tried."""
    result = CliRunner().invoke(app, ["up", "--port-offset", str(HIGHEST_PORT_OFFSET + 1)])

    assert result.exit_code == 2
    assert "port-offset" in result.output


def test_help_has_examples_and_version_answers() -> None:
    """What a person tries first works."""
    runner = CliRunner()

    assert "realmchat up --home" in runner.invoke(app, ["up", "--help"]).output
    assert runner.invoke(app, ["--version"]).output.startswith("realmchat 0.")


def test_a_log_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log beyond the limit steps aside at the next start; there is never a third file."""
    monkeypatch.setattr(logs, "SIZE_LIMIT", 10)
    for line in (b"first, too long\n", b"second, too long\n", b"third\n"):
        with logs.open_log(tmp_path / "service.log") as log:
            log.write(line)

    assert (tmp_path / "service.log").read_text() == "third\n"
    assert (tmp_path / "service.log.1").read_text() == "second, too long\n"
    assert len(list(tmp_path.iterdir())) == 2


def test_the_last_lines_of_a_long_log_are_found(tmp_path: Path) -> None:
    """Only the end is read, and a log that isn't there has no lines."""
    log = tmp_path / "service.log"
    assert logs.last_lines(log, 2) == []

    log.write_text("".join(f"line {n}\n" for n in range(100_000)))
    assert logs.last_lines(log, 2) == ["line 99998", "line 99999"]


def printed(width: int = 100) -> tuple[Screen, io.StringIO]:
    output = io.StringIO()
    return Screen(Console(file=output, width=width)), output


def test_the_table_has_every_address(tmp_path: Path) -> None:
    """One table at the end, whole in a narrow window, with the people to sign in as."""
    screen, output = printed(width=72)

    screen.show_addresses(make_plan(tmp_path, 0), ["realm-jakarta"])

    for port in (8080, 8000, 8001, 7000):
        assert f"http://127.0.0.1:{port}" in output.getvalue()
    for port, dialect in ((8889, "mesin"), (8887, "kelompok5"), (8890, "mesin")):
        assert re.search(rf"127\.0\.0\.1:{port} .*\n?.*{dialect}", output.getvalue())
    assert "password surabaya: messi, henderson, lineker" in output.getvalue()
    assert output.getvalue().count("doesn't") == 1


def test_a_failing_service_shows_the_end_of_its_log(tmp_path: Path) -> None:
    """The reason is on the screen, and isn't repeated twice a second."""
    screen, output = printed()
    log = tmp_path / "main-server.log"
    log.write_text("begin\n" * 50 + "the store is of a newer version [17]\n")

    for times in range(1, 60):
        screen.show_exit(Exit("main-server", "exited with code 1", times), log)

    assert output.getvalue().count("the store is of a newer version [17]") == 1
    assert output.getvalue().count("exited with code 1") == 1
    screen.show_exit(Exit("main-server", "exited with code 1", 60), log)
    assert output.getvalue().count("exited with code 1") == 2


class ClosedTerminal(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")


def test_a_closed_terminal_ends_nothing(tmp_path: Path) -> None:
    """When nobody watches any more, telling is given up and the services go on."""
    screen = Screen(Console(file=ClosedTerminal()))

    screen.say("one")
    screen.show_exit(Exit("main-server", "exited with code 1", 1), tmp_path / "none.log")


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken installation is said in words."""
    assert Path(console_script("realmchat")).is_file()
    with pytest.raises(ProgramMissing, match="no-such-program"):
        console_script("no-such-program")
