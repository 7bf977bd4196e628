"""The names that one account can complete with: people, groups, realms, accounts. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Known:
    """Names, each once, those that are likelier meant first."""

    accounts: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    realms: tuple[str, ...] = ()

    def with_people(self, addresses: Iterable[str]) -> "Known":
        """These stand behind those that were known before."""
        return replace(self, people=_once((*self.people, *addresses)))

    def with_groups(self, groups: Iterable[str]) -> "Known":
        return replace(self, groups=_once((*self.groups, *groups)))

    def with_realms(self, rows: Iterable[Mapping[str, Any]]) -> "Known":
        """As the service lists them: each under its name, and what one calls it."""
        return replace(
            self, realms=_once(name for row in rows for name in (row["realm"], *row["names"]))
        )

    def with_conversations(self, rows: Iterable[Mapping[str, Any]]) -> "Known":
        """As the service lists them: the one with the newest message first."""
        listed = list(rows)
        return replace(
            self,
            people=_once((*_titles(listed, private=True), *self.people)),
            groups=_once((*_titles(listed, private=False), *self.groups)),
        )


def _titles(rows: Iterable[Mapping[str, Any]], *, private: bool) -> list[str]:
    return [str(row["title"]) for row in rows if (row["kind"] == "private") is private]


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
