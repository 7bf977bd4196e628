"""Answers as they stand on the wire."""

from tests.realm_lines.field import PASSWORD, Program

OK = b'{"status": "OK"}\r\n\r\n'


def said(message: str) -> bytes:
    return f'{{"status": "OK", "message": "{message}"}}\r\n\r\n'.encode()


def error(message: str) -> bytes:
    return f'{{"status": "ERROR", "message": "{message}"}}\r\n\r\n'.encode()


def person(program: Program, name: str, full_name: str = "Nama_Lengkap") -> str:
    """A new person, registered in `mesin`; their token."""
    answer = program.ask(f"register {name} {PASSWORD} {full_name} Indonesia")
    assert answer["status"] == "OK", answer
    return str(answer["tokenid"])
