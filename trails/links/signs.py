"""The signs that make an entity's records consistent with an office or a driver, each with its measured value."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from trails.graph import DAY_US, HOUR_US, CaseTables, moved, node_column, node_entities, order_transfers, time_bounds
from trails.marks import mark_node
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from trails.graph import IntArray

PROOF_HOURS = 48
MIN_INFLOWS = 3
MIN_EVENTS = 3
MIN_SOURCES = 2
MAX_SENDERS = 5
MAX_MONTHLY = 8

DRIVER_COLUMNS = [
    "entity_id", "inflows", "after_proof", "proofs", "repeats", "senders", "sources", "monthly", "covered",
    "expected", "by_declared", "leaders", "since", "until", "evidence",
]  # fmt: skip
OFFICE_COLUMNS = ["entity_id", "labelled", "fees", "settlements", "events", "sources", "since", "until", "evidence"]

LUCK = "payments after proof, at least twice what luck would give"
_INFLOWS = ("transfer", "output", "payout", "cash")


def measure_drivers(
    tables: CaseTables, entities: pd.DataFrame, matches: pd.DataFrame, declared: AbstractSet[int] = frozenset(),
    payments: pd.DataFrame | None = None,
) -> pd.DataFrame:  # fmt: skip
    """How often each entity was paid within 48 hours after a proof of delivery, by how few, and stated by whom.

    A payment counts when it is certainly after a proof, at most 48 hours later, and that proof is not yet used by
    another payment: three payments after one proof are one. ``payments`` are the transfers that count as such (see
    ``trails.small_sums``); by default all that moved value.

    Returns
    -------
    DataFrame
        One row per entity with at least three payments after some proof and at most five senders: ``inflows``;
        ``after_proof``; ``proofs`` (distinct ones used); ``repeats`` (most such payments of one sender); ``senders``
        (distinct entities; all payouts of one ledger count as one); ``sources`` (distinct ones of payments and proofs
        used); ``monthly`` (inflows per 30 days); ``covered`` (share of the entity's active time that lies within 48
        hours after a proof) and ``expected`` (inflows x covered: how many would fall there by luck); ``by_declared``
        (payments after proof by an entity of ``declared``: whom an analyst holds for an organiser or dispatcher);
        ``leaders`` (which of them paid); ``since``; ``until``; ``evidence`` (list of fact numbers). Cost: one search per
        inflow of these entities.
    """
    counted = tables.transfers[moved(tables.transfers)] if payments is None else payments
    inflows = _list_inflows(replace(tables, transfers=counted), entities, matches)
    proofs = tables.events[(tables.events["kind"] == "proof") & tables.events["time"].notna()]
    low, high, _ = time_bounds(proofs)
    order = np.lexsort((proofs["event_id"].to_numpy(), high))
    dated = _Proofs(low[order], high[order], proofs["event_id"].to_numpy()[order], proofs["source_id"].to_numpy()[order])
    near = _near_proofs(inflows, dated.low, dated.high)
    paid = _Paid.of(near)
    leaders = {mark_node(number) for number in declared}
    rows = []
    for number, places in sorted(near.groupby("entity").indices.items()):
        mine = paid.at(np.sort(places))
        used = _pair_with_proofs(mine, dated)
        if used:
            rows.append({"entity_id": int(str(number)), **_measure_driver(mine, used, dated, leaders)})
    return pd.DataFrame(rows, columns=DRIVER_COLUMNS)


class _Proofs(NamedTuple):
    """Proofs of delivery by the instant each was certainly there: its bounds in microseconds, its number, its source."""

    low: IntArray
    high: IntArray
    event: IntArray
    source: IntArray


class _Paid(NamedTuple):
    """Payments in order of time: bounds in microseconds, number, sender, source, time."""

    start: IntArray
    end: IntArray
    transfer: IntArray
    sender: NDArray[np.object_]
    source: IntArray
    time: pd.Series

    @classmethod
    def of(cls, inflows: pd.DataFrame) -> _Paid:
        start, end, _ = time_bounds(inflows)
        sender = inflows["sender"].to_numpy(dtype=object)
        return cls(start, end, inflows["transfer_id"].to_numpy(), sender, inflows["source_id"].to_numpy(), inflows["time"])

    def at(self, places: IntArray) -> _Paid:
        return _Paid(
            self.start[places], self.end[places], self.transfer[places], self.sender[places], self.source[places],
            self.time.iloc[places],
        )  # fmt: skip


def _list_inflows(tables: CaseTables, entities: pd.DataFrame, matches: pd.DataFrame) -> pd.DataFrame:
    """Transfers of known time into each entity from outside it, with their sender, in time order."""
    entity = node_entities(tables.nodes, entities)
    ordered = order_transfers(tables.transfers)
    senders = ordered.loc[ordered["kind"] == "input"].groupby("dst")["src"].min()
    ordered = ordered[ordered["kind"].isin(_INFLOWS) & ordered["time"].notna()]
    ordered = ordered[(node_column(tables.nodes, "kind", ordered["dst"]) == "account")]
    owner = ordered["dst"].map(entity)
    source = ordered["src"].where(ordered["kind"] != "output", ordered["src"].map(senders)).map(entity)
    names = source.map(lambda number: mark_node(int(number)), na_action="ignore").fillna("unknown")
    ledger = "ledger of source " + ordered["source_id"].astype(str)
    found = ordered.assign(entity=owner, sender=names.where(ordered["kind"] != "payout", ledger))
    both = dict(zip(matches["transfer_b"].tolist(), matches["transfer_a"].tolist(), strict=True))
    paid = dict(zip(found["transfer_id"].tolist(), found["entity"].tolist(), strict=True))
    double = [paid.get(both.get(number, -1)) == paid[number] for number in found["transfer_id"].tolist()]
    kept: pd.DataFrame = found[(owner != source) & ~np.array(double, dtype=bool)]
    return kept.sort_values(["time", "transfer_id"])


def _near_proofs(inflows: pd.DataFrame, low: IntArray, high: IntArray) -> pd.DataFrame:
    """The inflows of entities with enough of them shortly after any proof, by few enough senders, to be looked at."""
    if not len(high):
        return inflows.iloc[:0]
    start, end, _ = time_bounds(inflows)
    before = np.searchsorted(high, start, side="left") - 1
    near = (before >= 0) & (end - low[np.maximum(before, 0)] <= PROOF_HOURS * HOUR_US)
    count = inflows["entity"].map(inflows.loc[near, "entity"].value_counts()).fillna(0)
    senders = inflows["entity"].map(inflows.drop_duplicates(["entity", "sender"])["entity"].value_counts())
    return inflows[(count >= MIN_INFLOWS) & (senders <= MAX_SENDERS)]


def _pair_with_proofs(paid: _Paid, proofs: _Proofs) -> dict[int, int]:
    """Position of each payment that follows a proof, and the latest free proof certainly before it."""
    used: dict[int, int] = {}
    taken: set[int] = set()
    before = np.searchsorted(proofs.high, paid.start, side="left") - 1
    for position, (proof, latest) in enumerate(zip(before.tolist(), paid.end.tolist(), strict=True)):
        while proof >= 0 and latest - int(proofs.low[proof]) <= PROOF_HOURS * HOUR_US:
            if proof not in taken:
                taken.add(proof)
                used[position] = proof
                break
            proof -= 1  # noqa: PLW2901 - the search goes on from there
    return used


def _measure_driver(paid: _Paid, used: dict[int, int], proofs: _Proofs, leaders: AbstractSet[str]) -> dict[str, object]:
    after, taken = sorted(used), sorted(used.values())
    payers = Counter(paid.sender[after].tolist())
    first, last, inflows = int(paid.start.min()), int(paid.end.max()), len(paid.start)
    span = max(last - first, DAY_US)
    covered = _share_covered(proofs.high, first, first + span)
    evidence = [f"transfer:{number}" for number in paid.transfer[after]] + [f"event:{number}" for number in proofs.event[taken]]
    return {
        "inflows": inflows, "after_proof": len(after), "proofs": len(taken),
        "repeats": max(payers.values()), "senders": len(set(paid.sender)),
        "sources": len({*paid.source[after].tolist(), *proofs.source[taken].tolist()}),
        "monthly": round(inflows / max(span / (30 * DAY_US), 1.0), 2),
        "covered": round(covered, 4), "expected": round(inflows * covered, 2),
        "by_declared": sum(payers[sender] for sender in leaders), "leaders": sorted(leaders & set(payers)),
        "since": paid.time.iloc[0], "until": paid.time.iloc[-1], "evidence": evidence,
    }  # fmt: skip


def _share_covered(high: IntArray, start: int, end: int) -> float:
    """The share of a period that lies within 48 hours after some proof."""
    window = PROOF_HOURS * HOUR_US
    begin = np.clip(high, start, end)
    finish = np.minimum(np.clip(high + window, start, end), np.append(begin[1:], end))
    return float((finish - begin).clip(min=0).sum()) / (end - start)


def judge_driver(sign: dict[str, object]) -> list[dict[str, object]]:
    """The signs of a driver with observed value, threshold and whether met; the role needs all ``required`` ones."""
    after, inflows, sources = (_number(sign, name) for name in ("after_proof", "inflows", "sources"))
    senders, repeats, monthly = (_number(sign, name) for name in ("senders", "repeats", "monthly"))
    luck, by_declared, share = _number(sign, "expected"), _number(sign, "by_declared"), round(after / inflows, 2)
    leaders = _say_leaders(sign["leaders"])
    return [
        _at_least(f"payments within {PROOF_HOURS} h after distinct proofs", after, MIN_INFLOWS,
                  (f"payment within {PROOF_HOURS} h after a proof", f"payments within {PROOF_HOURS} h after distinct proofs")),
        _at_least("independent sources", sources, MIN_SOURCES, ("independent source",)),
        _at_most("senders at most", senders, MAX_SENDERS, ("sender",)),
        _at_least("payments after proof by one sender", repeats, MIN_INFLOWS,
                  ("payment after proof by one sender", "payments after proof by one sender"), required=False),
        _at_most("payments in a month at most", monthly, MAX_MONTHLY, ("payment in a month", "payments in a month"),
                 required=False),
        _sign("payments after proof, share of all at least", share, 0.5, met=2 * after >= inflows, required=False,
              words=f"{after} of {_count(inflows, 'payment')} came after a proof (at least half)"),
        _sign(LUCK, after, 2 * luck, met=after >= 2 * luck, required=by_declared < MIN_INFLOWS,
              words=f"{_count(after, 'payment')} after a proof of delivery; luck alone would give {luck:g}, "
              "twice that was asked for"),
        _at_least(f"payments {leaders}", by_declared, MIN_INFLOWS, (f"payment {leaders}", f"payments {leaders}"), required=False),
    ]  # fmt: skip


def _say_leaders(leaders: object) -> str:
    """The condition, with the entities whose declaration it rests on: their roles name the judgement."""
    named = ", ".join(map(str, leaders)) if isinstance(leaders, list) else ""
    return "after proof by whom an analyst declared organiser or dispatcher" + (f" ({named})" if named else "")


def _number(sign: dict[str, object], name: str) -> float:
    value = float(str(sign[name]))
    return int(value) if value.is_integer() else value


def _count(value: float, singular: str, plural: str | None = None) -> str:
    return count_words(value, singular, plural) if isinstance(value, int) else f"{value:g} {plural or singular + 's'}"


def _at_least(condition: str, observed: float, least: float, noun: tuple[str, ...], *, required: bool = True) -> dict[str, object]:
    words = f"{_count(observed, *noun)} (at least {least})"
    return _sign(condition, observed, least, met=observed >= least, required=required, words=words)


def _at_most(condition: str, observed: float, most: float, noun: tuple[str, ...], *, required: bool = True) -> dict[str, object]:
    words = f"{_count(observed, *noun)} (at most {most})"
    return _sign(condition, observed, most, met=observed <= most, required=required, words=words)


def _sign(
    condition: str, observed: float, threshold: float, *, met: bool, words: str, required: bool = True
) -> dict[str, object]:
    return {
        "condition": condition, "observed": observed, "threshold": threshold, "met": met, "required": required, "words": words,
    }  # fmt: skip


def measure_offices(tables: CaseTables, entities: pd.DataFrame) -> pd.DataFrame:
    """How often each entity kept fees of hawala codes or settled with another office, and whether a ledger names it so.

    Returns
    -------
    DataFrame
        One row per entity with any of these: ``labelled`` (a hawala node of it has the word office in its label),
        ``fees`` and ``settlements`` (counts), ``events`` (their sum), ``sources`` (distinct ones), ``since``,
        ``until``, ``evidence`` (list of fact numbers). Cost: one grouping.
    """
    entity = node_entities(tables.nodes, entities)
    ordered = order_transfers(tables.transfers[moved(tables.transfers)])
    of_code = node_column(tables.nodes, "rail", ordered["src"]) == "hawala"
    fees = ordered[(ordered["kind"] == "fee") & of_code].assign(node=lambda t: t["dst"])
    settled = ordered[ordered["kind"] == "settlement"]
    both = pd.concat([fees, settled.assign(node=settled["src"]), settled.assign(node=settled["dst"])])
    both = both.assign(entity=both["node"].map(entity)).drop_duplicates(["entity", "transfer_id"])
    hawala = tables.nodes[(tables.nodes["rail"] == "hawala") & (tables.nodes["kind"] == "account")]
    named = hawala.loc[hawala["label"].fillna("").str.contains(r"\boffice\b", case=False), "node_id"]
    labelled = {entity[int(node)] for node in named}
    groups = {int(str(number)): group for number, group in both.groupby("entity")}
    numbers = sorted({*labelled, *groups})
    rows = [_measure_office(n, groups.get(n, both.iloc[:0]), labelled=n in labelled) for n in numbers]
    return pd.DataFrame(rows, columns=OFFICE_COLUMNS)


def _measure_office(number: int, group: pd.DataFrame, *, labelled: bool) -> dict[str, object]:
    known = group["time"].dropna()
    return {
        "entity_id": number, "labelled": labelled,
        "fees": int((group["kind"] == "fee").sum()), "settlements": int((group["kind"] == "settlement").sum()),
        "events": len(group), "sources": group["source_id"].nunique(),
        "since": known.min() if len(known) else None, "until": known.max() if len(known) else None,
        "evidence": [f"transfer:{transfer}" for transfer in sorted(group["transfer_id"])],
    }  # fmt: skip


def judge_office(sign: dict[str, object]) -> list[dict[str, object]]:
    """The signs of an office with observed value, threshold and whether met; the role needs all ``required`` ones."""
    events, sources, fees = _number(sign, "events"), _number(sign, "sources"), _number(sign, "fees")
    settlements, named = _number(sign, "settlements"), bool(sign["labelled"])
    return [
        _at_least("fees kept or settlements", events, MIN_EVENTS, ("fee kept or settlement", "fees kept or settlements")),
        _at_least("independent sources", sources, MIN_SOURCES, ("independent source",)),
        _at_least("fees of codes kept", fees, 1, ("fee of a code kept", "fees of codes kept"), required=False),
        _at_least("settlements with another office", settlements, 1,
                  ("settlement with another office", "settlements with another office"), required=False),
        _sign("named an office in a ledger", int(named), 1, met=named, required=False,
              words=f"{'named' if named else 'not named'} an office in a ledger"),
    ]  # fmt: skip
