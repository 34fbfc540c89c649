"""Blockchair's dumps: what each table states, what may be altered in it, and how the tables meet in the case."""

from __future__ import annotations

import gzip
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from connectors import bitcoin_etl, blockchair
from tests.connectors import made_rows as made
from tests.connectors.reading import SAMPLES, Reading, head_of, read_file, write_text
from trails.errors import SourceError, UsageError
from trails.ingest import add_source
from trails.model import Node

if TYPE_CHECKING:
    from pathlib import Path

    from trails.case import Case

FOLDER = SAMPLES / "blockchair"
Row = dict[str, Any]
TABLES = ("inputs", "outputs", "transactions")
#: The first rows of a real dump of outputs, block 627216.
REAL = """\
block_id\ttransaction_hash\tindex\ttime\tvalue\tvalue_usd\trecipient\ttype\tscript_hex\tis_from_coinbase\tis_spendable
627216\tc3f6f9f111d82f0d85a21ae33f2c04a246fd6aa746356dc162b050b1580087d4\t0\t2020-04-23 00:01:33\t1275221726\t90619.5547\t\
3DPNFXGoe8QGiEXEApQ3QtHb8wM15VCQU3\tscripthash\ta914804afd8b3479267b0cd0bb2fa2e217096005fb8d87\t1\t-1
627216\tc3f6f9f111d82f0d85a21ae33f2c04a246fd6aa746356dc162b050b1580087d4\t1\t2020-04-23 00:01:33\t0\t0\t\
d-ca0f11f4d1ed11d2a21631c997297ad3\tnulldata\t\
6a24aa21a9edbbc38058972c3ce1b8a62707a2f7bb7435470a21bdb79e17d0fd5750f1c2d710\t1\t0
627216\t905e3559500ead03b3748673f72458e93a850c52f91cfa4b28939d7dab62adf6\t0\t2020-04-23 00:01:33\t36218850\t2573.7769\t\
37b3ZQ3qq3WW8b1AqvtxHozeJGb2NheP4c\tscripthash\ta91440af9fc5e268776c1be03625786e409429a9c99587\t0\t-1
"""


@pytest.fixture
def tables() -> dict[str, list[Row]]:
    sample = made.sample_transactions()
    return {
        "inputs": [each for tx, coins, h, _ in sample if coins for each in made.chair_inputs(tx, coins, height=h)],
        "outputs": [each for tx, _, h, _ in sample for each in made.chair_outputs(tx, height=h)],
        "transactions": [made.chair_transaction(tx, coins, height=h) for tx, coins, h, _ in sample],
    }


def read_rows(folder: Path, rows: list[Row], name: str = "made.tsv", **said: Any) -> Reading:
    return read_file(blockchair, write_text(folder, made.to_csv(rows, "\t"), name), **said)


@pytest.mark.parametrize("name", TABLES)
def test_samples_are_what_the_builder_makes(tables: dict[str, list[Row]], name: str) -> None:
    assert (FOLDER / f"sample-{name}.tsv").read_text(encoding="utf-8") == made.to_csv(tables[name], "\t")


def test_outputs_state_who_was_paid() -> None:
    found = read_file(blockchair, FOLDER / "sample-outputs.tsv")
    assert (found.rows_read, found.errors) == (8, [])
    assert {t.kind for t in found.transfers} == {"output"}
    assert Counter(t.dst.label for t in found.transfers) == {
        None: 6,
        "OP_RETURN data (no owner)": 1,
        "bare multisig": 1,
    }
    assert {(t.time.basis, t.time.error_s, t.status, t.seq) for t in found.transfers} == {("chain", 7_200, "ok", None)}
    assert found.graded == {("note", "not_rehashed"): 1, ("note", "partial_data"): 1}


