"""The ownership rules against known owners: clusters with and without each screen, and every rule and sign by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from trails.claims import Claims, name_signs
from trails.clustering.run import claim_coins, order_claims
from trails.evaluate.clusters import MEASURES, measure_clusters
from trails.evaluate.scores import share_of
from trails.ownership.change import count_families
from trails.ownership.co_spend import claim_co_spend, flag_mixes
from trails.ownership.coinjoin import RULES, screen_transactions
from trails.ownership.entities import join_claims_by_node
from trails.ownership.guard import hold_welds
from trails.tables import CLAIM_RULES, CLAIM_STRENGTHS

if TYPE_CHECKING:
    from trails.clustering.arrays import Places
    from trails.ownership.guard import Known
    from trails.ownership.transactions import Accounts, Transactions

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Setting:
    """What is clustered: coin transactions, accounts, tags, and where the transactions stand in time."""

    transactions: Transactions
    accounts: Accounts
    known: Known
    places: Places


def evaluate_variants(setting: Setting, owner: Ints, *, rounds: int = 1_000) -> pd.DataFrame:
    """Clusters against owners, for every way of clustering: naive, screened, without each screen, with change.

    Parameters
    ----------
    setting
        The case as arrays.
    owner
        By node number: the number of its owner, -1 where it is not known; only known ones are measured.

    Returns
    -------
    DataFrame
        One row per variant: ``variant``, ``addresses``, ``clusters``, and for each measure of ``measure_clusters`` its
        value, ``_low`` and ``_high``.
    """
    rows = []
    for name, claims in _make_variants(setting).items():
        entity, _ = join_claims_by_node(claims, len(setting.accounts.ownable))
        known = np.flatnonzero(owner >= 0)
        measured = measure_clusters(entity[known].astype(np.int64), owner[known], rounds=rounds)
        row: dict[str, object] = {"variant": name, "addresses": len(known), "clusters": len(np.unique(entity[known]))}
        for measure in MEASURES:
            found = measured[measure]
            row |= {measure: found.value, f"{measure}_low": found.low, f"{measure}_high": found.high}
        rows.append(row)
    return pd.DataFrame(rows)


def _make_variants(setting: Setting) -> dict[str, Claims]:
    transactions, accounts = setting.transactions, setting.accounts
    nobody = np.zeros(len(transactions), bool)
    made = {"co-spend, no screen": claim_co_spend(transactions, accounts, nobody).claims}
    coinjoins = screen_transactions(transactions, accounts)
    screened = claim_co_spend(transactions, accounts, flag_mixes(transactions, coinjoins))
    made["co-spend, all screens"] = screened.claims
    for rule in sorted({str(word) for word in coinjoins.loc[coinjoins["verdict"], "rule"]}):
        rest = tuple(each for each in RULES if each.name != rule)
        without = flag_mixes(transactions, screen_transactions(transactions, accounts, rules=rest))
        made[f"co-spend, without the screen {rule}"] = claim_co_spend(transactions, accounts, without).claims
        lone = tuple(each for each in RULES if each.name == rule)
        alone = flag_mixes(transactions, screen_transactions(transactions, accounts, rules=lone))
        made[f"co-spend, with the screen {rule} alone"] = claim_co_spend(transactions, accounts, alone).claims
    found = claim_coins(transactions, accounts)
    both = found.claims
    made["co-spend and change on two signs"] = both
    rank = order_claims(setting.places, found.junction, np.empty(0, np.int64))
    held = hold_welds(both, rank, setting.known)
    made["co-spend and change on two signs, with the guard (as `trails cluster`)"] = held
    hints = both.rule == CLAIM_RULES.index("change")
    made["co-spend and change on any sign (never done)"] = replace(
        both, state=np.where(hints, 0, both.state).astype(np.uint8)
    )
    return made


def evaluate_rules(setting: Setting, owner: Ints) -> pd.DataFrame:
    """Every rule, and the signs of change, by themselves: claims whose two ends have one owner.

    Returns
    -------
    DataFrame
        ``rule``, ``strength``, ``what`` (all; families of signs; one family's signs alone), ``claims`` (with both owners
        known), ``right``, ``share``, ``low`` and ``high`` (exact binomial 95 %, C. Clopper and E. Pearson 1934: with none
        wrong among n it still says how bad it may be).
    """
    found = claim_coins(setting.transactions, setting.accounts)
    claims = found.claims
    one, other = owner[claims.node_a], owner[claims.node_b]
    known = (one >= 0) & (other >= 0)
    frame = pd.DataFrame({
        "rule": [CLAIM_RULES[at] for at in claims.rule[known]],
        "strength": [CLAIM_STRENGTHS[at] for at in claims.strength[known]],
        "families": count_families(claims.signs[known]),
        "signs": [name_signs(bits) for bits in claims.signs[known].tolist()],
        "right": (one == other)[known],
    })  # fmt: skip
    change = frame[frame["rule"] == "change"]
    sure = change[change["strength"] == "medium"]
    parts = [
        frame.assign(what="all"),
        sure.assign(what=[f"{count} families of signs" for count in sure["families"]]),
        change[change["families"] == 1].assign(what=[f"only: {signs}" for signs in change.loc[change["families"] == 1, "signs"]]),
    ]
    return pd.concat([_share(part) for part in parts], ignore_index=True)


def _share(frame: pd.DataFrame) -> pd.DataFrame:
    made = frame.groupby(["rule", "strength", "what"])["right"].agg(claims="size", right="sum").reset_index()
    made["right"] = made["right"].astype("int64")
    shares = [share_of(right, count) for right, count in zip(made["right"].tolist(), made["claims"].tolist(), strict=True)]
    made["share"] = [share.value for share in shares]
    made["low"], made["high"] = [share.low for share in shares], [share.high for share in shares]
    return made
