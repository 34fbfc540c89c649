"""Answers that come in pages: a full last page that names no next one is warned of, whoever answered it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import eth_logs, etherscan, trongrid, tronscan
from connectors.pages import note_full_page
from tests.connectors.reading import make_source, read_all
from tests.test_same_facts import log

TRON_USDT = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
CUT = ("warning", "possibly_truncated")


def event(number: int) -> dict[str, Any]:
    return {
        "block_number": 67_035_330, "block_timestamp": 1_746_697_164_000 + number, "event_index": 0,
        "caller_contract_address": TRON_USDT, "contract_address": TRON_USDT, "event_name": "Transfer",
        "result": {"from": "0x" + "ab" * 20, "to": "0x" + "cd" * 20, "value": str(1_000 + number)},
        "result_type": {"from": "address", "to": "address", "value": "uint256"}, "transaction_id": f"{number:064x}",
    }  # fmt: skip


def trongrid_pages(sizes: list[int], **meta: Any) -> list[dict[str, Any]]:
    start = [sum(sizes[:number]) for number in range(len(sizes))]
    return [
        {"success": True, "data": [event(first + n) for n in range(size)], "meta": {"page_size": size, **meta}}
        for first, size in zip(start, sizes, strict=True)
    ]


@pytest.mark.parametrize(
    ("sizes", "full"),
    [([200], True), ([20], True), ([200, 200], True), ([50, 50], True), ([200, 3], False), ([199], False), ([1, 1, 1], False)],
)
def test_a_full_page_of_trongrid_without_a_mark(tmp_path: Path, sizes: list[int], full: bool) -> None:
    found = read_all(trongrid, make_source(tmp_path, json.dumps(trongrid_pages(sizes)), "pages.json"))
    assert (len(found.transfers), found.graded[CUT]) == (sum(sizes), int(full))


def test_a_page_that_names_the_next_is_warned_of_once(tmp_path: Path) -> None:
    found = read_all(trongrid, make_source(tmp_path, json.dumps(trongrid_pages([200], fingerprint="x")), "pages.json"))
    assert [issue.message for issue in found.issues if issue.code == CUT[1]] == [
        "the last page names a next one: the export stops early, later rows are missing"
    ]


def tronscan_answer(size: int, **more: Any) -> str:
    item = {
        "block": 67_035_330, "block_ts": 1_746_697_164_000, "from_address": "TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP",
        "to_address": "TDX7QEQs8wkGW5o3Ms8gRCpJVVpyESV2Vr", "contract_address": TRON_USDT, "quant": "1000000",
        "tokenInfo": {"tokenId": TRON_USDT, "tokenAbbr": "USDT", "tokenDecimal": 6, "tokenType": "trc20"}, "finalResult": "SUCCESS",
        "confirmed": True,
    }  # fmt: skip
    return json.dumps({"token_transfers": [{**item, "transaction_id": f"{n:064x}"} for n in range(size)], **more})


@pytest.mark.parametrize(
    ("size", "more", "full"),
    [(50, {}, True), (49, {}, False), (50, {"total": 50}, False), (9, {"total": 50}, True)],
)
def test_a_full_answer_of_tronscan_without_a_total(tmp_path: Path, size: int, more: dict[str, int], full: bool) -> None:
    found = read_all(tronscan, make_source(tmp_path, tronscan_answer(size, **more), "answer.json"))
    assert (len(found.transfers), found.graded[CUT]) == (size, int(full))


def etherscan_answer(first: int, size: int) -> dict[str, Any]:
    rows = [
        {
            "blockNumber": "20000000", "timeStamp": "1717281407", "hash": f"0x{n:064x}", "nonce": str(n), "from": "0x" + "ab" * 20,
            "to": "0x" + "cd" * 20, "value": "1", "gasPrice": "1", "gasUsed": "21000", "isError": "0", "txreceipt_status": "1",
        }
        for n in range(first, first + size)
    ]  # fmt: skip
    return {"status": "1", "message": "OK", "result": rows}


@pytest.mark.parametrize(("sizes", "full"), [([30, 30], True), ([30, 7], False), ([30], False)])
def test_pages_of_etherscan_that_are_all_full(tmp_path: Path, sizes: list[int], full: bool) -> None:
    answers = [etherscan_answer(sum(sizes[:number]), size) for number, size in enumerate(sizes)]
    found = read_all(etherscan, make_source(tmp_path, json.dumps(answers), "answers.json"))
    assert (found.rows_read, found.graded[CUT]) == (sum(sizes), int(full))


@pytest.mark.parametrize(("sizes", "full"), [([5, 1_000], True), ([1_000, 1_000, 5], False), ([5, 5], False), ([1_000], True)])
def test_answers_of_a_node_that_end_where_answers_are_cut(tmp_path: Path, sizes: list[int], full: bool) -> None:
    number = iter(range(10_000))
    answers = [
        {"jsonrpc": "2.0", "id": 1, "result": [log() | {"transactionHash": f"0x{next(number):064x}"} for _ in range(size)]}
        for size in sizes
    ]
    found = read_all(eth_logs, make_source(tmp_path, json.dumps(answers), "answers.json"))
    assert (found.rows_read, found.graded[CUT]) == (sum(sizes), int(full))


@given(st.lists(st.integers(0, 300), max_size=6), st.integers(1, 9))
def test_a_last_page_shorter_than_one_before_it_is_the_last(sizes: list[int], short: int) -> None:
    assert not list(note_full_page([*sizes, 10, short], {20, 200}))
    assert list(note_full_page([*sizes, 200], {20, 200}))
