"""What all tests share: how inputs are drawn, a fresh case, the demo, a simulated case, the folder of real data, the browser."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from trails.case import Case
from trails.demo import run_demo
from trails.handover import add_folder
from trails.pipeline import analyse_case
from trails.simulate.make import simulate_case

ROOT = Path(__file__).parent.parent

# Drawn inputs are the same on every run of the suite, and how long one takes is never judged: the machine may be busy.
# What fails is printed so that it can be repeated; nothing is remembered from one run to the next.
settings.register_profile(
    "suite", deadline=None, derandomize=True, database=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")
# `make explore`: other inputs each time, and many more of them
settings.register_profile("explore", settings.get_profile("suite"), derandomize=False, max_examples=5_000)
# what the library reads out of our modules goes to the other caches
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(ROOT / ".pytest_cache" / "hypothesis"))


# whoever runs the suite in the background of a shell gives it a deaf ear for Ctrl-C, which every child would inherit
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    """A new, empty case."""
    with Case.create(tmp_path / "case", pseudonym_key="ab" * 32) as made:
        yield made


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data; the test is skipped aloud where it is absent."""
    folder = Path(os.environ.get("TRAILS_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data is not at {folder} (set TRAILS_REAL_DATA)")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium; the test is skipped aloud where it is missing."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.skip("Chromium is missing: browser checks are skipped")
    return found


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the demo case, for questions only."""
    folder = tmp_path_factory.mktemp("demo") / "case"
    run_demo(folder, say=lambda _: None)
    return folder


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
