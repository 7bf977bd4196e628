"""Makes the README's two pictures anew: `make pictures`. A day of six people at two sites is played
on a real system, and two of them look at it.
"""

import argparse
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from realm_protocol.names import Address, group_conversation
from tests.system.processes import System, running_system
from tests.waiting import wait_until
from tests.window.conftest import FrontendProcess, service_login
from tests.window.journeys import PASSWORD, conversation_of, enter
from tests.window.people import Person, chromium

DOCS = Path(__file__).parents[2] / "docs"
_SIZE = {"width": 1100, "height": 680}
_COLOURS = 256
_LORRY = "#c9423a"
_POLL_SECONDS = 0.3

SITI, BUDI, MADE = "siti@surabaya", "budi@surabaya", "made@surabaya"
JAMES, DEWI, EMMA = "james@jakarta", "dewi@jakarta", "emma@jakarta"
_NAMES = {
    SITI: "Siti Rahmawati",
    BUDI: "Budi Santoso",
    MADE: "Made Wirawan",
    JAMES: "James Walker",
    DEWI: "Dewi Lestari",
    EMMA: "Emma Clarke",
}
_GROUP = "gudang@surabaya"


class _Cast:
    """The people, all on one machine, by its service."""

    def __init__(self, system: System) -> None:
        for address, name in _NAMES.items():
            system.main.add_user(address, PASSWORD, "--name", name)
            service_login(system, address, PASSWORD)
        self._http = system.chat_cli.client(system.chat_cli.service_token())

    def _do(self, who: str, path: str, **how: Any) -> None:
        answer = self._http.post(f"/v1/accounts/{who}{path}", **how)
        assert answer.is_success, answer.text

    def say(self, who: str, to: str, *texts: str) -> None:
        target = {"group": to} if to == _GROUP else to
        for text in texts:
            self._do(who, "/messages", json={"to": target, "text": text})

    def send(self, who: str, to: str, name: str, content: bytes) -> None:
        target = f"group:{to}" if to == _GROUP else to
        self._do(who, "/files", data={"to": target}, files={"file": (name, content)})

    def read(self, who: str, conversation: str, seq: int) -> None:
        self._do(who, f"/conversations/{conversation}/read", json={"seq": seq})

    def found(self, who: str, name: str, *members: str) -> None:
        group = name.partition("@")[0]
        self._do(who, "/groups", json={"name": group, "members": list(members)})
        self._do(who, f"/groups/{name}/rename", json={"name": "Gudang baru"})

    def leave(self, who: str) -> None:
        self._do(who, "/logout")


def _play(cast: _Cast) -> None:
    """What happened until somebody looks."""
    cast.say(MADE, SITI, "Kunci gudang ada di saya ya")
    cast.say(SITI, MADE, "Siap, besok saya ambil")
    for who in (MADE, SITI):
        cast.read(who, conversation_of(MADE, SITI), 2)
    cast.say(EMMA, SITI, "Invoice 2231 is signed")
    cast.say(EMMA, JAMES, "Lunch at twelve?", "I booked a table")
    cast.say(DEWI, JAMES, "Rekap stok sudah saya kirim ke Siti")
    cast.say(BUDI, SITI, "Rapat pindah ke jam 3")
    cast.send(DEWI, SITI, "Rekap stok November.xlsx", b"PK" + bytes(48_000))
    cast.say(DEWI, SITI, "Tolong dicek dulu, Bu")
    cast.say(SITI, JAMES, "Pagi James, ini gudang barunya")
    cast.send(SITI, JAMES, "gudang.png", _warehouse())
    cast.say(JAMES, SITI, "Wah, luas sekali 👍", "Muat berapa palet?")
    cast.say(SITI, JAMES, "Empat puluh, dan dok 3 masih kosong")
    cast.say(JAMES, SITI, "Saya datang hari Kamis dengan tim Jakarta")
    for who in (SITI, JAMES):
        cast.read(who, conversation_of(SITI, JAMES), 6)
    cast.found(SITI, _GROUP, BUDI, MADE, JAMES, DEWI)
    cast.say(JAMES, _GROUP, "Our trucks leave Jakarta on Thursday at six")
    cast.say(BUDI, _GROUP, "Siap, dok 3 kita kosongkan", "Berapa orang yang bongkar?")
    cast.say(SITI, _GROUP, "Enam orang, mulai jam 7")
    cast.send(SITI, _GROUP, "Daftar muatan.pdf", b"%PDF-1.4\n" + bytes(182_000))
    cast.say(JAMES, _GROUP, "Thanks! I'll hand it to the drivers")
    cast.say(SITI, _GROUP, "Terima kasih semua, sampai Kamis 👍")
    cast.read(SITI, _group(), 13)
    cast.say(DEWI, _GROUP, "Stok di Jakarta sudah saya tandai di daftar itu")
    cast.leave(EMMA)
    cast.leave(MADE)


