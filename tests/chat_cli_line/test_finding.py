"""Which service and which account a command uses, and what it costs to find them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chat_cli.command_line.accounts import choose_account
from realm_protocol.errors import AccountNotFound, AmbiguousName, NotSignedIn
from tests.chat_cli_line.conftest import Run
from tests.chat_cli_line.fake_service import ACCOUNT, MESSI, FakeService
from tests.chat_cli_line.test_commands import SEND, sent
from tests.waiting import wait_until

LINEKER = {**ACCOUNT, "account": "lineker@jakarta", "signed_in_at": "2026-11-21T04:00:00Z"}
FORMER = {
    **ACCOUNT,
    "account": "henderson@jakarta",
    "signed_in": False,
    "signed_in_at": "2026-11-21T05:00:00Z",
}


def test_the_account_that_signed_in_last_is_meant() -> None:
    """Unless one is named; one whose session has ended is never meant by itself."""
    assert choose_account([ACCOUNT], None) == MESSI
    assert choose_account([ACCOUNT, LINEKER, FORMER], None) == "lineker@jakarta"


def test_an_account_may_be_named_without_its_realm() -> None:
    """Where one fits; else the candidates are told."""
    twin = {**ACCOUNT, "account": "messi@jakarta"}

    assert choose_account([ACCOUNT, LINEKER], "Messi") == MESSI
    assert choose_account([ACCOUNT, FORMER], "henderson@jakarta") == "henderson@jakarta"
    with pytest.raises(AmbiguousName, match="messi@surabaya, messi@jakarta"):
        choose_account([ACCOUNT, twin], "messi")
    with pytest.raises(AccountNotFound):
        choose_account([ACCOUNT], "heru@surabaya")


def test_with_no_account_one_signs_in_first() -> None:
    """An account whose session has ended counts as none."""
    with pytest.raises(NotSignedIn):
        choose_account([FORMER], None)


def test_the_account_of_a_flag_goes_before_the_environments(service: FakeService, run: Run) -> None:
    """`--account`, else CHAT_CLI_ACCOUNT."""
    service.answers["GET /v1/accounts"] = [ACCOUNT, LINEKER]
    service.answers[SEND] = sent()
    service.answers["POST /v1/accounts/lineker@jakarta/messages"] = sent()
    environment = {"CHAT_CLI_ACCOUNT": "messi@surabaya"}

    run("send", "henderson", "hi", env=environment)
    run("send", "henderson", "hi", "--account", "lineker", env=environment)

    paths = [asked.path for asked in service.asked if asked.method == "POST"]
    assert [path.split("/")[3] for path in paths] == [MESSI, "lineker@jakarta"]


def test_the_chosen_account_is_used_until_it_signs_out(service: FakeService, run: Run) -> None:
    """`use` is kept across commands; a flag and a variable go before it."""
    service.answers["GET /v1/accounts"] = [ACCOUNT, LINEKER]
    for account in (MESSI, "lineker@jakarta"):
        service.answers[f"POST /v1/accounts/{account}/messages"] = sent()
    service.answers[f"POST /v1/accounts/{MESSI}/logout"] = {"account": MESSI, "unsent": 0}

    def used(*options: str, **variables: str) -> str:
        assert run("send", "henderson", "hi", *options, env=variables).returncode == 0
        return service.last("POST").path.split("/")[3]

    assert used() == "lineker@jakarta"
    assert run("use", "messi").stdout == "Commands are for messi@surabaya from now on.\n"
    assert used() == MESSI
    assert used("--account", "lineker@jakarta") == "lineker@jakarta"
    assert used(CHAT_CLI_ACCOUNT="lineker") == "lineker@jakarta"
    assert run("logout").returncode == 0
    assert used() == "lineker@jakarta"


def test_the_accounts_say_which_one_is_meant(service: FakeService, run: Run) -> None:
    """With the state of each connection; a choice that is gone keeps nobody from looking."""
    link = {"state": "up"}
    service.answers["GET /v1/accounts"] = [{**ACCOUNT, "link": link}, {**LINEKER, "link": link}]

    run("use", MESSI)
    chosen = [json.loads(line)["default"] for line in run("accounts", "--json").stdout.splitlines()]
    service.answers["GET /v1/accounts"] = [{**LINEKER, "link": link}]

    assert chosen == [True, False]
    assert run("accounts").stdout == "lineker@jakarta\tup\thttp://127.0.0.1:8000\tno\n"


def test_a_setting_that_goes_before_a_choice_is_told(service: FakeService, run: Run) -> None:
    """Else `use` would seem to do nothing."""
    done = run("use", MESSI, env={"CHAT_CLI_ACCOUNT": "lineker@jakarta"})

    assert done.returncode == 0
    assert "CHAT_CLI_ACCOUNT goes before this, and says lineker@jakarta" in done.stderr


def test_only_who_is_signed_in_can_be_used(service: FakeService, run: Run) -> None:
    """Whatever else would be written to in vain."""
    assert run("use", "lineker@jakarta").returncode == 6
    assert not (service.home / "chat-cli" / "chosen-account").exists()


def test_a_foreign_process_on_the_port_gets_nothing(service: FakeService, run: Run) -> None:
    """Who can't prove that it holds the token sees a random challenge, and no token or text."""
    service.proves = False
    # What stands in the way of the accounts' folder keeps a service of ours from starting.
    (service.home / "chat-cli" / "accounts").write_text("in the way of a folder")

    done = run("send", "henderson", "secret words")

    assert done.returncode == 7
    assert {asked.path for asked in service.asked} == {"/v1/health"}
    assert {asked.authorization for asked in service.asked} == {""}


