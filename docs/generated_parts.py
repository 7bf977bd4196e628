"""The generated parts of a page: from `<!-- generated: NAME -->` to `<!-- end -->`.

What stands in them is made by whoever generates that page.
"""

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

Sections = Mapping[str, Callable[[], str]]
"""What makes each part, by its name."""

_marked = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def render(page: str, sections: Sections) -> str:
    """The page with every generated part made anew."""
    return _marked.sub(lambda m: f"{m[1]}\n{sections[m[2]]()}\n\n{m[3]}", page)


def sections_of(page: str) -> list[str]:
    """The generated parts that a page has a place for."""
    return [found[2] for found in _marked.finditer(page)]


def write(path: Path, sections: Sections) -> None:
    """Bring a page up to date."""
    page = render(path.read_text(encoding="utf-8"), sections)
    path.write_text(page, encoding="utf-8")
    sys.stdout.write(f"{path.name}: {len(sections_of(page))} parts made\n")
