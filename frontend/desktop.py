"""The window on the desktop of this machine."""

import flet as ft

from frontend.service import finding
from frontend.service.asking import Asking, new_http
from frontend.sessions import Session, local_now
from frontend.settings import FrontendSettings
from realm_service.home import home_folder


def show(settings: FrontendSettings) -> None:
    """Until it is closed."""
    home = home_folder("chat-cli")
    url = settings.service_url.rstrip("/") if settings.service_url else None

    async def main(page: ft.Page) -> None:
        http = new_http()
        await Session(page, Asking(http, lambda: finding.find(http, home, url)), local_now).begin()

    ft.run(main, name="realmchat")
