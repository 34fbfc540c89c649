"""bitcoin-etl rows in every layout and format, what may be altered in them, and how partial tables meet in the case."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors import bitcoin_blocks, bitcoin_core, bitcoin_etl, esplora
from connectors.bitcoin_etl import files
from tests.connectors import made_rows as made
from tests.connectors.made_blocks import make_two_blocks
from tests.connectors.reading import SAMPLES, Reading, head_of, read_file, write_json, write_text
from trails.errors import SourceError, UsageError
from trails.ingest import add_source
from trails.model import Node, Transfer

if TYPE_CHECKING:
    from pathlib import Path

    from trails.case import Case

FOLDER = SAMPLES / "bitcoin_etl"
Row = dict[str, Any]


@pytest.fixture
def rows() -> list[Row]:
    """Four transactions: a coinbase, two payments, one that spends a bare multisig."""
    return [made.etl_transaction(tx, coins, height=h, index=n) for tx, coins, h, n in made.sample_transactions()]


def read_rows(folder: Path, rows: list[Any], **said: Any) -> Reading:
    return read_file(bitcoin_etl, write_text(folder, "\n".join(map(json.dumps, rows)), "made.jsonl"), **said)


def movements(found: Reading) -> list[tuple[Any, ...]]:
    """Every movement without its row and place in the chain."""
    moved = [(t.kind, t.src.key, t.dst.key, t.amount, t.tx, t.index, t.time.time) for t in found.transfers]
    return sorted(moved, key=str)


def test_samples_are_what_the_builder_makes(tmp_path: Path, rows: list[Row]) -> None:
    lines = (FOLDER / "sample-transactions.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [made.etl_block(201), *rows]
    packed = read_file(bitcoin_etl, FOLDER / "sample-transactions.parquet")
    assert movements(packed) == movements(read_rows(tmp_path, rows))


def test_sample_states_each_movement_once() -> None:
    found = read_file(bitcoin_etl, FOLDER / "sample-transactions.jsonl")
    assert (found.rows_read, found.skipped, found.errors) == (5, {1}, [])
    assert Counter(t.kind for t in found.transfers) == {"input": 6, "output": 8, "fee": 3}
    assert [(t.row, t.amount) for t in found.of_kind("fee")] == [(3, 1_000), (4, 2_500), (5, 9_000)]
    assert {t.seq for t in found.transfers} == {201_000_000, 201_000_001, 202_000_001, 203_000_001}
    assert {(t.time.basis, t.time.error_s) for t in found.transfers} == {("chain", 7_200)}
    assert found.graded == {("note", "not_rehashed"): 1, ("note", "prevout_unknown"): 1}


def test_keys_of_a_multisig_own_nothing() -> None:
    """The output has its script; the input states only the keys' addresses, so its owner stays open, the fee stands."""
    found = read_file(bitcoin_etl, FOLDER / "sample-transactions.jsonl")
    paid = next(t for t in found.of_kind("output") if t.row == 5 and t.index == 0)
    assert (paid.dst.label, paid.dst.key) == (
        "bare multisig",
        f"script:sha256:{hashlib.sha256(made.MULTISIG).hexdigest()}",
    )
    spent = next(t for t in found.of_kind("input") if t.row == 5 and t.amount is None)
    assert spent.src == Node("bitcoin", f"{spent.tx}:{spent.index}", label="output not in the case")


def test_data_outputs_have_no_owner_and_no_address_of_their_own() -> None:
    labels = Counter(t.dst.label for t in read_file(bitcoin_etl, FOLDER / "sample-outputs.csv").of_kind("output"))
    assert labels == {None: 6, "OP_RETURN data (no owner)": 1, "bare multisig": 1}


# --- every format says the same ---


