"""The hashes of the tables and of the log, recomputed in plain Python from what docs/method-integrity.md says, and no more."""

from __future__ import annotations

import hashlib
import json
import struct
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from trails.contents import KEYED, hash_block

PAGE = (Path(__file__).parent.parent / "trails" / "docs" / "method-integrity.md").read_text(encoding="utf-8")
KEYS = {
    "nodes": "node_id", "entities": "node_id", "transfer_rows": "transfer_id", "transactions": "tx_id", "events": "event_id",
    "tags": "tag_id", "prices": "price_id", "issues": "issue_id", "claim_rows": "claim_id",
}  # fmt: skip
BLOCK = 262_144


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write_value(value: Any, kind: str) -> bytes:
    if kind.startswith("DECIMAL"):
        assert kind.endswith(",0)"), "no table of a case holds parts of a base unit"
        return int(value or 0).to_bytes(16, "little", signed=True)
    if kind == "BOOLEAN":
        return bytes([bool(value)])
    if kind == "DOUBLE":
        return struct.pack("<d", value or 0.0)
    if kind.startswith("TIMESTAMP"):
        since = (value - datetime(1970, 1, 1, tzinfo=value.tzinfo)) if value else None
        value = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds if since else 0
    return int(value or 0).to_bytes(8, "little", signed=True)


def hash_by_hand(con: duckdb.DuckDBPyConnection, table: str, block: int = 0) -> str:
    key = KEYS.get(table)
    within = f"WHERE greatest({key}, 0) // {BLOCK} = {block} ORDER BY {key}" if key else "ORDER BY ALL"
    result = con.execute(f"SELECT * FROM {table} {within}")
    columns = [(name, str(kind)) for name, kind, *_ in result.description or []]
    rows = result.fetchall()
    whole = f"{table}\n{len(rows)}\n".encode()
    for at, (name, kind) in enumerate(columns):
        values = [row[at] for row in rows]
        column = f"{name}\n".encode() + bytes(value is not None for value in values)
        if kind == "VARCHAR":
            texts = [(value or "").encode() for value in values]
            column += b"".join(len(text).to_bytes(4, "little") for text in texts) + b"".join(texts)
        else:
            column += b"".join(write_value(value, kind) for value in values)
        whole += hashlib.sha256(column).digest()
    return sha(whole)


@pytest.fixture(scope="module")
def opened(demo: Path) -> Any:
    with duckdb.connect(str(demo / "case.duckdb"), read_only=True) as con:
        con.execute("SET TimeZone = 'UTC'")
        yield con


def test_every_block_and_every_table_of_the_demo(opened: duckdb.DuckDBPyConnection, demo: Path) -> None:
    recorded = opened.execute("SELECT name, block, rows, sha256 FROM contents").fetchall()
    assert len(recorded) > 20
    for name, block, _, digest in recorded:
        assert hash_by_hand(opened, name, block) == digest, name
    logged: dict[str, str] = {}
    for line in (demo / "log.jsonl").read_text(encoding="utf-8").splitlines():
        logged |= json.loads(line).get("tables", {})
    filled = {name: sha(f"{block} {rows} {digest}\n".encode()) for name, block, rows, digest in recorded}
    assert set(logged) >= set(filled)
    assert logged == {name: filled.get(name, sha(b"")) for name in logged}


def test_blocks_of_a_large_table_and_the_table_made_of_them() -> None:
    with duckdb.connect() as con:
        numbers = f"SELECT ({3 * BLOCK} - i)::INTEGER AS event_id, 'x' || i AS text FROM range({BLOCK + 5}) t(i)"
        con.execute(f"CREATE TABLE events AS {numbers}")
        con.execute("INSERT INTO events VALUES (-3, NULL), (7, 'ü')")
        assert [hash_block(con, "events", at)[0] for at in range(4)] == [2, 4, BLOCK, 1]
        for at in (0, 1, 3):
            assert hash_block(con, "events", at)[1] == hash_by_hand(con, "events", at)


def test_a_table_without_a_key_is_in_the_order_of_all_its_columns() -> None:
    with duckdb.connect() as con:
        con.execute("CREATE TABLE t (a VARCHAR, b DOUBLE, c BOOLEAN, d TIMESTAMP, e DECIMAL(38,0), f UTINYINT)")
        con.execute("INSERT INTO t VALUES ('b', 1e300, true, '2024-01-01 00:00:00.000001', -5, 255)")
        con.execute("INSERT INTO t VALUES (NULL, NULL, NULL, NULL, NULL, NULL), ('a', NULL, NULL, NULL, 1, 1)")
        con.execute(f"INSERT INTO t VALUES ('a', -0.5, false, '1969-12-31', {'9' * 38}, 0)")
        rows = con.execute("SELECT a, b FROM t ORDER BY ALL").fetchall()
        assert rows == [("a", -0.5), ("a", None), ("b", 1e300), (None, None)], "an empty value last"
        assert hash_block(con, "t", 0) == (4, hash_by_hand(con, "t"))


def test_the_page_names_every_key() -> None:
    assert KEYED == KEYS
    listed = PAGE.split("The keys are ")[1].split(". Any")[0].split("), ")
    for table, key in KEYS.items():
        (said,) = [each for each in listed if f"`{table}`" in each]
        assert f"`{key}`" in said


def test_the_chain_of_the_log_and_the_head_in_the_report(demo: Path) -> None:
    lines = (demo / "log.jsonl").read_bytes().splitlines()
    read = [json.loads(line) for line in lines]
    assert [each["prev"] for each in read] == ["0" * 64, *(sha(line) for line in lines[:-1])]
    report = json.loads((demo / "out" / "report.json").read_text(encoding="utf-8"))
    (written,) = [each for each in read if each["command"] == "report"]
    assert written["prev"] == report["record"]["log_head"]
    results = json.dumps(report["results"], sort_keys=True, ensure_ascii=False)
    assert report["results_sha256"] == sha(results.encode())
