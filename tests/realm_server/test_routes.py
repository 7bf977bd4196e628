"""Fan-out without a socket: who gets what, as main and sessions say."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from realm_server.routes import Routes


@dataclass(eq=False)
class FakeSession:
    person: int


def routes_with(*sessions: FakeSession) -> Routes[FakeSession]:
    routes: Routes[FakeSession] = Routes()
    for session in sessions:
        routes.attach(session)
    return routes


def test_every_session_of_every_member_gets_an_event() -> None:
    """Two devices of one person both; somebody who is not in the conversation not."""
    phone, laptop, other, stranger = (FakeSession(n) for n in (1, 1, 2, 3))
    routes = routes_with(phone, laptop, other, stranger)
    routes.route(1, ["c"])
    routes.route(2, ["c", "d"])

    assert set(routes.in_conversation("c")) == {phone, laptop, other}
    assert set(routes.in_conversation("d")) == {other}
    assert list(routes.in_conversation("e")) == []


def test_attaching_again_delivers_once() -> None:
    """A session that main confirms a second time does not get events twice."""
    session = FakeSession(1)
    routes = routes_with(session, session)
    routes.route(1, ["c"])
    routes.route(1, ["c"])

    assert list(routes.in_conversation("c")) == [session]


def test_who_left_gets_nothing_more() -> None:
    """Unroute ends it at once, for that conversation alone."""
    session = FakeSession(1)
    routes = routes_with(session)
    routes.route(1, ["c", "d"])

    routes.unroute(1, "c")

    assert list(routes.in_conversation("c")) == []
    assert list(routes.in_conversation("d")) == [session]


def test_who_is_in_a_conversation_is_known_by_its_routes() -> None:
    """By the person, from the route until they leave; a stranger is in none."""
    routes = routes_with(FakeSession(1))
    routes.route(1, ["c"])

    assert routes.is_in(1, "c")
    assert not routes.is_in(1, "d")
    assert not routes.is_in(2, "c")

    routes.unroute(1, "c")
    assert not routes.is_in(1, "c")


def test_a_route_comes_before_its_first_session() -> None:
    """Main routes before it confirms: while somebody is expected, that is kept."""
    routes: Routes[FakeSession] = Routes()
    routes.expected = 1
    routes.route(1, ["c"])
    session = FakeSession(1)
    routes.attach(session)
    routes.expected = 0

    assert list(routes.in_conversation("c")) == [session]


def test_a_person_who_comes_back_while_leaving_keeps_the_routes() -> None:
    """A second connection that main attached before the first one went: main saw no absence."""
    first, second = FakeSession(1), FakeSession(1)
    routes = routes_with(first)
    routes.route(1, ["c"])
    routes.expected = 1

    assert routes.detach(first)
    routes.forget_left(1)
    routes.attach(second)
    routes.expected = 0
    routes.forget_absent()

    assert list(routes.in_conversation("c")) == [second]


def test_an_absent_person_is_forgotten() -> None:
    """What main says of a person who has gone does not wait for their return."""
    session = FakeSession(1)
    routes = routes_with(session)
    routes.route(1, ["c"])
    routes.detach(session)
    routes.forget_left(1)
    routes.route(1, ["d"])

    routes.attach(session)

    assert list(routes.in_conversation("c")) == []
    assert list(routes.in_conversation("d")) == []


def test_only_the_last_session_of_a_person_is_the_last() -> None:
    """And one that was never attached is none."""
    phone, laptop = FakeSession(1), FakeSession(1)
    routes = routes_with(phone, laptop)

    assert not routes.detach(phone)
    assert not routes.detach(phone)
    assert routes.detach(laptop)
    assert routes.people == 0


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.sampled_from("cd"))))
def test_an_audience_follows_whoever_comes_and_goes(steps: list[tuple[int, int, str]]) -> None:
    """Asked after each change: the attached sessions of those who are there, each once."""
    sessions = [FakeSession(person) for person in (1, 1, 2, 3)]
    routes: Routes[FakeSession] = Routes()
    attached: set[FakeSession] = set()
    for step, which, conversation in steps:
        session = sessions[which]
        if step == 0:
            routes.attach(session)
            attached.add(session)
        elif step == 1:
            routes.detach(session)
            attached.discard(session)
        elif step == 2:
            routes.route(session.person, [conversation])
        elif step == 3:
            routes.unroute(session.person, conversation)
        elif step == 4:
            routes.forget(session.person)
        else:
            routes.clear()
            attached.clear()
        for asked in "cd":
            meant = {each for each in attached if routes.is_in(each.person, asked)}
            found = routes.in_conversation(asked)
            assert set(found) == meant
            assert len(found) == len(meant)
