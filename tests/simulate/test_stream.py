"""The stream of the largest size: the story's rows amid the others, in order of time, and an owner for every address."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from trails.case import Case
from trails.ingest import add_source
from trails.simulate.make import simulate_case
from trails.simulate.truth import read_truth

#: The story of a small group amid sixty thousand transfers, so that the test is quick.
SMALL: dict[str, dict[str, Any]] = {
    "size_L": {"of": {"networks": 1, "dispatchers": 1, "drivers": 3, "desks": 1, "migrants": 40, "months": 2, "background": 10}},
    "xl_transfers": {"value": 60_000},
}
WANTED = 60_000


@pytest.fixture(scope="module")
def streamed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streamed") / "out"
    simulate_case(folder, size="XL", seed=4, scenario="mixed-rails", changes=SMALL)
    return folder


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        if path.parent.name == "truth":
            file.readline()
        return list(csv.DictReader(file))


def test_rows_stand_in_order_of_time_and_are_as_many_as_asked(streamed: Path) -> None:
    rows = read(streamed / "evidence" / "tron_explorer.csv")
    assert len(rows) == WANTED
    times = [row["Time(UTC)"] for row in rows]
    assert times == sorted(times)
    assert len({row["Txn Hash"] for row in rows}) == WANTED


def test_the_storys_rows_are_where_the_truth_says(streamed: Path) -> None:
    rows = read(streamed / "evidence" / "tron_explorer.csv")
    movements = {each["movement"]: each for each in read_truth(streamed)["movements"] if each["rail"] == "tron"}
    where = {each["what"]: int(each["row"]) for each in read(streamed / "truth" / "stream_records.csv")}
    assert set(where) == set(movements)
    for number, row in where.items():
        assert rows[row - 2]["Txn Hash"] == movements[number]["txid"]
        assert rows[row - 2]["From"] == movements[number]["src"]


def test_the_evaluation_reads_the_storys_rows_with_the_rest(streamed: Path) -> None:
    rows = [each for each in read_truth(streamed)["records"] if each["file"] == "tron_explorer.csv"]
    movements = {each["movement"]: each["time"] for each in read_truth(streamed)["movements"] if each["rail"] == "tron"}
    assert {each["what"]: each["time"] for each in rows} == movements


def test_every_address_has_an_owner(streamed: Path) -> None:
    rows = read(streamed / "evidence" / "tron_explorer.csv")
    owners = {each["key"]: each["owners"] for each in read(streamed / "truth" / "stream_accounts.csv")}
    owners |= {each["key"]: each["owners"] for each in read_truth(streamed)["accounts"]}
    assert {row["From"] for row in rows} | {row["To"] for row in rows} <= set(owners)


def test_a_case_takes_the_file_whole(streamed: Path, tmp_path: Path) -> None:
    with Case.create(tmp_path / "case") as case:
        report = add_source(case, streamed / "evidence" / "tron_explorer.csv")
    assert report.rows_read == WANTED
    assert report.rows_refused <= 5


def test_the_same_seed_gives_the_same_bytes(streamed: Path, tmp_path: Path) -> None:
    simulate_case(tmp_path / "again", size="XL", seed=4, scenario="mixed-rails", changes=SMALL)
    for part in ("evidence/tron_explorer.csv", "truth/stream_accounts.csv", "simulation.json"):
        assert (tmp_path / "again" / part).read_bytes() == (streamed / part).read_bytes()
