"""Esplora transactions: golden facts of the sample, every way a row can be altered, and the real files."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from connectors import esplora
from tests.connectors.reading import SAMPLES, head_of, read_file, write_json, write_text
from trails.errors import SourceError, UsageError
from trails.model import Node

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = SAMPLES / "esplora" / "sample.json"
REAL = [
    "bare-multisig",
    "dust-attack-555",
    "joinmarket-coinjoin",
    "op-return-charley",
    "satoshi-genesis-txs",
    "simple-legacy-p2pkh",
    "taproot-op-return",
    "taproot-script-path",
    "wabisabi-coinjoin",
    "whirlpool-coinjoin",
]


@pytest.fixture
def sample() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(SAMPLE.read_text(encoding="utf-8"))
    return found


def test_sample_states_each_movement_once() -> None:
    found = read_file(esplora, SAMPLE)
    assert found.rows_read == 4
    assert not found.issues
    assert Counter(transfer.kind for transfer in found.transfers) == {"input": 5, "output": 8, "fee": 3}
    fees = [(fee.row, fee.amount, fee.dst, fee.index) for fee in found.of_kind("fee")]
    assert fees == [
        (row, amount, Node("bitcoin", "fee", label="miner fee"), None)
        for row, amount in ((2, 10_000), (3, 5_000), (4, 1_000))
    ]
    assert {transfer.asset.asset for transfer in found.transfers} == {"BTC"}
    assert {transfer.seq for transfer in found.transfers} == {None}


def test_inputs_name_the_outpoint_they_spend(sample: list[dict[str, Any]]) -> None:
    found = read_file(esplora, SAMPLE)
    paid = next(t for t in found.of_kind("output") if t.row == 2 and t.index == 0)
    spent = next(t for t in found.of_kind("input") if t.row == 3)
    assert (spent.tx, spent.index, spent.src, spent.amount) == (paid.tx, paid.index, paid.dst, paid.amount)
    assert spent.dst == Node("bitcoin", sample[2]["txid"], "junction")
    assert spent.identity is None


def test_new_coins_come_from_the_coinbase(sample: list[dict[str, Any]]) -> None:
    mined = next(t for t in read_file(esplora, SAMPLE).of_kind("input") if t.row == 1)
    assert mined.src == Node("bitcoin", "coinbase", label="newly mined")
    assert (mined.amount, mined.tx, mined.index) == (316_821_000, None, None)
    assert mined.identity == f"coinbase|{sample[0]['txid']}"


def test_a_block_time_may_be_two_hours_off_and_a_pending_one_is_unknown() -> None:
    found = read_file(esplora, SAMPLE)
    confirmed = {(t.time.basis, t.time.error_s, t.status) for t in found.transfers if t.row < 4}
    pending = {(t.time.basis, t.time.time, t.status) for t in found.transfers if t.row == 4}
    assert confirmed == {("chain", 7_200, "ok")}
    assert pending == {("unknown", None, "unconfirmed")}


def test_data_outputs_have_no_owner() -> None:
    labels = {t.dst.label for t in read_file(esplora, SAMPLE).of_kind("output") if t.dst.key.startswith("script:")}
    assert labels == {"OP_RETURN data (no owner)"}


@pytest.mark.parametrize(
    ("path", "value", "codes"),
    [
        (("vout", 0, "value"), 1_100_001, [(3, "fee_mismatch"), (3, "txid_mismatch")]),
        (("vin", 0, "vout"), 1, [(3, "txid_mismatch")]),
        (("vin", 0, "sequence"), 7, [(3, "txid_mismatch")]),
        (("locktime",), 1, [(3, "txid_mismatch")]),
        (("version",), 3, [(3, "txid_mismatch")]),
        (("fee",), 4_999, [(3, "fee_mismatch")]),
        (("vin", 0, "prevout", "value"), 62_000_001, [(3, "fee_mismatch")]),
        (("vin", 0, "prevout", "value"), 1, [(3, "fee_mismatch")]),
        (("vout", 0, "scriptpubkey_address"), "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", [(3, "identifier")]),
        (("vout", 1, "scriptpubkey_address"), "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", [(3, "identifier")]),
        (("vout", 1, "scriptpubkey_address"), "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", [(3, "identifier")]),
        (("vout", 0, "value"), int("9" * 60), [(3, "amount")]),
        (("vout", 0, "value"), -1, [(3, "amount")]),
        (("vout", 0, "value"), 1.5, [(3, "amount")]),
        (("vout", 0, "value"), True, [(3, "amount")]),
        (("vout", 0, "scriptpubkey"), "zz", [(3, "malformed")]),
        (("txid",), "abc", [(3, "identifier")]),
        (("vin", 0, "txid"), None, [(3, "identifier")]),
        (("vin", 0), "nothing", [(3, "malformed")]),
        (("vout",), None, [(3, "malformed")]),
    ],
)
def test_what_is_altered_is_refused_with_its_row(
    sample: list[dict[str, Any]], tmp_path: Path, path: tuple[str | int, ...], value: object, codes: list[Any]
) -> None:
    target: Any = sample[2]
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    found = read_file(esplora, write_json(tmp_path, sample))
    assert found.errors == codes
    assert {transfer.row for transfer in found.transfers} == {1, 2, 4}


def test_an_impossible_block_time_keeps_the_facts(sample: list[dict[str, Any]], tmp_path: Path) -> None:
    sample[1]["status"]["block_time"] = 0
    found = read_file(esplora, write_json(tmp_path, sample))
    assert found.graded == {("warning", "time_implausible"): 1}
    assert {t.time.basis for t in found.transfers if t.row == 2} == {"unknown"}


def test_without_the_fields_of_the_hash_the_balance_still_holds(sample: list[dict[str, Any]], tmp_path: Path) -> None:
    del sample[1]["vin"][0]["scriptsig"], sample[1]["status"]
    found = read_file(esplora, write_json(tmp_path, sample))
    assert found.graded == {("note", "not_rehashed"): 1, ("note", "status_missing"): 1}
    assert {t.status for t in found.transfers if t.row == 2} == {"unstated"}
    sample[1]["fee"] += 1
    assert read_file(esplora, write_json(tmp_path, sample)).errors == [(2, "fee_mismatch")]


def test_a_missing_prevout_is_left_to_the_case(sample: list[dict[str, Any]], tmp_path: Path) -> None:
    sample[1]["vin"][1]["prevout"] = None
    found = read_file(esplora, write_json(tmp_path, sample))
    spent = sample[1]["vin"][1]
    assert found.graded == {("note", "prevout_unknown"): 1}
    unknown = next(t for t in found.of_kind("input") if t.amount is None)
    assert unknown.src == Node("bitcoin", f"{spent['txid']}:{spent['vout']}", label="output not in the case")
    assert (unknown.tx, unknown.index) == (spent["txid"], spent["vout"])
    assert [fee.amount for fee in found.of_kind("fee") if fee.row == 2] == [10_000], "the stated fee stands"


@pytest.mark.parametrize(
    ("script", "key", "label"),
    [
        ("51", "script:51", "script without an address"),
        ("", "script:", "script without an address"),
        ("6a", "script:6a", "OP_RETURN data (no owner)"),
        ("5121" + "02" * 33 + "51ae", "script:5121" + "02" * 33 + "51ae", "bare multisig"),
        ("51" + "21" + "02" * 33 + "21" + "03" * 33 + "52ae", "script:sha256:", "bare multisig"),
        ("0015" + "00" * 21, "script:0015" + "00" * 21, "script without an address"),
    ],
)
def test_scripts_without_address_get_their_script_as_key(
    sample: list[dict[str, Any]], tmp_path: Path, script: str, key: str, label: str
) -> None:
    tx = sample[2]
    tx["vout"][0] = {"scriptpubkey": script, "value": tx["vout"][0]["value"]}
    del tx["vin"][0]["scriptsig"]
    found = read_file(esplora, write_json(tmp_path, tx))
    node = next(t.dst for t in found.of_kind("output") if t.index == 0)
    assert (node.key[: len(key)], node.label) == (key, label)
    assert len(node.key) <= len("script:") + 80


def test_a_bare_key_has_the_address_of_its_hash(tmp_path: Path, sample: list[dict[str, Any]]) -> None:
    genesis = (
        "04678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d57"
        "8a4c702b6bf11d5f"
    )
    tx = sample[3]
    tx["vout"][0] = {"scriptpubkey": f"41{genesis}ac", "value": tx["vout"][0]["value"]}
    del tx["vin"][0]["sequence"]
    found = read_file(esplora, write_json(tmp_path, tx))
    assert found.of_kind("output")[0].dst == Node("bitcoin", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa")


def test_a_test_network_keeps_the_whole_transaction_apart(tmp_path: Path, sample: list[dict[str, Any]]) -> None:
    tx = sample[3]
    del tx["vout"][0]["scriptpubkey_address"]
    tx["vin"][0]["prevout"] = {
        "scriptpubkey": "0014751e76e8199196d454941c45d1b3a323f1433bd6",
        "scriptpubkey_address": "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx",
        "value": tx["vin"][0]["prevout"]["value"],
    }
    found = read_file(esplora, write_json(tmp_path, tx))
    assert {node.rail for t in found.transfers for node in (t.src, t.dst)} == {"bitcoin-test"}
    assert {t.asset.asset for t in found.transfers} == {"BTC-test"}
    assert found.of_kind("output")[0].dst.key.startswith("tb1q")
    with pytest.raises(SourceError, match="--rail says bitcoin, but its addresses are those of bitcoin-test"):
        read_file(esplora, tmp_path / "made.json", rail="bitcoin")
    with pytest.raises(UsageError, match="bitcoin-test"):
        read_file(esplora, tmp_path / "made.json", rail="tron")


def test_one_object_a_list_lines_and_lists_in_lines_read_the_same(sample: list[dict[str, Any]], tmp_path: Path) -> None:
    whole = read_file(esplora, SAMPLE).transfers
    lines = write_text(tmp_path, "\n".join(map(json.dumps, sample)) + "\n", "lines.jsonl")
    pages = write_text(tmp_path, f"{json.dumps(sample[:1])}\n{json.dumps(sample[1:])}\n", "pages.json")
    for path in (lines, pages):
        assert esplora.recognise(head_of(path))
        assert read_file(esplora, path).transfers == whole


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (SAMPLE.read_bytes()[:-40], "truncated"),
        (b'[{"txid": 1}] trailing', "not whole JSON"),
        (b'{"locktime": ' + b"9" * 5_000 + b"}", "thousands of digits"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_file(esplora, write_text(tmp_path, data, "bad.json"))


def test_things_that_are_no_transactions_are_refused_row_by_row(tmp_path: Path) -> None:
    found = read_file(esplora, write_json(tmp_path, [1, "x", None, {}, {"txid": "00" * 32}]))
    assert found.errors == [(row, "malformed") for row in range(1, 6)]


def test_recognise_looks_at_the_first_object_only(tmp_path: Path, sample: list[dict[str, Any]]) -> None:
    assert esplora.recognise(head_of(SAMPLE))
    wrapped = write_json(tmp_path, [{"txid": sample[0]["txid"], "tx": sample[0]}])
    assert esplora.recognise(head_of(wrapped)) is None
    for text in ("", "a,b\n", "[]", "{", '{"txid": 1, "vin": []}', "[[["):
        assert esplora.recognise(head_of(write_text(tmp_path, text))) is None


def test_the_pages_of_an_address_that_hold_no_transactions_are_left_out() -> None:
    found = read_file(esplora, SAMPLES / "esplora" / "sample-address.jsonl")
    assert [(skip.row, skip.reason.partition(";")[0]) for skip in found.skips] == [
        (1, "summary of an address: it holds no transactions"),
        (3, "an unspent output, no whole transaction"),
    ]
    assert not found.issues
    assert Counter(t.kind for t in found.transfers) == {"input": 1, "output": 2, "fee": 1}
    assert {(t.row, t.status, t.time.basis) for t in found.transfers} == {(2, "unconfirmed", "unknown")}


def test_a_server_s_own_clock_is_no_block_time(sample: list[dict[str, Any]], tmp_path: Path) -> None:
    """mempool.space says when it first saw a transaction: that is neither a time of the chain nor of the payer."""
    sample[1]["status"] = {"confirmed": False}
    sample[1] |= {"firstSeen": 1_722_640_811, "order": 1, "effectiveFeePerVsize": 3.5, "acceleration": False}
    found = read_file(esplora, write_json(tmp_path, sample[1]))
    assert {(t.status, t.time.time) for t in found.transfers} == {("unconfirmed", None)}


@pytest.mark.parametrize(("count", "warned"), [(24, False), (25, True), (26, False), (50, True)])
def test_a_full_page_warns_that_more_may_follow(
    sample: list[dict[str, Any]], tmp_path: Path, count: int, *, warned: bool
) -> None:
    found = read_file(esplora, write_json(tmp_path, [sample[1]] * count + [sample[3]]))
    assert found.graded == ({("warning", "possibly_truncated"): 1} if warned else {})


@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_real_transactions_hash_again_and_balance(real_data: Path, name: str) -> None:
    path = real_data / "bitcoin-json" / f"{name}.json"
    assert esplora.recognise(head_of(path))
    found = read_file(esplora, path)
    assert found.graded == ({("warning", "possibly_truncated"): 1} if name == "satoshi-genesis-txs" else {})
    for row in {t.row for t in found.transfers}:
        inputs = sum(t.amount or 0 for t in found.of_kind("input") if t.row == row)
        assert inputs == sum(t.amount or 0 for t in found.transfers if t.row == row and t.kind != "input")


@pytest.mark.real_data
def test_real_wabisabi_coinjoin_has_its_known_size(real_data: Path) -> None:
    path = real_data / "bitcoin-json" / "wabisabi-coinjoin.json"
    stated = json.loads(path.read_text(encoding="utf-8"))
    found = read_file(esplora, path)
    assert (len(found.of_kind("input")), len(found.of_kind("output"))) == (len(stated["vin"]), len(stated["vout"]))
    assert [fee.amount for fee in found.of_kind("fee")] == [stated["fee"]]


@pytest.mark.real_data
def test_the_real_summary_of_an_address_is_left_out_and_wrapped_transactions_are_not_ours(real_data: Path) -> None:
    page = real_data / "bitcoin-json" / "satoshi-genesis-address.json"
    found = read_file(esplora, page)
    assert esplora.recognise(head_of(page))
    assert (found.rows_read, len(found.skips), found.issues) == (1, 1, [])
    assert esplora.recognise(head_of(real_data / "bitcoin-json" / "hodlhodl-tp.json")) is None
    others = [path for path in (real_data / "bitcoin-json").glob("*.json*") if path.stem not in REAL]
    assert [path.name for path in others if esplora.recognise(head_of(path))] == [page.name]
