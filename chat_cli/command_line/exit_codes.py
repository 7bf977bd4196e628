"""Exit codes of the command line: what a script may rely on."""

from enum import IntEnum

from realm_protocol.errors import (
    AccountNotFound,
    AskedWrongly,
    InvalidSetting,
    NotSignedIn,
    OtherServiceVersion,
    RateLimited,
    RealmchatError,
    RealmUnreachable,
    ServiceHangs,
    ServiceUnreachable,
    ServiceWentAway,
    SessionEnded,
    TimedOut,
    TooManySignIns,
    TryLater,
    UnknownCommand,
    UnknownSetting,
    WrongArguments,
    WrongPassword,
)


class ExitCode(IntEnum):
    """What became of a command."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    SAVED = 3
    """Kept and sent later, but not yet at the main server."""
    REFUSED = 4
    RATE_LIMITED = 5
    """And not kept: it must be asked again."""
    NOT_SIGNED_IN = 6
    """Or the password was wrong."""
    UNREACHABLE = 7


_BY_ERROR: tuple[tuple[type[RealmchatError], ExitCode], ...] = (
    (UnknownCommand, ExitCode.USAGE),
    (WrongArguments, ExitCode.USAGE),
    (InvalidSetting, ExitCode.USAGE),
    (UnknownSetting, ExitCode.USAGE),
    (NotSignedIn, ExitCode.NOT_SIGNED_IN),
    (WrongPassword, ExitCode.NOT_SIGNED_IN),
    (SessionEnded, ExitCode.NOT_SIGNED_IN),
    (AccountNotFound, ExitCode.NOT_SIGNED_IN),
    (RateLimited, ExitCode.RATE_LIMITED),
    (TooManySignIns, ExitCode.RATE_LIMITED),
    (ServiceUnreachable, ExitCode.UNREACHABLE),
    (ServiceHangs, ExitCode.UNREACHABLE),
    (ServiceWentAway, ExitCode.UNREACHABLE),
    (OtherServiceVersion, ExitCode.UNREACHABLE),
    (RealmUnreachable, ExitCode.UNREACHABLE),
    (TimedOut, ExitCode.UNREACHABLE),
    (AskedWrongly, ExitCode.REFUSED),
    (TryLater, ExitCode.REFUSED),
)


def exit_code(error: RealmchatError) -> ExitCode:
    """The first row that the error is of; what is our own fault is unexpected."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), ExitCode.UNEXPECTED)


def of_state(state: str) -> ExitCode:
    """Whether a message in this state is done with, as far as its sender must care."""
    return ExitCode.SAVED if state in ("saved", "at_realm") else ExitCode.DONE
