"""ethereum-etl's other tables: transactions, traces, logs, what lies beside them, Parquet, and the real blocks."""

from __future__ import annotations

import gzip
import io
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors import ethereum_etl
from connectors.evm_logs import TRANSFER
from tests.connectors.reading import Reading, head_of, open_source, read_all, read_file, write_text
from trails.connector import Head, ReadOptions
from trails.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

A, B, NEW = "0x" + "ab" * 20, "0x" + "12" * 20, "0x" + "cd" * 20
TX, USDT = "0x" + "0f" * 32, "0xdac17f958d2ee523a2206206994597c13d831ec7"
FEE = 21_000 * 11 * 10**9
TRANSACTION: dict[str, Any] = {
    "type": "transaction", "hash": TX, "from_address": A, "to_address": B, "value": 5, "gas": 90_000,
    "gas_price": 11 * 10**9, "input": "0x", "block_timestamp": 1_683_029_999, "block_number": 17_173_049,
    "transaction_type": 2, "receipt_gas_used": 21_000, "receipt_status": 1, "receipt_effective_gas_price": 11 * 10**9,
}  # fmt: skip
TRACE: dict[str, Any] = {
    "block_number": 17_173_049, "transaction_hash": TX, "from_address": A, "to_address": B, "value": 5,
    "trace_type": "call", "call_type": "call", "error": None, "status": 1,
}  # fmt: skip
TOKEN: dict[str, Any] = {
    "token_address": USDT, "from_address": A, "to_address": B, "value": "680000000", "transaction_hash": TX,
    "log_index": 17, "block_number": 17_173_049,
}  # fmt: skip
PLAIN = {key: value for key, value in TRANSACTION.items() if not key.startswith("receipt_")}


def read_json(folder: Path, *items: object, beside: tuple[str, ...] = (), **options: Any) -> Reading:
    path = write_text(folder, "\n".join(map(json.dumps, items)) + "\n", "made.jsonl")
    companions = tuple(open_source(write_text(folder, text, f"beside{n}")) for n, text in enumerate(beside))
    return read_all(ethereum_etl, replace(open_source(path), companions=companions), ReadOptions(**options))


def as_csv(*rows: dict[str, Any]) -> str:
    lines = [",".join("" if cell is None else str(cell) for cell in row.values()) for row in rows]
    return "\n".join((",".join(rows[0]), *lines)) + "\n"


def moves(found: Reading) -> list[tuple[int, str, str, int | None, str]]:
    return [(t.row, t.kind, t.dst.key, t.amount, t.status) for t in found.transfers]


def test_a_transaction_states_value_and_fee_in_csv_and_json(tmp_path: Path) -> None:
    found = read_json(tmp_path, TRANSACTION)
    assert moves(found) == [(1, "transfer", B, 5, "ok"), (1, "fee", "fee", FEE, "ok")]
    assert {(t.asset.asset, t.src.key, t.time.basis, t.seq) for t in found.transfers} == {("ETH", A, "chain", None)}
    path = write_text(tmp_path, as_csv({key: cell for key, cell in TRANSACTION.items() if key != "type"}))
    assert ethereum_etl.recognise(head_of(path))
    assert [move[1:] for move in moves(read_file(ethereum_etl, path))] == [move[1:] for move in moves(found)]
    bsc = read_json(tmp_path, TRANSACTION | {"block_number": 30_720_200, "block_timestamp": 1_691_651_100}, rail="bsc")
    assert {t.asset.asset for t in bsc.transfers} == {"BNB@bsc"}


def test_failure_calls_and_new_contracts(tmp_path: Path) -> None:
    found = read_json(
        tmp_path,
        TRANSACTION | {"receipt_status": 0},
        TRANSACTION | {"value": 0, "input": "0xa9059cbb"},
        TRANSACTION | {"value": 0},
        TRANSACTION | {"to_address": None, "receipt_contract_address": NEW},
        PLAIN | {"value": 0, "input": "0x01"},
    )
    assert moves(found) == [
        (1, "transfer", B, 5, "failed"), (1, "fee", "fee", FEE, "ok"), (2, "fee", "fee", FEE, "ok"),
        (3, "transfer", B, 0, "ok"), (3, "fee", "fee", FEE, "ok"), (4, "transfer", NEW, 5, "ok"), (4, "fee", "fee", FEE, "ok"),
    ]  # fmt: skip
    assert ([skip.row for skip in found.skips], found.graded) == ([5], {("note", "zero_value"): 1})


