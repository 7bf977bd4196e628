"""The settings of chat-cli: which source wins, what is refused, and where each value comes from."""

from pathlib import Path

import pytest

from chat_cli import configuration, profiles
from chat_cli.configuration import COMMAND_LINE, SERVICE, SETTINGS, Configuration, Source
from chat_cli.settings import ChatCliSettings
from realm_protocol.errors import InvalidSetting, UnknownSetting
from realm_service.settings import load

SERVICE_NAMES = [setting.name for setting in SERVICE]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def made(
    file: Path, flags: dict[str, str] | None = None, environment: dict[str, str] | None = None
) -> Configuration:
    return Configuration(flags or {}, environment or {}, file)


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's, in this process."""
    for name in ("CHAT_CLI_PROFILE", "CHAT_CLI_CONFIG", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REALMCHAT_HOME", str(tmp_path))
    return tmp_path / "chat-cli"


def test_a_flag_beats_the_environment_beats_the_file_beats_the_default(file: Path) -> None:
    """And each value says which of them gave it."""
    assert made(file).find("lang").source is Source.DEFAULT
    file.write_text('lang = "id"\n')
    variables = {"CHAT_CLI_LANG": "en"}

    of_file = made(file, environment={"LANG": "en_GB.UTF-8"}).find("lang")
    of_environment = made(file, environment=variables).find("lang")
    of_flag = made(file, {"lang": "id"}, variables).find("lang")

    assert (of_file.value, of_file.source, of_file.origin) == ("id", Source.FILE, str(file))
    assert (of_environment.value, of_environment.origin) == ("en", "CHAT_CLI_LANG")
    assert (of_flag.value, of_flag.source, of_flag.origin) == ("id", Source.FLAG, "--lang")


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "id_ID.UTF-8"}, "id"),
        ({"LANG": "id"}, "id"),
        ({"LANG": "in_ID"}, "id"),
        ({"LC_ALL": "id_ID"}, "id"),
        ({"LC_MESSAGES": "id_ID", "LANG": "en_US.UTF-8"}, "id"),
        ({"LC_ALL": "C", "LANG": "id_ID.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "id_ID.UTF-8"}, "id"),
        ({"LANG": "idle"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({}, "en"),
    ],
)
def test_the_locale_chooses_the_language(
    file: Path, environment: dict[str, str], language: str
) -> None:
    """LC_ALL before LC_MESSAGES before LANG; Indonesian for Indonesian, else English."""
    assert made(file, environment=environment).value("lang") == language


def test_an_empty_variable_says_nothing(file: Path) -> None:
    """As if it weren't set."""
    assert made(file, environment={"CHAT_CLI_WAIT": "", "NO_COLOR": ""}).value("wait") == 5
    assert made(file, environment={"NO_COLOR": "1"}).value("color") == "never"


def test_an_unknown_key_is_told_with_its_file_and_the_nearest(file: Path) -> None:
    """Whatever was asked for: a slip of the pen must not go unnoticed."""
    file.write_text('acount = "messi@surabaya"\n')

    with pytest.raises(UnknownSetting) as refused:
        made(file).value("lang")

    assert refused.value.fields == {"file": str(file), "setting": "acount", "nearest": "account"}


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("lang", "fr", "“fr” is none of en, id"),
        ("color", "red", "“red” is none of auto, always, never"),
        ("wait", "soon", "“soon” is no number from 0 to 60"),
        ("wait", "61", "“61” is no number from 0 to 60"),
        ("wait", "nan", "“nan” is no number from 0 to 60"),
        ("port", "1.5", "“1.5” is no whole number"),
        ("event_days", "0", "“0” is no number of 1 or more"),
        ("account", "Messi at Surabaya", "“Messi at Surabaya” is no address"),
        ("realm_url", "ftp://x", "“ftp://x” is no URL that begins with http:// or https://"),
    ],
)
def test_a_bad_value_is_told_with_its_place(file: Path, name: str, value: str, why: str) -> None:
    """Which variable, or which key of which file."""
    with pytest.raises(InvalidSetting) as of_environment:
        made(file, environment={SETTINGS[name].variable: value}).value(name)
    file.write_text(f"{name} = '{value}'\n")
    with pytest.raises(InvalidSetting) as of_file:
        made(file).value("wait" if name == "lang" else "lang")

    assert of_environment.value.fields == {"setting": SETTINGS[name].variable, "detail": why}
    assert of_file.value.fields == {"setting": f"{name} ({file})", "detail": why}
    assert of_file.value.message_in("id") != of_file.value.message


