"""Names for nodes in everything that is shown: who is protected or not yet judged becomes a pseudonym.

Payers, victims, minors and third parties are protected. Persons without a role are third parties too, in ledgers, chats,
pick-up lists, bank statements and exchange answers; and whoever has no role but one that was inferred from records is
innocent until a person confirms it: their names, accounts, phones and documents are shown by a pseudonym.

A pseudonym is the HMAC-SHA-256 of the first node of the entity under the case's own key, so it is the same in every
picture and report of a case, stays when later files make the entity larger, and cannot be undone by trying names without
the key, which stands in no export.

Who is shown is called by the pseudonym whatever the name is. Finished files are searched for the names as well, but for those that
say nothing there: a word of our own texts (:mod:`trails.own_texts`), a currency, and what has too few letters and digits. It is
a safeguard, not anonymity: whoever has the case has the names.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from trails.errors import LeakError
from trails.graph import list_rows
from trails.marks import resolve_marks
from trails.nearly import list_writings
from trails.own_texts import find_own, has_own_words
from trails.persons import PERSONAL, is_office_of_book, is_person
from trails.terms import Terms
from trails.visible import drop_shown, is_hidden
from trails.words import count_words

if TYPE_CHECKING:
    import pandas as pd

#: Shorter names cannot be told from ordinary text; they are still never written, but not searched for.
SHORTEST_TERM = 3
#: A name of digits alone (a client's number) is searched for from this length: shorter ones are in every table.
SHORTEST_NUMBER = 6
#: A word of one letter and digits (a plate) is searched for from this length: shorter ones are numbers of a drawing.
SHORTEST_PLATE = 5
#: Of third parties only numbers of this length are searched for in finished exports: a shorter one may be an amount.
SHORTEST_PARTY_NUMBER = 9
#: Characters of a pseudonym, 5 bits each: among ten million the chance that any two are alike is below 1 in 10^7.
LENGTH = 14
#: The first word of a pseudonym: of somebody with the role of a payer, and of anybody else.
_PAYER, _PARTY = "Payer", "Party"
_PSEUDONYM = re.compile(rf"(?:{_PAYER}|{_PARTY})-([A-Z2-7]{{{LENGTH // 2}}}-[A-Z2-7]{{{LENGTH // 2}}})", re.IGNORECASE)
#: What stands for the reference of a transfer that would name a protected person.
WITHHELD = "(reference withheld)"
_SHOWN_KEY = 12
#: Of the people that a file would have named so many are listed.
_MOST_LISTED = 5
#: Characters of a file's SHA-256 in the names of what it does not name.
_CALLED_AFTER_FILE = (8, 12, 16)
#: Roles that a person decided on, or somebody published: only these name anybody.
OPEN = ("declared", "confirmed", "tag")


@dataclass(frozen=True)
class Names:
    """How nodes are called in what is shown.

    ``shown`` gives each node a short name, ``full`` one that can be looked up: the whole address with its label, or the
    pseudonym. ``protected`` are the nodes of payers, victims, minors and third parties by role; ``parties`` those of persons
    without a role; ``inferred`` those of entities whose only role is inferred. ``terms`` is every text that would identify
    one of them in a finished export, with the pseudonym that stands for it; ``hide`` has in addition what is only replaced
    where it occurs in running text (names of one word, say). ``common`` are names that our own texts hold too: they are not looked
    for in texts, only taken for a name where one stands alone. ``withheld`` are the transactions with a protected end.
    ``as_written`` are names that our own texts nearly hold ("cash transfer" of somebody called Transfer Cash): these are not looked
    for where they are nearly written.
    """

    shown: dict[int, str]
    protected: frozenset[int]
    terms: dict[str, str]
    parties: frozenset[int] = frozenset()
    inferred: frozenset[int] = frozenset()
    full: dict[int, str] = field(default_factory=dict)
    hide: dict[str, str] = field(default_factory=dict)
    withheld: frozenset[str] = frozenset()
    common: dict[str, str] = field(default_factory=dict)
    as_written: frozenset[str] = frozenset()

    def show_reference(self, reference: str) -> str | None:
        """A transfer's own reference (``hash:number``); None where its transaction has a protected end."""
        return None if reference.partition(":")[0] in self.withheld else reference

    @cached_property
    def hidden(self) -> frozenset[int]:
        """Every node that is shown by a pseudonym."""
        return self.protected | self.parties | self.inferred

    @cached_property
    def searched(self) -> Terms:
        """The terms that a finished export must not hold."""
        return Terms(self.terms)

    @cached_property
    def replaced(self) -> Terms:
        """The terms that are replaced in running text; who is shown by a name that is nearly one of them keeps it."""
        spared = [name for node, name in self.shown.items() if node not in self.hidden]
        return Terms({**self.terms, **self.hide}, spared=spared, as_written=self.as_written)

    def number_other_ends(self, pairs: Iterable[tuple[int, int]]) -> Names:
        """The same names, but where a claim is about a protected node and another, that one is called by its number: beside
        the pseudonym its address would say whose it may be."""
        others = {other for pair in pairs for one, other in (pair, pair[::-1]) if one in self.protected} - self.hidden
        called = {node: f"node {node}" for node in others}
        return replace(self, shown={**self.shown, **called}, full={**self.full, **called})

    def rename_text(self, text: str) -> str:
        """A sentence with the name of every node that it marks."""
        return resolve_marks(text, lambda node: self.full.get(node) or self.shown.get(node, f"node {node}"))

    def clean_text(self, text: str) -> str:
        """A text of somebody else (a file's name, a reason, a raw record) with pseudonyms in place of names and numbers."""
        return self.replaced.replace(text)

    def tell_text(self, text: str) -> str:
        """A sentence of ours that marks nodes and may quote somebody: with the names of nodes, and cleaned."""
        return self.clean_text(self.rename_text(text))

    def clean_value(self, text: str) -> str:
        """The same of a text that may be a name and no more."""
        return self.common.get(text.strip().casefold()) or self.clean_text(text)


