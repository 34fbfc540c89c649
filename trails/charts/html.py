"""One self-contained page around a figure: nothing is fetched, nothing can be sent, equal bytes each time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trails.charts.describe import tabulate_scene
from trails.charts.palette import FONT_STACK, GROUND, INK, MUTED
from trails.charts.wording import escape_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from trails.charts.records import Scene

DIV_ID = "trails-chart"

#: plotly's own upload buttons are off: by default version 7 offers to send the chart to a cloud service.
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "displayModeBar": True,
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "scrollZoom": True,
    "responsive": False,
    "modeBarButtonsToRemove": ["sendChartToCloud", "sendDataToCloud", "select2d", "lasso2d", "autoScale2d"],
    "toImageButtonOptions": {"format": "svg", "filename": "trails-chart"},
}

CSP = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
    "connect-src 'none'; form-action 'none'; base-uri 'none'"
)

_STYLE = f"""
body {{ margin: 0; background: {GROUND}; color: {INK}; font-family: {FONT_STACK}; }}
main {{ overflow-x: auto; }}
footer, .help {{ margin: 0 24px 12px; color: {MUTED}; font-size: 12px; line-height: 1.5; }}
footer {{ overflow-wrap: anywhere; }}
main:focus-visible {{ outline: 3px solid #E08214; outline-offset: -3px; }}
"""

_HELP = "Point at a shape or ribbon to read it · click a shape: its neighbours · Esc: all · click a rail: hide it"

#: Lights a shape with its neighbours, dims the rest, and keeps ribbon labels in step with the rails shown.
_SCRIPT = """
(function () {
  window.__hl = 0;
  var gd = document.getElementById("trails-chart");
  var meta = gd && gd.layout && gd.layout.meta && gd.layout.meta.trails;
  if (!meta) { return; }
  function paint(lit) {
    var all = lit === null, count = 0, traces = [], opacity = [], chosen = {}, layout = {};
    meta.ribbons.forEach(function (ribbon) {
      var on = all || ribbon.src === lit || ribbon.dst === lit;
      ribbon.traces.forEach(function (trace) { traces.push(trace); opacity.push(on ? 1 : meta.dim); });
      if (ribbon.label >= 0) { layout["annotations[" + ribbon.label + "].opacity"] = on ? 1 : meta.dim; }
    });
    meta.shapes.forEach(function (places, shape) {
      var on = all || shape === lit || meta.ribbons.some(function (r) {
        return (r.src === lit && r.dst === shape) || (r.dst === lit && r.src === shape);
      });
      if (on && !all) { count += 1; }
      layout["annotations[" + meta.labels[shape] + "].opacity"] = on ? 1 : meta.dim;
      for (var i = 0; i < places.length; i += 2) {
        chosen[places[i]] = chosen[places[i]] || [];
        if (on) { chosen[places[i]].push(places[i + 1]); }
      }
    });
    var numbers = Object.keys(chosen).map(Number);
    var points = numbers.map(function (n) { return all ? null : chosen[n]; });
    var work = traces.length ? Plotly.restyle(gd, { opacity: opacity }, traces) : Promise.resolve();
    work.then(function () { return Plotly.restyle(gd, { selectedpoints: points }, numbers); })
      .then(function () { return Plotly.relayout(gd, layout); })
      .then(function () { window.__hl = count; });
  }
  function keepLabels() {
    var layout = {}, changed = false;
    meta.ribbons.forEach(function (ribbon) {
      if (ribbon.label < 0 || !ribbon.traces.length) { return; }
      var seen = ribbon.traces.some(function (n) {
        var shown = gd._fullData[n] && gd._fullData[n].visible;
        return shown === true;
      });
      if ((gd.layout.annotations[ribbon.label].visible !== false) !== seen) {
        layout["annotations[" + ribbon.label + "].visible"] = seen;
        changed = true;
      }
    });
    if (changed) { Plotly.relayout(gd, layout); }
  }
  gd.on("plotly_click", function (event) {
    var point = event.points[0];
    if (typeof point.customdata === "number") { paint(point.customdata); }
  });
  gd.on("plotly_restyle", keepLabels);
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") { paint(null); } });
})();
"""


def write_page(figure: go.Figure, *, title: str, footer: Sequence[str] = (), css_extra: str = "") -> str:
    """A whole HTML page with plotly.js inside.

    ``footer`` is the caller's lines (case id, hashes, versions); ``css_extra`` is trusted style text of the program.
    """
    import plotly.io

    chart = plotly.io.to_html(
        figure, include_plotlyjs=True, full_html=False, div_id=DIV_ID, config=CONFIG, include_mathjax=False,
        default_width="1600px", default_height="100%",
    )
    has_script = bool(figure.layout.meta)
    lines = "<br>".join(escape_text(line) for line in footer)
    return "\n".join([
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{CSP}">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{escape_text(title)}</title>",
        f"<style>{_STYLE}{css_extra}</style>",
        "</head>",
        "<body>",
        f'<main tabindex="0" aria-label="{escape_text(title)}">',
        chart,
        "</main>",
        *([f'<p class="help">{_HELP}</p>'] if has_script else []),
        f"<footer>{lines}</footer>",
        f"<script>{_SCRIPT}</script>",
        "</body>",
        "</html>",
        "",
    ])


def table_twin(scene: Scene) -> list[dict[str, str]]:
    """The rows behind a flow picture, one per ribbon, for a CSV file beside it."""
    return tabulate_scene(scene)
