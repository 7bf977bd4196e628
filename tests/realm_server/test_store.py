"""The realm's SQLite file, real: what it keeps, and how it fails in words."""

import sqlite3
from pathlib import Path

import pytest

from realm_protocol.errors import StoreDamaged, StoreLocked, StoreTooNew, StoreUnwritable
from realm_protocol.names import Address
from realm_server.store import KnownSession, open_store


def session(token: bytes = b"h", expires_at: int = 1000, **changed: object) -> KnownSession:
    values = {
        "token_hash": token,
        "session_id": "s1",
        "person": 1,
        "address": Address("messi@surabaya"),
        "expires_at": expires_at,
        "limit_class": "standard",
    }
    return KnownSession(**{**values, **changed})  # type: ignore[arg-type]


def test_a_confirmed_session_is_known_after_a_restart(tmp_path: Path) -> None:
    """Also more of them than one transaction takes."""
    with open_store(tmp_path) as store:
        for number in range(2500):
            store.remember(session(number.to_bytes(4), person=number))
        store.write_all(now=0)

    with open_store(tmp_path) as store:
        assert store.find((2499).to_bytes(4), now=0) == session((2499).to_bytes(4), person=2499)


def test_a_session_is_found_before_it_is_written(tmp_path: Path) -> None:
    """And forgotten before that is."""
    with open_store(tmp_path) as store:
        store.remember(session())
        assert store.find(b"h", now=0) is not None

        store.write(now=0)
        store.forget(b"h")
        assert store.find(b"h", now=0) is None

        store.write(now=0)
        assert store.find(b"h", now=0) is None


def test_an_expired_session_is_unknown(tmp_path: Path) -> None:
    """Written or not."""
    with open_store(tmp_path) as store:
        store.remember(session(expires_at=10))
        assert store.find(b"h", now=9) is not None
        assert store.find(b"h", now=10) is None

        store.write(now=0)
        assert store.find(b"h", now=9) is not None
        store.remember(session(b"other"))
        store.write(now=11)
        assert store.find(b"h", now=9) is None


def test_the_newest_facts_of_a_session_win(tmp_path: Path) -> None:
    """Its limit class may have been changed at main."""
    with open_store(tmp_path) as store:
        store.remember(session())
        store.write(now=0)
        store.remember(session(limit_class="trusted"))
        store.write(now=0)

        found = store.find(b"h", now=0)
        assert found is not None
        assert found.limit_class == "trusted"


def test_the_first_link_is_remembered(tmp_path: Path) -> None:
    """A realm that has had its link once serves without it after a restart."""
    with open_store(tmp_path) as store:
        assert (store.had_link, store.epoch) == (False, 0)
        store.link_came(epoch=7)
        assert store.had_link
        store.write(now=0)

    with open_store(tmp_path) as store:
        assert (store.had_link, store.epoch) == (True, 7)


def test_a_line_program_goes_on_where_it_was(tmp_path: Path) -> None:
    """Each account and dialect has places of its own, known at once and after a restart."""
    messi, lineker = Address("messi@surabaya"), Address("lineker@surabaya")
    with open_store(tmp_path) as store:
        store.set_cursors(messi, "mesin", {"c1": 3, "c2": 1})
        store.set_cursors(messi, "kelompok5", {"c1": 9})
        store.write(now=0)
        store.set_cursors(messi, "mesin", {"c1": 4})
        assert store.cursors(messi, "mesin") == {"c1": 4, "c2": 1}
        store.write(now=0)

    with open_store(tmp_path) as store:
        assert store.cursors(messi, "mesin") == {"c1": 4, "c2": 1}
        assert store.cursors(messi, "kelompok5") == {"c1": 9}
        assert store.cursors(lineker, "mesin") == {}


def test_two_servers_do_not_share_a_store(tmp_path: Path) -> None:
    """The second is refused in words."""
    with open_store(tmp_path), pytest.raises(StoreLocked), open_store(tmp_path):
        pass


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """And left as it is."""
    (tmp_path / "realm.db").write_bytes(b"this is not a database" * 100)

    with pytest.raises(StoreDamaged), open_store(tmp_path):
        pass


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """An older program must not touch what it does not know."""
    with open_store(tmp_path):
        pass
    with sqlite3.connect(tmp_path / "realm.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    with pytest.raises(StoreTooNew) as refused, open_store(tmp_path):
        pass
    assert refused.value.fields["found"] == "9999"


def test_a_home_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """It says which, and why."""
    (tmp_path / "file").touch()

    with pytest.raises(StoreUnwritable), open_store(tmp_path / "file" / "home"):
        pass


def test_only_the_owner_reads_the_store(tmp_path: Path) -> None:
    """Hashes of tokens are nobody else's."""
    with open_store(tmp_path / "home"):
        assert (tmp_path / "home" / "realm.db").stat().st_mode & 0o077 == 0
        assert (tmp_path / "home").stat().st_mode & 0o077 == 0


def test_what_cannot_be_written_now_is_written_later(tmp_path: Path) -> None:
    """A locked or full disk loses no session while the realm runs."""
    with open_store(tmp_path) as store:
        blocker = sqlite3.connect(tmp_path / "realm.db", isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        store.remember(session())
        store.write(now=0)
        assert store.find(b"h", now=0) is not None

        blocker.execute("COMMIT")
        blocker.close()
        store.write(now=0)

    with open_store(tmp_path) as store:
        assert store.find(b"h", now=0) is not None
