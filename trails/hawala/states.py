"""The life of every hawala code, state by state: what a row records, what a person judged, and what lies between."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pandas as pd

from trails.graph import DAY_US, HOUR_US, CaseTables, make_table, time_bounds
from trails.hawala.debts import WINDOW_DAYS, map_same
from trails.hawala.reuse import find_two_payers
from trails.identifiers import normalise_code
from trails.tables import CODE_STATES, CODE_USES
from trails.targets import Judgement, find_in_force, read_judgements
from trails.words import count_words

#: What leaves a code may exceed what came in by this much before it is called over (rounding and rates of the day).
TOLERANCE = 0.02
#: A code is paid in full when no more is left than a fee: the largest share, or a flat one in EUR, and never nearly half.
FLAT_FEE_EUR, NEVER_A_FEE = 150, 0.45
#: Shorter codes stand in any text by luck: a chat that names one names nobody's.
SHORTEST = 3
_PROOF_BEFORE = 72 * HOUR_US
_QUOTED_AROUND = 30 * DAY_US


@dataclass(slots=True)
class Step:
    """One state entered: not before ``since``, not after ``until`` (microseconds, None where nothing bounds it)."""

    state: str
    since: int | None
    until: int | None
    basis: str
    evidence: list[str]
    wording: str


class Leg(NamedTuple):
    """One row of a code; times in microseconds, value in millionths of the reference, -1 where unknown."""

    transfer_id: int
    kind: str
    code: int
    asset: str
    amount: int | None
    value: int
    low: int
    high: int
    timed: bool
    source_id: int


@dataclass(slots=True)
class Life:
    """One use of one code: its rows, what quotes it, its steps, and what does not fit."""

    node: int
    scope: str
    text: str
    legs: list[Leg]
    use: str = "unknown"
    use_basis: str = "no record says what the code is for"
    steps: list[Step] = field(default_factory=list)
    anomalies: list[str] = field(default_factory=list)

    def of(self, kind: str) -> list[Leg]:
        """The rows of one kind."""
        return [leg for leg in self.legs if leg.kind == kind]

    def worth(self, kind: str) -> int | None:
        """Their sum in millionths of the reference; None where a value is unknown."""
        values = [leg.value for leg in self.of(kind)]
        return None if any(value < 0 for value in values) else sum(values)


def trace_codes(
    tables: CaseTables, legs: pd.DataFrame, debts: pd.DataFrame, *, fee_max: float = 0.06, euro: int = 1_000_000
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The life of every code: in which state it is last seen, through which states it came, and what does not fit.

    A code is one use of one text in one office's scope: rows of the same text more than 90 days apart are two codes. Rows that
    tell again what another book tells (``debts``) are counted once. A state is *recorded* by a row, *judged* by a person, or
    *inferred*: an interval between two others in which it must have been entered, if it was. Nothing is invented: where no
    row and no person says that a journey failed, no failure is listed.

    Parameters
    ----------
    tables
        The case; judgements of codes (``trails code CASE CODE --use`` and ``--state``) say a use or a state.
    legs, debts
        As ``list_legs`` and ``find_debts`` give them.
    fee_max
        The largest share an office keeps.
    euro
        One EUR in millionths of the reference of ``legs``.

    Returns
    -------
    tuple of DataFrame
        Tables ``codes`` and ``states``.

    Notes
    -----
    The four uses of a code are told apart by what the rows show: a banknote's number or photo is a ``payee_token``; a code
    that a chat quotes after the deposit is a ``secret_release``; one that two offices write and nobody quotes is a
    ``transfer_ref``; a release by word alone has no code and is only ever judged. Until the use is known no rule about the
    order of events fires. Anomalies: ``over`` (more out than in), ``no_deposit``, ``paid_before_deposit`` (intervals that
    cannot be in order), ``paid_twice``, ``two_payers``. Cost: a loop over the codes, about 10,000 a second.

    What it misses: departures, failures, quarrels and limits that no row states; partial payments in kind.
    """
    same = map_same(debts)
    evidence = _Evidence(tables)
    two_payers = set(find_two_payers(legs)["code"].tolist())
    lives = [_live(life, evidence, same, fee_max=fee_max, euro=euro) for life in _split_uses(legs)]
    for life in lives:
        if life.node in two_payers:
            life.anomalies.append("two_payers")
    return _tabulate_codes(lives), _tabulate_states(lives)


