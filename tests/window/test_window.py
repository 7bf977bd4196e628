"""What people meet in the window: a real browser, chat-cli, two sites and main."""

from typing import Any

import pytest

from tests.system.processes import System
from tests.waiting import wait_until
from tests.window.conftest import FrontendProcess, Opening, service_login
from tests.window.journeys import PASSWORD, add_people, conversation_of, enter, write_to


def _unread(system: System, address: str) -> dict[str, int]:
    """What the service counts, by conversation."""
    return {row["conversation"]: row["unread"] for row in _listed(system, address)}


def _read(system: System, address: str) -> dict[str, int]:
    """How far each conversation was read."""
    return {row["conversation"]: row["read"] for row in _listed(system, address)}


def _listed(system: System, address: str) -> list[dict[str, Any]]:
    with system.chat_cli.client(system.chat_cli.service_token()) as http:
        rows: list[dict[str, Any]] = http.get(f"/v1/accounts/{address}/conversations").json()
    return rows


def test_signing_in_says_what_is_wrong_and_asks_nobody_outside(
    open_window: Opening, system: System
) -> None:
    """A wrong password, a site that isn't there, then the chats; all by this machine alone."""
    add_people(system, "ana@surabaya")
    window = open_window()

    window.sign_in("ana@surabaya", "not this one")
    window.sees("Wrong address or password.")
    window.sign_in("ana@surabaya", PASSWORD, "http://127.0.0.1:9")
    window.sees("Can't reach the site.")
    window.sign_in("ana@surabaya", PASSWORD, " ")
    window.wait_for("conv-list")

    window.sees("No chats yet.")
    assert window.strangers() == set()


def test_two_people_talk_and_neither_sees_the_others_account(
    open_window: Opening, system: System
) -> None:
    """Each browser signs in by itself; messages, badges and ticks come without being asked for, a
    screen reader finds the chat's heading, and a message's menu tells of it.
    """
    add_people(system, "budi@surabaya", "citra@jakarta")
    budi, citra = open_window(), open_window()
    conversation = conversation_of("budi@surabaya", "citra@jakarta")

    enter(budi, "budi@surabaya")
    citra.wait_for("signin-address")
    assert "budi" not in citra.screen
    enter(citra, "citra@jakarta")
    assert "budi" not in citra.screen

    write_to(budi, "citra@jakarta", "Selamat pagi")
    citra.sees("Selamat pagi")
    citra.sees("1 unread")
    assert _unread(system, "citra@jakarta") == {conversation: 1}
    budi.sees("Delivered")

    citra.open_chat(conversation)
    assert citra.find("chat-title").evaluate("title => title.tagName") == "H2"
    budi.sees("Read")
    citra.sees_no("1 unread")
    assert _unread(system, "citra@jakarta") == {conversation: 0}
    citra.say("Pagi juga")
    wait_until(lambda: budi.times_seen("Pagi juga") == 1)
    assert budi.times_seen("Selamat pagi") == 1
    budi.choose_of_last("Message info")
    budi.sees("Number 2")


def test_what_is_written_while_chat_cli_is_away_comes_once_when_it_is_back(
    open_window: Opening, system: System
) -> None:
    """Killed in the middle: honest words, nothing lost, nothing twice, and no sign-in anew."""
    add_people(system, "dewi@surabaya", "eko@surabaya")
    dewi = open_window()
    enter(dewi, "dewi@surabaya")
    write_to(dewi, "eko@surabaya", "before")
    dewi.sees("Sent")

    system.chat_cli.kill9()
    dewi.sees("The realmchat service isn't running on this machine.")
    dewi.say("meanwhile")
    dewi.sees("Saved on this device")
    system.chat_cli.start()
    system.chat_cli.wait_ready()

    dewi.sees("Connected")
    wait_until(lambda: dewi.times_seen("meanwhile") == 1 and "Saved on" not in dewi.screen)
    with system.chat_cli.client(system.chat_cli.service_token()) as http:
        name = conversation_of("dewi@surabaya", "eko@surabaya")
        rows = http.get(f"/v1/accounts/dewi@surabaya/conversations/{name}/messages").json()
    assert [row["text"] for row in rows] == ["before", "meanwhile"]


def test_a_reload_finds_the_window_as_it_was(open_window: Opening, system: System) -> None:
    """Still signed in, the same chat, the same words in the composer's place."""
    add_people(system, "fitri@surabaya", "gilang@surabaya")
    fitri = open_window()
    enter(fitri, "fitri@surabaya")
    write_to(fitri, "gilang@surabaya", "halo")
    fitri.sees("Sent")
    fitri.type("setengah kalimat")

    fitri.reload()

    fitri.wait_for("chat-title")
    wait_until(lambda: fitri.messages)
    assert fitri.times_seen("halo") == 1
    wait_until(lambda: fitri.focused_text == "setengah kalimat")


def test_a_tab_that_was_left_reads_nothing(open_window: Opening, system: System) -> None:
    """A chat stays open in it; what comes there meanwhile is new when its person is back."""
    add_people(system, "oka@surabaya", "pandu@surabaya")
    oka, pandu = open_window(), open_window()
    enter(oka, "oka@surabaya")
    write_to(oka, "pandu@surabaya", "halo")
    oka.go_elsewhere()
    enter(pandu, "pandu@surabaya")
    write_to(pandu, "oka@surabaya", "masih di sana?")
    pandu.sees("Delivered")
    pandu.reload()

    name = conversation_of("oka@surabaya", "pandu@surabaya")
    assert _unread(system, "oka@surabaya")[name] == 1
    oka.come_back()
    oka.sees("masih di sana?")
    pandu.sees("Read")


