"""Files, groups, keys and settings, as people meet them in a real browser."""

from pathlib import Path

from PIL import Image
from playwright.sync_api import FloatRect, Locator

from tests.system.processes import System
from tests.waiting import wait_until
from tests.window.conftest import Opening
from tests.window.journeys import (
    add_people,
    choose_settings,
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
    mira.page.evaluate("() => { onbeforeunload = () => { window.isLeft = true } }")
    with mira.page.expect_download() as saving:
        mira.press_last("-save")
    assert not mira.page.evaluate("window.isLeft")
    assert saving.value.suggested_filename == "catatan rapat.txt"
    assert Path(saving.value.path()).read_bytes() == notes.read_bytes()
    assert mira.strangers() == set()


def test_files_are_dropped_and_pasted_in_a_browser_that_makes_no_such_event(
    open_window: Opening, system: System
) -> None:
    """Firefox leaves files out of a `ClipboardEvent` that a page makes."""
    add_people(system, "widi@surabaya", "wulan@surabaya")
    widi = open_window(permissions=["clipboard-read", "clipboard-write"])
    enter(widi, "widi@surabaya")
    write_to(widi, "wulan@surabaya", "berkas")
    widi.page.evaluate(_NO_FILES_IN_EVENTS)

    widi.page.evaluate(_DROP, ["satu.txt", "dua.txt"])
    wait_until(lambda: len(widi.messages) == 3)
    widi.page.evaluate(_COPY_PICTURE)
    widi.keys("Control+v")
    wait_until(lambda: len(widi.messages) == 4)

    widi.sees("Sent")
    names = ("berkas", "satu.txt", "dua.txt", "image.png")
    assert all(name in text for name, text in zip(names, widi.messages, strict=True))


_NO_FILES_IN_EVENTS = """() => {
    window.ClipboardEvent = class extends ClipboardEvent {
        constructor(type, {clipboardData, ...rest}) { super(type, rest) }
    }
}"""
_DROP = """(names) => {
    const dataTransfer = new DataTransfer()
    for (const name of names) dataTransfer.items.add(new File(["isi"], name))
    document.body.dispatchEvent(new DragEvent("drop", {dataTransfer, bubbles: true}))
}"""
_COPY_PICTURE = """async () => {
    const canvas = Object.assign(document.createElement("canvas"), {width: 60, height: 40})
    const picture = await new Promise((drawn) => canvas.toBlob(drawn))
    await navigator.clipboard.write([new ClipboardItem({"image/png": picture})])
}"""


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
    putri.sees("qori, jakarta joined")
    putri.press("btn-details", opens="member-qori@jakarta")
    putri.press("btn-mute")
    putri.sees("Unmute")
    putri.press("btn-group-leave", opens="btn-leave-yes")
    putri.confirm("btn-leave-yes")
    putri.sees("You left this group.")
    putri.gone("members")
    putri.sees_no("Only you see this")


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
    """By a key, which is confirmed where nobody writes; and what is marked by the mouse, also where
    the browser's own menu copies it.
    """
    add_people(system, "utari@surabaya", "ujang@surabaya")
    utari = open_window(permissions=["clipboard-read", "clipboard-write"])
    enter(utari, "utari@surabaya")
    write_to(utari, "ujang@surabaya", "cd /srv && make run")
    utari.sees("Sent")

    utari.keys("ArrowUp")
    wait_until(lambda: utari.focused[0] == "msg-chosen")
    utari.keys("c")
    wait_until(lambda: utari.copied == "cd /srv && make run")
    utari.page.evaluate("navigator.clipboard.writeText('')")
    toast = _box(utari.wait_for("toast"))
    assert toast["y"] + toast["height"] < _box(utari.wait_for("composer"))["y"]

    utari.gone("toast")
    wait_until(lambda: "cd /srv && make run" in _marked(utari))
    assert not {"\u2068", "\u2069"} & set(utari.copied)

    utari.page.evaluate(_COPY_AS_BY_MENU, "\u2068ls\u2069")
    assert utari.copied == "ls"


_COPY_AS_BY_MENU = """(text) => {
    const marked = document.body.appendChild(document.createElement("p"))
    Object.assign(marked, {textContent: text, style: "user-select: text"})
    getSelection().selectAllChildren(marked)
    document.execCommand("copy")
    marked.remove()
}"""


def _marked(window: Person) -> str:
    """What is copied of the first message, marked from the one side to the other."""
    box = _box(window.find("msg-list").locator('[flt-semantics-identifier^="msg-"]'))
    mouse, middle = window.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + box["width"], middle)
    mouse.down()
    mouse.move(box["x"], middle, steps=5)
    mouse.up()
    window.keys("Control+c")
    return window.copied


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
    choose_settings(tono, "Dark", "Compact", "150 %")
    wait_until(lambda: _height(tono, "settings-theme") > usual)
    choose_settings(tono, "Bahasa Indonesia")
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


def _height(window: Person, identifier: str) -> float:
    return _box(window.wait_for(identifier))["height"]


def _box(found: Locator) -> FloatRect:
    """Where the first of them is."""
    box = found.first.bounding_box()
    assert box is not None
    return box
