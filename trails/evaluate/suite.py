"""The fixed suite: cases of stated seeds, made, analysed as a person would, and measured together."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from trails.case import Case
from trails.evaluate.case import Evaluation, evaluate_case
from trails.handover import add_folder
from trails.pipeline import analyse_case
from trails.simulate.make import simulate_case

#: The seeds of the published figures. They are no seeds of any test, and rules are not tuned on them.
SUITE = (
    ("mixed-rails", "S", (1001, 1002, 1003, 1004, 1005)),
    ("zvornik", "S", (1101, 1102, 1103, 1104, 1105)),
    ("taxi", "S", (1201, 1202, 1203)),
    ("ransom", "S", (1301, 1302, 1303)),
    ("office-raid", "S", (1401, 1402, 1403)),
    ("cash-only", "S", (1501, 1502, 1503)),
    ("mixed-rails", "M", (1601, 1602)),
)
QUICK = (("mixed-rails", "S", (1001,)), ("zvornik", "S", (1101,)))
#: The pseudonyms of a suite's cases are nobody's secret: the same suite gives the same bytes.
_KEY = "00" * 32

Plan = Sequence[tuple[str, str, tuple[int, ...]]]


@dataclass(slots=True)
class Group:
    """The evaluations of one scenario, a case each."""

    scenario: str
    size: str
    seeds: tuple[int, ...]
    cases: list[Evaluation] = field(default_factory=list)


def run_suite(plan: Plan = SUITE, say: Callable[[str], None] | None = None) -> list[Group]:
    """Make, analyse and measure every case of the plan. Cost: some ten seconds a case of size S."""
    told = say or (lambda _: None)
    groups = []
    for scenario, size, seeds in plan:
        group = Group(scenario, size, seeds)
        for seed in seeds:
            told(f"{scenario}, size {size}, seed {seed}")
            with tempfile.TemporaryDirectory() as work:
                group.cases.append(measure_seed(Path(work), scenario, size, seed))
        groups.append(group)
    return groups


def measure_seed(work: Path, scenario: str, size: str, seed: int) -> Evaluation:
    """One simulated case from files to figures, in an empty folder."""
    simulate_case(work / "simulated", size=size, seed=seed, scenario=scenario)
    with Case.create(work / "case", pseudonym_key=_KEY) as case:
        add_folder(case, work / "simulated" / "evidence")
        analyse_case(case)
        return evaluate_case(case, work / "simulated")
