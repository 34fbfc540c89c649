"""Small simulated cases of every scenario."""

from __future__ import annotations

from pathlib import Path

from trails.simulate.make import simulate_case

#: A seed for each scenario in which its charity helps three people at least: two who get the same sum look like anybody.
SEEDS = {"mixed-rails": 10, "zvornik": 10, "taxi": 10, "ransom": 10, "office-raid": 9, "cash-only": 10}
_SMALL = {"networks": 1, "dispatchers": 1, "drivers": 4, "desks": 1, "migrants": 24, "months": 2, "background": 10}


def make_small(folder: Path, scenario: str) -> Path:
    """A simulation of 24 migrants; gives its folder."""
    simulate_case(folder, size="S", seed=SEEDS[scenario], scenario=scenario, changes={"size_S": {"of": _SMALL}})
    return folder
