"""A case beside the answer key it was simulated with: whose each node is, and what each row truly records."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from trails.errors import UsageError
from trails.simulate.truth import read_hashes, read_truth

if TYPE_CHECKING:
    from trails.case import Case


@dataclass(slots=True)
class Known:
    """Truth by the case's own numbers."""

    tables: dict[str, list[dict[str, str]]]
    owner: dict[int, str] = field(default_factory=dict)
    movement: dict[int, str] = field(default_factory=dict)
    side: dict[str, str] = field(default_factory=dict)
    roles: dict[str, set[str]] = field(default_factory=dict)
    kind: dict[str, str] = field(default_factory=dict)
    recorded: set[str] = field(default_factory=set)
    #: What is wrong with the rows that record a movement.
    faults: dict[str, set[str]] = field(default_factory=dict)

    def of_entity(self, entities: dict[int, list[int]], number: int) -> str:
        """Whose an entity mostly is; empty where nobody's node is in it."""
        owners = Counter(self.owner[node] for node in entities.get(number, []) if node in self.owner)
        return min(owners, key=lambda who: (-owners[who], who)) if owners else ""


def read_known(case: Case, folder: Path) -> Known:
    """The truth of a folder by the numbers of a case made from its evidence.

    Raises UsageError where the folder is no finished simulation, or the case holds none of its files.
    """
    added = {str(row[0]) for row in case.con.execute("SELECT sha256 FROM sources").fetchall()}
    if not added & read_hashes(folder):
        raise UsageError(f"none of the files of this case is of the simulation in {folder}")
    known = Known(read_truth(folder))
    for person in known.tables["persons"]:
        known.side[person["person"]] = person["side"]
        known.roles[person["person"]] = {part.split(";")[0] for part in person["roles"].split("|") if part}
    known.kind = {each["movement"]: each["kind"] for each in known.tables["movements"]}
    _number_nodes(case, known)
    _number_transfers(case, known)
    return known


def _number_nodes(case: Case, known: Known) -> None:
    """Nodes with one owner; a written name that stands for two people has none."""
    single = {
        (each["rail"], each["key"]): each["owners"] for each in known.tables["accounts"] if "|" not in each["owners"]
    }
    for node, rail, key in case.con.execute("SELECT node_id, rail, key FROM nodes WHERE kind = 'account'").fetchall():
        owner = single.get((rail, key))
        if owner:
            known.owner[int(node)] = owner


def _number_transfers(case: Case, known: Known) -> None:
    what = {}
    for each in known.tables["records"]:
        if each["row"]:
            known.recorded.update(part for part in each["what"].split("+") if part.startswith("M"))
            what[(each["file"], int(each["row"]))] = each["what"]
            for part in each["what"].split("+") if each["fault"] else ():
                known.faults.setdefault(part, set()).update(each["fault"].split("+"))
    rows = case.con.execute(
        "SELECT t.transfer_id, s.name, t.row FROM transfer_rows t JOIN sources s USING (source_id) WHERE t.kind <> 'fee'"
    ).fetchall()
    for transfer, name, row in rows:
        found = what.get((name, int(row)), "")
        if found.startswith("M"):
            known.movement[int(transfer)] = found.split("+")[0]
