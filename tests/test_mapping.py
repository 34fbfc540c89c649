"""What a mapping may say of dates and of a connector's own settings, and every way it says it wrongly."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from trails.columns import CellProblem, DeclaredRow
from trails.connector import RawRecord
from trails.mapping import Vocabulary, load_mapping

VOCABULARY = Vocabulary(
    ("date", "amount"), (), {"deposit": ()}, choices={"layout": ("table", "lines")}, lists=("words",), lines=True
)
GOOD: dict[str, Any] = {"columns": {"date": "D"}, "timezone": "UTC"}
SUMMER = ["2024-07-01", "2024-09-30"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"calendars": ["mayan"]}, "`calendars` has 'mayan'"),
        ({"calendars": "jalali"}, "`calendars` must be a list of texts"),
        ({"calendars": [1]}, "`calendars` must be a list of texts"),
        ({"period": ["2024-07-01"]}, "`period`"),
        ({"period": ["2024-09-30", "2024-07-01"]}, "`period`"),
        ({"period": ["1403-05-12", "1403-05-13"]}, "`period`"),
        ({"period": "2024"}, "`period`"),
        ({"period": [1, 2]}, "`period`"),
        ({"period": ["summer", "autumn"]}, "`period`"),
        ({"year": 1403}, "`year` is 1403"),
        ({"year": "2024"}, "`year` is '2024'"),
        ({"year": True}, "`year` is True"),
        ({"date_pattern": "%d.%m."}, "whole date"),
        ({"date_pattern": "%d %B"}, "whole date"),
        ({"date_pattern": "%d.%m.%Y %z", "calendars": ["jalali"]}, "%z"),
        ({"layout": "scroll"}, "`layout` is 'scroll'; say one of table, lines"),
        ({"layout": 1}, "`layout` must be a text"),
        ({"words": "en"}, "`words` must be a list of texts"),
        ({"lines": [1]}, "`lines` must be tables"),
        ({"lines": [{"kind": "x"}]}, "a `kind` and a `pattern`"),
        ({"currency": "riyal"}, "`currency`"),
    ],
)
def test_each_problem_is_named(change: dict[str, Any], said: str) -> None:
    assert load_mapping(GOOD, VOCABULARY).problems == ()
    (problem,) = load_mapping({**GOOD, **change}, VOCABULARY).problems
    assert said in problem


def test_a_setting_of_another_connector_is_unknown() -> None:
    (problem,) = load_mapping({**GOOD, "layout": "lines"}, Vocabulary(("date",), (), {})).problems
    assert "unknown setting `layout`" in problem


def test_units_of_ledgers_may_be_declared() -> None:
    mapping = load_mapping({**GOOD, "currency": "toman", "currencies": {"gr": "XAU-g"}}, VOCABULARY)
    assert (mapping.problems, mapping.said("currency")) == ((), "toman")


@pytest.mark.parametrize(
    ("change", "beyond"),
    [({}, False), ({"date_pattern": "%d.%m.%Y"}, False), ({"date_pattern": "%d %B %Y"}, True),
     ({"date_pattern": "%d.%m.%Y %z"}, False), ({"calendars": ["jalali"]}, True), ({"period": SUMMER}, True),
     ({"year": 2024, "date_pattern": "%d,%m"}, True)],
)  # fmt: skip
def test_plain_gregorian_dates_are_read_as_before(change: dict[str, Any], *, beyond: bool) -> None:
    mapping = load_mapping({**GOOD, **change}, VOCABULARY)
    assert mapping.problems == ()
    assert (mapping.date_rules is not None) is beyond


def read_cell(cell: Any, **change: Any) -> Any:
    mapping = load_mapping({**GOOD, **change}, VOCABULARY)
    return DeclaredRow.of(RawRecord(1, "", {"D": cell}), mapping).dated("date", mapping.said("timezone"))


def test_a_period_may_be_days_of_toml() -> None:
    mapping = load_mapping({**GOOD, "period": [date(2024, 7, 1), date(2024, 9, 30)]}, VOCABULARY)
    assert mapping.period == (date(2024, 7, 1), date(2024, 9, 30))


def test_a_sheets_own_date_is_gregorian_and_must_lie_in_the_period() -> None:
    declared = {"calendars": ["jalali"], "period": SUMMER}
    found = read_cell(datetime(2024, 8, 2, 13, 5), **declared)
    assert (found.instant.time, found.instant.error_s) == (datetime(2024, 8, 2, 13, 5, tzinfo=UTC), 0)
    assert read_cell(date(2024, 8, 2), **declared).instant.error_s == 43_200
    assert read_cell("1403/05/12", **declared).calendar == "jalali"
    assert read_cell("", **declared) is None
    with pytest.raises(CellProblem) as caught:
        read_cell(date(2023, 8, 2), **declared)
    assert caught.value.code == "time_outside_period"
    with pytest.raises(CellProblem) as caught:
        read_cell(45_506.5, **declared)
    assert caught.value.code == "time_damaged"


def test_without_declared_dates_a_cell_is_read_plainly() -> None:
    assert read_cell("2024-08-02T10:00").instant.time == datetime(2024, 8, 2, 10, tzinfo=UTC)
    assert read_cell("") is None


def test_a_wrong_zone_is_a_problem_of_the_cell() -> None:
    mapping = load_mapping({**GOOD, "calendars": ["jalali"]}, VOCABULARY)
    row = DeclaredRow.of(RawRecord(1, "", {"D": "1403/05/12"}), mapping)
    for zone_name, code in (("Mars/Olympus", "time_damaged"), (None, "time_no_zone")):
        with pytest.raises(CellProblem) as caught:
            row.instant("date", zone_name)
        assert caught.value.code == code
