"""The signs of change, one by one, each with what takes it away; and what becomes of one sign, two, and rivals."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from tests.links.small_case import SmallCase, cell
from trails.ownership.change import claim_change
from trails.ownership.co_spend import claim_co_spend, flag_mixes
from trails.ownership.coinjoin import screen_transactions
from trails.ownership.transactions import describe_accounts, read_transactions

KIND = {"a": "1", "s": "3", "w": "bc1q", "t": "bc1p"}


@dataclass
class Coins:
    """Transactions written as (inputs, outputs) of named addresses: the first letter is the kind of script."""

    case: SmallCase = field(default_factory=SmallCase)
    nodes: dict[str, int] = field(default_factory=dict)
    txids: list[str] = field(default_factory=list)

    def node(self, name: str) -> int:
        if name not in self.nodes:
            self.nodes[name] = self.case.node(name if ":" in name else KIND[name[0]] + name.ljust(33, "x"), "bitcoin")
        return self.nodes[name]

    def tx(
        self, inputs: list[tuple[str, int] | tuple[str, int, str]], outputs: list[tuple[str, int]], *,
        at: float | None = None, seq: int | None = None, form: str | None = None,
    ) -> str:  # fmt: skip
        """A transaction an hour after the last; an input may name the output it spends (``txid:index``)."""
        txid = f"{len(self.txids) + 1:064x}"
        when = float(len(self.txids)) if at is None else at
        junction = self.case.node(txid, "bitcoin", "junction")
        self.txids.append(txid)
        for each in inputs:
            ref = each[2] if len(each) == 3 else f"{'f' * 64}:{len(self.case.rows['transfers'])}"
            self.case.move(self.node(each[0]), junction, each[1], kind="input", asset="BTC", at=when, seq=seq, ref=ref)
        for index, (name, value) in enumerate(outputs):
            self.case.move(junction, self.node(name), value, kind="output", asset="BTC", at=when, seq=seq, ref=f"{txid}:{index}")
        if form:
            event = self.case.event("transaction_form", node=junction)
            self.case.rows["events"][event - 1]["text"] = form
        return txid

    def signs(self) -> dict[str, str]:
        """The signs of every output that shows one, by name."""
        return {name: str(row) for name, row, _ in self.claims()}

    def states(self) -> dict[str, str]:
        return {name: state for name, _, state in self.claims()}

    def claims(self) -> list[tuple[str, str, str]]:
        return [row[1:] for row in self.rows()]

    def rows(self) -> list[tuple[int, str, str, str]]:
        """The output's transfer, its name, its signs, and what became of the claim."""
        tables = self.case.tables()
        transactions, accounts = read_transactions(tables.transfers, tables.events), describe_accounts(tables.nodes)
        screens = screen_transactions(transactions)
        mixes = flag_mixes(transactions, screens)
        anchor = claim_co_spend(transactions, accounts, mixes).anchor
        frame = claim_change(transactions, accounts, anchor, mixes).claims.frame()
        back = dict(zip(tables.transfers["transfer_id"], tables.transfers["dst"], strict=True))
        names = {number: name for name, number in self.nodes.items()}
        return [
            (int(row["transfer_id"]), names[back[int(row["transfer_id"])]], str(row["signs"]), f"{row['strength']} {row['state']}")
            for row in frame.to_dict("records")
        ]


def test_the_only_fresh_output_is_a_sign() -> None:
    coins = Coins()
    coins.tx([("apayee", 5_000_003)], [("aelse", 1_000_001)])
    coins.tx([("ame", 5_000_003)], [("apayee", 1_234_567), ("anew", 3_000_001)])
    assert coins.signs() == {"anew": "fresh address"}
    coins.tx([("aother", 77_001)], [("apayee", 30_003), ("anew2", 20_001)])
    assert coins.signs() == dict.fromkeys(("anew", "anew2"), "fresh address, others are used again")


def test_two_fresh_outputs_are_none() -> None:
    coins = Coins()
    coins.tx([("ame", 5_000_003)], [("apayee", 1_234_567), ("anew", 3_000_001)])
    assert coins.signs() == {}