def test_inputs_state_the_spending_and_its_time(tables: dict[str, list[Row]]) -> None:
    found = read_file(blockchair, FOLDER / "sample-inputs.tsv")
    assert [t.amount for t in found.transfers] == [row["value"] for row in tables["inputs"]]
    first, row = found.transfers[0], tables["inputs"][0]
    assert (first.tx, first.index) == (row["transaction_hash"], row["index"])
    assert first.dst == Node("bitcoin", row["spending_transaction_hash"], "junction")
    assert first.time.time
    assert first.time.time.timestamp() == made.when(201), "the time of the spending, not of the output"


def test_transactions_state_fees_and_new_coins() -> None:
    found = read_file(blockchair, FOLDER / "sample-transactions.tsv")
    assert [(t.row, t.kind, t.src.key[:8], t.amount) for t in found.transfers] == [
        (2, "input", "coinbase", 2_500_001_000),
        (3, "fee", found.transfers[1].src.key[:8], 1_000),
        (4, "fee", found.transfers[2].src.key[:8], 2_500),
        (5, "fee", found.transfers[3].src.key[:8], 9_000),
    ]
    assert found.transfers[1].dst == Node("bitcoin", "fee", label="miner fee")


def test_a_transaction_without_a_fee_and_blocks_are_skipped(tmp_path: Path, tables: dict[str, list[Row]]) -> None:
    free = tables["transactions"][1] | {"fee": 0, "output_total": tables["transactions"][1]["input_total"]}
    found = read_rows(tmp_path, [free])
    assert (found.skipped, found.issues) == ({2}, [])
    block = dict.fromkeys(("id", "hash", "time", "median_time", "coinbase_data_hex", "guessed_miner"), "x")
    path = write_text(tmp_path, made.to_csv([block], "\t"), "blocks.tsv")
    assert blockchair.recognise(head_of(path)) == "its columns are those of Blockchair's dump of blocks"
    assert read_file(blockchair, path).skipped == {2}


def test_packed_and_comma_separated_dumps_read_the_same(tmp_path: Path, tables: dict[str, list[Row]]) -> None:
    for name in TABLES:
        whole = read_file(blockchair, FOLDER / f"sample-{name}.tsv").transfers
        data = (FOLDER / f"sample-{name}.tsv").read_bytes()
        packed = write_text(tmp_path, gzip.compress(data), f"blockchair_bitcoin_{name}_20251010.tsv.gz")
        commas = write_text(tmp_path, made.to_csv(tables[name]), f"{name}.csv")
        for path in (packed, commas):
            assert blockchair.recognise(head_of(path)) == f"its columns are those of Blockchair's dump of {name}"
            assert read_file(blockchair, path).transfers == whole


def test_real_rows_as_the_dump_has_them(tmp_path: Path) -> None:
    found = read_file(blockchair, write_text(tmp_path, REAL, "blockchair_bitcoin_outputs_20200423.tsv"))
    assert not found.errors
    assert [(t.dst.key[:12], t.amount) for t in found.transfers] == [
        ("3DPNFXGoe8QG", 1_275_221_726), ("script:6a24a", 0), ("37b3ZQ3qq3WW", 36_218_850)
    ]  # fmt: skip
    assert {t.time.time.isoformat() for t in found.transfers if t.time.time} == {"2020-04-23T00:01:33+00:00"}


