"""The operator's commands: on a running server, on a store alone, and what the audit log keeps."""

import contextlib
import json
import socket
import sqlite3
import stat
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from main_server.operator_socket import ask_server
from main_server.rules.audit import note
from main_server.store.backup import back_up, restore, verify
from main_server.store.database import open_engine
from main_server.store.writer import write_once
from realm_protocol.errors import StoreDamaged, StoreTooNew, StoreUnwritable, TimedOut
from realm_service.operator_line import socket_path
from tests.main_server.realm_end import open_link
from tests.system.processes import MainProcess, console_script, environment, run_operator_command


@pytest.fixture
def main(tmp_path: Path) -> Iterator[MainProcess]:
    process = MainProcess(tmp_path)
    yield process
    process.end()


def _refused(main: MainProcess, *arguments: str, stdin: str = "") -> str:
    ended = run_operator_command(main.home, *arguments, stdin=stdin)
    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr
    return ended.stderr


@pytest.mark.parametrize("running", [False, True])
def test_realms_and_people(main: MainProcess, running: bool) -> None:
    """The same commands, whether a server has the store or nobody."""
    if running:
        main.start()
        main.wait_ready()
    key = main.add_realm("surabaya", 8000)
    assert len(key) >= 43
    assert "exists already" in _refused(main, "realm", "add", "surabaya")
    assert "can't be a name" in _refused(main, "realm", "add", "Sura baya")
    main.add_user("messi@surabaya", "rahasia", "--name", "Lionel Messi", "--country", "Argentina")
    assert "exists already" in _refused(
        main, "user", "add", "messi@surabaya", "--password-stdin", stdin="x"
    )
    assert json.loads(_refused(main, "realm", "add", "surabaya"))["error"] == {
        "realm": "surabaya",
        "code": "realm_exists",
        "message": "A realm surabaya exists already.",
    }
    assert "no realm jakarta" in _refused(
        main, "user", "add", "messi@jakarta", "--password-stdin", stdin="x"
    )
    user = main.operate("user", "list")
    assert (user["address"], user["name"], user["limits"]) == (
        "messi@surabaya",
        "Lionel Messi",
        "standard",
    )
    main.operate("user", "set-limits", "messi@surabaya", "trusted")
    main.operate("user", "disable", "messi@surabaya")
    main.operate("user", "make-operator", "messi@surabaya")
    user = main.operate("user", "list")
    assert (user["limits"], user["disabled"], user["operator"]) == ("trusted", True, True)
    assert "has 1 people" in _refused(main, "realm", "remove", "surabaya")
    main.operate("realm", "remove", "surabaya", "--disable")
    assert main.operate("realm", "list")["enabled"] is False
    main.operate("realm", "enable", "surabaya")
    assert main.operate("realm", "list")["enabled"] is True
    main.operate("realm", "set-address", "surabaya", "chat.sby", "8443")
    listed = main.operate("realm", "list")
    assert (listed["host"], listed["port"]) == ("chat.sby", 8443)
    assert "no realm jakarta" in _refused(main, "realm", "set-address", "jakarta", "a", "1")
    assert "65535" in _refused(main, "realm", "set-address", "surabaya", "chat.sby", "65536")


def test_groups_are_listed_and_only_real_ones_closed(main: MainProcess) -> None:
    """In words, from the command line."""
    main.add_realm("surabaya", 8000)
    assert run_operator_command(main.home, "group", "list", "--realm", "surabaya").stdout == ""
    assert "no group jarkom3@surabaya" in _refused(main, "group", "close", "jarkom3@surabaya")
    assert "can't be an address" in _refused(main, "group", "reopen", "jarkom3")


def test_a_table_in_a_pipe_is_not_cut(main: MainProcess) -> None:
    """However long a name is: what reads it gets all of it."""
    host = "chat." + "surabaya." * 12 + "example.org"
    main.operate("realm", "add", "surabaya", "--address", host, "--port", "8000")
    listed = subprocess.run(
        [console_script("main-server"), "realm", "list"],
        env=environment(main.home),
        capture_output=True,
        text=True,
        check=True,
    )
    assert host in listed.stdout


