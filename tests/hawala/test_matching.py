from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from tests.links.small_case import SmallCase, cell, shuffled
from trails.graph import make_table
from trails.hawala.matching import match_payouts
from trails.hawala.ties import supported_matches

USDT = 10**6


class Relay(SmallCase):
    """One code, one payee, two wallets, and a rate of 1 EUR = 1.1 USD throughout."""

    def __init__(self) -> None:
        super().__init__()
        self.code, self.payee = self.node("4718", "hawala", "junction"), self.node("kaka", "hawala")
        self.wallet, self.driver = self.node("Twallet"), self.node("Tdriver")
        for day in range(40):
            self.price("EUR", "USD", "1.1", at=24 * day)

    def payout(self, amount: int, *, at: float | None = 24, error: int = 0) -> int:
        return self.move(self.code, self.payee, amount, kind="payout", asset="EUR", at=at, error=error)

    def send(self, dollars: float, *, at: float = 25) -> int:
        return self.move(self.wallet, self.driver, round(dollars * USDT), at=at)

    def background(self, count: int = 400) -> None:
        """Transfers of other sizes and times, so that luck is small."""
        for number in range(count):
            self.send(5000 + number, at=200 + number)


def pairs(case: SmallCase, **options: object) -> list[tuple[int, int]]:
    matches, _ = match_payouts(case.tables(), **options)  # type: ignore[arg-type]
    return list(zip(matches["transfer_a"], matches["transfer_b"], strict=True))


@pytest.mark.parametrize(
    ("dollars", "hours", "found"),
    [
        (1100, 1, True),
        (1100 * 0.94, 1, True),
        (1100 * 0.94 - 22, 1, True),  # a fee of 6 % and 2 % more
        (1100 * 0.94 - 22.01, 1, False),
        (1100 + 22, 1, True),
        (1100 + 22.01, 1, False),
        (1100, 72, False),  # score 0.5 from the amount: see below
        (1100, 72.01, False),
        (1100, -0.01, False),
    ],
)
def test_bounds_of_amount_and_time(dollars: float, hours: float, found: bool) -> None:
    case = Relay()
    payout = case.payout(1000_00)
    sent = case.send(dollars, at=24 + hours)
    expected = [(payout, sent)] if found or (dollars, hours) == (1100, 72) else []
    assert pairs(case) == expected


def test_the_smallest_tolerance_is_fifteen_euro() -> None:
    case = Relay()
    case.payout(50_00)
    case.send(55 * 0.94 - 16.5)
    assert len(pairs(case)) == 1
    assert pairs(case, tolerance_floor=14) == []


def test_a_payout_known_to_the_day_widens_the_window_by_half_a_day_each_way() -> None:
    for at, found in ((12.5, True), (11.5, False), (24 + 83.9, True), (24 + 84.1, False)):
        case = Relay()
        case.payout(1000_00, at=24, error=43_200)
        case.send(1100, at=at)
        assert len(pairs(case)) == int(found)


def test_what_is_no_candidate() -> None:
    case = Relay()
    case.payout(1000_00)
    case.move(case.wallet, case.driver, 1100 * USDT, at=25, status="failed")
    case.move(case.wallet, case.driver, 1100 * USDT, at=25, asset="0xfake@ethereum")
    case.move(case.wallet, case.driver, None, at=25)
    case.move(case.wallet, case.driver, 1100 * USDT, at=None)
    case.move(case.wallet, case.wallet, 1100 * USDT, at=25)
    case.move(case.wallet, case.payee, 1100 * USDT, at=25)
    case.move(case.wallet, case.driver, 1100 * USDT, at=25, kind="settlement")
    matches, unmatched = match_payouts(case.tables())
    assert matches.empty
    assert unmatched["reason"].tolist() == ["no transfer within bounds of amount and time"]


