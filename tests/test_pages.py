"""What a case writes, opened in a real browser: nothing is fetched or sent, whatever button is pressed."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.browsing import BROWSER_MARKS, open_file, press_every_button, run_browser, settle, wait_until

PAGES = ("network.html", "timeline.html", "report.html")
SENDING = re.compile(r"share|cloud|edit in|chart studio", re.IGNORECASE)

pytestmark = BROWSER_MARKS


@pytest.fixture
def out(demo: Path) -> Path:
    return demo / "out"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    with run_browser(chromium) as running:
        yield running


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine that writes down whoever calls."""
    calls: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            calls.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - the library's name

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", calls
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_and_asks_for_nothing(browser: Any, out: Path, name: str) -> None:
    page, away, complaints = open_file(browser, out / name, height=1100)
    policy = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
    assert "default-src 'none'" in policy
    assert (away, complaints) == ([], [])
    assert page.locator("svg").count() > 0


@pytest.mark.parametrize("name", PAGES[:2])
def test_no_button_sends_anything(browser: Any, out: Path, name: str) -> None:
    page, away, complaints = open_file(browser, out / name, height=1100)
    titles = press_every_button(page)
    assert titles
    assert not [title for title in titles if SENDING.search(title)]
    assert page.locator("a[href^=http], form, iframe").count() == 0
    assert (away, complaints) == ([], [])


def test_the_check_for_sending_buttons_can_fail(browser: Any, tmp_path: Path) -> None:
    """Plotly's own defaults do have such a button: the pages above lack it because it is switched off."""
    import plotly.graph_objects as go
    import plotly.io

    (tmp_path / "defaults.html").write_text(plotly.io.to_html(go.Figure(go.Scatter(y=[1, 2])), include_plotlyjs=True))
    page, _, _ = open_file(browser, tmp_path / "defaults.html", height=1100)
    page.wait_for_selector(".modebar-btn", state="attached")
    buttons = page.locator(".modebar-btn")
    titles = [buttons.nth(n).get_attribute("data-title") or "" for n in range(buttons.count())]
    assert [title for title in titles if SENDING.search(title)]


@pytest.mark.parametrize("name", PAGES)
def test_the_policy_stops_even_a_script_that_tries(
    browser: Any, out: Path, name: str, listener: tuple[str, list[str]]
) -> None:
    address, calls = listener
    page, _, _ = open_file(browser, out / name, height=1100)
    page.evaluate(
        """async (address) => {
            window.stopped = [];
            document.addEventListener('securitypolicyviolation', event => window.stopped.push(event.blockedURI));
            const image = new Image(), ended = new Promise(done => { image.onload = image.onerror = done; });
            image.src = address + '/image';
            navigator.sendBeacon(address + '/beacon', 'x');
            await fetch(address + '/fetch', {mode: 'no-cors'}).catch(() => null);
            await ended;
        }""",
        address,
    )
    settle(page)
    assert sorted(page.evaluate("window.stopped")) == [f"{address}/{name}" for name in ("beacon", "fetch", "image")]
    assert calls == []


def test_hovering_an_organiser_tells_role_and_click_lights_its_neighbours(browser: Any, out: Path) -> None:
    page, _, complaints = open_file(browser, out / "network.html", height=1100)
    page.wait_for_selector(".legend .traces")
    text = page.locator("text=Alder").first.bounding_box()
    assert text is not None
    x, y = text["x"] + text["width"] / 2, text["y"] + text["height"] + 55
    page.mouse.move(x, y)
    page.mouse.move(x + 1, y)
    page.wait_for_selector(".hoverlayer .hovertext")
    shown = page.locator(".hoverlayer").text_content()
    assert "rganiser" in shown
    page.mouse.click(x + 1, y)
    wait_until(page, "window.__hl > 0")
    page.keyboard.press("Escape")
    wait_until(page, "window.__hl === 0")
    assert complaints == []


def test_the_report_reads_whole_and_names_its_hash(browser: Any, out: Path) -> None:
    page, _, _ = open_file(browser, out / "report.html", height=1100)
    for heading in ("Findings", "What was read", "What is missing", "Settings", "Limits", "payment links"):
        assert page.locator("h2", has_text=heading).count() == 1, heading
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, "the page scrolls sideways"
