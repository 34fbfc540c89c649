"""Pictures and the evidence summary of a case, written to files after a scan for payers' identifiers."""

from __future__ import annotations

import csv
import importlib.metadata
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trails import __version__
from trails.accounting import account_sources
from trails.charts.flow_input import PictureTables, build_flow
from trails.charts.scene import build_scene
from trails.charts.timeline_input import build_timeline
from trails.charts.waterfall import draw_waterfall
from trails.errors import UsageError
from trails.pipeline import read_tables
from trails.pseudonyms import Names, name_nodes, scan_export
from trails.report.document import FactLines, ResultDocument, build_document
from trails.valuation import value_transfers

if TYPE_CHECKING:
    import pandas as pd

    from trails.case import Case
    from trails.charts.scene import Scene

_INFERENCES = (
    "claims", "entities", "debts", "codes", "states", "matches", "nettings", "roles", "links", "hops", "proceeds", "findings",
)  # fmt: skip
_LIBRARIES = ("duckdb", "numpy", "pandas", "plotly", "pyarrow", "scipy")


@dataclass(frozen=True, slots=True)
class View:
    """A case made ready to be shown: names, words for facts, values, and the account of its rows."""

    picture: PictureTables
    frames: dict[str, pd.DataFrame]
    sources: list[dict[str, object]]
    footer: tuple[str, ...]


def open_view(case: Case) -> View:
    """Read a case for showing; raises UsageError when it was not analysed since it last changed."""
    tables = read_tables(case, inferences=True)
    frames = {name: getattr(tables, name) for name in _INFERENCES}
    if len(frames["entities"]) != len(tables.nodes) or _changed_since_link(case):
        raise UsageError(f"the case has changed since it was analysed: run `trails analyse {case.folder}` first")
    sources = account_sources(case)
    names = name_nodes(tables.nodes, frames["entities"], frames["roles"], key=case.config["pseudonyms"]["key"])
    citations = case.read_frame("SELECT fact, fact_id, source_id, row FROM citations ORDER BY ALL")
    lines = FactLines(tables, names, sources, citations)
    reference = str(case.settings["reference_currency"])
    valued = value_transfers(tables.transfers, tables.assets, tables.prices, reference=reference)
    values = dict(zip(valued["transfer_id"].astype(int), valued["value"], strict=True))
    rails = dict(zip(tables.nodes["node_id"].astype(int), tables.nodes["rail"], strict=True))
    shown = frames["matches"]
    picture = PictureTables(
        tables, frames["entities"], frames["roles"], shown[(shown["kind"] == "payout") & (shown["state"] == "link")], names,
        values, lines, reference, rails,
    )
    digest = " ".join(str(source["sha256"])[:12] for source in sources[:8]) + (" ..." if len(sources) > 8 else "")
    footer = (
        f"Case {case.config['case']['name']} - {len(sources)} files, SHA-256 {digest}",
        f"trails {__version__} - times in UTC - solid: a row states it; dashed: inferred - payers are protected and never named",
    )
    return View(picture, frames, sources, footer)


def _changed_since_link(case: Case) -> bool:
    """Whether a file or a declaration came in after the last `trails link`: its inferences then rest on less."""
    row = case.con.execute(
        "SELECT coalesce(max(n) FILTER (json_extract_string(line, '$.command') IN ('add', 'declare')), 0) > "
        "coalesce(max(n) FILTER (json_extract_string(line, '$.command') = 'link'), 0) FROM journal"
    ).fetchone()
    return bool(row and row[0])


