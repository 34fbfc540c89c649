"""Any bytes give records, issues, or one clear error: never a traceback, a lost row, or more memory than stated."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.check import all_samples, check_bytes
from tests.fuzz.mutate import Choices, mutate
from trails.connector import list_connectors

SAMPLES = all_samples()
CONTENTS = [data for *_, data in SAMPLES]
#: Samples are a few kilobytes; what is read from one, damaged, may take this much.
MOST_MEMORY = 200 << 20

each_connector = pytest.mark.parametrize("name", sorted({connector.name for connector, *_ in SAMPLES}))


def test_every_connector_is_fuzzed() -> None:
    assert {connector.name for connector, *_ in SAMPLES} == {connector.name for connector in list_connectors()}


@each_connector
@settings(
    max_examples=60, derandomize=True, database=None, deadline=5_000,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(data=st.binary(min_size=1, max_size=60))
def test_damaged_samples(name: str, data: bytes) -> None:
    choices = Choices(data)
    mine = [sample for sample in SAMPLES if sample[0].name == name]
    connector, path, options, content = mine[choices.number(len(mine))]
    check_bytes(connector, path, options, mutate(content, CONTENTS, choices))


@each_connector
def test_whatever_another_connector_reads(name: str) -> None:
    """Every connector on every other's sample: refused or read, and the memory stays within bounds."""
    connector, path, options, _ = next(sample for sample in SAMPLES if sample[0].name == name)
    tracemalloc.start()
    try:
        for other in CONTENTS:
            check_bytes(connector, path, options, other)
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()


@each_connector
@pytest.mark.parametrize(
    "data", [b"", b"\n", b"\x00" * 5_000, b"\xff" * 5_000, b"{" * 50_000, b"a" * (1 << 20), b"PK\x03\x04"]
)
def test_nothing_and_noise(name: str, data: bytes) -> None:
    connector, path, options, _ = next(sample for sample in SAMPLES if sample[0].name == name)
    check_bytes(connector, path, options, data)
