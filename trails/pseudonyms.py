"""Names for nodes in everything that leaves the case: payers become pseudonyms, and finished exports are scanned.

Persons without a role are third parties, in ledgers, chats, pick-up lists, bank statements and exchange answers: their
names, accounts, phones and documents are shown by a pseudonym too (``Party-...``).

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
#: Of third parties only phones, documents and accounts of this length are searched for: their names may be words, and a
#: shorter number may be an amount.
SHORTEST_PARTY_NUMBER = 9
_SHOWN_KEY = 12


@dataclass(frozen=True, slots=True)
class Names:
    """How nodes are called in exports.

    ``shown`` gives each node its name; ``protected`` the nodes of payers; ``terms`` every text that would identify one
    (name, address, phone, handle), and the phones, documents and accounts of third parties, with the pseudonym that
    stands for it; ``parties`` the nodes of third parties.
    """

    shown: dict[int, str]
    protected: frozenset[int]
    terms: dict[str, str]
    parties: frozenset[int] = frozenset()

    @property
    def hidden(self) -> frozenset[int]:
        """Every node that is shown by a pseudonym."""
        return self.protected | self.parties

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
    Persons and personal accounts without any role get a pseudonym too, one for each entity. A payer who also has another
    role is still a payer, unless an analyst declared it (then ``assign_roles`` gives no payer role).
    """
    entity_of = dict(zip(entities["node_id"], entities["entity_id"], strict=True))
    payers = set(roles.loc[roles["role"] == "payer", "entity_id"])
    with_role = set(roles["entity_id"])
    rows = [_Row(int(r["node_id"]), int(entity_of.get(r["node_id"], r["node_id"])), str(r["rail"]), str(r["key"]),
                 r["label"] if isinstance(r["label"], str) else None, str(r["kind"])) for r in list_rows(nodes)]  # fmt: skip
    paying = [row for row in rows if row.entity in payers]
    others = [row for row in rows if row.entity not in with_role and _is_personal(row)]
    pseudonyms = _make_pseudonyms(paying, key, "Payer") | _make_pseudonyms(others, key, "Party")
    shown = {row.node_id: _show_node(row) for row in rows}
    shown |= {row.node_id: pseudonyms[row.entity] for row in (*paying, *others)}
    written = set(shown.values())
    terms = {term: pseudonyms[row.entity] for row in others for term in _party_terms(row) if term not in written}
    terms |= {term: pseudonyms[row.entity] for row in paying for term in _terms_of(row)}
    payer_nodes, party_nodes = (frozenset(row.node_id for row in part) for part in (paying, others))
    return Names(shown, payer_nodes, terms, party_nodes)


@dataclass(frozen=True, slots=True)
class _Row:
    node_id: int
    entity: int
    rail: str
    key: str
    label: str | None
    kind: str


def _make_pseudonyms(rows: list[_Row], key: str, word: str) -> dict[int, str]:
    """One pseudonym for each entity, from the first of its nodes by rail and key."""
    members: dict[int, list[str]] = {}
    for row in rows:
        members.setdefault(row.entity, []).append(f"{row.rail}:{row.key}")
    return {entity: make_pseudonym(key, min(keys), word) for entity, keys in members.items()}


def _is_personal(row: _Row) -> bool:
    """Whether a node stands for a person, and not for an operator, its fees, a transaction, or an address of a chain."""
    if row.kind != "account":
        return False
    if row.rail == "vasp":
        return ":account:" in row.key or ":nickname:" in row.key
    if row.rail == "mto":
        return row.key.startswith("party:")
    if row.rail == "bank":
        return not row.key.startswith(("bank:", "cash:", "unstated:")) and row.key != "fee"
    return row.rail in ("hawala", "chat", "phone", "document")


def _bare(rail: str, key: str) -> str:
    """The part of a key that people would know: a name or number without its scope."""
    return key.rpartition(":")[2] if rail in ("hawala", "chat", "mto", "bank", "vasp") else key


def _show_node(row: _Row) -> str:
    """A node's name for people: its label, or the beginning of its key."""
    if row.label:
        return row.label
    if row.rail == "vasp" and row.kind == "junction":
        return _show_record(row.key)
    return _shorten(_bare(row.rail, row.key))


def _show_record(key: str) -> str:
    """An exchange's record: ``binance withdrawal 3d3518a8...9e51``. A reference made of its account and more is shown
    without the account."""
    exchange, _, rest = key.partition(":")
    what, _, reference = rest.partition(":")
    own = reference.partition(":")[2][: _SHOWN_KEY + 4] or _shorten(reference)
    return " ".join(part for part in (exchange, what, own) if part)


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN_KEY + 4 else f"{text[: _SHOWN_KEY - 4]}...{text[-4:]}"


def _terms_of(row: _Row) -> set[str]:
    """The texts that identify a payer."""
    terms = {term for term in (_bare(row.rail, row.key), row.label) if term}
    return {term for term in terms if len(term) >= (SHORTEST_NUMBER if term.isdigit() else SHORTEST_TERM)}


def _party_terms(row: _Row) -> set[str]:
    """The numbers that identify a third party: phone, document, IBAN or account."""
    bare = _bare(row.rail, row.key)
    number = row.rail in ("phone", "document", "bank") and not row.key.startswith("party:")
    return {bare} if number and len(bare) >= SHORTEST_PARTY_NUMBER else set()


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