def _split_uses(legs: pd.DataFrame) -> list[Life]:
    """The rows of each code and scope, cut where nothing happens for 90 days; rows without a time go to the first part."""
    ordered = legs.sort_values(["scope", "text", "timed", "low", "transfer_id"], kind="stable")
    lives: list[Life] = []
    last, latest = ("", ""), 0
    columns = ["scope", "text", *Leg._fields]
    for scope, text, *rest in ordered[columns].itertuples(index=False, name=None):
        leg = _make_leg(rest)
        gone_quiet = bool(lives) and leg.timed and lives[-1].legs[-1].timed and leg.low - latest > WINDOW_DAYS * DAY_US
        if (scope, text) != last or gone_quiet:
            lives.append(Life(leg.code, str(scope), str(text), []))
            last, latest = (scope, text), leg.high
        lives[-1].legs.append(leg)
        latest = max(latest, leg.high)
    return lives


def _make_leg(values: list[Any]) -> Leg:
    number, kind, code, asset, amount, value, low, high, timed, source = values
    exact = None if amount is None or amount != amount else int(amount)
    return Leg(int(number), str(kind), int(code), str(asset), exact, int(value), int(low), int(high), bool(timed), int(source))


class _Evidence:
    """What else names a code: chats that quote it, tokens, reassignments, judgements."""

    def __init__(self, tables: CaseTables) -> None:
        events = tables.events.sort_values("event_id")
        low, high, timed = time_bounds(events)
        events = events.assign(low=low, high=high, timed=timed)
        self.quotes: dict[str, list[tuple[int, int, int, int]]] = {}
        quoted = events[(events["kind"] == "code_quoted") & events["timed"]]
        for event, text, source, low_, high_ in quoted[["event_id", "text", "source_id", "low", "high"]].itertuples(
            index=False, name=None
        ):
            self.quotes.setdefault(normalise_code(str(text)), []).append(
                (int(low_), int(high_), int(event), int(source))
            )
        self.proofs: dict[int, list[tuple[int, int, int]]] = {}
        proofs = events[(events["kind"] == "proof") & events["timed"]].sort_values(["source_id", "low", "event_id"])
        for event, source, low_, high_ in proofs[["event_id", "source_id", "low", "high"]].itertuples(
            index=False, name=None
        ):
            self.proofs.setdefault(int(source), []).append((int(low_), int(high_), int(event)))
        self.of_node: dict[tuple[str, int], list[tuple[int, int | None, int | None, str]]] = {}
        for kind in ("token", "reassigned", "split"):
            rows = events[(events["kind"] == kind) & events["node_id"].notna()]
            for event, node, low_, high_, known, text in rows[
                ["event_id", "node_id", "low", "high", "timed", "text"]
            ].itertuples(index=False, name=None):
                span = (int(low_), int(high_)) if known else (None, None)
                self.of_node.setdefault((kind, int(node)), []).append((int(event), *span, str(text)))
        self.judged: dict[tuple[str, ...], list[Judgement]] = {}
        for judgement in find_in_force(read_judgements(tables.judgements), "code"):
            self.judged.setdefault(judgement.target.parts, []).append(judgement)


def _live(life: Life, evidence: _Evidence, same: dict[int, int], *, fee_max: float, euro: int) -> Life:
    """Fill in the use, the steps and the anomalies of one code."""
    again = [leg for leg in life.legs if leg.transfer_id in same]
    life.legs = [leg for leg in life.legs if leg.transfer_id not in same]
    quotes = _find_quotes(life, evidence)
    _judge_use(life, evidence, quotes, again)
    _add_deposits(life, again)
    _add_quotes(life, evidence, quotes)
    _add_payouts(life, again, fee_max=fee_max, euro=euro)
    for event, since, until, _ in evidence.of_node.get(("reassigned", life.node), []):
        life.steps.append(Step("reassigned", since, until, "recorded", [f"event:{event}"], "given to another payee"))
    for judgement in evidence.judged.get((life.scope, life.text), []):
        if judgement.target.slot != "use":
            cited, said = [f"judgement:{judgement.number}"], f"judged by {judgement.who}: {judgement.why}"
            life.steps.append(Step(judgement.value, None, None, "judged", cited, said))
    _add_journey(life)
    _find_anomalies(life)
    life.steps.sort(key=_order_of)
    return life


_RANK = {state: number for number, state in enumerate(CODE_STATES)}


def _order_of(step: Step) -> tuple[int, int, str]:
    return _RANK[step.state], step.since if step.since is not None else 2**62, step.wording