@pytest.mark.parametrize(("places", "fresh"), [((1, 2), True), ((2, 1), False), ((None, None), False), ((None, 2), False)])
def test_fresh_needs_to_know_which_came_first(places: tuple[int | None, int | None], fresh: bool) -> None:
    """Two transactions of one block pay one address: only where their places are known is one of them the first."""
    coins = Coins()
    coins.tx([("aold", 9_000_003)], [("apayee", 2_000_001), ("aelse", 1_000_001)], at=0)
    coins.tx([("ame", 5_000_003)], [("apayee", 1_234_567), ("anew", 3_000_001)], at=5, seq=places[0])
    coins.tx([("ahim", 5_000_003)], [("anew", 1_234_567), ("apayee", 3_000_001)], at=5, seq=places[1])
    mine = [signs for transfer, _, signs, _ in coins.rows() if transfer == 6]
    assert ("fresh address" in mine) == fresh


def test_the_only_output_with_the_script_of_the_inputs() -> None:
    coins = Coins()
    coins.tx([("wme", 3_000_003), ("wtoo", 4_000_003)], [("tpayee", 5_234_567), ("wback", 1_000_001)])
    assert "script of the inputs" in coins.signs()["wback"]
    mixed = Coins()
    mixed.tx([("wme", 3_000_003), ("ttoo", 4_000_003)], [("tpayee", 5_234_567), ("wback", 1_000_001)])
    assert "script" not in mixed.signs().get("wback", ""), "inputs of two kinds say nothing"
    both = Coins()
    both.tx([("wme", 3_000_003)], [("wpayee", 1_234_567), ("wback", 1_000_001)])
    assert both.signs() == {}


@pytest.mark.parametrize(("payment", "rest", "sign"), [
    (1_000_000, 2_345_678, True), (1_000_000, 2_340_000, False), (1_234_000, 2_345_678, False), (10_000, 2_345_678, True),
])  # fmt: skip
def test_unrounded_beside_round(payment: int, rest: int, sign: bool) -> None:
    coins = Coins()
    coins.tx([("ame", 5_000_003)], [("apayee", payment), ("aback", rest)])
    assert coins.signs() == ({"aback": "unrounded value"} if sign else {})


def test_smaller_than_every_input() -> None:
    coins = Coins()
    coins.tx([("ame", 3_000_003), ("atoo", 4_000_003)], [("apayee", 5_234_567), ("aback", 1_234_561)])
    assert coins.signs() == {"aback": "smaller than every input"}
    one = Coins()
    one.tx([("ame", 7_000_003)], [("apayee", 5_234_567), ("aback", 1_234_561)])
    assert one.signs() == {}, "with one input every output is smaller"


FORM, OTHER = "version 2, locktime 100, sequence fffffffd", "version 1, locktime 0, sequence ffffffff"


@pytest.mark.parametrize(("mine", "its", "sign"), [
    (FORM, OTHER, True), (FORM, FORM, False), (OTHER, FORM, False), (FORM, None, False),
])  # fmt: skip
def test_the_wallet_form_of_the_follow_ups(mine: str, its: str | None, sign: bool) -> None:
    coins = Coins()
    txid = coins.tx([("ame", 5_000_003)], [("apayee", 1_234_567), ("aback", 3_000_001)], form=FORM)
    coins.tx([("aback", 3_000_001, f"{txid}:1")], [("asomebody", 2_999_001)], form=mine)
    coins.tx([("apayee", 1_234_567, f"{txid}:0")], [("asomeone", 1_234_001)], form=its)
    assert coins.signs().get("aback", "") == ("same wallet form when spent" if sign else "")


def test_the_form_of_a_mix_is_nobodys_habit() -> None:
    coins = Coins()
    txid = coins.tx([("ame", 5_000_003)], [("apayee", 1_234_567), ("aback", 3_000_001)], form=FORM)
    others = [(f"aother{number}", 2_000_000) for number in range(4)]
    coins.tx([("apayee", 1_234_567, f"{txid}:0")], [("asomebody", 1_234_001)], form=FORM)
    coins.tx([("aback", 3_000_001, f"{txid}:1"), *others], [(f"aequal{number}", 1_000_000) for number in range(5)], form=OTHER)
    assert "apayee" not in coins.signs(), "its own software spent the change in a join, which tells nothing"


