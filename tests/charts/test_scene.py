"""The geometry of a flow: nothing overlaps, nothing is lost, nothing moves, nobody protected is named."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from itertools import combinations

import pytest

from tests.charts.chart_demo import PAYER_NAME, START, make_case
from trails.charts.describe import tell_ribbon, tell_shape
from trails.charts.html import table_twin, write_page
from trails.charts.labels import boxes_overlap
from trails.charts.layered import count_crossings, order_columns
from trails.charts.network import MAX_TRACES, draw_network
from trails.charts.palette import ROLES, measure_reach
from trails.charts.records import Actor, FlowInput, Payment, Scene
from trails.charts.ribbons import MAX_WIDTH, MIN_WIDTH
from trails.charts.scene import SceneError, TooManyShapes, build_scene
from trails.charts.svg import write_flow_svg
from trails.errors import UsageError

CASES = {
    "reference": make_case(),
    "dispatchers": make_case(dispatchers=3, drivers=14, seed=3),
    "small": make_case(payers=12, offices=2, organisers=2, drivers=3, unknown=1, services=1, deposits=40),
    "large": make_case(payers=2884, offices=61, organisers=50, drivers=266, unknown=57, deposits=12000),
}


def pay(src: str, dst: str, value: str | None = "1000", *, number: int = 1, rail: str = "tron", kind: str = "payout",
        citation: str = "tron.json row 4") -> Payment:
    return Payment(f"p{number}", src, dst, rail, "USDT", f"{value} USDT", Decimal(value) if value else None, START,
                   START.isoformat(), kind, "fact", citation)


def flow(actors: list[Actor], payments: list[Payment]) -> FlowInput:
    return FlowInput(tuple(actors), tuple(payments), "USD", "A question", ())


ORGANISER = Actor("o1", "Org Alder", "organiser")
OTHER = Actor("o2", "Org Elm", "organiser")


@pytest.mark.parametrize("name", CASES)
def test_no_two_labels_overlap(name: str) -> None:
    scene = build_scene(CASES[name])
    boxes = [shape.label.box for shape in scene.shapes] + [r.label.box for r in scene.ribbons if r.label]
    assert not [(a, b) for a, b in combinations(boxes, 2) if boxes_overlap(a, b)]
    assert all(box[0] >= 0 and box[2] <= scene.width and box[1] >= 0 and box[3] <= scene.legend_top for box in boxes)


@pytest.mark.parametrize("name", CASES)
def test_every_ribbon_ends_at_its_shapes(name: str) -> None:
    scene = build_scene(CASES[name])
    stacks = dict.fromkeys(range(len(scene.shapes)), 0.0)
    for ribbon in scene.ribbons:
        stacks[ribbon.src] += ribbon.width + 3
        stacks[ribbon.dst] += ribbon.width + 3
    for ribbon in scene.ribbons:
        src, dst = scene.shapes[ribbon.src], scene.shapes[ribbon.dst]
        start, tip = ribbon.centre[0], ribbon.strands[0].outline[len(ribbon.strands[0].outline) // 2]
        reach = max(measure_reach(ROLES[src.role].shape, src.radius))
        assert abs(start[0] - src.x) <= reach
        assert abs(start[1] - src.y) <= max(reach, stacks[ribbon.src] / 2)
        reach = max(measure_reach(ROLES[dst.role].shape, dst.radius))
        assert abs(tip[0] - dst.x) <= reach + 6
        assert abs(tip[1] - dst.y) <= max(reach, stacks[ribbon.dst] / 2)
        assert MIN_WIDTH - 1e-9 <= ribbon.width <= MAX_WIDTH + MIN_WIDTH * len(ribbon.strands)


@pytest.mark.parametrize("rails", [None, frozenset({"tron"}), frozenset({"hawala", "bitcoin"})])
@pytest.mark.parametrize("name", CASES)
def test_drawn_and_hidden_make_all_payments(name: str, rails: frozenset[str] | None) -> None:
    case = CASES[name]
    scene = build_scene(case, rails=rails)
    total = sum((p.value for p in case.payments if p.value is not None), Decimal(0))
    assert sum(ribbon.count for ribbon in scene.ribbons) + scene.hidden.count == len(case.payments)
    assert sum(ribbon.value for ribbon in scene.ribbons) + scene.hidden.value == total
    for ribbon in scene.ribbons:
        assert sum(strand.count for strand in ribbon.strands) == ribbon.count
        assert sum(strand.value for strand in ribbon.strands) == ribbon.value
        assert sum(strand.width for strand in ribbon.strands) == pytest.approx(ribbon.width)


def test_nothing_moves_when_a_rail_is_switched_off(case: FlowInput, scene: Scene) -> None:
    fewer = build_scene(case, rails=frozenset({"hawala"}))
    assert [(s.name, s.x, s.y) for s in fewer.shapes] == [(s.name, s.x, s.y) for s in scene.shapes]
    assert {s.rail for r in fewer.ribbons for s in r.strands} == {"hawala"}
    assert "only Hawala code shown" in " ".join(fewer.subtitle)
    assert "on other rails" in " ".join(fewer.subtitle)


def test_same_input_same_bytes_whatever_the_order_of_actors(case: FlowInput, scene: Scene) -> None:
    again = build_scene(replace(case, actors=tuple(reversed(case.actors))))
    assert again == scene
    assert write_flow_svg(again) == write_flow_svg(scene)
    assert draw_network(again).to_json() == draw_network(scene).to_json()


def test_headline_counts_money_where_payers_pay_it_in(case: FlowInput, scene: Scene) -> None:
    kinds = {"deposit"}
    assert scene.paid_in == sum(p.value for p in case.payments if p.kind in kinds and p.value is not None)
    assert "payers paid in USD" in " ".join(scene.subtitle).replace("\u00a0", " ")


def test_many_payments_fold_into_few_shapes() -> None:
    scene = build_scene(CASES["large"])
    assert len(CASES["large"].payments) > 20_000
    assert len(scene.shapes) < 100
    assert len(draw_network(scene).data) <= MAX_TRACES


def test_payers_fold_by_recipient_even_when_there_is_one() -> None:
    actors = [Actor("a", "Zz One", "payer"), Actor("h", "Haw Onyx", "hawaladar"), ORGANISER]
    scene = build_scene(flow(actors, [pay("a", "h", kind="deposit"), pay("h", "o1")]))
    assert scene.shapes[-1].name == "1 payer" or "1 payer" in {shape.name for shape in scene.shapes}
    assert {column.title for column in scene.columns} == {"PAYERS", "HAWALA OFFICES", "ORGANISERS"}


def test_no_payer_label_key_or_note_reaches_any_output() -> None:
    secret = Actor("Zzkey0049", "Zzlabel Nobody", "payer", note="Zznote")
    actors = [secret, Actor("p2", "Zzlabel Two", "Payer "), ORGANISER, Actor("d", "Driver 1", "driver")]
    payments = [pay("Zzkey0049", "o1", kind="deposit"), pay("p2", "o1", number=2, kind="deposit"),
                pay("o1", "d", number=3), pay("o1", "p2", number=4, kind="refund"),
                pay("p2", "Zzkey0049", number=5)]
    for shown in (False, True):
        scene = build_scene(flow(actors, payments), show_returns=shown)
        outputs = [write_flow_svg(scene), write_page(draw_network(scene), title="x").split("</head>")[1],
                   json.dumps(table_twin(scene)), repr(scene)]
        assert not [text for text in outputs if re.search("Zz(key|label|note)", text)]


def test_no_payer_of_the_case_is_named(scene: Scene) -> None:
    assert PAYER_NAME not in write_flow_svg(scene)
    assert PAYER_NAME not in draw_network(scene).to_json()
    assert PAYER_NAME not in json.dumps(table_twin(scene))


def test_drivers_fold_only_beyond_ten_of_one_organiser() -> None:
    def count(number: int) -> list[str]:
        drivers = [Actor(f"d{n:02d}", f"Driver {n:02d}", "driver") for n in range(number)]
        payments = [pay("o1", driver.key, number=n) for n, driver in enumerate(drivers)]
        payments.append(pay("o2", "d00", number=99))
        scene = build_scene(flow([ORGANISER, OTHER, *drivers], payments))
        assert [shape.name for shape in scene.shapes if shape.shared] == ["Driver 00"]
        return sorted(shape.name for shape in scene.shapes if shape.role == "driver")

    assert len(count(11)) == 11
    assert count(12) == ["11 drivers of Org Alder", "Driver 00"]


def test_dispatchers_have_a_column_of_their_own() -> None:
    actors = [ORGANISER, Actor("c", "Dispatcher 1", "coordinator"), Actor("d", "Driver 1", "driver")]
    scene = build_scene(flow(actors, [pay("o1", "c"), pay("c", "d", number=2)]))
    assert [column.title for column in scene.columns] == ["ORGANISERS", "DISPATCHERS", "DRIVERS"]


def test_payments_inside_a_column_and_backwards_are_drawn() -> None:
    actors = [ORGANISER, OTHER, Actor("h", "Haw Onyx", "hawaladar")]
    scene = build_scene(flow(actors, [pay("o1", "o2"), pay("o1", "h", number=2), pay("h", "o2", number=3)]))
    assert len(scene.ribbons) == 3
    names = {scene.shapes[r.src].name + ">" + scene.shapes[r.dst].name: r for r in scene.ribbons}
    arc = names["Org Alder>Org Elm"].centre
    assert max(x for x, _ in arc) > max(arc[0][0], arc[-1][0]) + 10
    back = names["Org Alder>Haw Onyx"].centre
    assert back[-1][0] < back[0][0]


def test_thin_ribbons_are_hidden_and_counted_but_no_shape_is_left_alone() -> None:
    actors = [Actor("p", "x", "payer"), ORGANISER, OTHER, Actor("u", "Cluster", "unknown"), Actor("d", "D", "driver")]
    payments = [pay("p", "o1", "1000000", kind="deposit"), pay("p", "o2", "500000", number=2, kind="deposit"),
                pay("o2", "u", "5000", number=3), pay("o1", "u", "200", number=4), pay("o1", "d", "300", number=5)]
    scene = build_scene(flow(actors, payments))
    assert (scene.hidden.thin_ribbons, scene.hidden.thin, scene.hidden.thin_value) == (1, 1, Decimal(200))
    cluster = next(shape for shape in scene.shapes if shape.role == "unknown")
    assert cluster.money_in == 5200
    assert {"driver"} <= {scene.shapes[r.dst].role for r in scene.ribbons}


def test_payments_without_a_rate_are_drawn_thin_and_stated() -> None:
    scene = build_scene(flow([ORGANISER, Actor("d", "D", "driver")], [pay("o1", "d", None)]))
    assert scene.ribbons[0].width == MIN_WIDTH
    assert "without a rate" in " ".join(scene.subtitle)
    assert "as stated: None USDT" in tell_ribbon(scene.ribbons[0], scene.shapes, "USD")
    assert table_twin(scene)[0]["value"] == ""


def test_too_many_shapes_are_refused_with_advice() -> None:
    drivers = [Actor(f"d{n}", f"D {n}", "driver") for n in range(401)]
    payments = [pay(boss, d.key, number=n) for n, d in enumerate(drivers) for boss in ("o1", "o2")]
    with pytest.raises(TooManyShapes, match="shorter period, fewer rails or a smallest payment") as caught:
        build_scene(flow([ORGANISER, OTHER, *drivers], payments))
    assert isinstance(caught.value, UsageError)


def test_unlisted_actor_is_refused_without_naming_it() -> None:
    with pytest.raises(SceneError, match="'p1'") as caught:
        build_scene(flow([ORGANISER], [pay("Zzsecret", "o1")]))
    assert "Zz" not in str(caught.value)
    with pytest.raises(SceneError, match="listed twice"):
        build_scene(flow([ORGANISER, ORGANISER], []))


@pytest.mark.parametrize(("payments", "rails", "words"), [
    ([], None, "there is no payment"),
    ([pay("o1", "o2", rail="tron")], frozenset({"bitcoin"}), "on the rails shown"),
    ([pay("o1", "o2", kind="settlement")], None, "refunds or settlements"),
    ([pay("o1", "o1")], None, "inside one shape"),
])
def test_empty_picture_says_why(payments: list[Payment], rails: frozenset[str] | None, words: str) -> None:
    scene = build_scene(flow([ORGANISER, OTHER], payments), rails=rails)
    assert words in scene.empty_reason
    assert words in write_flow_svg(scene)
    assert words in draw_network(scene).to_json()
    assert table_twin(scene) == []


def test_hover_says_what_left_and_never_judges(scene: Scene) -> None:
    told = " ".join(" ".join(tell_shape(shape, "USD")) for shape in scene.shapes)
    assert "not seen leaving: USD" in told
    everything = (told + write_flow_svg(scene)).lower()
    assert not [word for word in ("criminal", "suspect", "smuggl", "guilty", "launder") if word in everything]


def test_table_twin_has_the_rows_of_the_picture(scene: Scene) -> None:
    rows = table_twin(scene)
    assert len(rows) == len(scene.ribbons)
    assert sum(int(row["payments"]) for row in rows) == sum(ribbon.count for ribbon in scene.ribbons)
    assert {"from", "to", "value", "payments", "rails", "citations", "facts", "inferences"} <= set(rows[0])


def test_ordering_removes_the_crossings_it_can() -> None:
    columns, edges = [[0, 1, 2], [3, 4, 5]], [(0, 5), (1, 4), (2, 3)]
    assert count_crossings(columns, edges) == 3
    assert count_crossings(order_columns(columns, edges), edges) == 0
