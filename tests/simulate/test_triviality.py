"""Nothing trivial tells crew from innocents, and the check would see it if something did."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.simulate.triviality import LIMIT, SEEDS, measure_feature, measure_triviality, write_markdown
from trails.simulate.scenarios import DEFAULT, SCENARIOS

_ASKED = {"amount in EUR", "hour", "rail", "length of the payee's name", "place in the file", "file", "first day"}


def test_no_trivial_feature_alone_tells_the_network_from_the_innocent() -> None:
    found = measure_triviality(seeds=SEEDS)
    assert set(found["feature"]) >= _ASKED
    assert found["network"].min() > 50
    over = found[found["auc"] > LIMIT]
    assert over.empty, over.to_string()
    page = (Path(__file__).parents[2] / "trails" / "docs" / "simulator.md").read_text(encoding="utf-8")
    assert write_markdown(found) in page, "print it anew with python -m tests.simulate.triviality"


@pytest.mark.parametrize("scenario", sorted({*SCENARIOS} - {DEFAULT}))
def test_nothing_trivial_tells_them_apart_in_the_other_scenarios(scenario: str) -> None:
    found = measure_triviality(scenario, seeds=SEEDS)
    assert set(found["unit"]) >= {"records", "people"}
    over = found[found["auc"] > LIMIT]
    assert over.empty, over.to_string()


def test_a_feature_that_gives_the_network_away_is_seen() -> None:
    rng = np.random.default_rng(1)
    network = rng.random(2_000) < 0.05
    neat = np.where(network, rng.normal(3, 1, 2_000), rng.normal(0, 1, 2_000))
    assert measure_feature(neat, network) > 0.9
    assert measure_feature(np.where(network, "tron", rng.choice(["tron", "bank"], 2_000)), network) > 0.6
    assert measure_feature(pd.Series(rng.random(2_000)), network) < 0.6
