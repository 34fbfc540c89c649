"""Simulated cases that several tests look at, each made once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from trails.case import Case
from trails.evaluate.suite import add_folder
from trails.pipeline import analyse_case
from trails.simulate.make import simulate_case
from trails.simulate.parameters import load_parameters
from trails.simulate.play import Played, play_case
from trails.simulate.scenarios import apply_scenario, find_scenario


def play(scenario: str = "mixed-rails", seed: int = 7, size: str = "S") -> Played:
    """A case as it happened, without files."""
    chosen = find_scenario(scenario, size)
    return play_case(seed, size, chosen, apply_scenario(load_parameters(), chosen))


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a simulation: zvornik, size S, seed 7."""
    folder = tmp_path_factory.mktemp("simulated") / "out"
    simulate_case(folder, size="S", seed=7, scenario="zvornik")
    return folder


@pytest.fixture(scope="session")
def analysed(simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """The case made from its evidence, analysed."""
    with Case.create(tmp_path_factory.mktemp("analysed") / "case", pseudonym_key="00" * 32) as case:
        add_folder(case, simulated / "evidence")
        analyse_case(case)
        yield case
