"""What a case writes, opened in a real browser: nothing is fetched or sent, whatever button is pressed."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from trails.demo import run_demo

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = ("network.html", "timeline.html", "report.html")
SENDING = re.compile(r"share|cloud|edit in|chart studio", re.IGNORECASE)

pytestmark = [
    pytest.mark.browser,
    # the event loop of the browser driver leaves sockets to the garbage collector at shutdown
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages") / "case"
    run_demo(folder, say=lambda _: None)
    return folder / "out"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as play:
        running = play.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


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


def open_file(browser: Any, path: Path) -> tuple[Any, list[str], list[str]]:
    """The page under its own security policy, every request that is not to the file, every complaint."""
    page = browser.new_context(viewport={"width": 1640, "height": 1100}, accept_downloads=True).new_page()
    away: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda r: away.append(r.url) if not re.match(r"(file|data|blob):", r.url) else None)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    return page, away, complaints


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_and_asks_for_nothing(browser: Any, out: Path, name: str) -> None:
    page, away, complaints = open_file(browser, out / name)
    page.wait_for_timeout(400)
    policy = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
    assert "default-src 'none'" in policy
    assert (away, complaints) == ([], [])
    assert page.locator("svg").count() > 0


@pytest.mark.parametrize("name", PAGES[:2])
def test_no_button_sends_anything(browser: Any, out: Path, name: str) -> None:
    page, away, complaints = open_file(browser, out / name)
    page.wait_for_selector(".modebar-btn")
    buttons = page.locator(".modebar-btn")
    titles = [buttons.nth(n).get_attribute("data-title") or "" for n in range(buttons.count())]
    assert titles
    assert not [title for title in titles if SENDING.search(title)]
    for number in range(buttons.count()):
        buttons.nth(number).click(force=True)
        page.wait_for_timeout(150)
    assert page.locator("a[href^=http], form, iframe").count() == 0
    assert (away, complaints) == ([], [])


def test_the_check_for_sending_buttons_can_fail(browser: Any, tmp_path: Path) -> None:
    """Plotly's own defaults do have such a button: the pages above lack it because it is switched off."""
    import plotly.graph_objects as go
    import plotly.io

    (tmp_path / "defaults.html").write_text(plotly.io.to_html(go.Figure(go.Scatter(y=[1, 2])), include_plotlyjs=True))
    page, _, _ = open_file(browser, tmp_path / "defaults.html")
    page.wait_for_selector(".modebar-btn", state="attached")
    buttons = page.locator(".modebar-btn")
    titles = [buttons.nth(n).get_attribute("data-title") or "" for n in range(buttons.count())]
    assert [title for title in titles if SENDING.search(title)]


@pytest.mark.parametrize("name", PAGES)
def test_the_policy_stops_even_a_script_that_tries(
    browser: Any, out: Path, name: str, listener: tuple[str, list[str]]
) -> None:
    address, calls = listener
    page, _, _ = open_file(browser, out / name)
    tried = page.evaluate(
        """async (address) => {
            const image = new Image(); image.src = address + '/image';
            navigator.sendBeacon(address + '/beacon', 'x');
            try { await fetch(address + '/fetch', {mode: 'no-cors'}); return 'sent'; } catch (e) { return 'stopped'; }
        }""",
        address,
    )
    page.wait_for_timeout(300)
    assert tried == "stopped"
    assert calls == []


def test_hovering_an_organiser_tells_role_and_click_lights_its_neighbours(browser: Any, out: Path) -> None:
    page, _, complaints = open_file(browser, out / "network.html")
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
    page.wait_for_timeout(300)
    assert page.evaluate("window.__hl") > 0
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    assert page.evaluate("window.__hl") == 0
    assert complaints == []


def test_the_report_reads_whole_and_names_its_hash(browser: Any, out: Path) -> None:
    page, _, _ = open_file(browser, out / "report.html")
    for heading in ("Findings", "What was read", "What is missing", "Settings", "Limits", "payment links"):
        assert page.locator("h2", has_text=heading).count() == 1, heading
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, "the page scrolls sideways"