@pytest.mark.parametrize("text", ["lang = ", "\x00", "wait = true"])
def test_a_file_that_is_none_is_told(file: Path, text: str) -> None:
    """One clear error, with the file's name."""
    file.write_text(text)

    with pytest.raises(InvalidSetting, match=str(file)):
        made(file).value("lang")


def test_a_named_file_must_be_there(file: Path) -> None:
    """One that nobody named need not be."""
    assert made(file).value("wait") == 5
    with pytest.raises(InvalidSetting, match="CHAT_CLI_CONFIG"):
        made(file, environment={"CHAT_CLI_CONFIG": str(file)}).value("wait")


def test_the_service_has_the_same_settings() -> None:
    """No second list drifts: same names, same defaults."""
    fields = ChatCliSettings.model_fields

    assert list(fields)
    assert set(fields) == set(SERVICE_NAMES)
    for setting in SERVICE:
        assert setting.default == fields[setting.name].default, setting.name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", 65536),
        ("port", -1),
        ("port", "x"),
        ("realm_url", "ftp://x"),
        ("log_level", "LOUD"),
        ("outbox_limit", 1023),
        ("event_days", 0),
        ("event_count", 99),
    ],
)
def test_the_service_refuses_the_same_values(own_home: Path, name: str, value: object) -> None:
    """What `config show` finds good, the service starts with, and the other way round."""
    with pytest.raises(InvalidSetting):
        load(ChatCliSettings, {name: value})
    with pytest.raises(InvalidSetting):
        made(own_home / "none", {name: str(value)}).find(name)


def test_the_service_lets_the_command_lines_keys_be(own_home: Path) -> None:
    """Both read one file; a key of neither is refused by either, with the nearest."""
    own_home.mkdir()
    file = own_home / "config.toml"
    lines = {"account": '"messi@surabaya"', "lang": '"id"', "color": '"never"', "wait": "2.5"}
    assert set(lines) == {setting.name for setting in COMMAND_LINE}
    file.write_text("".join(f"{name} = {value}\n" for name, value in lines.items()) + "port = 7\n")

    assert load(ChatCliSettings, {}).port == 7
    assert made(file).value("wait") == 2.5
    file.write_text("prot = 7\n")
    with pytest.raises(UnknownSetting) as refused:
        load(ChatCliSettings, {})
    assert refused.value.fields == {"file": str(file), "setting": "prot", "nearest": "port"}


@pytest.mark.parametrize(
    ("arguments", "flags"),
    [
        (["--lang", "id", "send", "a", "b"], {"lang": "id"}),
        (["send", "a", "b", "--lang=id", "--color=never"], {"lang": "id", "color": "never"}),
        (["send", "a", "--", "--lang", "id"], {}),
        (["send", "--lang"], {}),
        (["--profile", "work", "--profile=play"], {"profile": "play"}),
    ],
)
def test_flags_count_wherever_they_stand(arguments: list[str], flags: dict[str, str]) -> None:
    """Before the word or after it; behind `--` is text."""
    assert configuration.read_flags(arguments) == flags


def test_settings_lie_where_the_platform_keeps_settings(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Apart from the data, unless a home holds both; a file of before stays good."""
    assert profiles.config_file() == own_home / "config.toml"
    monkeypatch.delenv("REALMCHAT_HOME")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    assert profiles.home() == tmp_path / "data/realmchat/chat-cli"
    assert profiles.config_file() == tmp_path / "settings/realmchat/chat-cli/config.toml"
    before = tmp_path / "data/realmchat/chat-cli/config.toml"
    before.parent.mkdir(parents=True)
    before.touch()
    assert profiles.config_file() == before
    (tmp_path / "settings/realmchat/chat-cli").mkdir(parents=True)
    (tmp_path / "settings/realmchat/chat-cli/config.toml").touch()
    assert profiles.config_file() != before


def test_a_profile_is_a_home_of_its_own(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its own settings; the default profile is the home itself."""
    monkeypatch.setenv("CHAT_CLI_PROFILE", "work")

    assert profiles.home() == own_home / "profiles/work"
    assert profiles.config_file() == own_home / "profiles/work/config.toml"
    assert load(ChatCliSettings, {}).home == own_home / "profiles/work"
    assert profiles.profiles() == ["default"]
    profiles.home().mkdir(parents=True)
    assert profiles.profiles() == ["default", "work"]
    monkeypatch.setenv("CHAT_CLI_PROFILE", "../elsewhere")
    with pytest.raises(InvalidSetting, match="CHAT_CLI_PROFILE"):
        profiles.home()
