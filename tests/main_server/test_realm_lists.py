"""Lists of realms: by a realm's name, or by what a person calls the one that listens there."""

import pytest

from main_server.operations import list_audit, make_operator, remove_realm
from main_server.rules import realm_lists
from main_server.rules.realm_lists import enrol
from realm_protocol import commands, link
from realm_protocol.errors import InvalidName, RealmExists, RealmNotEnrolled, TooManyRealms
from realm_protocol.limits import PROTOCOL_VERSION
from tests.main_server.conftest import Running
from tests.main_server.realm_end import Attached, RealmEnd, open_link
from tests.waiting import eventually

AT_JAKARTA = ("127.0.0.1", 8890)


@pytest.fixture
async def jakarta(main: Running) -> RealmEnd:
    """With a line listener."""
    end = await open_link(main.url, main.keys["jakarta"])
    end.send(link.LinkHello(1, PROTOCOL_VERSION, "jakarta", 0, [AT_JAKARTA[1], 8888]))
    await eventually(lambda: end.told_of(link.LinkWelcome))
    return end


@pytest.fixture
async def messi(surabaya: RealmEnd, main: Running, jakarta: RealmEnd) -> Attached:
    await main.main.write(_at_loopback)
    return await surabaya.enter("messi@surabaya")


@pytest.fixture
async def henderson(jakarta: RealmEnd) -> Attached:
    return await jakarta.enter("henderson@jakarta")


def _at_loopback(tx) -> None:
    """Both realms' clients connect at one host."""
    tx.connection.exec_driver_sql("UPDATE realms SET host = '127.0.0.1', port = id + 8000")


async def names(who: Attached) -> dict[str, list[str]]:
    return {realm.name: realm.names for realm in await who.do(commands.ListRealms)}


async def own_names(who: Attached) -> dict[str, list[str]]:
    return {realm.name: realm.own_names for realm in await who.do(commands.ListRealms)}


async def test_a_realm_is_added_by_its_name(messi: Attached) -> None:
    """Wherever it is said to be; once."""
    added = await messi.do(commands.AddRealm, "jakarta", "elsewhere", 1)

    assert added.realm == "jakarta"
    assert await names(messi) == {"jakarta": [], "surabaya": []}
    with pytest.raises(RealmExists):
        await messi.do(commands.AddRealm, "jakarta", "elsewhere", 1)


async def test_what_listens_there_may_be_called_anything(messi: Attached) -> None:
    """At a line listener's port, and on the list of this person alone in their realm."""
    added = await messi.do(commands.AddRealm, "Realm2", *AT_JAKARTA)

    assert added.realm == "jakarta"
    assert await names(messi) == {"jakarta": ["realm2"], "surabaya": []}
    assert await own_names(messi) == {"jakarta": ["realm2"], "surabaya": []}
    lineker = await messi.realm.enter("lineker@surabaya")
    assert await names(lineker) == {"jakarta": [], "surabaya": []}
    with pytest.raises(RealmExists):
        await messi.do(commands.AddRealm, "realm2", *AT_JAKARTA)


async def test_both_ends_of_a_pair_use_the_same_name(messi: Attached, henderson: Attached) -> None:
    """What surabaya's people call jakarta means surabaya there; one's own list goes first."""
    await messi.do(commands.AddRealm, "realm2", *AT_JAKARTA)
    assert await names(henderson) == {"jakarta": [], "surabaya": ["realm2"]}
    assert await own_names(henderson) == {"jakarta": [], "surabaya": []}

    await henderson.do(commands.AddRealm, "realm2", *AT_JAKARTA)
    assert await names(henderson) == {"jakarta": ["realm2"], "surabaya": []}


