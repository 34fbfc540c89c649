"""Every sample of every connector, damaged in every way we know: records, issues or one clear error, and nothing else."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.fuzz.mutations import LIKELY, mutate
from tests.fuzz.target import Unbounded, all_samples, bounded, check_input, make_source, sample_companions
from tests.regenerate import read_options
from trails.connector import Connector, list_connectors

CONNECTORS = list_connectors()
SAMPLES = list(all_samples(CONNECTORS))
ALL_BYTES = [path.read_bytes() for _, path in SAMPLES]
each_sample = pytest.mark.parametrize(
    ("connector", "sample"), SAMPLES, ids=lambda it: it.name if isinstance(it, Connector | Path) else None
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the damaged files stand, one after the other; all samples were read before, so that no bound counts compiling."""
    for connector, sample in SAMPLES:
        source = make_source(sample, sample.name, sample_companions(sample))
        assert check_input(connector, CONNECTORS, source, read_options(sample)) is None
    return tmp_path_factory.mktemp("scratch")


def check_bytes(connector: Connector, sample: Path, folder: Path, data: bytes) -> None:
    """Put the bytes where the sample's would be, and look at them within the bounds."""
    path = folder / "input"
    path.write_bytes(data)
    source = make_source(path, sample.name, sample_companions(sample))
    try:
        with bounded():
            check_input(connector, CONNECTORS, source, read_options(sample))
    except (Unbounded, MemoryError) as problem:
        raise AssertionError(
            f"{connector.name}: {len(data):,} bytes of {sample.name} were not bounded: {problem}"
        ) from None


@each_sample
@settings(max_examples=25)
@given(names=st.lists(st.sampled_from(LIKELY), min_size=1, max_size=3), seed=st.integers(0, 2**32))
@example(names=["truncate"], seed=1)
@example(names=["change_json"], seed=3)
@example(names=["change_json"], seed=5)
@example(names=["nest_deeply"], seed=4)
@example(names=["put_bad_bytes"], seed=5)
@example(names=["become_other"], seed=6)
def test_any_damage_is_understood_or_refused(
    connector: Connector, sample: Path, scratch: Path, names: list[str], seed: int
) -> None:
    check_bytes(connector, sample, scratch, mutate(sample.read_bytes(), names, Random(seed), ALL_BYTES))
