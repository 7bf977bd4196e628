"""Writes the generated parts of `operations.md` from the settings, command lines and metrics.

Run `python docs/make_operations.py` after a change there. What a setting means is its description,
what a command does its help, what a metric counts its text; nothing of that is written here.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import typer
from prometheus_client import Metric
from pydantic import SecretStr
from pydantic.fields import FieldInfo

import frontend.cli
import main_server.cli
import realm_server.cli
from chat_cli.command_line.vocabulary import COMMAND_BY_NAME
from chat_cli.configuration import COMMAND_LINE
from chat_cli.settings import ChatCliSettings
from frontend.settings import FrontendSettings
from generated_parts import Sections, write
from main_server.metrics import Metrics
from main_server.settings import MainSettings
from realm_protocol import limits
from realm_protocol.command_table import WORDS, WhenCutOff
from realm_server.counts import Counts, RealmCollector
from realm_server.settings import RealmSettings
from realm_service.settings import ServiceSettings

PAGE = Path(__file__).with_name("operations.md")

LIMITS = (
    ("TEXT_LIMIT", "bytes of UTF-8 in one message's text"),
    ("DISPLAY_NAME_LIMIT", "characters in a person's name"),
    ("PASSWORD_LIMIT", "bytes in a password"),
    ("NEW_DEVICE_MESSAGES", "newest messages of each conversation that a new device fetches"),
    ("SESSION_UNANSWERED_SENDS", "sends of one session without an answer; then it is read no more"),
    ("SESSION_UNSENT_LIMIT", "bytes that wait for a slow session before it is closed"),
    ("CLIENT_FRAME_LIMIT", "bytes in one frame of a client"),
    (
        "LINK_UNACKNOWLEDGED_LIMIT",
        "bytes that a realm has under way to main; then it takes no more",
    ),
    ("LINK_EVENTS_LIMIT", "bytes of events that main holds for a slow link before it drops them"),
)
"""Those that an operator may meet; `protocol.md` has all."""

SERVICES: dict[str, type[ServiceSettings]] = {
    "main-server": MainSettings,
    "realm-server": RealmSettings,
    "chat-cli": ChatCliSettings,
    "chat-frontend": FrontendSettings,
}


COMMAND_LINES = {
    "main-server": main_server.cli.app,
    "realm-server": realm_server.cli.app,
}


def command_of(service: str) -> typer.core.TyperGroup:
    """The command line of a console script."""
    return typer.main.get_group(COMMAND_LINES[service])


# --- settings ------------------------------------------------------------------------------------


def serve_flags(service: str) -> dict[str, str]:
    """The flags of `serve`, by the setting that each gives."""
    if service == "chat-cli":
        return {o.argument: f"--{o.name}" for o in COMMAND_BY_NAME["serve"].options}
    if service == "chat-frontend":
        window = typer.main.get_command(frontend.cli.app)
        return {
            str(parameter.name): parameter.opts[-1]
            for parameter in window.params
            if parameter.name in FrontendSettings.model_fields
        }
    serve = command_of(service).commands["serve"]
    return {str(parameter.name): parameter.opts[-1] for parameter in serve.params}


def settings_table(service: str) -> str:
    settings = SERVICES[service]
    prefix = settings.model_config["env_prefix"]
    flags = serve_flags(service)
    rows = [
        f"| `{name}` | {f'`{flags[name]}`' if name in flags else '—'} | `{prefix}{name.upper()}` |"
        f" {_default(field)} | {_escape(field.description or '')} |"
        for name, field in settings.model_fields.items()
    ]
    head = "| setting, TOML key | flag | variable | default | meaning |"
    return "\n".join([head, "|---|---|---|---|---|", *rows])


def command_line_table() -> str:
    """What every command of `chat-cli` goes by."""
    rows = [
        f"| `{setting.name}` | `{setting.flag}` | `{setting.variable}` |"
        f" {'none' if setting.default is None else f'`{setting.default}`'} |"
        f" {setting.meaning.english} |"
        for setting in COMMAND_LINE
    ]
    head = "| setting, TOML key | flag | variable | default | meaning |"
    return "\n".join([head, "|---|---|---|---|---|", *rows])


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    if field.default_factory is not None:
        return "below the home"
    value = field.default
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value in (None, ()) or isinstance(value, SecretStr):
        return "none"
    return f"`{value:,}`" if isinstance(value, int) and value > 99_999 else f"`{value}`"


# --- operator's commands -------------------------------------------------------------------------


def operator_table() -> str:
    """Every command of `main-server`."""
    rows = [
        f"| `main-server {' '.join(path)}{_usage(command)}` | {_escape(_first_line(command))} |"
        for path, command in _leaves(command_of("main-server"), ())
    ]
    return "\n".join(["| command | does |", "|---|---|", *rows])


def _leaves(group: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            yield from _leaves(command, (*path, name))
        else:
            yield (*path, name), command


def _usage(command: Any) -> str:
    """Its arguments, and the flags that are its own."""
    if command.name == "serve":
        return " …"
    words = [p.name.upper() for p in command.params if p.param_type_name == "argument"]
    own = [
        p.opts[-1]
        for p in command.params
        if p.param_type_name == "option" and p.opts[-1] not in ("--json", "--database-url")
    ]
    return "".join([*(f" {word}" for word in words), *(f" [{flag}]" for flag in own)])


def _first_line(command: Any) -> str:
    return " ".join((command.help or "").split("\n\n")[0].split())


# --- while a link is cut -------------------------------------------------------------------------

_DONE = "done"
_KEPT_AT_REALM = "`at_realm`: seen by people of the site at once, sent when the link is back"
_KEPT_HERE = "`saved`: kept on this machine, sent later"
_LOCAL = "from what this machine holds"
_WHY = "refused: why, and since when"

WHEN_CUT_OFF = {
    WhenCutOff.KEPT: (_KEPT_AT_REALM, _KEPT_HERE),
    WhenCutOff.LOCAL: (_LOCAL, _LOCAL),
    WhenCutOff.SITE: ("by the realm, as far as it knows its site", _WHY),
    WhenCutOff.REFUSED: (_WHY, _WHY),
}
"""While the realm is cut off from main, and while chat-cli is cut off from the realm."""

OTHERWISE = {
    "auth": ("whoever has signed in there within `verifier_days`", _WHY),
    "read": ("kept, told to main later", "kept, told to main later"),
    "history": (f"{_LOCAL}, and what the realm has", _LOCAL),
    "inbox": (f"{_LOCAL}, and what the realm has", _LOCAL),
    "inboxgroup": (f"{_LOCAL}, and what the realm has", _LOCAL),
    "getrealminbox": (f"{_LOCAL}, and what the realm has", _LOCAL),
    "members": ("those of this site", _WHY),
    "users": ("those of this site", _WHY),
    "logout": ("done here; main lists the session until it ends by itself",) * 2,
    "help": (_DONE, _DONE),
    "mute": (_DONE, _DONE),
    "unmute": (_DONE, _DONE),
    **dict.fromkeys(
        ("sendfile", "sendgroupfile", "sendfilerealm", "sendgroupfilerealm"),
        (f"{_KEPT_AT_REALM}; one that main has begun to take goes on then", _KEPT_HERE),
    ),
    "receivefile": ("what the realm has", _WHY),
}
"""Words of which there is more to say."""


def cut_off_table() -> str:
    """What becomes of each word of the text grammar."""
    rows = []
    for word in WORDS:
        realm, machine = OTHERWISE.get(word.name, WHEN_CUT_OFF[word.when_cut_off])
        rows.append(f"| `{word.name}` | {_DONE} | {realm} | {machine} |")
    head = "| action | connected | the realm is cut off from main | chat-cli is cut off |"
    return "\n".join([head, "|---|---|---|---|", *rows])


# --- metrics and limits --------------------------------------------------------------------------


def metrics_of(service: str) -> list[Metric]:
    """What a server's `/metrics` may hold."""
    if service == "main-server":
        return list(Metrics().registry.collect())
    return list(RealmCollector(Counts(), {}).describe())


