"""Whatever goes wrong with a database is a problem that says truly whether to try again."""

import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from adbc_driver_manager import OperationalError

from cohort_membership.problems import Problems, all_retryable, plain_text
from cohort_membership.stores.sql import session
from tests.stores.cohorts import NEW, build, builder, codes, lay_out
from tests.stores.postgres_server import PASSWORD, USER
from tests.stores.sql.tables import OBJECTION, PostgresTables, SqliteTables, Tables
from tests.stores.sql.test_interruptions import TRACED
from tests.stores.sweep import FULL, share

sqlite_module = pytest.importorskip("cohort_membership.stores.sql.sqlite")


END_A_COPY = """
DO $$ BEGIN
  FOR attempt IN 1..2000 LOOP
    PERFORM pg_stat_clear_snapshot();
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND query LIKE 'COPY%' AND state = 'active';
    EXIT WHEN FOUND;
    PERFORM pg_sleep(0.002);
  END LOOP;
END $$"""


def problem(result: Any) -> tuple[str, bool, str]:
    problems: Problems = result.failure()
    return problems[0].code, all_retryable(problems), plain_text(problems)


def test_a_failure_of_any_call_is_a_problem_and_nothing_is_lost(
    tables: Tables, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call in turn is answered with a lost connection, then the build is done again."""
    build(root, tables.address).unwrap()
    old = tables.contents()
    lay_out(root, "alpha", combos=NEW)
    names = [target.rpartition(".")[2] for target in TRACED if "close" not in target]
    calls: list[str] = []
    fail_at = -1

    def traced(name: str) -> Any:
        original = getattr(session.Session, name)

        def call(self: session.Session, *values: Any) -> Any:
            calls.append(name)
            if len(calls) - 1 == fail_at:
                raise OperationalError("IO: server closed the connection unexpectedly", status_code=10)
            return original(self, *values)

        return call

    for name in names:
        monkeypatch.setattr(session.Session, name, traced(name))
    build(root, tables.address, dry_run=True).unwrap()
    calls.clear()
    lay_out(root, "alpha")
    build(root, tables.address).unwrap()
    points = share(range(len(calls)), 6)
    for number in points:
        tables.clear()
        lay_out(root, "alpha")
        build(root, tables.address).unwrap()
        lay_out(root, "alpha", combos=NEW)
        calls.clear()
        fail_at = number
        result = build(root, tables.address)
        fail_at = -1
        assert codes(result) in (["storage-unavailable"], []), number
        if codes(result):
            assert all_retryable(result.failure())
            assert tables.contents() == old
        build(root, tables.address).unwrap()
        assert len(tables.contents()["memberships"]) == 9
    print(f"\n{tables.name}: {len(points)} faults, nothing lost")


def test_a_server_that_restarts_while_rows_are_loaded_is_unavailable_and_keeps_what_was(
    postgres: PostgresTables, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(root, postgres.address).unwrap()
    old = postgres.contents()
    lay_out(root, "alpha", combos=NEW)
    ingest = session.Session.ingest
    ends = [signal.SIGINT, signal.SIGQUIT]

    def restarting(self: session.Session, *values: Any) -> None:
        if len(values) == 2 and ends:
            postgres.server.stop(ends.pop())
            postgres.server.start()
        ingest(self, *values)

    monkeypatch.setattr(session.Session, "ingest", restarting)
    while ends:
        code, retryable, text = problem(build(root, postgres.address))
        assert (code, retryable) == ("storage-unavailable", True), text
        assert postgres.contents() == old
    build(root, postgres.address).unwrap()
    assert len(postgres.contents()["memberships"]) == 9


@pytest.mark.skipif(not FULL, reason="a sweep: COHORT_SWEEP=1")
def test_a_connection_that_the_server_ends_while_it_works_is_unavailable(
    postgres: PostgresTables, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of a COPY, not between two calls."""
    build(root, postgres.address).unwrap()
    old = postgres.contents()
    large = lay_out(root, "alpha", replicates=200)
    ingest = session.Session.ingest

    def ended(self: session.Session, *values: Any) -> None:
        end = threading.Thread(target=postgres.run, args=(END_A_COPY,))
        end.start()
        try:
            ingest(self, *values)
        finally:
            end.join()

    monkeypatch.setattr(session.Session, "ingest", ended)
    code, retryable, text = problem(build(large, postgres.address, seed_metadata=False))
    assert (code, retryable) == ("storage-unavailable", True), text
    assert postgres.contents() == old


def test_nobody_at_the_address_is_unavailable(root: Path) -> None:
    pytest.importorskip("adbc_driver_postgresql")
    code, retryable, text = problem(build(root, "postgresql://ann:SENTINEL@127.0.0.1:1/x"))
    assert (code, retryable) == ("storage-unavailable", True)
    assert "SENTINEL" not in text


def test_who_is_not_let_in_is_denied(postgres: PostgresTables, root: Path) -> None:
    wrong = postgres.server.address(postgres.database, password="SENTINEL-wrong")
    missing = postgres.server.address("no_such_database")
    for address in (wrong, missing):
        code, retryable, text = problem(build(root, address))
        assert (code, retryable) == ("storage-denied", False), text
        assert "SENTINEL" not in text


def test_who_may_not_write_is_denied(postgres: PostgresTables, root: Path) -> None:
    build(root, postgres.address).unwrap()
    before = postgres.contents()
    postgres.run(
        "DROP ROLE IF EXISTS reader",
        "CREATE ROLE reader LOGIN PASSWORD 'SENTINEL-r'",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
    )
    address = postgres.address.replace(f"{USER}:", "reader:").replace(
        PASSWORD.replace("/", "%2F"), "SENTINEL-r"
    )
    code, retryable, text = problem(build(lay_out(root, "alpha", combos=NEW), address))
    postgres.run("DROP OWNED BY reader", "DROP ROLE reader")
    assert (code, retryable) == ("storage-denied", False)
    assert "permission denied for table" in text
    assert "SENTINEL" not in text
    assert postgres.contents() == before


def test_the_password_comes_from_the_environment_or_a_file(
    postgres: PostgresTables, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = f"postgresql://127.0.0.1:{postgres.server.port}/{postgres.database}"
    monkeypatch.setenv("PGUSER", USER)
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    build(root, bare).unwrap()
    monkeypatch.delenv("PGPASSWORD")
    file = tmp_path / "pgpass"
    file.write_text(f"*:*:*:{USER}:{PASSWORD}\n")
    file.chmod(stat.S_IRUSR | stat.S_IWUSR)
    monkeypatch.setenv("PGPASSFILE", str(file))
    assert build(root, bare).unwrap().reused == 6


def test_no_text_that_comes_out_holds_a_secret(
    postgres: PostgresTables, root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    report = build(root, postgres.address).unwrap()
    postgres.run("ALTER TABLE memberships RENAME COLUMN parent_gen_id TO parent")
    problems = build(root, postgres.address).failure()
    out = [repr(report), str(report.as_json()), repr(problems), plain_text(problems), *capfd.readouterr()]
    out += [repr(builder(root, postgres.address)), repr(postgres.reader), str(postgres.contents())]
    assert not any("SENTINEL" in text for text in out)


def test_an_error_that_a_trigger_raises_is_denied_and_keeps_what_was(tables: Tables, root: Path) -> None:
    build(root, tables.address).unwrap()
    old = tables.contents()
    tables.forbid_writing()
    code, retryable, text = problem(build(lay_out(root, "alpha", combos=NEW), tables.address))
    assert (code, retryable) == ("storage-denied", False)
    assert OBJECTION in text
    assert tables.contents() == old


def test_a_build_that_another_build_of_the_cohort_precludes_is_locked(
    postgres: PostgresTables, root: Path
) -> None:
    import adbc_driver_postgresql.dbapi

    with adbc_driver_postgresql.dbapi.connect(postgres.address, autocommit=True) as connection:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_lock(hashtextextended('cohort-membership cohort alpha', 0))::text AS l"
            )
        assert codes(build(root, postgres.address)) == ["cohort-locked"]
    build(root, postgres.address).unwrap()


def test_sqlite_waits_for_another_writer_and_then_tells(
    sqlite: SqliteTables, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(root, sqlite.address).unwrap()
    lay_out(root, "alpha", combos=NEW)
    monkeypatch.setattr(sqlite_module, "BUSY_TIMEOUT", 100)
    # In a process of its own: within one process SQLite's locks keep nobody out.
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        " c.execute('BEGIN IMMEDIATE'); print('held', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(sqlite.file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        assert codes(build(root, sqlite.address)) == ["cohort-locked"]
        other.communicate(b"\n")
    build(root, sqlite.address).unwrap()


def test_sqlite_without_space_is_storage_full_and_keeps_what_was(
    sqlite: SqliteTables, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(root, sqlite.address).unwrap()
    old = sqlite.contents()
    connect = sqlite_module.Sqlite.connect

    def small(self: Any, *, create: bool) -> Any:
        found = connect(self, create=create)
        assert found is not None
        found.rows("PRAGMA max_page_count = 1")  # It cannot get lower than what is there.
        return found

    monkeypatch.setattr(sqlite_module.Sqlite, "connect", small)
    large = lay_out(root, "alpha", replicates=30)
    code, retryable, _ = problem(build(large, sqlite.address))
    assert (code, retryable) == ("storage-full", True)
    assert sqlite.contents() == old


def test_a_file_that_is_no_database_or_cannot_be_one_is_told(tmp_path: Path, root: Path) -> None:
    pytest.importorskip("adbc_driver_sqlite")
    (tmp_path / "text.db").write_text("a text and no database, long enough to be taken for one " * 40)
    (tmp_path / "folder.db").mkdir()
    assert codes(build(root, f"sqlite:///{tmp_path}/text.db")) == ["artifact-corrupt"]
    assert codes(build(root, f"sqlite:///{tmp_path}/folder.db")) == ["storage-denied"]
    assert codes(build(root, f"sqlite:///{tmp_path}/text.db/below/x.db")) == ["storage-denied"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ('could not translate host name "h" to address: Name or service not known', "storage-denied"),
        ('definition of service "none" not found', "storage-denied"),
        ('Unix-domain socket path "/x" is too long (maximum 107 bytes)', "storage-denied"),
        ('invalid port number: "70000"', "storage-denied"),
        ('could not translate host name "h" to address: Temporary failure', "storage-unavailable"),
        ('connection to server at "db.invalid" failed: Connection refused', "storage-unavailable"),
    ],
)
def test_a_wrong_address_is_not_tried_again_and_a_server_that_is_away_is(words: str, code: str) -> None:
    postgres = pytest.importorskip("cohort_membership.stores.sql.postgres")
    assert postgres.problem_of(f"IO: [libpq] Failed to connect: {words}", None, "write").code == code
