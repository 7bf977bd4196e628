"""A site's copies agree with main's log: each run of a conversation has one checksum."""

import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from main_server.store.copies import CopiesDiffer, compare_copies, read_copies
from realm_protocol import link
from realm_protocol.commands import Page
from realm_protocol.errors import MalformedMessage, StoreDamaged
from realm_protocol.wire import check
from realm_server import cli
from realm_server.autonomy import verifying
from realm_server.autonomy.replica import Replica
from realm_server.autonomy.site_file import SiteFile
from realm_server.store import open_store
from tests.main_server.conftest import Running
from tests.main_server.realm_end import RealmEnd


class Site:
    """A realm's files, with one conversation that main has, and what of it is held."""

    def __init__(self, folder: Path, conversation: str) -> None:
        self.folder = folder
        self.conversation = conversation
        self.file = SiteFile(folder / "site.db")
        self.replica = Replica(self.file, 2**20, lambda: 0)

    def lines(self) -> list[str]:
        """As `realm-server verify --checksums --json` prints them."""
        words = ["verify", "--name", "surabaya", "--home", str(self.folder)]
        ended = CliRunner().invoke(cli.app, [*words, "--checksums", "--json"])
        assert ended.exit_code == 0, ended.output
        return ended.output.splitlines()

    def break_it(self, statement: str) -> None:
        with sqlite3.connect(self.folder / "site.db") as connection:
            connection.execute(statement)


@pytest.fixture
async def site(main: Running, surabaya: RealmEnd, tmp_path: Path) -> AsyncIterator[Site]:
    """Six messages: the first three asked for, the others as they passed."""
    messi = await surabaya.enter("messi@surabaya")
    sent = [await messi.send("lineker@surabaya", f"number {n} – ✓") for n in range(6)]
    folder = tmp_path / "realm"
    folder.mkdir()
    with open_store(folder):
        made = Site(folder, sent[0].conversation)
        page = check(await surabaya.ask(link.SiteHistory, made.conversation, 0), Page)
        made.replica.take_rows(made.conversation, page.messages[:3])
        for fanout in surabaya.told_of(link.Fanout)[3:]:
            made.replica.heard(made.conversation, fanout.event)
        made.replica.write()
        await made.file.settled()
        yield made
        made.file.close()


async def test_copies_that_agree_are_counted(site: Site, store: Path) -> None:
    """However they came to the site."""
    copies = read_copies(site.lines())

    assert [(copy["first_seq"], copy["last_seq"]) for copy in copies] == [(1, 6)]
    assert compare_copies(store, copies) == {"copies": 1}


async def test_a_copy_that_differs_is_named(site: Site, store: Path) -> None:
    """A message that is another, or one that main does not have."""
    site.break_it("UPDATE messages SET events = x'93010203' WHERE first_seq = 1")
    with pytest.raises(CopiesDiffer) as differ:
        compare_copies(store, read_copies(site.lines()))
    assert differ.value.fields == {"count": 1, "compared": 1, "conversations": site.conversation}

    invented = {"conversation": "g1", "first_seq": 1, "last_seq": 1, "checksum": "00"}
    with pytest.raises(CopiesDiffer):
        compare_copies(store, [invented])


async def test_a_realms_files_are_verified(site: Site) -> None:
    """While they are open; what they hold is told."""
    found = verifying.verify(site.folder)

    assert (found["queued"], found["messages"]) == (0, 6)


async def test_a_hole_is_found(site: Site) -> None:
    """It would be served as if there were nothing between."""
    site.break_it("DELETE FROM messages WHERE first_seq = 1")

    with pytest.raises(StoreDamaged, match="messages missing"):
        verifying.verify(site.folder)


def test_a_realm_without_files_has_nothing_to_verify(tmp_path: Path) -> None:
    """Said in words."""
    with pytest.raises(StoreDamaged):
        verifying.verify(tmp_path)


def test_lines_of_something_else_are_refused() -> None:
    """By their number."""
    with pytest.raises(MalformedMessage, match="line 2"):
        read_copies([json.dumps({"verified": "x"}), "no json"])
