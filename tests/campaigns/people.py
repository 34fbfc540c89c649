"""`make people`: play ten simulated cases of all scenarios through with every command, and look for people in what comes out.

Each case is measured by its answer key: payers that are protected, crew taken for payers, payers on a trail, and names and
phones of payers and innocents, and accounts of payers, in the console, the log and ``out/``. An account that nothing in the
case shows to be a payer's (one that got money and paid nobody, say) cannot be told from any other: such accounts are counted
apart, by how many are shown. The seeds are stated and were not used to set any threshold.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.people.everything import run_everything
from tests.people.persons import find_people, read_persons
from trails.case import Case
from trails.evaluate.case import Evaluation, evaluate_case
from trails.simulate.make import simulate_case

#: Scenario and size of each case; a case of a later round has the same ones with other seeds.
CASES = (
    ("mixed-rails", "S"), ("zvornik", "S"), ("taxi", "S"), ("ransom", "S"), ("office-raid", "S"), ("cash-only", "S"),
    ("mixed-rails", "M"), ("ransom", "M"), ("office-raid", "M"), ("taxi", "M"),
)  # fmt: skip
LEAST_PROTECTED, MOST_TAKEN = 0.95, 0.05


@dataclass(frozen=True)
class Outcome:
    """What one case showed: its measures, who was named where, accounts shown that no record shows to be a payer's, and how
    long it took."""

    evaluation: Evaluation
    named: tuple[str, ...]
    unknown: frozenset[str]
    seconds: float


def play_case(folder: Path, scenario: str, size: str, seed: int) -> Outcome:
    """Simulate a case, run every command on it, search what came out, and measure it."""
    began = time.monotonic()
    simulation = folder / "simulation"
    simulate_case(simulation, size=size, seed=seed, scenario=scenario)
    people = read_persons(simulation)
    payers = [person for person in people if person.side == "payer"]
    innocents = [person for person in people if person.side == "innocent"]
    console, files = run_everything(simulation, folder, payers)
    with Case.open(folder / "case", read_only=True) as case:
        evaluation = evaluate_case(case, simulation)
        others = {account for payer in payers for account in payer.accounts} - _list_protected(case)
    named, unknown = [], set()
    for where, text in [*console.printed, *files]:
        found = find_people(text, payers, accounts=True) + find_people(text, innocents, accounts=False)
        unknown |= {account for _, term in found if (account := term.partition(" (shortened)")[0]) in others}
        named += [f"{where}: {person} as {term!r}" for person, term in found if term.partition(" (shortened)")[0] not in others]
    return Outcome(evaluation, tuple(named), frozenset(unknown), time.monotonic() - began)


def _list_protected(case: Case) -> set[str]:
    """The accounts of whoever is protected, as people write them."""
    rows = case.con.execute(
        "SELECT key FROM nodes JOIN entities USING (node_id) JOIN roles USING (entity_id) WHERE protected"
    ).fetchall()
    return {str(key).rpartition(":")[2] for (key,) in rows}


def say_outcome(name: str, outcome: Outcome) -> str:
    """One line for a case."""
    measured = outcome.evaluation
    return (
        f"{name:24} payers protected {measured.payers_protected:>4} of {measured.payers:<4} crew taken for payers "
        f"{measured.crew_protected:>2} of {measured.crew:<3} payers on trails {measured.payers_on_trails} "
        f"people named {len(outcome.named)} accounts of unknown payers shown {len(outcome.unknown)} ({outcome.seconds:.0f} s)"
    )


def judge_outcomes(outcomes: list[Outcome]) -> list[str]:
    """What the issue's bounds are not met by, over all cases together; empty when all hold."""
    measured = [outcome.evaluation for outcome in outcomes]
    payers, protected = sum(each.payers for each in measured), sum(each.payers_protected for each in measured)
    crew, taken = sum(each.crew for each in measured), sum(each.crew_protected for each in measured)
    on_trails, named = sum(each.payers_on_trails for each in measured), sum(len(each.named) for each in outcomes)
    shares = f"protected {protected / max(1, payers):.3f}, crew taken {taken / max(1, crew):.3f}"
    unknown = sum(len(each.unknown) for each in outcomes)
    print(f"all: {shares}, {on_trails} on trails, {named} named, {unknown} accounts shown that nothing shows to be a payer's")
    return [
        *([f"only {protected} of {payers} payers are protected"] if protected < LEAST_PROTECTED * payers else []),
        *([f"{taken} of {crew} crew are taken for payers"] if taken > MOST_TAKEN * crew else []),
        *([f"{on_trails} payers are on trails"] if on_trails else []),
        *([f"people are named {named} times"] if named else []),
    ]


def main() -> None:
    """Play the cases; exit with 1 when a bound is not met."""
    said = argparse.ArgumentParser(description=__doc__)
    said.add_argument("--cases", type=int, default=len(CASES))
    said.add_argument("--seed", type=int, default=8001, help="the seed of the first case; each has the next")
    said.add_argument("--first", type=int, default=0, help="the case to begin with, where an earlier campaign was stopped")
    options = said.parse_args()
    outcomes = []
    for number in range(options.first, options.cases):
        scenario, size = CASES[number % len(CASES)]
        with tempfile.TemporaryDirectory() as work:
            outcomes.append(play_case(Path(work), scenario, size, options.seed + number))
        print(say_outcome(f"{scenario} {size} {options.seed + number}", outcomes[-1]), flush=True)
        for line in outcomes[-1].named[:5]:
            print(f"    {line}", flush=True)
    problems = judge_outcomes(outcomes)
    if problems:
        raise SystemExit("; ".join(problems))


if __name__ == "__main__":
    main()
