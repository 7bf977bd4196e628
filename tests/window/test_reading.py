"""Where one stands in a chat: what was read, what is new, and the way between."""

import pytest

from tests.system.processes import System
from tests.waiting import wait_until
from tests.window.conftest import Opening, service_login
from tests.window.journeys import (
    PASSWORD,
    add_people,
    choose_settings,
    conversation_of,
    enter,
    write_to,
)
from tests.window.people import Person


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
    choose_settings(yusuf, f"{percent} %")
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
    """What a chat is asked for and hasn't done when it is left is no end of the connection, and
    moves no other; who answers sees that.
    """
    others = [f"teman{n}@surabaya" for n in range(4)]
    add_people(system, "wira@surabaya", *others)
    for other in others:
        _write_many(system, other, "wira@surabaya", 40)
    wira = open_window()
    enter(wira, "wira@surabaya")
    sockets: list[str] = []
    wira.page.on("websocket", lambda socket: sockets.append(socket.url))

    for _ in range(20):
        wira.keys("PageUp", "PageUp", "Alt+ArrowDown")
    wira.keys("Escape")
    wait_until(lambda: wira.focused[0] == "composer")
    wira.say("sampai di sini")

    wait_until(lambda: wira.times_seen("sampai di sini") == 1)
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
