"""The whole of the real data in one case: what becomes of every row of every file, and of every file that is not read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.account_real import Line, add_all, list_files, read_book, shorten
from trails.case import Case
from trails.ownership.tags import find_unmapped_categories

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def book() -> dict[str, Any]:
    return read_book()


@pytest.fixture(scope="module")
def accounted(
    real_data: Path, book: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Case, list[Line]]]:
    with Case.create(tmp_path_factory.mktemp("real") / "case") as case:
        yield case, add_all(case, real_data, book)


def test_every_file_is_in_the_book(real_data: Path, book: dict[str, Any]) -> None:
    assert sorted({*book["read"], *book["not_read"], *book["companion"]}) == list_files(real_data)


def test_every_row_becomes_what_the_book_says(accounted: tuple[Case, list[Line]], book: dict[str, Any]) -> None:
    found = {line.path: [line.report.connector, *line.counts] for line in accounted[1] if line.report}
    assert found == book["read"]


def test_every_file_that_is_not_read_is_refused_for_the_reason_in_the_book(
    accounted: tuple[Case, list[Line]], book: dict[str, Any]
) -> None:
    assert {line.path: shorten(line.refusal) for line in accounted[1] if not line.report} == book["not_read"]


def test_the_account_of_the_case_is_the_sum_of_its_files(accounted: tuple[Case, list[Line]]) -> None:
    case, lines = accounted
    said = case.con.execute(
        "SELECT sum(rows_read), sum(rows_kept), sum(rows_duplicate), sum(rows_skipped), sum(rows_refused) FROM sources"
    ).fetchall()
    counts = [line.counts for line in lines if line.report]
    read, *became = (sum(column) for column in zip(*counts, strict=True))
    assert said == [(read, *became)]
    assert read == sum(became)
    refused = "SELECT count(DISTINCT (source_id, row)) FROM issues WHERE severity = 'error' AND row IS NOT NULL"
    assert case.con.execute(refused).fetchall() == [(became[-1],)]
    skipped = "SELECT count(DISTINCT (source_id, row)) FROM issues WHERE severity = 'skip' AND length(message) < 4"
    assert case.con.execute(skipped).fetchall() == [(0,)], "every skip has its reason"


def test_every_published_category_is_judged_a_service_or_not(accounted: tuple[Case, list[Line]]) -> None:
    assert find_unmapped_categories(accounted[0].read_frame("SELECT category FROM tags")) == []
