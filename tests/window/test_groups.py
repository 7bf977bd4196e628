"""Groups and open rooms in a real browser: entered as a guest, governed, closed."""

from tests.system.processes import System
from tests.waiting import wait_until
from tests.window.conftest import Opening
from tests.window.journeys import add_people, enter, make_group
from tests.window.people import Person


def test_a_guest_enters_the_open_room_with_a_name_alone(open_window: Opening) -> None:
    """Told beforehand that all is recorded; offered what a guest may do, and nothing else. Where a
    site has no room, that is said.
    """
    guest = open_window()
    guest.press("tab-guest")
    guest.sees("Open room: anyone can join, everything is recorded.")
    guest.choose("signin-realm", "jakarta")
    guest.write("signin-guest", "anna")
    guest.keys("Enter")
    guest.sees("Realm jakarta has no open room.")
    guest.choose("signin-realm", "surabaya")
    guest.press("btn-signin")

    guest.wait_for("open-room")
    guest.say("halo semua")
    guest.sees("Sent")
    guest.type("/")
    guest.sees("/members")

    assert "/users" not in guest.screen
    for other in ("btn-new", "btn-attach", "composer-shut"):
        assert not guest.find(other).count()


def test_a_group_is_governed_by_menus_and_dialogs(open_window: Opening, system: System) -> None:
    """Somebody is invited and made its owner; then it is closed, which stands where one wrote."""
    add_people(system, "vina@surabaya", "wawan@jakarta", "yanti@surabaya")
    vina = open_window()
    enter(vina, "vina@surabaya")
    make_group(vina, "arisan")

    vina.press("btn-details", opens="btn-group-invite")
    _invite(vina, "wawan@jakarta")
    vina.press("btn-group-rename", opens="group-rename")
    vina.write("group-rename", "Arisan Keluarga")
    vina.confirm("btn-rename-yes")
    vina.sees("vina named the group “Arisan Keluarga”")
    vina.press("btn-group-access")
    vina.sees("Entered by invitation only")
    vina.choose("member-menu-wawan@jakarta", "Hand over the group")
    vina.confirm("btn-sure-yes")
    vina.sees("vina made vina an admin")
    vina.gone("btn-group-access")
    vina.gone("member-menu-wawan@jakarta")

    system.main.operate("user", "make-operator", "yanti@surabaya")
    system.main.operate("group", "close", "arisan@surabaya")
    vina.wait_for("composer-shut")
    vina.sees("This group is closed: it can be read and left.")
    vina.gone("btn-group-invite")


def test_escape_shuts_a_menu_and_nothing_behind_it(open_window: Opening, system: System) -> None:
    """The focus goes back to its button, and a dialog that it stands in stays."""
    add_people(system, "dina@surabaya", "endra@surabaya")
    dina = open_window()
    enter(dina, "dina@surabaya")
    make_group(dina, "kelas")
    dina.press("btn-details", opens="btn-group-invite")
    _invite(dina, "endra@surabaya")

    menus = {"account-menu": "Sign out", "member-menu-endra@surabaya": "Hand over the group"}
    for menu, item in menus.items():
        _open_and_shut(dina, menu, item)
        wait_until(lambda menu=menu: dina.focused[0] == menu)
    dina.page.set_viewport_size({"width": 1100, "height": 800})
    dina.gone(menu)
    dina.press("btn-details", opens=menu)
    for _ in range(2):
        _open_and_shut(dina, menu, item)
    dina.wait_for(menu)
    dina.keys("Escape")
    dina.gone(menu)


def _invite(window: Person, address: str) -> None:
    """Into the group whose details are shown, by the beginning of the address."""
    window.press("btn-group-invite", opens="invite-input")
    window.write("invite-input", address.partition("@")[0])
    wait_until(lambda: _found(window) == [f"invite-{address}"])
    window.keys("Enter")


def _open_and_shut(window: Person, menu: str, item: str) -> None:
    shown = window.page.get_by_role("menuitem", name=item)
    window.press(menu)
    shown.wait_for(state="attached")
    window.keys("Escape")
    wait_until(lambda: not shown.count())


def _found(window: Person) -> list[str | None]:
    """Whom the dialog offers, once it has looked for what was typed."""
    offered = window.page.locator('[flt-semantics-identifier^="invite-"]')
    # All at one moment: what is offered changes while it is looked at.
    names = offered.evaluate_all(
        "all => all.map(one => one.getAttribute('flt-semantics-identifier'))"
    )
    return [name for name in names if name != "invite-input"]
