from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tests.accuracy import count_flagged
from tests.links.small_case import SmallCase, cell, co_spends
from trails.ownership.coinjoin import explain_transaction, find_coinjoins, screen_transactions
from trails.ownership.transactions import describe_accounts, read_transactions


def add_transaction(case: SmallCase, name: str, inputs: dict[str, int], outputs: list[int]) -> int:
    junction = case.node(name, "bitcoin", "junction")
    for key, value in inputs.items():
        case.move(case.node(key, "bitcoin"), junction, value, kind="input", asset="BTC")
    for at, value in enumerate(outputs):
        case.move(junction, case.node(f"{name}-out{at}", "bitcoin"), value, kind="output", asset="BTC")
    return junction


def verdict(inputs: dict[str, int], outputs: list[int]) -> str:
    case = SmallCase()
    add_transaction(case, "tx", inputs, outputs)
    found = find_coinjoins(case.tables().transfers)
    return "".join(found["rule"])


if TYPE_CHECKING:
    from pathlib import Path

ONE = 100_000


@pytest.mark.parametrize(
    ("inputs", "outputs", "rule"),
    [
        ({"a": 9}, [8], ""),
        ({"a": 5 * ONE}, [ONE, 3 * ONE], ""),
        ({"a": 2 * ONE, "b": 2 * ONE}, [ONE, 3 * ONE], ""),
        ({"a": ONE, "b": ONE}, [ONE, ONE], ""),  # two inputs, two outputs: a payment, even where equal
        (
            {"a": 2 * ONE, "b": 3 * ONE},
            [ONE, ONE, ONE - 7, 2 * ONE - 9],
            "stonewall",
        ),  # JoinMarket's smallest, or one owner's imitation
        ({"a": 2 * ONE, "b": 3 * ONE}, [600, 600, ONE, 3 * ONE], ""),  # equal dust is no join
        ({"a": 9 * ONE}, [ONE] * 5, ""),  # one sender pays five equal sums
        ({"a": ONE, "b": ONE, "c": ONE, "d": ONE, "e": ONE}, [ONE] * 5, "whirlpool"),
        ({"a": ONE, "b": ONE, "c": ONE}, [ONE] * 3 + list(range(7000, 7009)), ""),  # three equal of twelve
        (dict.fromkeys("abcde", ONE), [5000, 5000, 6561, 6561, 8192, 8192, 10000], "wabisabi"),
        (dict.fromkeys("abcd", ONE), [5000, 5000, 6561, 6561, 8192, 8192, 10000], ""),
    ],
)
def test_rules(inputs: dict[str, int], outputs: list[int], rule: str) -> None:
    assert verdict(inputs, outputs) == rule


def test_conditions_say_what_was_observed() -> None:
    case = SmallCase()
    add_transaction(case, "tx", dict.fromkeys("abcde", ONE), [ONE] * 5)
    row = find_coinjoins(case.tables().transfers).iloc[0]
    conditions = json.loads(row["conditions"])
    assert row["confidence"] == "high"
    assert conditions[0] == {
        "condition": "whirlpool: outputs, all of one value", "observed": 5, "threshold": "5 to 10", "met": True, "deciding": True,
    }  # fmt: skip
    assert [(each["met"], each["deciding"]) for each in conditions][-1] == (False, False), (
        "no input brings a miner's fee"
    )


def read_transaction(folder: Path, name: str) -> tuple[dict[str, int], list[int]]:
    data: dict[str, Any] = json.loads((folder / "bitcoin-json" / f"{name}.json").read_text())
    inputs = {v["prevout"]["scriptpubkey_address"]: v["prevout"]["value"] for v in data["vin"]}
    return inputs, [v["value"] for v in data["vout"]]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "flagged"),
    [
        ("wabisabi-coinjoin", True),
        ("whirlpool-coinjoin", True),
        ("joinmarket-coinjoin", True),
        ("bare-multisig", False),
        ("dust-attack-555", False),
        ("simple-legacy-p2pkh", False),
        ("taproot-script-path", False),
        ("taproot-op-return", False),
    ],
)
def test_real_transactions(real_data: Path, name: str, flagged: bool) -> None:
    case = SmallCase()
    add_transaction(case, "tx", *read_transaction(real_data, name))
    tables = case.tables()
    found = find_coinjoins(tables.transfers)
    assert found["verdict"].tolist() == ([True] if flagged else [])
    claims = co_spends(tables, found)
    inputs = (tables.transfers["kind"] == "input").sum()
    assert len(claims) == (0 if flagged else inputs - 1)


