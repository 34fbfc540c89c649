"""Names for nodes in everything that leaves the case: payers become pseudonyms, and finished exports are scanned.

Persons without a role are third parties, in ledgers, pick-up lists, bank statements and exchange answers: their names,
accounts, phones and documents are shown by a pseudonym too (``Party-...``).

A pseudonym is the HMAC-SHA-256 of the payer's entity under the case's own key, so it is the same in every picture and
report of a case, and cannot be undone by trying names without the key. It is a safeguard, not anonymity: whoever has
the case has the names.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trails.errors import LeakError
from trails.graph import list_rows

if TYPE_CHECKING:
    import pandas as pd

#: Shorter names cannot be told from ordinary text; they are still never written, but not searched for.
SHORTEST_TERM = 3
#: A name of digits alone (a client's number) is searched for from this length: shorter ones are in every table.
SHORTEST_NUMBER = 6
_SHOWN_KEY = 12


@dataclass(frozen=True, slots=True)
class Names:
    """How nodes are called in exports.

    ``shown`` gives each node its name; ``protected`` the nodes of payers; ``terms`` every text that would identify one
    (name, address, phone, handle) with the pseudonym that stands for it.
    """

    shown: dict[int, str]
    protected: frozenset[int]
    terms: dict[str, str]

    def rename_text(self, text: str) -> str:
        """A sentence in which every ``node 12`` is replaced by that node's name."""
        return re.sub(r"\bnode (\d+)\b", lambda m: self.shown.get(int(m[1]), m[0]), text)


def make_pseudonym(key: str, identity: str, word: str = "Payer") -> str:
    """The pseudonym of one payer, or with another word of another person.

    >>> make_pseudonym("00" * 16, "hawala:party:x:someone")
    'Payer-F62GVT'
    """
    digest = hmac.new(bytes.fromhex(key), identity.encode(), hashlib.sha256).digest()
    return f"{word}-{base64.b32encode(digest).decode()[:6]}"


def name_nodes(nodes: pd.DataFrame, entities: pd.DataFrame, roles: pd.DataFrame, *, key: str) -> Names:
    """The names of all nodes: labels and short keys, and pseudonyms for every node of an entity with the role payer.

    Columns used: nodes (node_id, rail, key, label, kind), entities (entity_id, node_id), roles (entity_id, role).
    Persons and personal accounts without any role get a pseudonym too, but are not searched for in finished exports. A payer who
    also has another role is still a payer, unless an analyst declared it (then ``assign_roles`` gives no payer role).
    """
    entity_of = dict(zip(entities["node_id"], entities["entity_id"], strict=True))
    payers = set(roles.loc[roles["role"] == "payer", "entity_id"])
    with_role = set(roles["entity_id"])
    members: dict[int, list[str]] = {}
    for node_id, rail, node_key in zip(nodes["node_id"], nodes["rail"], nodes["key"], strict=True):
        entity = entity_of.get(node_id, node_id)
        if entity in payers:
            members.setdefault(entity, []).append(f"{rail}:{node_key}")
    pseudonyms = {entity: make_pseudonym(key, min(keys)) for entity, keys in members.items()}
    shown: dict[int, str] = {}
    protected: set[int] = set()
    terms: dict[str, str] = {}
    for row in list_rows(nodes):
        node_id, label = int(row["node_id"]), row["label"] if isinstance(row["label"], str) else None
        entity = entity_of.get(node_id, node_id)
        pseudonym = pseudonyms.get(entity)
        shown[node_id] = pseudonym or _show_node(str(row["rail"]), str(row["key"]), label)
        personal = row["kind"] == "account" and _is_personal(str(row["rail"]), str(row["key"]))
        if personal and entity not in with_role:
            shown[node_id] = make_pseudonym(key, f"{row['rail']}:{row['key']}", "Party")
        if pseudonym:
            protected.add(node_id)
            terms.update(dict.fromkeys(_terms_of(str(row["rail"]), str(row["key"]), label), pseudonym))
    return Names(shown, frozenset(protected), terms)


def _is_personal(rail: str, key: str) -> bool:
    """Whether an account stands for a person, and not for an operator, its fees, or an address of a chain."""
    if rail == "vasp":
        return ":account:" in key or ":nickname:" in key
    if rail == "mto":
        return key.startswith("party:")
    if rail == "bank":
        return not key.startswith(("bank:", "cash:")) and key != "fee"
    return rail in ("hawala", "phone", "document")


def _bare(rail: str, key: str) -> str:
    """The part of a key that people would know: a name or number without its scope."""
    return key.rpartition(":")[2] if rail in ("hawala", "chat", "mto", "bank", "vasp") else key


def _show_node(rail: str, key: str, label: str | None) -> str:
    """A node's name for people: its label, or the beginning of its key."""
    if label:
        return label
    bare = _bare(rail, key)
    return bare if len(bare) <= _SHOWN_KEY + 4 else f"{bare[: _SHOWN_KEY - 4]}...{bare[-4:]}"


def _terms_of(rail: str, key: str, label: str | None) -> set[str]:
    terms = {term for term in (_bare(rail, key), label) if term}
    return {term for term in terms if len(term) >= (SHORTEST_NUMBER if term.isdigit() else SHORTEST_TERM)}


def scan_export(text: str, names: Names, *, file_name: str) -> None:
    """Refuse a finished export that holds any term identifying a protected person.

    Raises LeakError naming the pseudonyms concerned, never the names. Terms match as whole words in any case.
    """
    found = find_terms(text, names.terms)
    if found:
        who = ", ".join(sorted({names.terms[term] for term in found})[:5])
        raise LeakError(
            f"{file_name} would have named {len(found)} protected identifier(s) ({who}) and was not written; a source "
            "file's name or a label may carry the name: rename it, or declare the person's role if they are no payer"
        )


def find_terms(text: str, terms: Iterable[str]) -> list[str]:
    """Which terms occur in a text as whole words, in any case of letters."""
    ordered = sorted(set(terms), key=lambda term: (-len(term), term))
    lowered = text.casefold()
    return [
        term
        for term in ordered
        if term.casefold() in lowered and re.search(rf"(?<!\w){re.escape(term.casefold())}(?!\w)", lowered)
    ]