def test_without_receipts_nothing_counts_until_they_are_given(tmp_path: Path) -> None:
    alone = read_json(tmp_path, PLAIN)
    assert moves(alone) == [(1, "transfer", B, 5, "unstated")]
    assert alone.graded == {("warning", "status_not_stated"): 1}
    receipt = {
        "transaction_hash": TX,
        "cumulative_gas_used": 1,
        "gas_used": 21_000,
        "status": 0,
        "effective_gas_price": "",
    }
    beside = read_json(tmp_path, PLAIN, beside=(as_csv(receipt),))
    assert moves(beside) == [(1, "transfer", B, 5, "failed"), (1, "fee", "fee", FEE, "ok")]
    assert not beside.issues
    own = read_json(tmp_path, TRANSACTION, beside=(as_csv(receipt),))
    assert own.transfers[0].status == "ok"


def test_blobs_are_paid_for_too(tmp_path: Path) -> None:
    blob = TRANSACTION | {"transaction_type": 3}
    found = read_json(tmp_path, blob, blob | {"receipt_blob_gas_used": 131_072, "receipt_blob_gas_price": 7})
    assert [(t.row, t.amount) for t in found.of_kind("fee")] == [(2, FEE + 131_072 * 7)]


def test_blocks_beside_it_date_every_table(tmp_path: Path) -> None:
    blocks = "number,gas_limit,timestamp\n17173049,1,1683029999\n"
    rows: list[dict[str, Any]] = [PLAIN | {"block_timestamp": None}, TRACE, TOKEN]
    for row in rows:
        assert [t.time.basis for t in read_json(tmp_path, row).transfers] == ["unknown"]
        (dated,) = read_json(tmp_path, row, beside=(blocks,)).transfers
        assert dated.time.time == datetime(2023, 5, 2, 12, 19, 59, tzinfo=UTC)
    source = open_source(write_text(tmp_path, as_csv(TOKEN, TOKEN | {"block_number": 5})))
    companion = open_source(write_text(tmp_path, blocks, "blocks.csv"))
    found = read_all(ethereum_etl, replace(source, companions=(companion,)), ReadOptions())
    assert [(row["time_us"], row["time_basis"]) for row in found.table_rows] == [
        (1_683_029_999_000_000, "chain"), (None, "unknown"),
    ]  # fmt: skip
    assert found.graded == {("note", "time_missing"): 1}
    with pytest.raises(SourceError, match="beside0: no row states the time of a block"):
        read_json(tmp_path, TOKEN, beside=("a,b\n1,2\n",))


def test_traces_move_coins_only_where_a_call_carries_them(tmp_path: Path) -> None:
    others: list[dict[str, Any]] = [
        {"call_type": "delegatecall"},
        {"call_type": "staticcall"},
        {"trace_type": "reward"},
        {"value": 0},
    ]
    found = read_json(
        tmp_path, TRACE, *(TRACE | each for each in others), TRACE | {"trace_type": "suicide", "call_type": None},
        TRACE | {"error": "Reverted"}, TRACE | {"status": 0}, TRACE | {"status": None}, TRACE | {"transaction_hash": None},
        TRACE | {"trace_type": "create", "call_type": "", "to_address": NEW},
    )  # fmt: skip
    assert [(t.row, t.dst.key, t.status) for t in found.transfers] == [
        (1, B, "ok"), (6, B, "ok"), (7, B, "failed"), (8, B, "failed"), (9, B, "unstated"), (11, NEW, "ok"),
    ]  # fmt: skip
    assert ([skip.row for skip in found.skips], found.errors) == ([2, 3, 4, 5], [(10, "identifier")])


