from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.charts.chart_demo import make_case
from trails.charts.scene import build_scene

if TYPE_CHECKING:
    from trails.charts.records import FlowInput, Scene


@pytest.fixture(scope="session")
def case() -> FlowInput:
    return make_case()


@pytest.fixture(scope="session")
def scene(case: FlowInput) -> Scene:
    return build_scene(case)
