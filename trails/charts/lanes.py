"""Lanes in time: one row per trip, code or driver, with deposits, proofs, releases and payouts as marks.

``align="time"`` runs along the calendar; ``align="proof"`` counts days from each lane's first proof of delivery, which
shows the method of working at a glance. Payers are a protected class: the label of a deposit or refund is not shown.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING, Literal

from trails.charts.fold import SceneError
from trails.charts.palette import get_rail_style, rank_rail
from trails.charts.records import Basis, LegendItem
from trails.charts.wording import clean_text, format_day, format_minute, format_period, shorten_name
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Sequence

MarkKind = Literal["deposit", "proof", "release", "payout", "pass", "cashout", "refund", "message", "driver_pay"]
Align = Literal["time", "proof"]

ROWS_PER_PAGE = 32
#: An error of the time from this many seconds on is drawn as a bar and keeps a mark out of the medians.
SHOWN_ERROR_S = 3600
_DAY_S = 86_400.0
_NO_RAIL = ("proof", "message")
_LAGS: tuple[tuple[MarkKind, MarkKind, str], ...] = (
    ("proof", "release", "proof to release"),
    ("release", "driver_pay", "release to driver payment"),
)


@dataclass(frozen=True, slots=True)
class MarkStyle:
    """Symbol of a kind of mark, its words, and how far it stands above (-) or below (+) its row, in rows."""

    kind: MarkKind
    symbol: str
    name: str
    size: float
    shift: float = 0.0


_MARK_STYLES = (
    MarkStyle("deposit", "circle", "deposit by a payer", 8),
    MarkStyle("proof", "star", "proof of delivery", 13),
    MarkStyle("release", "diamond", "release to organiser", 11, -0.2),
    MarkStyle("payout", "triangle-up", "hawala payout", 9, 0.2),
    MarkStyle("driver_pay", "triangle-right", "payment to driver", 9, 0.2),
    MarkStyle("pass", "x", "sent on", 10),
    MarkStyle("cashout", "square", "cash-out at exchange", 9),
    MarkStyle("refund", "triangle-left", "refund", 9),
    MarkStyle("message", "circle-open", "message", 8, -0.42),
)
MARKS: dict[str, MarkStyle] = {style.kind: style for style in _MARK_STYLES}


@dataclass(frozen=True, slots=True)
class Lane:
    """One row. ``start`` to ``end`` is the stated time on the road, where known; neither may name a payer."""

    key: str
    label: str
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened on a lane. ``error_s`` is half the width in seconds of the interval the time lies in."""

    lane: str
    kind: MarkKind
    time: datetime | None
    error_s: int
    rail: str
    value: Decimal | None
    label: str
    citation: str
    basis: Basis = "fact"


