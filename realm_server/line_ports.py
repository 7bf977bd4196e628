"""`[ADDRESS:]PORT[:DIALECT]`: where a line listener is, and what is spoken there."""

import re
from dataclasses import dataclass

DIALECTS = ("mesin", "kelompok5")
_LOOPBACK = "127.0.0.1"
_FORM = re.compile(
    r"(?:(?:\[(?P<ipv6>[0-9a-fA-F:.]+)\]|(?P<host>[^:\[\]]*[^:\[\]\d][^:\[\]]*)):)?"
    r"(?P<port>\d{1,5})(?::(?P<dialect>\w+))?"
)


@dataclass(frozen=True, slots=True)
class LinePort:
    """One listener. Without an address it is reached from this machine only."""

    port: int
    dialect: str = DIALECTS[0]
    host: str = _LOOPBACK

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        shown = "" if self.host == _LOOPBACK else f"{host}:"
        return f"{shown}{self.port}:{self.dialect}"


def parse_line_port(text: str) -> LinePort:
    """Raises `ValueError`, in words."""
    found = _FORM.fullmatch(text.strip())
    if found is None or not 0 < int(found["port"]) < 65536:
        raise ValueError(f"“{text}” is no [ADDRESS:]PORT[:DIALECT], such as 8889:mesin")
    dialect = found["dialect"] or DIALECTS[0]
    if dialect not in DIALECTS:
        raise ValueError(f"no dialect is called {dialect}; there are {' and '.join(DIALECTS)}")
    return LinePort(int(found["port"]), dialect, found["ipv6"] or found["host"] or _LOOPBACK)
