"""Court pictures are valid XML, plain enough for any printer, and harmless whatever the evidence is called."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from tests.charts.chart_demo import START, make_trips
from trails.charts.html import CSP, write_page
from trails.charts.network import draw_network
from trails.charts.records import Actor, FlowInput, Payment, Scene
from trails.charts.scene import build_scene
from trails.charts.svg import write_flow_svg
from trails.charts.timeline import draw_timeline, write_timeline_svg
from trails.charts.wording import clean_text, escape_text, format_money, measure_text, wrap_text

NASTY = ("<b>x</b>", "</script><script>alert(1)</script>", 'a" onload="x', "&amp; <a href='x'>y</a>",
         "\u202eevil\u0000",
         "${1+1} %{x}")


def make_nasty() -> FlowInput:
    actors = [Actor(f"o{n}", text, "organiser", note=text) for n, text in enumerate(NASTY)]
    actors.append(Actor("d", NASTY[1], "driver"))
    payments = [Payment(f"p{n}", f"o{n}", "d", NASTY[0], "X", NASTY[1], None, START, "", NASTY[2], "fact", NASTY[1])
                for n in range(len(NASTY))]
    return FlowInput(tuple(actors), tuple(payments), "USD", NASTY[1], (NASTY[0],))


def test_flow_svg_is_plain_valid_xml(scene: Scene) -> None:
    text = write_flow_svg(scene)
    root = ET.fromstring(text)
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert names <= {"svg", "title", "desc", "rect", "g", "path", "circle", "text"}
    assert not re.search(r"opacity|rgba|pattern|filter|href|script", text)
    sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)"', text)]
    assert min(sizes) >= 9.5
    assert "NaN" not in text
    assert scene.title in text
    assert all(line in text for line in scene.footer)


def test_inference_is_drawn_dashed_and_hawala_hatched(scene: Scene) -> None:
    text = write_flow_svg(scene)
    dashed = [s for r in scene.ribbons for s in r.strands if s.basis == "inference"]
    assert dashed
    assert text.count('stroke-dasharray="3 2.4"') == len(dashed)
    assert all(s.hatch for r in scene.ribbons for s in r.strands if s.rail == "hawala")


def test_nasty_names_stay_text() -> None:
    scene = build_scene(make_nasty())
    svg = write_flow_svg(scene)
    ET.fromstring(svg)
    assert "<script" not in svg
    assert "<b>" not in svg
    page = write_page(draw_network(scene), title=NASTY[1], footer=NASTY)
    body = page.split("<body>")[1]
    assert "alert(1)</script>" not in body
    assert page.split("<body>")[0].count("<script") == 0
    assert "\u202e" not in svg + page
    figure = draw_network(scene).to_dict()
    labels = [note["text"] for note in figure["layout"]["annotations"]]
    assert any("&lt;b&gt;" in text for text in labels)


def test_page_is_closed_to_the_network_and_equal_each_time(scene: Scene) -> None:
    page = write_page(draw_network(scene), title="Flow", footer=("Case T-0", "SHA-256 00"), css_extra="p{margin:0}")
    assert page == write_page(draw_network(scene), title="Flow", footer=("Case T-0", "SHA-256 00"),
                              css_extra="p{margin:0}")
    assert CSP in page
    assert "connect-src 'none'" in page
    assert "<script src" not in page
    assert "Case T-0<br>SHA-256 00" in page
    assert '"showSendToCloud": false' in page.replace('"showSendToCloud":false', '"showSendToCloud": false')


@pytest.mark.parametrize("align", ["time", "proof"])
def test_timeline_svg_is_plain_valid_xml(align: str) -> None:
    trips = make_trips()
    text = write_timeline_svg(trips, align="proof" if align == "proof" else "time")
    ET.fromstring(text)
    assert text == write_timeline_svg(make_trips(), align="proof" if align == "proof" else "time")
    assert not re.search(r"opacity|rgba|pattern|href|script", text)
    assert min(float(size) for size in re.findall(r'font-size="([\d.]+)"', text)) >= 9.5
    assert write_page(draw_timeline(trips), title="Trips").startswith("<!DOCTYPE html>")


def test_words() -> None:
    assert clean_text("a\u202eb\u0000\n c") == r"a\u202eb\u0000\n c"
    assert escape_text("\"<&>'") == "&quot;&lt;&amp;&gt;&#x27;"
    assert format_money(build_scene(make_nasty()).paid_in) == "0"
    lines = wrap_text(["one two three"] * 40, 12, 300)
    assert all(measure_text(line, 12) <= 300 for line in lines)