@pytest.mark.parametrize("form", ["lines", "list", "bigquery", "csv", "tabs", "parquet", "gz", "one"])
def test_every_format_reads_the_same(tmp_path: Path, rows: list[Row], form: str) -> None:
    forms: dict[str, str | bytes] = {
        "lines": "\n".join(map(json.dumps, rows)),
        "list": json.dumps(rows),
        "bigquery": "\n".join(json.dumps(made.bigquery(row)) for row in rows),
        "csv": made.to_csv([made.bigquery(row) for row in rows]),
        "tabs": made.to_csv(rows, "\t"),
        "parquet": made.to_parquet(rows),
        "gz": gzip.compress(made.to_csv(rows).encode()),
        "one": json.dumps(rows[1]),
    }
    path = write_text(tmp_path, forms[form], f"made.{form}")
    assert bitcoin_etl.recognise(head_of(path))
    found = read_file(bitcoin_etl, path)
    assert movements(found) == movements(read_rows(tmp_path, rows[1:2] if form == "one" else rows))
    first = 2 if form in ("csv", "tabs", "gz") else 1
    assert min(t.row for t in found.transfers) == first


def test_parquet_is_read_in_batches(tmp_path: Path, rows: list[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_BATCH_ROWS", 3)
    found = read_file(bitcoin_etl, write_text(tmp_path, made.to_parquet(rows * 5), "made.parquet"))
    assert found.rows_read == 20
    assert {t.row for t in found.transfers} == set(range(1, 21))


def test_a_big_parquet_file_is_claimed_by_its_first_bytes(tmp_path: Path, rows: list[Row]) -> None:
    big = write_text(tmp_path, made.to_parquet(rows * 500, packed=False), "big.parquet")
    assert "a Parquet file" in str(bitcoin_etl.recognise(head_of(big)))
    assert read_file(bitcoin_etl, big).rows_read == 2_000


def test_times_of_parquet_in_every_unit(tmp_path: Path, rows: list[Row]) -> None:
    for unit in ("s", "ms", "us", "ns"):
        names = [field if field.name != "block_timestamp" else pa.field(field.name, pa.timestamp(unit, tz="UTC"))
                 for field in made.SCHEMA]  # fmt: skip
        path = write_text(tmp_path, made.to_parquet(rows[1:2], pa.schema(names)), "made.parquet")
        assert {t.time.time.timestamp() for t in read_file(bitcoin_etl, path).transfers if t.time.time} == {
            made.when(201)
        }


def test_times_without_a_zone_need_one(tmp_path: Path, rows: list[Row]) -> None:
    names = [
        field if field.name != "block_timestamp" else pa.field(field.name, pa.timestamp("us")) for field in made.SCHEMA
    ]
    path = write_text(tmp_path, made.to_parquet(rows[1:2], pa.schema(names)), "made.parquet")
    assert read_file(bitcoin_etl, path).errors == [(1, "time")]
    found = read_file(bitcoin_etl, path, timezone="UTC")
    assert {(t.time.basis, t.time.error_s) for t in found.transfers} == {("assumed", 7_200)}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (1_760_120_600, 1_760_120_600),
        ("1760120600", 1_760_120_600),
        ("2025-10-10 18:23:20 UTC", 1_760_120_600),
        ("2025-10-10T20:23:20+02:00", 1_760_120_600),
        (None, None),
        (0, None),
        (-5, None),
    ],
)
def test_block_times(tmp_path: Path, rows: list[Row], value: object, seconds: int | None) -> None:
    rows[1]["block_timestamp"] = value
    found = read_rows(tmp_path, rows[1:2])
    assert {t.time.time and t.time.time.timestamp() for t in found.transfers} == {seconds}
    assert set(found.codes) == (
        {"time_missing"} if value is None else set() if seconds else {"time_implausible", "time_missing"}
    )


