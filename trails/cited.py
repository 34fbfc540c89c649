"""What a source rests on without its bytes being in it: the pictures that its rows name, and the other sheets of those pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from trails.connector import OtherSheet, Source, get_connector
from trails.kept import read_companions, read_options
from trails.pictures import PICTURES
from trails.vault import open_vaulted

if TYPE_CHECKING:
    from trails.case import Case


def may_name_more(case: Case, source_id: int, connector: str) -> bool:
    """Whether rows of a source that is in the case name pictures and were refused: what they name may have come by now."""
    refused = case.con.execute("SELECT rows_refused > 0 FROM sources WHERE source_id = ?", [source_id]).fetchone()
    return bool(refused and refused[0]) and get_connector(connector).may_cite


def attach_cited(case: Case, source: Source, connector: str, pictures: Sequence[str]) -> Source:
    """A source with the pictures of the case that its rows name, beside what it was given with, and with the other sheets of them.

    ``pictures`` are their SHA-256. Raises SourceError where the original of one was changed.
    """
    rows = case.con.execute(
        "SELECT sha256, arg_min(name, source_id) FROM sources WHERE connector = ? AND sha256 IN (SELECT unnest(?::VARCHAR[])) "
        "GROUP BY sha256",
        [PICTURES, pictures],
    ).fetchall()
    found, there = dict(rows), {each.sha256 for each in source.companions}
    folder = case.folder / "sources"
    more = [open_vaulted(folder, each, found[each]) for each in pictures if each in found and each not in there]
    return replace(
        source, companions=(*source.companions, *more), others=_list_others(case, source, connector, pictures)
    )


def _list_others(case: Case, source: Source, connector: str, pictures: Sequence[str]) -> tuple[OtherSheet, ...]:
    """What was added before, of other bytes, and names one of the pictures."""
    rows = case.con.execute(
        "SELECT source_id, sha256, name, options, (SELECT list(row) FROM issues i WHERE i.source_id = s.source_id "
        "AND severity = 'error' AND row IS NOT NULL) FROM sources s WHERE connector = ? AND sha256 <> ? ORDER BY source_id",
        [connector, source.sha256],
    ).fetchall()
    return tuple(
        OtherSheet(number, open_vaulted(case.folder / "sources", sha256, name), read_options(said), frozenset(refused or ()))
        for number, sha256, name, said, refused in rows
        if {each["sha256"] for each in read_companions(said)} & set(pictures)
    )
