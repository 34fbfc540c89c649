"""The names of a case's nodes, read from its tables: for pictures and reports all, for questions those that are hidden."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

from trails.errors import UsageError
from trails.pseudonyms import Names, name_nodes, name_openly

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from trails.case import Case

_PERSONS = "n.kind = 'account' AND n.rail IN ('hawala', 'chat', 'phone', 'document', 'mto', 'bank', 'vasp', 'cash')"
#: Whoever pays a declared leader directly is protected even before `trails link` has said so.
_PAYS_LEADER = (
    "SELECT DISTINCT t.src FROM transfer_rows t JOIN nodes d ON d.node_id = t.dst JOIN (SELECT target, arg_max(verdict, "
    "judgement_id) AS verdict FROM judgements GROUP BY target) j ON j.target = 'node:' || d.rail || ':' || d.key "
    "WHERE j.verdict IN ('role=organiser', 'role=dispatcher', 'role=office') AND t.kind <> 'fee'"
)


def read_names(case: Case, nodes: pd.DataFrame | None = None, *, also: Iterable[int] = ()) -> Names:
    """The names of the given nodes, or, without any, of every node that may have to be hidden, and of those in ``also``.

    Cost: with ``nodes`` a pass over them; without, a few joins and a pass over persons and whoever has a role.
    """
    entities = case.read_frame("SELECT entity_id, node_id FROM entities")
    roles = case.read_frame("SELECT entity_id, role, basis, protected FROM roles")
    if nodes is None:
        nodes = case.read_frame(
            f"SELECT n.* FROM nodes n WHERE {_PERSONS} OR n.node_id IN (SELECT e.node_id FROM entities e JOIN roles r "
            f"USING (entity_id)) OR n.node_id IN ({_PAYS_LEADER}) OR n.node_id IN (SELECT unnest(?::INTEGER[])) ORDER BY n.node_id",
            [sorted(set(also))],
        )
    roles = _add_early_payers(case, roles, entities)
    key = str(case.config["pseudonyms"]["key"])
    files = [str(digest) for (digest,) in case.con.execute("SELECT sha256 FROM sources").fetchall()]
    return name_nodes(nodes, entities, roles, key=key, references=_list_references(case, roles, entities), files=files)


def read_real_names(case: Case, nodes: Iterable[int]) -> Names:
    """The names of nodes as the sources write them, of protected people too: only for whoever gave a reason, which is logged."""
    frame = case.read_frame(
        "SELECT * FROM nodes WHERE node_id IN (SELECT unnest(?::INTEGER[])) ORDER BY node_id", [sorted(set(nodes))]
    )
    return name_openly(frame)


def log_names(case: Case, question: str, what: str, why: str, who: str | None = None) -> None:
    """Log that somebody asked to see names, what for, and why; what is asked is written with pseudonyms."""
    if not why.strip():
        raise UsageError("names of protected people are shown only for a reason: say it with --why; it is logged")
    clean = read_names(case).clean_text
    details = {"question": question, "about": clean(what), "why": clean(why), "analyst": who or getpass.getuser()}
    with case.change("names", details):
        pass


def _add_early_payers(case: Case, roles: pd.DataFrame, entities: pd.DataFrame) -> pd.DataFrame:
    """Roles, and while none are known the role payer for whoever pays a declared leader directly."""
    import pandas as pd

    if len(roles):
        return roles
    entity_of = dict(zip(entities["node_id"].tolist(), entities["entity_id"].tolist(), strict=True))
    found = sorted({int(entity_of.get(node, node)) for (node,) in case.con.execute(_PAYS_LEADER).fetchall()})
    early = pd.DataFrame({"entity_id": found, "role": "payer", "basis": "inferred", "protected": True})
    return early.astype({"entity_id": "int64", "protected": bool})


def _list_references(case: Case, roles: pd.DataFrame, entities: pd.DataFrame) -> list[str]:
    """Transaction ids of transfers with a protected end: of an input both the one that made the coin and the one that spends it."""
    safe = set(roles.loc[roles["protected"].astype(bool), "entity_id"])
    nodes = entities.loc[entities["entity_id"].isin(safe), "node_id"].astype(int).tolist() if len(entities) else []
    if not nodes and not safe:
        return []
    rows = case.con.execute(
        "SELECT DISTINCT x.hash FROM transfer_rows t JOIN transactions x ON x.tx_id = t.tx_id WHERE t.kind <> 'input' AND "
        "(t.src IN (SELECT unnest($nodes)) OR t.dst IN (SELECT unnest($nodes))) OR t.kind = 'input' AND t.src IN "
        "(SELECT unnest($nodes)) UNION SELECT d.key FROM transfer_rows t JOIN nodes d ON d.node_id = t.dst WHERE "
        "t.kind = 'input' AND d.kind = 'junction' AND t.src IN (SELECT unnest($nodes)) ORDER BY 1",
        {"nodes": nodes or [int(each) for each in safe]},
    ).fetchall()
    return [str(text) for (text,) in rows]