@pytest.mark.parametrize("place", [("127.0.0.1", 9999), ("elsewhere", AT_JAKARTA[1])])
async def test_where_no_realm_listens_none_is_added(messi: Attached, place) -> None:
    """A clear refusal, and the name stays free."""
    with pytest.raises(RealmNotEnrolled, match=f"{place[0]}:{place[1]}"):
        await messi.do(commands.AddRealm, "realm2", *place)
    assert (await messi.do(commands.AddRealm, "realm2", *AT_JAKARTA)).realm == "jakarta"


async def test_nobody_fills_the_lists_of_others(
    surabaya: RealmEnd, messi: Attached, henderson: Attached, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One's own has an end; of what others call one's realm the names that most use are told."""
    monkeypatch.setattr(realm_lists, "NAMES_OF_PERSON", 3)
    monkeypatch.setattr(realm_lists, "NAMES_OF_OTHERS", 2)
    lineker = await surabaya.enter("lineker@surabaya")
    for name in ("a", "b", "realm2"):
        await messi.do(commands.AddRealm, name, *AT_JAKARTA)
    await lineker.do(commands.AddRealm, "realm2", *AT_JAKARTA)

    with pytest.raises(TooManyRealms):
        await messi.do(commands.AddRealm, "c", *AT_JAKARTA)
    assert await names(henderson) == {"jakarta": [], "surabaya": ["a", "realm2"]}


async def test_what_can_be_no_name_is_refused(messi: Attached) -> None:
    """A person's name for a realm has the form of a realm's."""
    with pytest.raises(InvalidName):
        await messi.do(commands.AddRealm, "realm two", *AT_JAKARTA)


async def test_an_operator_enrols_a_realm(main: Running, messi: Attached) -> None:
    """Where there is none; its key is told once, opens its link, and is noted without it."""
    await main.main.write(lambda tx: make_operator(tx, "messi@surabaya"))

    added = await messi.do(commands.AddRealm, "Medan", "10.0.0.7", 8000)

    assert added.realm == "medan"
    end = await open_link(main.url, added.key)
    assert isinstance(await end.hello("medan"), link.LinkWelcome)
    (medan,) = [one for one in await messi.do(commands.ListRealms) if one.name == "medan"]
    assert (medan.host, medan.port, medan.linked) == ("10.0.0.7", 8000, True)
    (row,) = [row for row in await main.main.write(list_audit) if row["action"] == "realm add"]
    assert (row["actor"], row["subject"]) == ("messi@surabaya", "medan")
    with pytest.raises(RealmExists):
        await messi.do(commands.AddRealm, "medan", "10.0.0.7", 8000)


async def test_an_operator_adds_a_realm_like_anybody(main: Running, messi: Attached) -> None:
    """One that exists has its key already."""
    await main.main.write(lambda tx: make_operator(tx, "messi@surabaya"))

    assert (await messi.do(commands.AddRealm, "realm2", *AT_JAKARTA)).key == ""
    assert (await messi.do(commands.AddRealm, "jakarta", "elsewhere", 1)).key == ""


async def test_the_name_of_a_disabled_realm_is_taken(main: Running, messi: Attached) -> None:
    """Also for an operator."""
    await main.main.write(lambda tx: make_operator(tx, "messi@surabaya"))
    await main.main.write(lambda tx: remove_realm(tx, "jakarta", disable=True))

    with pytest.raises(RealmExists):
        await messi.do(commands.AddRealm, "jakarta", "127.0.0.1", 1)


async def test_a_realm_that_was_removed_is_on_no_list(main: Running, messi: Attached) -> None:
    """Another one that is enrolled later is not what people called so."""
    await main.main.write(lambda tx: enrol(tx, "medan", "10.0.0.7", 8000))
    await messi.do(commands.AddRealm, "utara", "10.0.0.7", 8000)
    await main.main.write(lambda tx: remove_realm(tx, "medan"))

    await main.main.write(lambda tx: enrol(tx, "bogor", "10.0.0.8", 8000))

    assert await own_names(messi) == {"bogor": [], "jakarta": [], "surabaya": []}
    assert (await messi.do(commands.AddRealm, "utara", *AT_JAKARTA)).realm == "jakarta"