@pytest.mark.real_data
def test_every_wabisabi_round_of_known_wallets_is_flagged(real_data: Path) -> None:
    folder = next((real_data / "wallet-ground-truth").glob("*/blocks.jsonl")).parent
    transactions: dict[str, Any] = {}
    for line in (folder / "blocks.jsonl").read_text().splitlines():
        transactions |= {tx["txid"]: tx for tx in json.loads(line)["tx"]}
    owner = {
        coin["address"]: wallet
        for wallet, coins in json.loads((folder / "wallets_coins.json").read_text()).items()
        for coin in coins
    }
    case, several = SmallCase(), set()
    for txid, tx in transactions.items():
        if "coinbase" in tx["vin"][0]:
            continue
        spent = [transactions[v["txid"]]["vout"][v["vout"]] for v in tx["vin"]]
        addresses = {f"{txid}{out['scriptPubKey']['address']}": 1 for out in spent}
        junction = add_transaction(case, txid, addresses, [round(out["value"] * 10**8) for out in tx["vout"]])
        if len({owner.get(out["scriptPubKey"]["address"]) for out in spent}) > 1:
            several.add(junction)
    found = find_coinjoins(case.tables().transfers)
    assert set(found.loc[found["verdict"], "junction"]) == several
    assert len(several) == 6


def test_no_transaction_is_named_after_a_protocol_that_was_not_out() -> None:
    """Times of the tiny cases are of 2024; ten years earlier the same shape is a join of some other kind."""
    case = SmallCase()
    add_transaction(case, "tx", dict.fromkeys("abcde", ONE), [ONE] * 5)
    tables = case.tables()
    assert find_coinjoins(tables.transfers)["rule"].tolist() == ["whirlpool"]
    earlier = tables.transfers.assign(time=tables.transfers["time"] - pd.Timedelta(days=3_650))
    found = find_coinjoins(earlier)
    assert found["rule"].tolist() == ["equal_outputs"]
    assert found["verdict"].tolist() == [True]
    unknown = tables.transfers.copy()
    unknown["time"] = pd.Series(pd.NaT, index=unknown.index, dtype="datetime64[us]")
    assert find_coinjoins(unknown)["rule"].tolist() == ["whirlpool"]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "member", "rule", "count"),
    [
        ("dumplings__sw_202403.zip", "Scanner/SamouraiCoinJoins.txt", "whirlpool", 1403),
        ("dumplings__ww1_202405.zip", "Scanner/WasabiCoinJoins.txt", "wasabi1", 196),
    ],
)
def test_every_mix_of_the_real_sets_is_named(real_data: Path, name: str, member: str, rule: str, count: int) -> None:
    assert count_flagged(real_data / "coinjoin" / name, member) == (count, count, {rule: count})


def two_people(*, kinds: tuple[str, str] = ("bc1q" + "a" * 38, "1" + "b" * 33), sequence: str = "fffffffd", least: int = 30,
               outputs: tuple[int, ...] = (60, 40)) -> str:  # fmt: skip
    """The rule that a transaction of two inputs (of 100 less ``least``, and ``least``) meets."""
    case = SmallCase()
    junction = add_transaction(case, "tx", {kinds[0]: 101 - least, kinds[1]: least}, list(outputs))
    case.event("transaction_form", node=junction)
    case.rows["events"][-1]["text"] = f"version 2, locktime 0, sequence {sequence}"
    tables = case.tables()
    transactions = read_transactions(tables.transfers, tables.events)
    return "".join(screen_transactions(transactions, describe_accounts(tables.nodes))["rule"])


def test_a_join_of_two_with_two_outputs_needs_two_marks() -> None:
    same = ("bc1q" + "a" * 38, "bc1q" + "b" * 38)
    assert two_people() == "payjoin", "two kinds of script, and the smaller input was not needed"
    assert two_people(least=45) == "", "the smaller input was needed"
    assert two_people(kinds=same) == "", "one kind of script"
    assert two_people(kinds=same, sequence="fffffffd+ffffffff") == "payjoin"
    assert two_people(least=45, sequence="fffffffd+ffffffff") == "payjoin", "two kinds, two sequence numbers"
    assert two_people(outputs=(60, 30, 10)) == "", "three outputs"
    assert two_people(kinds=("script:" + "aa" * 3, "bc1q" + "b" * 38)) == "", "a script without an address tells nothing"
    assert two_people(kinds=(same[0], same[0])) == "", "one sender"


def test_a_join_of_two_says_its_marks() -> None:
    case = SmallCase()
    junction = add_transaction(case, "tx", {"bc1q" + "a" * 38: 70, "1" + "b" * 33: 30}, [60, 39])
    tables = case.tables()
    said = explain_transaction(read_transactions(tables.transfers), describe_accounts(tables.nodes), junction).set_index("rule")
    conditions = json.loads(cell(said, "payjoin", "conditions"))
    assert [(each["observed"], each["met"], each["deciding"]) for each in conditions] == [
        (2, True, True), (2, True, True), (2, True, True), (1, True, False), (2, True, False), (1, False, False),
    ]  # fmt: skip
    assert cell(said, "payjoin", "confidence") == "low"