def test_how_it_was_spent_is_one_family() -> None:
    coins = Coins()
    one = coins.tx([("astart", 90_000_003)], [("apay1", 4_234_567), ("ab1", 85_000_001)], form=FORM)
    two = coins.tx([("ab1", 85_000_001, f"{one}:1")], [("apay2", 4_234_567), ("ab2", 80_000_001)], form=FORM)
    coins.tx([("ab2", 80_000_001, f"{two}:1")], [("apay3", 4_234_567), ("ab3", 75_000_001)], form=FORM)
    coins.tx([("apay2", 4_234_567, f"{two}:0"), ("amore", 5)], [("aend", 4_234_000)], form=OTHER)
    assert coins.signs()["ab2"] == "same wallet form when spent, continues a peel chain"
    assert coins.states()["ab2"] == "hint held"


def test_a_peel_chain_goes_on() -> None:
    coins = Coins()
    one = coins.tx([("astart", 90_000_003)], [("apay1", 4_234_567), ("ab1", 85_000_001)])
    two = coins.tx([("ab1", 85_000_001, f"{one}:1")], [("apay2", 4_234_567), ("ab2", 80_000_001)])
    coins.tx([("ab2", 80_000_001, f"{two}:1")], [("apay3", 4_234_567), ("ab3", 75_000_001)])
    assert coins.signs() == {"ab2": "continues a peel chain"}, "the ends of the chain lack what was before, or comes after"


def test_change_to_an_input_address_needs_no_claim() -> None:
    coins = Coins()
    coins.tx([("wme", 5_000_003)], [("tpayee", 1_000_000), ("wme", 3_999_001)])
    coins.tx([("wme", 5_000_003)], [("tpayee", 1_000_000), ("wother", 2_345_678), ("wme", 1_111_111)])
    assert coins.signs() == {}


def test_one_sign_is_a_hint_two_are_a_claim_and_a_rival_holds() -> None:
    one = Coins()
    one.tx([("ame", 5_000_003)], [("apayee", 1_000_000), ("aback", 2_345_678)])
    assert one.states() == {"aback": "hint held"}
    two = Coins()
    two.tx([("wme", 5_000_003)], [("apayee", 1_000_000), ("wback", 2_345_678)])
    assert two.states() == {"wback": "medium accepted"}
    rival = Coins()
    rival.tx([("tpays", 4_000_003)], [("apayee", 2_000_001), ("wback", 1_000_001)])
    rival.tx([("wme", 5_000_003)], [("tnew", 2_345_678), ("wback", 1_000_000)])
    assert rival.signs()["tnew"].startswith("fresh address")
    assert rival.states()["wback"].endswith("held")
    assert rival.states()["tnew"].endswith("held")
    family = Coins()
    family.tx([("aold", 5_000_003)], [("apayee", 2_000_001), ("aelse", 1_000_001)])
    family.tx([("ame", 5_000_003)], [("apayee", 1_234_567), ("anew", 3_000_001)])
    family.tx([("ahim", 5_000_003)], [("apayee", 1_234_567), ("afar", 3_000_001)])
    assert family.states()["anew"] == "hint held", "fresh, and others used again, are one family"


def test_data_outputs_and_dead_ends_are_no_change() -> None:
    coins = Coins()
    node = coins.case.node("script:6a0548656c6c6f", "bitcoin")
    txid = coins.tx([("ame", 5_000_003)], [("apayee", 1_000_000), ("aback", 2_345_678)])
    junction = next(n for n, row in enumerate(coins.case.rows["nodes"], 1) if row["key"] == txid)
    coins.case.move(junction, node, 0, kind="output", asset="BTC", ref=f"{txid}:2")
    assert coins.states() == {"aback": "hint held"}
    lone = Coins()
    lone.tx([("ame", 5_000_003)], [("aback", 2_345_678)])
    assert lone.signs() == {}


def test_claims_rest_on_the_output_and_run_to_the_smallest_input() -> None:
    coins = Coins()
    coins.tx([("wtwo", 3_000_003), ("wone", 4_000_003)], [("apayee", 5_000_000), ("wback", 1_999_001)])
    tables = coins.case.tables()
    transactions, accounts = read_transactions(tables.transfers), describe_accounts(tables.nodes)
    nothing = np.zeros(len(transactions), bool)
    frame = claim_change(transactions, accounts, claim_co_spend(transactions, accounts, nothing).anchor, nothing).claims.frame()
    assert (cell(frame, 0, "node_a"), cell(frame, 0, "node_b")) == (coins.nodes["wtwo"], coins.nodes["wback"])
    assert cell(frame, 0, "transfer_id") == 4
