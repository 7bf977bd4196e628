"""The open room of a realm: what it is called, and how its guests are told from other people.

A guest comes with a name alone, and the address that they are given says so to everybody.
"""

from realm_protocol.names import Address, GroupAddress, check_name

ROOM_NAME = "lobby"
"""Of every realm's room. No group may be called so."""
GUEST_PREFIX = "guest-"
"""Begins the names of guests, and of nobody else."""
GUEST_ENDING = " (guest)"
"""Ends what they are called, for those who show names alone."""
GUEST_LIMITS = "guest"
"""The limit class of guests: by it each tier knows them."""

_NAME_SHOWN = 20
"""So much of a guest's name is in the address, beside what makes it unique."""


def room_address(realm: str) -> GroupAddress:
    """`lobby@surabaya`."""
    return GroupAddress.of(ROOM_NAME, realm)


def guest_address(name: str, realm: str, suffix: str = "") -> Address:
    """`guest-anna@surabaya`, or `guest-anna-7f3a@surabaya`; raises `InvalidName`."""
    ending = f"-{suffix}" if suffix else ""
    return Address.of(f"{GUEST_PREFIX}{check_name(name)[:_NAME_SHOWN]}{ending}", realm)


def is_guest(address: str) -> bool:
    """Whether this is the address, or the name, of a guest."""
    return address.startswith(GUEST_PREFIX)
