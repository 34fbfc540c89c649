"""Accounts of independent sources that name one hawala code or one vehicle: recorded, and never joined by themselves."""

from __future__ import annotations

from typing import Any

import pandas as pd

from trails.graph import list_rows
from trails.ownership.entities import combine_claims, held_claims

HELD = {
    "same_code": "who names a code may pay it, receive it or pass it on: one code is one payment, not one owner",
    "same_plate": "one vehicle may be driven, hired, followed or only named by several people",
}
#: A code or plate that more accounts than this name says nothing about any two of them.
MOST_NAMING = 5
_LISTED = 8


def claim_shared_mentions(transfers: pd.DataFrame, events: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Which accounts of two independent sources name the same code, or the same plate.

    Parameters
    ----------
    transfers, events, nodes
        Tables of the contract. A code is named by who quotes it (events ``code_quoted``) and by who is paid on it; whoever
        pays a deposit into it is a payer, and left alone. A plate is named by who mentions it (``plate_mentioned``).

    Returns
    -------
    DataFrame
        Held claims ``same_code`` and ``same_plate`` (hint), one a pair of accounts, by rule and node, on the first fact that
        repeats what another source said. ``why`` lists what both name and in which sources, and for codes of digits how many
        these sources would share by luck.

    Notes
    -----
    One source alone never gives a claim: two users of one chat read the same message. Two exports of one chat are one
    source to the merge, since they state the same facts. Cost: one grouping. What it misses: codes misread. Where it errs:
    short codes, which repeat; the chance says how much.
    """
    named = {"same_code": _named_codes(transfers, events, nodes), "same_plate": _named_plates(events)}
    return combine_claims(*(_claim_rule(each, rule) for rule, each in named.items()))


def _named_codes(transfers: pd.DataFrame, events: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Who names which code: text, node, source and the fact."""
    quoted = events[(events["kind"] == "code_quoted") & events["node_id"].notna() & events["text"].notna()]
    paid = transfers[(transfers["kind"] == "payout") & (transfers["status"] == "ok")]
    keys = dict(zip(nodes["node_id"].tolist(), nodes["key"].astype(str), strict=True))
    code = [keys[int(node)].rpartition(":")[2] for node in paid["src"]]
    columns = ["text", "node_id", "source_id", "transfer_id", "event_id"]
    return pd.concat([
        quoted.assign(transfer_id=None)[columns].astype(object),
        paid.assign(text=code, node_id=paid["dst"], event_id=None)[columns].astype(object),
    ], ignore_index=True)  # fmt: skip


def _named_plates(events: pd.DataFrame) -> pd.DataFrame:
    seen = events[(events["kind"] == "plate_mentioned") & events["node_id"].notna() & events["text"].notna()]
    return seen[["text", "node_id", "source_id", "event_id"]].assign(transfer_id=None)


def _claim_rule(named: pd.DataFrame, rule: str) -> pd.DataFrame:
    """One claim between two accounts, on all texts that the first to name them and the other share across sources."""
    first = named.sort_values(["text", "source_id", "event_id", "transfer_id"], ignore_index=True)
    first = first.drop_duplicates(["text", "node_id"])
    bearers = first.groupby("text")["node_id"].transform("size") if len(first) else first["node_id"]
    heads: dict[str, tuple[int, int]] = {}
    shared: dict[tuple[int, int], list[dict[str, object]]] = {}
    for row in list_rows(first[(bearers > 1) & (bearers <= MOST_NAMING)]):
        head, source = heads.setdefault(str(row["text"]), (int(row["node_id"]), int(row["source_id"])))
        if source != row["source_id"]:
            pair = min(head, int(row["node_id"])), max(head, int(row["node_id"]))
            shared.setdefault(pair, []).append(row | {"sources": (source, int(row["source_id"]))})
    texts: dict[int, set[str]] = {}
    for text, number in zip(named["text"], named["source_id"], strict=True):
        texts.setdefault(int(number), set()).add(str(text))
    pairs = pd.DataFrame(
        [(one, other, rows[0]["transfer_id"], rows[0]["event_id"]) for (one, other), rows in sorted(shared.items())],
        columns=["one", "other", "transfer_id", "event_id"],
    )
    return held_claims(rule, "hint", pairs, [_word_shared(shared[pair], texts, rule) for pair in sorted(shared)], HELD[rule])


def _word_shared(rows: list[dict[str, Any]], texts: dict[int, set[str]], rule: str) -> str:
    """What two accounts both name, where, and how much of it luck would give."""
    said = [str(row["text"]) for row in rows]
    places = sorted({row["sources"] for row in rows})
    listed = ", ".join(said[:_LISTED]) + (f" and {len(said) - _LISTED} more" if len(said) > _LISTED else "")
    word = {"same_code": "code", "same_plate": "plate"}[rule] + ("s" if len(said) > 1 else "")
    where = "; ".join(f"sources {one} and {other}" for one, other in places)
    why = f"both name {len(said)} {word} ({listed}), in {where}"
    if rule == "same_code" and all(text.isdecimal() for text in said):
        luck = sum(
            _expect(texts[one], texts[other], digits)
            for one, other in places
            for digits in {len(text) for text in said}
        )
        why += f"; as many codes drawn at random would share {luck:.2g}"
    return why


def _expect(one: set[str], other: set[str], digits: int) -> float:
    """How many codes of so many digits two sources would share if each had drawn its own at random."""
    counts = [sum(code.isdecimal() and len(code) == digits for code in each) for each in (one, other)]
    return counts[0] * counts[1] / float(10**digits)
