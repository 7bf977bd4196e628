"""The service itself: serve, status, stop, token."""

from collections.abc import Mapping
from pathlib import Path

from chat_cli import profiles
from chat_cli.command_line import starting, texts
from chat_cli.command_line.call import Call
from chat_cli.command_line.exit_codes import ExitCode
from chat_cli.command_line.output import put
from chat_cli.command_line.service_client import find

Arguments = Mapping[str, str]


def serve(
    call: Call, arguments: Arguments, *, port: int | None, realm_url: str | None, ca: str | None
) -> None:
    # Here, because a server costs more to import than any other command to run.
    from chat_cli.app import run_service
    from chat_cli.settings import ChatCliSettings
    from realm_service.settings import load

    flags = {"port": port, "realm_url": realm_url, "ca": Path(ca) if ca else None}
    run_service(load(ChatCliSettings, flags))


def status(call: Call, arguments: Arguments) -> ExitCode:
    """Asks a running service only: looking must not start one."""
    service = find(profiles.home())
    if service is None:
        call.show({"running": False}, texts.SERVICE_NOT_RUNNING)
        return ExitCode.UNREACHABLE
    told = {"url": service.url, "pid": service.pid, "version": service.version}
    call.show({"running": True, **told}, texts.SERVICE_RUNS, **told)
    return ExitCode.DONE


def stop(call: Call, arguments: Arguments) -> None:
    service = find(profiles.home())
    if service is None:
        call.show({"stopped": False}, texts.SERVICE_NOT_RUNNING)
    elif starting.stop(service):
        call.show({"stopped": True}, texts.SERVICE_RESTARTED)
    else:
        call.show({"stopped": True}, texts.SERVICE_STOPPED)


def token(call: Call, arguments: Arguments) -> None:
    put(call.service.token)