def test_the_aws_form_states_btc_as_doubles(tmp_path: Path, rows: list[Row]) -> None:
    whole = movements(read_rows(tmp_path, rows))
    for row in rows:
        for each in (*row["inputs"], *row["outputs"]):
            several = each.pop("addresses")
            each["address"] = several[0] if len(several) == 1 and each["type"] != "nulldata" else None
            each["value"] /= 10**8
        for name in ("input_value", "output_value", "fee"):
            row[name] /= 10**8
    schema = pa.schema(
        [*((name, pa.float64() if name.endswith("value") or name == "fee" else type_)
           for name, type_ in zip(made.SCHEMA.names, made.SCHEMA.types, strict=True) if name not in ("inputs", "outputs")),
         *((name, pa.list_(pa.struct([("index", pa.int64()), ("script_hex", pa.string()), ("type", pa.string()),
                                      ("address", pa.string()), ("value", pa.float64()), ("sequence", pa.int64()),
                                      ("spent_transaction_hash", pa.string()), ("spent_output_index", pa.int64())])))
           for name in ("inputs", "outputs"))]
    )  # fmt: skip
    table = pa.Table.from_pylist(
        [{**row, "block_timestamp": row["block_timestamp"] * 10**6} for row in rows], schema=schema
    )
    path = tmp_path / "aws.parquet"
    pq.write_table(table, path)
    assert movements(read_file(bitcoin_etl, path)) == whole


# --- separate tables ---


def test_separate_tables_state_the_same_inputs_and_outputs(tmp_path: Path, rows: list[Row]) -> None:
    whole = movements(read_rows(tmp_path, rows))
    for kind in ("input", "output"):
        found = read_file(bitcoin_etl, FOLDER / f"sample-{kind}s.csv")
        assert movements(found) == [each for each in whole if each[0] == kind and each[1] != "coinbase"]
        assert found.codes["partial_data"] == found.codes["not_rehashed"] == 1


def test_transactions_without_inputs_and_outputs_state_their_fee(tmp_path: Path, rows: list[Row]) -> None:
    for row in rows:
        del row["inputs"], row["outputs"]
    free = {**rows[1], "fee": 0, "output_value": rows[1]["input_value"]}
    path = write_text(tmp_path, made.to_csv([made.bigquery(row) for row in (*rows, free)]), "fees.csv")
    assert "without inputs and outputs" in str(bitcoin_etl.recognise(head_of(path)))
    found = read_file(bitcoin_etl, path)
    assert [(t.row, t.kind, t.amount) for t in found.transfers] == [
        (2, "input", 2_500_001_000), (3, "fee", 1_000), (4, "fee", 2_500), (5, "fee", 9_000)
    ]  # fmt: skip
    assert found.skipped == {6}
    for change in ({"fee": 999}, {"fee": 1_000.0}, {"fee": None}, {"fee": -1}):
        broken = read_rows(tmp_path, [rows[1] | change])
        assert [row for row, _ in broken.errors] == [1], change


def test_newly_mined_coins_in_the_table_of_inputs_are_skipped(tmp_path: Path, rows: list[Row]) -> None:
    mined = {**made.etl_inputs(rows[1])[0], "spent_transaction_hash": None}
    found = read_rows(tmp_path, [mined])
    assert (found.skipped, found.transfers) == ({1}, [])


@pytest.mark.parametrize(
    ("value", "stated"),
    [
        (["1HdSN5m69Wauqh9nJ3wweaGtK2X81BGtQt"], True),
        ('["1HdSN5m69Wauqh9nJ3wweaGtK2X81BGtQt"]', True),
        ("['1HdSN5m69Wauqh9nJ3wweaGtK2X81BGtQt']", True),
        ("1HdSN5m69Wauqh9nJ3wweaGtK2X81BGtQt", True),
        ("1HdSN5m69Wauqh9nJ3wweaGtK2X81BGtQt,1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", False),
        (["nonstandard" + "a" * 40], False),
        ([], False),
        ("", False),
        (None, False),
    ],
)
def test_addresses_as_people_export_them(tmp_path: Path, rows: list[Row], value: object, stated: bool) -> None:
    row = made.etl_inputs(rows[1])[0] | {"addresses": value}
    found = read_rows(tmp_path, [row])
    expected = "1HdSN5m69Wauqh9nJ3wweaGtK2X81BGtQt" if stated else f"{row['spent_transaction_hash']}:3"
    assert [(t.src.key, t.amount) for t in found.transfers] == [(expected, 250_000_000 if stated else None)]


