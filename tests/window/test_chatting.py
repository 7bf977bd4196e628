"""Files, groups, keys and settings, as people meet them in a real browser."""

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import FloatRect, Locator

from tests.system.processes import System
from tests.waiting import wait_until
from tests.window.conftest import Opening, service_login
from tests.window.journeys import (
    PASSWORD,
    add_people,
    conversation_of,
    enter,
    make_group,
    write_to,
)
from tests.window.people import Person


def _picture(folder: Path) -> Path:
    path = folder / "gunung.png"
    Image.effect_mandelbrot((600, 400), (-2, -1.2, 1, 1.2), 60).save(path)
    return path


def test_files_go_out_in_order_and_come_back_as_they_were(
    open_window: Opening, system: System, tmp_path: Path
) -> None:
    """A picture and a text at once: seen by the other, saved by the mouse and opened by keys."""
    add_people(system, "lala@surabaya", "mira@jakarta")
    notes = tmp_path / "catatan rapat.txt"
    notes.write_text("1. jadwal\n2. anggaran\n")
    picture = _picture(tmp_path)
    lala, mira = open_window(), open_window()
    enter(lala, "lala@surabaya")
    enter(mira, "mira@jakarta")
    write_to(lala, "mira@jakarta", "berkas")

    lala.pick(picture, notes)
    mira.open_chat(conversation_of("lala@surabaya", "mira@jakarta"))
    wait_until(lambda: len(mira.messages) == 3)

    names = ("berkas", "gunung.png", "catatan rapat.txt")
    assert all(name in text for name, text in zip(names, mira.messages, strict=True))
    wait_until(lambda: mira.focused[0] == "composer")
    mira.keys("ArrowUp")
    wait_until(lambda: mira.focused[0] == "msg-chosen")
    mira.keys("m")
    entry = mira.page.get_by_role("menuitem", name="Open")
    entry.wait_for(state="attached")
    entry.focus()
    with mira.page.context.expect_page() as opening:
        mira.keys("Enter")
    assert opening.value.text_content("body") == notes.read_text()
    with mira.page.expect_download() as saving:
        mira.press_last("-save")
    assert saving.value.suggested_filename == "catatan rapat.txt"
    assert Path(saving.value.path()).read_bytes() == notes.read_bytes()
    assert mira.strangers() == set()


def test_a_cut_link_is_said_and_files_wait_are_cancelled_and_go_on(
    open_window: Opening, system: System, tmp_path: Path
) -> None:
    """Main goes away, then the site: what still works is said, and nothing sent is lost."""
    add_people(system, "nanda@surabaya", "oki@jakarta")
    nanda = open_window()
    enter(nanda, "nanda@surabaya")
    write_to(nanda, "oki@jakarta", "sebelum")
    nanda.sees("Sent")
    above = nanda.place_of("sebelum")

    system.main.kill9()
    nanda.sees("Cut off since")
    nanda.sees("Chat within the site goes on")
    assert nanda.place_of("sebelum") == above
    nanda.say("sesudah")
    nanda.sees("At your site, waiting for main")
    system.surabaya.kill9()
    nanda.sees("No connection since")
    nanda.pick(_picture(tmp_path))
    nanda.sees("Waiting for the link")
    nanda.press_last("-cancel")
    nanda.sees("Cancelled")
    nanda.press_last("-retry")
    nanda.sees("Waiting for the link")
    for service in (system.main, system.surabaya):
        service.start()
        service.wait_ready()

    nanda.sees_no("Cut off since")
    nanda.sees_no("No connection since")
    nanda.sees_no("Waiting for the link")
    nanda.sees("Image gunung.png")
    assert nanda.times_seen("sesudah") == 1


def test_a_group_of_two_sites_from_its_making_to_leaving_it(
    open_window: Opening, system: System
) -> None:
    """Made in one window, found and joined in another, muted, and left."""
    add_people(system, "putri@surabaya", "qori@jakarta")
    putri, qori = open_window(), open_window()
    enter(putri, "putri@surabaya")
    enter(qori, "qori@jakarta")

    make_group(putri, "panitia")
    putri.say("Selamat datang")
    write_to(qori, "putri@surabaya", "/joingroup panitia@surabaya")
    qori.sees("panitia")
    putri.sees("qori@jakarta joined")
    putri.press("btn-details", opens="member-qori@jakarta")
    putri.press("btn-mute")
    putri.sees("Unmute")
    putri.press("btn-group-leave", opens="btn-leave-yes")
    putri.confirm("btn-leave-yes")
    putri.sees("You left this group.")


