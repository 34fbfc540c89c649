"""The one geometry of a flow picture: columns by role, order, ribbons and labels, for every back end.

Pure: the same input gives the same scene. Shapes and their order come from the whole case, so switching a rail off
moves nothing. Lengths in px, y runs down; values in the reference currency.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from trails.charts import describe
from trails.charts.fold import Folded, SceneError, TooManyShapes, fold_flow, sum_values
from trails.charts.labels import NAME_SIZE, place_on_ribbon
from trails.charts.legend import measure_legend
from trails.charts.palette import ROLES, measure_reach
from trails.charts.places import Frame, set_places
from trails.charts.records import Actor, Box, Column, FlowInput, Label, Payment, Ribbon, Scene, Shape
from trails.charts.ribbons import scale_width
from trails.charts.routes import draw_ribbons
from trails.charts.selection import COLUMN_OF, Selection, find_paid_in, select_payments
from trails.charts.wording import format_money, wrap_text

__all__ = ["Actor", "FlowInput", "Payment", "Scene", "SceneError", "TooManyShapes", "build_scene"]

WIDTH = 1600.0
MAX_SHAPES = 400
_SIDE = 24.0
_LABELLED_RIBBONS = 16
_COLUMN_TITLES = {0: "PAYERS", 1: "HAWALA OFFICES", 2: "ORGANISERS", 3: "DISPATCHERS", 5: "EXCHANGES"}


def build_scene(flow: FlowInput, *, rails: frozenset[str] | None = None, show_returns: bool = False) -> Scene:
    """Lay out a flow.

    ``rails`` shows only those rails without moving anything; ``show_returns`` also draws refunds and settlements.

    Raises TooManyShapes over 400 shapes after folding, SceneError when a payment names an unlisted actor.
    """
    folded = fold_flow(flow)
    chosen = select_payments(folded, rails=rails, show_returns=show_returns)
    keys = sorted({end for ends in chosen.layout for end in ends})
    if len(keys) > MAX_SHAPES:
        raise TooManyShapes(
            f"the picture would hold {len(keys)} shapes after folding, more than {MAX_SHAPES}: nobody could read it. "
            "Narrow it by a shorter period, fewer rails or a smallest payment"
        )
    scene = _describe_scene(flow, folded, chosen, rails)
    return _fill_scene(scene, folded, chosen, keys) if chosen.drawn else scene


def _describe_scene(flow: FlowInput, folded: Folded, chosen: Selection, rails: frozenset[str] | None) -> Scene:
    """The frame without shapes: title, subtitle, legends, footer; the whole picture when nothing is drawn."""
    drawn = [payment for payments in chosen.drawn.values() for payment in payments]
    paid_in, by_rail = find_paid_in(folded, rails)
    parts = describe.compose_subtitle(drawn, len(flow.payments), paid_in, chosen.hidden, flow.reference_currency, rails)
    roles = {folded.groups[end].role for ends in chosen.layout for end in ends}
    return Scene(
        width=WIDTH, height=420.0, title=" ".join(flow.title.split()),
        subtitle=wrap_text(parts, NAME_SIZE, WIDTH - 2 * _SIDE), footer=flow.footer,
        reference_currency=flow.reference_currency, columns=(), shapes=(), ribbons=(), hidden=chosen.hidden,
        paid_in=paid_in, roles=describe.list_roles(folded, roles) if drawn else (),
        rails=describe.list_rails(drawn, by_rail, flow.reference_currency), width_scale=(), legend_top=330.0,
        has_inference=any(payment.basis == "inference" for payment in drawn), has_shared=False, has_groups=False,
        empty_reason="" if drawn else describe.explain_empty(len(flow.payments), chosen.hidden, rails),
    )


def _fill_scene(scene: Scene, folded: Folded, chosen: Selection, keys: list[str]) -> Scene:
    """Add shapes, ribbons and labels to the frame."""
    number = {key: index for index, key in enumerate(keys)}
    ends = {pair: (number[pair[0]], number[pair[1]]) for pair in chosen.layout}
    largest = max((float(sum_values(payments)) for payments in chosen.layout.values()), default=0.0)
    widths = {pair: scale_width(float(sum_values(payments)), largest) for pair, payments in chosen.layout.items()}
    top = scene.head_top + 44
    frame = set_places(_measure_shapes(folded, keys), ends, widths, top)
    ribbons = draw_ribbons(frame, ends, chosen.drawn, largest)
    legend_top = frame.bottom + 26
    return replace(
        scene, shapes=frame.shapes, columns=_describe_columns(frame, folded), legend_top=legend_top,
        ribbons=_label_ribbons(ribbons, frame, top),
        height=legend_top + measure_legend(scene.roles, scene.rails) + 15 * len(scene.footer) + 14,
        width_scale=_choose_scale(largest, scene.reference_currency),
        has_shared=any(shape.shared for shape in frame.shapes), has_groups=any(shape.folded for shape in frame.shapes),
        has_inferred_role=any(shape.inferred for shape in frame.shapes),
    )


def _measure_shapes(folded: Folded, keys: list[str]) -> list[Shape]:
    """Shapes without a place: radius by the square root of throughput, 9 to 20 px, totals from all payments."""
    received: dict[str, list[Payment]] = {key: [] for key in keys}
    paid: dict[str, list[Payment]] = {key: [] for key in keys}
    for (src, dst), payments in folded.pairs.items():
        paid.get(src, []).extend(payments)
        received.get(dst, []).extend(payments)
    through = {key: max(sum_values(received[key]), sum_values(paid[key])) for key in keys}
    largest = float(max(through.values()))
    nowhere = Label((), 0, 0, "middle", (0, 0, 0, 0))
    shapes = []
    for index, key in enumerate(keys):
        group = folded.groups[key]
        smallest = 11.0 if ROLES[group.role].shape.startswith("triangle") else 9.0
        share = (float(through[key]) / largest) ** 0.5 if largest > 0 else 0.0
        shapes.append(Shape(
            index=index, column=COLUMN_OF[group.role], x=0, y=0, radius=round(max(smallest, 20 * share), 1),
            role=group.role, name=group.name, label=nowhere, folded=group.folded, shared=group.shared,
            money_in=sum_values(received[key]), money_out=sum_values(paid[key]),
            count_in=len(received[key]), count_out=len(paid[key]),
            unrated=sum(p.value is None for p in received[key] + paid[key]), note=group.note,
            role_text=group.role_text, inferred=group.inferred, whole=group.whole, nodes=group.nodes,
        ))
    return shapes


def _describe_columns(frame: Frame, folded: Folded) -> tuple[Column, ...]:
    """Heads: how many actors, and the money that crosses into and out of the column (never between its own shapes)."""
    found = []
    for column, x in zip(frame.columns, frame.xs, strict=True):
        roles = sorted(role for role, number in COLUMN_OF.items() if number == column)
        present = {shape.role for shape in frame.shapes if shape.column == column}
        counts = [folded.actors_per_role[role] for role in roles if folded.actors_per_role[role]]
        money_in = money_out = Decimal(0)
        for (src, dst), payments in folded.pairs.items():
            ends = (COLUMN_OF[folded.groups[src].role], COLUMN_OF[folded.groups[dst].role])
            money_in += sum_values(payments) if ends[1] == column != ends[0] else 0
            money_out += sum_values(payments) if ends[0] == column != ends[1] else 0
        words = [" / ".join(f"{count:,}" for count in counts) or "0"]
        words += [f"in {format_money(money_in)}"] if money_in else []
        words += [f"out {format_money(money_out)}"] if money_out else []
        found.append(Column(_title_column(column, present), x, sum(counts), money_in, money_out, " · ".join(words)))
    return tuple(found)


def _title_column(column: int, present: set[str]) -> str:
    if column in _COLUMN_TITLES:
        return _COLUMN_TITLES[column]
    return " / ".join(word for role, word in (("driver", "DRIVERS"), ("unknown", "UNIDENTIFIED")) if role in present)


def _label_ribbons(ribbons: tuple[Ribbon, ...], frame: Frame, top: float) -> tuple[Ribbon, ...]:
    """Label the 16 largest ribbons where a free spot is found on them."""
    taken: list[Box] = [shape.label.box for shape in frame.shapes]
    for shape in frame.shapes:
        left, right, up, down = measure_reach(ROLES[shape.role].shape, shape.radius)
        taken.append((shape.x - left - 12, shape.y - up, shape.x + right, shape.y + down))
    taken += [(x - 80, top - 66, x + 80, top - 20) for x in frame.xs]
    labels: dict[tuple[int, int], Label | None] = {}
    for ribbon in sorted(ribbons, key=lambda r: (-r.value, -r.count, r.src, r.dst))[:_LABELLED_RIBBONS]:
        money = "no rate" if ribbon.unrated == ribbon.count else format_money(ribbon.value)
        label = place_on_ribbon(f"{money} · {ribbon.count:,}×", ribbon.centre, taken)
        labels[ribbon.src, ribbon.dst] = label
        taken += [label.box] if label else []
    return tuple(replace(ribbon, label=labels.get((ribbon.src, ribbon.dst))) for ribbon in ribbons)


def _choose_scale(largest: float, currency: str) -> tuple[tuple[float, str], ...]:
    """Three sample widths with round amounts: near the largest ribbon, a tenth and a hundredth of it."""
    if largest <= 0:
        return ()
    power = Decimal(10) ** (len(str(int(largest))) - 1)
    top = max(Decimal(1), Decimal(int(largest) // int(power)) * power)
    samples = (top / 100, top / 10, top)
    return tuple((scale_width(float(v), largest), f"{currency} {format_money(v)}") for v in samples if v >= 1)
