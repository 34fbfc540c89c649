"""What all tests share: how inputs are drawn, a fresh case, the demo, a simulated case, the folder of real data, the browser."""

from __future__ import annotations

import gc
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from trails.case import Case
from trails.database import remember_database
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


def pytest_collection_finish() -> None:
    """Look no more for garbage among the modules and the thousands of tests, which stay to the end."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Let them go at the end."""
    gc.unfreeze()


@pytest.fixture(scope="session")
def new_case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an empty case, to be copied."""
    folder = tmp_path_factory.mktemp("new") / "case"
    Case.create(folder, pseudonym_key="ab" * 32).close()
    return folder


@pytest.fixture
def case(new_case: Path, tmp_path: Path) -> Iterator[Case]:
    """An empty case of the test's own."""
    folder = Path(shutil.copytree(new_case, tmp_path / "case"))
    remember_database(folder / "case.duckdb")  # as whoever made it does
    with Case.open(folder) as made:
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


def make_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that takes long to make: workers beside each other make it once. It is to be copied, and changed by nobody."""
    base = factory.getbasetemp()
    made = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"once-{name}"
    if not made.exists():
        begun = factory.mktemp(name) / "begun"
        make(begun)
        with suppress(OSError):
            begun.rename(made)  # fails where another worker was faster; then there are two alike
    return made


@pytest.fixture(scope="session")
def demo_as_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the demo case as `trails demo` left it, to be copied."""
    return make_once(tmp_path_factory, "demo", lambda folder: run_demo(folder, say=lambda _: None))


@pytest.fixture(scope="session")
def demo(demo_as_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the demo case, for questions only."""
    return Path(shutil.copytree(demo_as_made, tmp_path_factory.mktemp("demo") / "case"))


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a simulation: zvornik, size S, seed 7."""
    folder = tmp_path_factory.mktemp("simulated") / "out"
    simulate_case(folder, size="S", seed=7, scenario="zvornik")
    return folder


@pytest.fixture(scope="session")
def analysed(simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """The case made from its evidence, analysed."""

    def make(folder: Path) -> None:
        with Case.create(folder, name="case", pseudonym_key="00" * 32) as case:
            add_folder(case, simulated / "evidence")
            analyse_case(case)

    made = make_once(tmp_path_factory, "analysed", make)
    with Case.open(Path(shutil.copytree(made, tmp_path_factory.mktemp("analysed") / "case"))) as case:
        yield case
