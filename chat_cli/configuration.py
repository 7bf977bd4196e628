"""The settings of chat-cli, and where each value comes from: flag, environment, file or default.

One `config.toml` holds the command line's settings and the service's. Light to import, for commands
that run for a moment: the service itself checks its own again, by `chat_cli.settings`.
"""

import math
import os
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple

from chat_cli import profiles
from realm_protocol.command_table import Help
from realm_protocol.errors import InvalidAddress, InvalidName, InvalidSetting, UnknownSetting
from realm_protocol.limits import FILE_LIMIT
from realm_protocol.names import Address, check_name

Value = str | int | float | None

# --- what a value may be -------------------------------------------------------------------------


class _Unfit(Exception):
    """A value that a setting can't have; the argument says why, within a sentence."""


def _one_of(choices: tuple[str, ...], value: object) -> str:
    if value not in choices:
        raise _Unfit(f"“{value}” is none of {', '.join(choices)}")
    return str(value)


def _number(least: float, most: float, value: object) -> float:
    try:
        number = float(value) if isinstance(value, str | int | float) else math.nan
    except ValueError:
        number = math.nan
    if isinstance(value, bool) or not least <= number <= most:
        limit = f"from {least:g} to {most:g}" if most < math.inf else f"of {least:g} or more"
        raise _Unfit(f"“{value}” is no number {limit}")
    return number


def _whole(least: float, most: float, value: object) -> int:
    number = _number(least, most, value)
    if not number.is_integer():
        raise _Unfit(f"“{value}” is no whole number")
    return int(number)


def _person(value: object) -> str:
    """An address, or the name of one where it is the only one of this name."""
    text = str(value)
    try:
        return str(Address.parse(text)) if "@" in text else check_name(text)
    except (InvalidAddress, InvalidName) as exc:
        raise _Unfit(f"“{value}” is no address") from exc


def _url(value: object) -> str:
    text = str(value)
    scheme, _, rest = text.partition("://")
    if scheme not in ("http", "https") or not rest.strip("/"):
        raise _Unfit(f"“{value}” is no URL that begins with http:// or https://")
    return text


def _path(value: object) -> str:
    if not isinstance(value, str):
        raise _Unfit(f"“{value}” is no path")
    return value


# --- the settings --------------------------------------------------------------------------------


class Setting(NamedTuple):
    """One key of `config.toml`; its variable is `CHAT_CLI_` and the name."""

    name: str
    read: Callable[[object], Value]
    """Checks what a source gives; raises `_Unfit`."""
    meaning: Help
    default: Value = None
    elsewhere: Callable[[Mapping[str, str]], tuple[str, Value] | None] | None = None
    """What the environment says by a variable that isn't ours: its name, and the value."""

    @property
    def variable(self) -> str:
        return f"CHAT_CLI_{self.name.upper()}"

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")


_LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
_LOCALES = {"id": "id", "in": "id"}  # `in` was Indonesian's code until 1989, and is still met


def _language_of_the_locale(environment: Mapping[str, str]) -> tuple[str, Value] | None:
    """As programs choose by POSIX: the first of the three that is set decides."""
    for variable in _LOCALE_VARIABLES:
        if locale := environment.get(variable):
            language = _LOCALES.get(locale.replace("-", "_").partition("_")[0].partition(".")[0])
            return (variable, language) if language else None
    return None


def _no_color(environment: Mapping[str, str]) -> tuple[str, Value] | None:
    """https://no-color.org: set to anything but nothing."""
    return ("NO_COLOR", "never") if environment.get("NO_COLOR") else None


COMMAND_LINE = (
    Setting(
        "account",
        _person,
        Help("Who commands are for.", "Atas nama siapa perintah dijalankan."),
    ),
    Setting(
        "lang",
        partial(_one_of, ("en", "id")),
        Help("Language of help and messages.", "Bahasa bantuan dan pesan."),
        "en",
        _language_of_the_locale,
    ),
    Setting(
        "color",
        partial(_one_of, ("auto", "always", "never")),
        Help("When to print in colours.", "Kapan mencetak dengan warna."),
        "auto",
        _no_color,
    ),
    Setting(
        "wait",
        partial(_number, 0, 60),
        Help(
            "Seconds that a message waits for the main server's answer.",
            "Berapa detik sebuah pesan menunggu jawaban server pusat.",
        ),
        5.0,
    ),
)
"""What commands that run for a moment go by."""

SERVICE = (
    Setting(
        "port",
        partial(_whole, 0, 65535),
        Help(
            "The service's port; 7000 when not given, or a free one.",
            "Port layanan; 7000 bila tidak diberikan, atau yang bebas.",
        ),
    ),
    Setting(
        "realm_url",
        _url,
        Help(
            "The realm server of accounts that name no other.",
            "Server realm untuk akun yang tidak menyebut lain.",
        ),
        "http://127.0.0.1:8000",
    ),
    Setting(
        "ca",
        _path,
        Help("File of certificate authorities to trust.", "File otoritas sertifikat tepercaya."),
    ),
    Setting(
        "log_level",
        partial(_one_of, ("DEBUG", "INFO", "WARNING", "ERROR")),
        Help("Least level of what the service logs.", "Tingkat terendah yang dicatat layanan."),
        "INFO",
    ),
    Setting(
        "outbox_limit",
        partial(_whole, 1024, math.inf),
        Help(
            "Bytes of unsent text that one account may have waiting.",
            "Byte teks belum terkirim yang boleh menunggu per akun.",
        ),
        64 * 1024 * 1024,
    ),
    Setting(
        "file_limit",
        partial(_whole, 1024, math.inf),
        Help(
            "Bytes that a file may have which is sent from here.",
            "Byte paling banyak dari file yang dikirim dari sini.",
        ),
        FILE_LIMIT,
    ),
    Setting(
        "event_days",
        partial(_whole, 1, math.inf),
        Help("Days that events are kept.", "Berapa hari kejadian disimpan."),
        7,
    ),
    Setting(
        "event_count",
        partial(_whole, 100, math.inf),
        Help("Events that an account keeps at most.", "Paling banyak kejadian per akun."),
        100_000,
    ),
)
"""What the service is started with."""