@dataclass(frozen=True, slots=True)
class TimelineInput:
    """Everything a picture of lanes shows; values in the reference currency."""

    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]
    reference_currency: str
    title: str
    footer: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlacedMark:
    """A mark on its page: days from the origin of the axis, row with shift, size in px, error in days (0 = none)."""

    day: float
    row: float
    size: float
    error: float
    mark: Mark
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One lane on its page; ``road`` is the time on the road in days of the axis, None where not known."""

    label: str
    road: tuple[float, float] | None
    proved: bool
    extent: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """One page ready to draw. ``origin`` is day 0 of a calendar axis, None when days count from the proof."""

    title: str
    subtitle: tuple[str, ...]
    footer: tuple[str, ...]
    origin: datetime | None
    span: tuple[float, float]
    ticks: tuple[tuple[float, str], ...]
    rows: tuple[Row, ...]
    marks: tuple[PlacedMark, ...]
    kinds: tuple[LegendItem, ...]
    rails: tuple[LegendItem, ...]
    page: int
    pages: int
    empty_reason: str = ""


def lay_out_lanes(timeline: TimelineInput, *, page: int = 1, align: Align = "time") -> TimelinePage:
    """Place the marks of one page of at most 32 lanes.

    Raises SceneError when there is no such page or a mark names an unlisted lane.
    """
    by_lane = _group_marks(timeline)
    anchors = {lane.key: _find_anchor(lane, by_lane[lane.key], align) for lane in timeline.lanes}
    lanes = [lane for lane in timeline.lanes if anchors[lane.key] is not None and _has_content(lane, by_lane)]
    lanes.sort(key=lambda lane: (_find_first(lane, by_lane[lane.key]), lane.key))
    pages = max(1, -(-len(lanes) // ROWS_PER_PAGE))
    if not 1 <= page <= pages:
        raise SceneError(f"page {page} of the lanes does not exist; there are {count_words(pages, 'page')}")
    shown = lanes[(page - 1) * ROWS_PER_PAGE : page * ROWS_PER_PAGE]
    origin = None
    if align == "time" and shown:
        first = min(_find_first(lane, by_lane[lane.key]) for lane in shown)
        origin = first.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    marks: list[PlacedMark] = []
    rows: list[Row] = []
    largest = _find_largest(timeline)
    for number, lane in enumerate(shown):
        zero = origin or anchors.get(lane.key) or _find_first(lane, by_lane[lane.key])
        placed = [
            _place_mark(mark, _count_days(mark.time, zero), number, largest[mark.kind], timeline.reference_currency)
            for mark in by_lane[lane.key] if mark.time is not None
        ]
        marks += placed
        rows.append(_describe_row(lane, placed, zero))
    span = _find_span(rows, marks)
    subtitle = _compose_subtitle(timeline, by_lane, lanes, shown, align)
    reason = "" if shown else _explain_empty(timeline, align)
    return TimelinePage(
        clean_text(timeline.title), subtitle, timeline.footer, origin, span, _choose_ticks(span, origin), tuple(rows),
        tuple(marks), _count_kinds(marks), _count_rails(marks), page, pages, reason,
    )


def measure_lag(timeline: TimelineInput, before: MarkKind, after: MarkKind) -> tuple[float | None, int, int]:
    """Median hours from the first ``before`` to the first ``after`` that follows it, over lanes; n; lanes left out.

    Lanes whose times are uncertain by an hour or more are left out: their order cannot be claimed.
    """
    lags: list[float] = []
    unsure = 0
    for marks in _group_marks(timeline).values():
        starts = sorted((m.time, m.error_s) for m in marks if m.kind == before and m.time is not None)
        if not starts:
            continue
        start, error = starts[0]
        ends = sorted((m.time, m.error_s) for m in marks
                      if m.kind == after and m.time is not None and m.time >= start)
        if ends and max(error, ends[0][1]) >= SHOWN_ERROR_S:
            unsure += 1
        elif ends:
            lags.append((ends[0][0] - start) / timedelta(hours=1))
    return (median(lags) if lags else None), len(lags), unsure


def _group_marks(timeline: TimelineInput) -> dict[str, list[Mark]]:
    by_lane: dict[str, list[Mark]] = {lane.key: [] for lane in timeline.lanes}
    for number, mark in enumerate(timeline.marks, 1):
        if mark.lane not in by_lane:
            raise SceneError(f"mark {number} ({mark.kind}) stands on a lane that is not listed")
        by_lane[mark.lane].append(mark)
    return by_lane


def _has_content(lane: Lane, by_lane: dict[str, list[Mark]]) -> bool:
    return lane.start is not None or any(mark.time is not None for mark in by_lane[lane.key])


def _find_anchor(lane: Lane, marks: Sequence[Mark], align: Align) -> datetime | None:
    """Day 0 of a lane: its first proof, else its stated end. On the calendar any time will do."""
    proofs = [mark.time for mark in marks if mark.kind == "proof" and mark.time is not None]
    if align == "proof":
        return min(proofs, default=lane.end)
    return min((t for t in (lane.start, *(m.time for m in marks)) if t is not None), default=None)


def _find_first(lane: Lane, marks: Sequence[Mark]) -> datetime:
    return min(t for t in (lane.start, *(mark.time for mark in marks)) if t is not None)


def _count_days(time: datetime, zero: datetime) -> float:
    return round((time - zero).total_seconds() / _DAY_S, 5)


def _find_largest(timeline: TimelineInput) -> dict[str, Decimal]:
    """The largest value of each kind of mark: sizes compare within a kind."""
    largest = dict.fromkeys(MARKS, Decimal(0))
    for mark in timeline.marks:
        largest[mark.kind] = max(largest[mark.kind], mark.value or Decimal(0))
    return largest


def _place_mark(mark: Mark, day: float, row: int, largest: Decimal, currency: str) -> PlacedMark:
    style = MARKS[mark.kind]
    share = float(mark.value / largest) ** 0.5 if mark.value and largest > 0 and mark.value > 0 else 0.0
    size = style.size + (5 * share if mark.kind not in _NO_RAIL else 0)
    error = mark.error_s / _DAY_S if mark.error_s >= SHOWN_ERROR_S else 0.0
    told = tuple(_tell_mark(mark, currency))
    return PlacedMark(day, row + style.shift, round(size, 1), round(error, 5), mark, told)


def _tell_mark(mark: Mark, currency: str) -> list[str]:
    """Lines shown when a mark is pointed at; never the label of a payer's deposit or refund."""
    lines = [MARKS[mark.kind].name]
    if mark.label and mark.kind not in {"deposit", "refund"}:
        lines.append(clean_text(mark.label))
    if mark.value is not None:
        lines.append(f"{currency} {mark.value:,.0f}")
    if mark.rail and mark.kind not in _NO_RAIL:
        lines.append(get_rail_style(mark.rail).name)
    if mark.time is not None:
        unsure = f" ± {mark.error_s / 3600:.0f} h" if mark.error_s >= SHOWN_ERROR_S else ""
        lines.append(format_minute(mark.time) + unsure)
    return [*lines, f"basis: {mark.basis}", clean_text(mark.citation)]