def metric_names(metrics: Iterable[Metric]) -> list[str]:
    """As Prometheus shows them."""
    return [metric.name + ("_total" if metric.type == "counter" else "") for metric in metrics]


def metrics_table(service: str) -> str:
    metrics = metrics_of(service)
    rows = [
        f"| `{name}` | {metric.type} | {metric.documentation} |"
        for name, metric in zip(metric_names(metrics), metrics, strict=True)
    ]
    return "\n".join(["| metric | kind | what it tells |", "|---|---|---|", *rows])


def limit_table() -> str:
    rows = [f"| {getattr(limits, name):,} | {meaning} |" for name, meaning in LIMITS]
    return "\n".join(["| limit | of |", "|---|---|", *rows])


def _escape(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


# --- the page ------------------------------------------------------------------------------------

SECTIONS: Sections = {
    "main-server-settings": lambda: settings_table("main-server"),
    "realm-server-settings": lambda: settings_table("realm-server"),
    "chat-cli-settings": lambda: settings_table("chat-cli"),
    "chat-frontend-settings": lambda: settings_table("chat-frontend"),
    "command-line-settings": command_line_table,
    "operator-commands": operator_table,
    "cut-off": cut_off_table,
    "main-server-metrics": lambda: metrics_table("main-server"),
    "realm-server-metrics": lambda: metrics_table("realm-server"),
    "limits": limit_table,
}


if __name__ == "__main__":
    write(PAGE, SECTIONS)
