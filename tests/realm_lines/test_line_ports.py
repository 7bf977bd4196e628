"""Where listeners are: the setting, by flag, variable and file, and who may be served."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realm_server.line_ports import DIALECTS, LinePort, parse_line_port
from realm_server.settings import RealmSettings
from realm_service.settings import InvalidSetting, load

NAMED = {"name": "surabaya"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("8889", LinePort(8889, "mesin", "127.0.0.1")),
        ("8889:mesin", LinePort(8889, "mesin", "127.0.0.1")),
        ("8887:kelompok5", LinePort(8887, "kelompok5", "127.0.0.1")),
        ("10.0.0.5:8889", LinePort(8889, "mesin", "10.0.0.5")),
        ("localhost:8889:kelompok5", LinePort(8889, "kelompok5", "localhost")),
        ("[::1]:8889:mesin", LinePort(8889, "mesin", "::1")),
    ],
)
def test_an_address_and_a_dialect_may_be_left_out(text: str, place: LinePort) -> None:
    """Then it is `mesin`, on this machine."""
    assert parse_line_port(text) == place


@pytest.mark.parametrize("text", ["", "mesin", "0", "65536", "8889:latin", ":8889", "8889:", "1:2"])
def test_what_is_none_is_refused(text: str) -> None:
    """In words."""
    with pytest.raises(InvalidSetting, match=r"8889:mesin|mesin and kelompok5"):
        load(RealmSettings, {**NAMED, "line_port": [text or "x"]})


hosts = st.sampled_from(["127.0.0.1", "10.0.0.5", "::1", "localhost", "chat.example.org"])


@given(st.integers(1, 65535), st.sampled_from(DIALECTS), hosts)
def test_what_is_printed_is_read_again(port: int, dialect: str, host: str) -> None:
    """Whatever it is."""
    place = LinePort(port, dialect, host)

    assert parse_line_port(str(place)) == place


def test_there_are_none_by_default() -> None:
    """Text lines are off."""
    assert load(RealmSettings, NAMED).line_port == ()


def test_a_flag_goes_before_a_variable_and_that_before_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several in each of them."""
    file = tmp_path / "realm.toml"
    file.write_text('line_port = ["8889:mesin", 8887]\n')
    monkeypatch.setenv("REALM_SERVER_CONFIG", str(file))
    assert load(RealmSettings, NAMED).line_port == (LinePort(8889), LinePort(8887))

    monkeypatch.setenv("REALM_SERVER_LINE_PORT", "1:mesin,2:kelompok5")
    assert load(RealmSettings, NAMED).line_port == (LinePort(1), LinePort(2, "kelompok5"))

    flags = {**NAMED, "line_port": ["3", "4:kelompok5"]}
    assert load(RealmSettings, flags).line_port == (LinePort(3), LinePort(4, "kelompok5"))


def test_other_machines_are_served_only_where_the_operator_says_so() -> None:
    """By the address, and by `--allow-clear`: there is no TLS."""
    flags = {**NAMED, "line_port": ["0.0.0.0:8889"]}
    with pytest.raises(InvalidSetting, match=r"0\.0\.0\.0:8889:mesin.*--allow-clear"):
        load(RealmSettings, flags)

    assert load(RealmSettings, {**flags, "allow_clear": True}).line_port[0].port == 8889