def test_the_audit_log_knows_what_was_done(main: MainProcess) -> None:
    """And neither a password nor a key."""
    key = main.add_realm("surabaya", 8000)
    main.add_user("messi@surabaya", "rahasia")
    main.operate("user", "set-password", "messi@surabaya", "--password-stdin", stdin="lain sekali")
    main.operate("realm", "set-address", "surabaya", "chat.sby", "8000")
    ended = run_operator_command(main.home, "audit")
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [(row["action"], row["subject"]) for row in rows] == [
        ("realm add", "surabaya"),
        ("user add", "messi@surabaya"),
        ("user set-password", "messi@surabaya"),
        ("realm set-address", "surabaya"),
    ]
    assert all(secret not in ended.stdout for secret in (key, "rahasia", "lain sekali"))


def test_only_the_owner_reaches_the_operators_socket(main: MainProcess) -> None:
    main.start()
    main.wait_ready()
    folder = main.home / "main"
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_backup_while_it_runs_and_restore(main: MainProcess, tmp_path: Path) -> None:
    """A backup has what was acknowledged before it; a restore has a new epoch and is verified."""
    main.start()
    main.wait_ready()
    key = main.add_realm("surabaya", 1)
    main.add_user("messi@surabaya", "surabaya")
    url = main.url.replace("http", "ws")
    end = await open_link(url, key)
    first_epoch = (await end.hello("surabaya")).epoch
    messi = await end.enter("messi@surabaya")
    sent = await messi.send(messi.address, "satu", key="k1")
    saved = tmp_path / "saved.db"
    main.operate("backup", str(saved))
    await messi.send(messi.address, "dua", key="k2")
    end.channel.abort()

    assert "in use" in _refused(main, "restore", str(saved))
    main.stop()
    assert "no backup" in _refused(main, "restore", str(tmp_path / "nothing.db"))
    restored = main.operate("restore", str(saved))
    assert main.operate("verify")["messages"] == 1
    main.start()
    main.wait_ready()

    end = await open_link(url, key)
    assert (await end.hello("surabaya")).epoch == restored["epoch"] > first_epoch
    messi = await end.enter("messi@surabaya")
    again = await messi.send(messi.address, "dua", key="k2")
    assert (again.conversation, again.seq) == (sent.conversation, 2)
    end.channel.abort()


def test_a_hole_is_found(main: MainProcess, tmp_path: Path) -> None:
    """`verify` looks at what must hold, not only at the file."""
    import sqlite3

    main.add_realm("surabaya", 1)
    main.add_user("messi@surabaya", "surabaya")
    store = main.home / "main" / "main.db"
    with sqlite3.connect(store) as connection:
        connection.execute(
            "INSERT INTO conversations (public_id, kind, last_seq, changed_at, created_at)"
            " VALUES ('p1', 'private', 2, 1, 1)"
        )
    connection.close()
    assert "numbers without holes: p1" in _refused(main, "verify")


