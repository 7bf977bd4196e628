"""What there is to know of a command: its word, its options, what does it.

The commands themselves are `vocabulary`'s. Tuples, because every command makes these at its start.
"""

from enum import Enum
from typing import NamedTuple

from chat_cli.command_line.texts import Bilingual
from realm_protocol.command_table import Kind, Parameter, Word


class Takes(Enum):
    """What stands behind an option, and what completes it."""

    NOTHING = "nothing"
    WORD = "word"
    NUMBER = "number"
    SECONDS = "seconds"
    PORT = "port"
    URL = "url"
    FILE = "file"
    FOLDER = "folder"
    PROFILE = "profile"
    ACCOUNT = "account"
    PERSON = "person"


_ARGUMENTS = {"from": "sender", "as": "name", "exec": "program"}
"""What options are called in functions, where Python has other uses for their names."""


class Option(NamedTuple):
    """An option that a command has beyond the parameters of its word."""

    name: str
    """As it is typed, without the two hyphens."""
    meaning: Bilingual
    takes: Takes = Takes.NOTHING
    metavar: str = ""
    """What help shows in place of the value."""
    variable: str = ""
    """The environment variable that gives it where the flag doesn't."""
    choices: tuple[str, ...] = ()
    """The only values that it may have, where these are few."""

    @property
    def argument(self) -> str:
        """The name of the function's argument that gets it."""
        return _ARGUMENTS.get(self.name) or self.name.replace("-", "_")


class Command(NamedTuple):
    """A word as a command of its own."""

    word: Word
    does: str
    """`module:function` of this package."""
    options: tuple[Option, ...] = ()
    example: str = ""
    shown_as: str = ""
    """The one of its names that lists show, where that is not the word's first."""

    @property
    def name(self) -> str:
        return self.shown_as or self.word.name

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.name, *self.word.names)))

    @property
    def usage(self) -> str:
        """`chat-cli history CONVERSATION [--limit N] [--before N]`, without what all have."""
        return " ".join(("chat-cli", self.name, *filter(None, map(_usage, self.word.parameters))))

    @property
    def flags(self) -> frozenset[str]:
        """The options that take no value."""
        switches = (p.name for p in self.word.parameters if p.kind is Kind.FLAG)
        options = (o.name for o in self.options if o.takes is Takes.NOTHING)
        return frozenset(f"--{name}" for name in (*switches, *options))

    @property
    def asks_passwords(self) -> bool:
        return any(p.kind is Kind.PASSWORD for p in self.word.parameters)


def _usage(parameter: Parameter) -> str:
    """A parameter as a command line has it."""
    label = parameter.name.upper()
    match parameter.kind:
        case Kind.PASSWORD:
            return ""
        case Kind.FLAG:
            return f"[--{parameter.name}]"
        case Kind.DISPLAY_NAME:
            return f"[--{parameter.name} {label}]"
        case Kind.NUMBER if parameter.optional:
            return f"[--{parameter.name} N]"
        case Kind.PEOPLE | Kind.TEXT:
            label = f"{label}…"
    return f"[{label}]" if parameter.optional else label
