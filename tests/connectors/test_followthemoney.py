"""FollowTheMoney wallets: holders in any order or nested, several topics, contradicting currencies, ended orders."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from connectors import followthemoney
from tests.connectors.reading import SAMPLES, Reading, head_of, read_file, write_text
from trails.errors import SourceError
from trails.ownership.tags import SERVICE_CATEGORIES

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = SAMPLES / "followthemoney" / "sample.jsonl"
GENESIS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
EVM = "0xdac17f958d2ee523a2206206994597c13d831ec7"


def wallet(key: str = "w", /, **properties: list[Any]) -> dict[str, Any]:
    return {"id": key, "schema": "CryptoWallet", "properties": {"publicKey": [GENESIS], **properties}}


def person(key: str = "p", /, **properties: list[Any]) -> dict[str, Any]:
    return {"id": key, "schema": "Person", "properties": {"name": ["Some Body"], **properties}}


def read_entities(folder: Path, *entities: object) -> Reading:
    path = write_text(folder, "".join(json.dumps(each) + "\n" for each in entities), "made.jsonl")
    return read_file(followthemoney, path)


def test_sample_gives_wallets_with_holders_topics_and_exchanges() -> None:
    found = read_file(followthemoney, SAMPLE)
    assert found.rows_read == 9
    assert [(t.row, t.node.rail, t.label, t.category, t.actor, t.origin) for t in found.tags] == [
        (1, "bitcoin", "Fictional Person", "sanction", "fictional-p1", "fictional_sanctions"),
        (1, "bitcoin", "Fictional Person", "crime.traffick.human", "fictional-p1", "fictional_sanctions"),
        (3, "tron", "entity fictional-c9", None, "fictional-c9", "fictional_list, fictional_sanctions"),
        (
            3,
            "tron",
            "kept at Exchange Pebble (fictional)",
            "hosted_wallet",
            None,
            "fictional_list, fictional_sanctions",
        ),
        (5, "ethereum", "listed crypto wallet", "crime.terror", None, "fictional_orders"),
    ]
    assert found.graded == {("error", "address_wrong_rail"): 1, ("note", "sanction_ended"): 1}
    assert found.errors == [(7, "address_wrong_rail")]
    assert {s.row: s.reason for s in found.skips} == {
        2: "schema Person: no wallet in it",
        4: "schema Organization: no wallet in it",
        6: "schema Sanction: no wallet in it",
        8: "a customer number at an exchange, no address",
        9: "rail not in trails: LTC",
    }


def test_a_wallet_kept_by_an_exchange_is_a_service_and_a_sanctioned_one_is_not() -> None:
    assert SERVICE_CATEGORIES["hosted_wallet"] is True
    assert SERVICE_CATEGORIES["sanction"] is False


@pytest.mark.parametrize("first", ["wallet", "holder"])
def test_a_holder_may_stand_before_or_after_the_wallet(tmp_path: Path, first: str) -> None:
    entities = [wallet(holder=["p"], topics=["sanction"]), person()]
    found = read_entities(tmp_path, *(entities if first == "wallet" else entities[::-1]))
    assert [(t.label, t.actor, t.category) for t in found.tags] == [("Some Body", "p", "sanction")]


def test_a_holder_or_wallet_may_be_nested(tmp_path: Path) -> None:
    found = read_entities(tmp_path, wallet(holder=[person(), "p2"]), person("p2") | {"caption": "Second"})
    assert [(t.label, t.actor) for t in found.tags] == [("Some Body", "p"), ("Second", "p2")]
    held = read_entities(tmp_path, person(cryptoWallets=[wallet(), wallet("w2", publicKey=[TRON])]))
    assert [(t.row, t.node.rail, t.label, t.actor) for t in held.tags] == [
        (1, "bitcoin", "Some Body", "p"),
        (1, "tron", "Some Body", "p"),
    ]
    assert not held.skips


@pytest.mark.parametrize(
    ("properties", "rails"),
    [
        ({"publicKey": [EVM]}, ["evm"]),
        ({"publicKey": [EVM], "currency": ["USDT"]}, ["evm"]),
        ({"publicKey": [EVM], "currency": ["USDT", "ETH"]}, ["ethereum"]),
        ({"publicKey": [EVM], "currency": ["BSC", "ETH"]}, ["bsc", "ethereum"]),
        ({"publicKey": [EVM], "currencySymbol": ["ETH"]}, ["ethereum"]),
        ({"publicKey": [], "cryptoAddress": [TRON]}, ["tron"]),
        ({"publicKey": [TRON], "cryptoAddress": [TRON]}, ["tron"]),
        ({"publicKey": [TRON, GENESIS]}, ["tron", "bitcoin"]),
        ({"currency": ["XBT", "LTC"]}, ["bitcoin"]),
    ],
)
def test_the_chain_is_the_currency_s_as_far_as_the_address_bears_it(
    tmp_path: Path, properties: dict[str, list[Any]], rails: list[str]
) -> None:
    assert [t.node.rail for t in read_entities(tmp_path, wallet(**properties)).tags] == rails


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"currency": ["ETH"]}, "address_wrong_rail"),
        ({"publicKey": [GENESIS[:-1] + "b"]}, "address_damaged"),
        ({"publicKey": [GENESIS, TRON[:-1]]}, "address_damaged"),
        ({"publicKey": [EVM], "currency": ["TRX", "LTC"]}, "address_wrong_rail"),
    ],
)
def test_nothing_is_guessed_where_currency_and_address_disagree(
    tmp_path: Path, properties: dict[str, list[Any]], code: str
) -> None:
    found = read_entities(tmp_path, wallet(**properties), wallet("w2"))
    assert found.errors == [(1, code)]
    assert {t.row for t in found.tags if t.row not in found.refused} == {2}


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"publicKey": []}, "a wallet without an address"),
        ({"publicKey": [5, " "]}, "a wallet without an address"),
        ({"publicKey": "x"}, "a wallet without an address"),
        ({"publicKey": ["123"], "managingExchange": ["x1"]}, "a customer number at an exchange, no address"),
        ({"currency": ["XMR"]}, "rail not in trails: XMR"),
    ],
)
def test_what_is_no_address_of_ours_is_left_out(tmp_path: Path, properties: dict[str, Any], reason: str) -> None:
    assert [s.reason for s in read_entities(tmp_path, wallet(**properties)).skips] == [reason]


@pytest.mark.parametrize(
    ("ends", "noted"), [([["2024-01-01"], ["2024-07-01"]], True), ([["2024-01-01"], []], False), ([], False)]
)
def test_an_order_that_ended_is_noted_only_when_all_have(tmp_path: Path, ends: list[list[str]], *, noted: bool) -> None:
    orders = [
        {"id": f"s{n}", "schema": "Sanction", "properties": {"entity": ["w"], "endDate": end}}
        for n, end in enumerate(ends)
    ]
    found = read_entities(tmp_path, *orders, wallet())
    assert found.graded == ({("note", "sanction_ended"): 1} if noted else {})
    nested = read_entities(tmp_path, wallet(sanctions=[order | {"id": "n"} for order in orders]))
    assert nested.graded == found.graded


def test_who_says_so_are_the_data_sets_else_the_pages(tmp_path: Path) -> None:
    named = [
        wallet() | {"datasets": ["a", 5, "b"]},
        wallet("w2", sourceUrl=["https://example.org/x"]),
        wallet("w3") | {"datasets": "a"},
        wallet("w4", name=["Cold wallet 3"]),
    ]
    found = read_entities(tmp_path, *named)
    assert [(t.origin, t.label) for t in found.tags] == [
        ("a, b", "listed crypto wallet"), ("https://example.org/x", "listed crypto wallet"),
        (None, "listed crypto wallet"), (None, "Cold wallet 3"),
    ]  # fmt: skip


def test_things_that_are_no_entities_are_refused_row_by_row(tmp_path: Path) -> None:
    bad = [1, None, "x", {}, {"id": 5, "schema": "Person", "properties": {}}, {"id": "a", "schema": "Person"}]
    found = read_entities(tmp_path, *bad, wallet())
    assert found.errors == [(row, "malformed") for row in range(1, 7)]
    assert len(found.tags) == 1


def test_a_file_that_is_empty_is_refused_and_a_cut_line_is_one_row(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="empty"):
        read_file(followthemoney, write_text(tmp_path, b"", "bad.jsonl"))
    whole = read_file(followthemoney, SAMPLE)
    cut = read_file(followthemoney, write_text(tmp_path, SAMPLE.read_bytes()[:-30], "bad.jsonl"))
    assert cut.rows_read == whole.rows_read
    ((row, message),) = [(issue.row, issue.message) for issue in cut.issues if issue.row == whole.rows_read]
    assert (row, "the file is truncated" in message) == (whole.rows_read, True)


def test_only_entities_are_recognised(tmp_path: Path) -> None:
    assert followthemoney.recognise(head_of(SAMPLE))
    for text in ("", "{", "a,b\n", '{"id": 1, "schema": "x"}', '{"properties": {}}', "[]"):
        assert followthemoney.recognise(head_of(write_text(tmp_path, text))) is None