def test_a_service_that_does_not_start_says_why(run: Run, tmp_path: Path) -> None:
    """The last line of its log is in the error, and the log's place."""
    (tmp_path / "chat-cli").mkdir()
    (tmp_path / "chat-cli" / "accounts").write_text("in the way of a folder")

    done = run("token")

    assert done.returncode == 7
    assert "can't be written" in done.stderr
    assert str(tmp_path / "chat-cli" / "service.log") in done.stderr


def test_a_home_that_cannot_be_made_is_said(run: Run, tmp_path: Path) -> None:
    """One line with the place, where the folder itself is impossible."""
    (tmp_path / "chat-cli").write_text("a file")

    done = run("token")

    assert done.returncode == 7
    assert str(tmp_path / "chat-cli") in done.stderr


def test_a_command_starts_the_service_and_the_next_one_finds_it(run: Run, tmp_path: Path) -> None:
    """Nobody has to start anything; the service outlives the command, in a private folder."""
    folder = tmp_path / "chat-cli"

    first = run("token", env={"CHAT_CLI_PORT": "0"})
    service = json.loads((folder / "service.json").read_text())
    try:
        second = run("token")

        assert first.returncode == second.returncode == 0, first.stderr
        assert first.stdout == second.stdout == (folder / "token").read_text()
        assert json.loads((folder / "service.json").read_text()) == service
        assert folder.stat().st_mode & 0o077 == 0
        assert (folder / "service.log").stat().st_mode & 0o077 == 0
    finally:
        os.kill(service["pid"], signal.SIGTERM)
        wait_until(lambda: not (folder / "service.json").exists())


def test_a_message_is_sent_with_little_loaded(
    service: FakeService, environment: dict[str, str]
) -> None:
    """A command runs for a moment: it never pays for what only the service or a table needs."""
    service.answers[SEND] = sent()
    program = (
        "import sys, chat_cli.command_line.program as c\n"
        "code = c.run(['send', 'henderson', 'hi', '--quiet'])\n"
        "print(code, *sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True
    )

    code, *modules = done.stdout.split()
    loaded = {name.partition(".")[0] for name in modules}
    heavy = {
        *("fastapi", "starlette", "uvicorn", "sqlalchemy", "alembic", "pydantic", "picows"),
        *("httpx", "msgspec", "msgpack", "rich", "typer", "prompt_toolkit", "email", "ssl"),
        *("importlib.metadata", "platformdirs", "asyncio", "subprocess", "difflib"),
    }
    assert code == "0"
    assert service.last("POST").body == {"to": "henderson", "text": "hi"}
    assert loaded & heavy == set()
    assert heavy.isdisjoint(modules)
