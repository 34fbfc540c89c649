"""From a fact, an inference or a finding back to the words of the sources: what it is, then every row it rests on.

A row is told in words, with pseudonyms for people who are protected or whom nobody has judged yet. Its raw text comes out of
the vaulted, unchanged bytes, and is shown only to somebody who gives a reason: a row names people that no table of the case
holds, like the payee of a refused row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from trails.connector import RawRecord, get_connector
from trails.errors import SourceError, UsageError
from trails.fact_lines import FACTS, FactLines
from trails.find_node import describe_nodes, find_by_pseudonym, find_node
from trails.fresh import find_stale
from trails.graph import make_table
from trails.kept import read_companions, read_options
from trails.naming import read_names, read_real_names
from trails.pseudonyms import read_pseudonym
from trails.subjects import INFERENCES, TABLES, describe_subject, list_facts, say_missing
from trails.vault import open_vaulted
from trails.words import count_words

if TYPE_CHECKING:
    from trails.case import Case
    from trails.pictures import PicturePlace
    from trails.pseudonyms import Names

#: Facts in whose rows no person stands: their raw text is shown to everybody.
_NAMELESS = ("price:",)
#: Facts cited of one thing at most; more are counted.
MOST_FACTS = 2_000


@dataclass(frozen=True, slots=True)
class CitedPicture:
    """The picture that a row was read from: its source in the case (None: it was given with the sheet only), its page and the
    place on it, who read it and when, and whether he was unsure of a sign."""

    source_id: int | None
    source_name: str
    sha256: str
    page: int
    place: str
    transcriber: str
    transcribed: str
    uncertain: bool


@dataclass(frozen=True, slots=True)
class Citation:
    """One row of one source that states a fact: the fact in words, where it stands, and its raw text (None: not asked for).

    ``picture`` says where the row itself was read, where somebody wrote it off a picture.
    """

    fact: str
    text: str
    source_id: int
    source_name: str
    sha256: str
    row: int | None
    raw: str | None
    picture: CitedPicture | None = None


@dataclass(frozen=True, slots=True)
class Cited:
    """What an identifier is, in a sentence, every row it rests on, how many further facts are not listed, and whether it is
    an inference, which may be older than what it rests on."""

    identifier: str
    what: str
    citations: tuple[Citation, ...]
    not_listed: int
    inferred: bool


def cite(case: Case, identifier: str, *, real_names: bool = False) -> Cited:
    """What a fact, an inference or a finding is, and every row that it rests on, with its raw text.

    ``identifier`` is ``transfer:12``, ``event:3``, ``tag:1``, ``price:1``, ``issue:2``, ``node:7`` (every row that names it),
    ``rail:key``, a public id (``T...``, ``E...``), a pseudonym, or an inference, which gives the rows of the facts under it:
    ``match:1``, ``claim:4``, ``link:1``, ``role:2``, ``entity:5``, ``code:3``, ``debt:1``, ``netting:1``, ``proceeds:1``,
    ``finding:2``. A bare number is a transfer. ``real_names`` shows people as the sources write them, and the raw text of every
    row; the caller logs why.

    Raises UsageError for an identifier of nothing, SourceError when an original was changed. Cost: each source cited is
    hashed and read once, up to the last row asked for.
    """
    subject = read_identifier(case, identifier)
    said = describe_subject(case, subject)
    facts = list_facts(case, subject)
    if not facts and subject.partition(":")[0] not in ("entity", "role", "node", "finding"):
        raise UsageError(say_missing(case, *subject.split(":")))
    listed = facts[:MOST_FACTS]
    names = _read_names(case, listed, subject, real_names=real_names)
    lines = _read_lines(case, listed, names)
    places = [place for fact in listed for place in _places(case, fact)]
    raws = _read_rows(case, {(source, row) for _, source, row in places if row is not None})
    known = {
        source: (names.clean_text(name), sha256)
        for source, name, sha256 in case.con.execute("SELECT source_id, name, sha256 FROM sources").fetchall()
    }
    pictures = _list_pictures(case, [each.place for each in raws.values() if each.place])
    citations = tuple(
        Citation(
            fact, lines.get(fact, ""), source, *known[source], row,
            _show_raw(fact, raws[(source, row)].raw, real_names) if row is not None else "(the whole source)",
            _show_picture(raws[(source, row)].place, pictures, names, real_names=real_names) if row is not None else None,
        )
        for fact, source, row in places
    )  # fmt: skip
    inferred = subject.partition(":")[0] in INFERENCES
    return Cited(subject, names.tell_text(said), citations, len(facts) - len(listed), inferred)


def tell_subject(case: Case, subject: str) -> str:
    """What a subject is, in a sentence with names that may be shown; raises UsageError where the case holds no such thing."""
    said = describe_subject(case, subject)
    return _read_names(case, list_facts(case, subject)[:MOST_FACTS], subject, real_names=False).tell_text(said)


def _list_pictures(case: Case, places: Sequence[PicturePlace]) -> dict[str, tuple[int, str]]:
    """The number and name of each picture that is a source of the case, by its SHA-256."""
    if not places:
        return {}
    rows = case.con.execute(
        "SELECT sha256, min(source_id), arg_min(name, source_id) FROM sources WHERE sha256 IN (SELECT unnest(?::VARCHAR[])) "
        "GROUP BY sha256",
        [[each.sha256 for each in places]],
    ).fetchall()
    return {sha256: (int(number), name) for sha256, number, name in rows}


def _show_picture(
    place: PicturePlace | None, pictures: dict[str, tuple[int, str]], names: Names, *, real_names: bool
) -> CitedPicture | None:
    """The picture of a row, with names that may be shown."""
    if place is None:
        return None
    number, name = pictures.get(place.sha256, (None, "a picture that is no source of this case"))
    said = place.describe(real_names=real_names)
    return CitedPicture(
        number, names.clean_text(name), place.sha256, place.page or 1, names.clean_text(said),
        names.clean_text(place.transcriber), place.transcribed, bool(place.uncertain),
    )  # fmt: skip


def _show_raw(fact: str, raw: str, real_names: bool) -> str | None:
    return raw if real_names or fact.startswith(_NAMELESS) else None


def read_identifier(case: Case, identifier: str) -> str:
    """An identifier in one form, ``table:number``; raises UsageError for a text that names nothing."""
    text = identifier.strip()
    if re.fullmatch(r"\d+", text):
        text = f"transfer:{text}"
    if re.fullmatch(r"[TE][0-9a-f]{16}", text):
        table, key = ("transfers", "transfer") if text[0] == "T" else ("events", "event")
        found = case.con.execute(f"SELECT {key}_id FROM {table} WHERE public_id = ?", [text]).fetchone()
        if not found:
            raise UsageError(f"no {key} of this case has the public id {text}")
        return f"{key}:{found[0]}"
    if read_pseudonym(text):
        return f"node:{_find_called(case, text)}"
    kind, _, number = text.partition(":")
    if number and _has_rail(case, kind):
        return f"node:{find_node(case, text)[0]}"
    if kind in (*TABLES, *INFERENCES) and number.isdecimal() and len(number) < 10:
        return f"{kind}:{int(number)}"
    raise UsageError(
        f"{identifier!r} names nothing; try transfer:12, event:3, tag:1, node:7, match:1, claim:4, link:1, role:2, entity:5, "
        "code:3, debt:1, netting:1, proceeds:1, finding:2, a pseudonym or a public id"
    )


def _has_rail(case: Case, rail: str) -> bool:
    return case.con.execute("SELECT 1 FROM nodes WHERE rail = ? LIMIT 1", [rail]).fetchone() is not None


def _find_called(case: Case, pseudonym: str) -> int:
    """The node of whoever is shown by a pseudonym; of several the person chooses one."""
    found = find_by_pseudonym(case, pseudonym)
    if len(found) == 1:
        return found[0][0]
    if not found and find_stale(case):
        raise UsageError(f"nobody is called {pseudonym} as long as results are stale: run `trails analyse {case.folder}` first")
    if not found:
        raise UsageError(f"nobody in this case is called {pseudonym}: another case calls the same person otherwise")
    raise UsageError(
        f"{count_words(len(found), 'node')} of one person are called so; choose one by its number:", describe_nodes(case, found)
    )


def _read_names(case: Case, facts: list[str], subject: str, *, real_names: bool) -> Names:
    """The names of everybody who may have to be hidden, and of the parties of these facts."""
    touched: set[int] = {int(subject.partition(":")[2])} if subject.startswith(("node:", "entity:")) else set()
    for kind, columns in (("transfer", "src, dst"), ("event", "node_id, other_node_id"), ("tag", "node_id")):
        numbers = _numbers(facts, kind)
        if numbers:
            table = {"transfer": "transfer_rows"}.get(kind, f"{kind}s")
            rows = case.con.execute(
                f"SELECT unnest([{columns}]) FROM {table} WHERE {kind}_id IN (SELECT unnest(?::INTEGER[]))", [numbers]
            ).fetchall()
            touched |= {int(node) for (node,) in rows if node is not None}
    if not real_names:
        kind, _, number = subject.partition(":")
        ends = "SELECT node_a, node_b FROM claim_rows WHERE claim_id = ?"
        pairs = case.con.execute(ends, [int(number)]).fetchall() if kind == "claim" else []
        return read_names(case, also=touched | {int(node) for pair in pairs for node in pair}).number_other_ends(pairs)
    everybody = case.con.execute("SELECT node_id FROM nodes WHERE node_id IN (SELECT entity_id FROM roles)").fetchall()
    return read_real_names(case, touched | {int(node) for (node,) in everybody})


def _numbers(facts: Iterable[str], kind: str) -> list[int]:
    return [int(fact.partition(":")[2]) for fact in facts if fact.startswith(f"{kind}:")]


def _read_lines(case: Case, facts: list[str], names: Names) -> dict[str, str]:
    """The transfers, events and tags among facts in words: sums in whole units, times in UTC."""
    from trails.graph import CaseTables

    frames = {
        kind: case.read_frame(
            f"SELECT * FROM {kind}s WHERE {kind}_id IN (SELECT unnest(?::INTEGER[]))", [_numbers(facts, kind)]
        )
        for kind in FACTS
    }
    empty = {name: make_table(name, {}) for name in ("nodes", "prices", "judgements")}
    assets = case.read_frame("SELECT * FROM assets")
    tables = CaseTables(
        assets=assets, transfers=frames["transfer"], events=frames["event"], tags=frames["tag"], **empty
    )
    sources = [
        {"source_id": number, "name": name, "sha256": sha256}
        for number, name, sha256 in case.con.execute("SELECT source_id, name, sha256 FROM sources").fetchall()
    ]
    lines = FactLines(tables, names, sources, make_table("citations", {}))
    said = {fact: lines.line(fact) for fact in facts if fact.partition(":")[0] in FACTS}
    return {
        fact: line.text + (f", reference {line.reference}" if line.reference else "") for fact, line in said.items()
    }


def _places(case: Case, fact: str) -> list[tuple[str, int, int | None]]:
    """The (fact, source, row) triples that state a fact: its own first, then its further citations."""
    kind, _, number = fact.partition(":")
    table, key = TABLES[kind]
    stored = "transfer_rows" if table == "transfers" else table
    own = case.con.execute(f"SELECT source_id, row FROM {stored} WHERE {key} = ?", [int(number)]).fetchone()
    if own is None:
        raise UsageError(f"this case has no {kind} {number}")
    further = case.con.execute(
        "SELECT source_id, row FROM citations WHERE fact = ? AND fact_id = ? ORDER BY source_id, row",
        [kind, int(number)],
    ).fetchall()
    return [(fact, source, row) for source, row in [own, *further]]


def _read_rows(case: Case, wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], RawRecord]:
    by_source: dict[int, set[int]] = {}
    for source_id, row in wanted:
        by_source.setdefault(source_id, set()).add(row)
    found: dict[tuple[int, int], RawRecord] = {}
    for source_id, rows in sorted(by_source.items()):
        missing = set(rows)
        for record in _records(case, source_id):
            if record.row in missing:
                found[(source_id, record.row)] = record
                missing.remove(record.row)
                if not missing:
                    break
        left_out = case.con.execute("SELECT row FROM issues WHERE source_id = ? AND severity = 'skip'", [source_id])
        empty = missing & {row for (row,) in left_out.fetchall()}
        found.update({(source_id, row): RawRecord(row, "(an empty line)", None) for row in empty})
        missing -= empty
        if missing:
            raise SourceError(f"source {source_id} has no row {min(missing)}: its connector counts differently now")
    return found


def _records(case: Case, source_id: int) -> Iterable[Any]:
    name, sha256, connector, said = case.con.execute(
        "SELECT name, sha256, connector, options FROM sources WHERE source_id = ?", [source_id]
    ).fetchone() or ("", "", "", "{}")
    folder = case.folder / "sources"
    companions = [open_vaulted(folder, each["sha256"], each["name"]) for each in read_companions(said)]
    source = replace(open_vaulted(folder, sha256, name), companions=tuple(companions))
    return get_connector(connector).records(source, read_options(said))