def _group() -> str:
    return group_conversation(Address.parse(_GROUP))


def _warehouse() -> bytes:
    """A photograph of it, as far as a few lines can."""
    picture = Image.new("RGB", (960, 560), "#9cc7e6")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 400, 960, 560), fill="#6f7478")
    draw.polygon([(60, 190), (480, 90), (900, 190), (900, 420), (60, 420)], fill="#d9d4c7")
    draw.polygon([(40, 195), (480, 80), (920, 195), (920, 215), (480, 102), (40, 215)], "#8a3b2e")
    for number, left in enumerate((120, 330, 540, 750)):
        draw.rectangle((left, 270, left + 130, 420), fill="#33586b")
        for top in range(285, 420, 22):
            draw.line((left, top, left + 130, top), fill="#274554", width=3)
        draw.ellipse((left + 48, 222, left + 82, 256), fill="#f2b632" if number == 2 else "#f4f1e8")
    draw.rectangle((560, 380, 680, 470), fill="#e9eef0")
    draw.rectangle((680, 405, 740, 470), fill=_LORRY)
    for left in (580, 640, 695):
        draw.ellipse((left, 452, left + 36, 488), fill="#22272a")
    for left in range(20, 960, 120):
        draw.rectangle((left, 515, left + 60, 523), fill="#e7e3d4")
    kept = io.BytesIO()
    picture.save(kept, "PNG", optimize=True)
    return kept.getvalue()


@contextmanager
def _scene(home: Path) -> Iterator[FrontendProcess]:
    """The whole system, after that day."""
    with running_system(home) as system:
        _play(_Cast(system))
        frontend = FrontendProcess(system.chat_cli.home)
        frontend.start()
        try:
            frontend.wait_ready()
            yield frontend
        finally:
            frontend.end()


def _colours(window: Person) -> set[str]:
    """Its preview, of other colours, stands in a picture's place before it is there."""
    shown = Image.open(io.BytesIO(window.page.screenshot())).convert("RGB")
    counted = shown.getcolors(shown.width * shown.height) or []
    return {"#{:02x}{:02x}{:02x}".format(*colour) for _, colour in counted}  # type: ignore[misc]


def _photograph(window: Person, path: Path) -> None:
    """In few colours, once nothing moves any more but the mark that blinks in the composer."""
    window.page.mouse.move(_SIZE["width"] - 1, _SIZE["height"] - 1)
    seen: list[bytes] = []

    def is_still() -> bool:
        seen.append(window.page.screenshot(caret="hide"))
        return seen[-1] in seen[-4:-1]

    wait_until(is_still, poll_seconds=_POLL_SECONDS)
    taken = Image.open(io.BytesIO(seen[-1])).convert("RGB")
    taken.quantize(_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size // 1024} KiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--into", type=Path, default=DOCS, help="the folder of pictures")
    into = parser.parse_args().into
    how = {"viewport": _SIZE, "device_scale_factor": 2}
    with (
        tempfile.TemporaryDirectory() as home,
        _scene(Path(home)) as frontend,
        chromium() as browser,
    ):
        siti = Person(browser, frontend.url, **how)
        enter(siti, SITI)
        siti.open_chat(_group())
        siti.sees("tandai di daftar itu")
        _photograph(siti, into / "window-light.png")
        siti.leave()

        james = Person(browser, frontend.url, **how, locale="id-ID", color_scheme="dark")
        james.sign_in(JAMES, PASSWORD)
        james.sees("Terhubung")
        james.open_chat(conversation_of(SITI, JAMES))
        wait_until(lambda: _LORRY in _colours(james))
        _photograph(james, into / "window-dark.png")


if __name__ == "__main__":
    main()
