"""Settings, profiles and languages as people meet them: by the program itself."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chat_cli_line.conftest import Run
from tests.chat_cli_line.fake_service import MESSI, FakeService


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The file of settings of the home that the program is given."""
    file = tmp_path / "chat-cli" / "config.toml"
    file.parent.mkdir(exist_ok=True)
    return file


def test_config_says_each_value_and_its_origin(run: Run, config: Path) -> None:
    """Which flag, variable or file; and what is printed is a file of settings again."""
    config.write_text('account = "messi@surabaya"\nwait = 2.5\n')
    shown = run("--lang", "en", "config", "show", "--origin", env={"CHAT_CLI_COLOR": "never"})

    lines = {line.split(" ")[0]: line for line in shown.stdout.splitlines()}
    assert shown.returncode == 0
    assert lines["account"].endswith(f"# {config}")
    assert lines["wait"].startswith("wait = 2.5 ")
    assert lines["wait"].endswith(f"# {config}")
    assert lines["lang"].endswith("# --lang")
    assert lines["color"].endswith("# CHAT_CLI_COLOR")
    assert lines["realm_url"].endswith("# default")
    config.write_text(shown.stdout)
    again = run("config", "show").stdout
    assert again == run("config", "show", env={"CHAT_CLI_COLOR": "never"}).stdout


def test_config_has_stable_keys(run: Run, config: Path) -> None:
    """One JSON line for each setting."""
    config.write_text("wait = 2.5\n")
    rows = [json.loads(line) for line in run("config", "show", "--json").stdout.splitlines()]

    assert all(list(row) == ["setting", "value", "source", "origin"] for row in rows)
    by_name = {row.pop("setting"): row for row in rows}
    assert by_name["wait"] == {"value": 2.5, "source": "file", "origin": str(config)}
    assert by_name["port"] == {"value": None, "source": "default", "origin": None}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("acount = 1\n", "“account”"),
        ("wait = 'soon'\n", "“soon” is no number from 0 to 60"),
        ("wait =\n", "wrong"),
    ],
)
def test_a_slip_in_the_file_stops_every_command(
    run: Run, config: Path, service: FakeService, text: str, told: str
) -> None:
    """In one line that names the file; nothing is sent by what was not meant."""
    config.write_text(text)
    done = run("send", "henderson@jakarta", "hi")

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert str(config) in done.stderr
    assert told in done.stderr
    assert service.asked == []


@pytest.mark.parametrize("arguments", [["accounts"], ["accounts", "--profile", "a/b"]])
def test_a_wrong_setting_is_told_in_the_language_spoken(
    run: Run, config: Path, arguments: list[str]
) -> None:
    """By flag and by locale; where the language is what is wrong, in English."""
    config.write_text("wait = 'soon'\n")

    for done in (run(*arguments, "--lang", "id"), run(*arguments, env={"LC_ALL": "id_ID.UTF-8"})):
        assert done.returncode == 2
        assert "bukan" in done.stderr
    assert "is wrong" in run(*arguments, env={"CHAT_CLI_LANG": "fr"}).stderr
    assert "is wrong" in run(*arguments, "--json", env={"LC_ALL": "id_ID.UTF-8"}).stderr


def test_a_wrong_variable_is_named(run: Run) -> None:
    """As a wrong key is."""
    done = run("config", "show", env={"CHAT_CLI_LANG": "klingon"})

    assert done.returncode == 2
    assert "CHAT_CLI_LANG" in done.stderr
    assert "none of en, id" in done.stderr