def _find_quotes(life: Life, evidence: _Evidence) -> list[tuple[int, int, int, int]]:
    """Chats that quote the code around the days of its rows."""
    timed = [leg for leg in life.legs if leg.timed]
    if len(life.text) < SHORTEST or not timed:
        return []
    first, last = min(leg.low for leg in timed), max(leg.high for leg in timed)
    return [
        each for each in evidence.quotes.get(life.text, [])
        if first - _QUOTED_AROUND <= each[1] and each[0] <= last + _QUOTED_AROUND
    ]  # fmt: skip


def _judge_use(life: Life, evidence: _Evidence, quotes: list[tuple[int, int, int, int]], again: list[Leg]) -> None:
    for judgement in evidence.judged.get((life.scope, life.text), []):
        if judgement.target.slot == "use" and judgement.value in CODE_USES:
            life.use = judgement.value
            life.use_basis = f"judged by {judgement.who} (judgement {judgement.number}): {judgement.why}"
            return
    tokens = evidence.of_node.get(("token", life.node), [])
    held = [leg.low for leg in life.of("deposit") if leg.timed]
    after = [each for each in quotes if held and each[1] >= min(held)]
    if tokens:
        life.use, life.use_basis = "payee_token", f"a banknote or photo is named beside it (event {tokens[0][0]})"
    elif after:
        life.use, life.use_basis = "secret_release", f"a chat quotes it after the deposit (event {after[0][2]})"
    elif len({leg.source_id for leg in [*life.legs, *again]}) > 1 and not quotes:
        life.use, life.use_basis = "transfer_ref", "two offices write it, and no chat quotes it"


def _span(legs: list[Leg]) -> tuple[int | None, int | None]:
    timed = [leg for leg in legs if leg.timed]
    return (min(leg.low for leg in timed), min(leg.high for leg in timed)) if timed else (None, None)


def _cite(*lists: list[Leg]) -> list[str]:
    return [f"transfer:{number}" for number in sorted(leg.transfer_id for legs in lists for leg in legs)]


def _add_deposits(life: Life, again: list[Leg]) -> None:
    deposits = life.of("deposit")
    if not deposits:
        return
    since, until = _span(deposits)
    cited = _cite(deposits, [leg for leg in again if leg.kind == "deposit"])
    life.steps += [
        Step("agreed", None, until, "inferred", cited, "an agreement precedes the deposit"),
        Step("held", since, until, "recorded", cited, count_words(len(deposits), "deposit row")),
        Step("coded", since, until, "recorded", cited, "the deposit's row states the code"),
    ]


def _add_quotes(life: Life, evidence: _Evidence, quotes: list[tuple[int, int, int, int]]) -> None:
    """A quoted secret is the release; the picture before it in the same chat may be its proof."""
    if life.use != "secret_release" or not quotes:
        return
    paid = life.of("payout")
    latest = max((leg.high for leg in paid if leg.timed), default=2**62)
    low, high, event, source = min((each for each in quotes if each[0] <= latest), default=quotes[0])
    life.steps.append(Step("authorised", low, high, "recorded", [f"event:{event}"], "a chat quotes the code"))
    before = [each for each in evidence.proofs.get(source, []) if each[0] <= high and each[1] >= low - _PROOF_BEFORE]
    if before:
        since, until, proof = before[-1]
        life.steps.append(
            Step(
                "proof",
                since,
                until,
                "inferred",
                [f"event:{proof}"],
                "the last picture in that chat before the code is quoted",
            )
        )


def _add_payouts(life: Life, again: list[Leg], *, fee_max: float, euro: int) -> None:
    payouts = sorted(life.of("payout"), key=lambda leg: (leg.low, leg.transfer_id))
    in_, out = life.worth("deposit"), life.worth("payout")
    whole = _is_paid_in_full(in_ if life.of("deposit") else None, out, fee_max=fee_max, euro=euro)
    for nth, leg in enumerate(payouts, start=1):
        row = [leg]
        since, until = _span(row)
        last = nth == len(payouts)
        state = "paid" if last and whole else "part_paid"
        left = "" if whole or not last else ": more is held than a fee explains"
        life.steps.append(Step(state, since, until, "recorded", _cite(row), f"payout {nth} of {len(payouts)}{left}"))
    if payouts:
        life.steps[-1].evidence = sorted({*life.steps[-1].evidence, *_cite([each for each in again if each.kind == "payout"])})
    refunds = life.of("refund")
    if refunds:
        since, until = _span(refunds)
        life.steps.append(Step("refunded", since, until, "recorded", _cite(refunds), count_words(len(refunds), "refund row")))