# --- what is altered or damaged ---


@pytest.mark.parametrize(
    ("path", "value", "codes"),
    [
        (("outputs", 0, "value"), 150_000_001, ["fee_mismatch", "sum_mismatch", "txid_mismatch"]),
        (("inputs", 0, "spent_output_index"), 4, ["txid_mismatch"]),
        (("inputs", 0, "sequence"), 7, ["txid_mismatch"]),
        (("version",), 1, ["txid_mismatch"]),
        (("fee",), 999, ["fee_mismatch"]),
        (("inputs", 0, "value"), 250_000_001, ["fee_mismatch", "sum_mismatch"]),
        (("outputs", 0, "addresses"), ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"], ["identifier"]),
        (("outputs", 0, "addresses"), ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"], ["identifier"]),
        (("inputs", 0, "addresses"), ["LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9"], ["identifier"]),
        (("inputs", 0, "addresses"), 5, ["malformed"]),
        (("outputs", 0, "value"), "1.5", ["amount"]),
        (("outputs", 0, "value"), 1.0, ["amount"]),
        (("outputs", 0, "value"), True, ["amount"]),
        (("outputs", 0, "value"), -1, ["amount"]),
        (("outputs", 0, "value"), 10**30, ["amount"]),
        (("outputs", 0, "value"), None, ["amount"]),
        (("outputs", 0, "script_hex"), "zz", ["malformed"]),
        (("outputs", 0, "index"), 1, ["malformed"]),
        (("outputs", 0), "x", ["malformed"]),
        (("outputs",), "[[", ["malformed"]),
        (("outputs",), {}, ["malformed"]),
        (("outputs",), [], ["malformed"]),
        (("inputs",), [], ["malformed"]),
        (("input_count",), 2, ["malformed"]),
        (("input_value",), 250_000_001, ["sum_mismatch"]),
        (("output_value",), 249_999_001, ["sum_mismatch"]),
        (("output_count",), 2, ["malformed"]),
        (("is_coinbase",), True, ["malformed"]),
        (("is_coinbase",), "maybe", ["malformed"]),
        (("block_timestamp",), "yesterday", ["time"]),
        (("block_timestamp",), "2025-10-10 18:23:20", ["time"]),
        (("block_number",), -1, ["malformed"]),
        (("index",), 10**6, ["malformed"]),
        (("lock_time",), 2**32, ["malformed"]),
        (("hash",), "abc", ["identifier"]),
        (("inputs", 0, "spent_transaction_hash"), None, ["identifier"]),
    ],
)
def test_what_is_altered_is_refused_with_its_row(
    tmp_path: Path, rows: list[Row], path: tuple[str | int, ...], value: object, codes: list[str]
) -> None:
    target: Any = rows[1]
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    found = read_rows(tmp_path, rows)
    assert found.errors == [(2, code) for code in codes]
    assert {t.row for t in found.transfers} == {1, 3, 4}


def test_inputs_that_were_not_enriched_stay_open(tmp_path: Path, rows: list[Row]) -> None:
    for each in rows[1]["inputs"]:
        each |= {"type": None, "addresses": [], "value": None}
    found = read_rows(tmp_path, [rows[1] | {"input_value": 0, "fee": -249_999_000}])
    assert found.graded == {("note", "prevout_unknown"): 1}
    assert [(t.amount, t.src.label) for t in found.of_kind("input")] == [(None, "output not in the case")]
    assert found.of_kind("fee") == []


def test_numbers_as_each_format_writes_them(tmp_path: Path, rows: list[Row]) -> None:
    whole = movements(read_rows(tmp_path, rows[1:2]))
    text = json.dumps(rows[1]).replace('"value": 150000000}', '"value": 150000000.000000000}')
    assert "000.000000000" in text
    assert movements(read_file(bitcoin_etl, write_text(tmp_path, text, "numeric.json"))) == whole
    halved = text.replace("150000000.000000000", "1.50000000")
    assert read_file(bitcoin_etl, write_text(tmp_path, halved, "btc.json")).errors == [(1, "amount")]


def test_csv_rows_with_missing_or_surplus_fields_are_refused(tmp_path: Path, rows: list[Row]) -> None:
    lines = made.to_csv([each for row in rows for each in made.etl_outputs(row)]).splitlines()
    lines[2] += ",surplus"
    lines[3] = lines[3].rpartition(",")[0]
    found = read_file(bitcoin_etl, write_text(tmp_path, "\n".join(lines)))
    assert found.errors == [(3, "ragged"), (4, "ragged")]
    assert len(found.of_kind("output")) == 6


def test_things_that_are_no_rows_are_refused_one_by_one(tmp_path: Path, rows: list[Row]) -> None:
    found = read_file(bitcoin_etl, write_json(tmp_path, [1, "x", None, {}, [], rows[1]]))
    assert found.errors == [(row, "malformed") for row in range(1, 6)]
    assert {t.row for t in found.transfers} == {6}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"a,b\n1,2\n", "no columns of bitcoin-etl's"),
        (b"PAR1", "not a readable Parquet file"),
        (b"PAR1" + bytes(200) + b"PAR1", "not a readable Parquet file"),
        (FOLDER.joinpath("sample-transactions.parquet").read_bytes()[:-20], "not a readable Parquet file"),
        (gzip.compress(FOLDER.joinpath("sample-transactions.parquet").read_bytes()), "unpack it"),
    ],
)
def test_a_file_that_is_not_whole_adds_nothing(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_file(bitcoin_etl, write_text(tmp_path, data, "bad"))


def test_a_line_that_is_cut_is_one_row(tmp_path: Path) -> None:
    data = FOLDER.joinpath("sample-transactions.jsonl").read_bytes()
    whole, cut = (read_file(bitcoin_etl, write_text(tmp_path, part, "x.jsonl")) for part in (data, data[:-40]))
    assert cut.rows_read == whole.rows_read
    assert cut.refused == whole.refused | {whole.rows_read}
    assert any("not whole JSON" in issue.message for issue in cut.issues if issue.row == whole.rows_read)


def test_a_parquet_file_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "other.parquet"
    pq.write_table(pa.table({"a": [1]}), path)
    assert bitcoin_etl.recognise(head_of(path)) is None
    with pytest.raises(SourceError, match="no columns of bitcoin-etl's"):
        read_file(bitcoin_etl, path)


def test_damaged_parquet_gives_no_altered_movement(tmp_path: Path) -> None:
    """Every 37th byte turned over: the file is refused, or what is kept is what stood there (coinbases apart)."""
    sample = FOLDER / "sample-transactions.parquet"
    whole = {each[:-1] for each in movements(read_file(bitcoin_etl, sample))}
    refused = kept = 0
    for place in range(0, sample.stat().st_size, 37):
        changed = bytearray(sample.read_bytes())
        changed[place] ^= 0xFF
        path = write_text(tmp_path, bytes(changed), "damaged.parquet")
        bitcoin_etl.recognise(head_of(path))
        try:
            found = read_file(bitcoin_etl, path)
        except SourceError:
            refused += 1
            continue
        found.facts = [fact for fact in found.facts if fact.row > 1]
        kept += bool(found.facts)
        assert {each[:-1] for each in movements(found)} <= whole
    assert refused > 50
    assert kept > 50


def test_the_rail_is_what_the_addresses_say(tmp_path: Path) -> None:
    sample = made.sample_transactions()
    rows = [made.etl_transaction(tx, coins, height=h, index=n, prefix="tb") for tx, coins, h, n in sample]
    found = read_rows(tmp_path, rows)
    assert {t.asset.asset for t in found.transfers} == {"BTC-test"}
    outputs = [each for row in rows for each in made.etl_outputs(row)]
    data_first = sorted(outputs, key=lambda row: str(row["type"]))
    assert {t.asset.asset for t in read_rows(tmp_path, data_first).transfers} == {"BTC-test"}
    with pytest.raises(UsageError, match="bitcoin-test"):
        read_rows(tmp_path, rows, rail="tron")


def test_recognise_leaves_other_files_alone(tmp_path: Path) -> None:
    for text in (
        "", "a,b\n", "[]", "{", '{"hash": 1, "inputs": [], "outputs": []}',
        '{"hash": "1", "block_height": 5, "inputs": [{"prev_hash": "a"}], "outputs": [{"script": "00", "value": 1}]}',
        "block_id\ttransaction_hash\tindex\ttime\tvalue\trecipient\n", "PAR1",
    ):  # fmt: skip
        assert bitcoin_etl.recognise(head_of(write_text(tmp_path, text))) is None


# --- in the case ---


def facts(case: Case) -> list[tuple[Any, ...]]:
    return case.con.execute(
        "SELECT t.kind, s.key, d.key, t.amount FROM transfer_rows t JOIN nodes s ON s.node_id = t.src "
        "JOIN nodes d ON d.node_id = t.dst ORDER BY 1, 2, 3, 4"
    ).fetchall()


def test_tables_added_apart_meet_in_the_case(case: Case, tmp_path: Path, rows: list[Row]) -> None:
    """Inputs, outputs and fees in three files give what the whole transactions give, each fact once."""
    for name in ("inputs", "outputs"):
        report = add_source(case, FOLDER / f"sample-{name}.csv", connector="bitcoin_etl")
        assert report.rows_kept == report.rows_read
    fees = [{k: v for k, v in row.items() if k not in ("inputs", "outputs")} for row in rows]
    add_source(case, write_text(tmp_path, made.to_csv(fees), "fees.csv"), connector="bitcoin_etl")
    apart = facts(case)
    report = add_source(case, FOLDER / "sample-transactions.parquet", connector="bitcoin_etl")
    assert (report.rows_kept, report.rows_duplicate, report.rows_refused) == (3, 1, 0)
    forms = case.con.execute("SELECT count(*) FROM events WHERE kind = 'transaction_form'").fetchone()
    assert forms == (3,), "what the whole transactions add to their parts"
    assert facts(case) == apart
    assert Counter(kind for kind, *_ in apart) == {"input": 6, "output": 8, "fee": 3}


def test_esplora_a_raw_block_and_bitcoin_etl_state_one_fact_each(case: Case, tmp_path: Path) -> None:
    """The same two payments from three formats: one fact each with two further citations, no contradiction."""
    two = make_two_blocks()
    coins = [two.coins[0][0], two.coins[1][0]]
    together = list(zip(two.transactions, coins, (201, 202), strict=True))
    pages = [made.esplora(tx, each, height=height, prefix="bcrt") for tx, each, height in together]
    rows = [made.etl_transaction(tx, each, height=height, index=1, prefix="bcrt") for tx, each, height in together]
    undo = write_text(tmp_path, two.undo, "rev00000.dat")
    blocks = write_text(tmp_path, two.framed, "blk00000.dat")
    first = add_source(case, write_json(tmp_path, pages, "pages.json"), connector="esplora")
    second = add_source(case, blocks, connector="bitcoin_blocks", companions=[undo])
    third = add_source(case, write_json(tmp_path, rows, "rows.json"), connector="bitcoin_etl")
    assert (first.rows_kept, second.rows_kept, second.rows_duplicate) == (2, 2, 2), "the block adds its coinbases"
    assert (third.rows_kept, third.rows_duplicate, third.rows_refused) == (0, 2, 0)
    problems = "SELECT code FROM issues WHERE severity IN ('error', 'warning')"
    assert case.con.execute(problems).fetchall() == []
    cited = case.con.execute(
        "SELECT t.transfer_id, count(DISTINCT c.source_id) FROM transfer_rows t LEFT JOIN citations c "
        "ON c.fact = 'transfer' AND c.fact_id = t.transfer_id WHERE t.source_id = 1 GROUP BY 1"
    ).fetchall()
    assert [others for _, others in cited] == [2] * 9, "3 inputs, 4 outputs and 2 fees, each stated by two more sources"
    assert len(facts(case)) == 9 + 4


def test_the_three_formats_state_the_same_without_a_case(tmp_path: Path) -> None:
    two = make_two_blocks()
    (tx, _), coins = two.transactions, two.coins[0][0]
    page = write_json(tmp_path, made.esplora(tx, coins, height=201, prefix="bcrt"))
    stated = {name: [_plain(t) for t in read_file(esplora, page).transfers] for name in ("esplora",)}
    row = made.etl_transaction(tx, coins, height=201, index=1, prefix="bcrt")
    stated["etl"] = [_plain(t) for t in read_rows(tmp_path, [row]).transfers]
    sample = read_file(bitcoin_blocks, SAMPLES / "bitcoin_blocks" / "sample.dat")
    stated["block"] = [_plain(t) for t in sample.transfers if t.row == 2]
    assert stated["esplora"] == stated["etl"] == stated["block"]


def _plain(t: Transfer) -> tuple[Any, ...]:
    return t.src, t.dst, t.asset, t.amount, t.kind, t.time, t.tx, t.index, t.status, t.identity


# --- real rows ---


@pytest.mark.real_data
def test_real_rows_hash_again_and_balance(real_data: Path) -> None:
    path = real_data / "bitcoin-json" / "bitcoin-etl_expected_transactions_50001_50002.jsonl"
    assert bitcoin_etl.recognise(head_of(path))
    found = read_file(bitcoin_etl, path)
    assert (found.rows_read, found.errors) == (4, [])
    assert Counter(t.kind for t in found.transfers) == {"input": 5, "output": 4}
    assert found.graded == {("note", "not_rehashed"): 2}, "the two coinbases"
    assert sum(t.amount or 0 for t in found.of_kind("input")) == sum(t.amount or 0 for t in found.of_kind("output"))
    assert {t.seq for t in found.transfers} == {50_001_000_000, 50_001_000_001, 50_001_000_002, 50_002_000_000}


@pytest.mark.real_data
def test_real_blocks_are_skipped_with_the_reason(real_data: Path) -> None:
    path = real_data / "bitcoin-json" / "bitcoin-etl_expected_blocks_50001_50002.jsonl"
    assert bitcoin_etl.recognise(head_of(path))
    assert read_file(bitcoin_etl, path).skipped == {1, 2}


@pytest.mark.real_data
def test_real_rows_and_a_real_block_of_a_node_state_one_fact(case: Case, real_data: Path) -> None:
    folder = real_data / "bitcoin-json"
    node = folder / "bitcoin-etl_getblock_50002_verbosity2.json"
    rows = folder / "bitcoin-etl_expected_transactions_50001_50002.jsonl"
    assert bitcoin_core.recognise(head_of(node))
    assert add_source(case, node, connector="bitcoin_core").rows_refused == 0
    report = add_source(case, rows, connector="bitcoin_etl")
    assert (report.rows_kept, report.rows_duplicate, report.rows_refused) == (1, 3, 0), "block 50001 is the node's"


@pytest.mark.real_data
def test_no_other_real_file_is_claimed(real_data: Path) -> None:
    claimed = [path.name for path in (real_data / "bitcoin-json").iterdir() if bitcoin_etl.recognise(head_of(path))]
    assert sorted(claimed) == [
        "bitcoin-etl_expected_blocks_50001_50002.jsonl",
        "bitcoin-etl_expected_transactions_50001_50002.jsonl",
    ]
