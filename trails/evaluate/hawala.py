"""How much of what is said about codes and cross-rail matches is right, by the answer key, and whether luck is what it is said."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from trails.evaluate.scores import Count
from trails.hawala.candidates import count_good
from trails.hawala.chance import CLOSE, expect_equal, permute_times
from trails.hawala.debts import map_same
from trails.hawala.matching import Matching, match_records
from trails.hawala.records import Rules, prepare_pool, prepare_records
from trails.identifiers import normalise_code
from trails.match_settings import read_parameters

if TYPE_CHECKING:
    import pandas as pd

    from trails.evaluate.known import Known
    from trails.graph import CaseTables

#: Odds of a pair against none at which expected and observed strangers are compared; the last is what makes a link by itself.
LEVELS = (("within bounds", 1e-6), ("odds of 1 to 10", 0.1), ("even odds", 1.0))
_CONTROL_SEED = 0


def list_true_matches(known: Known) -> set[tuple[str, str]]:
    """Records of offices and the transfers that truly are the same money."""
    true = {(each["payout"], each["relay"]) for each in known.tables["matches"]}
    for each in known.tables["movements"]:
        if each["kind"] == "settlement" and each["rail"] not in ("hawala", "cash"):
            true |= {(before, each["movement"]) for before in each["after"].split("|") if before}
    return true


def measure_matches(
    matches: pd.DataFrame, known: Known
) -> tuple[list[Count], list[tuple[float, bool, tuple[str, str]]]]:
    """Links, possible and ambiguous matches, by kind of record and by fault of its row; and what was said with which
    probability."""
    true = list_true_matches(known)
    visible = {pair for pair in true if set(pair) <= known.recorded}
    stated: dict[str, list[tuple[bool, tuple[str, str]]]] = {"link": [], "possible": [], "ambiguous": []}
    said = []
    for a, b, kind, score, state in matches[["transfer_a", "transfer_b", "kind", "score", "state"]].itertuples(
        index=False, name=None
    ):
        pair = (known.movement.get(int(a), ""), known.movement.get(int(b), ""))
        stated[str(state)].append((pair in true, pair))
        said.append((float(score), pair in true, pair))
        if state == "link":
            stated.setdefault(f"link, {kind}", []).append((pair in true, pair))
    counts = []
    kind_of = known.kind
    for what, listed in stated.items():
        hits = {pair for is_true, pair in listed if is_true}
        there = visible if ", " not in what else {pair for pair in visible if kind_of[pair[0]] == what.split(", ")[1]}
        counts.append(Count("matches", what, len(hits), len(listed), len(hits & there), len(there)))
    found = {pair for is_true, pair in stated["link"] if is_true}
    by_fault: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for pair in visible:
        for fault in known.faults.get(pair[0], {"none"}):
            by_fault[fault].add(pair)
    counts += [
        Count("links by fault of the record", fault, 0, 0, len(found & pairs), len(pairs))
        for fault, pairs in sorted(by_fault.items())
    ]
    return counts, said


def measure_debts(debts: pd.DataFrame, transfers: pd.DataFrame, known: Known) -> Count:
    """Rows of two books that truly tell of one movement."""
    rows = transfers[transfers["kind"].isin(["deposit", "payout", "refund"])]
    told: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for number, kind, source in rows[["transfer_id", "kind", "source_id"]].itertuples(index=False, name=None):
        if int(number) in known.movement and known.kind[known.movement[int(number)]] in ("deposit", "payout", "refund"):
            told[(known.movement[int(number)], str(kind))].append((int(number), int(source)))
    there = {
        frozenset((a, b)) for listed in told.values() for a, in_a in listed for b, in_b in listed if in_a < in_b
    }  # fmt: skip
    stated = {frozenset((int(a), int(b))) for a, b in zip(debts["transfer_a"], debts["transfer_b"], strict=True)}
    right = len(stated & there)
    return Count("codes", "one debt in two books", right, len(stated), right, len(there))


def measure_states(codes: pd.DataFrame, known: Known) -> list[Count]:
    """The last state of every code whose rows are all there, whatever is wrong with them; and by fault."""
    true = _true_states(known)
    states: dict[str, str] = {}
    for text, state in codes.sort_values("code_id")[["text", "state"]].itertuples(index=False, name=None):
        states.setdefault(str(text), str(state))
    reached: dict[str, list[bool]] = defaultdict(list)
    for text, (state, faults) in true.items():
        is_right = states.get(text) == state
        reached["state reached"].append(is_right)
        for fault in faults or {"none"}:
            reached[f"state reached, {fault}"].append(is_right)
    return [
        Count("codes", what, sum(listed), len(listed), 0, 0) for what, listed in sorted(reached.items())
    ]  # fmt: skip


def _true_states(known: Known) -> dict[str, tuple[str, set[str]]]:
    """The state of every code of which each movement was written down, by the code in one form; and what is wrong with its
    rows. Codes that two families share have none."""
    moves: dict[str, list[dict[str, str]]] = defaultdict(list)
    for each in known.tables["movements"]:
        if each["code"] and each["kind"] in ("deposit", "payout", "refund"):
            moves[each["code"]].append(each)
    sums = {each["code"]: int(each["sum_eur"]) * 100 for each in known.tables["obligations"] if each["code"]}
    found = {}
    for code, listed in moves.items():
        deposits = [each for each in listed if each["kind"] == "deposit"]
        if len(deposits) != 1 or not {each["movement"] for each in listed} <= known.recorded:
            continue
        paid = sum(int(each["amount"]) for each in listed if each["kind"] == "payout")
        if any(each["kind"] == "refund" for each in listed):
            state = "refunded"
        elif not paid:
            state = "coded"
        else:
            state = "paid" if paid >= sums.get(code, paid) else "part_paid"
        faults: set[str] = set().union(*(known.faults.get(each["movement"], set()) for each in listed))
        found[normalise_code(code)] = (state, faults)
    return found


def measure_luck(tables: CaseTables, known: Known, rules: Rules) -> dict[str, tuple[float, float]]:
    """Expected and observed, for luck: strangers as good as a given odds for every record, and links once times are dealt out
    anew."""
    same = map_same(tables.debts) if tables.debts is not None else {}
    parameters = read_parameters()
    records, _ = prepare_records(tables, rules, same_as=same)
    pool = prepare_pool(tables, rules)
    run = match_records(tables, records, pool, rules, parameters)
    partner = _find_partners(records, pool, known)
    found = {}
    for name, odds in LEVELS:
        least = np.full(len(records), odds)
        expected = expect_equal(
            records, run.luck.bounds, pool, model=run.model, weights=run.luck.weights, odds=least, without=partner
        )
        observed = count_good(run.luck.bounds, run.luck.filed, run.luck.weights, least * CLOSE, partner)
        found[f"strangers {name}"] = (float(expected.sum()), float(observed.sum()))
    dealt: Matching = match_records(tables, permute_times(records, _CONTROL_SEED), pool, rules, parameters)
    probability = float(parameters["limits"]["link_probability"])
    expected_links = dealt.luck.expect_links(probability / (1 - probability))
    found["links with times dealt out anew"] = (expected_links, float(sum(state == "link" for state in dealt.state)))
    return found


def _find_partners(records: pd.DataFrame, pool: pd.DataFrame, known: Known) -> np.ndarray:
    """The place of each record's true other half in the pool; -1 for none."""
    true = dict(sorted(list_true_matches(known)))
    place = {known.movement.get(int(number), ""): at for at, number in enumerate(pool["b"].tolist())}
    found = [place.get(true.get(known.movement.get(int(number), ""), "none"), -1) for number in records["a"].tolist()]
    return np.array(found, dtype=np.int64)
