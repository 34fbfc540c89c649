"""TronGrid pages: overlaps and batches, counterfeit and empty transfers, errors, and what a page leaves open."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from base58_bech32 import base58

from connectors import trongrid
from tests.connectors.reading import SAMPLES, Reading, head_of, open_source, read_file, write_json, write_text
from trails.connector import ReadOptions
from trails.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = SAMPLES / "trongrid" / "sample.json"
USDT = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
FAKE = base58.b58encode_check(b"\x41" + b"\xfa" * 20).decode()
A, B = (base58.b58encode_check(b"\x41" + letter * 20).decode() for letter in (b"a", b"b"))
ITEM: dict[str, Any] = {
    "transaction_id": "3f" * 32,
    "token_info": {"symbol": "USDT", "address": USDT, "decimals": 6, "name": "Tether USD"},
    "block_timestamp": 1_722_641_076_000,
    "from": A,
    "to": B,
    "type": "Transfer",
    "value": "680000000",
}


def page(*items: object, **meta: object) -> dict[str, Any]:
    return {"data": list(items), "success": True, "meta": {"at": 1_722_700_000_000, "page_size": len(items), **meta}}


def read_pages(folder: Path, *pages: object) -> Reading:
    return read_file(trongrid, write_json(folder, list(pages)))


def test_sample_reads_over_its_two_pages() -> None:
    found = read_file(trongrid, SAMPLE)
    assert found.rows_read == 7
    assert [(t.row, t.amount, t.asset.symbol) for t in found.transfers] == [
        (1, 18_199_000_000, "USDT"), (2, 680_000_000, "USDT"), (3, 680_000_000, "USDT"),
        (6, 680_000_000, "USDT"), (7, 0, "USDT"),
    ]  # fmt: skip
    assert [t.asset.asset == "USDT@tron" for t in found.transfers] == [True, True, True, False, True]
    assert found.graded == {("note", "counterfeit_symbol"): 1, ("note", "zero_value"): 1}
    assert [(skip.row, skip.reason) for skip in found.skips] == [
        (4, "type Approval: moves no tokens"), (5, "repeated on a later page"),
    ]  # fmt: skip
    first = found.transfers[0]
    assert (first.index, first.seq, first.ref, first.identity, first.time.basis, first.time.error_s) == (
        None, None, None, None, "chain", 0,
    )  # fmt: skip


def test_raw_rows_are_the_items_own_text() -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    raw = list(trongrid.records(open_source(SAMPLE), ReadOptions()))
    assert [record.row for record in raw] == list(range(1, 8))
    assert all(record.raw in text and json.loads(record.raw) == record.value for record in raw)


@pytest.mark.parametrize("shape", ["object", "list", "lines"])
def test_one_page_a_list_and_lines_read_the_same(tmp_path: Path, shape: str) -> None:
    text = json.dumps(page(ITEM))
    path = write_text(tmp_path, {"object": text, "list": f"[{text}]", "lines": f"{text}\n"}[shape])
    assert trongrid.recognise(head_of(path))
    assert [(t.src.key, t.dst.key, t.amount) for t in read_file(trongrid, path).transfers] == [(A, B, 680_000_000)]


def test_equal_transfers_of_one_page_are_two_facts(tmp_path: Path) -> None:
    found = read_pages(tmp_path, page(ITEM, ITEM), page(ITEM, ITEM, ITEM))
    assert [t.row for t in found.transfers] == [1, 2, 5], "a third one on the later page is a new fact"
    assert [skip.row for skip in found.skips] == [3, 4]


@pytest.mark.parametrize("key", [A, "41" + "61" * 20])
def test_both_spellings_of_an_address_are_one_node(tmp_path: Path, key: str) -> None:
    found = read_pages(tmp_path, page(ITEM | {"from": key}))
    assert found.transfers[0].src.key == A


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"from": A[:-1] + ("1" if A[-1] != "1" else "2")}, "identifier"),
        ({"from": A[:-2]}, "identifier"),
        ({"from": None}, "identifier"),
        ({"to": "0x" + "ab" * 20}, "identifier"),
        ({"to": "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"}, "identifier"),
        ({"transaction_id": "3f"}, "identifier"),
        ({"value": "9" * 60}, "amount"),
        ({"value": 680_000_000}, "amount"),
        ({"value": "6.8"}, "amount"),
        ({"value": "-1"}, "amount"),
        ({"block_timestamp": None}, "time"),
        ({"block_timestamp": "2024-08-02"}, "time"),
        ({"token_info": None}, "malformed"),
        ({"token_info": ITEM["token_info"] | {"decimals": "6"}}, "malformed"),
        ({"token_info": ITEM["token_info"] | {"address": USDT.lower()}}, "identifier"),
    ],
)
def test_a_bad_item_is_refused_alone(tmp_path: Path, changed: dict[str, Any], code: str) -> None:
    found = read_pages(tmp_path, page(ITEM, ITEM | changed, ITEM, "nothing"))
    assert found.errors == [(2, code), (4, "malformed")]
    assert [t.row for t in found.transfers] == [1, 3]


def test_an_impossible_time_keeps_the_fact(tmp_path: Path) -> None:
    found = read_pages(tmp_path, page(ITEM | {"block_timestamp": 0}))
    assert found.graded == {("warning", "time_implausible"): 1}
    assert (found.transfers[0].time.basis, found.transfers[0].amount) == ("unknown", 680_000_000)


def test_a_counterfeit_never_adds_to_usdt(tmp_path: Path) -> None:
    fake = {"symbol": "USD\u20ae", "address": FAKE, "decimals": 18, "name": "Tether USD"}
    real = {"symbol": "anything", "address": USDT, "decimals": 9, "name": "x"}
    found = read_pages(tmp_path, page(ITEM | {"token_info": fake}, ITEM | {"token_info": real}))
    assert [(t.asset.asset, t.asset.decimals) for t in found.transfers] == [(f"{FAKE}@tron", 18), ("USDT@tron", 6)]
    assert [(issue.row, issue.code) for issue in found.issues] == [(1, "counterfeit_symbol")]


@pytest.mark.parametrize("meta", [{"fingerprint": "abc"}, {"links": {"next": "more"}}])
def test_a_last_page_that_names_a_next_one_is_doubted(tmp_path: Path, meta: dict[str, Any]) -> None:
    whole = read_pages(tmp_path, page(ITEM, **meta), page(ITEM | {"value": "1"}))
    assert not whole.issues
    cut = read_pages(tmp_path, page(ITEM | {"value": "1"}), page(ITEM, **meta))
    assert [(issue.row, issue.severity, issue.code) for issue in cut.issues] == [
        (None, "warning", "possibly_truncated")
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"success": False, "error": "Invalid address", "statusCode": 400}, "Invalid address"),
        ({"Error": "Exceed rate limit"}, "Exceed rate limit"),
        ({"data": [ITEM], "meta": {}}, "does not say success"),
        ({"success": True, "meta": {}}, "has no data"),
        ([1], "no TronGrid page"),
        ([page(ITEM), {"success": False, "error": "late"}], "page 2.*late"),
    ],
)
def test_error_pages_are_refused_whole(tmp_path: Path, value: object, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_file(trongrid, write_json(tmp_path, value))


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "empty"), (SAMPLE.read_bytes()[:-20], "truncated|JSON"), (b'{"data": "\xff"}', "is not utf-8")],
)
def test_a_file_that_is_not_whole_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_file(trongrid, write_text(tmp_path, data))


def test_empty_pages_and_error_pages_are_recognised(tmp_path: Path) -> None:
    empty = write_json(tmp_path, page())
    assert trongrid.recognise(head_of(empty))
    assert read_file(trongrid, empty).rows_read == 0
    assert trongrid.recognise(head_of(write_json(tmp_path, {"success": False, "error": "x"})))
    for text in ("", "a,b", '{"data": []}', '{"success": true, "data": [{"txID": "x"}], "meta": {}}'):
        assert trongrid.recognise(head_of(write_text(tmp_path, text))) is None


@pytest.mark.real_data
def test_real_files_of_other_answers_are_not_ours(real_data: Path) -> None:
    files = list((real_data / "tron").iterdir())
    assert [path.name for path in files if trongrid.recognise(head_of(path))] == []
    with pytest.raises(SourceError, match="does not say success"):
        read_file(trongrid, real_data / "tron" / "trongrid_token_txs.json")
    found = read_file(trongrid, real_data / "tron" / "trongrid_account_txs.json")
    assert {code for _, code in found.errors} == {"malformed"}
    assert len(found.errors) == found.rows_read == 25