SETTINGS = {setting.name: setting for setting in (*COMMAND_LINE, *SERVICE)}

# --- where a value comes from --------------------------------------------------------------------


class Source(Enum):
    """From the strongest to the weakest."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


class Found(NamedTuple):
    """A setting's value, and which flag, variable or file gave it."""

    setting: Setting
    value: Value
    source: Source
    origin: str = ""


class Configuration:
    """All settings of one run. The file is read when the first value is asked for."""

    def __init__(
        self, flags: Mapping[str, str], environment: Mapping[str, str], file: Path
    ) -> None:
        self._flags = flags
        self._environment = environment
        self.file = file

    def value(self, name: str) -> Any:
        """Raises `InvalidSetting`, or `UnknownSetting` for whatever else stands in the file."""
        return self.find(name).value

    def find(self, name: str) -> Found:
        """As `value`, with where it comes from."""
        setting = SETTINGS[name]
        of_file = self._of_file
        if name in self._flags:
            return _checked(setting, self._flags[name], Source.FLAG, setting.flag)
        if given := self._environment.get(setting.variable):
            return _checked(setting, given, Source.ENVIRONMENT, setting.variable)
        if name in of_file:
            return of_file[name]
        if setting.elsewhere and (said := setting.elsewhere(self._environment)):
            return Found(setting, said[1], Source.ENVIRONMENT, said[0])
        return Found(setting, setting.default, Source.DEFAULT)

    def all(self) -> Iterator[Found]:
        """Every setting, the command line's first."""
        return map(self.find, SETTINGS)

    @cached_property
    def _of_file(self) -> dict[str, Found]:
        """What the file gives, all of it checked: a slip of the pen must not go unnoticed."""
        path = str(self.file)
        given = _read_toml(self.file, named=bool(self._environment.get(profiles.CONFIG_VARIABLE)))
        for name in given:
            if name not in SETTINGS:
                raise UnknownSetting(file=path, setting=name, nearest=_nearest(name))
        return {
            name: _checked(SETTINGS[name], value, Source.FILE, path)
            for name, value in given.items()
        }


def _checked(setting: Setting, given: object, source: Source, origin: str) -> Found:
    try:
        return Found(setting, setting.read(given), source, origin)
    except _Unfit as exc:
        where = origin if source is not Source.FILE else f"{setting.name} ({origin})"
        raise InvalidSetting(setting=where, detail=str(exc)) from exc


def _read_toml(file: Path, *, named: bool) -> dict[str, Any]:
    """What a file of settings says; one that nobody named need not be there."""
    try:
        text = file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError) as exc:
        if not named:
            return {}
        raise InvalidSetting(setting=profiles.CONFIG_VARIABLE, detail=f"no file {file}") from exc
    except (OSError, UnicodeDecodeError) as exc:
        if not named and not os.access(file.parent, os.X_OK):
            return {}  # a home that can't be looked into is told of by whoever needs it
        raise InvalidSetting(
            setting=str(file), detail=getattr(exc, "strerror", "") or str(exc)
        ) from exc
    # Here, because most people have no such file.
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise InvalidSetting(setting=str(file), detail=str(exc)) from exc


def _nearest(name: str) -> str:
    from difflib import SequenceMatcher

    return max(SETTINGS, key=lambda known: SequenceMatcher(None, name, known).ratio())


def read_flags(arguments: list[str]) -> dict[str, str]:
    """The values of `--lang`, `--color` and `--profile` wherever they stand in a command line.

    They are needed before the command is known, so that its help and errors speak the language.
    """
    wanted = {f"--{name}": name for name in ("lang", "color", "profile")}
    flags = {}
    for at, argument in enumerate(arguments):
        if argument == "--":
            break
        flag, equals, value = argument.partition("=")
        if flag in wanted and equals:
            flags[wanted[flag]] = value
        elif flag in wanted and at + 1 < len(arguments):
            flags[wanted[flag]] = arguments[at + 1]
    return flags


def of_this_run(arguments: list[str]) -> Configuration:
    """The settings that a command line, its environment and the profile's file come to.

    A `--profile` holds for all that this process starts, too: its service is that profile's.
    """
    flags = read_flags(arguments)
    if profile := flags.pop("profile", None):
        os.environ[profiles.PROFILE_VARIABLE] = profiles.check_profile(profile, "--profile")
    return Configuration(flags, os.environ, profiles.config_file())


def language_without_file(arguments: list[str]) -> str:
    """The language for saying what is wrong with the file; raises where it is itself wrong."""
    configuration = Configuration(read_flags(arguments), os.environ, Path(os.devnull))
    language: str = configuration.value("lang")
    return language
