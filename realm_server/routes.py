"""Fan-out: which sessions here get an event of a conversation, or of a person.

Plain bookkeeping: main says which conversations a person is in, sessions say whose they are.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar


class OfPerson(Protocol):
    """What routing asks of a session."""

    person: int


S = TypeVar("S", bound=OfPerson)


class Routes(Generic[S]):
    """Persons to their sessions, and conversations to their persons at this site."""

    def __init__(self) -> None:
        self._sessions: dict[int, list[S]] = {}
        self._members: dict[str, set[int]] = {}
        self._conversations: dict[int, set[str]] = {}
        self._audiences: dict[str, list[S]] = {}
        """What `in_conversation` has found, until somebody comes or goes: each message asks it."""
        self.expected = 0
        """How many sessions main has been asked to attach and has not answered."""

    # --- sessions --------------------------------------------------------------------------------

    def attach(self, session: S) -> None:
        """From now on this session gets what is for its person. Again: no change."""
        sessions = self._sessions.setdefault(session.person, [])
        if session not in sessions:
            sessions.append(session)
            self._forget_audiences(session.person)

    def detach(self, session: S) -> bool:
        """This session gets nothing any more; true when it was the last one of its person."""
        sessions = self._sessions.get(session.person)
        if sessions is None or session not in sessions:
            return False
        sessions.remove(session)
        self._forget_audiences(session.person)
        if sessions:
            return False
        del self._sessions[session.person]
        return True

    def of_person(self, person: int) -> list[S]:
        """The attached sessions of a person."""
        return self._sessions.get(person, [])

    def of_persons(self, persons: Iterable[int]) -> Iterator[S]:
        for person in persons:
            yield from self._sessions.get(person, ())

    @property
    def people(self) -> int:
        """How many persons have a session attached."""
        return len(self._sessions)

    # --- conversations ---------------------------------------------------------------------------

    def route(self, person: int, conversations: Iterable[str]) -> None:
        """The person is in these conversations too."""
        if not self.expected and person not in self._sessions:
            return  # main had not heard yet that the last session went
        theirs = self._conversations.setdefault(person, set())
        for conversation in conversations:
            theirs.add(conversation)
            self._members.setdefault(conversation, set()).add(person)
            self._audiences.pop(conversation, None)

    def unroute(self, person: int, conversation: str) -> None:
        """The person is no longer in this conversation."""
        theirs = self._conversations.get(person)
        if theirs is not None:
            theirs.discard(conversation)
        self._drop(person, conversation)

    def is_in(self, person: int, conversation: str) -> bool:
        """Whether the person, who has a session attached, is in this conversation."""
        return conversation in self._conversations.get(person, ())

    def in_conversation(self, conversation: str) -> Sequence[S]:
        """The sessions that get an event of this conversation."""
        audience = self._audiences.get(conversation)
        if audience is None:
            persons = self._members.get(conversation)
            if persons is None:
                return ()
            audience = self._audiences[conversation] = list(self.of_persons(persons))
        return audience

    def forget(self, person: int) -> None:
        """Nothing is known any more of which conversations this person is in."""
        for conversation in self._conversations.pop(person, ()):
            self._drop(person, conversation)

    def forget_left(self, person: int) -> None:
        """Forget the conversations of a person whose last session went.

        Not while a session is expected: where main attached it before it hears that the last one
        has gone, the person was never away for main, and it does not tell the conversations again.
        """
        if not self.expected:
            self.forget(person)

    def forget_absent(self) -> None:
        """`forget_left`, for all who have no session here any more."""
        for person in self._conversations.keys() - self._sessions.keys():
            self.forget_left(person)

    def clear(self) -> None:
        """The link has come: main says anew who is attached, and where they are."""
        self._sessions.clear()
        self._members.clear()
        self._audiences.clear()
        self._conversations.clear()

    def _drop(self, person: int, conversation: str) -> None:
        members = self._members.get(conversation)
        if members is not None:
            members.discard(person)
            self._audiences.pop(conversation, None)
            if not members:
                del self._members[conversation]

    def _forget_audiences(self, person: int) -> None:
        for conversation in self._conversations.get(person, ()):
            self._audiences.pop(conversation, None)
