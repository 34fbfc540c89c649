"""Pictures and the evidence summary of a case, made of fresh results alone, written after a scan for protected people."""

from __future__ import annotations

import importlib.metadata
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
from trails.fact_lines import FactLines
from trails.fresh import require_fresh
from trails.hawala.ties import supported_matches
from trails.kept import read_explanation
from trails.log import read_entries
from trails.naming import read_names
from trails.pipeline import read_tables
from trails.release import refuse_place, release_texts, write_csv
from trails.report.document import ResultDocument, build_document
from trails.small_sums import flag_payments
from trails.tables import INFERENCES
from trails.valuation import value_transfers
from trails.verify import find_settings_change, require_unaltered
from trails.words import count_words, say_share

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from trails.case import Case
    from trails.charts.scene import Scene

_JUDGED_WORDS = {
    "accept": "accepted by a person", "reject": "rejected by a person", "unsure": "a person is unsure",
}  # fmt: skip
_LIBRARIES = ("duckdb", "numpy", "pandas", "plotly", "pyarrow", "scipy")


@dataclass(frozen=True, slots=True)
class View:
    """A case made ready to be shown: names, words for facts, values, and the account of its rows."""

    picture: PictureTables
    frames: dict[str, pd.DataFrame]
    sources: list[dict[str, Any]]
    footer: tuple[str, ...]


def open_view(case: Case, what: str) -> View:
    """Read a case for showing; raises StaleError when results are older than what they rest on, CaseError when it is altered."""
    require_fresh(case, f"{what} not written")
    require_unaltered(case, f"{what} not written")
    tables = read_tables(case, inferences=True)
    frames = {name: getattr(tables, name) for name in INFERENCES}
    sources = account_sources(case)
    names = read_names(case, tables.nodes)
    citations = case.read_frame("SELECT fact, fact_id, source_id, row FROM citations ORDER BY ALL")
    lines = FactLines(tables, names, sources, citations)
    said = case.settings
    reference = str(said["reference_currency"])
    valued = value_transfers(tables.transfers, tables.assets, tables.prices, reference=reference)
    values = dict(zip(valued["transfer_id"].astype(int), valued["value"], strict=True))
    rails = dict(zip(tables.nodes["node_id"].astype(int), tables.nodes["rail"], strict=True))
    shown = frames["matches"]
    is_payment = flag_payments(
        tables.transfers, tables.assets, tables.prices, fuel_usd=said["fuel_usd"], dust_usd=said["dust_usd"]
    )
    picture = PictureTables(
        tables, frames["entities"], frames["roles"], shown[(shown["kind"] == "payout") & supported_matches(shown)], names,
        values, lines, reference, rails, set(tables.transfers.loc[is_payment, "transfer_id"].astype(int)),
    )  # fmt: skip
    return View(picture, frames, sources, _write_footer(case, sources))


def _write_footer(case: Case, sources: list[dict[str, Any]]) -> tuple[str, ...]:
    digest = " ".join(str(source["sha256"])[:12] for source in sources[:8]) + (" ..." if len(sources) > 8 else "")
    return (
        f"Case {case.config['case']['name']} - {count_words(len(sources), 'file')}, SHA-256 {digest}",
        f"trails {__version__} - times in UTC - solid: a row states it; dashed: inferred - payers are protected and never named",
    )


def explain_match(case: Case, number: int, folder: Path) -> tuple[dict[str, Any], Path]:
    """The signs of one match in bits with their observations, and its waterfall written to a folder.

    Nobody is named. Raises UsageError for a number that no match has, and for a match in parts, which has no weight of its
    own; StaleError where matches are older than what they rest on, CaseError where the case was altered.
    """
    refuse_place(case, folder)
    what = f"the picture of match {number} is not written"
    require_fresh(case, what, "match")
    require_unaltered(case, what)
    frame = case.read_frame("SELECT * FROM matches WHERE match_id = ?", [number])
    if not len(frame):
        (most,) = case.con.execute("SELECT coalesce(max(match_id), 0) FROM matches").fetchall()
        raise UsageError(f"no match has the number {number}; the case has {most[0]} (`trails match {case.folder}` makes them)")
    row = {str(name): value for name, value in frame.to_dict("records")[0].items()}
    if row["weight"] is None or row["weight"] != row["weight"]:
        raise UsageError(f"match {number} is one in parts: its sums agree, and it has no weight of its own. {row['wording']}")
    row["explanation"] = read_explanation(row["explanation"])
    rivals = count_words(row["rivals"], "rival") if row["rivals"] else "no rival"
    judged = f"{_JUDGED_WORDS[row['judged']]}; by the records alone " if isinstance(row["judged"], str) else ""
    footer = _write_footer(case, account_sources(case))
    picture = draw_waterfall(
        row["explanation"],
        title=f"Match {number}: {row['kind']} transfer {row['transfer_a']} and transfer {row['transfer_b']}",
        verdict=f"{judged}{row['state']}: "
        f"probability {say_share(row['score'])}, {row['chance']:.3g} as good expected by luck, {rivals}",
        footer=(footer[0], f"trails {__version__} - an inference, not a fact; learnt from this case alone"),
    )  # fmt: skip
    (path,) = release_texts(case, folder, {f"match-{number}.svg": picture}, read_names(case), "explain")
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

    refuse_place(case, folder)
    view = open_view(case, "pictures are")
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
        texts["network.csv"] = write_csv(table_twin(scene))
    return release_texts(case, folder, texts, view.picture.names, "plot")


def write_report(case: Case, folder: Path) -> list[Path]:
    """Write report.html and report.json from one frozen result document; raises LeakError like write_pictures."""
    from trails.charts.svg import write_flow_svg
    from trails.charts.svg_timeline import write_timeline_svg
    from trails.report.html import Picture, render_html

    refuse_place(case, folder)
    view = open_view(case, "the report is")
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
    return release_texts(case, folder, texts, view.picture.names, "report")


def freeze_document(case: Case, view: View) -> ResultDocument:
    """The frozen result document of a case; its ``results`` depend on files and settings alone."""
    versions = {"trails": __version__, **{name: importlib.metadata.version(name) for name in _LIBRARIES}}
    record = {
        "case": case.config["case"]["name"],
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "log_head": case.log_head(),
        "settings_unaccepted": find_settings_change(case),
        "not_read": _list_not_read(case, view.picture.names.clean_text),
        "fictional": any("FICTIONAL" in str(source["name"]).upper() for source in view.sources)
        or "fictional" in case.config["case"]["name"].casefold(),
    }
    return build_document(
        view.picture.tables, frames=view.frames, names=view.picture.names, lines=view.picture.lines,
        sources=view.sources, settings=case.settings, versions=versions, record=record,
    )  # fmt: skip


def _list_not_read(case: Case, clean: Callable[[str], str]) -> list[dict[str, str]]:
    """Files that `trails run` was given and could not read, and that nobody added since."""
    entries = read_entries(case.log_lines())
    # the log calls a file after a payer by the pseudonym, the table of sources by its name
    added = {each for (name,) in case.con.execute("SELECT name FROM sources").fetchall() for each in (name, clean(name))}
    failed = {e["file"]: str(e["reason"]) for e in entries if e.get("command") == "not_added"}
    return [{"name": clean(name), "reason": clean(why)} for name, why in sorted(failed.items())
            if added.isdisjoint((name, clean(name)))]