@pytest.mark.parametrize("mark", [",", "|"])
def test_logs_are_decoded_as_those_of_a_node(tmp_path: Path, mark: str) -> None:
    topics = mark.join((f"0x{TRANSFER}", "0x" + A[2:].rjust(64, "0"), "0x" + B[2:].rjust(64, "0")))
    row = {"log_index": 17, "transaction_hash": TX, "block_number": 17_173_049, "address": USDT, "data": f"0x{5:064x}",
           "topics": f'"{topics}"'}  # fmt: skip
    path = write_text(tmp_path, as_csv(row, row | {"topics": "0x" + "8c" * 32}, row | {"data": "0x"}))
    assert ethereum_etl.recognise(head_of(path))
    found = read_file(ethereum_etl, path)
    assert [(t.row, t.asset.asset, t.amount, t.index) for t in found.transfers] == [(2, "USDT@ethereum", 5, 17)]
    assert ([skip.row for skip in found.skips], found.errors) == ([3], [(4, "malformed")])


def test_blocks_and_receipts_alone_hold_no_transfer(tmp_path: Path) -> None:
    for text in (
        "number,gas_limit,timestamp\n1,1,1\n2,1,1\n",
        "transaction_hash,cumulative_gas_used,gas_used\n1,1,1\n2,1,1\n",
    ):
        path = write_text(tmp_path, text)
        assert ethereum_etl.recognise(head_of(path))
        found = read_file(ethereum_etl, path)
        assert (found.rows_read, [skip.row for skip in found.skips]) == (2, [2, 3])


def test_names_of_graphsense_mean_the_same(tmp_path: Path) -> None:
    header = "txHash,blockId,fromAddress,toAddress,value,gas,gasPrice,input,blockTimestamp,receiptGasUsed"
    path = write_text(tmp_path, f"{header}\n{TX[2:]},17173049,{A},{B},5,90000,11000000000,0x,1683029999,21000\n")
    assert ethereum_etl.recognise(head_of(path))
    assert moves(read_file(ethereum_etl, path)) == [(2, "transfer", B, 5, "unstated"), (2, "fee", "fee", FEE, "ok")]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"hash": "0x0f"}, "identifier"),
        ({"hash": None}, "malformed"),
        ({"from_address": "x"}, "identifier"),
        ({"to_address": 5}, "identifier"),
        ({"value": "1.5"}, "amount"),
        ({"value": -5}, "amount"),
        ({"value": 10**39}, "amount"),
        ({"receipt_gas_used": "x"}, "amount"),
        ({"block_timestamp": "soon"}, "time"),
    ],
)
def test_a_bad_transaction_is_refused_alone(tmp_path: Path, changed: dict[str, Any], code: str) -> None:
    found = read_json(tmp_path, TRANSACTION, TRANSACTION | changed, TRANSACTION, 7)
    assert found.errors == [(2, code), (4, "malformed")]
    assert sorted(found.kept) == [1, 3]


def test_a_cut_csv_row_is_refused_and_another_chain_doubted(tmp_path: Path) -> None:
    row = {key: cell for key, cell in TRANSACTION.items() if key != "type"} | {"block_number": 30_720_200}
    text = as_csv(row) + TX + ",0xab\n" + "," * (len(row) - 1) + "\n"
    found = read_file(ethereum_etl, write_text(tmp_path, text))
    assert (found.errors, [skip.row for skip in found.skips]) == ([(3, "ragged")], [4])
    assert found.codes["chain_doubtful"] == 1
    assert read_file(ethereum_etl, write_text(tmp_path, text), rail="polygon").codes["chain_doubtful"] == 0


def parquet(folder: Path, columns: dict[str, Any], name: str = "made.parquet") -> Path:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return write_text(folder, file.getvalue(), name)


