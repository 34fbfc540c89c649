"""ethereum-etl token transfers: bulk CSV against the row reader, corrupted rows, times, and the real file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from connectors import ethereum_etl
from connectors.ethereum_etl import bulk
from tests.connectors.reading import SAMPLES, Reading, head_of, open_source, read_file, write_text
from trails.connector import ReadOptions
from trails.errors import SourceError, UsageError
from trails.identifiers import eip55
from trails.records import csv_records

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = SAMPLES / "ethereum_etl" / "sample.csv"
USDT = "0xdac17f958d2ee523a2206206994597c13d831ec7"
HEADER = "token_address,from_address,to_address,value,transaction_hash,log_index,block_number,block_timestamp"
A, B = "0x" + "ab" * 20, "0x" + "12" * 20


def line(**changed: object) -> str:
    fields: dict[str, object] = {
        "token": USDT,
        "src": A,
        "dst": B,
        "value": 680_000_000,
        "tx": "0x" + "0f" * 32,
        "log": 17,
        "block": 17_173_049,
        "time": 1_683_029_999,
    }
    return ",".join(str(value) for value in (fields | changed).values())


def read_lines(folder: Path, *lines: str, header: str = HEADER, end: str = "\n", **options: Any) -> Reading:
    return read_file(ethereum_etl, write_text(folder, "\n".join((header, *lines)) + end), **options)


def test_sample_comes_as_one_table_and_one_refusal() -> None:
    found = read_file(ethereum_etl, SAMPLE)
    assert found.rows_read == 6
    assert found.errors == [(7, "identifier")]
    assert [row["row"] for row in found.table_rows] == [2, 3, 4, 5, 6]
    assert sum(int(row["amount"]) for row in found.table_rows if row["asset"] == "USDT@ethereum") == 20_239_000_000
    first = found.table_rows[0]
    assert (first["rail"], first["kind"], first["status"]) == ("ethereum", "transfer", "ok")
    assert (first["time_us"], first["time_basis"], first["time_error_s"]) == (1_722_640_811_000_000, "chain", 0)
    assert (first["tx_index"], first["seq"], len(first["tx"])) == (41, 20_445_012_000_041, 64)
    assert {asset.asset: asset.decimals for asset in found.tables[0].assets}["USDT@ethereum"] == 6


def test_recognise_knows_the_columns_in_any_order(tmp_path: Path) -> None:
    assert ethereum_etl.recognise(head_of(SAMPLE))
    shuffled = ",".join(reversed(HEADER.split(",")))
    assert ethereum_etl.recognise(head_of(write_text(tmp_path, shuffled + "\n")))
    mixed = '{"type": "block", "number": 1}\n{"type": "token_transfer", "token_address": "0x"}\n'
    assert ethereum_etl.recognise(head_of(write_text(tmp_path, mixed)))
    for text in ("", "a,b\n", "address,source,target,amount\n", '{"type": "transaction", "hash": "0x"}\n'):
        assert ethereum_etl.recognise(head_of(write_text(tmp_path, text))) is None


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"src": A[:-1]}, "identifier"),
        ({"dst": B + "0"}, "identifier"),
        ({"token": "0X" + USDT[2:]}, "identifier"),
        ({"src": "0x" + "zz" * 20}, "identifier"),
        ({"src": "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}, "identifier"),
        ({"src": eip55(A).swapcase().replace("0X", "0x")}, "identifier"),
        ({"tx": "0x" + "0f" * 31}, "identifier"),
        ({"tx": "0x" + "0g" * 32}, "identifier"),
        ({"tx": ""}, "malformed"),
        ({"value": "9" * 60}, "amount"),
        ({"value": "9" * 39}, "amount"),
        ({"value": "1.5e+21"}, "amount"),
        ({"value": "-5"}, "amount"),
        ({"value": ""}, "amount"),
        ({"value": "٣"}, "amount"),
        ({"log": "x"}, "malformed"),
        ({"log": 1_000_000}, "malformed"),
        ({"block": ""}, "malformed"),
        ({"block": 10**12}, "malformed"),
        ({"time": "2023-05-02 12:19:59"}, "time"),
        ({"time": "soon"}, "time"),
        ({"time": "02/05/2023"}, "time"),
    ],
)
def test_a_bad_row_is_refused_alone(tmp_path: Path, changed: dict[str, Any], code: str) -> None:
    found = read_lines(tmp_path, line(log=1), line(**changed), line(log=3))
    assert found.errors == [(3, code)]
    assert [row["row"] for row in found.table_rows] == [2, 4]


def test_the_bulk_and_the_row_reader_agree(tmp_path: Path) -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"src": eip55(A)},
        {"src": A.upper().replace("0X", "0x")},
        {"tx": "0F" * 32},
        {"tx": "0x" + "0F" * 32},
        {"value": "0" * 40 + "7"},
        {"value": "0"},
        {"value": "9" * 38},
        {"time": "2023-05-02 12:19:59 UTC"},
        {"time": "2023-05-02T12:19:59Z"},
        {"time": "2023-05-02T14:19:59+02:00"},
        {"time": ""},
        {"time": "0"},
        {"token": B},
    ]
    found = read_lines(tmp_path, *(line(**changed) for changed in changes))
    names = HEADER.split(",")
    items = [dict(zip(names, line(**changed).split(","), strict=True)) for changed in changes]
    lines = write_text(tmp_path, "".join(json.dumps(item) + "\n" for item in items), "same.jsonl")
    by_row = {t.row + 1: t for t in read_file(ethereum_etl, lines).transfers}
    facts: dict[int, tuple[object, ...]] = {
        row["row"]: (row["src"], row["dst"], row["asset"], int(row["amount"]), row["tx"], row["tx_index"], row["seq"],
                     row["time_us"], row["time_basis"], row["time_error_s"])
        for row in found.table_rows
    }  # fmt: skip
    facts |= {t.row: _fact(t) for t in found.transfers}
    assert facts == {row: _fact(t) for row, t in by_row.items()}
    assert len(facts) == len(changes)
    assert found.graded == {
        ("warning", "time_implausible"): 1, ("note", "time_missing"): 1, ("note", "zero_value"): 1,
    }  # fmt: skip
    assert [issue.row for issue in found.issues if issue.code == "zero_value"] == [8]


def _fact(transfer: Any) -> tuple[object, ...]:
    time = transfer.time
    micro = int(time.time.timestamp()) * 10**6 if time.time else None
    return (transfer.src.key, transfer.dst.key, transfer.asset.asset, transfer.amount, transfer.tx, transfer.index,
            transfer.seq, micro, time.basis, time.error_s)  # fmt: skip


def test_times_without_a_zone_need_one(tmp_path: Path) -> None:
    found = read_lines(tmp_path, line(), line(time="2023-05-02 12:19:59"), timezone="Europe/Sarajevo")
    bases = {row["row"]: (row["time_basis"], row["time_us"]) for row in found.table_rows}
    assert bases == {2: ("chain", 1_683_029_999_000_000), 3: ("assumed", 1_683_022_799_000_000)}


def test_without_a_time_column_times_stay_unknown_with_one_note(tmp_path: Path) -> None:
    rows = [line(log=number).rpartition(",")[0] for number in range(3)]
    found = read_lines(tmp_path, *rows, header=HEADER.rpartition(",")[0])
    assert found.graded == {("note", "time_missing"): 1}
    assert {(row["time_us"], row["time_basis"], row["time_error_s"]) for row in found.table_rows} == {
        (None, "unknown", None)
    }


@pytest.mark.parametrize("block_bytes", [400, 700, 1 << 20])
def test_row_numbers_are_those_of_csv_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    monkeypatch.setattr(bulk, "BLOCK_BYTES", block_bytes)
    lines = [line(log=number) for number in range(40)]
    lines[3] = "too,few"
    lines[4] = line() + ",one,too,many"
    lines[9] = '"' + USDT + '\n",' + line().partition(",")[2]
    lines[10] = ""
    lines[17] = '"' + USDT + '",' + line().partition(",")[2]
    lines[38] = ",".join([""] * 8)
    lines[39] = "cut"
    found = read_lines(tmp_path, *lines)
    path = tmp_path / "made.csv"
    counted = {record.row: record for record in csv_records(open_source(path), ReadOptions())}
    assert found.errors == [(5, "ragged"), (6, "ragged"), (11, "identifier"), (41, "ragged")]
    assert [(skip.row, skip.reason) for skip in found.skips] == [(12, "an empty line"), (40, "an empty line")]
    for row in found.table_rows:
        assert counted[row["row"]].value["log_index"] == str(row["tx_index"])
    assert [row["row"] for row in found.table_rows] == [n for n in range(2, 42) if n not in (5, 6, 11, 12, 40, 41)]
    assert "\n" in counted[11].raw


def test_equal_rows_are_both_handed_over(tmp_path: Path) -> None:
    found = read_lines(tmp_path, line(), line())
    assert [row["row"] for row in found.table_rows] == [2, 3]


def test_a_cut_last_line_is_doubted(tmp_path: Path) -> None:
    found = read_lines(tmp_path, line(), line()[:-4], end="")
    assert found.graded == {("warning", "time_implausible"): 1, ("warning", "possibly_truncated"): 1}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        ((HEADER.replace("log_index", "index") + "\n").encode(), "header: log_index"),
        ((HEADER + ",value\n").encode(), "value stands twice"),
        (b"\xff" + HEADER.encode(), "is not utf-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_file(ethereum_etl, write_text(tmp_path, data))


def test_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    found = read_lines(tmp_path)
    assert (found.rows_read, found.tables, found.issues) == (0, [], [])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_understood(tmp_path: Path, encoding: str) -> None:
    path = write_text(tmp_path, f"{HEADER}\r\n{line()}\r\n".encode(encoding))
    assert [row["row"] for row in read_file(ethereum_etl, path).table_rows] == [2]


def test_the_chain_is_ethereum_unless_it_was_said(tmp_path: Path) -> None:
    elsewhere = line(block=30_720_200, time=1_691_651_100, token="0x55d398326f99059ff775485246999027b3197955")
    doubted = read_lines(tmp_path, elsewhere)
    assert doubted.graded == {("warning", "chain_doubtful"): 1}
    assert doubted.table_rows[0]["asset"] == "0x55d398326f99059ff775485246999027b3197955@ethereum"
    stated = read_lines(tmp_path, elsewhere, rail="bsc")
    assert not stated.issues
    assert (stated.table_rows[0]["rail"], stated.table_rows[0]["asset"]) == ("bsc", "USDT@bsc")
    assert stated.tables[0].assets[0].decimals == 18
    with pytest.raises(UsageError, match="tron"):
        read_lines(tmp_path, elsewhere, rail="tron")


def test_json_lines_skip_other_types_and_refuse_bad_rows(tmp_path: Path) -> None:
    good: dict[str, Any] = {
        "type": "token_transfer", "token_address": USDT, "from_address": A, "to_address": B, "value": 5,
        "transaction_hash": "0x" + "0f" * 32, "log_index": 1, "block_number": 17_173_049,
        "block_timestamp": 1_683_029_999,
    }  # fmt: skip
    items: list[Any] = [good, {"type": "block"}, good | {"value": 10**59}, good | {"block_timestamp": 1}, 7, good]
    items += [good | {"value": True}, good | {"from_address": None}, good | {"value": "5"}]
    found = read_file(ethereum_etl, write_text(tmp_path, "\n".join(map(json.dumps, items)), "made.jsonl"))
    assert [t.row for t in found.transfers] == [1, 4, 6, 9]
    assert found.errors == [(3, "amount"), (5, "malformed"), (7, "amount"), (8, "malformed")]
    assert [(skip.row, skip.reason) for skip in found.skips] == [
        (2, "a block: holds no transfer; give the file with --with beside another, to date its rows")
    ]
    assert found.graded[("warning", "time_implausible")] == 1


@pytest.mark.real_data
def test_real_blocks_hold_41_usdt_transfers(real_data: Path) -> None:
    path = real_data / "evm-tokens" / "etl_17173049_token_transfers.jsonl"
    assert ethereum_etl.recognise(head_of(path))
    found = read_file(ethereum_etl, path)
    usdt = [t for t in found.transfers if t.asset.asset == "USDT@ethereum"]
    assert found.rows_read == len(found.transfers) == 291
    assert (len(usdt), sum(t.amount or 0 for t in usdt)) == (41, 1_088_121_577_531)
    assert found.graded == {("note", "zero_value"): 3}


@pytest.mark.real_data
def test_real_rows_as_csv_give_the_same_facts(real_data: Path, tmp_path: Path) -> None:
    path = real_data / "evm-tokens" / "etl_17173049_token_transfers.jsonl"
    items = [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]
    rows = [",".join(str(item[name]) for name in HEADER.split(",")) for item in items]
    found = read_lines(tmp_path, *rows)
    usdt = [int(row["amount"]) for row in found.table_rows if row["asset"] == "USDT@ethereum"]
    assert (len(found.table_rows), len(usdt), sum(usdt)) == (291, 41, 1_088_121_577_531)


@pytest.mark.real_data
def test_other_real_files_are_not_ours(real_data: Path) -> None:
    files = list((real_data / "evm-tokens").iterdir())
    ours = {path.name for path in files if ethereum_etl.recognise(head_of(path))}
    stream = {f"etl_17173049_{name}.jsonl" for name in ("token_transfers", "transactions", "blocks")}
    assert ours == {*stream, "etl_blocks.csv", "gs_eth_transactions.csv"}


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["bionic_erc20_transfers.csv", "ens_pairs.csv"])
def test_real_files_without_transactions_are_refused_aloud(real_data: Path, name: str) -> None:
    with pytest.raises(SourceError, match=r"missing in the header: .*transaction_hash"):
        read_file(ethereum_etl, real_data / "evm-tokens" / name)
