"""The service as a shell sees it: away, back, or stopped on purpose."""

from pathlib import Path

import pytest

from chat_cli.command_line.shell.service import LiveService, finder
from realm_protocol.errors import NotAllowed, RealmchatError, ServiceUnreachable
from tests.chat_cli_line.fake_service import ACCOUNT, FakeService


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REALMCHAT_HOME", str(tmp_path))
    return tmp_path / "chat-cli"


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_service_that_was_stopped_is_left_alone(service: FakeService, home: Path) -> None:
    """Whoever stops it means it: a shell that is open only waits for it."""
    find = finder(home)
    found = await find()
    (home / "service.json").unlink()

    with pytest.raises(ServiceUnreachable, match="stopped"):
        await find()

    assert (found.url, found.token) == (f"http://127.0.0.1:{service.port}", service.token)
    assert files(home) == ["token"]  # no log, no lock: nothing was begun


async def test_it_is_known_whether_the_service_answers(service: FakeService, home: Path) -> None:
    """Told each time that it changes, and only then; a refusal is an answer."""
    told: list[bool] = []
    live = LiveService(finder(home), lambda: told.append(live.up))
    service.answers["GET /v1/accounts/x/info"] = NotAllowed(detail="…")

    try:
        assert await live.get("/v1/accounts") == [ACCOUNT]
        with pytest.raises(NotAllowed):
            await live.get("/v1/accounts/x/info")
        for _ in range(2):
            service.breaks_off.append("GET /v1/accounts")
            with pytest.raises(RealmchatError):
                await live.get("/v1/accounts")
        assert told == [False]
        assert await live.get("/v1/accounts") == [ACCOUNT]
        assert told == [False, True]
    finally:
        await live.close()
