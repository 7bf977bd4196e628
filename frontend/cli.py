"""The command line `chat-frontend`."""

import sys
from typing import Annotated

import typer

from frontend.settings import FrontendSettings
from realm_protocol.errors import RealmchatError
from realm_service.command_line import flag, version_option
from realm_service.settings import load

app = typer.Typer(
    name="chat-frontend",
    help="The window of realmchat.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_EXAMPLES = "Examples: chat-frontend --web · chat-frontend --web --port 8551"


@app.command(epilog=_EXAMPLES)
def chat_frontend(
    web: Annotated[
        bool, typer.Option("--web", help="Serve browsers of this machine; no window of its own.")
    ] = False,
    port: Annotated[int | None, flag(FrontendSettings, "port")] = None,
    service_url: Annotated[str | None, flag(FrontendSettings, "service_url")] = None,
    log_level: Annotated[str | None, flag(FrontendSettings, "log_level")] = None,
    show_version: Annotated[bool, version_option("chat-frontend")] = False,
) -> None:
    """Open a window on this machine's chats, or serve it to browsers with --web."""
    # Here, because Flet costs a second that --help and --version needn't wait for.
    from frontend import desktop
    from frontend import web as in_browsers

    flags = {"port": port, "service_url": service_url, "log_level": log_level}
    try:
        settings = load(FrontendSettings, flags)
        if web:
            in_browsers.serve(settings)
        else:
            desktop.show(settings)
    except RealmchatError as error:
        typer.echo(f"chat-frontend: {error.message}", err=True)
        sys.exit(1)


def main() -> None:
    app()