def test_a_chat_that_begins_during_a_cut_is_read_in_all_windows(
    open_window: Opening, system: System
) -> None:
    """Read in one of them, it is read in the other, at once and when main is back."""
    add_people(system, "yuda@surabaya", "zaki@surabaya")
    service_login(system, "zaki@surabaya", PASSWORD)
    yuda, beside = open_window(), open_window()
    enter(yuda, "yuda@surabaya")
    enter(beside, "yuda@surabaya")
    name = conversation_of("yuda@surabaya", "zaki@surabaya")

    system.main.kill9()
    yuda.sees("Site surabaya is cut off from main since")
    with system.chat_cli.client(system.chat_cli.service_token()) as http:
        body = {"to": "yuda@surabaya", "text": "masih di sini"}
        sent = http.post("/v1/accounts/zaki@surabaya/messages", json=body, params={"wait": 0})
    assert sent.is_success
    beside.sees("1 unread")
    yuda.open_chat(name)
    yuda.sees_no("1 unread")
    beside.sees_no("1 unread")
    assert _unread(system, "yuda@surabaya") == {name: 0}
    system.main.start()
    system.main.wait_ready()

    yuda.sees_no("is cut off from main")
    wait_until(lambda: _read(system, "yuda@surabaya") == {name: 1})
    assert _unread(system, "yuda@surabaya") == {name: 0}
    assert all("1 unread" not in window.screen for window in (yuda, beside))


def test_commands_work_and_a_slip_sends_nothing(open_window: Opening, system: System) -> None:
    """`/` completes and runs words of the grammar; an unknown one never goes to the others."""
    add_people(system, "hadi@surabaya", "indah@surabaya")
    hadi = open_window()
    enter(hadi, "hadi@surabaya")
    write_to(hadi, "indah@surabaya", "halo")

    hadi.say("/addg")
    wait_until(lambda: hadi.focused_text == "/addgroup ")
    hadi.type("kerja")
    hadi.keys("Enter")
    hadi.sees("kerja@surabaya")
    hadi.say("/jiongroup kerja")
    hadi.sees("Unknown command /jiongroup; nothing was sent.")

    assert hadi.times_seen("/jiongroup") == 0
    assert set(_unread(system, "hadi@surabaya")) >= {
        conversation_of("hadi@surabaya", "indah@surabaya")
    }


def test_a_refused_command_comes_back_and_a_bare_name_is_asked_for(
    open_window: Opening, system: System
) -> None:
    """Nothing that was written is lost; whom one means is chosen by their address."""
    add_people(system, "imam@surabaya", "juli@surabaya", "tirta@jakarta")
    imam = open_window()
    enter(imam, "imam@surabaya")
    write_to(imam, "juli@surabaya", "halo")

    imam.say("/send nobody how are you")
    imam.sees("There is no person nobody")
    wait_until(lambda: imam.focused_text == "/send nobody how are you")
    imam.keys("Control+a", "Delete")
    imam.say("/send tirta is tirta there?")
    imam.wait_for("which-tirta@jakarta")
    imam.keys("Enter")
    imam.gone("which-tirta@jakarta")

    wait_until(lambda: imam.focused_text == "")
    imam.open_chat(conversation_of("imam@surabaya", "tirta@jakarta"))
    wait_until(lambda: imam.times_seen("is tirta there?") == 1)


def test_somebody_new_makes_an_account_in_indonesian_on_a_phone(
    open_window: Opening, system: System
) -> None:
    """One column, every text in the language, and a way back from the chat to the list."""
    add_people(system, "joko@surabaya")
    window = open_window(viewport={"width": 360, "height": 740}, locale="id-ID")

    window.press("tab-register", opens="signin-name")
    window.write("signin-address", "kartika@surabaya")
    window.write("signin-password", PASSWORD)
    window.write("signin-name", "Kartika Sari")
    window.keys("Enter")
    window.wait_for("conv-list")
    window.sees("Belum ada chat.")
    window.keys("Control+k")
    window.type_into("jump-input", "joko")
    window.press("jump-joko@surabaya", opens="composer")
    window.write("composer", "Halo Joko")
    window.press("btn-send")
    window.sees("Terkirim")

    window.page.go_back()
    window.wait_for("conv-list")
    window.sees("Halo Joko")
    window.page.go_forward()
    window.wait_for("chat-title")
    window.press("chat-back", opens="conv-list")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "realmchat.example"}, 403),
        ({"Origin": "http://elsewhere.example"}, 403),
    ],
)
def test_pages_of_other_sites_get_nothing(
    frontend: FrontendProcess, headers: dict[str, str], status: int
) -> None:
    """Neither the page nor its socket, whatever name they give this machine."""
    import httpx

    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    key = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    page = httpx.get(frontend.url, headers=headers, trust_env=False)
    with httpx.stream(
        "GET", f"{frontend.url}/ws", headers={**upgrade, **key, **headers}, trust_env=False
    ) as socket:
        upgraded = socket.status_code

    assert page.status_code == status
    assert upgraded == (101 if status == 200 else 403)
    assert "access-control-allow-origin" not in page.headers