def _is_paid_in_full(in_: int | None, out: int | None, *, fee_max: float, euro: int) -> bool:
    """Whether what is left of a deposit is no more than a fee; where the deposit is not known, a payout is taken as all."""
    if in_ is None or out is None or in_ <= 0:
        return True
    left = in_ - out
    return left <= (max(fee_max * in_, FLAT_FEE_EUR * euro) + TOLERANCE * in_) and left < NEVER_A_FEE * in_


def _add_journey(life: Life) -> None:
    """The journey lies between the deposit and what shows its end; when it began is not known."""
    held = next((step for step in life.steps if step.state == "held"), None)
    ends = [
        step
        for step in life.steps
        if step.state in ("proof", "authorised", "part_paid", "paid") and step.until is not None
    ]
    if held is None or not ends or life.use == "transfer_ref":
        return
    until = min(int(step.until or 0) for step in ends)
    evidence = sorted({*held.evidence, *ends[0].evidence})
    life.steps.append(
        Step("in_leg", held.since, until, "inferred", evidence, "between the deposit and the first sign of arrival")
    )
    if life.use != "secret_release":
        first = min(ends, key=lambda step: step.until or 0)
        life.steps.append(
            Step(
                "authorised",
                held.since,
                first.until,
                "inferred",
                first.evidence,
                "a payout is released by somebody, by a record not here",
            )
        )


def _find_anomalies(life: Life) -> None:
    in_, out, back, fees = (life.worth(kind) for kind in ("deposit", "payout", "refund", "fee"))
    deposits, payouts = life.of("deposit"), life.of("payout")
    known = None not in (in_, out, back, fees)
    if payouts and not deposits:
        life.anomalies.append("no_deposit")
    elif known and (out or 0) + (back or 0) + (fees or 0) > (in_ or 0) * (1 + TOLERANCE) and deposits:
        life.anomalies.append("over")
        if len(payouts) > 1 and len({leg.value for leg in payouts}) == 1:
            life.anomalies.append("paid_twice")
    if life.use == "unknown":
        return
    paid_in, paid_out = [leg.low for leg in deposits if leg.timed], [leg.high for leg in payouts if leg.timed]
    if paid_in and paid_out and min(paid_out) < min(paid_in):
        life.anomalies.append("paid_before_deposit")


def _last_state(life: Life) -> str:
    """The furthest state that a row or a person shows."""
    shown = [step.state for step in life.steps if step.basis != "inferred"]
    return max(shown, key=lambda state: _RANK[state]) if shown else "agreed"


def _tabulate_codes(lives: list[Life]) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for number, life in enumerate(lives, start=1):
        assets = sorted({leg.asset for leg in life.legs})
        timed = [leg for leg in life.legs if leg.timed]
        sums = {
            kind: _sum_exact(life, kind) if len(assets) == 1 else None
            for kind in ("deposit", "payout", "refund", "fee")
        }
        rows.append({
            "code_id": number, "node_id": life.node, "scope": life.scope, "text": life.text, "use": life.use,
            "use_basis": life.use_basis, "since": _instant(min(leg.low for leg in timed)) if timed else None,
            "until": _instant(max(leg.high for leg in timed)) if timed else None, "state": _last_state(life),
            "asset": str(assets[0]) if len(assets) == 1 else None, "held": sums["deposit"], "paid": sums["payout"],
            "returned": sums["refund"], "fees": sums["fee"], "anomalies": json.dumps(life.anomalies),
        })  # fmt: skip
    return make_table("codes", {name: [row[name] for row in rows] for name in (rows[0] if rows else ())})


def _sum_exact(life: Life, kind: str) -> int | None:
    amounts = [leg.amount for leg in life.of(kind)]
    return None if None in amounts else sum(amount or 0 for amount in amounts)


def _instant(microseconds: int) -> pd.Timestamp:
    return pd.Timestamp(microseconds, unit="us")


def _tabulate_states(lives: list[Life]) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for number, life in enumerate(lives, start=1):
        for place, step in enumerate(life.steps, start=1):
            rows.append({
                "code_id": number, "step": place, "state": step.state,
                "since": None if step.since is None else _instant(step.since),
                "until": None if step.until is None else _instant(step.until), "basis": step.basis,
                "evidence": json.dumps(step.evidence), "wording": step.wording,
            })  # fmt: skip
    return make_table("states", {name: [row[name] for row in rows] for name in (rows[0] if rows else ())})