def test_a_day_without_a_mouse(open_window: Opening, system: System) -> None:
    """Chats and messages by arrows, menus and details, a search that ends at the message; for Tab
    all chats are one stop, and all messages.
    """
    add_people(system, "rina@surabaya", "sari@surabaya", "tuti@surabaya")
    rina = open_window()
    enter(rina, "rina@surabaya")
    write_to(rina, "tuti@surabaya", "halo")
    rina.sees("Sent")
    write_to(rina, "sari@surabaya", "jadwal rapat cabang")
    rina.say("satu")
    rina.say("dua")
    rina.sees("dua")

    chat = conversation_of("rina@surabaya", "sari@surabaya")
    rina.keys("F6")
    wait_until(lambda: rina.focused[1].startswith("sari, "))
    assert rina.focused[0] == "conv-chosen"
    for stop in ("btn-details", "msg-chosen", "btn-attach", "composer"):
        rina.keys("Tab")
        wait_until(lambda stop=stop: rina.focused[0] == stop)
    rina.keys("F6", "ArrowDown")
    wait_until(lambda: rina.focused[1].startswith("tuti, "))
    rina.keys("Enter")
    wait_until(lambda: rina.focused[1] == "Message tuti")
    rina.keys("Alt+ArrowUp")
    wait_until(lambda: rina.focused[1] == "Message sari")

    rina.keys("F6", "F6", "F6")
    wait_until(lambda: rina.focused[0] == "composer")
    rina.keys("ArrowUp", "ArrowUp")
    wait_until(lambda: rina.focused[1].startswith("You, satu"))
    for key in ("m", "Shift+F10", "ContextMenu"):
        rina.keys(key)
        rina.page.get_by_role("menuitem", name="Copy").wait_for(state="attached")
        rina.keys("Escape")
        wait_until(lambda: rina.focused[1].startswith("You, satu"))
    rina.keys("m")
    rina.page.get_by_role("menuitem", name="Copy").wait_for(state="attached")
    rina.keys("Tab", "Tab")
    wait_until(lambda: rina.focused[1] == "Message info")
    rina.keys("Enter")
    rina.sees("Number 2")
    rina.keys("Escape")
    rina.sees_no("Number 2")

    wait_until(lambda: rina.focused[0] == "msg-chosen")
    rina.keys("i")
    rina.sees("Number 2")
    rina.keys("Escape")
    rina.sees_no("Number 2")
    wait_until(lambda: rina.focused[1].startswith("You, satu"))
    rina.keys("Escape", "Control+Shift+f")
    rina.type_into("search-input", "rapat")
    rina.sees("jadwal rapat cabang")
    rina.wait_for(f"hit-{chat}-1")
    rina.keys("Enter")

    wait_until(lambda: not rina.find("search-input").count())
    rina.say("tiga")
    rina.sees("tiga")


def test_what_is_copied_is_what_was_written(open_window: Opening, system: System) -> None:
    """By a key, which is confirmed where nobody writes; and what is marked by the mouse."""
    add_people(system, "vera@surabaya", "wawan@surabaya")
    vera = open_window(permissions=["clipboard-read", "clipboard-write"])
    enter(vera, "vera@surabaya")
    write_to(vera, "wawan@surabaya", "cd /srv && make run")
    vera.sees("Sent")

    vera.keys("ArrowUp")
    wait_until(lambda: vera.focused[0] == "msg-chosen")
    vera.keys("c")
    wait_until(lambda: vera.copied == "cd /srv && make run")
    vera.page.evaluate("navigator.clipboard.writeText('')")
    toast = _box(vera.wait_for("toast"))
    assert toast["y"] + toast["height"] < _box(vera.wait_for("composer"))["y"]

    vera.gone("toast")
    _mark(vera, _box(vera.find("msg-list").locator('[flt-semantics-identifier^="msg-"]')))
    vera.keys("Control+c")
    wait_until(lambda: "cd /srv && make run" in vera.copied)
    assert not {"\u2068", "\u2069"} & set(vera.copied)


