"""Reading a list of people to make: JSON Lines, each checked, each password hashed."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from realm_protocol.errors import MalformedMessage
from realm_protocol.names import Address
from realm_service.passwords import Passwords

_FIELDS = {"address", "password", "name", "country", "limits"}


def read_people(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """What `user import` takes: the password's hash in place of the password.

    Raises `MalformedMessage` with the number of the line at fault; nobody is made then.
    """
    passwords = Passwords()
    try:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _read_person(passwords, number, line)
    finally:
        passwords.close()


def _read_person(passwords: Passwords, number: int, line: str) -> dict[str, Any]:
    try:
        person = json.loads(line)
    except ValueError as exc:
        raise MalformedMessage(detail=f"line {number} is no JSON") from exc
    if not isinstance(person, dict) or not {"address", "password"} <= person.keys() <= _FIELDS:
        detail = f"line {number} is an object with address, password and no other than name,"
        raise MalformedMessage(detail=f"{detail} country and limits")
    if not all(isinstance(value, str) for value in person.values()) or not person["password"]:
        raise MalformedMessage(
            detail=f"line {number}: values are strings and the password isn't empty"
        )
    password = person.pop("password")
    person["address"] = Address.parse(person["address"])
    return {**person, "password_hash": passwords.hash_now(password)}
