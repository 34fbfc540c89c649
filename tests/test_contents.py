"""Hashes of what tables hold: the same however it is stored, another for every change, and true after every addition."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pytest

from tests.ownership.test_incremental import make_pages, write
from trails import contents
from trails.case import Case
from trails.contents import KEYED, find_differences, hash_block, record_contents
from trails.errors import CaseError
from trails.ingest import add_source

COLUMNS = "id INTEGER, text VARCHAR, exact DECIMAL(38,0), moment TIMESTAMP, share DOUBLE, flag BOOLEAN, small UTINYINT"
ROWS = [
    (1, "a", "5", "2024-01-01", "0.5", "true", "7"), (2, None, None, None, None, None, None),
    (3, "", "0", "1970-01-01", "0", "false", "0"),
    (4, "ü|\n", "-99999999999999999999999999999999999999", "2099-12-31 23:59:59.999999", "-1e300", "true", "255"),
]  # fmt: skip


def table(rows: Sequence[tuple[object, ...]], columns: str = COLUMNS) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute(f"CREATE TABLE t ({columns})")
    con.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(rows[0]))})", rows)
    return con


def test_the_order_of_storage_does_not_matter() -> None:
    assert hash_block(table(ROWS), "t", 0) == hash_block(table(ROWS[::-1]), "t", 0)
    assert hash_block(table(ROWS), "t", 0)[0] == 4


@pytest.mark.parametrize("row", range(4))
@pytest.mark.parametrize(("column", "value"), [
    ("id", 77), ("text", "b"), ("text", None), ("exact", "6"), ("exact", None),
    ("moment", "2024-01-01 00:00:00.000001"), ("moment", None),
    ("share", "0.5000000000000001"), ("share", None), ("flag", None), ("small", "8"), ("small", None),
])  # fmt: skip
def test_every_change_of_a_value_gives_another_hash(row: int, column: str, value: object) -> None:
    con = table(ROWS)
    before = con.execute(f"SELECT {column} FROM t WHERE id = {row + 1}").fetchone()
    con.execute(f"UPDATE t SET {column} = ? WHERE id = {row + 1}", [value])
    after = con.execute(f"SELECT {column} FROM t ORDER BY id").fetchall()
    changed = before not in after or len({before, *after}) > len(set(after))
    assert (hash_block(con, "t", 0) != hash_block(table(ROWS), "t", 0)) == (changed or after != [
        (each,) for (each,) in table(ROWS).execute(f"SELECT {column} FROM t ORDER BY id").fetchall()
    ])  # fmt: skip


@pytest.mark.parametrize("keyed", [True, False])
def test_a_large_block_is_hashed_in_pieces_to_the_same_hash(keyed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "_ROWS_AT_ONCE", 3)
    if keyed:
        monkeypatch.setitem(KEYED, "t", "id")
    con = table([(number, *row[1:]) for number, row in enumerate(ROWS * 4)])
    whole = hash_block(con, "t", 0)
    monkeypatch.setattr(contents, "hash_rows", None)
    assert hash_block(con, "t", 0, most=0) == whole


def test_a_block_of_more_rows_than_recorded_is_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "BLOCK", 10)
    monkeypatch.setitem(KEYED, "t", "id")
    con = table([(number, "x") for number in range(15)], "id INTEGER, x VARCHAR")
    con.execute("CREATE TABLE contents (name VARCHAR, block INTEGER, rows BIGINT, sha256 VARCHAR)")
    record_contents(con, {"t": None})
    con.execute("INSERT INTO t SELECT 3, 'x' FROM range(1000)")
    con.execute("DELETE FROM t WHERE id >= 10")
    con.execute("DELETE FROM contents WHERE block = 1")
    monkeypatch.setattr(contents, "hash_rows", None)
    assert [str(each) for each in find_differences(con)] == ["table `t`, id 0 to 9"]
    con.execute("UPDATE contents SET rows = 1010, sha256 = '' WHERE block = 0")
    assert [str(each) for each in find_differences(con)] == ["table `t`, id 0 to 9"], "the record may be forged too"
    with pytest.raises(CaseError, match="1,010 rows, more than there are numbers for"):
        record_contents(con, {"t": None})


def test_what_runs_over_from_one_text_to_the_next_is_told_apart() -> None:
    columns = "a VARCHAR, b VARCHAR"
    hashes = {
        hash_block(table([row, ("x", "y")], columns), "t", 0)
        for row in (("ab", "c"), ("a", "bc"), ("abc", ""), ("abc", None))
    }
    assert len(hashes) == 4
    assert hash_block(table([("a", "b")], columns), "t", 0) != hash_block(table([("b", "a")], columns), "t", 0)


@pytest.fixture(scope="module")
def demo(demo_as_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo that nobody has asked anything yet."""
    return Path(shutil.copytree(demo_as_made, tmp_path_factory.mktemp("contents") / "demo"))