def explain_match(case: Case, number: int, folder: Path) -> tuple[dict[str, Any], Path]:
    """The signs of one match in bits with their observations, and its waterfall written to a folder.

    Parties are node numbers: nobody is named. Raises UsageError for a number that no match has, and for a match in parts,
    which has no weight of its own.
    """
    frame = case.read_frame("SELECT * FROM matches WHERE match_id = ?", [number])
    if not len(frame):
        (most,) = case.con.execute("SELECT coalesce(max(match_id), 0) FROM matches").fetchall()
        raise UsageError(f"no match has the number {number}; the case has {most[0]} (`trails match {case.folder}` makes them)")
    row = {str(name): value for name, value in frame.to_dict("records")[0].items()}
    if row["weight"] is None or row["weight"] != row["weight"]:
        raise UsageError(f"match {number} is one in parts: its sums agree, and it has no weight of its own. {row['wording']}")
    row["explanation"] = json.loads(row["explanation"])
    sources = account_sources(case)
    digest = " ".join(str(source["sha256"])[:12] for source in sources[:8]) + (" ..." if len(sources) > 8 else "")
    picture = draw_waterfall(
        row["explanation"],
        title=f"Match {number}: {row['kind']} transfer {row['transfer_a']} and transfer {row['transfer_b']}",
        verdict=f"{row['state']}: probability {row['score']:.2f}, {row['chance']:.3g} as good expected by luck, "
        f"{row['rivals']} rival(s)",
        footer=(f"Case {case.config['case']['name']} - {len(sources)} files, SHA-256 {digest}",
                f"trails {__version__} - an inference, not a fact; learnt from this case alone"),
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"match-{number}.svg"
    path.write_text(picture, encoding="utf-8")
    return row, path


def write_pictures(case: Case, folder: Path, *, table: bool = False) -> list[Path]:
    """Write network.html, timeline.html and both as SVG; with ``table`` the rows behind the network as CSV.

    Raises LeakError, and writes nothing, when a picture would name a payer.
    """
    from trails.charts.html import table_twin, write_page
    from trails.charts.lanes import lay_out_lanes
    from trails.charts.network import draw_network
    from trails.charts.svg import write_flow_svg
    from trails.charts.svg_timeline import write_timeline_svg
    from trails.charts.timeline import draw_timeline

    view = open_view(case)
    name = case.config["case"]["name"]
    scene = build_scene(build_flow(view.picture, title=f"Who paid whom: {name}", footer=view.footer))
    timeline = build_timeline(view.picture, title=f"Codes, proofs and payments in time: {name}", footer=view.footer)
    pages = lay_out_lanes(timeline).pages
    texts = {
        "network.html": write_page(draw_network(scene), title=f"Network: {name}"),
        "network.svg": write_flow_svg(scene),
        "timeline.svg": write_timeline_svg(timeline),
    }
    for page in range(1, pages + 1):
        suffix = "" if page == 1 else f"-{page}"
        figure = draw_timeline(timeline, page)
        texts[f"timeline{suffix}.html"] = write_page(figure, title=f"Time-line: {name}")
    if table:
        texts["network.csv"] = _write_csv(table_twin(scene))
    return _write_texts(case, folder, texts, view.picture.names, "plot")


def _write_csv(rows: list[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]) if rows else ["from", "to"], lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _defuse(value) for key, value in row.items()} for row in rows)
    return out.getvalue()


def _defuse(value: object) -> object:
    """Text that a spreadsheet would run as a formula gets a quotation mark in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r", "|")) else value


def write_report(case: Case, folder: Path) -> list[Path]:
    """Write report.html and report.json from one frozen result document; raises LeakError like write_pictures."""
    from trails.charts.svg import write_flow_svg
    from trails.charts.svg_timeline import write_timeline_svg
    from trails.report.html import Picture, render_html

    view = open_view(case)
    document = freeze_document(case, view)
    name = case.config["case"]["name"]
    scene: Scene = build_scene(build_flow(view.picture, title=f"Who paid whom: {name}", footer=view.footer))
    timeline = build_timeline(view.picture, title=f"Codes, proofs and payments in time: {name}", footer=view.footer)
    pictures = (
        Picture(
            "Who paid whom. Solid: a row states it. Dashed: inferred. Payers are folded into groups.",
            write_flow_svg(scene),
        ),
        Picture("In time: hawala codes, proofs of delivery and payments to drivers.", write_timeline_svg(timeline)),
    )
    texts = {"report.html": render_html(document, pictures=pictures), "report.json": document.to_json()}
    return _write_texts(case, folder, texts, view.picture.names, "report")


def freeze_document(case: Case, view: View) -> ResultDocument:
    """The frozen result document of a case; its ``results`` depend on files and settings alone."""
    versions = {"trails": __version__, **{name: importlib.metadata.version(name) for name in _LIBRARIES}}
    record = {
        "case": case.config["case"]["name"],
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "log_head": case.log_head(),
        "fictional": any("FICTIONAL" in str(source["name"]).upper() for source in view.sources)
        or "fictional" in case.config["case"]["name"].casefold(),
    }
    return build_document(
        view.picture.tables, frames=view.frames, names=view.picture.names, lines=view.picture.lines,
        sources=view.sources, settings=case.settings, versions=versions, record=record,
    )  # fmt: skip


def _write_texts(case: Case, folder: Path, texts: dict[str, str], names: Names, command: str) -> list[Path]:
    """Scan every file first, then write them all, then log what was written with its hash."""
    import hashlib

    library = ""
    if any("plotly" in text for text in texts.values()):
        import plotly.offline

        library = plotly.offline.get_plotlyjs()
    for file_name, text in texts.items():
        scan_export(text.replace(library, "") if library else text, names, file_name=file_name)
    folder.mkdir(parents=True, exist_ok=True)
    for file_name, text in texts.items():
        (folder / file_name).write_text(text, encoding="utf-8", newline="\n")
    hashes = {file_name: hashlib.sha256(text.encode()).hexdigest() for file_name, text in texts.items()}
    with case.change(command, {"outputs": hashes}):
        pass
    return [folder / file_name for file_name in texts]
