"""The page in a real browser: it says, lights and hides what it should, and sends nothing anywhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.browsing import BROWSER_MARKS, open_file, press_every_button, run_browser
from trails.charts.html import write_page
from trails.charts.network import draw_network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from trails.charts.records import Scene

pytestmark = BROWSER_MARKS


@pytest.fixture(scope="module")
def page_file(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "flow.html"
    path.write_text(write_page(draw_network(scene), title="Flow", footer=("Case T-0",)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    with run_browser(chromium) as running:
        yield running


@pytest.fixture
def opened(browser: Any, page_file: Path) -> Iterator[Any]:
    page, away, complaints = open_file(browser, page_file, height=1600, bypass_csp=True)
    yield page
    assert away == []
    assert complaints == []
    page.context.close()


def count_fills(page: Any, rail: str) -> int:
    script = (
        "rail => document.getElementById('trails-chart')._fullData.filter("
        "t => t.legendgroup === 'rail:' + rail && t.fill === 'toself' && t.visible === true).length"
    )
    return int(page.evaluate(script, rail))


def test_hover_click_and_escape(opened: Any, scene: Scene) -> None:
    organiser = next(shape for shape in scene.shapes if shape.role == "organiser")
    opened.mouse.move(organiser.x - 3, organiser.y)
    opened.mouse.move(organiser.x, organiser.y)
    hover = opened.wait_for_selector(".hoverlayer .hovertext")
    assert organiser.name in hover.text_content()
    assert "not seen leaving" in hover.text_content()
    opened.mouse.click(organiser.x, organiser.y)
    opened.wait_for_function("window.__hl > 0")
    near = {r.src for r in scene.ribbons if r.dst == organiser.index} | {
        r.dst for r in scene.ribbons if r.src == organiser.index}
    assert opened.evaluate("window.__hl") == len(near) + 1
    dimmed = "document.getElementById('trails-chart')._fullData.filter(t => t.opacity === 0.16).length"
    assert opened.evaluate(dimmed) > 0
    opened.keyboard.press("Escape")
    opened.wait_for_function("window.__hl === 0")
    assert opened.evaluate(dimmed) == 0


def test_ribbon_tells_its_value_and_first_citation(opened: Any, scene: Scene) -> None:
    ribbon = scene.ribbons[0]
    x, y = ribbon.strands[0].centre[7]
    opened.mouse.move(x - 2, y)
    opened.mouse.move(x, y)
    text = opened.wait_for_selector(".hoverlayer .hovertext").text_content()
    assert f"USD {ribbon.value:,.0f}" in text
    assert "basis: " in text
    assert ".json row" in text


def test_legend_click_hides_the_hawala_ribbons(opened: Any) -> None:
    assert count_fills(opened, "hawala") > 0
    others = count_fills(opened, "tron")
    entry = opened.locator(".legend2 .traces").filter(has_text="Hawala code")
    box = entry.bounding_box()
    opened.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    opened.wait_for_function(
        "document.getElementById('trails-chart')._fullData.every("
        "t => t.legendgroup !== 'rail:hawala' || t.visible !== true)")
    assert count_fills(opened, "hawala") == 0
    assert count_fills(opened, "tron") == others


def test_no_button_of_the_mode_bar_sends_anything(opened: Any) -> None:
    titles = press_every_button(opened)
    assert titles
    assert not [title for title in titles if re.search(r"share|cloud|edit", title, re.IGNORECASE)]


def test_policy_holds_and_the_console_is_silent(browser: Any, page_file: Path) -> None:
    page, away, complaints = open_file(browser, page_file, height=1600)
    policy = page.get_attribute("meta[http-equiv=Content-Security-Policy]", "content")
    assert "default-src 'none'" in policy
    organiser_letters = page.locator(".scatterlayer text").filter(has_text="O")
    assert organiser_letters.count() > 0
    assert (away, complaints) == ([], [])
    page.context.close()
