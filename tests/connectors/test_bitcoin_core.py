"""Bitcoin Core blocks: golden facts of the sample, alterations, exact amounts, and the real blocks."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from connectors import bitcoin_core
from connectors.bitcoin_core.transactions import to_satoshi
from tests.connectors.reading import SAMPLES, head_of, open_source, read_file, write_json, write_text
from trails.connector import ReadOptions
from trails.errors import AmountError, SourceError
from trails.model import Node

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = SAMPLES / "bitcoin_core" / "sample.jsonl"
ALONE = SAMPLES / "bitcoin_core" / "sample-getrawtransaction.jsonl"


@pytest.fixture
def blocks() -> list[dict[str, Any]]:
    return [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]


def test_sample_counts_transactions_over_the_blocks(blocks: list[dict[str, Any]]) -> None:
    found = read_file(bitcoin_core, SAMPLE)
    assert found.rows_read == 4
    assert found.graded == {("note", "prevout_unknown"): 1}
    assert Counter(t.kind for t in found.transfers) == {"input": 4, "output": 5, "fee": 1}
    assert {t.row: t.seq for t in found.transfers} == {
        1: blocks[0]["height"] * 10**6,
        2: blocks[0]["height"] * 10**6 + 1,
        3: blocks[1]["height"] * 10**6,
        4: blocks[1]["height"] * 10**6 + 1,
    }
    assert {t.time.error_s for t in found.transfers} == {7_200}
    assert [(fee.row, fee.amount) for fee in found.of_kind("fee")] == [(2, 5_000)]
    assert {t.identity for t in found.of_kind("input") if t.row in (1, 3)} == {
        f"coinbase|{block['tx'][0]['txid']}" for block in blocks
    }


def test_an_unstated_prevout_names_the_outpoint_also_of_the_same_file(blocks: list[dict[str, Any]]) -> None:
    found = read_file(bitcoin_core, SAMPLE)
    paid = next(t for t in found.of_kind("output") if t.row == 2 and t.index == 0)
    spent = next(t for t in found.of_kind("input") if t.row == 4)
    assert (spent.tx, spent.index, spent.amount) == (paid.tx, 0, None)
    assert spent.src == Node("bitcoin", f"{blocks[0]['tx'][1]['txid']}:0", label="output not in the case")


def test_raw_rows_are_the_transactions_own_text(blocks: list[dict[str, Any]]) -> None:
    raw = list(bitcoin_core.records(open_source(SAMPLE), ReadOptions()))
    assert [record.row for record in raw] == [1, 2, 3, 4]
    assert [json.loads(record.raw)["txid"] for record in raw] == [tx["txid"] for block in blocks for tx in block["tx"]]
    assert all(record.raw in SAMPLE.read_text(encoding="utf-8") for record in raw)


@pytest.mark.parametrize("shape", ["object", "list", "envelope", "envelopes"])
def test_every_wrapping_reads_the_same(blocks: list[dict[str, Any]], tmp_path: Path, shape: str) -> None:
    first, both = blocks[0], blocks
    answer = {"result": first, "error": None, "id": "trails"}
    value = {"object": first, "list": both, "envelope": answer, "envelopes": [answer, {"result": both[1]}]}[shape]
    path = write_json(tmp_path, value)
    assert bitcoin_core.recognise(head_of(path))
    expected = [t for t in read_file(bitcoin_core, SAMPLE).transfers if len(shape) in (4, 9) or t.row < 3]
    assert read_file(bitcoin_core, path).transfers == expected


@pytest.mark.parametrize(
    ("path", "value", "codes"),
    [
        (("vout", 0, "value"), 0.05, [(2, "fee_mismatch"), (2, "txid_mismatch")]),
        (("vout", 0, "value"), 0.040000001, [(2, "amount")]),
        (("vout", 0, "value"), "0.04", [(2, "amount")]),
        (("vout", 0, "value"), 1e30, [(2, "amount")]),
        (("vout", 0, "value"), -0.04, [(2, "amount")]),
        (("vout", 0, "n"), 1, [(2, "malformed")]),
        (("vin", 0, "prevout", "value"), 0.06, [(2, "fee_mismatch")]),
        (("vin", 0, "scriptSig", "hex"), "00", [(2, "txid_mismatch")]),
        (("fee",), 0.00004, [(2, "fee_mismatch")]),
        (("vout", 1, "scriptPubKey", "address"), "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", [(2, "identifier")]),
        (("vout", 1, "scriptPubKey"), None, [(2, "malformed")]),
        (("vin",), {}, [(2, "malformed")]),
    ],
)
def test_what_is_altered_is_refused_with_its_row(
    blocks: list[dict[str, Any]], tmp_path: Path, path: tuple[str | int, ...], value: object, codes: list[Any]
) -> None:
    target: Any = blocks[0]["tx"][1]
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    found = read_file(bitcoin_core, write_json(tmp_path, blocks))
    assert found.errors == codes
    assert {t.row for t in found.transfers} == {1, 3, 4}


def test_an_impossible_block_time_warns_once_a_transaction(blocks: list[dict[str, Any]], tmp_path: Path) -> None:
    blocks[0]["time"] = 0
    found = read_file(bitcoin_core, write_json(tmp_path, blocks))
    assert found.graded == {("warning", "time_implausible"): 2, ("note", "prevout_unknown"): 1}
    assert {t.row: t.time.basis for t in found.transfers} == {1: "unknown", 2: "unknown", 3: "chain", 4: "chain"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("50.00000722", 5_000_000_722), ("1.25E-6", 125), ("20999999.9769", 2_099_999_997_690_000), ("0E-8", 0),
     ("5E+1", 5_000_000_000)],
)  # fmt: skip
def test_amounts_are_exact(text: str, expected: int) -> None:
    assert to_satoshi(Decimal(text), "value") == expected


@pytest.mark.parametrize("text", ["0.000000001", "21000000.1", "1E+999999999", "-1", "NaN", "Infinity", "1E-999999"])
def test_amounts_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(AmountError):
        to_satoshi(Decimal(text), "value")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"result": None, "error": {"code": -5, "message": "Block not found"}}, "Block not found"),
        ({"hash": "00", "height": 1, "tx": ["00" * 32]}, "verbosity 1"),
        ({"hash": "00", "height": 1}, "no list of transactions"),
        ([1], "no list of transactions"),
        ({"result": None, "error": None, "id": 1}, "gave no result"),
        ({"error": "unauthorized"}, "unauthorized"),
        ({"result": "01000000", "error": None}, "verbosity 0"),
    ],
)
def test_files_that_hold_no_decoded_transactions(tmp_path: Path, value: object, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_file(bitcoin_core, write_json(tmp_path, value))


def test_bare_blocks_answers_and_transactions_may_stand_in_one_file(
    blocks: list[dict[str, Any]], tmp_path: Path
) -> None:
    alone = blocks[1]["tx"][1]
    path = write_json(tmp_path, [blocks[0], {"result": blocks[1]}, alone, {"result": alone}])
    found = read_file(bitcoin_core, path)
    assert found.rows_read == 6
    first = [t for t in found.transfers if t.row <= 4]
    assert first == read_file(bitcoin_core, SAMPLE).transfers
    assert {t.row for t in found.transfers} == {1, 2, 3, 4, 5, 6}
    raws = [json.loads(raw.raw) for raw in bitcoin_core.records(open_source(path), ReadOptions())]
    assert raws[4:] == [alone, {"result": alone}]


def test_transactions_alone_state_what_their_answers_say() -> None:
    found = read_file(bitcoin_core, ALONE)
    assert found.rows_read == 4
    assert found.graded == {("note", "prevout_unknown"): 2, ("error", "no_transactions"): 1}
    assert found.errors == [(4, "no_transactions")]
    assert "No such mempool" in next(issue.message for issue in found.issues if issue.row == 4)
    assert Counter((t.row, t.kind) for t in found.transfers) == {
        (1, "input"): 1, (1, "output"): 3, (1, "fee"): 1,
        (2, "input"): 1, (2, "output"): 1, (3, "input"): 1, (3, "output"): 1,
    }  # fmt: skip
    assert {(t.row, t.status, t.time.basis, t.time.error_s, t.seq) for t in found.transfers} == {
        (1, "ok", "chain", 7_200, None), (2, "ok", "chain", 7_200, None), (3, "unconfirmed", "unknown", None, None),
    }  # fmt: skip
    assert [(fee.row, fee.amount) for fee in found.of_kind("fee")] == [(1, 1_000)]
    spent = next(t for t in found.of_kind("input") if t.row == 2)
    assert (spent.amount, spent.tx) == (None, found.of_kind("output")[0].tx)


@pytest.fixture
def alone() -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(ALONE.read_text(encoding="utf-8").splitlines()[0])
    return dict(answer["result"])


@pytest.mark.parametrize(
    ("changed", "status", "issues"),
    [
        ({"confirmations": -1}, "stale", {}),
        ({"confirmations": 0}, "stale", {}),
        ({"blockhash": None}, "unconfirmed", {}),
        ({"blockhash": None, "confirmations": 0}, "unconfirmed", {}),
        ({"blockhash": None, "hex": None, "confirmations": None}, "unstated", {("note", "status_missing"): 1}),
        ({"blocktime": 0}, "ok", {("warning", "time_implausible"): 1}),
    ],
)
def test_a_transaction_alone_is_in_a_block_waits_or_was_lost(
    alone: dict[str, Any], tmp_path: Path, changed: dict[str, Any], status: str, issues: dict[Any, int]
) -> None:
    found = read_file(bitcoin_core, write_json(tmp_path, alone | changed))
    assert {t.status for t in found.transfers} == {status}
    assert found.graded == issues


def test_a_block_that_was_replaced_moves_nothing(blocks: list[dict[str, Any]], tmp_path: Path) -> None:
    blocks[0]["confirmations"] = -1
    found = read_file(bitcoin_core, write_json(tmp_path, blocks))
    assert {t.row: t.status for t in found.transfers} == {1: "stale", 2: "stale", 3: "ok", 4: "ok"}


def test_one_error_among_answers_refuses_its_row_only(blocks: list[dict[str, Any]], tmp_path: Path) -> None:
    failed = {"jsonrpc": "2.0", "id": 2, "error": {"code": -5, "message": "Block not found"}}
    path = write_json(tmp_path, [{"result": blocks[0]}, failed, {"result": "0100", "error": None}])
    found = read_file(bitcoin_core, path)
    assert found.errors == [(3, "no_transactions"), (4, "no_transactions")]
    assert {t.row for t in found.transfers} == {1, 2}
    assert any("verbosity 0" in issue.message for issue in found.issues)


@pytest.mark.parametrize(("data", "message"), [(b"", "empty"), (SAMPLE.read_bytes()[:-30], "truncated|not whole")])
def test_a_file_that_is_not_whole_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_file(bitcoin_core, write_text(tmp_path, data, "bad.json"))


@pytest.mark.real_data
def test_real_block_of_verbosity_2(real_data: Path) -> None:
    path = real_data / "bitcoin-json" / "bitcoin-etl_getblock_50002_verbosity2.json"
    assert bitcoin_core.recognise(head_of(path))
    found = read_file(bitcoin_core, path)
    assert found.rows_read == 3
    assert found.graded == {("note", "prevout_unknown"): 2}
    outputs = [(t.row, t.dst.key, t.amount, t.seq) for t in found.of_kind("output")]
    assert outputs == [
        (1, "1PkqKGbNLDdDJGveCcNUMV9CEFH77ADrPQ", 5_000_000_000, 50_001_000_000),
        (2, "1HaHTfmvoUW6i6nhJf8jJs6tU4cHNmBQHQ", 10_000_000_000, 50_001_000_001),
        (3, "1HaHTfmvoUW6i6nhJf8jJs6tU4cHNmBQHQ", 5_000_000_000, 50_001_000_002),
    ]
    assert not found.of_kind("fee")


@pytest.mark.real_data
def test_real_test_network_block_of_verbosity_3(real_data: Path) -> None:
    path = real_data / "bitcoin-json" / "wasabi_VerboseBlock.json"
    assert bitcoin_core.recognise(head_of(path))
    found = read_file(bitcoin_core, path)
    assert (found.rows_read, len(found.transfers)) == (5, 18)
    assert found.graded == {("note", "old_spelling"): 2}
    assert {node.rail for t in found.transfers for node in (t.src, t.dst)} == {"bitcoin-test"}
    assert sum(fee.amount or 0 for fee in found.of_kind("fee")) == 722, (
        "the coinbase took 50.00000722 at a subsidy of 50"
    )


@pytest.mark.real_data
def test_real_blocks_of_the_wallet_emulation(real_data: Path) -> None:
    found_files = list((real_data / "wallet-ground-truth").rglob("blocks.jsonl"))
    if not found_files:
        pytest.skip("the wallet emulation's blocks are absent")
    found = read_file(bitcoin_core, found_files[0])
    assert set(found.graded) <= {("note", "prevout_unknown")}
    assert {t.src.rail for t in found.transfers} == {"bitcoin-test"}


@pytest.mark.real_data
def test_the_real_transaction_alone_hashes_again(real_data: Path) -> None:
    path = real_data / "bitcoin-json" / "bitcoin-etl_getrawtransaction_0d37522b.json"
    assert bitcoin_core.recognise(head_of(path))
    found = read_file(bitcoin_core, path)
    assert (found.rows_read, found.issues) == (1, [])
    assert [(t.kind, t.src.key, t.dst.key, t.amount) for t in found.transfers] == [
        ("input", "coinbase", "0d37522b89f991f8433b80f709ad31862a54435cd003f25732fe405e9db93216", 5_000_000_000),
        ("output", "0d37522b89f991f8433b80f709ad31862a54435cd003f25732fe405e9db93216",
         "18dxbN6m8zxieN8F9BchXmhbeXUdFLr8fD", 5_000_000_000),
    ]  # fmt: skip
    assert {t.time.time.isoformat() for t in found.transfers if t.time.time} == {"2010-04-09T23:59:05+00:00"}


@pytest.mark.real_data
def test_other_real_files_are_not_ours(real_data: Path) -> None:
    ours = {
        "bitcoin-etl_getblock_50002_verbosity2.json",
        "bitcoin-etl_getrawtransaction_0d37522b.json",
        "wasabi_VerboseBlock.json",
    }
    files = list((real_data / "bitcoin-json").glob("*.json*"))
    assert {path.name for path in files if bitcoin_core.recognise(head_of(path))} == ours
