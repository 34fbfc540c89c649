"""The evidence summary as one self-contained HTML page: no script, nothing fetched, nothing sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from trails.report.document import ResultDocument
from trails.visible import show_text

#: How many payments of a link, ways of a payment, and facts of a finding, the page prints; the JSON document holds all.
TRAILS_SHOWN = 12
WAYS_SHOWN = 3
FACTS_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Picture:
    """A vector picture to set into the page: trusted SVG of our own writing, and its caption."""

    caption: str
    svg: str


def render_html(document: ResultDocument, *, pictures: tuple[Picture, ...] = ()) -> str:
    """The page for a frozen document. Every text of the document is escaped, and what is unseen in it or would act is made
    visible; only our own SVG goes in as markup.
    """
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("trails.report", "."), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=lambda value: _show(value, Markup),
    )  # fmt: skip
    plain: dict[str, Any] = json.loads(document.to_json())
    shown = [{"caption": picture.caption, "svg": Markup(picture.svg)} for picture in pictures]  # noqa: S704 - our own SVG
    return environment.get_template("evidence.html").render(
        doc=plain, pictures=shown, trails_shown=TRAILS_SHOWN, ways_shown=WAYS_SHOWN, facts_shown=FACTS_SHOWN
    )


def _show(value: object, markup: type[str]) -> object:
    return show_text(value) if isinstance(value, str) and not isinstance(value, markup) else value
