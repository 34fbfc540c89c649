"""The bundled fictional case, run as an investigator would run a real one."""

from __future__ import annotations

import importlib.resources
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from trails.case import Case
from trails.handover import read_declarations
from trails.ingest import add_source
from trails.judgements import declare_role
from trails.pipeline import cluster_case, link_case, match_case
from trails.views import write_pictures, write_report

#: The demo's pseudonym key is public, so that everybody's demo gives the same bytes. Real cases have a secret one.
DEMO_KEY = "00" * 32
CASE_PACKAGE = "examples.river_case"


def find_case_files(folder: Path) -> list[Path]:
    """The files of a bundled case that are sources, in the order they are added: tables first, chats last."""
    order = (
        "rates.csv",
        "tags.yaml",
        "ledger_amber.csv",
        "ledger_jade.xlsx",
        "usdt_tron.json",
        "bitcoin.json",
        "telegram_result.json",
    )
    return [folder / name for name in order]


def run_demo(output: Path, *, say: Callable[[str], None]) -> list[Path]:
    """Make a case of the bundled files, declare the roles the story gives, analyse, draw and report.

    ``say`` is told each step when it is done. Returns what was written. Raises UsageError when ``output`` exists and is not
    empty.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(importlib.resources.as_file(importlib.resources.files(CASE_PACKAGE)))
        case = stack.enter_context(Case.create(output, name="River (fictional)", pseudonym_key=DEMO_KEY))
        for path in find_case_files(folder):
            report = add_source(case, path)
            say(
                f"added {report.name}: {report.rows_read} rows read, {report.rows_kept} kept, {report.rows_refused} refused"
            )
        declared = read_declarations(folder / "declarations.toml")
        for entry in declared:
            declare_role(case, entry["node"], entry["role"], why=entry["why"], who=entry["who"])
        say(f"declared {len(declared)} roles, as the analyst of the story does")
        for step in (cluster_case, match_case, link_case):
            made = step(case)
            say(f"{made.step}: {made.summary}")
        return [*write_pictures(case, output / "out", table=True), *write_report(case, output / "out")]
