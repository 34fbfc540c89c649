"""Lanes in time: the right rows, honest medians, visible uncertainty, and no payer's label."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from tests.charts.chart_demo import PAYER_NAME, START, make_trips
from trails.charts.fold import SceneError
from trails.charts.lanes import ROWS_PER_PAGE, Lane, Mark, MarkKind, TimelineInput, lay_out_lanes, measure_lag
from trails.charts.timeline import draw_timeline, write_timeline_svg


def mark(kind: MarkKind, hours: float | None, *, lane: str = "a", error_s: int = 0) -> Mark:
    time: datetime | None = None if hours is None else START + timedelta(hours=hours)
    return Mark(lane, kind, time, error_s, "tron", None, "x", "chat.json row 1")


def lanes(*marks: Mark, keys: str = "a") -> TimelineInput:
    return TimelineInput(tuple(Lane(key, f"Trip {key}") for key in keys), marks, "USD", "When")


def test_pages_hold_32_rows_in_order_of_time() -> None:
    trips = make_trips(40)
    first, second = lay_out_lanes(trips), lay_out_lanes(trips, page=2)
    assert (len(first.rows), len(second.rows), first.pages) == (ROWS_PER_PAGE, 8, 2)
    assert "lanes 33–40 of 40" in second.subtitle
    with pytest.raises(SceneError, match="page 3 of the lanes does not exist"):
        lay_out_lanes(trips, page=3)


def test_days_count_from_each_proof() -> None:
    sheet = lay_out_lanes(make_trips(), align="proof")
    assert {spot.day for spot in sheet.marks if spot.mark.kind == "proof"} == {0.0}
    assert any(not row.proved and row.road for row in sheet.rows)
    assert "0 d" in {text for _, text in sheet.ticks}


def test_lane_without_anchor_is_counted_not_drawn() -> None:
    sheet = lay_out_lanes(lanes(mark("proof", 0), mark("deposit", 1, lane="b"), keys="ab"), align="proof")
    assert [row.label for row in sheet.rows] == ["Trip a"]
    assert "not drawn: 1 lane without a proof or a stated end" in sheet.subtitle


def test_median_uses_the_next_release_and_leaves_out_uncertain_lanes() -> None:
    timeline = lanes(
        mark("proof", 0), mark("release", -5), mark("release", 4),
        mark("proof", 0, lane="b"), mark("release", 6, lane="b"),
        mark("proof", 0, lane="c", error_s=43200), mark("release", 1, lane="c"), keys="abc",
    )
    assert measure_lag(timeline, "proof", "release") == (5.0, 2, 1)
    said = " ".join(lay_out_lanes(timeline).subtitle)
    assert "proof to release: median 5.0 h (n = 2, 1 with uncertain times left out)" in said


def test_uncertain_time_is_drawn_as_a_bar() -> None:
    timeline = lanes(mark("deposit", 0, error_s=43200), mark("deposit", 10, error_s=60))
    assert [spot.error for spot in lay_out_lanes(timeline).marks] == [0.5, 0.0]
    assert "± 12 h" in write_timeline_svg(timeline)
    errors = [list(trace.error_x.array) for trace in draw_timeline(timeline).data if trace.error_x.array is not None]
    assert errors == [[0.5, 0.0]]


def test_marks_without_a_time_are_stated() -> None:
    assert "not drawn: 1 mark without a time" in lay_out_lanes(lanes(mark("proof", 0), mark("payout", None))).subtitle


@pytest.mark.parametrize(("timeline", "words"), [
    (lanes(keys=""), "no trip, code or driver"),
    (lanes(mark("payout", None)), "no lane has anything with a time"),
])
def test_empty_page_says_why(timeline: TimelineInput, words: str) -> None:
    assert words in lay_out_lanes(timeline).empty_reason
    assert words in write_timeline_svg(timeline)
    assert words in json.dumps(draw_timeline(timeline).to_dict(), default=str)


def test_label_of_a_payer_s_deposit_is_never_shown() -> None:
    trips = make_trips()
    assert any(mark.label == PAYER_NAME for mark in trips.marks)
    assert PAYER_NAME not in write_timeline_svg(trips)
    assert PAYER_NAME not in draw_timeline(trips).to_json()


def test_mark_on_an_unlisted_lane_is_refused() -> None:
    with pytest.raises(SceneError, match="mark 1"):
        lay_out_lanes(lanes(mark("proof", 0, lane="z")))