def test_change_back_to_an_input_is_no_candidate() -> None:
    case = Relay()
    case.payout(1000_00)
    case.price("BTC", "USD", "50000", at=20)
    tx = case.node("tx", "bitcoin", "junction")
    own, other = case.node("1own", "bitcoin"), case.node("1other", "bitcoin")
    case.move(own, tx, 4_400_000, kind="input", asset="BTC", at=25)
    case.move(tx, own, 2_200_000, kind="output", asset="BTC", at=25)
    assert pairs(case) == []
    paid = case.move(tx, other, 2_200_000, kind="output", asset="BTC", at=25)
    assert pairs(case) == [(1, paid)]


def test_payouts_that_cannot_be_compared_say_why() -> None:
    case = Relay()
    case.payout(1000_00, at=None)
    case.payout(0)
    case.move(case.code, case.payee, 5, kind="payout", asset="BTC", at=24)
    _, unmatched = match_payouts(case.tables())
    assert [reason.split(":")[0] for reason in unmatched["reason"]] == [
        "its time is unknown", "its amount is zero", "no value",
    ]  # fmt: skip


def test_rivals_count_both_sides_and_the_margin_is_against_the_best_of_them() -> None:
    case = Relay()
    first, second = case.payout(1000_00, at=24), case.payout(1000_00, at=26)
    near, late = case.send(1100, at=27), case.send(1100, at=40)
    matches, _ = match_payouts(case.tables())
    found = matches.set_index("transfer_a")
    assert set(found["transfer_b"]) == {near, late}
    # each has one other transfer in its bounds, and each transfer one other payout
    assert found["rivals"].tolist() == [2, 2]
    assert cell(found, second, "margin") <= cell(found, second, "score")
    assert first in found.index


def test_a_match_without_rivals_has_its_score_as_margin() -> None:
    case = Relay()
    case.payout(1000_00)
    case.send(1100, at=24)
    row = match_payouts(case.tables())[0].iloc[0]
    assert (row["score"], row["margin"], row["rivals"]) == (1.0, 1.0, 0)


def test_chance_is_the_stated_formula() -> None:
    case = Relay()
    case.payout(1000_00)
    case.send(1100, at=25)
    case.send(900, at=30)  # inside the window, outside the band
    for number in range(10):
        case.send(1000 if number < 3 else 3000, at=300 + number)  # outside the window, not of that size
    for _ in range(2):
        case.send(1050, at=400)
    row = match_payouts(case.tables())[0].iloc[0]
    # m = 2 in the window, n = 12 outside, k = 2 of them worth 1012 to 1122
    assert row["chance"] == pytest.approx(2 * (2 + 1) / (12 + 1))


def test_wording_is_refused_when_luck_is_likely_and_nothing_else_ties_them() -> None:
    case = Relay()
    case.payout(1000_00)
    case.send(1100)
    matches, _ = match_payouts(case.tables())
    assert cell(matches, 0, "chance") == 1.0
    assert "not enough" in cell(matches, 0, "wording")
    assert "same money" not in cell(matches, 0, "wording")
    case.background()
    matches, _ = match_payouts(case.tables())
    assert cell(matches, 0, "chance") <= 0.1
    assert "consistent with the same money (score 0.99, 0 rival(s), 0.00249 such" in cell(matches, 0, "wording")


def test_one_message_that_names_code_and_address_is_a_second_tie() -> None:
    case = Relay()
    case.payout(1000_00)
    case.send(1100)
    case.event("code_quoted", node=case.code, source=3, row=77)
    case.event("mention", other=case.driver, source=3, row=78)
    matches, _ = match_payouts(case.tables())
    assert supported_matches(case.tables(), matches).tolist() == [False]
    case.event("mention", other=case.driver, source=3, row=77)
    matches, _ = match_payouts(case.tables())
    assert supported_matches(case.tables(), matches).tolist() == [True]
    assert "Second tie: one row names both (event 1, source 3, row 77)" in cell(matches, 0, "wording")


def test_one_entity_on_both_sides_is_a_second_tie() -> None:
    case = Relay()
    case.payout(1000_00)
    case.send(1100)
    tables = case.tables()
    entities = make_table("entities", {"entity_id": [1, 2, 2, 4], "node_id": [1, 2, case.wallet, 4]})
    joined = type(tables)(**{**{n: getattr(tables, n) for n in (
        "nodes", "assets", "transfers", "events", "tags", "prices", "judgements")}, "entities": entities})  # fmt: skip
    assert "one entity" in cell(match_payouts(joined)[0], 0, "wording")


