"""Matches as a table: each with its signs in bits, its wording, and why every other record was left without."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trails.graph import make_table
from trails.hawala.matching import match_records
from trails.hawala.parts import Parts, find_parts
from trails.hawala.records import RECORD_KINDS, Rules, prepare_pool, prepare_records
from trails.hawala.scoring import SIGNS
from trails.hawala.ties import apply_judgements
from trails.words import count_words, say_share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trails.graph import CaseTables
    from trails.hawala.matching import Matching

#: Transfers this likely to be somebody else's money are not looked at for parts.
_TAKEN = 0.5


def match_hawala(
    tables: CaseTables,
    parameters: dict[str, dict[str, Any]],
    *,
    rules: Rules | None = None,
    same_as: Mapping[int, int] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, Matching]:
    """Which transfer on another rail each hawala payout, deposit or settlement is consistent with, and how far luck explains it.

    A payout worth R fits a transfer worth U when R * (1 - fee_max) - tau <= U <= R + tau with tau = max(tolerance * R,
    tolerance_floor EUR), and when the transfer can have happened from 0 to ``window_hours`` after it; a deposit fits one as
    long before it, with the fee on the other side; a settlement one within the window on either side. Time errors widen each.
    Every candidate is weighed by amount, time, the office's and the payee's wallets, identifiers, messages and currency; then
    one assignment, the best for all together, gives each record at most one transfer. Records and transfers that it leaves
    free are tried in parts.

    Parameters
    ----------
    tables
        The case; with ``entities`` and ``claims`` where it is clustered.
    parameters
        What is assumed before the case says more: ``matching.toml``, as ``match_settings.read_parameters`` gives it.
    rules
        Windows, fee and tolerance; those of ``Rules`` by default.
    same_as
        Transfers that tell again what another one tells: no records of their own.

    Returns
    -------
    tuple
        Table ``matches``, by transfer numbers. ``score`` is the probability that the two are the same money, all rivals
        weighed; ``weight`` its odds before rivals, in bits; ``margin`` bits to the best rival; ``chance`` how many as good ones
        luck would give. A frame of ``transfer_id`` and ``reason`` of every record left without. And the run itself.

    Notes
    -----
    The word "link" is used only from a probability of 0.85 on, and where fewer than 0.1 as good ones are expected by luck or a
    second source ties the two. Cost: see ``matching.match_records``. Source: I. P. Fellegi and A. B. Sunter,
    doi:10.1080/01621459.1969.10501049.

    What it misses: money that rests longer than the window, fees above the limit, records of an office whose wallet shows up
    in less than a handful of pairs, and parts that leave from several wallets.
    """
    said = rules or Rules()
    records, no_value = prepare_records(tables, said, same_as=dict(same_as or {}))
    pool = prepare_pool(tables, said)
    run = match_records(tables, records, pool, said, parameters)
    free_record, free_place = np.ones(len(records), dtype=bool), np.ones(len(pool), dtype=bool)
    likely = run.chosen[run.scored.probability[run.chosen] >= _TAKEN]
    free_record[run.scored.record[likely]], free_place[run.scored.place[likely]] = False, False
    parts = find_parts(
        records, run.luck.bounds, pool, run.luck.weights, free_record=free_record, free_place=free_place,
        most=int(parameters["limits"]["parts"]),
    )  # fmt: skip
    rows = _one_to_one(run, parts) + _in_parts(run, parts)
    rows.sort(key=lambda row: (row["transfer_a"], row["transfer_b"]))
    names = list(rows[0]) if rows else []
    columns = {name: [row[name] for row in rows] for name in names}
    matches = make_table("matches", {"match_id": range(1, len(rows) + 1), **columns} if rows else {})
    matches = apply_judgements(matches, tables)
    return matches, _explain_without(run, matches, no_value), run


def _one_to_one(run: Matching, parts: list[Parts]) -> list[dict[str, Any]]:
    in_parts = {record for each in parts for record in each.records}
    taken = {place for each in parts for place in each.places}
    a, b = run.records["a"].to_numpy(), run.pool["b"].to_numpy()
    rows = []
    for at, chance, margin, rivals, second, state in zip(
        run.chosen.tolist(),
        run.chance.tolist(),
        run.margin.tolist(),
        run.rivals.tolist(),
        run.second,
        run.state,
        strict=True,
    ):
        record, place = int(run.scored.record[at]), int(run.scored.place[at])
        if record in in_parts or place in taken:
            continue
        explained = _explain(run, at, second)
        row = {
            "transfer_a": int(a[record]), "transfer_b": int(b[place]), "kind": RECORD_KINDS[int(run.records["kind"].iloc[record])],
            "score": float(run.scored.probability[at]), "weight": round(float(run.scored.weight[at]), 4),
            "margin": round(margin, 4) if np.isfinite(margin) else None, "rivals": rivals, "chance": chance, "state": state,
            "second": second or None, "part": None, "explanation": json.dumps(explained),
        }  # fmt: skip
        rows.append({**row, "wording": _word(row, str(run.records["note"].iloc[record]))})
    return rows


#: A sign of less than this many bits says nothing.
_SAYS_NOTHING = 0.05


def _say(bits: float, speaks_for: str, silent: str, speaks_against: str) -> str:
    if abs(bits) < _SAYS_NOTHING:
        return silent
    return speaks_for if bits > 0 else speaks_against


def _explain(run: Matching, at: int, second: str) -> list[dict[str, object]]:
    """The signs of one pair in bits, each with what was observed; the first is where the weighing starts."""
    record, place = int(run.scored.record[at]), int(run.scored.place[at])
    mine, theirs = run.records.iloc[record], run.pool.iloc[place]
    kept = 100 * (1 - float(theirs["value"]) / float(mine["value"]))
    hours = ((theirs["time_low"] + theirs["time_high"]) - (mine["time_low"] + mine["time_high"])) / 2 / 3_600e6
    blur = ((theirs["time_high"] - theirs["time_low"]) + (mine["time_high"] - mine["time_low"])) / 2 / 3_600e6
    pairs, bits = float(run.scored.office_pairs[at]), {sign: float(told[at]) for sign, told in run.scored.bits.items()}
    observed = {
        "start": f"{count_words(int(run.found[record]), 'transfer')} within bounds, before anything else is known",
        "amount": f"{abs(kept):.1f} % {'less' if kept >= 0 else 'more'} than booked",
        "time": f"{abs(hours):.1f} h {'after' if hours >= 0 else 'before'} the entry"
        + (f", +- {blur:.0f} h" if blur >= 1 else ""),
        "office": f"{pairs:.0f} other pairs of this office have this wallet",
        "party": _say(bits["party"], "other pairs of this party have the far wallet", "nothing is known of the far wallet",
                      "others have the far wallet, or this party another"),
        "identifier": _say(bits["identifier"], second or "one owner", "nobody is known to own the far wallet",
                           "the far wallet is another person's of this book"),
        "message": _say(bits["message"], "one chat names both within a day", "no chat names both within a day", ""),
        "currency": f"booked in {mine['asset']}, moved in {theirs['asset']}",
    }
    return [
        {"sign": sign, "bits": round(float(run.scored.bits[sign][at]), 2), "observed": observed[sign]}
        for sign in SIGNS
        if sign in run.scored.bits
    ]


_STATE_WORDS = {
    "link": "consistent with the same money",
    "possible": "more likely the same money than not, and not enough to call it a link",
    "ambiguous": "fit in amount and time, but others fit as well: not enough to read them as one payment",
}


def _word(row: dict[str, Any], note: str) -> str:
    others = count_words(row["rivals"], "rival") if row["rivals"] else "no rival"
    margin = "" if row["margin"] is None else f" ({row['margin']:.1f} bits to the best)"
    luck = f"{row['chance']:.3g} as good expected by chance"
    numbers = f"probability {say_share(row['score'])}, {others}{margin}, {luck}"
    second = f" Second source: {row['second']}." if row["second"] else ""
    doubt = f" Rate: {note}." if note else ""
    named = row["kind"].capitalize()
    pair = f"{named} transfer {row['transfer_a']} and transfer {row['transfer_b']}"
    return f"{pair}: {_STATE_WORDS[row['state']]} ({numbers}).{second}{doubt}"


def _in_parts(run: Matching, parts: list[Parts]) -> list[dict[str, Any]]:
    """A row for every pair of a match in parts; never more than possible."""
    a, b = run.records["a"].to_numpy(), run.pool["b"].to_numpy()
    rows = []
    for number, each in enumerate(parts, start=1):
        for record in each.records:
            for place in each.places:
                kind = RECORD_KINDS[int(run.records["kind"].iloc[record])]
                alone = each.ways == 1 and each.chance <= float(run.model.parameters["limits"]["chance"])
                state = "possible" if alone else "ambiguous"
                score = 1 / (each.ways + each.chance) / (1 + each.chance)
                wording = (
                    f"{kind.capitalize()} transfer {a[record]} and transfer {b[place]}: {_STATE_WORDS[state]}. "
                    f"{count_words(len(each.records), 'record')} and {count_words(len(each.places), 'transfer')} agree in sum, "
                    f"in {count_words(each.ways, 'way')}; {each.chance:.3g} such sums expected by chance."
                )
                rows.append({
                    "transfer_a": int(a[record]), "transfer_b": int(b[place]), "kind": kind, "score": min(score, 0.5),
                    "weight": None, "margin": None, "rivals": each.ways - 1, "chance": each.chance, "state": state,
                    "second": "the wallet is tied to the office by other pairs", "part": number,
                    "explanation": json.dumps([]), "wording": wording,
                })  # fmt: skip
    return rows


def _explain_without(run: Matching, matches: pd.DataFrame, no_value: pd.DataFrame) -> pd.DataFrame:
    left = ~run.records["a"].isin(matches["transfer_a"])
    reasons = np.where(
        run.found[left] > 0, "what lies within bounds fits other records better, or hardly at all",
        "no transfer within bounds of amount and time",
    )  # fmt: skip
    found = pd.DataFrame(
        {"transfer_id": run.records.loc[left, "a"].to_numpy(dtype=np.int64), "reason": reasons.astype(object)}
    )
    return pd.concat([found, no_value]).sort_values("transfer_id", ignore_index=True)
