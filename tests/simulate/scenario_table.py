"""One case of each scenario from files to figures: ``python -m tests.simulate.scenario_table`` prints the table of the docs."""

from __future__ import annotations

import tempfile
from pathlib import Path

from trails.case import Case
from trails.evaluate.case import Evaluation, evaluate_case
from trails.evaluate.markdown import write_rows
from trails.handover import add_folder
from trails.hawala.matching import STATES
from trails.pipeline import analyse_case
from trails.simulate.make import simulate_case
from trails.simulate.scenarios import SCENARIOS

SEED = 7
_HEAD = (
    "scenario", "innocent payments / of the network", "rows read", "links of matches (right / stated)",
    "drivers named (right)", "links (right)", "innocents accused",
)  # fmt: skip


def list_scenario(name: str) -> tuple[object, ...]:
    """One row of the table."""
    with tempfile.TemporaryDirectory() as work:
        said = simulate_case(Path(work) / "out", size="S", seed=SEED, scenario=name)
        with Case.create(Path(work) / "case") as case:
            add_folder(case, Path(work) / "out" / "evidence")
            analyse_case(case)
            found = evaluate_case(case, Path(work) / "out")
            read = case.con.execute("SELECT sum(rows_read) FROM sources").fetchone() or (0,)
    stated, sure = sum(_pair(found, "matches", what)[1] for what in STATES), _pair(found, "matches", "link")
    drivers, links = _pair(found, "roles", "driver"), _pair(found, "links", "pairs, of those a file can show")
    return (
        f"`{name}`", f"{said['innocent']:,} / {said['of_the_network']:,}", int(read[0]), f"{stated} ({sure[0]} / {sure[1]})",
        f"{drivers[1]} ({drivers[0]})", f"{links[1]} ({links[0]})", found.accused,
    )  # fmt: skip


def _pair(found: Evaluation, inference: str, what: str) -> tuple[int, int]:
    """How many are right, of how many stated."""
    each = next(count for count in found.counts if (count.inference, count.what) == (inference, what))
    return each.right, each.claimed


if __name__ == "__main__":
    print(write_rows(_HEAD, map(list_scenario, SCENARIOS)))
