"""Bitquery answers: both versions, three families of chains, exact amounts or none, and GraphQL's errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from connectors import bitquery
from tests.connectors.reading import SAMPLES, Reading, head_of, read_file, write_json, write_text
from trails.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

USDT, FAKE = "0xdac17f958d2ee523a2206206994597c13d831ec7", "0x" + "fa" * 20
A, B, TX = "0x" + "ab" * 20, "0x" + "12" * 20, "0x" + "0f" * 32
TRON_USDT = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
CURRENCY: dict[str, Any] = {
    "SmartContract": USDT,
    "Symbol": "USDT",
    "Name": "Tether USD",
    "Fungible": True,
    "Native": False,
}
V2: dict[str, Any] = {
    "Block": {"Number": "20445012", "Time": "2024-08-02T23:20:11Z"}, "ChainId": "1", "Transaction": {"Hash": TX},
    "Transfer": {"Amount": "680.000000", "Sender": A, "Receiver": B, "Success": True, "Type": "token", "Id": "",
                 "Currency": CURRENCY},
}  # fmt: skip
V1: dict[str, Any] = {
    "amount": 680.5, "sender": {"address": A}, "receiver": {"address": B}, "transaction": {"hash": TX},
    "currency": {"address": USDT, "symbol": "USDT", "decimals": 6, "tokenType": "ERC20"}, "entityId": "",
    "block": {"height": 20_445_012, "timestamp": {"iso8601": "2024-08-02T23:20:11Z"}},
}  # fmt: skip
COIN: dict[str, Any] = {"SmartContract": "0x", "Native": True, "Symbol": "ETH"}


def v2(currency: dict[str, Any] | None = None, **transfer: Any) -> dict[str, Any]:
    changed = V2["Transfer"] | transfer
    return V2 | {"Transfer": changed if currency is None else changed | {"Currency": currency}}


def read_list(folder: Path, *items: object, chain: str = "EVM", name: str = "Transfers", **options: Any) -> Reading:
    path = write_json(folder, {"data": {chain: {name: items}}})
    assert bitquery.recognise(head_of(path))
    return read_file(bitquery, path, **options)


def test_both_versions_state_the_same_transfer(tmp_path: Path) -> None:
    newer = read_list(tmp_path, v2(Amount="680.500000"))
    older = read_list(tmp_path, V1, chain="ethereum", name="transfers")
    facts = [
        (t.tx, t.src.key, t.dst.key, t.asset.asset, t.amount, t.status, t.time.basis, t.time.time and t.time.time.hour)
        for found in (newer, older)
        for t in found.transfers
    ]
    assert facts == [(TX[2:], A, B, "USDT@ethereum", 680_500_000, "ok", "chain", 23)] * 2
    assert (newer.issues, older.graded) == ([], {("note", "chain_by_pace"): 1})


@pytest.mark.parametrize(
    "content",
    [
        {"data": {"EVM": {"Transfers": [V2, V2]}}},
        {"EVM": {"Transfers": [V2, V2]}},
        {"data": {"data": {"EVM": {"Transfers": [V2, V2]}}}},
        [{"data": {"EVM": {"Transfers": [V2]}}}, {"data": {"EVM": {"Transfers": [V2]}}}],
        {"data": {"EVM": {"sent": [V2], "received": [V2]}}},
        {"data": {"ethereum": {"sent": [V1], "received": [V1]}}, "extensions": {}},
    ],
)
def test_answers_are_read_in_every_wrapping(tmp_path: Path, content: object) -> None:
    path = write_json(tmp_path, content)
    assert bitquery.recognise(head_of(path))
    assert [t.row for t in read_file(bitquery, path).transfers] == [1, 2]


@pytest.mark.parametrize(
    ("amount", "decimals", "units"),
    [
        ("680.000000", 6, 680_000_000),
        ("0.153690909927773461", 18, 153_690_909_927_773_461),
        (680, 6, 680_000_000),
        (123456789.123456, 6, 123_456_789_123_456),
        (0.1536909099277734, 18, None),
        (123456789012345678, 6, None),
        (10**20, 0, 10**20),
        ("1.2345678", 6, None),
        ("-5", 6, None),
        (-5, 6, None),
        ("5 USDT", 6, None),
        (None, 6, None),
        (True, 6, None),
        (1e300, 6, None),
        ("1", None, None),
        ("1", 999, None),
        ("1", "6", None),
    ],
)
def test_amounts_are_exact_or_refused(tmp_path: Path, amount: Any, decimals: Any, units: int | None) -> None:
    currency = CURRENCY | {"SmartContract": FAKE, "Symbol": "X", "Name": "X", "Decimals": decimals}
    found = read_list(tmp_path, v2(currency, Amount=amount), V2)
    assert [t.amount for t in found.transfers if t.row == 1] == ([] if units is None else [units])
    assert [row for row, _ in found.errors] == ([1] if units is None else [])


def test_the_chains_own_coin_needs_no_contract(tmp_path: Path) -> None:
    found = read_list(tmp_path, v2(COIN, Amount="0.25"), v2({"SmartContract": "0x"}, Amount="1"), v2({"Symbol": "ETH"}))
    assert [(t.asset.asset, t.amount) for t in found.transfers] == [("ETH", 25 * 10**16), ("ETH", 10**18)]
    assert found.errors == [(3, "identifier")]


def test_what_failed_or_does_not_say_so_is_no_money(tmp_path: Path) -> None:
    silent = {key: value for key, value in v2(COIN, Amount="1")["Transfer"].items() if key != "Success"}
    found = read_list(
        tmp_path, v2(Success=False), V2 | {"TransactionStatus": {"Success": False}}, V2 | {"Transfer": silent}, v2()
    )  # fmt: skip
    assert [t.status for t in found.transfers] == ["failed", "failed", "unstated", "ok"]
    assert found.graded == {("warning", "status_not_stated"): 1}


def test_collectibles_counterfeits_and_transfers_of_nothing(tmp_path: Path) -> None:
    found = read_list(
        tmp_path, v2(CURRENCY | {"Fungible": False}), v2({"SmartContract": FAKE, "Decimals": 0}, Id="77"),
        v2(CURRENCY | {"SmartContract": FAKE, "Decimals": 6}), v2(Amount="0.000000"),
    )  # fmt: skip
    assert [skip.row for skip in found.skips] == [1, 2]
    assert [(issue.row, issue.code) for issue in found.issues] == [(3, "counterfeit_symbol"), (4, "zero_value")]
    older = read_list(tmp_path, V1 | {"currency": V1["currency"] | {"tokenType": "ERC721"}}, chain="ethereum")
    assert [skip.row for skip in older.skips] == [1]


def test_the_chain_is_the_one_the_answer_states(tmp_path: Path) -> None:
    bsc = CURRENCY | {"SmartContract": "0x55d398326f99059ff775485246999027b3197955"}
    found = read_list(tmp_path, v2(bsc) | {"ChainId": "56"})
    assert [(t.asset.asset, t.amount) for t in found.transfers] == [("USDT@bsc", 680 * 10**18)]
    with pytest.raises(SourceError, match="several chains"):
        read_list(tmp_path, V2, V2 | {"ChainId": "56"})
    with pytest.raises(SourceError, match="polygon"):
        read_list(tmp_path, V2, rail="polygon")
    unknown = read_list(tmp_path, {key: value for key, value in v2(COIN).items() if key not in ("ChainId", "Block")})
    assert [t.asset.asset for t in unknown.transfers] == ["coin@evm"]
    assert unknown.graded == {("warning", "chain_not_stated"): 1, ("note", "time_missing"): 1}


def test_tron_is_named_by_the_answer(tmp_path: Path) -> None:
    sample = json.loads((SAMPLES / "bitquery" / "sample-tron.json").read_text(encoding="utf-8"))
    item = sample["data"]["tron"]["transfers"][0]
    coin = item | {"currency": {"address": "-", "symbol": "TRX"}, "success": True}
    found = read_list(tmp_path, item, coin, item | {"sender": {"address": A}}, chain="tron", name="transfers")
    assert [(t.src.rail, t.asset.asset, t.amount, t.status) for t in found.transfers] == [
        ("tron", "USDT@tron", 680_000_000, "ok"), ("tron", "TRX", 680_000_000, "ok"),
    ]  # fmt: skip
    assert found.errors == [(3, "identifier")]
    newer = {"Transaction": {"Hash": TX[2:]}, "Block": {"Time": "2024-08-02T23:20:11Z"}, "Transfer": {
        "Amount": "5", "Sender": item["sender"]["address"], "Receiver": TRON_USDT, "Currency": {"SmartContract": TRON_USDT},
    }}  # fmt: skip
    assert [t.amount for t in read_list(tmp_path, newer, chain="Tron").transfers] == [5_000_000]
    assert read_list(tmp_path, item, chain="tron", rail="tron").transfers
    with pytest.raises(SourceError, match="about tron"):
        read_list(tmp_path, item, chain="tron", rail="ethereum")


OUTPUT: dict[str, Any] = {
    "transaction": {"hash": "0f" * 32}, "outputIndex": 1, "value": 0.4215,
    "outputAddress": {"address": "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"},
    "block": {"timestamp": {"iso8601": "2024-08-02T23:20:11Z"}},
}  # fmt: skip


def test_bitcoin_outputs_are_facts_and_inputs_do_not_say_what_they_spend(tmp_path: Path) -> None:
    bad: list[dict[str, Any]] = [
        {"outputIndex": None},
        {"outputIndex": True},
        {"outputAddress": {}},
        {"value": 1.123456789},
        {"transaction": {}},
    ]
    rows = [OUTPUT, {"inputIndex": 0, "inputAddress": {"address": "x"}, "value": 1}, *(OUTPUT | each for each in bad)]
    found = read_list(tmp_path, *rows, chain="bitcoin", name="outputs")
    (fact,) = found.transfers
    assert (fact.src.key, fact.src.kind, fact.amount, fact.kind, fact.index) == (
        "0f" * 32,
        "junction",
        42_150_000,
        "output",
        1,
    )
    assert (fact.time.error_s, fact.asset.asset) == (7_200, "BTC")
    assert ([skip.row for skip in found.skips], [row for row, _ in found.errors]) == ([2], [3, 4, 5, 6, 7])


def test_times_are_utc_and_a_day_alone_is_a_day(tmp_path: Path) -> None:
    def timed(stamp: object) -> dict[str, Any]:
        return V1 | {"block": {"height": 20_445_012, "timestamp": stamp}}

    rows = [
        timed({"unixtime": 1_722_640_811}), timed({"time": "2024-08-02 23:20:11"}), timed({"unixtime": 0}),
        V1 | {"block": {"height": 20_445_012}, "date": {"date": "2024-08-02"}}, timed({"iso8601": "soon"}), timed(None),
    ]  # fmt: skip
    found = read_list(tmp_path, *rows, chain="ethereum", rail="ethereum")
    assert [(t.row, t.time.basis, t.time.error_s) for t in found.transfers] == [
        (1, "chain", 0), (2, "stated", 0), (3, "unknown", None), (4, "stated", 43_200), (6, "unknown", None),
    ]  # fmt: skip
    assert (found.errors, found.codes["time_implausible"]) == ([(5, "time")], 1)


@pytest.mark.parametrize(
    "changed",
    [{"Transaction": {}}, {"Transaction": {"Hash": "0f"}}, {"Transfer": V2["Transfer"] | {"Sender": None}},
     {"Transfer": V2["Transfer"] | {"Receiver": "0x12"}}, {"Transfer": V2["Transfer"] | {"Currency": 5}}],
)  # fmt: skip
def test_a_row_without_hash_parties_or_contract_is_refused_alone(tmp_path: Path, changed: dict[str, Any]) -> None:
    found = read_list(tmp_path, V2, V2 | changed, V2)
    assert found.errors == [(2, "identifier")]
    assert [t.row for t in found.transfers] == [1, 3]


def test_other_lists_are_left_out_and_odd_items_refused(tmp_path: Path) -> None:
    found = read_list(tmp_path, {"count": 5}, "text", None, V2, name="anything")
    assert ([skip.row for skip in found.skips], found.errors) == ([1], [(2, "malformed"), (3, "malformed")])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"errors": [{"message": "Unauthorized"}], "data": None}, "Unauthorized.*the key"),
        ({"errors": [{"message": "limit"}], "data": {"EVM": {"Transfers": [V2]}}}, "limit"),
        ({"errors": ["odd"]}, "odd"),
        ({"error": {"message": "points are used up"}}, "points are used up"),
        ({"data": None}, "no Bitquery answer"),
        ({"data": {"solana": {"transfers": []}}}, "no Bitquery answer"),
        ([5], "no Bitquery answer"),
    ],
)
def test_errors_are_refused_whole(tmp_path: Path, value: object, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_file(bitquery, write_json(tmp_path, value))


def test_an_empty_list_is_no_row_and_a_round_one_may_be_cut(tmp_path: Path) -> None:
    assert read_list(tmp_path).graded == {("warning", "no_rows"): 1}
    assert read_list(tmp_path, *[V2] * 10_000).graded == {("warning", "possibly_truncated"): 1}
    with pytest.raises(SourceError, match="not whole JSON"):
        read_file(bitquery, write_text(tmp_path, json.dumps({"data": {"EVM": {"Transfers": [V2]}}})[:-9], "cut.json"))


def test_recognise_leaves_other_answers(tmp_path: Path) -> None:
    assert bitquery.recognise(head_of(write_json(tmp_path, {"errors": [{"message": "x"}], "data": None})))
    others: list[object] = [{"data": []}, {"data": {"user": []}}, [V2], {"errors": [{"message": "x"}], "result": 5}, {}]
    for value in others:
        assert bitquery.recognise(head_of(write_json(tmp_path, value))) is None
    assert bitquery.recognise(head_of(write_text(tmp_path, "ethereum.transfers\n"))) is None