def _mark(window: Person, box: FloatRect) -> None:
    """What is written there, from the one side to the other."""
    mouse, middle = window.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + box["width"], middle)
    mouse.down()
    mouse.move(box["x"], middle, steps=5)
    mouse.up()


def test_one_key_goes_to_where_reading_stopped(open_window: Opening, system: System) -> None:
    """To the first message, when none was ever read: in sight, as the oldest is that arrows choose;
    what was passed over on the way counts as unread until somebody goes on to the newest. Tab gets
    to what stands over the messages and beside them, and from a text that was clicked; what comes
    beside them leaves the focus alone.
    """
    add_people(system, "xena@surabaya", "yoga@surabaya")
    _write_many(system, "xena@surabaya", "yoga@surabaya", 40)
    yoga = open_window()
    enter(yoga, "yoga@surabaya")
    yoga.open_chat(conversation_of("xena@surabaya", "yoga@surabaya"))
    yoga.sees("40 new")

    for key, stop in (("Tab", "msg-chosen"), ("Shift+Tab", "btn-details")):
        yoga.find("msg-list").click(force=True)
        yoga.keys(key)
        wait_until(lambda stop=stop: yoga.focused[0] == stop)
    yoga.keys("F6")
    wait_until(lambda: yoga.focused[0] == "conv-chosen")
    yoga.keys("Tab")
    wait_until(lambda: yoga.focused[0] == "btn-details")
    yoga.keys("Enter")
    yoga.wait_for("btn-mute")
    yoga.keys("Enter")
    yoga.gone("btn-mute")
    yoga.keys("Enter")
    yoga.wait_for("btn-mute")
    for stop in ("msg-chosen", "btn-first-new", "btn-mark-read", "btn-mute"):
        yoga.keys("Tab")
        wait_until(lambda stop=stop: yoga.focused[0] == stop)
    yoga.keys("F7")
    wait_until(lambda: 0 < yoga.place_of("New messages") < yoga.place_of("pesan 000") < 400)
    yoga.sees("40 unread")
    yoga.keys("Control+End")
    yoga.sees_no("40 unread")
    yoga.keys("Escape")
    wait_until(lambda: yoga.focused[0] == "composer")
    yoga.keys(*["ArrowUp"] * 40)
    wait_until(lambda: yoga.focused[1].startswith("xena, pesan 000"))
    wait_until(lambda: 0 < yoga.place_of("pesan 000") < 600)


@pytest.mark.parametrize("percent", [100, 150])
def test_the_first_new_message_is_gone_to_however_high_all_are(
    open_window: Opening, system: System, percent: int
) -> None:
    """It, and many below it, higher than the view or reckoned badly; so is one that is searched."""
    sender, reader = f"zara{percent}@surabaya", f"yusuf{percent}@surabaya"
    other = f"zaza{percent}@surabaya"
    add_people(system, sender, reader, other)
    tall = "\n".join(["Rapat cabang dimulai pukul sembilan pagi ini. " * 3] * 18)
    _write_many(system, sender, reader, 40)
    yusuf = open_window()
    enter(yusuf, reader)
    yusuf.choose("account-menu", "Settings")
    _choose_settings(yusuf, f"{percent} %")
    yusuf.keys("Escape")
    chat = conversation_of(sender, reader)
    yusuf.open_chat(chat)
    yusuf.press("btn-mark-read")
    yusuf.gone("btn-mark-read")
    write_to(yusuf, other, "halo")
    yusuf.sees("Sent")
    _write(system, sender, reader, tall)
    for number in range(25):
        _write(system, sender, reader, f"baru {number:03} " + "今天的会议改到下午三点" * number)
    yusuf.sees("26 unread")
    yusuf.open_chat(chat)
    yusuf.sees("26 new")

    yusuf.keys("F7")
    wait_until(lambda: _middle(yusuf, "New messages"))
    yusuf.keys("Control+Shift+f")
    yusuf.type_into("search-input", "pesan 007")
    yusuf.press(f"hit-{chat}-8")
    wait_until(lambda: _middle(yusuf, "pesan 007"))


def _middle(window: Person, text: str) -> bool:
    """Whether that is about the middle of the messages."""
    return any(200 < place < 500 for place in window.places_of(text))


