"""The window on the desktop of this machine, where Flet's client for desktops is installed."""

import importlib.util
import os
import sys

import flet as ft

from frontend.service import finding
from frontend.service.asking import Asking, new_http
from frontend.sessions import Session, draw_when_asked, local_now
from frontend.settings import FrontendSettings
from realm_protocol.errors import AskedWrongly
from realm_service.home import home_folder


class NoDesktop(AskedWrongly):
    code = "no_desktop"
    text = "No window can be opened here: {detail}. `chat-frontend --web` shows it in a browser."


def show(settings: FrontendSettings) -> None:
    """Until it is closed. Raises `NoDesktop`."""
    check_desktop(sys.platform, dict(os.environ), has_client=_has_client())
    home = home_folder("chat-cli")
    url = settings.service_url.rstrip("/") if settings.service_url else None

    async def main(page: ft.Page) -> None:
        asking = Asking(new_http(), lambda: finding.find(asking.http, home, url))
        await Session(page, asking, local_now).begin()

    draw_when_asked()
    ft.run(main, name="realmchat")


def check_desktop(platform: str, environment: dict[str, str], *, has_client: bool) -> None:
    """Raise `NoDesktop` where Flet would serve a browser instead, or install something itself."""
    if platform == "linux" and not (
        environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    ):
        raise NoDesktop(detail="there is no display")
    if not has_client:
        detail = f"Flet's client isn't installed (pip install flet-desktop=={ft.__version__})"
        raise NoDesktop(detail=detail)


def _has_client() -> bool:
    return importlib.util.find_spec("flet_desktop") is not None