@pytest.mark.parametrize(
    ("table", "column", "value", "code"),
    [
        ("outputs", "value", "1.5", "amount"),
        ("outputs", "value", "-1", "amount"),
        ("outputs", "value", "9" * 17, "amount"),
        ("outputs", "index", "x", "malformed"),
        ("outputs", "index", "4294967295", "malformed"),
        ("outputs", "transaction_hash", "abc", "identifier"),
        ("outputs", "recipient", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "identifier"),
        ("outputs", "recipient", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "identifier"),
        ("outputs", "recipient", "LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9", "identifier"),
        ("outputs", "script_hex", "0014zz", "malformed"),
        ("outputs", "script_hex", "0014" + "00" * 20, "identifier"),
        ("outputs", "time", "yesterday", "time"),
        ("inputs", "spending_time", "", "time"),
        ("inputs", "spending_transaction_hash", "", "identifier"),
        ("inputs", "value", "", "amount"),
        ("transactions", "fee", "999", "fee_mismatch"),
        ("transactions", "output_total", "249999001", "fee_mismatch"),
        ("transactions", "is_coinbase", "maybe", "malformed"),
        ("transactions", "hash", "", "identifier"),
    ],
)
def test_what_is_altered_is_refused_with_its_row(
    tmp_path: Path, tables: dict[str, list[Row]], table: str, column: str, value: str, code: str
) -> None:
    rows = tables[table]
    rows[1][column] = value
    found = read_rows(tmp_path, rows)
    assert found.errors == [(3, code)]
    assert len(found.kept) == len(rows) - 1


def test_an_impossible_time_keeps_the_fact(tmp_path: Path, tables: dict[str, list[Row]]) -> None:
    rows = tables["outputs"][:1]
    rows[0]["time"] = "1970-01-01 00:00:00"
    found = read_rows(tmp_path, rows)
    assert found.graded[("warning", "time_implausible")] == 1
    assert [t.time.basis for t in found.transfers] == ["unknown"]


def test_a_dropped_script_leaves_the_address(tmp_path: Path, tables: dict[str, list[Row]]) -> None:
    for row in tables["outputs"]:
        row["script_hex"] = ""
    found = read_rows(tmp_path, tables["outputs"])
    assert {t.row for t in found.transfers if not t.dst.key.startswith("script:")} == {2, 3, 4, 6, 8, 9}


