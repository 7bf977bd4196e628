"""Manual pages and help: made of the vocabulary, sound as roff, whole in each language."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from chat_cli.command_line.vocabulary import COMMANDS
from tests.chat_cli_line.conftest import Run

LANGUAGES = {"en": "man1", "id": "id/man1"}
NAMES = {"chat-cli.1", *(f"chat-cli-{command.name}.1" for command in COMMANDS)}


@pytest.fixture
def pages(run: Run, tmp_path: Path) -> Path:
    """Where `chat-cli man --to` has written."""
    folder = tmp_path / "man"
    done = run("man", "--to", str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_has_a_page(pages: Path, language: str) -> None:
    """And the program one that names them all."""
    folder = pages / LANGUAGES[language]

    assert {page.name for page in folder.iterdir()} == NAMES
    overview = (folder / "chat-cli.1").read_text().replace("\\-", "-").replace("\n", " ")
    for command in COMMANDS:
        assert f"chat-cli-{command.name}\\fR(1)" in overview
        said = command.word.help.english if language == "en" else command.word.help.indonesian
        assert said.split(" ")[0] in (folder / f"chat-cli-{command.name}.1").read_text()


def test_the_pages_are_sound(pages: Path, requires: Callable[..., None]) -> None:
    """Two readers of roff find nothing wrong; a page has no date, so that it is made the same."""
    requires("mandoc", "groff")
    files = sorted(str(page) for page in pages.rglob("*.1"))

    lint = subprocess.run(["mandoc", "-T", "lint", *files], capture_output=True, text=True)
    groff = subprocess.run(
        ["groff", "-man", "-ww", "-z", "-T", "utf8", *files], capture_output=True, text=True
    )

    found = [line for line in lint.stdout.splitlines() if "missing date" not in line]
    assert found == []
    assert (groff.returncode, groff.stderr) == (0, "")


def test_a_page_reads_as_it_was_meant(run: Run, requires: Callable[..., None]) -> None:
    """Options can be copied, typographic signs are there, arguments have their meaning."""
    requires("mandoc")
    page = run("--lang", "id", "man", "history").stdout

    shown = subprocess.run(
        ["mandoc", "-T", "utf8"], input=page, capture_output=True, text=True, check=True
    ).stdout
    plain = re.sub(".\b", "", shown)

    assert "chat-cli history CONVERSATION [--limit N] [--before N] [OPSI…]" in plain
    assert "seseorang, atau group:NAMA untuk grup" in plain
    assert "chat-cli history group:jarkom3 --before 100 --limit 20" in plain


def test_a_page_of_nothing_is_refused(run: Run) -> None:
    """With the nearest word, as everywhere."""
    done = run("man", "sned")

    assert done.returncode == 2
    assert "“send”" in done.stderr


def test_a_folder_that_cannot_be_written_is_told(run: Run, tmp_path: Path) -> None:
    """In one line."""
    (tmp_path / "file").touch()
    done = run("man", "--to", str(tmp_path / "file"))

    assert done.returncode != 0
    assert str(tmp_path / "file") in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_is_whole_in_indonesian(run: Run, command: object) -> None:
    """No line of a command's help is the English one, headings among them."""
    name = command.name  # type: ignore[attr-defined]
    english = run(name, "--help").stdout.splitlines()
    indonesian = run("--lang", "id", name, "--help").stdout.splitlines()

    # Names and values are the same in both; whatever has words is not.
    words = [line for line in english if re.search(r"[a-z]{2,} [a-z]{2,}", _untyped(line))]
    assert words
    assert [line for line in words if line in indonesian] == []
    assert "Options:" not in indonesian
    assert "Opsi:" in indonesian


def _untyped(line: str) -> str:
    """A line without what is typed as it stands: the example, and usages."""
    return "" if "xample:" in line or line.startswith("Usage:") else line
