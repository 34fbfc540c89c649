"""The judgements of a report: each by what it is about, cited as findings cite it, in names that may be shown."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from trails.graph import CaseTables, list_rows
from trails.targets import Judgement, Target, find_in_force, read_judgements

if TYPE_CHECKING:
    import pandas as pd

    from trails.pseudonyms import Names


def list_judgements(tables: CaseTables, frames: dict[str, pd.DataFrame], names: Names) -> list[dict[str, Any]]:
    """Every judgement by what it is about, and whether it is still in force."""
    judgements = read_judgements(tables.judgements)
    in_force = {judgement.number for judgement in find_in_force(judgements)}
    teller = _Teller(tables, frames, names)
    return [
        {"judgement": each.number, "target": teller.tell(each), "verdict": each.verdict,
         "who": names.clean_value(each.who), "why": names.clean_text(each.why) or None, "in_force": each.number in in_force}
        for each in judgements
    ]  # fmt: skip


class _Teller:
    """Says what a judgement is about: its number in the present results, where it has one, and in words."""

    def __init__(self, tables: CaseTables, frames: dict[str, pd.DataFrame], names: Names) -> None:
        self._tables, self._frames, self._names = tables, frames, names
        self._node_of = {f"{row['rail']}:{row['key']}": int(row["node_id"]) for row in list_rows(tables.nodes)}

    @cached_property
    def _facts(self) -> dict[str, int]:
        """Numbers of transfers and events by their public ids."""
        return {
            str(public): int(number)
            for frame, key in ((self._tables.transfers, "transfer_id"), (self._tables.events, "event_id"))
            for public, number in zip(frame["public_id"], frame[key], strict=True)
        }

    @cached_property
    def _entity_of(self) -> dict[int, int]:
        entities = self._frames["entities"]
        return dict(zip(entities["node_id"].astype(int).tolist(), entities["entity_id"].astype(int).tolist(), strict=True))

    def tell(self, judgement: Judgement) -> str:
        """The target as ``match:1 (transfer:5 and transfer:151)``; the words alone where the results hold no such thing now."""
        target = judgement.target
        cited, words = ", ".join(self._cite(target)), self._say(target)
        if not cited:
            return words if target.kind == "node" else f"{target.kind} {words}"
        return f"{cited} ({words})"

    def _cite(self, target: Target) -> list[str]:
        """What the target is called in findings; several for a code that was used several times."""
        if target.kind == "node":
            node = self._node_of.get(target.nodes[0])
            return [] if node is None or node in self._names.hidden else [f"node:{node}"]
        table, key = {
            "claim": ("claims", "claim_id"), "code": ("codes", "code_id"), "match": ("matches", "match_id"),
            "link": ("links", "link_id"), "role": ("roles", "role_id"),
        }[target.kind]  # fmt: skip
        frame = self._frames[table]
        found = frame
        for column, value in self._select(target).items():
            found = found[found[column] == value]
        return [f"{target.kind}:{int(number)}" for number in found[key]]

    def _select(self, target: Target) -> dict[str, Any]:
        """The columns, and their values, of the rows that a target names."""
        nodes = [self._node_of.get(key, -1) for key in target.nodes]
        if target.kind == "code":
            return dict(zip(("scope", "text"), target.parts, strict=True))
        if target.kind == "match":
            return dict(zip(("transfer_a", "transfer_b"), (self._facts.get(part, -1) for part in target.parts), strict=True))
        if target.kind == "link":
            return {"organiser": nodes[0], "driver": nodes[1], "asset": target.parts[2]}
        if target.kind == "role":
            return {"role": target.parts[0], "entity_id": self._entity_of.get(nodes[0], -1)}
        fact = target.parts[3]
        on = {"transfer_id" if fact.startswith("T") else "event_id": self._facts.get(fact, -1)} if fact else {}
        return {"rule": target.parts[0], "node_a": min(nodes), "node_b": max(nodes), **on}

    def _say(self, target: Target) -> str:
        parties = [self._name(key) for key in target.nodes]
        if target.kind == "node":
            return parties[0]
        if target.kind == "claim":
            return f"{target.parts[0]}: {parties[0]} = {parties[1]}"
        if target.kind == "code":
            return self._names.clean_text(f"{target.parts[1]} of {target.parts[0] or 'no named office'}")
        if target.kind == "match":
            known = [self._facts.get(part) for part in target.parts]
            return " and ".join("a transfer no longer here" if number is None else f"transfer:{number}" for number in known)
        if target.kind == "link":
            return f"{parties[0]} to {parties[1]} in {target.parts[2]}"
        return f"{target.parts[0]}: {parties[0]}"

    def _name(self, key: str) -> str:
        node = self._node_of.get(key)
        return "a node no longer here" if node is None else self._names.full.get(node) or self._names.shown[node]