@pytest.fixture
def opened(demo: Path) -> Iterator[Case]:
    """The demo case; whatever a test does to its tables is taken back."""
    with Case.open(demo) as case:
        case.con.execute("BEGIN TRANSACTION")
        yield case
        case.con.execute("ROLLBACK")


def test_a_case_agrees_with_its_own_record(opened: Case) -> None:
    assert find_differences(opened.con) == []
    assert {name for (name,) in opened.con.execute("SELECT DISTINCT name FROM contents").fetchall()} >= {
        "transfer_rows", "judgements", "steps", "claim_rows", "sources", "findings",
    }  # fmt: skip


@pytest.mark.parametrize("statement", [
    "UPDATE transfer_rows SET amount = amount + 1 WHERE transfer_id = 5", "DELETE FROM events WHERE event_id = 3",
    'INSERT INTO judgements SELECT 99, target, verdict, who, "at", why, NULL FROM judgements LIMIT 1',
    "UPDATE claim_rows SET state = 1 WHERE claim_id = 1", "UPDATE sources SET name = name || ' ' WHERE source_id = 2",
    "DELETE FROM matches", "UPDATE steps SET version = 'x'",
    "UPDATE transactions SET hash = upper(hash)", "UPDATE nodes SET label = 'x' WHERE node_id = 1", "DELETE FROM assets",
])  # fmt: skip
def test_every_change_behind_the_cases_back_is_found(opened: Case, statement: str) -> None:
    opened.con.execute(statement)
    found = find_differences(opened.con)
    assert len(found) == 1
    assert str(found[0]).startswith("table `")


def test_a_random_cell_of_a_random_table(opened: Case) -> None:
    dice = random.Random(11)
    tables = [
        name
        for name in contents.list_tables(opened.con)
        if opened.con.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone()
    ]
    for _ in range(25):
        name = dice.choice(tables)
        columns = [row[0] for row in opened.con.execute(f"DESCRIBE {name}").fetchall()]
        column = dice.choice(columns)
        opened.con.execute(f"CREATE OR REPLACE TEMP TABLE kept AS SELECT * FROM {name}")
        rows = opened.con.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]
        at = dice.randrange(rows)
        opened.con.execute(f'UPDATE {name} SET "{column}" = NULL WHERE false')
        before = opened.con.execute(f'SELECT "{column}" FROM {name} LIMIT 1 OFFSET {at}').fetchall()
        opened.con.execute(f"DELETE FROM {name} WHERE rowid = (SELECT rowid FROM {name} LIMIT 1 OFFSET {at})")
        assert find_differences(opened.con), (name, column, before)
        opened.con.execute(f"DELETE FROM {name}")
        opened.con.execute(f"INSERT INTO {name} SELECT * FROM kept")
        assert find_differences(opened.con) == [], name


@pytest.mark.parametrize("seed", range(4))
def test_the_record_is_true_after_any_files_in_any_order(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks of 64 numbers, so that files share blocks, complete each other's inputs, and take placeholders away."""
    monkeypatch.setattr(contents, "BLOCK", 64)
    monkeypatch.setattr("trails.merge.transfers.BLOCK", 64)
    pages = make_pages(seed, 90)
    dice = random.Random(seed)
    dice.shuffle(pages)
    with Case.create(tmp_path / "case") as case:
        for number in range(6):
            part = pages[number * 15 : number * 15 + 25]
            add_source(case, write(tmp_path, f"p{number}.json", part))
            assert find_differences(case.con) == [], number
        blocks = case.con.execute("SELECT count(*) FROM contents WHERE name = 'transfer_rows'").fetchone()
        assert blocks is not None
        assert blocks[0] > 5


def test_only_what_was_touched_is_hashed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "BLOCK", 10)
    monkeypatch.setitem(KEYED, "t", "id")
    con = table([(number, "x") for number in range(35)], "id INTEGER, x VARCHAR")
    con.execute("CREATE TABLE contents (name VARCHAR, block INTEGER, rows BIGINT, sha256 VARCHAR)")
    first = record_contents(con, {"t": None})
    con.execute("UPDATE t SET x = 'y' WHERE id = 12")
    assert [str(each) for each in find_differences(con)] == ["table `t`, id 10 to 19"]
    assert record_contents(con, {"t": [0]}) == first, "another block was touched, not this one"
    assert record_contents(con, {"t": [1]}) != first
    assert find_differences(con) == []
    con.execute("DELETE FROM t WHERE id >= 30")
    record_contents(con, {"t": [3]})
    assert con.execute("SELECT block, rows FROM contents ORDER BY block").fetchall() == [(0, 10), (1, 10), (2, 10)]
    assert find_differences(con) == []
