"""Findings about codes: what does not balance, who shares a code, what may be one code, which debt stands in two books."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trails.errors import AmountError
from trails.finding import Condition, Finding, cite_facts
from trails.hawala.debts import WINDOW_DAYS, map_same
from trails.hawala.reuse import find_possible_codes, find_two_payers
from trails.kept import read_numbers, read_texts
from trails.marks import mark_node
from trails.money import currency, format_units
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd


@dataclass(frozen=True, slots=True)
class CodeTables:
    """Rows of codes and what was made of them."""

    legs: pd.DataFrame
    debts: pd.DataFrame
    codes: pd.DataFrame
    nettings: pd.DataFrame
    proceeds: pd.DataFrame


def find_code_findings(life: CodeTables) -> Iterator[Finding]:
    """Everything about codes that a reader should look at, the innocent reading with each; in the order of the codes."""
    legs = life.legs[~life.legs["transfer_id"].isin(map_same(life.debts))]
    yield from _find_unbalanced(life.codes, legs)
    yield from _find_order(life.codes, legs)
    yield from _find_two_payers(legs)
    yield from _find_possible(legs)
    yield from _find_debts(life.debts)
    yield from _find_nettings(life.nettings)
    yield from _find_proceeds(life.proceeds)


def _rows(frame: pd.DataFrame) -> Iterator[Mapping[str, Any]]:
    for row in frame.to_dict("records"):
        yield {str(name): value for name, value in row.items()}


def _cited(code: Mapping[str, Any], legs: pd.DataFrame) -> tuple[str, ...]:
    return cite_facts(
        "transfer", legs.loc[(legs["scope"] == code["scope"]) & (legs["text"] == code["text"]), "transfer_id"]
    )


def _exact(value: object) -> int | None:
    return None if value is None or value != value else int(str(value))


def _say_sum(amount: int, asset: str) -> str:
    """A sum of a code in whole units: what books count in is a currency, or USDT and the like."""
    try:
        return f"{format_units(amount, currency(asset).decimals)} {asset}"
    except AmountError:
        return f"{amount:,} base units of {asset}"


def _find_unbalanced(codes: pd.DataFrame, legs: pd.DataFrame) -> Iterator[Finding]:
    """Codes out of which more came than in, or of which a part is paid and more is left than a fee explains."""
    index = legs.groupby(["scope", "text"])["transfer_id"].agg(list).to_dict()
    for code in _rows(codes):
        marks = read_texts(code["anomalies"], "the list of anomalies of a code")
        over = "over" in marks
        if not over and code["state"] != "part_paid":
            continue
        node, cited = int(code["node_id"]), index.get((code["scope"], code["text"]), [])
        sums = [_exact(code[name]) for name in ("held", "paid", "returned", "fees")]
        gap = None if None in sums else (sums[0] or 0) - sum(x or 0 for x in sums[1:])
        several = "sums in several currencies, at the rates of their days,"
        left, nothing = ("several currencies", 0) if gap is None else (_say_sum(each, str(code["asset"])) for each in (gap, 0))
        shown = several if gap is None else _say_sum(abs(gap), str(code["asset"]))
        what = "more left than came in" if over else "came in and are not recorded as leaving"
        twice = ", and the same sum was paid twice" if "paid_twice" in marks else ""
        yield Finding(
            "junction", f"node:{node}",
            f"The records of the code at {mark_node(node)} do not balance: {shown} {what}{twice}.",
            (Condition("paid in less paid out, refunded and kept", left, nothing, met=False),),
            cite_facts("transfer", cited),
            "Credit of the office, a second deposit whose row is missing, one row written twice, or a sum mistyped." if over
            else "The journey is not over, a page of the book is missing, or the rest was settled in another currency.",
            "The office's own account of this code.",
        )  # fmt: skip


def _find_order(codes: pd.DataFrame, legs: pd.DataFrame) -> Iterator[Finding]:
    for code in _rows(codes):
        if "paid_before_deposit" in read_texts(code["anomalies"], "the list of anomalies of a code"):
            node = int(code["node_id"])
            yield Finding(
                "code_order", f"node:{node}",
                f"The code at {mark_node(node)} was paid out before it was paid in, whatever the uncertainty of both times.",
                (Condition("the use of the code is known", code["use"], "not unknown", met=True),),
                _cited(code, legs),
                "Credit of the office, a date with day and month swapped, another calendar, or a code used a second time.",
                "The page itself: the date beside its neighbours; whether another calendar turns it round (`trails code`).",
            )  # fmt: skip


def _find_two_payers(legs: pd.DataFrame) -> Iterator[Finding]:
    for row in _rows(find_two_payers(legs)):
        payers = read_numbers(row["payers"], "a list of payers")
        named = ", ".join(mark_node(number) for number in payers)
        days = int(row["days"])
        apart = "on one day" if days == 0 else f"{count_words(days, 'day')} apart at the least"
        yield Finding(
            "junction", f"node:{int(row['code'])}",
            f"The code at {mark_node(int(row['code']))} has deposits of {named}, {apart}: two members of one family, a reassigned "
            "deposit, or a code read wrongly; also consistent with one code used twice.",
            (
                Condition("payers of one code", len(payers), 2, met=True),
                Condition("days between their deposits at most", days, WINDOW_DAYS, met=days <= WINDOW_DAYS),
            ),
            cite_facts("transfer", read_numbers(row["transfers"], "a list of transfers")),
            "Two members of one family, a reassigned deposit, or a code read wrongly. Offices count by themselves: equal codes "
            "of two are ordinary.",
            "The original entry, and whether both deposits name the same travellers.",
        )  # fmt: skip


def _find_possible(legs: pd.DataFrame) -> Iterator[Finding]:
    for row in _rows(find_possible_codes(legs)):
        rivals = int(row["rivals"])
        yield Finding(
            "code_possible", f"node:{int(row['code_b'])}",
            f"The codes at {mark_node(int(row['code_a']))} and {mark_node(int(row['code_b']))} may be one code misread: "
            f"{row['why']}; one has deposits only, the other payouts only, of a fitting sum. {_say_rivals(rivals)} Nothing is "
            "merged.",
            (Condition("other codes that would do as well", rivals, 0, met=rivals == 0),),
            cite_facts("transfer", read_numbers(row["transfers"], "a list of transfers")),
            "Two codes of two families that happen to look alike.",
            "Both pages: how the sign in question is written elsewhere by the same hand.",
            about=(f"node:{int(row['code_a'])}",),
        )  # fmt: skip


def _say_rivals(rivals: int) -> str:
    if not rivals:
        return "No other code would do as well."
    return f"{count_words(rivals, 'other code')} would do as well."


def _find_debts(debts: pd.DataFrame) -> Iterator[Finding]:
    for row in _rows(debts):
        yield Finding(
            "debt", f"debt:{int(row['debt_id'])}", str(row["wording"]),
            (Condition("signs that agree besides the kind", row["basis"], "two of code, day and sum", met=True),),
            cite_facts("transfer", [row["transfer_a"], row["transfer_b"]]),
            "Two payments of the same sum on about the same day under one code, each in one book alone.",
            "Both books side by side; whether the payee signed once or twice.",
        )  # fmt: skip


def _find_nettings(nettings: pd.DataFrame) -> Iterator[Finding]:
    for row in _rows(nettings):
        if row["state"] in ("cleared", "candidate"):
            yield Finding(
                "netting", f"netting:{int(row['netting_id'])}", str(row["wording"]),
                (Condition("how far the sums agree", row["state"], "cleared", met=row["state"] == "cleared"),),
                tuple(read_texts(row["evidence"], "the evidence of an inference")),
                "An ordinary settlement between two businesses, or a loan, that says nothing of what the payouts were for.",
                "Both offices' accounts of the settlement, and who holds the wallet or account it went to.",
            )  # fmt: skip


def _find_proceeds(proceeds: pd.DataFrame) -> Iterator[Finding]:
    """The sum of all, and apart from it what was given back or paid under threat."""
    for row in _rows(proceeds[proceeds["line"].isin(["total", "refunded", "coerced"])]):
        least, most = int(row["least"]), int(row["most"])
        low, high, none = (f"{format_units(cents, 2)} {row['currency']}" for cents in (least, most, 0))
        if most:
            yield Finding(
                "proceeds", f"proceeds:{int(row['proceeds_id'])}", str(row["wording"]),
                (
                    Condition("sum at least", low, none, met=least > 0),
                    Condition("sum at most", high, low, met=most == least),
                ),
                tuple(read_texts(row["evidence"], "the evidence of an inference")),
                "Money of families for a journey or for anything else; fees, advances and debts that an office only passed on.",
                "What each code was for, and what was left after those who carried, housed and drove were paid.",
            )  # fmt: skip