def test_settings_are_gone_by(run: Run, config: Path, service: FakeService) -> None:
    """The account and the wait of the file; a flag counts more."""
    config.write_text('account = "lineker@jakarta"\nwait = 2.5\n')
    path = "/v1/accounts/lineker@jakarta/messages"
    service.answers[f"POST {path}"] = {
        "key": "k",
        "conversation": "c",
        "seq": 1,
        "state": "at_main",
        "to": MESSI,
    }

    run("send", MESSI, "hi")
    by_file = service.last("POST")
    run("send", "--wait", "1", MESSI, "hi")
    by_flag = service.last("POST")

    assert (by_file.path, float(by_file.query["wait"])) == (path, 2.5)
    assert float(by_flag.query["wait"]) == 1


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (["--lang", "id"], {}),
        (["--lang=id"], {"CHAT_CLI_LANG": "en"}),
        ([], {"CHAT_CLI_LANG": "id"}),
        ([], {"LC_ALL": "id_ID.UTF-8"}),
        ([], {"LC_ALL": "", "LC_MESSAGES": "", "LANG": "id_ID.UTF-8"}),
    ],
)
def test_it_speaks_indonesian(run: Run, arguments: list[str], variables: dict[str, str]) -> None:
    """By flag, variable or locale: errors and help."""
    refused = run("sned", *arguments, env=variables)
    helped = run("send", "--help", *arguments, env=variables)

    assert refused.returncode == 2
    assert "Tidak ada perintah “sned”. Maksud Anda “send”?" in refused.stderr
    assert "Kirim pesan kepada seseorang." in helped.stdout


@pytest.mark.parametrize("arguments", [["sned"], ["send"], ["help", "send"]])
def test_what_programs_read_is_english(run: Run, arguments: list[str]) -> None:
    """The words beside codes and fields don't change with a locale."""
    english = run(*arguments, "--json")
    indonesian = run(*arguments, "--json", "--lang", "id")

    assert (english.stdout, english.stderr) == (indonesian.stdout, indonesian.stderr)
    assert json.loads(english.stdout or english.stderr)


def test_settings_and_data_lie_where_the_platform_has_them(run: Run, tmp_path: Path) -> None:
    """Where no home is chosen."""
    folders = {
        "REALMCHAT_HOME": "",
        "XDG_CONFIG_HOME": str(tmp_path / "settings"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }

    path = run("config", "path", env=folders).stdout.strip()
    profile = json.loads(run("profiles", "--json", env=folders).stdout)

    assert path == str(tmp_path / "settings/realmchat/chat-cli/config.toml")
    assert profile["home"] == str(tmp_path / "data/realmchat/chat-cli")


# --- profiles ------------------------------------------------------------------------------------


@pytest.fixture
def run_and_stop(run: Run) -> Iterator[Run]:
    """As `run`; the services that were started end with the test."""
    yield run
    run("stop")
    run("--profile", "work", "stop")


def test_each_profile_has_a_service_of_its_own(run_and_stop: Run, tmp_path: Path) -> None:
    """And a home, and a file of settings; what one does the other doesn't know."""
    run = run_and_stop
    free = {"CHAT_CLI_PORT": "0"}
    assert run("accounts", env=free).returncode == 0
    assert run("accounts", "--profile", "work", env=free).returncode == 0

    rows = [
        json.loads(line)
        for line in run("profiles", "--json", env={"CHAT_CLI_PROFILE": "work"}).stdout.splitlines()
    ]
    tokens = {run("token", *profile).stdout for profile in ([], ["--profile", "work"])}

    assert [(row["profile"], row["current"]) for row in rows] == [
        ("default", False),
        ("work", True),
    ]
    assert [row["home"] for row in rows] == [
        str(tmp_path / "chat-cli"),
        str(tmp_path / "chat-cli/profiles/work"),
    ]
    assert len({row["service"] for row in rows}) == 2
    assert None not in {row["service"] for row in rows}
    assert len(tokens) == 2
    assert "work/config.toml" in run("--profile", "work", "config", "path").stdout


def test_a_profile_has_a_name(run: Run, tmp_path: Path) -> None:
    """Never a path; what gave it is named."""
    by_flag = run("--profile", "../elsewhere", "accounts")
    by_variable = run("accounts", env={"CHAT_CLI_PROFILE": "../elsewhere"})

    assert (by_flag.returncode, by_variable.returncode) == (2, 2)
    assert "--profile is wrong: “../elsewhere” is no name" in by_flag.stderr
    assert "CHAT_CLI_PROFILE is wrong: “../elsewhere” is no name" in by_variable.stderr
    assert [p.name for p in tmp_path.iterdir()] == []
