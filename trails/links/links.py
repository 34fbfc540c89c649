"""Payment links from organisers to drivers: the trails between them, counted by their last transfers only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from trails.graph import CaseTables, make_table
from trails.hawala.ties import supported_matches
from trails.links.roles import pick_entities
from trails.links.walk import Trail, WalkGraph, build_walk, walk_trails
from trails.marks import mark_node
from trails.money import format_units
from trails.targets import find_in_force, read_judgements
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Mapping

CUT_COLUMNS = ["organiser", "driver", "reason", "count"]


def link_drivers(
    tables: CaseTables,
    entities: pd.DataFrame,
    roles: pd.DataFrame,
    matches: pd.DataFrame,
    coinjoins: pd.DataFrame,
    *,
    is_payment: pd.Series | None = None,
    max_hops: int = 6,
    max_trails: int = 100,
    max_partial: int = 10_000,
    cross_weak_matches: bool = False,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Which payments to drivers are consistent with coming from an organiser, step by step, and what was not followed.

    Trails run in time order over at most ``max_hops`` account-to-account hops. They stop at services, CoinJoins and
    addresses nobody owns, and never start at, end at or pass a payer, victim, minor or third party.

    Parameters
    ----------
    tables, entities, roles, matches
        The case and the tables of the contract.
    coinjoins
        What ``find_coinjoins`` gives.
    is_payment
        Which transfers count as payments (``trails.small_sums``); by default all that moved value.
    max_hops, max_trails, max_partial
        Bounds of the search: hops of a trail, trails listed per pair, partial trails followed per hop.
    cross_weak_matches
        Follow also matches that are no links: luck, or another record, could explain them. Off: they are listed in ``cut``.
        What an analyst rejected is never followed.

    Returns
    -------
    links : DataFrame
        Table ``links``: one row per organiser, driver and asset of the last transfer. ``payments`` counts distinct last
        transfers into the driver, ``ways`` the trails by which they could have come, and ``total`` is the exact sum of the
        payments in base units, None where one amount is not stated.
    hops : DataFrame
        Table ``hops``: the steps of every trail.
    cut : DataFrame
        ``organiser``, ``driver`` (may be empty), ``reason``, ``count``: where trails were stopped or left out.

    Notes
    -----
    Cost: see ``walk_trails``. Sums over hops would count one payment many times, so only last transfers are summed.
    What it misses: cash, unrecorded settlement, and trails with a step of unknown time. No link is no clearance:
    organisers are often not on the payment path at all.
    """
    supported = supported_matches(matches)
    followed = matches[matches["judged"] != "reject"] if cross_weak_matches else matches[supported]
    graph = build_walk(tables, entities, roles, followed, coinjoins, is_payment)
    organisers, drivers = pick_entities(roles, "organiser"), pick_entities(roles, "driver")
    trails, left = walk_trails(
        graph, organisers, drivers, max_hops=max_hops, max_trails=max_trails, max_partial=max_partial
    )
    weak = {int(number) for number in matches.loc[~supported, "match_id"]}
    left += [
        (organiser, None, reason, count) for reason, count in _say_uncrossed(matches[~matches.index.isin(followed.index)])
        for organiser in organisers
    ]  # fmt: skip
    cut = pd.DataFrame(left, columns=CUT_COLUMNS).astype({"driver": "Int64"})
    inferred = set(roles.loc[(roles["role"] == "driver") & (roles["basis"] == "inferred"), "entity_id"].tolist())
    links, hops = _make_tables(graph, trails, tables.assets, weak, inferred)
    return _apply_judgements(links, tables), hops, cut


def _say_uncrossed(matches: pd.DataFrame) -> list[tuple[str, int]]:
    """Why matches were not crossed, and how many: what a person said of them, or luck."""
    whys = {
        "reject": "a person rejected them", "unsure": "a person is unsure of them", "": "they may be luck",
    }  # fmt: skip
    said = matches["judged"].map(lambda verdict: verdict if isinstance(verdict, str) else "")
    found = []
    for verdict, why in whys.items():
        numbers = sorted(int(number) for number in matches.loc[said == verdict, "match_id"])
        if numbers:
            first = ", ".join(map(str, numbers[:10])) + (" ..." if len(numbers) > 10 else "")
            found.append((f"matches not crossed, because {why}: {first}", len(numbers)))
    return found


def _apply_judgements(links: pd.DataFrame, tables: CaseTables) -> pd.DataFrame:
    """Links with what an analyst holds of them, whatever their numbers are now."""
    named = tables.nodes["rail"].astype(str) + ":" + tables.nodes["key"].astype(str)
    name_of = dict(zip(tables.nodes["node_id"].tolist(), named.tolist(), strict=True))
    verdicts = {each.target.parts: each.verdict for each in find_in_force(read_judgements(tables.judgements), "link")}
    judged = [
        verdicts.get((name_of[organiser], name_of[driver], asset))
        for organiser, driver, asset in links[["organiser", "driver", "asset"]].itertuples(index=False)
    ]
    said = [
        f"{wording} Verdict of an analyst when this was made: {verdict}." if verdict else wording
        for wording, verdict in zip(links["wording"].tolist(), judged, strict=True)
    ]
    return links.assign(
        judged=pd.Series(judged, dtype=object, index=links.index), wording=pd.Series(said, dtype=object, index=links.index)
    )


