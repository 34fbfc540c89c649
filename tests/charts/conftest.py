from __future__ import annotations

import pytest

from tests.charts.chart_demo import make_case
from trails.charts.records import FlowInput, Scene
from trails.charts.scene import build_scene


@pytest.fixture(scope="session")
def case() -> FlowInput:
    return make_case()


@pytest.fixture(scope="session")
def scene(case: FlowInput) -> Scene:
    return build_scene(case)
