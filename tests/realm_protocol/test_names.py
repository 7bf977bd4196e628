"""Names: what may be one, and that a printed one is read back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realm_protocol.errors import InvalidAddress, InvalidKey, InvalidName
from realm_protocol.names import (
    CONVERSATION_PATTERN,
    NAME_PATTERN,
    Address,
    GroupAddress,
    check_key,
    check_name,
    group_conversation,
    parse_target,
    print_target,
    private_conversation,
)
from tests.realm_protocol.outcomes import outcome
from tests.realm_protocol.strategies import addresses, group_addresses, keys, names


@given(names, names)
def test_an_address_is_a_name_and_a_realm(name: str, realm: str) -> None:
    """Its parts come back from its text, whatever capitals it was typed in."""
    address = Address.parse(f"{name}@{realm}".upper())

    assert (address.name, address.realm) == (name, realm)
    assert address == Address.of(name, realm)


@given(st.text())
def test_what_is_no_address_is_refused_in_words(text: str) -> None:
    """Every text either is an address of the grammar or raises its error, and nothing else."""
    address = outcome(Address.parse, text)

    if isinstance(address, InvalidAddress):
        assert address.fields["value"] == text[:100]
    else:
        assert re.fullmatch(f"{NAME_PATTERN}@{NAME_PATTERN}", str(address))


@pytest.mark.parametrize(
    "text",
    [
        *("", "@", "messi", "messi@", "@surabaya", ".messi@a", "a@b@c", "a b@c", "mëssi@a"),
        *("a@b\n", f"{'x' * 33}@a", "group:a@b"),
    ],
)
def test_these_are_no_addresses(text: str) -> None:
    """The edges of the grammar."""
    with pytest.raises(InvalidAddress):
        Address.parse(text)


def test_capital_letters_of_other_scripts_do_not_fold_into_ascii() -> None:
    """The Kelvin sign in lower case is a `k`; two spellings would then be one person."""
    assert Address.parse("KAKA@a") == "kaka@a"
    with pytest.raises(InvalidAddress):
        Address.parse("\u212aaka@a")
    with pytest.raises(InvalidName):
        check_name("\u212aaka")


@given(addresses | group_addresses)
def test_a_target_is_read_back_as_what_it_was(target: Address) -> None:
    """A group and a person of one address stay apart on the wire."""
    again = parse_target(print_target(target))

    assert (again, type(again)) == (target, type(target))


@given(names)
def test_a_name_is_compared_in_lower_case(name: str) -> None:
    """`Messi` and `messi` are one."""
    assert check_name(name.upper()) == name


@given(keys)
def test_a_key_is_what_its_sender_chose(key: str) -> None:
    """Keys are kept to the letter: case tells them apart."""
    assert check_key(key) == key


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 65, "a\n"])
def test_these_are_no_keys(key: str) -> None:
    """Empty, spaced, foreign, long, with a line end."""
    with pytest.raises(InvalidKey):
        check_key(key)


@given(addresses, addresses)
def test_two_people_mean_the_same_conversation(one: Address, other: Address) -> None:
    """Whoever writes first, and wherever: the id is derived from the pair."""
    conversation = private_conversation(one, other)

    assert conversation == private_conversation(other, one)
    assert re.fullmatch(CONVERSATION_PATTERN, conversation)


@given(addresses, addresses, addresses)
def test_another_pair_means_another_conversation(
    one: Address, other: Address, third: Address
) -> None:
    """Ids never run into each other, not even where names and realms do."""
    same = {one, other} == {one, third}

    assert (private_conversation(one, other) == private_conversation(one, third)) == same


@given(group_addresses, addresses)
def test_a_group_is_never_a_private_conversation(group: GroupAddress, one: Address) -> None:
    """The two kinds of ids differ in their first letter."""
    assert group_conversation(group)[0] != private_conversation(one, Address(group))[0]
