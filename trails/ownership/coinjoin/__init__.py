"""Which transactions mix the coins of several people, so that spending together says nothing about one owner.

One module for each protocol; a rule is a list of conditions on the transaction itself. The deciding ones need outputs and
the number of inputs only, so a verdict holds where the spent outputs are not in the case, and says so.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trails.ownership.coinjoin.equal_outputs import EQUAL_OUTPUTS, JOINMARKET, STONEWALL
from trails.ownership.coinjoin.payjoin import PAYJOIN, find_candidates
from trails.ownership.coinjoin.shape import MEASURES, MIN_EQUAL_VALUE, Shape, take_shape
from trails.ownership.coinjoin.wasabi import STANDARD_VALUES, WABISABI, WASABI_1
from trails.ownership.coinjoin.whirlpool import MIX, POSTMIX, TX0

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trails.ownership.coinjoin.shape import Rule
    from trails.ownership.transactions import Accounts, Transactions

#: In the order of their say: the first rule that is met names the transaction.
RULES = (TX0, MIX, WASABI_1, WABISABI, STONEWALL, JOINMARKET, EQUAL_OUTPUTS, STANDARD_VALUES, PAYJOIN, POSTMIX)
COLUMNS = ["junction", "verdict", "rule", "kind", "conditions", "confidence", "lacking", "source"]


def screen_transactions(
    transactions: Transactions, accounts: Accounts | None = None, *, rules: tuple[Rule, ...] = RULES
) -> pd.DataFrame:
    """Which transactions are consistent with CoinJoins, or with the way into or out of one.

    Parameters
    ----------
    transactions
        What ``read_transactions`` gives.
    accounts
        What ``describe_accounts`` gives: the kinds of scripts are one mark of a PayJoin, which is not seen without.
    rules
        The protocols to look for, in the order of their say.

    Returns
    -------
    DataFrame
        One row for each transaction that meets a rule, by junction: ``junction`` (node_id), ``verdict`` (true for mixes,
        whose inputs are not joined; false for preparations and spends after a mix, whose inputs are), ``rule``, ``kind``
        (mix, preparation, after), ``conditions`` (JSON list of condition, observed, threshold, met, deciding),
        ``confidence`` (high, medium, low), ``lacking`` (what the case does not state, empty where nothing) and ``source``.

    Notes
    -----
    Cost: one pass over inputs and outputs, then arrays over the few that may be mixes. A rule says which source it comes
    from in its module.

    What it misses: PayJoins that keep to their standard, and other joins without equal outputs. False alarms
    on purpose: one owner's batch of equal sums from several addresses stays unclustered. A missed join costs a lead; a
    false join accuses somebody.
    """
    shape = measure_shape(transactions, accounts)
    may = (shape.equal >= 2) & (shape.senders >= 2)
    may |= (shape.empty == 1) & (shape.outputs >= 3)
    may |= _spends_mixes(transactions, shape)
    may[find_candidates(shape)] = True
    return _judge(take_shape(shape, np.flatnonzero(may)), rules)


def find_coinjoins(transfers: pd.DataFrame) -> pd.DataFrame:
    """The same from a frame of table ``transfers``, for cases in memory."""
    from trails.ownership.transactions import read_transactions

    return screen_transactions(read_transactions(transfers))


def explain_transaction(transactions: Transactions, accounts: Accounts | None, junction: int) -> pd.DataFrame:
    """Every rule against one transaction: ``rule``, ``title``, ``met``, ``conditions``, ``confidence``, ``source``.

    Raises KeyError where the junction is no transaction with inputs or outputs in this case.
    """
    at = int(np.searchsorted(transactions.junction, junction))
    if at == len(transactions) or transactions.junction[at] != junction:
        raise KeyError(junction)
    shape = take_shape(measure_shape(transactions, accounts), np.array([at]))
    rows = []
    for rule in RULES:
        met = bool(_decide(rule, shape)[0])
        rows.append({
            "rule": rule.name, "title": rule.title, "met": met, "conditions": _conditions(rule, shape)[0],
            "confidence": rule.confidence(shape)[0] if met else "", "source": rule.source,
        })  # fmt: skip
    return pd.DataFrame(rows)


def measure_shape(transactions: Transactions, accounts: Accounts | None) -> Shape:
    """Count what the rules ask for, in every transaction."""
    from trails.compiled import run_in_pieces
    from trails.ownership.loops import measure_transactions

    inputs, outputs = transactions.inputs, transactions.outputs
    counted = np.zeros((len(transactions), len(MEASURES)), np.int64)
    ends = inputs.start, inputs.node, outputs.start, outputs.amount
    run_in_pieces(lambda begin, end: measure_transactions(begin, end, counted, *ends, MIN_EQUAL_VALUE), len(transactions))
    columns = {name: counted[:, at] for at, name in enumerate(MEASURES)}
    return Shape(transactions, accounts, np.arange(len(transactions)), **columns)


def _spends_mixes(transactions: Transactions, shape: Shape) -> NDArray[np.bool_]:
    """Transactions with an input that spends an output of something with a mix's shape; the rule looks closer."""
    mix = (shape.equal == shape.outputs) & (shape.outputs >= 5) & (shape.inputs == shape.outputs)
    if not mix.any():
        return np.zeros(len(mix), bool)
    link = transactions.inputs.link
    linked = np.flatnonzero(link >= 0)
    parent = np.searchsorted(transactions.outputs.start, link[linked], side="right") - 1
    child = np.searchsorted(transactions.inputs.start, linked[mix[parent]], side="right") - 1
    found = np.zeros(len(mix), bool)
    found[child] = True
    return found


def _judge(shape: Shape, rules: tuple[Rule, ...]) -> pd.DataFrame:
    count = len(shape.chosen)
    named = np.full(count, -1)
    for number, rule in enumerate(rules):
        named[(named < 0) & _decide(rule, shape)] = number
    unstated = shape.unstated
    rows: list[dict[str, Any]] = []
    for number, rule in enumerate(rules):
        mine = take_shape(shape, np.flatnonzero(named == number))
        said, words = _conditions(rule, mine), rule.confidence(mine)
        lacks = unstated[named == number]
        rows += [
            {
                "junction": int(junction), "verdict": rule.kind == "mix", "rule": rule.name, "kind": rule.kind,
                "conditions": conditions, "confidence": word, "source": rule.source,
                "lacking": f"{lack} of {inputs} spent outputs are not in the case" if lack else "",
            }
            for junction, conditions, word, lack, inputs in zip(
                shape.transactions.junction[mine.chosen], said, words, lacks, mine.inputs, strict=True
            )
        ]  # fmt: skip
    made = pd.DataFrame(rows, columns=COLUMNS).astype({"junction": "int64", "verdict": "bool"})
    return made.sort_values("junction", ignore_index=True)


def _decide(rule: Rule, shape: Shape) -> NDArray[np.bool_]:
    met = np.ones(len(shape.chosen), bool)
    for check in rule.checks:
        if check.deciding:
            met &= check.look(shape)[1]
    return met


def _conditions(rule: Rule, shape: Shape) -> list[str]:
    looked = [check.look(shape) for check in rule.checks]
    return [
        json.dumps([
            {
                "condition": f"{rule.name}: {check.asks}", "observed": int(observed[at]), "threshold": check.threshold,
                "met": bool(met[at]), "deciding": check.deciding,
            }
            for check, (observed, met) in zip(rule.checks, looked, strict=True)
        ])
        for at in range(len(shape.chosen))
    ]  # fmt: skip
