"""Parties of different sources that state the same address, phone or handle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trails.graph import make_table, node_column
from trails.identifiers import NULL_ADDRESSES

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    import pandas as pd

#: Rails whose nodes are no identifiers: a name in a ledger never joins anybody.
_NAMES_ONLY = ("hawala", "cash")
_STRENGTH = {"same_address": "strong", "same_phone": "medium", "same_handle": "medium", "same_bank_account": "medium"}
_RULES = {"phone": "same_phone", "chat": "same_handle", "bank": "same_bank_account"}


def claim_shared_identifiers(
    events: pd.DataFrame, nodes: pd.DataFrame, *, services: AbstractSet[int] = frozenset(), max_parties: int = 5
) -> pd.DataFrame:
    """Which parties state an address, a phone or a handle as theirs; two that state the same one become one entity.

    One claim per statement, between the party and the identifier's own node. So two parties of two sources that name
    one phone are joined through it, and both rows are the reason.

    Parameters
    ----------
    events, nodes
        Tables of the contract. Events of kind ``identifier`` are read: ``node_id`` the party, ``other_node_id`` the
        identifier (an address on a chain rail, a node of rail ``phone``, or of rail ``chat``).
    services
        Nodes known as services: an identifier of one is never anybody's own.
    max_parties
        An identifier stated for more parties than this is taken for a shared desk or service.

    Returns
    -------
    DataFrame
        Table ``claims`` with rules ``same_address`` (strong), ``same_phone``, ``same_handle`` and ``same_bank_account``
        (medium: they change hands), by event. State is ``held``, and joins nothing, for a service's identifier, an address
        nobody owns, or one stated for more than ``max_parties`` parties; ``why`` says which.

    Notes
    -----
    Names never join: a statement whose second node is a ledger party gives no claim. Cost: one grouping of the events.
    What it misses: identifiers mistyped in one source. Where it errs: a phone or handle passed on to a new user, and
    an exchange's deposit address that nobody tagged.
    """
    stated = events[(events["kind"] == "identifier") & events["node_id"].notna() & events["other_node_id"].notna()]
    stated = stated.sort_values("event_id").astype({"node_id": "int64", "other_node_id": "int64"})
    rails = node_column(nodes, "rail", stated["other_node_id"])
    kinds = node_column(nodes, "kind", stated["other_node_id"])
    known = np.array([rail is not None and rail not in _NAMES_ONLY for rail in rails], dtype=bool)
    stated = stated[known & (kinds == "account") & (stated["node_id"] != stated["other_node_id"]).to_numpy()]
    rails = node_column(nodes, "rail", stated["other_node_id"])
    keys = node_column(nodes, "key", stated["other_node_id"])
    rules = [_RULES.get(str(rail), "same_address") for rail in rails]
    parties = stated.groupby("other_node_id")["node_id"].transform("nunique").to_numpy(dtype=np.int64)
    sources = stated.groupby("other_node_id")["source_id"].transform("nunique").to_numpy(dtype=np.int64)
    why, states = [], []
    for count, source_count, node, rail, key in zip(parties, sources, stated["other_node_id"], rails, keys, strict=True):
        doubt = _find_doubt(int(count), max_parties, service=int(node) in services, key=str(key))
        said = f"; {_word_independence(int(count), int(source_count))}" if count > 1 else ""
        why.append(f"the row states {rail} {key} as the party's own{said}" + (f"; held: {doubt}" if doubt else ""))
        states.append("held" if doubt else "accepted")
    return make_table(
        "claims",
        {
            "claim_id": np.arange(1, len(stated) + 1),
            "node_a": np.minimum(stated["node_id"], stated["other_node_id"]).to_numpy(),
            "node_b": np.maximum(stated["node_id"], stated["other_node_id"]).to_numpy(),
            "rule": rules,
            "strength": [_STRENGTH[rule] for rule in rules],
            "state": states,
            "event_id": stated["event_id"].to_numpy(),
            "why": why,
        },
    )


def _word_independence(parties: int, sources: int) -> str:
    if sources == 1:
        return f"stated for {parties} parties, by one source alone"
    return f"stated for {parties} parties, in {sources} independent sources"


def _find_doubt(parties: int, max_parties: int, *, service: bool, key: str) -> str:
    if key in NULL_ADDRESSES:
        return "an address nobody owns"
    if service:
        return "known as a service, which many people use"
    if parties > max_parties:
        return f"stated for {parties} parties, more than {max_parties}: a shared desk or service"
    return ""
