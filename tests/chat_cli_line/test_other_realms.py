"""Writing and sending files to other realms: what is asked of the service, once for each."""

from pathlib import Path
from typing import Any

from tests.chat_cli_line.conftest import Run
from tests.chat_cli_line.fake_service import MESSI, FakeService

SEND = f"POST /v1/accounts/{MESSI}/messages"


def sent(to: Any = "henderson@jakarta", state: str = "at_main") -> dict[str, Any]:
    return {"key": "k1", "conversation": "c1", "seq": 1, "state": state, "to": to}


def test_a_message_to_a_person_of_a_realm(service: FakeService, run: Run) -> None:
    """The service knows what the realm is called; a key and the end tell what became of it."""
    service.answers[SEND] = sent(state="saved")

    done = run("sendrealm", "realm2", "henderson", "halo", "jauh", "--key", "k1", "--wait", "0")

    assert (done.returncode, done.stdout) == (3, "Saved for henderson@jakarta.\n")
    assert service.last("POST").body == {
        "to": "henderson",
        "text": "halo jauh",
        "key": "k1",
        "realm": "realm2",
    }


def test_a_message_to_several_people_and_to_a_group(service: FakeService, run: Run) -> None:
    """Each has a key of its own, derived from the one that was given."""
    service.answers[SEND] = sent()

    assert run("sendgrouprealm", "jakarta", "a,b", "halo", "--key", "k").returncode == 0
    assert run("sendgrouprealm", "jakarta", "Group:club", "halo", "--key", "k").returncode == 0

    bodies = [asked.body for asked in service.asked if asked.method == "POST"]
    asked = [(body["to"], body["key"]) for body in bodies]
    assert asked == [("a", "k.0"), ("b", "k.1"), ({"group": "club"}, "k")]


def test_standard_input_goes_to_one(service: FakeService, run: Run) -> None:
    """It can be read once only."""
    done = run("sendgroupfilerealm", "jakarta", "a,b", "-", stdin="halo")

    assert done.returncode == 2
    assert "one recipient only" in done.stderr


def test_what_can_not_be_read_is_said_once(service: FakeService, run: Run, tmp_path: Path) -> None:
    """However many were to get it."""
    done = run("sendgroupfilerealm", "jakarta", "a,b", str(tmp_path / "none.txt"))

    assert done.returncode == 4
    assert done.stderr.count("none.txt") == 1