#: The names of nobody.
NOBODY = Names({}, frozenset(), {})


def make_pseudonym(key: str, identity: str, word: str = _PAYER, *, turn: int = 0) -> str:
    """The pseudonym of one payer, or with another word of another person; ``turn`` gives another one where two are alike.

    >>> make_pseudonym("00" * 16, "hawala:party:x:someone")
    'Payer-F62GVT6-4HV7KUT'
    """
    text = f"{identity}#{turn}" if turn else identity
    digest = hmac.new(bytes.fromhex(key), text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    code = base64.b32encode(digest).decode()[:LENGTH]
    return f"{word}-{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def read_pseudonym(text: str) -> str | None:
    """The letters of a pseudonym that is a whole text, in any case; None for every other text.

    >>> read_pseudonym("party-f62gvt6-4hv7kut")
    'F62GVT6-4HV7KUT'
    """
    found = _PSEUDONYM.fullmatch(text.strip())
    return found[1].upper() if found else None


def name_nodes(
    nodes: pd.DataFrame, entities: pd.DataFrame, roles: pd.DataFrame, *, key: str, references: Iterable[str] = (),
    files: Iterable[str] = (), currencies: Iterable[str] = (),
) -> Names:  # fmt: skip
    """The names of all nodes: labels and keys, and one pseudonym for every entity that is protected or not yet judged.

    Columns used: nodes (node_id, rail, key, label, kind), entities (entity_id, node_id), roles (entity_id, role, basis,
    protected). ``references`` are transaction ids of transfers with a protected end: they would name it, and are searched
    for too. ``files`` are the SHA-256 of the sources: an account that is called after its file, since that does not say whose
    it is, identifies nobody. ``currencies`` are those of the case: every sum is written with one. A payer
    who also has another role is still a payer, unless an analyst declared it (then ``assign_roles`` gives no payer role).
    """
    entity_of = dict(zip(entities["node_id"], entities["entity_id"], strict=True))
    protected, payers, open_ = _read_roles(roles)
    with_role = set(roles["entity_id"])
    rows = [_Row(int(r["node_id"]), int(entity_of.get(r["node_id"], r["node_id"])), str(r["rail"]), str(r["key"]),
                 r["label"] if isinstance(r["label"], str) else None, str(r["kind"])) for r in list_rows(nodes)]  # fmt: skip
    safe = [row for row in rows if row.entity in protected and row.kind == "account"]
    others = [row for row in rows if row.entity not in with_role and is_person(row.rail, row.key, row.kind)]
    only_inferred = with_role - protected - open_
    unsure = [row for row in rows if row.kind == "account" and row.entity in only_inferred]
    chosen = [*safe, *others, *unsure]
    pseudonyms = _make_pseudonyms(chosen, key, payers)
    called = {row.node_id: pseudonyms[row.entity] for row in chosen}
    withheld = frozenset(references)
    called |= {
        row.node_id: f"transaction {row.node_id} {WITHHELD}" for row in rows if row.kind == "junction" and row.key in withheld
    }
    shown = {row.node_id: _show_node(row) for row in rows} | called
    full = {row.node_id: _show_full(row) for row in rows} | called
    open_words = {name.casefold() for node, name in shown.items() if node not in called}
    terms: dict[str, str] = dict.fromkeys(sorted(withheld), WITHHELD)
    hide: dict[str, str] = {}
    for row in (*others, *unsure):
        known = _terms_of(row) if row.rail in PERSONAL else set()
        hide |= {term: called[row.node_id] for term in known if term.casefold() not in open_words}
        terms |= {term: called[row.node_id] for term in _party_terms(row) if term.casefold() not in open_words}
    terms |= {term: called[row.node_id] for row in safe for term in _terms_of(row)}
    after_files = {digest[:length] for digest in files for length in _CALLED_AFTER_FILE}
    common = _find_common([*terms, *hide], withheld, currencies)
    no_names = after_files | common
    alone = {term.casefold(): name for term, name in (hide | terms).items() if term in common}
    terms, hide = ({term: name for term, name in said.items() if term not in no_names} for said in (terms, hide))
    as_written = _find_nearly_own([*terms, *hide])
    sets = (frozenset(row.node_id for row in part) for part in (safe, others, unsure))
    safe_nodes, party_nodes, unsure_nodes = sets
    return Names(shown, safe_nodes, terms, party_nodes, unsure_nodes, full, hide, withheld, alone, as_written)


def _find_common(terms: list[str], withheld: frozenset[str], currencies: Iterable[str]) -> set[str]:
    """Names that cannot be searched for, since every file holds them: words of our own texts, and currencies."""
    codes = {code.casefold() for code in currencies}
    names = [term for term in terms if term not in withheld]
    return find_own(names) | {term for term in names if term.casefold() in codes}


def _find_nearly_own(terms: list[str]) -> frozenset[str]:
    """Names that our own texts nearly hold: without accents, in another order of their words, or with an ``s`` behind them."""
    several = {term: list_writings(term) for term in terms if " " in term or not term.isascii()}
    near = {term: texts for term, texts in several.items() if has_own_words(texts[0])}
    own = find_own(text for texts in near.values() for text in texts)
    return frozenset(term for term, texts in near.items() if not own.isdisjoint(texts))


def name_openly(nodes: pd.DataFrame) -> Names:
    """The names of nodes as the sources write them, with nothing hidden."""
    rows = [_Row(int(r["node_id"]), int(r["node_id"]), str(r["rail"]), str(r["key"]),
                 r["label"] if isinstance(r["label"], str) else None, str(r["kind"])) for r in list_rows(nodes)]  # fmt: skip
    return Names(
        {row.node_id: _show_node(row) for row in rows}, frozenset(), {}, full={row.node_id: _show_full(row) for row in rows}
    )


def _read_roles(roles: pd.DataFrame) -> tuple[set[int], set[int], set[int]]:
    """Entities that are protected; those of them that are payers; and those that a person or a publisher named."""
    protected = set(roles.loc[roles["protected"].astype(bool), "entity_id"])
    payers = set(roles.loc[roles["role"] == "payer", "entity_id"])
    return protected, payers, set(roles.loc[roles["basis"].isin(OPEN), "entity_id"]) - protected


@dataclass(frozen=True, slots=True)
class _Row:
    node_id: int
    entity: int
    rail: str
    key: str
    label: str | None
    kind: str


def _make_pseudonyms(rows: list[_Row], key: str, payers: set[int]) -> dict[int, str]:
    """One pseudonym for each entity, from the node of it that came into the case first; no two alike."""
    first: dict[int, _Row] = {}
    for row in sorted(rows, key=lambda each: each.node_id):
        first.setdefault(row.entity, row)
    made: dict[int, str] = {}
    used: set[str] = set()
    for entity, row in first.items():
        turn, code = 0, ""
        while not turn or code in used:
            name = make_pseudonym(key, f"{row.rail}:{row.key}", _PAYER if entity in payers else _PARTY, turn=turn)
            code, turn = name.partition("-")[2], turn + 1
        used.add(code)
        made[entity] = name
    return made


def _bare(rail: str, key: str) -> str:
    """The part of a key that people would know: a name or number without its scope."""
    return key.rpartition(":")[2] if rail in PERSONAL else key


def _show_node(row: _Row) -> str:
    """A node's name for people: its label, or the beginning of its key."""
    if row.label:
        return row.label
    if row.rail == "vasp" and row.kind == "junction":
        return _show_record(row.key)
    return _shorten(_bare(row.rail, row.key))


def _show_full(row: _Row) -> str:
    """A node's name with all that is needed to look it up: the whole address or transaction id, behind its label."""
    if row.rail == "vasp" and row.kind == "junction":
        return _show_record(row.key)
    bare = _bare(row.rail, row.key)
    if row.rail in PERSONAL:
        return row.label or bare
    return f"{row.label} ({bare})" if row.label and row.label != bare else bare


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
    """The texts that identify a person: the name or number of a node, and its label."""
    if is_office_of_book(row.rail, row.key):
        return set()
    terms = {term for term in (_bare(row.rail, row.key), row.label) if term}
    return {term for term in terms if _is_searchable(term)}


def _is_searchable(term: str) -> bool:
    """Whether a name has enough letters, digits or signs, of those one sees, to be more than a number or a sign by chance."""
    plain = term.isascii() and term.isprintable()  # as most are: the same, without looking at each sign
    seen = term if plain else "".join(sign for sign in unicodedata.normalize("NFKC", term) if not is_hidden(sign))
    letters, digits = sum(map(str.isalpha, seen)), sum(map(str.isdigit, seen))
    if digits >= SHORTEST_NUMBER or letters > 1:
        return len(seen) >= SHORTEST_TERM
    if letters:
        return letters + digits >= SHORTEST_PLATE and seen.isalnum()
    return not digits and len(seen) >= SHORTEST_TERM


def _party_terms(row: _Row) -> set[str]:
    """What identifies somebody who is no payer and must stand in no export: phone, document, account, and a whole name.

    Addresses of chains may stand in an annex; a name of one word may be any word.
    """
    if row.rail not in PERSONAL:
        return set()
    bare = _bare(row.rail, row.key)
    number = row.rail in ("phone", "document", "bank", "vasp") and not row.key.startswith("party:")
    found = {bare} if number and len(bare) >= SHORTEST_PARTY_NUMBER else set()
    return found | {term for term in _terms_of(row) if len([word for word in term.split() if len(word) > 1]) > 1}


def scan_export(text: str, names: Names, *, file_name: str) -> None:
    """Refuse a finished export that holds any term identifying a protected person.

    Raises LeakError naming the pseudonyms concerned, never the names. Terms match as whole words in any case, in the text
    as it stands, as a browser would show it, and without the escapes of signs that nobody sees (:mod:`trails.visible`).
    """
    plain = html.unescape(text) if "&" in text else text
    found = {*names.searched.find(plain), *names.searched.find(drop_shown(plain))}
    if found:
        raise LeakError(*_say_leak(sorted({names.terms[term] for term in found})[:_MOST_LISTED], len(found), names, file_name))


def _say_leak(who: list[str], count: int, names: Names, file_name: str) -> tuple[str, list[str]]:
    """What is said of a file that would have named somebody, and what can be done about it."""
    first = min((node for node, name in names.shown.items() if name == who[0]), default=None)
    node = "NODE" if first is None else f"node:{first}"
    return (
        f"{file_name} would have named {count_words(count, 'protected identifier')} ({', '.join(who)}) and was not written",
        [
            f"who that is, and in which rows: trails cite CASE {node} --names --why REASON (logged)",
            f"if that is no payer, but an office or one of the crew: trails declare CASE {node} --role ROLE --why REASON",
            (
                "if another text carries the name (the case's own name, a label, a tag): name that differently, in case.toml "
                "or in a corrected copy of the file added to a new case"
            ),
        ],
    )