def test_a_database_that_is_not_sqlite_is_refused_in_words(tmp_path: Path) -> None:
    """And its password is not repeated."""
    ended = subprocess.run(
        [
            *(console_script("main-server"), "serve"),
            *("--database-url", "postgresql://me:geheim@127.0.0.1/chat"),
        ],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "stores in SQLite" in ended.stderr
    assert "geheim" not in ended.stderr


def test_clear_text_is_refused_off_loopback(tmp_path: Path) -> None:
    ended = subprocess.run(
        [console_script("main-server"), "serve", "--host", "0.0.0.0"],  # noqa: S104
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, "in the clear" in ended.stderr) == (1, True)


def test_many_people_are_made_at_once(main: MainProcess) -> None:
    """All of a list or none; those who exist are left alone, so it can be repeated."""
    main.add_realm("surabaya", 1)
    lines = [{"address": f"p{n}@surabaya", "password": "rahasia"} for n in range(3)]
    listed = "\n".join(map(json.dumps, lines))
    assert main.operate("user", "import", stdin=listed) == {"made": 3, "existed": 0}
    assert main.operate("user", "import", stdin=listed) == {"made": 0, "existed": 3}
    more = '{"address": "p9@surabaya", "password": "x"}\n{"address": "p8@jakarta", "password": "x"}'
    assert "no realm jakarta" in _refused(main, "user", "import", stdin=more)
    assert "line 2" in _refused(main, "user", "import", stdin=listed.splitlines()[0] + "\nnope")
    assert len(run_operator_command(main.home, "user", "list").stdout.splitlines()) == 3


def test_a_backup_is_done_while_others_write(keys: dict[str, str], store: Path) -> None:
    """It takes one snapshot, however often the store changes meanwhile."""
    engine = open_engine(store)
    fill = "INSERT INTO audit (at, actor, action, subject) SELECT 0, '', '', hex(zeroblob(1000000))"
    for _ in range(20):
        write_once(engine, lambda tx: tx.connection.exec_driver_sql(fill))
    done, changes = threading.Event(), 0

    def change() -> None:
        nonlocal changes
        while not done.is_set() and changes < 2000:
            write_once(engine, lambda tx: note(tx, actor="", action="", subject=""))
            changes += 1

    writing = threading.Thread(target=change)
    writing.start()
    try:
        back_up(store, store.with_name("saved.db"))
        assert changes < 2000
    finally:
        done.set()
        writing.join()
        engine.dispose()
    assert verify(store.with_name("saved.db"))["people"] == 6


def test_a_backup_never_takes_the_stores_place(keys: dict[str, str], store: Path) -> None:
    """Nor that of a file beside it which belongs to it."""
    for part in (store, store.with_name("main.db-wal")):
        with pytest.raises(StoreUnwritable):
            back_up(store, part)


def test_a_bad_backup_replaces_nothing(keys: dict[str, str], store: Path, tmp_path: Path) -> None:
    """Damaged or of a newer version: the store that is there stays."""
    good, newer, damaged = (tmp_path / name for name in ("good", "newer", "damaged"))
    back_up(store, good)
    back_up(store, newer)
    with contextlib.closing(sqlite3.connect(newer)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    damaged.write_bytes(good.read_bytes()[: good.stat().st_size // 2])

    with pytest.raises(StoreTooNew):
        restore(store, newer)
    with pytest.raises(StoreDamaged):
        restore(store, damaged)
    assert verify(store)["people"] == 6
    assert not store.with_name("main.db.before-restore").exists()


def test_every_store_that_was_replaced_is_kept(keys: dict[str, str], store: Path) -> None:
    """A second restore doesn't destroy what the first one put aside."""
    empty, full = store.with_name("empty"), store.with_name("full")
    open_engine(empty).dispose()
    back_up(store, full)
    restore(store, empty)
    restore(store, full)
    assert verify(store.with_name("main.db.before-restore"))["people"] == 6
    assert verify(store.with_name("main.db.before-restore-2"))["people"] == 0


def test_a_server_that_ends_before_it_answers_is_told_in_words(store: Path) -> None:
    """And the command isn't done a second time on the store."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(socket_path(store)))
        server.listen()

        def end_early() -> None:
            server.accept()[0].close()

        ending = threading.Thread(target=end_early)
        ending.start()
        with pytest.raises(TimedOut):
            ask_server(store, "realm add", {"name": "surabaya"})
        ending.join()


def test_a_home_may_lie_deep(tmp_path: Path) -> None:
    """Deeper than the address of a Unix socket is long."""
    home = tmp_path / ("a" * 60) / ("b" * 60)
    home.mkdir(parents=True)
    main = MainProcess(home)
    try:
        main.start()
        main.wait_ready()
        assert main.add_realm("surabaya", 8000)
    finally:
        main.end()
