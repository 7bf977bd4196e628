"""Where services keep their data and settings, on the platforms' terms."""

from pathlib import Path

import platformdirs
import pytest

from realm_service.home import config_folder, home_folder


@pytest.mark.parametrize("chosen", [None, "", "/srv/of mine"])
def test_the_platform_says_where(monkeypatch: pytest.MonkeyPatch, chosen: str | None) -> None:
    """The same places as platformdirs has, whether the folders of XDG are set or not."""
    monkeypatch.delenv("REALMCHAT_HOME", raising=False)
    for variable in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        if chosen is None:
            monkeypatch.delenv(variable, raising=False)
        else:
            monkeypatch.setenv(variable, chosen)

    data = platformdirs.user_data_dir("realmchat", appauthor=False)
    config = platformdirs.user_config_dir("realmchat", appauthor=False)
    assert home_folder("chat-cli") == Path(data) / "chat-cli"
    assert config_folder("main-server") == Path(config) / "main"


def test_a_home_that_is_set_holds_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Data and settings of each service in one folder of its own."""
    monkeypatch.setenv("REALMCHAT_HOME", str(tmp_path))

    assert home_folder("realm-surabaya") == tmp_path / "realm-surabaya"
    assert config_folder("chat-cli") == tmp_path / "chat-cli"
