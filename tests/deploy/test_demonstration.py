"""Making the demonstration: every step may be repeated, and what fails is said by its name."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from deploy.demonstration import (
    GREETINGS,
    GROUPS,
    PASSWORDS,
    PEOPLE,
    OperatorCommandFailed,
    add_people,
    add_realm,
    patiently,
    read_answer,
    save_key,
)
from realm_protocol.errors import LinkDown, RealmExists, StorageFull, UserExists


class Operator:
    """main-server's operator commands, by what they have made so far."""

    def __init__(self) -> None:
        self.realms: dict[str, tuple[str, str]] = {}
        self.people: dict[str, tuple[str, str]] = {}
        self.passwords: dict[str, str] = {}
        self.keys = 0

    async def __call__(self, *arguments: str, stdin: str = "") -> dict[str, Any]:
        match arguments:
            case ("realm", "add", name, "--address", host, "--port", port):
                if name in self.realms:
                    raise RealmExists(realm=name)
                self.realms[name] = (host, port)
                return self._new_key()
            case ("realm", "set-address", name, host, port):
                self.realms[name] = (host, port)
                return {}
            case ("realm", "rotate-key", _):
                return self._new_key()
            case ("user", "import"):
                for line in stdin.splitlines():
                    person = json.loads(line)
                    self.people[person["address"]] = (person["name"], person["country"])
                    self.passwords[person["address"]] = person["password"]
                return {}
        raise AssertionError(f"not a command of main-server: {arguments}")

    def _new_key(self) -> dict[str, Any]:
        self.keys += 1
        return {"key": f"key-{self.keys}"}


async def test_a_realm_made_before_gets_a_new_key() -> None:
    """When the first key was lost before it was saved, the realm isn't lost with it."""
    operator = Operator()

    assert await add_realm(operator, "surabaya", "127.0.0.1", 8000) == "key-1"
    assert await add_realm(operator, "surabaya", "127.0.0.1", 8100) == "key-2"

    assert operator.realms == {"surabaya": ("127.0.0.1", "8100")}


def test_a_key_is_for_its_owner_only(tmp_path: Path) -> None:
    """The key file is 0600 below a 0700 folder, and no half-written file lies beside it."""
    key_file = tmp_path / "realm-surabaya" / "realm.key"

    save_key(key_file, "secret")

    assert key_file.read_text() == "secret\n"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert list(key_file.parent.iterdir()) == [key_file]


async def test_everybody_exists_in_every_realm() -> None:
    """Nine people in each realm, with name, country and password."""
    operator = Operator()

    await add_people(operator, ["surabaya", "jakarta"])

    assert len(operator.people) == 18
    assert operator.people["messi@jakarta"] == ("Lionel Messi", "Argentina")
    assert operator.passwords["messi@jakarta"] == "surabaya"
    assert operator.passwords["ulya@surabaya"] == "progjar"


async def test_a_refused_person_is_told_as_the_refusal() -> None:
    """What hinders the start is main's own error, not a group of exceptions."""

    async def full(*arguments: str, stdin: str = "") -> dict[str, Any]:
        raise StorageFull

    with pytest.raises(StorageFull):
        await add_people(full, ["surabaya"])


def test_every_member_of_a_group_has_a_greeting() -> None:
    """Groups are of people that exist, and each has something to say."""
    for members in GROUPS.values():
        assert len(members) == len(GREETINGS)
        assert set(members) <= set(PASSWORDS)
    assert len({person.name for person in PEOPLE}) == len(PEOPLE)


def test_the_answer_of_a_command_is_read() -> None:
    """JSON is its result; an error in it is raised as its class; anything else is shown."""
    assert read_answer('{"key": "k"}') == {"key": "k"}
    with pytest.raises(RealmExists, match="surabaya"):
        read_answer(json.dumps(RealmExists(realm="surabaya").body()))
    with pytest.raises(OperatorCommandFailed, match="Segmentation fault"):
        read_answer("Segmentation fault")


async def test_a_step_waits_for_what_comes_up() -> None:
    """While the link isn't there yet, the step is repeated until it is."""
    answers: list[Exception | None] = [
        LinkDown(retry_after_seconds=0),
        LinkDown(retry_after_seconds=0),
        None,
    ]

    async def step() -> None:
        if (answer := answers.pop(0)) is not None:
            raise answer

    await patiently(step)
    assert answers == []


async def test_patience_has_an_end() -> None:
    """A step that stays refused is given up with its own error."""

    async def step() -> None:
        raise LinkDown(retry_after_seconds=0.01)

    with pytest.raises(LinkDown):
        await patiently(step, patience_seconds=0)


async def test_a_final_refusal_is_not_repeated() -> None:
    """Only what may come right later is tried again."""
    tried: list[int] = []

    async def step() -> None:
        tried.append(1)
        raise UserExists(address="messi@surabaya")

    with pytest.raises(UserExists):
        await patiently(step)
    assert tried == [1]
