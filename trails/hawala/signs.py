"""Signs besides amount and time that tie a hawala record to a transfer: a shared owner, one row naming both, a chat, the asset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trails.graph import DAY_US, CaseTables, node_column, time_bounds
from trails.hawala.records import DEPOSIT, SETTLEMENT

if TYPE_CHECKING:
    from trails.graph import BoolArray, IntArray
    from trails.hawala.candidate_loops import Bounds, Floats
    from trails.hawala.weights import Model

#: Parties with more transfers than this (exchanges, services) say nothing by owning one.
_MOST_OWNED = 2_000
_QUOTES = ("code_quoted",)
_NAMES = ("mention", "mention_tx")


def find_owned(records: pd.DataFrame, pool: pd.DataFrame) -> tuple[IntArray, IntArray]:
    """Pairs in which the far side of the transfer is the record's own party, by accepted claims."""
    found = []
    for side, kinds in (("goal", records["kind"] != DEPOSIT), ("source", records["kind"].isin([DEPOSIT, SETTLEMENT]))):
        asked = pd.DataFrame({"record": np.flatnonzero(kinds), "party": records["party"].to_numpy()[kinds]})
        there = pd.DataFrame({"place": np.arange(len(pool)), "party": pool[side].to_numpy()})
        there = there[there["party"].isin(asked["party"])]
        there = there[there.groupby("party")["place"].transform("size") <= _MOST_OWNED]
        found.append(asked.merge(there, on="party")[["record", "place"]])
    return _plain(pd.concat(found))


def find_strange(
    tables: CaseTables, records: pd.DataFrame, pool: pd.DataFrame, record: IntArray, place: IntArray
) -> BoolArray:
    """Pairs whose far wallet is, by accepted claims, that of another person in the same office's book.

    A person written in two ways is not another one where a claim of the two names waits for a judgement.
    """
    if tables.entities is None or not len(record):
        return np.zeros(len(record), dtype=bool)
    nodes = tables.nodes[(tables.nodes["rail"] == "hawala") & (tables.nodes["kind"] == "account")]
    owners = tables.entities[tables.entities["node_id"].isin(nodes["node_id"])]
    scopes = nodes["key"].astype(str).str.split(":").str[1].rename("scope")
    listed = owners.merge(pd.concat([nodes["node_id"], scopes], axis=1), on="node_id")
    alike: set[tuple[int, int]] = set()
    if tables.claims is not None:
        held = tables.claims[(tables.claims["rule"] == "alias") & (tables.claims["state"] != "rejected")]
        alike = set(zip(held["node_a"].tolist(), held["node_b"].tolist(), strict=True))
    by_entity: dict[tuple[int, str], list[int]] = {}
    for entity, node, scope in listed[["entity_id", "node_id", "scope"]].itertuples(index=False, name=None):
        by_entity.setdefault((int(entity), str(scope)), []).append(int(node))
    taken_in = records["kind"].to_numpy()[record] == DEPOSIT
    wallet = np.where(taken_in, pool["source"].to_numpy()[place], pool["goal"].to_numpy()[place])
    known = np.isin(wallet, listed["entity_id"].to_numpy())
    offices, parties, far = (records[name].to_numpy() for name in ("office", "party", "far"))
    found = np.zeros(len(record), dtype=bool)
    for at in np.flatnonzero(known).tolist():
        mine, owner = record[at], int(wallet[at])
        others = by_entity.get((owner, str(offices[mine])), [])
        node = int(far[mine])
        found[at] = bool(others) and parties[mine] != owner and not any(
            (node, other) in alike or (other, node) in alike for other in others
        )  # fmt: skip
    return found


