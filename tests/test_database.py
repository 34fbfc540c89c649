"""A case folder from somebody else is hostile: opening it runs nothing, reaches nothing, and refuses what is not the case's."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.test_cli import FILES
from trails import __version__
from trails.case import Case
from trails.contents import find_differences
from trails.database import Catalogue, connect, forget_databases, is_known, mark_database, read_catalogue
from trails.errors import CaseError
from trails.ingest import add_source
from trails.pipeline import analyse_case
from trails.stored import SCHEMA
from trails.verify import verify_case
from trails.views import write_pictures, write_report

FIXTURE = Path(__file__).parent / "fixtures" / "case_0.1.0.tar.gz"
SECRET = "a secret of the machine"  # noqa: S105 - not a password


def alter(case: Case, *statements: str) -> None:
    """Change a case's database with an ordinary connection, as somebody else could."""
    case.close()
    with duckdb.connect(str(case.folder / "case.duckdb")) as con:
        for statement in statements:
            con.execute(statement)


@pytest.mark.parametrize("name", ["sources", "nodes", "transfer_rows", "findings", "journal", "about"])
def test_a_table_replaced_by_a_view_is_refused_before_it_is_read(case: Case, name: str, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(SECRET)
    alter(case, f"DROP TABLE {name}", f"CREATE VIEW {name} AS SELECT content FROM read_text('{tmp_path}/secret.txt')")
    for read_only in (True, False):
        with pytest.raises(CaseError, match=f"view `{name}`") as raised:
            Case.open(case.folder, read_only=read_only)
        assert SECRET not in str(raised.value)


@pytest.mark.parametrize(("statement", "said"), [
    ("CREATE VIEW transfers AS SELECT 1 AS x", "view `transfers`"),
    ("CREATE TABLE mine (x INTEGER)", "table `mine`"),
    ("CREATE MACRO now_and_then(x) AS x + 1", "macro `now_and_then`"),
    ("CREATE MACRO list_all() AS TABLE SELECT 1", "macro `list_all`"),
    ("CREATE MACRO duckdb_functions() AS TABLE SELECT 'm' AS schema_name, 'f' AS function_name, true AS internal LIMIT 0",
     "macro `duckdb_functions`"),
    ("CREATE MACRO duckdb_views() AS TABLE SELECT 'm' AS schema_name, 'v' AS view_name, true AS internal, false AS temporary",
     "macro `duckdb_views`"),
    ("CREATE MACRO string_agg(a, b) AS 'nothing'", "macro `string_agg`"),
    ("CREATE MACRO current_database() AS 'other'", "macro `current_database`"),
    ('CREATE MACRO "||"(a, b) AS 1', r"macro `\|\|`"),
    ("COMMENT ON TABLE nodes IS 'a remark'", "table `nodes` has another form"),
    ("COMMENT ON COLUMN nodes.label IS 'a remark'", "table `nodes` has another form"),
    ("CREATE SCHEMA other; CREATE TABLE other.nodes (x INTEGER)", "schema `other`, table `other.nodes`"),
    ("ALTER TABLE nodes ADD PRIMARY KEY (node_id)", "constraint `nodes PRIMARY KEY"),
    ("CREATE TYPE mood AS ENUM ('sad')", "type `mood`"),
    ("CREATE SEQUENCE s", "sequence `s`"),
    ("CREATE SCHEMA other", "schema `other`"),
    ("CREATE INDEX i ON nodes (node_id)", "index `i`"),
    ("CREATE TRIGGER t AFTER INSERT ON nodes FOR EACH STATEMENT INSERT INTO prices SELECT * FROM prices", "trigger `t`"),
    ("ALTER TABLE nodes ALTER COLUMN label SET DEFAULT 'x'", "table `nodes` has another form"),
    ("ALTER TABLE nodes ADD COLUMN extra INTEGER", "table `nodes` has another form"),
    ("ALTER TABLE nodes DROP COLUMN label", "table `nodes` has another form"),
    ("ALTER TABLE nodes ALTER COLUMN node_id TYPE VARCHAR", "table `nodes` has another form"),
    ("DROP TABLE events", "table `events` is missing"),
    ("CREATE TABLE checked (x INTEGER CHECK (x > 0))", "`checked"),
])  # fmt: skip
def test_whatever_the_contract_does_not_list_is_refused_by_name(case: Case, statement: str, said: str) -> None:
    alter(case, statement)
    for read_only in (True, False):
        with pytest.raises(CaseError, match=said):
            Case.open(case.folder, read_only=read_only)


def test_a_database_is_looked_through_once_in_each_state(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks many questions in one process waits for it once; whatever anybody changes in between is looked at again."""
    looked: list[duckdb.DuckDBPyConnection] = []

    def look(con: duckdb.DuckDBPyConnection) -> Catalogue:
        looked.append(con)
        return read_catalogue(con)

    monkeypatch.setattr("trails.case.read_catalogue", look)
    case.close()
    forget_databases()
    for read_only in (True, False, True):
        Case.open(case.folder, read_only=read_only).close()
    assert len(looked) == 1
    os.utime(case.folder / "case.duckdb")
    Case.open(case.folder, read_only=True).close()
    assert len(looked) == 2
    alter(case, "CREATE MACRO lower(x) AS 'nobody'")
    for _ in range(2):
        with pytest.raises(CaseError, match="macro `lower`"):
            Case.open(case.folder, read_only=True)
    assert len(looked) == 4


def test_rows_that_wait_beside_a_database_are_looked_at(case: Case) -> None:
    case.close()
    assert is_known(mark_database(case.folder / "case.duckdb"))
    (case.folder / "case.duckdb.wal").write_bytes(b"")
    assert not is_known(mark_database(case.folder / "case.duckdb"))
    assert not is_known(mark_database(case.folder / "no.duckdb"))


@pytest.mark.parametrize("query", [
    "SELECT * FROM read_text('{path}')", "SELECT * FROM '{path}'", "COPY nodes TO '{path}'", "ATTACH '{path}' AS other",
    "INSTALL httpfs", "LOAD httpfs", "SET enable_external_access = true", "EXPORT DATABASE '{path}'",
    "SELECT * FROM glob('{path}')",
    "CREATE PERSISTENT SECRET s (TYPE http)", "COPY nodes FROM '{path}'",
])  # fmt: skip
@pytest.mark.parametrize("read_only", [True, False])
def test_an_open_case_reaches_nothing_outside(case: Case, tmp_path: Path, query: str, *, read_only: bool) -> None:
    (tmp_path / "secret.csv").write_text(SECRET)
    case.close()
    with Case.open(case.folder, read_only=read_only) as opened, pytest.raises(duckdb.Error) as raised:
        opened.con.execute(query.format(path=tmp_path / "secret.csv")).fetchall()
    assert SECRET not in str(raised.value)
    assert (tmp_path / "secret.csv").read_text() == SECRET


def test_large_work_still_goes_to_the_disk(tmp_path: Path) -> None:
    con = connect(tmp_path / "x.duckdb", read_only=False)
    con.execute("SET memory_limit = '60MB'")
    con.execute("CREATE TABLE big AS SELECT range AS i, sha256(range::VARCHAR) AS h FROM range(800_000)")
    assert con.execute("SELECT count(*) FROM (SELECT * FROM big ORDER BY h)").fetchall() == [(800_000,)]


@pytest.mark.parametrize("part", ["case.toml", "case.duckdb", "log.jsonl", "sources", "out"])
def test_a_part_that_is_a_link_to_somewhere_else_is_refused(case: Case, part: str, tmp_path: Path) -> None:
    case.close()
    real = (case.folder / part).rename(tmp_path / "elsewhere")
    (case.folder / part).symlink_to(real)
    with pytest.raises(CaseError, match=f"{part} is a symbolic link"):
        Case.open(case.folder)


def test_a_report_never_follows_a_link_in_out(case: Case, tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    for name in ("report.html", "report.json", ".trails-new"):
        (case.folder / "out" / name).symlink_to(mine)
    analyse_case(case)
    written = write_report(case, case.folder / "out")
    assert mine.read_text() == "mine"
    assert not any(path.is_symlink() for path in written)
    assert verify_case(case).problems == []


@pytest.mark.parametrize("said", ["Permission denied", "Read-only file system"])
def test_a_case_that_may_only_be_read_says_what_still_works(case: Case, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = duckdb.connect

    def refuse_writing(path: str, *, read_only: bool, config: dict[str, Any]) -> duckdb.DuckDBPyConnection:
        if not read_only:
            raise duckdb.IOException(f'IO Error: Cannot open file "{path}": {said}')
        return plain(path, read_only=read_only, config=config)

    case.close()
    monkeypatch.setattr(duckdb, "connect", refuse_writing)
    with pytest.raises(CaseError, match="may not be written to: questions and `trails check` work on it as it is"):
        Case.open(case.folder)
    with Case.open(case.folder, read_only=True) as opened:
        assert verify_case(opened).problems == []


def test_everything_in_a_case_is_its_owners_alone(case: Case) -> None:
    import os

    os.umask(0o000)
    try:
        add_source(case, FILES / "ledger_amber.csv")
        analyse_case(case)
        write_report(case, case.folder / "out")
        write_pictures(case, case.folder / "out", table=True)
        case.close()
        with Case.open(case.folder):
            pass
    finally:
        os.umask(0o022)
    modes = {path.relative_to(case.folder).as_posix(): path.stat().st_mode & 0o077 for path in case.folder.rglob("*")}
    assert not any(modes.values()), modes
    assert [path.stat().st_mode & 0o777 for path in (case.folder / "sources").iterdir()] == [0o400]
    assert case.folder.stat().st_mode & 0o777 == 0o700


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The demo case as version 0.1.0 made it."""
    with tarfile.open(FIXTURE) as packed:
        packed.extractall(tmp_path / "old", filter="data")
    return tmp_path / "old"


def test_a_case_of_0_1_0_is_upgraded_on_a_copy_and_analysed_anew(old: Path) -> None:
    before = (old / "case.duckdb").read_bytes()
    with pytest.raises(CaseError, match="made by an earlier trails; run `trails analyse"):
        Case.open(old, read_only=True)
    assert (old / "case.duckdb").read_bytes() == before
    with Case.open(old) as case:
        assert case.notices == [
            f"the case was made by trails 0.1.0; its tables were brought up to {__version__}, its results are to be made anew"
        ]
        assert case.con.execute("SELECT count(*) FROM transfers").fetchall() == [(196,)]
        assert case.con.execute("SELECT count(*) FROM judgements").fetchall() == [(9,)]
        assert case.con.execute("SELECT count(*) FROM findings").fetchall() == [(0,)]
        assert case.con.execute("SELECT schema FROM about").fetchall() == [(SCHEMA,)]
        assert find_differences(case.con) == []
        assert verify_case(case).problems == []
        analyse_case(case)
        assert case.con.execute("SELECT count(*) FROM links").fetchall() == [(4,)]
        write_report(case, old / "out")
    with Case.open(old, read_only=True) as again:
        assert again.notices == []
    assert not list(old.glob("case.duckdb.*"))


def test_an_upgrade_that_fails_leaves_the_case_as_it_was(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (old / "case.duckdb").read_bytes()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("trails.upgrade._move_rows", stop)
    with pytest.raises(KeyboardInterrupt):
        Case.open(old)
    assert (old / "case.duckdb").read_bytes() == before
    monkeypatch.undo()
    with Case.open(old) as case:
        assert case.con.execute("SELECT count(*) FROM transfers").fetchall() == [(196,)]


def test_an_old_case_with_something_foreign_in_it_is_no_old_case(old: Path) -> None:
    with duckdb.connect(str(old / "case.duckdb")) as con:
        con.execute("CREATE MACRO sha256(x) AS 'never'")
    with pytest.raises(CaseError, match="macro `sha256`"):
        Case.open(old)


def test_a_case_of_a_newer_version_is_left_alone(case: Case) -> None:
    alter(case, "UPDATE about SET schema = 99, made_by = '9.9'", "ALTER TABLE nodes ADD COLUMN later INTEGER")
    with pytest.raises(CaseError, match=r"made by trails 9\.9, which is newer"):
        Case.open(case.folder)
