"""What most journeys begin with: people, signed in, who write to each other."""

from realm_protocol.names import Address, private_conversation
from tests.system.processes import System
from tests.window.people import Person

PASSWORD = "surabaya"

_given: set[str] = set()


def add_people(system: System, *addresses: str) -> None:
    """Of names that no other journey gave: all of a process share one system, and who is known
    already has chats, or is one of several that a bare name means.
    """
    names = {Address.parse(address).name for address in addresses}
    assert not names & _given, f"another journey has them: {names & _given}"
    _given.update(names)
    system.main.add_users(dict.fromkeys(addresses, PASSWORD))


def conversation_of(one: str, other: str) -> str:
    return private_conversation(Address.parse(one), Address.parse(other))


def enter(window: Person, address: str) -> None:
    """Signed in at one's site."""
    window.sign_in_at_site(address, PASSWORD)
    window.wait_for("conv-list")
    window.sees("Connected")


def make_group(window: Person, name: str) -> None:
    """Its window is open then."""
    window.choose("btn-new", "New group")
    window.write("group-name", name)
    window.press("btn-group-create", opens="chat-title")


def write_to(window: Person, address: str, text: str) -> None:
    """Ctrl+K, a name, Enter, a text, Enter."""
    window.keys("Control+k")
    window.type_into("jump-input", address)
    window.wait_for(f"jump-{address}")
    window.keys("Enter")
    window.wait_for("chat-title")
    window.say(text)


def choose_settings(window: Person, *choices: str) -> None:
    """In the dialog for them, which is open."""
    for choice in choices:
        window.page.get_by_role("radio", name=choice, exact=True).click(force=True)
