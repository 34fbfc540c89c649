"""Files packed with Zstandard are read as what is inside, within the bounds of all unpacking."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import ethereum_etl
from tests.connectors.reading import SAMPLES, make_source, open_source, read_all
from trails.archives import inner_name, is_packed, open_bytes
from trails.case import Case
from trails.errors import SourceError
from trails.ingest import add_source

TRON = (SAMPLES / "tronscan" / "sample.csv").read_bytes()


def zstd(data: bytes) -> bytes:
    packed: bytes = pa.compress(data, codec="zstd", asbytes=True)
    return packed


def own_frame(data: bytes, number: int = 0) -> bytes:
    """A frame of the packing tool's own, which holds nothing of the file."""
    return (0x184D2A50 + number).to_bytes(4, "little") + len(data).to_bytes(4, "little") + data


def unpack(folder: Path, data: bytes) -> bytes:
    with open_bytes(make_source(folder, data, "t.csv.zst")) as stream:
        return stream.read()


def test_a_packed_export_is_the_export(case: Case, tmp_path: Path) -> None:
    (tmp_path / "t.csv.zst").write_bytes(zstd(TRON))
    packed = add_source(case, tmp_path / "t.csv.zst")
    plain = add_source(case, SAMPLES / "tronscan" / "sample.csv")
    assert (packed.connector, packed.rows_read) == ("tronscan", plain.rows_read)
    assert (packed.rows_kept, packed.rows_refused) == (plain.rows_duplicate, plain.rows_refused)


@pytest.mark.parametrize(("name", "inner"), [("t.csv.zst", "t.csv"), ("t.csv.zstd", "t.csv"), ("t.csv", "t.csv")])
def test_the_name_inside_is_without_the_ending(tmp_path: Path, name: str, inner: str) -> None:
    source = make_source(tmp_path, zstd(TRON), name)
    assert (inner_name(source), is_packed(source)) == (inner, True)


def test_the_end_of_a_packed_table_is_not_that_of_its_packing(tmp_path: Path) -> None:
    data = (SAMPLES / "ethereum_etl" / "sample.csv").read_bytes()
    plain = read_all(ethereum_etl, make_source(tmp_path, data, "token_transfers.csv"))
    packed = read_all(ethereum_etl, make_source(tmp_path, zstd(data), "token_transfers.csv.zst"))
    assert (packed.table_rows, packed.issues) == (plain.table_rows, plain.issues)


@given(parts=st.lists(st.binary(max_size=300), min_size=1, max_size=4), own=st.integers(0, 15), first=st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_frames_one_after_the_other_are_one_file(tmp_path: Path, parts: list[bytes], own: int, first: bool) -> None:
    between = own_frame(b"of the tool", own)
    packed = between.join(map(zstd, parts))
    assert unpack(tmp_path, between + packed if first else packed) == b"".join(parts)


@pytest.mark.parametrize(
    "damage",
    [lambda packed: packed[:-3], lambda packed: packed[:6], lambda packed: packed + b"more", lambda packed: packed + packed[:9]],
)
def test_a_damaged_file_is_refused_whole(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(SourceError, match=r"t\.csv\.zst: damaged while unpacking: .*; nothing was added"):
        unpack(tmp_path, damage(zstd(TRON)))


def test_a_bomb_is_refused_while_it_unpacks(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="unpacks to more than 67,108,864 bytes, 100 times its packed size: refused"):
        unpack(tmp_path, zstd(b" " * (70 << 20)))


def test_a_frame_that_wants_more_memory_than_the_bound_is_refused(tmp_path: Path) -> None:
    # the byte behind the descriptor says the window: 2 GiB here, where 128 MiB are the most that is given
    with pytest.raises(SourceError, match=r"damaged while unpacking: .*memory"):
        unpack(tmp_path, b"\x28\xb5\x2f\xfd\x00" + bytes([21 << 3]) + b"\x01\x00\x00")


def test_a_plain_file_is_not_packed() -> None:
    source = open_source(SAMPLES / "tronscan" / "sample.csv")
    assert (inner_name(source), is_packed(source)) == ("sample.csv", False)
