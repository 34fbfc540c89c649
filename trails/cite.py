"""From a fact's number back to the words of the source: the raw record out of the vaulted, unchanged bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from trails.connector import ReadOptions, get_connector
from trails.errors import SourceError, UsageError
from trails.vault import open_vaulted

if TYPE_CHECKING:
    from trails.case import Case

_TABLES = {
    "transfer": ("transfers", "transfer_id"),
    "event": ("events", "event_id"),
    "tag": ("tags", "tag_id"),
    "price": ("prices", "price_id"),
    "issue": ("issues", "issue_id"),
}
_EVIDENCE = {"match": "matches", "claim": "claims", "link": "hops", "finding": "findings"}


@dataclass(frozen=True, slots=True)
class Citation:
    """One row of one source that states a fact: where it is, and its raw text."""

    fact: str
    source_id: int
    source_name: str
    sha256: str
    row: int | None
    raw: str


def cite(case: Case, identifier: str) -> list[Citation]:
    """Every row that a fact, an inference or a finding rests on, with its raw text.

    ``identifier`` is ``transfer:12``, ``event:3``, ``tag:1``, ``price:1``, ``issue:2``, a public id (``T...``,
    ``E...``), or an inference, which gives the rows of the facts under it: ``match:1``, ``claim:4``, ``link:1``,
    ``finding:2``. A bare number is a transfer.

    Raises UsageError for an identifier of nothing, SourceError when an original was changed. Cost: each source cited is
    hashed and read once, up to the last row asked for.
    """
    places = [place for fact in expand_facts(case, identifier) for place in _places(case, fact)]
    raws = _read_rows(case, {(source, row) for _, source, row in places if row is not None})
    names = {
        source: (name, sha256)
        for source, name, sha256 in case.con.execute("SELECT source_id, name, sha256 FROM sources").fetchall()
    }
    return [
        Citation(fact, source, *names[source], row, raws[(source, row)] if row is not None else "(the whole source)")
        for fact, source, row in places
    ]


def expand_facts(case: Case, identifier: str) -> list[str]:
    """The facts an identifier stands for, as ``table:number`` in order; itself when it is a fact."""
    text = identifier.strip()
    if re.fullmatch(r"\d+", text):
        text = f"transfer:{text}"
    if re.fullmatch(r"[TE][0-9a-f]{16}", text):
        table, key = ("transfers", "transfer") if text[0] == "T" else ("events", "event")
        found = case.con.execute(f"SELECT {key}_id FROM {table} WHERE public_id = ?", [text]).fetchone()
        if not found:
            raise UsageError(f"no {key} of this case has the public id {text}")
        return [f"{key}:{found[0]}"]
    kind, _, number = text.partition(":")
    if kind in _TABLES and number.isdecimal():
        return [text]
    if kind in _EVIDENCE and number.isdecimal():
        return _evidence_of(case, kind, int(number))
    raise UsageError(
        f"{identifier!r} names nothing; try transfer:12, event:3, tag:1, match:1, claim:4, link:1, finding:2 or a public id"
    )


def _evidence_of(case: Case, kind: str, number: int) -> list[str]:
    queries = {
        "match": "SELECT 'transfer:' || unnest([transfer_a, transfer_b]) FROM matches WHERE match_id = ?",
        "claim": "SELECT coalesce('transfer:' || transfer_id, 'event:' || event_id) FROM claims WHERE claim_id = ?",
        "link": "SELECT 'transfer:' || transfer_id FROM hops WHERE link_id = ? GROUP BY transfer_id, trail, step "
        "ORDER BY trail, step",
        "finding": "SELECT unnest(from_json(evidence, '[\"VARCHAR\"]')) FROM findings WHERE finding_id = ?",
    }
    facts = [fact for (fact,) in case.con.execute(queries[kind], [number]).fetchall()]
    if not facts:
        raise UsageError(f"this case has no {kind} {number}; run `trails analyse` first, or see `trails sql`")
    inner = [
        deeper for fact in facts for deeper in (expand_facts(case, fact) if fact.split(":")[0] in _EVIDENCE else [fact])
    ]
    return list(dict.fromkeys(inner))


def _places(case: Case, fact: str) -> list[tuple[str, int, int | None]]:
    """The (fact, source, row) triples that state a fact: its own first, then its further citations."""
    kind, _, number = fact.partition(":")
    table, key = _TABLES[kind]
    stored = "transfer_rows" if table == "transfers" else table
    own = case.con.execute(f"SELECT source_id, row FROM {stored} WHERE {key} = ?", [int(number)]).fetchone()
    if own is None:
        raise UsageError(f"this case has no {kind} {number}")
    further = case.con.execute(
        "SELECT source_id, row FROM citations WHERE fact = ? AND fact_id = ? ORDER BY source_id, row",
        [kind, int(number)],
    ).fetchall()
    return [(fact, source, row) for source, row in [own, *further]]


def _read_rows(case: Case, wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], str]:
    by_source: dict[int, set[int]] = {}
    for source_id, row in wanted:
        by_source.setdefault(source_id, set()).add(row)
    found: dict[tuple[int, int], str] = {}
    for source_id, rows in sorted(by_source.items()):
        missing = set(rows)
        for record in _records(case, source_id):
            if record.row in missing:
                found[(source_id, record.row)] = record.raw
                missing.remove(record.row)
                if not missing:
                    break
        left_out = case.con.execute("SELECT row FROM issues WHERE source_id = ? AND severity = 'skip'", [source_id])
        empty = missing & {row for (row,) in left_out.fetchall()}
        found.update({(source_id, row): "(an empty line)" for row in empty})
        missing -= empty
        if missing:
            raise SourceError(f"source {source_id} has no row {min(missing)}: its connector counts differently now")
    return found


def _records(case: Case, source_id: int) -> Iterable[Any]:
    name, sha256, connector, said = case.con.execute(
        "SELECT name, sha256, connector, options FROM sources WHERE source_id = ?", [source_id]
    ).fetchone() or ("", "", "", "{}")
    options = json.loads(said)
    folder = case.folder / "sources"
    companions = [open_vaulted(folder, each["sha256"], each["name"]) for each in options.pop("companions", ())]
    source = replace(open_vaulted(folder, sha256, name), companions=tuple(companions))
    return get_connector(connector).records(source, ReadOptions(**options))
