"""Which transactions mix the coins of several people, so that spending together says nothing about one owner."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Outputs below this many satoshi are dust or data carriers: WabiSabi's smallest denomination is 5,000.
MIN_EQUAL_VALUE = 5_000
MIN_DENOMINATIONS = 3
MIN_DENOMINATION_INPUTS = 5
MANY_EQUAL = 5

COLUMNS = ["junction", "verdict", "rule", "conditions", "confidence"]


def find_coinjoins(transfers: pd.DataFrame) -> pd.DataFrame:
    """Which transactions look like equal-output CoinJoins, whose inputs must not be read as one owner's.

    Two rules, each on outputs of at least 5,000 base units; inputs are counted by distinct sender:

    - ``equal_outputs`` (JoinMarket, Whirlpool, Wasabi 1): the largest group of k equal outputs has k >= 2 and at least
      k input addresses, there are at least 3 outputs, and the group is at least half of the outputs, or a quarter of
      them when k >= 5.
    - ``standard_denominations`` (Wasabi 2, WabiSabi): at least 3 values occur twice or more, those outputs are at
      least half of all, and there are at least 5 input addresses.

    Parameters
    ----------
    transfers
        Table ``transfers``; kinds ``input`` and ``output`` with status ok are read, amounts in base units.

    Returns
    -------
    DataFrame
        One row per junction with outputs, by its number: ``junction`` (node_id), ``verdict``, ``rule`` (empty when
        not flagged), ``conditions`` (JSON list of condition, observed, threshold, met; of both rules for flagged
        junctions, ``[]`` otherwise) and ``confidence`` (``high`` for 5 or more equal outputs or denominations,
        ``medium`` for 3 or 4, ``low`` for 2; empty when not flagged).

    Notes
    -----
    Cost: one hash grouping of the outputs. Sources: M. Moeser and R. Boehme, "Join Me on a Market for Anonymity"
    (WEIS 2016); H. Kalodner et al., "BlockSci" (USENIX Security 2020); A. Ficsor et al., "WabiSabi" (IACR ePrint
    2021/206).

    What it misses: PayJoin and other joins without equal outputs, and two-party joins with two outputs only. False
    alarms on purpose: a batch that pays equal sums from several addresses of one owner (an exchange, a Whirlpool Tx0)
    is flagged and stays unclustered. A missed join costs a lead; a false join accuses somebody.
    """
    live = transfers[transfers["status"] == "ok"]
    inputs = live.loc[live["kind"] == "input", ["src", "dst"]].drop_duplicates()
    senders = inputs.groupby("dst", sort=True)["src"].size()
    outputs = live.loc[(live["kind"] == "output") & live["amount"].notna(), ["src", "amount"]]
    outputs = outputs[outputs["amount"] > 0]
    measured = _measure_outputs(outputs)
    measured["inputs"] = senders.reindex(measured.index).fillna(0).astype(np.int64)
    return _judge(measured)


def _measure_outputs(outputs: pd.DataFrame) -> pd.DataFrame:
    """Per junction: all outputs, the largest equal group, the number of repeated values and their outputs."""
    counted = outputs.groupby("src", sort=True).size().rename("outputs").to_frame()
    large = outputs[outputs["amount"] >= MIN_EQUAL_VALUE]
    codes, _ = pd.factorize(large["amount"])
    sizes = pd.Series(1, index=pd.MultiIndex.from_arrays([large["src"], codes])).groupby(level=[0, 1]).sum()
    repeated = sizes[sizes >= 2]
    counted["equal"] = sizes.groupby(level=0).max()
    counted["values"] = repeated.groupby(level=0).size()
    counted["repeated"] = repeated.groupby(level=0).sum()
    return counted.fillna(0).astype(np.int64)


def _judge(measured: pd.DataFrame) -> pd.DataFrame:
    equal, outputs, inputs = measured["equal"], measured["outputs"], measured["inputs"]
    share = np.where(equal >= MANY_EQUAL, 4, 2)
    by_equal = (equal >= 2) & (inputs >= equal) & (outputs >= 3) & (equal * share >= outputs)
    by_value = (
        (measured["values"] >= MIN_DENOMINATIONS)
        & (2 * measured["repeated"] >= outputs)
        & (inputs >= MIN_DENOMINATION_INPUTS)
    )
    verdict = by_equal | by_value
    rule = np.select([by_equal, by_value], ["equal_outputs", "standard_denominations"], "")
    size = np.where(by_equal, equal, measured["values"])
    word: NDArray[np.str_] = np.select([~verdict, size >= 5, size >= 3], ["", "high", "medium"], "low")
    conditions = np.full(len(measured), "[]", dtype=object)
    flagged = np.flatnonzero(verdict.to_numpy())
    for at, row in zip(flagged.tolist(), measured.iloc[flagged].to_dict("records"), strict=True):
        conditions[at] = json.dumps(_conditions({str(name): int(value) for name, value in row.items()}))
    return pd.DataFrame(
        {
            "junction": measured.index.to_numpy(dtype=np.int64),
            "verdict": verdict.to_numpy(dtype=bool),
            "rule": rule.astype(object),
            "conditions": conditions,
            "confidence": word.astype(object),
        },
        columns=COLUMNS,
    )


def _conditions(row: dict[str, int]) -> list[dict[str, object]]:
    equal, outputs, inputs, values = row["equal"], row["outputs"], row["inputs"], row["values"]
    part = 4 if equal >= MANY_EQUAL else 2
    stated = [
        ("equal_outputs: outputs of one value", equal, 2, equal >= 2),
        ("equal_outputs: input addresses, at least as many", inputs, equal, inputs >= equal),
        ("equal_outputs: outputs in all", outputs, 3, outputs >= 3),
        (f"equal_outputs: share of outputs, at least 1/{part}", f"{equal}/{outputs}", f"1/{part}",
         equal * part >= outputs),
        ("standard_denominations: values that repeat", values, MIN_DENOMINATIONS, values >= MIN_DENOMINATIONS),
        ("standard_denominations: share of outputs that repeat, at least 1/2", f"{row['repeated']}/{outputs}", "1/2",
         2 * row["repeated"] >= outputs),
        ("standard_denominations: input addresses", inputs, MIN_DENOMINATION_INPUTS, inputs >= MIN_DENOMINATION_INPUTS),
    ]
    return [{"condition": c, "observed": o, "threshold": t, "met": m} for c, o, t, m in stated]