def test_cut_rows_are_refused_and_a_cut_archive_adds_nothing(tmp_path: Path) -> None:
    data = (FOLDER / "sample-outputs.tsv").read_bytes()
    found = read_file(blockchair, write_text(tmp_path, data[:-60], "cut.tsv"))
    assert found.errors == [(9, "ragged")]
    assert len(found.kept) == 7
    with pytest.raises(SourceError, match=r"cut\.tsv\.gz"):
        read_file(blockchair, write_text(tmp_path, gzip.compress(data)[:-60], "cut.tsv.gz"))


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("", "made.tsv", "empty"),
        ("a\tb\n1\t2\n", "made.tsv", "no columns of Blockchair's"),
        (REAL, "blockchair_litecoin_outputs_20200423.tsv", "a dump of litecoin"),
        (REAL, "blockchair_bitcoin-cash_outputs_20200423.tsv.gz", "a dump of bitcoin-cash"),
    ],
)
def test_other_files_add_nothing(tmp_path: Path, text: str, name: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_file(blockchair, write_text(tmp_path, text, name))


@pytest.mark.parametrize(
    ("name", "column", "refused"),
    [
        ("inputs", "block_id", set()), ("inputs", "time", set()), ("inputs", "spending_index", set()),
        ("inputs", "recipient", set()), ("outputs", "block_id", set()), ("outputs", "recipient", set()),
        ("outputs", "script_hex", {5, 7}), ("transactions", "block_id", set()),
    ],
)  # fmt: skip
def test_a_column_that_rows_can_do_without_stops_nothing(
    tmp_path: Path, tables: dict[str, list[Row]], name: str, column: str, refused: set[int]
) -> None:
    whole = read_rows(tmp_path, tables[name])
    path = write_text(tmp_path, made.to_csv([{k: v for k, v in row.items() if k != column} for row in tables[name]], "\t"))
    assert f"dump of {name}, without {column}" in (blockchair.recognise(head_of(path)) or "")
    found = read_file(blockchair, path)
    assert found.refused == refused
    assert found.kept == whole.kept - refused
    assert found.graded["warning", "column_missing"] == 1
    before = {t.row: (t.src.key, t.dst.key, t.amount, t.identity) for t in whole.transfers}
    assert {t.row: (t.src.key, t.dst.key, t.amount, t.identity) for t in found.transfers} == {
        row: said for row, said in before.items() if row not in refused
    }


@pytest.mark.parametrize(
    ("name", "column"),
    [("inputs", "value"), ("inputs", "spending_transaction_hash"), ("outputs", "time"), ("outputs", "index"),
     ("transactions", "fee"), ("transactions", "is_coinbase")],
)  # fmt: skip
def test_a_column_that_every_row_needs_is_named(
    tmp_path: Path, tables: dict[str, list[Row]], name: str, column: str
) -> None:
    path = write_text(tmp_path, made.to_csv([{k: v for k, v in row.items() if k != column} for row in tables[name]], "\t"))
    with pytest.raises(SourceError, match=f"row 1: no column {column}, without which no row of the dump of {name}"):
        read_file(blockchair, path)


def test_the_rail_is_what_the_addresses_say(tmp_path: Path) -> None:
    rows = [
        each for tx, _, h, _ in made.sample_transactions() for each in made.chair_outputs(tx, height=h, prefix="tb")
    ]
    rows.sort(key=lambda row: str(row["recipient"]).startswith(("tb1", "m", "n", "2")))
    assert rows[0]["type"] in ("nulldata", "multisig"), "the first row has no address"
    assert {t.asset.asset for t in read_rows(tmp_path, rows).transfers} == {"BTC-test"}
    with pytest.raises(UsageError, match="bitcoin-test"):
        read_rows(tmp_path, rows, rail="tron")


def test_recognise_leaves_other_files_alone(tmp_path: Path) -> None:
    etl = SAMPLES / "bitcoin_etl" / "sample-outputs.csv"
    assert blockchair.recognise(head_of(etl)) is None
    assert bitcoin_etl.recognise(head_of(FOLDER / "sample-outputs.tsv")) is None
    for text in ("", "block_id,hash\n", "{}", "\x00" * 50):
        assert blockchair.recognise(head_of(write_text(tmp_path, text))) is None


def test_the_three_dumps_and_bitcoin_etl_state_one_fact_each(case: Case) -> None:
    """The dumps together give every movement of the same transactions as bitcoin-etl gives them, each once."""
    for name in TABLES:
        report = add_source(case, FOLDER / f"sample-{name}.tsv", connector="blockchair")
        assert (report.rows_refused, report.rows_duplicate) == (0, 0)
    count = "SELECT kind, count(*) FROM transfer_rows GROUP BY kind ORDER BY kind"
    apart = case.con.execute(count).fetchall()
    assert apart == [("fee", 3), ("input", 6), ("output", 8)]
    rows = SAMPLES / "bitcoin_etl" / "sample-transactions.jsonl"
    report = add_source(case, rows, connector="bitcoin_etl")
    assert (report.rows_kept, report.rows_duplicate, report.rows_skipped, report.rows_refused) == (3, 1, 1, 0), "forms"
    assert case.con.execute(count).fetchall() == apart
    warned = "SELECT code FROM issues WHERE severity IN ('error', 'warning')"
    assert case.con.execute(warned).fetchall() == []


def test_an_altered_dump_is_a_contradiction_that_names_both(
    case: Case, tmp_path: Path, tables: dict[str, list[Row]]
) -> None:
    add_source(case, SAMPLES / "bitcoin_etl" / "sample-transactions.jsonl", connector="bitcoin_etl")
    tables["outputs"][1]["value"] += 1
    path = write_text(tmp_path, made.to_csv(tables["outputs"], "\t"), "altered.tsv")
    report = add_source(case, path, connector="blockchair")
    assert (report.rows_refused, report.rows_duplicate) == (1, 7)
    messages = case.con.execute("SELECT message FROM issues WHERE code = 'contradiction'").fetchall()
    assert len(messages) == 1
    assert "source 1 row 3" in messages[0][0]