Listed = list[tuple[int, float, float]]


def brute_force(payouts: Listed, sent: Listed) -> dict[tuple[int, int], float]:
    """Every pair within bounds with its score, from the definition. Sums in dollars, times in hours."""
    scores = {}
    for (a, worth, paid), (b, dollars, at) in product(payouts, sent):
        tau, least = max(0.02 * worth, 16.5), worth * 0.94
        off = max(dollars - worth, least - dollars, 0)
        if off <= tau + 1e-9 and paid <= at <= paid + 72:
            scores[a, b] = 0.5 * (1 - off / tau) + 0.5 * (1 - (at - paid) / 72)
    return scores


def best_sum(scores: dict[tuple[int, int], float], payouts: list[int]) -> float:
    """The greatest sum of scores with each side used once, by trying everything."""
    if not payouts:
        return 0.0
    first, rest = payouts[0], payouts[1:]
    options = [best_sum(scores, rest)]
    for (a, b), score in scores.items():
        if a == first:
            options.append(score + best_sum({p: s for p, s in scores.items() if p[1] != b}, rest))
    return max(options)


@pytest.mark.parametrize("seed", range(15))
def test_candidates_and_assignment_agree_with_brute_force_in_any_row_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    case = Relay()
    payouts, sent = [], []
    for _ in range(int(rng.integers(1, 6))):
        euro, at = int(rng.integers(300, 340)), float(rng.integers(24, 100))
        payouts.append((case.payout(euro * 100, at=at), euro * 1.1, at))
    for _ in range(int(rng.integers(1, 9))):
        dollars, at = int(rng.integers(290, 390)), float(rng.integers(20, 180))
        sent.append((case.send(dollars, at=at), float(dollars), at))
    scores = brute_force(payouts, sent)
    matches, unmatched = match_payouts(case.tables())
    chosen = list(zip(matches["transfer_a"], matches["transfer_b"], strict=True))
    assert len({a for a, _ in chosen}) == len({b for _, b in chosen}) == len(chosen)
    for pair, score, rivals in zip(chosen, matches["score"], matches["rivals"], strict=True):
        assert score == pytest.approx(scores[pair], abs=1e-6)
        assert rivals == sum((a == pair[0]) != (b == pair[1]) for a, b in scores)
    assert matches["score"].sum() == pytest.approx(best_sum(scores, [a for a, _, _ in payouts]), abs=1e-5)
    assert len(matches) + len(unmatched) == len(payouts)
    again, _ = match_payouts(shuffled(case.tables(), seed))
    pd.testing.assert_frame_equal(matches, again)


def test_expected_chance_agrees_with_the_count_on_a_pool_without_any_true_match() -> None:
    """Payouts and transfers drawn independently: the formula's mean is the mean count that luck really gives."""
    rng = np.random.default_rng(4)
    case = Relay()
    payouts = [case.payout(int(rng.integers(200, 900)) * 100, at=float(rng.integers(24, 700))) for _ in range(60)]
    sent = [(case.send(float(d), at=float(t)), d, t) for d, t in zip(
        rng.integers(200, 1000, 600), rng.integers(0, 900, 600), strict=True)]  # fmt: skip
    rows = case.rows["transfers"]
    listed = [(a, int(str(rows[a - 1]["amount"])) / 100 * 1.1, hours(rows[a - 1]["time"])) for a in payouts]
    counted = len(brute_force(listed, [(b, float(d), float(t)) for b, d, t in sent])) / len(payouts)
    matches, _ = match_payouts(case.tables())
    assert matches["chance"].mean() == pytest.approx(counted, rel=0.15)


def hours(time: object) -> float:
    from tests.links.small_case import START

    return float((pd.Timestamp(str(time)) - START).total_seconds()) / 3600
