"""Arrows run one way, and trails knows connectors by entry point alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

#: Lower number = further left; a module may import what stands at its own number or left of it.
LEVELS = {
    "errors": 0, "compiled": 0, "words": 0, "marks": 0, "unread_formats": 0, "visible": 0, "stops": 0, "plain_files": 1,
    "guard": 0, "utf8_stream": 0, "spreadsheet_safe": 1, "short_rows": 1, "xml_bounds": 1,
    "parts": 1, "keys": 1, "money": 1, "targets": 1, "match_settings": 1, "timestamps": 2, "log": 2,
    "identifiers": 2, "terms": 2, "escapes": 1, "nearly": 2, "recover": 2, "lookup_log": 3, "lookup_files": 4, "settings": 2,
    "calendars": 3, "model": 3, "tables": 4, "contents": 4, "pictures": 4, "frames": 4, "claims_sql": 5, "stored": 5,
    "connector": 5, "archives": 5, "graph": 5, "persons": 5, "own_texts": 4, "pseudonyms": 5, "fact_lines": 5,
    "mapping": 6, "columns": 6, "records": 6, "kept": 6, "said": 6,
    "texts": 6, "held": 6, "json_text": 6, "csv_text": 6, "sheets": 6, "workbooks": 6, "old_workbooks": 6, "parquet_rows": 6,
    "shown_cells": 1, "book_parts": 6, "old_marks": 6, "old_currencies": 0, "idle_settings": 1, "declared": 6,
    "vault": 6, "same_facts": 6, "http": 6, "bulk": 6, "staging": 6, "whole_file": 7, "database": 6, "upgrade": 7, "merge": 7,
    "idle_options": 7, "case": 8,
    "fresh": 9, "subjects": 9, "naming": 9, "release": 9, "cited": 9, "ingest": 9, "accounting": 9, "verify": 9,
    "simulate": 9, "question": 9, "veiled": 9, "query": 10, "transcribe": 10, "claims": 11, "valuation": 11, "ownership": 12,
    "small_sums": 12, "clustering": 13, "find_node": 13, "hawala": 13, "patterns": 13, "links": 14, "finding": 14, "strike": 14,
    "cite": 14, "judgements": 14, "handover": 15, "code_findings": 15, "findings": 15, "report": 16, "charts": 17, "pipeline": 18,
    "views": 19, "code_story": 19, "evaluate": 19, "lookups": 20, "demo": 20, "cli": 21, "__main__": 22,
}  # fmt: skip
#: Analysis and drawing are pure: tables in, table out.
PURE = (
    "graph", "claims", "valuation", "ownership", "small_sums", "hawala", "links", "patterns", "findings",
    "code_findings", "marks", "words", "terms", "escapes", "nearly", "persons", "pseudonyms", "charts",
)  # fmt: skip
IMPURE_MODULES = {
    "pathlib",
    "os",
    "io",
    "requests",
    "socket",
    "urllib",
    "random",
    "secrets",
    "time",
    "tempfile",
    "shutil",
}


def modules(package: str) -> list[Path]:
    return sorted(path for path in (ROOT / package).rglob("*.py") if "__pycache__" not in path.parts)


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
    return names


def level_of(name: str) -> int | None:
    parts = name.split(".")
    return LEVELS[parts[1]] if parts[0] == "trails" and len(parts) > 1 else None


@pytest.mark.parametrize("path", modules("trails"), ids=lambda p: str(p.relative_to(ROOT)))
def test_trails_imports_only_to_the_left(path: Path) -> None:
    relative = path.relative_to(ROOT / "trails")
    top = relative.parts[0].removesuffix(".py")
    if top == "__init__":
        return
    assert top in LEVELS, f"{relative} has no level: give it one here and in the design"
    for name in imported(path):
        level = level_of(name)
        assert level is None or level <= LEVELS[top], f"{relative} imports {name}, which stands to its right"


@pytest.mark.parametrize("path", modules("trails"), ids=lambda p: str(p.relative_to(ROOT)))
def test_trails_does_not_import_connectors(path: Path) -> None:
    assert not [name for name in imported(path) if name.split(".")[0] == "connectors"]


def test_only_the_evaluation_and_the_command_line_know_the_simulator() -> None:
    """The analysis cannot have seen the answers: nothing of it imports what makes them."""
    knowing = {
        path.relative_to(ROOT / "trails").parts[0].removesuffix(".py")
        for path in modules("trails")
        if any(name.startswith("trails.simulate") for name in imported(path))
    }
    assert knowing == {"simulate", "evaluate", "cli"}
    for path in modules("connectors"):
        assert not any(name.startswith("trails.simulate") for name in imported(path)), path


@pytest.mark.parametrize("path", modules("connectors"), ids=lambda p: str(p.relative_to(ROOT)))
def test_connectors_import_only_the_contract(path: Path) -> None:
    allowed = {
        "calendars", "columns", "connector", "errors", "identifiers", "idle_settings", "keys", "mapping", "model", "money",
        "parquet_rows", "pictures", "records", "said", "timestamps", "utf8_stream", "words", "xml_bounds",
    }  # fmt: skip
    used = {name.split(".")[1] for name in imported(path) if name.startswith("trails.")}
    assert used <= allowed, f"{path.name} uses {sorted(used - allowed)}"


@pytest.mark.parametrize("package", PURE)
def test_analysis_touches_no_disk_clock_or_network(package: str) -> None:
    base = ROOT / "trails" / package
    for path in sorted(base.rglob("*.py")) if base.is_dir() else [base.with_suffix(".py")]:
        assert not imported(path) & IMPURE_MODULES, path
        text = path.read_text(encoding="utf-8")
        assert "datetime.now" not in text, path
        assert "open(" not in text, path


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; from trails.cli import cli; cli(['--help'], standalone_mode=False); print(sorted(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    for heavy in ("pandas", "numpy", "duckdb", "plotly", "pyarrow", "scipy", "networkx", "rich"):
        assert f"'{heavy}'" not in shown, f"--help imports {heavy}"
