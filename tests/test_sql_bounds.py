"""`trails sql` within its bounds on rows, time and memory, said when they cut; and whatever is no question is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.campaigns.hostile import Figures, measure
from tests.test_cli import Run, run
from trails.case import Case

__all__ = ["run"]  # a fixture

TOO_LONG, TOO_LARGE = "the query was stopped after 2 seconds", "the query needs more than 1GB of memory"
#: Each takes hours, or memory without end; three of them where the database counts nothing and hears nothing.
QUERIES = {
    "a cross join": ("SELECT count(*) FROM range(10000000) a, range(10000000) b", TOO_LONG),
    "a recursion without end": ("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t", TOO_LONG),
    "a list of everything": ("SELECT list(range) FROM range(300000000)", TOO_LARGE),
    "a constant list": ("SELECT range(50000000)", TOO_LARGE),
    "a text cut in pieces": ("SELECT string_split(repeat('a,', 100000000), ',')", TOO_LARGE),
    "a wide answer": (f"SELECT {','.join(f'repeat(chr(120), 1000) c{n}' for n in range(3000))} FROM range(1000)", TOO_LARGE),
}
#: Loading the program is no part of the two seconds, and other work may take the processors.
SPARE_S = 60


def ask(case: Path, query: str, *said: str) -> Figures:
    return measure("sql", 0, [sys.executable, "-m", "trails", "sql", case, query, *said])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not say what a process took")
@pytest.mark.parametrize("name", QUERIES)
def test_time_and_memory_are_bounded_whatever_is_asked(tmp_path: Path, name: str) -> None:
    Case.create(tmp_path / "case").close()
    query, words = QUERIES[name]
    found = ask(tmp_path / "case", query, "--seconds", "2" if words == TOO_LONG else "60")
    assert (found.code, found.said.count("\n")) == (2, 1), found
    assert found.said.startswith(f"trails: {words}"), found
    assert found.peak < 1 << 30, found
    assert found.seconds < SPARE_S + 60, found
    assert not (tmp_path / "case" / "case.duckdb.tmp").exists()
    with Case.open(tmp_path / "case"):
        pass


def test_more_is_given_where_more_is_allowed(tmp_path: Path) -> None:
    Case.create(tmp_path / "case").close()
    query = "SELECT length(list(range)) FROM range(20000000)"
    assert TOO_LARGE.replace("1GB", "250MB") in ask(tmp_path / "case", query, "--memory", "250MB").said
    assert ask(tmp_path / "case", query, "--memory", "3GB").said.split()[-1] == "20,000,000"


def test_rows_are_cut_aloud(run: Run, demo: Path) -> None:
    for words, rows, cut in (((), 1_000, True), (("--limit", "2000"), 1_001, False), (("--limit", "1001"), 1_001, False)):
        shown = run("sql", demo, "SELECT range AS n FROM range(1001)", *words)
        assert (shown.out.count("\n") - 1, "only the first 1,000 rows" in shown.err) == (rows, cut), words
    said = run("sql", demo, "SELECT range AS n FROM range(5)", "--limit", "3", "--json").json
    assert (said["cut"], said["rows"]) == (True, [{"n": 0}, {"n": 1}, {"n": 2}])


@pytest.mark.parametrize(
    "words", [("--limit", "0"), ("--limit", "-1"), ("--seconds", "0"), ("--seconds", "nan"), ("--memory", "lots"),
              ("--memory", "-1GB"),
              ("--memory", "1TB"), ("--memory", "1GB'; SET x = '1"), ("--memory", "")],
)  # fmt: skip
def test_bounds_that_are_none_are_refused(run: Run, demo: Path, words: tuple[str, ...]) -> None:
    shown = run("sql", demo, "SELECT 1", *words)
    assert (shown.code, shown.out) == (2, "")


def test_an_answer_that_is_too_long_is_refused_before_it_is_handed_over(run: Run, demo: Path) -> None:
    shown = run("sql", demo, "SELECT repeat('x', 30000) FROM range(1000)")
    assert shown.code == 2
    assert "the answer has 30,026,000 characters" in shown.err
    assert run("sql", demo, "SELECT repeat('x', 30000) FROM range(1000)", "--limit", "2").out.count("x" * 30_000) == 2


@pytest.mark.parametrize(
    "query",
    ["COPY nodes TO '{path}'", "COPY (SELECT 1) TO '{path}'", "ATTACH '{path}' AS x", "INSTALL httpfs", "LOAD httpfs",
     "PRAGMA database_list", "PRAGMA memory_limit='9GB'", "SET memory_limit = '9GB'", "RESET memory_limit", "CALL duckdb_tables()",
     "EXPORT DATABASE '{path}'", "IMPORT DATABASE '{path}'", "CHECKPOINT", "BEGIN", "CREATE TEMP TABLE x AS SELECT 1", "USE memory",
     "CREATE MACRO f() AS 1", "PREPARE p AS SELECT 1", "EXECUTE p", "SELECT 1; SELECT 2", "SELECT 1; SET memory_limit = '9GB'",
     "DROP TABLE nodes", "DELETE FROM nodes", "UPDATE nodes SET label = 'x'", "INSERT INTO nodes SELECT * FROM nodes", "VACUUM",
     "SELECT * FROM read_text('{path}')", "SELECT * FROM read_csv('{path}')", "SELECT * FROM '{path}'", "FROM glob('{path}')",
     "SELECT * FROM read_blob('{path}')", "SELECT * FROM sniff_csv('{path}')", "SELECT * FROM parquet_scan('{path}')",
     "SELECT getenv('HOME')", "EXPLAIN ANALYZE COPY (SELECT 1) TO '{path}'", "SELECT 1) TO '{path}'", "", " ; ",
     "-- nothing", "SELECT ?"],
)  # fmt: skip
def test_what_is_no_question_or_reaches_a_file_is_refused(run: Run, demo: Path, tmp_path: Path, query: str) -> None:
    path = tmp_path / "secret.csv"
    path.write_text("a secret of the machine")
    shown = run("sql", demo, query.format(path=path))
    assert (shown.code, shown.out) == (2, ""), shown
    assert "secret of" not in shown.err
    assert path.read_text() == "a secret of the machine"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "query",
    ["SELECT 1 -- why", "DESCRIBE transfers", "SHOW TABLES", "SUMMARIZE assets", "FROM sources", "VALUES (1)", "EXPLAIN SELECT 1",
     "WITH a AS (SELECT 1 AS x) SELECT * FROM a;", "SELECT 1 AS a, 2 AS a", "PIVOT (SELECT 1 AS a) ON a", "SELECT NULL"],
)  # fmt: skip
def test_every_form_of_question_is_answered(run: Run, demo: Path, query: str) -> None:
    shown = run("sql", demo, query)
    assert (shown.code, bool(shown.out.strip())) == (0, True), shown