def _make_tables(
    graph: WalkGraph, trails: list[Trail], assets: pd.DataFrame, weak: set[int], inferred: set[int]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables ``links`` and ``hops`` of the trails, grouped by pair and asset of the last transfer."""
    asset = graph.transfers["asset"].tolist()
    named = zip(assets["asset"], assets["decimals"], strict=True)
    decimals = {name: None if pd.isna(places) else int(places) for name, places in named}
    groups: dict[tuple[int, int, str], list[Trail]] = {}
    for trail in trails:
        groups.setdefault((trail.organiser, trail.driver, asset[trail.steps[-1].row]), []).append(trail)
    links: list[dict[str, object]] = []
    hops: list[dict[str, object]] = []
    for number, key in enumerate(sorted(groups), start=1):
        links.append(_make_link(graph, number, key, groups[key], decimals=decimals, weak=weak, inferred=inferred))
        hops += _list_hops(graph, number, groups[key])
    return _table("links", links), _table("hops", hops)


def _table(name: str, rows: list[dict[str, object]]) -> pd.DataFrame:
    return make_table(name, {column: [row[column] for row in rows] for column in (rows[0] if rows else ())})


def _make_link(
    graph: WalkGraph, number: int, key: tuple[int, int, str], trails: list[Trail], *,
    decimals: Mapping[str, int | None], weak: set[int], inferred: set[int],
) -> dict[str, object]:  # fmt: skip
    organiser, driver, asset = key
    amounts = graph.transfers["amount"]
    last = sorted({trail.steps[-1].row for trail in trails})
    known = [int(amounts.iloc[row]) for row in last if not pd.isna(amounts.iloc[row])]
    total = sum(known) if len(known) == len(last) else None
    summed = f"{format_units(total, decimals.get(asset))} {asset}"
    longest = max(trail.steps[-1].hop for trail in trails)
    who = "inferred driver" if driver in inferred else "driver"
    paid = f"{count_words(len(last), 'payment')} to the {who} ({mark_node(driver)})"
    ways = "one way" if len(trails) == 1 else f"{len(trails)} ways, each counted with the same {count_words(len(last), 'payment')},"
    wording = (
        f"{paid}, {summed} in all, can have come from the organiser ({mark_node(organiser)}) by {ways} of at most "
        f"{count_words(longest, 'hop')}: {_word_verdict(trails, weak, who)}.{_word_doubts(trails)} Not quantified."
    )
    return {
        "link_id": number, "organiser": organiser, "driver": driver, "payments": len(last), "total": total,
        "asset": asset, "ways": len(trails), "uncertain": any(trail.uncertain for trail in trails), "wording": wording,
    }  # fmt: skip


def _crossed(trails: list[Trail]) -> list[int]:
    return sorted({step.match_id for trail in trails for step in trail.steps if step.match_id is not None})


def _word_verdict(trails: list[Trail], weak: set[int], who: str) -> str:
    lucky = [str(number) for number in _crossed(trails) if number in weak]
    if lucky:
        what = "match" if len(lucky) == 1 else "matches"
        return f"not enough to report a payment link, because {what} {', '.join(lucky)} may be luck"
    return f"consistent with payment from the organiser to the {who}"


def _word_doubts(trails: list[Trail]) -> str:
    """What a reader must know about the ways: matches crossed, coins not allocated, order not certain."""
    crossed = [str(number) for number in _crossed(trails)]
    allocated = any(step.allocated for trail in trails for step in trail.steps)
    unsure = [str(number) for number, trail in enumerate(trails, start=1) if trail.uncertain]
    said = f" Rests on match{'es' if len(crossed) > 1 else ''} {', '.join(crossed)}." if crossed else ""
    said += " Passes a junction with several inputs: whose coins went on is not stated." if allocated else ""
    ways = "in every way" if len(unsure) == len(trails) else f"in way{'s' if len(unsure) > 1 else ''} {', '.join(unsure)}"
    return said + (f" The order of its steps is not certain {ways}." if unsure else "")


def _list_hops(graph: WalkGraph, link: int, trails: list[Trail]) -> list[dict[str, object]]:
    ids = graph.transfers["transfer_id"]
    return [
        {
            "link_id": link, "trail": number, "step": position, "hop": step.hop, "transfer_id": int(ids.iloc[step.row]),
            "match_id": step.match_id, "allocated": step.allocated, "uncertain": trail.uncertain,
        }
        for number, trail in enumerate(trails, start=1)
        for position, step in enumerate(trail.steps, start=1)
    ]