def _describe_row(lane: Lane, placed: Sequence[PlacedMark], zero: datetime) -> Row:
    proofs = [spot.day for spot in placed if spot.mark.kind == "proof"]
    road = None
    if lane.start is not None:
        end = min(proofs, default=_count_days(lane.end, zero) if lane.end else None)
        road = (_count_days(lane.start, zero), end) if end is not None else None
    days = [spot.day for spot in placed]
    return Row(shorten_name(lane.label, 30), road, bool(proofs), (min(days), max(days)) if days else None)


def _find_span(rows: Sequence[Row], marks: Sequence[PlacedMark]) -> tuple[float, float]:
    days = [edge for spot in marks for edge in (spot.day - spot.error, spot.day + spot.error)]
    days += [edge for row in rows if row.road for edge in row.road]
    low, high = min(days, default=0.0), max(days, default=1.0)
    room = max(0.02 * (high - low), 0.1)
    return low - room, high + room


def _choose_ticks(span: tuple[float, float], origin: datetime | None) -> tuple[tuple[float, str], ...]:
    """At most a dozen or so round days."""
    steps = (1, 2, 7, 14, 28, 56, 91, 182, 364, 728)
    step = next((s for s in steps if (span[1] - span[0]) / s <= 14), steps[-1])
    first = -(-int(span[0] // 1) // step) * step
    found = []
    for day in range(first, int(span[1]) + 1, step):
        if span[0] <= day <= span[1]:
            sign = "−" if day < 0 else ""
            found.append((float(day), format_day(origin + timedelta(days=day)) if origin else f"{sign}{abs(day)} d"))
    return tuple(found)


def _compose_subtitle(
    timeline: TimelineInput, by_lane: dict[str, list[Mark]], lanes: Sequence[Lane], shown: Sequence[Lane], align: Align
) -> tuple[str, ...]:
    times = [m.time for lane in lanes for m in by_lane[lane.key] if m.time is not None]
    first = lanes.index(shown[0]) + 1 if shown else 0
    parts = [f"lanes {first}–{first + len(shown) - 1} of {len(lanes)}" if len(shown) < len(lanes)
             else count_words(len(lanes), "lane")]
    parts += [format_period(min(times), max(times))] if times else []
    for before, after, words in _LAGS:
        hours, number, unsure = measure_lag(timeline, before, after)
        left = f", {unsure} with uncertain times left out" if unsure else ""
        parts += [f"{words}: median {hours:.1f} h (n = {number}{left})"] if hours is not None else []
    dropped = len(timeline.lanes) - len(lanes)
    why = "without a proof or a stated end" if align == "proof" else "without a time"
    parts += [f"not drawn: {count_words(dropped, 'lane')} {why}"] if dropped else []
    timeless = sum(mark.time is None for lane in lanes for mark in by_lane[lane.key])
    parts += [f"not drawn: {count_words(timeless, 'mark')} without a time"] if timeless else []
    return tuple(parts)


def _explain_empty(timeline: TimelineInput, align: Align) -> str:
    if not timeline.lanes:
        return "Nothing is drawn: there is no trip, code or driver to give a lane."
    if align == "proof":
        return "Nothing is drawn: no lane has a proof of delivery or a stated end to count days from."
    return "Nothing is drawn: no lane has anything with a time."


def _count_kinds(marks: Sequence[PlacedMark]) -> tuple[LegendItem, ...]:
    counts = Counter(spot.mark.kind for spot in marks)
    return tuple(LegendItem(kind, f"{style.name} ({counts[style.kind]:,})") for kind, style in MARKS.items()
                 if counts[style.kind])


def _count_rails(marks: Sequence[PlacedMark]) -> tuple[LegendItem, ...]:
    counts = Counter(spot.mark.rail for spot in marks if spot.mark.rail and spot.mark.kind not in _NO_RAIL)
    return tuple(LegendItem(rail, f"{shorten_name(get_rail_style(rail).name)} ({counts[rail]:,})")
                 for rail in sorted(counts, key=rank_rail))