def test_each_chat_keeps_its_place_and_its_draft(open_window: Opening, system: System) -> None:
    """Where one had scrolled up to, whatever came there meanwhile, and after a reload. To open the
    chat that is open changes nothing.
    """
    add_people(system, "vino@surabaya", "vera@surabaya", "wati@surabaya")
    _write_many(system, "vera@surabaya", "vino@surabaya", 60)
    vino = open_window()
    enter(vino, "vino@surabaya")
    write_to(vino, "wati@surabaya", "halo")
    chat = conversation_of("vino@surabaya", "vera@surabaya")
    vino.open_chat(chat)
    vino.sees("pesan 059")
    vino.begin_to_say("setengah")
    vino.open_chat(chat)
    wait_until(lambda: vino.focused_text == "setengah")
    vino.sees("pesan 030")
    below = vino.place_of("pesan 030")
    vino.keys("PageUp")
    wait_until(lambda: vino.place_of("pesan 030") != below)
    place = _settled(vino, "pesan 030")

    vino.open_chat(conversation_of("vino@surabaya", "wati@surabaya"))
    vino.sees("halo")
    _write_many(system, "vera@surabaya", "vino@surabaya", 3)
    vino.open_chat(chat)
    vino.sees("pesan 030")
    wait_until(lambda: vino.place_of("pesan 030") == place)
    vino.sees("Newest · 3")
    wait_until(lambda: vino.focused_text == "setengah")

    vino.reload()
    vino.sees("pesan 030")
    wait_until(lambda: vino.place_of("pesan 030") == place)


def test_chats_are_stepped_through_quicker_than_they_are_drawn(
    open_window: Opening, system: System
) -> None:
    """What a chat is asked for and hasn't done when it is left is no end of the connection."""
    others = [f"teman{n}@surabaya" for n in range(4)]
    add_people(system, "xena@surabaya", *others)
    with system.chat_cli.client(system.chat_cli.service_token()) as http:
        for other in others:
            service_login(system, other, PASSWORD)
            for number in range(40):
                body = {"to": "xena@surabaya", "text": f"pesan {number} " + "kata " * (number % 30)}
                http.post(f"/v1/accounts/{other}/messages?wait=0", json=body).raise_for_status()
    xena = open_window()
    enter(xena, "xena@surabaya")
    sockets: list[str] = []
    xena.page.on("websocket", lambda socket: sockets.append(socket.url))
    wait_until(lambda: xena.find("conv-list").count())

    for _ in range(20):
        xena.keys("PageUp", "PageUp", "Alt+ArrowDown")
    xena.keys("Escape")
    wait_until(lambda: xena.focused[0] == "composer")
    xena.say("sampai di sini")

    xena.sees("sampai di sini")
    assert sockets == []


def test_a_place_is_the_same_pixel_with_all_that_stood_below_it(
    open_window: Opening, system: System
) -> None:
    """However fast a wheel was turned; the line of new ones was below what is read, and words of
    one's own messages, that would be elsewhere by now.
    """
    add_people(system, "zul@surabaya", "ami@surabaya", "ida@surabaya")
    _write_many(system, "ami@surabaya", "zul@surabaya", 50)
    zul = open_window()
    enter(zul, "zul@surabaya")
    write_to(zul, "ida@surabaya", "halo")
    chat = conversation_of("zul@surabaya", "ami@surabaya")
    zul.open_chat(chat)
    zul.press("btn-mark-read")
    zul.sees_no("50 unread")
    _write_many(system, "zul@surabaya", "ami@surabaya", 1)
    zul.open_chat(conversation_of("zul@surabaya", "ida@surabaya"))
    zul.sees("halo")
    _write_many(system, "ami@surabaya", "zul@surabaya", 5)
    zul.sees("5 unread")
    zul.open_chat(chat)
    zul.sees("New messages")
    zul.sees_no("5 unread")

    before = _settled(zul, "pesan 040")
    zul.turn_wheel(upwards=10)
    wait_until(lambda: zul.place_of("pesan 040") == before + 1000)
    place = zul.place_of("pesan 020")
    zul.open_chat(conversation_of("zul@surabaya", "ida@surabaya"))
    zul.sees("halo")
    _read_all(system, "ami@surabaya", chat)
    zul.open_chat(chat)
    zul.sees("pesan 020")

    wait_until(lambda: zul.place_of("pesan 020") == place)


