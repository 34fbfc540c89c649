"""Cases as they happened, for tests that look at no files."""

from __future__ import annotations

from trails.simulate.parameters import load_parameters
from trails.simulate.play import Played, play_case
from trails.simulate.scenarios import apply_scenario, find_scenario


def play(scenario: str = "mixed-rails", seed: int = 7, size: str = "S") -> Played:
    """A case as it happened, without files."""
    chosen = find_scenario(scenario, size)
    return play_case(seed, size, chosen, apply_scenario(load_parameters(), chosen))
