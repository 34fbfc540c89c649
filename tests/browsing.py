"""A page in a real browser, waited for by what it does and never by the clock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

#: Milliseconds after which the browser is taken to hang.
HANGS_MS = 600_000
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

#: For modules with a browser: the event loop of its driver leaves sockets to the garbage collector at shutdown.
BROWSER_MARKS = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


@contextmanager
def run_browser(chromium: str) -> Iterator[Any]:
    """A browser without a window."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as play:
        running = play.chromium.launch(executable_path=chromium, args=_FLAGS, timeout=HANGS_MS)
        yield running
        running.close()


def open_file(browser: Any, path: Path, *, height: int, bypass_csp: bool = False) -> tuple[Any, list[str], list[str]]:
    """The loaded page, every request that is not to the file, every complaint of the console."""
    viewport = {"width": 1640, "height": height}
    page = browser.new_context(viewport=viewport, accept_downloads=True, bypass_csp=bypass_csp).new_page()
    page.set_default_timeout(HANGS_MS)
    away: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda r: away.append(r.url) if not re.match(r"(file|data|blob):", r.url) else None)
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    settle(page)
    return page, away, complaints


def settle(page: Any) -> None:
    """Wait until the page has drawn itself twice and then has nothing left to do."""
    page.evaluate("""() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(
        () => requestIdleCallback(() => done()))))""")


def wait_until(page: Any, condition: str) -> None:
    """Wait until a condition holds, looked at in every frame; the page's policy may forbid the driver's own way."""
    page.evaluate(f"""() => new Promise(done => {{
        const look = () => {condition} ? done() : requestAnimationFrame(look);
        look();
    }})""")


def press_every_button(page: Any) -> list[str]:
    """Press one button of the mode bar after the other, each until the page is done with it; their titles."""
    page.wait_for_selector(".modebar-btn")
    buttons = page.locator(".modebar-btn")
    titles = [buttons.nth(number).get_attribute("data-title") or "" for number in range(buttons.count())]
    for number, title in enumerate(titles):
        done: AbstractContextManager[Any] = page.expect_download() if title.startswith("Download") else nullcontext()
        with done:
            buttons.nth(number).click(force=True)
        settle(page)
    return titles