def _read_all(system: System, address: str, conversation: str) -> None:
    with system.chat_cli.client(system.chat_cli.service_token()) as http:
        path = f"/v1/accounts/{address}/conversations"
        rows = {row["conversation"]: row for row in http.get(path).json()}
        asked = {"seq": rows[conversation]["last_seq"]}
        assert http.post(f"{path}/{conversation}/read", json=asked).is_success


def _write_many(system: System, sender: str, to: str, count: int) -> None:
    service_login(system, sender, PASSWORD)
    for number in range(count):
        _write(system, sender, to, f"pesan {number:03}")


def _write(system: System, sender: str, to: str, text: str) -> None:
    with system.chat_cli.client(system.chat_cli.service_token()) as http:
        body = {"to": to, "text": text}
        sent = http.post(f"/v1/accounts/{sender}/messages", json=body, params={"wait": 0})
    assert sent.is_success


def _settled(window: Person, text: str) -> float:
    """Where a message is, once it stays there."""
    places = [-1.0]

    def stays() -> bool:
        places.append(window.place_of(text))
        return places[-1] == places[-2]

    wait_until(stays)
    return places[-1]


def test_a_long_message_is_read_to_its_end_without_a_mouse(
    open_window: Opening, system: System
) -> None:
    """All of it in a dialog, which scrolls by keys and shuts by one."""
    add_people(system, "wahyu@surabaya", "yeni@surabaya")
    service_login(system, "yeni@surabaya", PASSWORD)
    lines = "\n".join(f"baris {number:03} dari laporan tahunan" for number in range(800))
    with system.chat_cli.client(system.chat_cli.service_token()) as http:
        body = {"to": "wahyu@surabaya", "text": lines}
        assert http.post("/v1/accounts/yeni@surabaya/messages", json=body).is_success
    wahyu = open_window()
    enter(wahyu, "wahyu@surabaya")
    wahyu.open_chat(conversation_of("wahyu@surabaya", "yeni@surabaya"))
    wahyu.begin_to_say("")

    wahyu.keys("ArrowUp")
    wait_until(lambda: wahyu.focused[0] == "msg-chosen")
    wahyu.keys("Enter")
    wahyu.wait_for("btn-close")
    assert "baris 799" not in wahyu.screen
    wahyu.keys("End")
    wahyu.sees("baris 799")
    wahyu.keys("Home")
    wahyu.sees_no("baris 799")
    wahyu.keys("PageDown", "ArrowDown", "Escape")
    wahyu.gone("btn-close")


def test_what_is_set_holds_at_once_and_after_a_reload(open_window: Opening, system: System) -> None:
    """Dark, Indonesian, larger letters, and rows that are closer."""
    add_people(system, "tono@surabaya", "umar@surabaya")
    tono = open_window()
    small = _height(tono, "btn-signin")
    enter(tono, "tono@surabaya")
    write_to(tono, "umar@surabaya", "halo")
    light = tono.brightness()

    tono.choose("account-menu", "Settings")
    usual = _height(tono, "settings-theme")
    _choose_settings(tono, "Dark", "Compact", "150 %")
    wait_until(lambda: _height(tono, "settings-theme") > usual)
    _choose_settings(tono, "Bahasa Indonesia")
    tono.sees("Pengaturan")
    tono.sees("Kerapatan")
    assert tono.page.get_attribute("html", "lang") == "id"
    tono.keys("Escape")
    tono.sees("Terkirim")

    wait_until(lambda: tono.brightness() < 80 < light)
    other = tono.again()
    other.sees("Masuk")
    wait_until(lambda: other.brightness() < 80)
    assert _height(other, "btn-signin") > small


def _choose_settings(window: Person, *choices: str) -> None:
    for choice in choices:
        window.page.get_by_role("radio", name=choice, exact=True).click(force=True)


def _height(window: Person, identifier: str) -> float:
    return _box(window.wait_for(identifier))["height"]


def _box(found: Locator) -> FloatRect:
    """Where the first of them is."""
    box = found.first.bounding_box()
    assert box is not None
    return box
