"""Numbering keys in columns: held against a dictionary, one key at a time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trails import keys
from trails.keys import KeyTable, note_first, pack_hashes

_COLUMNS = st.lists(
    st.lists(st.one_of(st.text(max_size=80), st.sampled_from(["", "a", "TXyz", "0x" + "ab" * 20]))), max_size=5
)


@given(_COLUMNS)
@settings(max_examples=200)
def test_numbers_are_those_of_a_dictionary(columns: list[list[str]]) -> None:
    table, plain = KeyTable(), dict[str, int]()
    for column in columns:
        before = len(plain)
        expected = [plain.setdefault(text, len(plain)) for text in column]
        numbers, fresh = table.number(pa.array(column, pa.string()))
        assert numbers.tolist() == expected
        assert [column[row] for row in fresh.tolist()] == list(plain)[before:]
        assert table.texts().to_pylist() == list(plain)
        assert table.texts(before).to_pylist() == list(plain)[before:]
    assert table.count == len(plain)


def test_a_table_grows_past_every_bound_it_began_with() -> None:
    texts = [f"T{number:033d}" for number in range(50_000)]
    table = KeyTable()
    kept = table.texts()
    for start in range(0, len(texts), 7_000):
        numbers, _ = table.number(pa.array(texts[: start + 7_000]))
        assert numbers.tolist() == list(range(min(start + 7_000, len(texts))))
    assert table.texts().to_pylist() == texts
    assert kept.to_pylist() == []


def test_keys_that_ask_for_one_place_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_SEED", np.uint64(0))  # every text of eight bytes or more then has the same hash
    texts = [f"{number:08d}" for number in range(300)]
    table = KeyTable()
    assert table.number(pa.array([*texts, *texts]))[0].tolist() == [*range(300), *range(300)]


def test_slices_and_dictionaries_of_texts_are_read_as_they_stand() -> None:
    column = pa.array(["x", "yy", "zzz", "yy", "x"])
    table = KeyTable()
    assert table.number(column.slice(1, 3))[0].tolist() == [0, 1, 0]
    assert table.number(column.dictionary_encode())[0].tolist() == [2, 0, 1, 0, 2]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_first_places_are_those_found_row_by_row(rows: list[tuple[int, int]]) -> None:
    expected: dict[int, int] = {}
    for place, (sender, receiver) in enumerate(rows, start=100):
        expected.setdefault(sender, 4 * place)
        expected.setdefault(receiver, 4 * place + 1)
    places = np.full(10, -1, np.int64)
    for start in range(0, len(rows), 4):
        part = np.array(rows[start : start + 4], np.int32).reshape(-1, 2)
        note_first(part[:, 0].copy(), part[:, 1].copy(), 100 + start, places)
    assert {key: place for key, place in enumerate(places.tolist()) if place >= 0} == expected


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=20))
def test_packed_hashes_are_their_bytes(hashes: list[bytes]) -> None:
    packed = pack_hashes(pa.array([each.hex() for each in hashes], pa.string()))
    assert [bytes(row) for row in packed] == hashes
