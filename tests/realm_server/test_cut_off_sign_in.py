"""Whom main has let in before comes in while it is away; main decides when it is back."""

from typing import Any

import httpx
import pytest

from realm_protocol import link
from realm_protocol.errors import UserDisabled, WrongPassword
from realm_protocol.events import LinkChanged, Refused, SignedOut, Synced
from realm_protocol.names import Address
from realm_protocol.wire import pack
from tests.realm_server.conftest import World
from tests.realm_server.fake_main import site_person
from tests.waiting import eventually

MESSI = Address("messi@surabaya")
PASSWORD = "geheim123"


class Door:
    """The realm's sign-in, with a main that knows one password."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.password_revision = 1
        world.main.on_sign_in = self._sign_in

    def _sign_in(self, message: Any) -> None:
        if message.password != PASSWORD:
            self.world.main.refuse(message, WrongPassword(address=str(MESSI)))
            return
        opened = link.Session(MESSI, "s1", "messi-token", 2**50, self.password_revision)
        self.world.main.send(link.Answer(message.ref, pack(opened)))

    async def post(self, password: str = PASSWORD) -> httpx.Response:
        async with self.world.http as http:
            form = {"address": "messi", "password": password, "device": "a phone"}
            return await http.post("/v1/sign-in", json=form)

    async def code(self, password: str = PASSWORD) -> str:
        """Of the refusal; empty where one was let in."""
        answer = await self.post(password)
        return "" if answer.is_success else str(answer.json()["error"]["code"])

    async def come_in_once(self) -> None:
        """Main lets the person in; the realm has what it needs for the next time."""
        assert await self.code() == ""
        rows = self.world.rows_of_site
        await eventually(lambda: rows("people") and rows("verifiers"))
        await self.world.cut()


@pytest.fixture
async def door(running: World) -> Door:
    return Door(running)


@pytest.fixture
def settings(world: World) -> None:
    world.settings["sign_in_burst"] = world.settings["host_burst"] = 10_000


async def test_who_came_in_before_comes_in_while_main_is_away(settings: None, door: Door) -> None:
    """With the same password, and no other; the session is one of this realm at once."""
    await door.come_in_once()

    answer = await door.post()
    client = await door.world.connect(answer.json()["token"])
    welcome = await client.next()

    assert answer.json()["address"] == MESSI
    assert welcome.result[2] == MESSI
    assert await door.code("another") == "wrong_password"


async def test_who_came_in_just_before_main_went_is_in(settings: None, door: Door) -> None:
    """Also where the device of the new session had no time to come."""
    await eventually(lambda: door.world.rows_of_site("people"))
    token = (await door.post()).json()["token"]
    await door.world.cut()

    client = await door.world.connect(token)

    assert (await client.next()).result[2] == MESSI


async def test_main_takes_the_session_over_when_it_is_back(settings: None, door: Door) -> None:
    """Before its client is attached: the person notices nothing of it."""
    await door.come_in_once()
    answer = (await door.post()).json()
    client = await door.world.connect(answer["token"])

    door.world.mend()
    await client.until(LinkChanged)
    await client.until(Synced)

    heard = door.world.main.heard
    offered = next(one for one in heard if isinstance(one, link.AdoptSession))
    assert (offered.address, offered.session_id) == (MESSI, answer["session_id"])
    assert (offered.device, offered.password_revision) == ("a phone", 1)
    attached = [one for one in heard if isinstance(one, link.Attach)]
    assert heard.index(offered) < heard.index(attached[-1])
    assert client.seen_of(SignedOut) == []


async def test_a_session_is_offered_once(settings: None, door: Door) -> None:
    """What main has taken over is its own from then on."""
    await door.come_in_once()
    await door.post()
    door.world.mend()
    await eventually(lambda: door.world.main.heard_of(link.AdoptSession))
    await door.world.link_up()
    await door.world.cut()
    door.world.mend()
    await eventually(lambda: door.world.main.links == 3)
    await door.world.enter("messi-token")

    assert len(door.world.main.heard_of(link.AdoptSession)) == 1


async def test_main_may_end_the_session_when_it_is_back(settings: None, door: Door) -> None:
    """The person was disabled meanwhile: their device is told, and nobody comes in by it again."""
    await door.come_in_once()
    token = (await door.post()).json()["token"]
    client = await door.world.connect(token)
    door.world.main.refuses_session = UserDisabled(address=str(MESSI))

    door.world.mend()

    await client.until(SignedOut)
    await client.wait_closed()
    await door.world.cut()
    again = await door.world.connect(token)
    assert (await again.next(Refused)).code == "link_down"


@pytest.mark.parametrize("changed", [{"disabled": True}, {"password_revision": 2}])
async def test_a_reported_change_ends_it(
    settings: None, door: Door, changed: dict[str, Any]
) -> None:
    """Told while the link was up; the old password opens nothing any more when it is gone."""
    await door.come_in_once()
    door.world.mend()
    await door.world.link_up()
    door.world.main.send(link.SiteFacts([site_person(1, MESSI, revision=5, **changed)]))
    door.world.main.people.clear()
    client = await door.world.connect("unknown")
    await client.wait_closed()  # main's answer to it comes behind what it told

    await door.world.cut()

    refused = await door.code()
    assert refused == ("user_disabled" if "disabled" in changed else "sign_in_needs_main")


async def test_who_never_came_in_is_told_why_not_now(settings: None, door: Door) -> None:
    """Since when main is away, and who may come in until it is back."""
    await door.world.cut()

    answer = (await door.post()).json()["error"]

    assert answer["code"] == "sign_in_needs_main"
    assert answer["realm"] == "surabaya"
    assert answer["since"].endswith("Z")


async def test_where_nothing_is_kept_nobody_comes_in(world: World) -> None:
    """An operator may want no hashes of passwords at the site."""
    world.settings["verifier_days"] = 0
    await world.start()
    door = Door(world)
    assert await door.code() == ""

    await world.cut()

    assert await door.code() == "sign_in_needs_main"


async def test_a_wrong_password_is_nothing_to_remember(settings: None, door: Door) -> None:
    """Main refused it: it opens nothing later."""
    assert await door.code("a wrong one") == "wrong_password"

    await door.world.cut()

    assert await door.code("a wrong one") == "sign_in_needs_main"


async def test_guessing_is_limited_while_main_is_away_too(world: World) -> None:
    """The same limits, whoever checks the password."""
    world.settings["sign_in_burst"] = 3
    world.settings["sign_in_per_second"] = 0.001
    await world.start()
    door = Door(world)
    await door.come_in_once()

    codes = [await door.code("a guess") for _ in range(8)]

    assert codes[-1] == "rate_limited"


async def test_no_password_is_in_the_realms_files(settings: None, door: Door) -> None:
    """A hash that is slow to try is all there is."""
    await door.come_in_once()
    files = list(door.world.home.glob("site.db*"))

    kept = b"".join(file.read_bytes() for file in files)

    assert b"$argon2id$" in kept
    assert PASSWORD.encode() not in kept


async def test_clients_hear_of_the_link_as_before(settings: None, door: Door) -> None:
    """A session that was opened here is told when main is back."""
    await door.come_in_once()
    client = await door.world.connect((await door.post()).json()["token"])
    door.world.mend()

    told = await client.until(LinkChanged)

    assert told.up
