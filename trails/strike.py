"""What falls apart without a claim: looked at before anybody decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trails.errors import UsageError
from trails.naming import read_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from trails.case import Case
    from trails.pseudonyms import Names

#: Nodes of a part that are named; the rest is counted.
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Struck:
    """What striking some claims would do to one entity: the claims, the nodes it has now, and the parts it falls into.

    Each part has ``nodes`` (how many), ``examples`` (keys, by node number), ``tags`` (labels) and ``claims`` (accepted
    claims inside it). One part means that other claims say the same.
    """

    entity_id: int
    claims: tuple[dict[str, Any], ...]
    nodes: int
    parts: tuple[dict[str, Any], ...]


def split_without(claims: pd.DataFrame, nodes: npt.NDArray[np.int64], struck: Sequence[int]) -> npt.NDArray[np.int64]:
    """The part each node of an entity falls into when some of its accepted claims are struck: its smallest node.

    Parameters
    ----------
    claims
        The entity's accepted claims: ``claim_id``, ``node_a``, ``node_b``.
    nodes
        The entity's nodes, sorted.
    struck
        Numbers of the claims to leave out.

    Notes
    -----
    Cost: nearly linear in the entity's claims. Striking only ever takes apart: no other claim is looked at again.
    """
    from trails.ownership.union import union_pairs

    kept = claims[~claims["claim_id"].isin(list(struck))]
    a, b = (np.searchsorted(nodes, kept[name].to_numpy(np.int64)).astype(np.int32) for name in ("node_a", "node_b"))
    part: npt.NDArray[np.int64] = nodes[union_pairs(a, b, len(nodes))]
    return part


def find_judged(case: Case, text: str) -> tuple[str, list[int]]:
    """What a person wants to judge: its kind (claim, match, link, role) and numbers; raises UsageError where there is none."""
    kind, _, rest = text.partition(":")
    if kind in ("match", "link", "role"):
        if not rest.strip().isdecimal():
            raise UsageError(f"{text!r} has no number; write {kind}:NUMBER")
        return kind, [int(rest)]
    if kind in _NOT_JUDGED:
        subject = _find_subject(case, text) if kind == "finding" else ""
        raise UsageError(f"{text}: {_NOT_JUDGED[kind].format(case=case.folder, subject=subject)}")
    return "claim", find_claims(case, text)


def _find_subject(case: Case, finding: str) -> str:
    """What a finding is about, like ``match:1``; raises UsageError where there is no such finding."""
    number = finding.partition(":")[2]
    wanted = int(number) if number.isdecimal() and len(number) < 10 else -1
    row = case.con.execute("SELECT subject FROM findings WHERE finding_id = ?", [wanted]).fetchone()
    if row is None:
        raise UsageError(f"no finding of this case is {finding!r}")
    return str(row[0])


_FACT = "a fact is what a source says, and is not judged; judge the claims, matches, links and inferred roles that rest on it"
#: Why a thing that can be cited cannot be judged, and what can.
_NOT_JUDGED = {
    "code": "a code itself cannot be judged; what it is for and what became of it can: `trails code {case} CODE --use ... "
            "--why ...` or `--state ...`",
    "finding": "a finding cannot be judged; it is about {subject}: a claim, match, link or inferred role can be judged, a code by "
               "`trails code`, an entity by the claims that join it (`trails why`)",
    "node": "a node cannot be judged; say what you hold it to be: `trails declare {case} NODE --role ... --why ...`",
    "entity": "an entity cannot be judged; the claims that join it can (`trails why {case} NODE NODE` tells them)",
    "debt": "a debt cannot be judged; it follows from the rows of the books",
    "netting": "a netting cannot be judged; the match of its settlement can: match:NUMBER",
    "proceeds": "proceeds cannot be judged; what each code is for can: `trails code {case} CODE --use ... --why ...`",
    **dict.fromkeys(("transfer", "event", "tag", "price", "issue"), _FACT),
}  # fmt: skip


def find_claims(case: Case, text: str) -> list[int]:
    """The claims a person means: ``claim:12``, ``12``, or ``tx:HASH`` for every claim that a transaction makes.

    Raises UsageError where there is none.
    """
    kind, _, rest = text.partition(":")
    if kind == "tx":
        found = case.con.execute(
            "SELECT c.claim_id FROM claim_rows c JOIN transfer_rows t ON t.transfer_id = c.transfer_id "
            "JOIN nodes n ON n.node_id IN (t.src, t.dst) AND n.kind = 'junction' WHERE n.key = ? ORDER BY 1",
            [rest.strip().casefold()],
        ).fetchall()
    else:
        number = rest if kind == "claim" else text
        wanted = int(number) if number.strip().isdecimal() else -1
        found = case.con.execute("SELECT claim_id FROM claim_rows WHERE claim_id = ?", [wanted]).fetchall()
    if not found:
        raise UsageError(
            f"no claim of this case is {text!r}; write claim:NUMBER or tx:HASH, match:, link: or role:NUMBER (`trails judge` and "
            "`trails why` show numbers)"
        )
    return [int(claim_id) for (claim_id,) in found]


def list_held(case: Case, *, hints: bool = False, limit: int = 50) -> list[dict[str, Any]]:
    """What waits for a person: claims, strongest first, then inferred roles; each with the reason and whom it is about.

    Columns: ``what`` (to be judged), ``rule``, ``strength``, ``a`` and ``b`` (nodes by number), ``a_name`` and ``b_name`` (by a
    name that may be shown), ``why``, ``held_because``.
    """
    claims = case.con.execute(
        "SELECT 'claim:' || c.claim_id, c.rule, c.strength, c.node_a, c.node_b, c.why, c.held_because FROM (SELECT claim_id FROM "
        "claim_rows WHERE state = 1 AND (strength < 3 OR ?) ORDER BY strength, claim_id LIMIT ?) JOIN claims c USING (claim_id) "
        "ORDER BY c.claim_id",
        [hints, limit],
    ).fetchall()
    roles = case.con.execute(
        "SELECT 'role:' || role_id, role, 'inferred', entity_id, NULL, wording, 'nobody has decided on it' FROM roles "
        "WHERE basis = 'inferred' AND NOT protected ORDER BY role_id LIMIT ?",
        [limit],
    ).fetchall()
    rows = [*claims, *roles]
    names = read_names(case, also={int(node) for row in rows for node in row[3:5] if node is not None})
    names = names.number_other_ends((int(row[3]), int(row[4])) for row in claims)
    return [
        {
            "what": what, "rule": rule, "strength": strength, "a": _number(a), "a_name": _name(names, a), "b": _number(b),
            "b_name": _name(names, b), "why": names.tell_text(str(why)),
            "held_because": names.clean_text(str(held or "")) or None,
        }
        for what, rule, strength, a, b, why, held in rows
    ]  # fmt: skip


def _number(node: int | None) -> str | None:
    return None if node is None else f"node:{int(node)}"


def _name(names: Names, node: int | None) -> str | None:
    return None if node is None else names.full[int(node)]


def preview_strike(case: Case, struck: list[int]) -> list[Struck]:
    """What every entity that the claims hold together would fall into without them; changes nothing.

    Claims that join nothing now (held, rejected) give no entity. Raises UsageError where the case is not clustered.
    """
    rows = case.read_frame(
        "SELECT c.*, e.entity_id FROM claims c JOIN entities e ON e.node_id = c.node_a "
        "WHERE list_contains(?, c.claim_id) AND c.state = 'accepted' ORDER BY c.claim_id",
        [struck],
    )
    if not case.con.execute("SELECT 1 FROM entities LIMIT 1").fetchall():
        raise UsageError("the case is not clustered: run `trails cluster` first, or `trails analyse`")
    return [
        _preview(case, int(str(entity)), group, struck) for entity, group in rows.groupby("entity_id", sort=True)
    ]  # fmt: skip


def _preview(case: Case, entity: int, rows: pd.DataFrame, struck: list[int]) -> Struck:
    claims = case.read_frame(
        "SELECT claim_id, node_a, node_b FROM claim_rows WHERE state = 0 AND node_a IN "
        "(SELECT node_id FROM entities WHERE entity_id = ?) ORDER BY claim_id",
        [entity],
    )
    members = case.read_frame(
        "SELECT e.node_id, n.rail || ':' || n.key AS key, t.label FROM entities e JOIN nodes n USING (node_id) LEFT JOIN "
        "(SELECT node_id, string_agg(DISTINCT label, ', ' ORDER BY label) AS label FROM tags GROUP BY 1) t USING (node_id) "
        "WHERE e.entity_id = ? ORDER BY e.node_id",
        [entity],
    )
    names = read_names(case, also=members["node_id"].astype(int).tolist())
    members["key"] = [f"{_number(node)} {_name(names, node)}" for node in members["node_id"].tolist()]
    nodes = members["node_id"].to_numpy(np.int64)
    part = split_without(claims, nodes, struck)
    inside = claims[~claims["claim_id"].isin(struck)]
    home = part[np.searchsorted(nodes, inside["node_a"].to_numpy(np.int64))]
    parts = []
    for number, group in members.groupby(part, sort=True):
        parts.append({
            "nodes": len(group), "examples": group["key"].head(SHOWN).tolist(),
            "tags": sorted({str(label) for label in group["label"].dropna()}), "claims": int((home == number).sum()),
        })  # fmt: skip
    parts.sort(key=lambda each: int(str(each["nodes"])), reverse=True)
    shown = rows[["claim_id", "rule", "strength", "why"]].to_dict("records")
    said = ({str(k): names.clean_text(v) if k == "why" else v for k, v in row.items()} for row in shown)
    return Struck(entity, tuple(said), len(nodes), tuple(parts))