def test_parquet_gives_what_the_other_formats_give(tmp_path: Path) -> None:
    time = pa.array([datetime(2023, 5, 2, 12, 19, 59, tzinfo=UTC), None, None], pa.timestamp("us", "UTC"))
    tokens: dict[str, Any] = {key: [cell, cell, cell] for key, cell in TOKEN.items()}
    tokens["value"] = pa.array([Decimal(680_000_000), Decimal(0), Decimal(7)], pa.decimal128(38, 9))
    tokens["from_address"] = [A, A, "0xzz"]
    path = parquet(tmp_path, tokens | {"block_timestamp": time, "block_hash": ["x"] * 3})
    assert ethereum_etl.recognise(head_of(path))
    found = read_file(ethereum_etl, path)
    assert [(row["row"], row["amount"], row["time_us"], row["tx_index"]) for row in found.table_rows] == [
        (1, "680000000", 1_683_029_999_000_000, 17), (2, "0", None, 17),
    ]  # fmt: skip
    assert found.errors == [(3, "identifier")]
    assert found.graded[("note", "zero_value")] == found.graded[("note", "time_missing")] == 1
    binary = {key: [cell] for key, cell in TRANSACTION.items() if key != "type"} | {
        "from_address": [bytes.fromhex(A[2:])]
    }
    assert moves(read_file(ethereum_etl, parquet(tmp_path, binary))) == moves(read_json(tmp_path, TRANSACTION))


def test_a_large_parquet_file_is_known_by_its_columns(tmp_path: Path) -> None:
    path = parquet(tmp_path, {key: [cell] for key, cell in TOKEN.items()})
    head = Head("big.parquet", b"PAR1" + b"\x00" * 65_532, 1 << 30, sheet=(tuple(TOKEN),))
    assert ethereum_etl.recognise(head)
    assert ethereum_etl.recognise(replace(head, sheet=())) is None
    assert len(read_file(ethereum_etl, path).table_rows) == 1


def test_a_parquet_file_that_is_cut_or_of_others_is_refused(tmp_path: Path) -> None:
    whole = parquet(tmp_path, {key: [cell] for key, cell in TOKEN.items()}).read_bytes()
    for data in (whole[:-20], b"PAR1", whole[:40] + bytes(60) + whole[100:]):
        path = write_text(tmp_path, data, "cut.parquet")
        with pytest.raises(SourceError, match="Parquet"):
            read_file(ethereum_etl, path)
    other = parquet(tmp_path, {"a": [1]})
    assert ethereum_etl.recognise(head_of(other)) is None
    with pytest.raises(SourceError, match="no table of ethereum-etl: its columns are a"):
        read_file(ethereum_etl, other)


def test_packed_files_are_seen_through(tmp_path: Path) -> None:
    for text, name in ((as_csv(TOKEN, TOKEN), "tokens.csv.gz"), (json.dumps(TRANSACTION) + "\n", "tx.jsonl.gz")):
        path = write_text(tmp_path, gzip.compress(text.encode()), name)
        assert ethereum_etl.recognise(head_of(path))
        found = read_file(ethereum_etl, path)
        assert len(found.table_rows) + len(found.transfers) == 2


@pytest.mark.real_data
def test_real_transactions_add_up_to_their_blocks(real_data: Path) -> None:
    found = read_file(ethereum_etl, real_data / "evm-tokens" / "etl_17173049_transactions.jsonl")
    kinds = Counter((t.kind, t.status) for t in found.transfers)
    assert kinds == {("fee", "ok"): 298, ("transfer", "ok"): 127, ("transfer", "failed"): 8}
    money = [t.amount or 0 for t in found.of_kind("transfer") if t.status == "ok"]
    assert (sum(money), sum(t.amount or 0 for t in found.of_kind("fee"))) == (
        82_246_255_043_361_813_012,
        2_362_878_739_684_767_282,
    )
    assert (len(found.kept), found.issues) == (298, [])


@pytest.mark.real_data
def test_real_transactions_of_graphsense_do_not_say_what_failed(real_data: Path) -> None:
    found = read_file(ethereum_etl, real_data / "evm-tokens" / "gs_eth_transactions.csv")
    assert Counter((t.kind, t.status) for t in found.transfers) == {("fee", "ok"): 332, ("transfer", "unstated"): 69}
    assert found.graded == {("note", "zero_value"): 1, ("warning", "status_not_stated"): 1}


@pytest.mark.real_data
def test_real_blocks_are_skipped(real_data: Path) -> None:
    for name in ("etl_blocks.csv", "etl_17173049_blocks.jsonl"):
        found = read_file(ethereum_etl, real_data / "evm-tokens" / name)
        assert (found.rows_read, len(found.skipped)) == (2, 2)