def find_named_together(
    records: pd.DataFrame, pool: pd.DataFrame, events: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Which source rows name each record's code or party, and which name an end of each transfer.

    Returns
    -------
    tuple of DataFrame
        ``record``, ``at`` (number of a row of a source), ``event_id``; and ``place``, ``at``.
    """
    listed = pd.concat([
        events[["event_id", "source_id", "row", side]].rename(columns={side: "node"}) for side in ("node_id", "other_node_id")
    ]).dropna(subset=["node"])  # fmt: skip
    listed = listed.assign(node=listed["node"].astype(np.int64))
    wanted = np.unique(
        np.concatenate([records[["near", "far"]].to_numpy().ravel(), pool[["src", "dst"]].to_numpy().ravel()])
    )
    listed = listed[listed["node"].isin(wanted)]
    keys = pd.MultiIndex.from_frame(listed[["source_id", "row"]])
    listed = listed.assign(at=keys.factorize()[0] if len(listed) else [])
    # only rows that name a record's side can name both
    mine = pd.concat(
        [pd.DataFrame({"record": np.arange(len(records)), "node": records[side]}) for side in ("near", "far")]
    )
    named = mine.merge(listed[["node", "at", "event_id"]], on="node")[["record", "at", "event_id"]]
    theirs = pd.concat([pd.DataFrame({"place": np.arange(len(pool)), "node": pool[side]}) for side in ("src", "dst")])
    rows = listed[listed["at"].isin(named["at"])]
    naming = theirs.merge(rows[["node", "at"]], on="node")[["place", "at"]].drop_duplicates()
    return named, naming


def join_named(named: pd.DataFrame, naming: pd.DataFrame) -> pd.DataFrame:
    """Pairs that one row of a source names together: ``record``, ``place``, ``event_id`` (the first such)."""
    counted = naming.groupby("at")["place"].transform("size") if len(naming) else pd.Series(dtype="int64")
    narrow = naming[counted <= _MOST_OWNED]
    joined = named.merge(narrow, on="at")
    return joined.groupby(["record", "place"])["event_id"].min().reset_index()


def _plain(pairs: pd.DataFrame) -> tuple[IntArray, IntArray]:
    unique = pairs.drop_duplicates().sort_values(["record", "place"])
    return unique["record"].to_numpy(dtype=np.int64), unique["place"].to_numpy(dtype=np.int64)


def are_within(bounds: Bounds, pool: pd.DataFrame, record: IntArray, place: IntArray) -> BoolArray:
    """Whether given pairs lie within both bounds."""
    value, low, high = (pool[name].to_numpy(dtype=np.int64)[place] for name in ("value", "time_low", "time_high"))
    found: BoolArray = (
        (value >= bounds.value_low[record]) & (value <= bounds.value_high[record])
        & (high >= bounds.since[record]) & (low <= bounds.until[record])
    )  # fmt: skip
    return found


def weigh_signs(
    tables: CaseTables, records: pd.DataFrame, pool: pd.DataFrame, *, record: IntArray, place: IntArray,
    owned: tuple[IntArray, IntArray], together: pd.DataFrame, model: Model,
) -> tuple[dict[str, Floats], IntArray]:  # fmt: skip
    """Bits of identifiers, messages and currency for given pairs; and the event that names a pair together, or -1.

    An owner known from claims weighs by how rare transfers to it are. What one row names together weighs by the assumed share
    of such pairs; what a chat says about both within a day as well.
    """
    said = model.parameters
    key = record * len(pool) + place
    is_owned = np.isin(key, owned[0] * len(pool) + owned[1])
    events = dict(
        zip((together["record"] * len(pool) + together["place"]).tolist(), together["event_id"].tolist(), strict=True)
    )
    event = np.array([events.get(each, -1) for each in key.tolist()], dtype=np.int64)
    identifier = np.zeros(len(key))
    strange = find_strange(tables, records, pool, record, place)
    identifier[strange] = np.log2(float(said["identifier"]["strange"]) / float(said["identifier"]["strange_luck"]))
    usual = _usual_owner(pool, place, records["kind"].to_numpy()[record] == DEPOSIT)
    identifier[is_owned] = np.log2(float(said["identifier"]["owned"]) / usual[is_owned])
    bonus = np.log2(float(said["identifier"]["together"]) / float(said["identifier"]["together_luck"]))
    identifier = np.where(event >= 0, np.maximum(identifier, bonus), identifier)
    named = find_said_together(tables, records, pool, record, place)
    luck = max(float(said["message"]["named_luck"]), float(named.mean()) if len(named) else 0.0)
    message = np.where(named, np.log2(max(float(said["message"]["named"]) / luck, 1.0)), 0.0)
    return {
        "identifier": identifier,
        "message": message,
        "currency": _weigh_currency(tables, records, pool, record, place, said),
    }, event


def _usual_owner(pool: pd.DataFrame, place: IntArray, taken_in: BoolArray) -> Floats:
    shares = {}
    for side in ("source", "goal"):
        counts = pool.groupby(side)[side].transform("size").to_numpy(dtype=np.float64)
        shares[side] = (counts / (len(pool) + 1))[place] if len(pool) else np.zeros(0)
    found: Floats = np.where(taken_in, shares["source"], shares["goal"])
    return found


def find_said_together(
    tables: CaseTables, records: pd.DataFrame, pool: pd.DataFrame, record: IntArray, place: IntArray
) -> BoolArray:
    """Whether one chat quotes the record's code, and names a party or the hash of the transfer within a day of it."""
    events = tables.events[tables.events["kind"].isin([*_QUOTES, *_NAMES]) & tables.events["time"].notna()]
    quotes = events[events["kind"].isin(_QUOTES) & events["node_id"].notna()]
    names = events[events["kind"].isin(_NAMES) & events["node_id"].notna()]
    if not len(quotes) or not len(names) or not len(record):
        return np.zeros(len(record), dtype=bool)
    codes = pd.Series([str(key).rsplit(":", 1)[-1] for key in node_column(tables.nodes, "key", records["near"])])
    quoted = pd.DataFrame({
        "code": [str(key).rsplit(":", 1)[-1] for key in node_column(tables.nodes, "key", quotes["node_id"])],
        "source_id": quotes["source_id"].to_numpy(), "quoted_at": time_bounds(quotes)[0],
    })  # fmt: skip
    ends = pd.DataFrame({"node": names["node_id"].to_numpy(dtype=np.int64), "source_id": names["source_id"].to_numpy(),
                         "named_at": time_bounds(names)[0]})  # fmt: skip
    pairs = pd.DataFrame({"pair": np.arange(len(record)), "code": codes.to_numpy()[record]})
    with_quote = pairs.merge(quoted[quoted["code"].isin(codes)], on="code")
    sides = pd.concat([
        pd.DataFrame({"pair": np.arange(len(record)), "node": pool[side].to_numpy()[place]}) for side in ("src", "dst")
    ])  # fmt: skip
    sides = sides[sides["node"].isin(ends["node"]) & sides["pair"].isin(with_quote["pair"])]
    both = with_quote.merge(sides.merge(ends, on="node"), on=["pair", "source_id"])
    near = both[(both["named_at"] - both["quoted_at"]).abs() <= DAY_US]
    found: BoolArray = np.isin(np.arange(len(record)), near["pair"].to_numpy())
    return found


def _weigh_currency(
    tables: CaseTables,
    records: pd.DataFrame,
    pool: pd.DataFrame,
    record: IntArray,
    place: IntArray,
    said: dict[str, dict[str, float]],
) -> Floats:
    """A sum booked in USDT or BTC was mostly carried by that very asset; one booked in a currency says nothing of it."""
    symbols = dict(zip(tables.assets["asset"].tolist(), tables.assets["symbol"].tolist(), strict=True))
    coins = {
        str(symbols.get(asset) or asset) for asset in pool["asset"].unique() if "@" in str(asset) or asset == "BTC"
    }
    # EUR@vasp is the euro, as an exchange keeps it with more decimals: no coin
    coins -= set(tables.assets.loc[tables.assets["rail"].isna(), "asset"]) - {"USDT", "BTC"}
    booked = np.array([str(symbols.get(asset) or asset) for asset in records["asset"]], dtype=object)
    moved = np.array([str(symbols.get(asset) or asset) for asset in pool["asset"]], dtype=object)
    share = {symbol: float((moved == symbol).mean()) for symbol in coins}
    same = float(said["currency"]["same"])
    found = np.zeros(len(record))
    for at, (mine, theirs) in enumerate(zip(booked[record], moved[place], strict=True)):
        if mine in coins:
            usual = min(max(share[mine], 0.001), 0.999)
            found[at] = np.log2(same / usual) if mine == theirs else np.log2((1 - same) / (1 - usual))
    return found
