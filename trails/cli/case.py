"""``trails new``, ``trails add``, ``trails check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trails.cli.options import (
    case_argument,
    files_argument,
    json_option,
    print_json,
    print_table,
    reading_options,
    show_progress,
)
from trails.cli.show import echo

if TYPE_CHECKING:
    from trails.case import Case
    from trails.ingest import SourceReport


@click.command()
@case_argument
@click.option("--name", help="Name of the case in pictures and reports; the folder's name by default.")
@click.option(
    "--pseudonym-key", metavar="HEX", help="Name payers as another case does; by default every case has its own key."
)
def new(case: Path, name: str | None, pseudonym_key: str | None) -> None:
    """Make a new, empty case in a folder CASE.

    The folder will hold the settings (case.toml), the unchanged originals (sources/), the tables (case.duckdb), the log
    of who did what (log.jsonl) and the results (out/).
    """
    from trails.case import Case

    Case.create(case, name=name, pseudonym_key=pseudonym_key).close()
    echo(f"Made the case {case}. Next: trails add {case} FILE...")


@click.command()
@case_argument
@files_argument
@reading_options
@json_option
def add(case: Path, files: tuple[Path, ...], as_json: bool, **said: Any) -> None:
    """Add FILES to a case: read, check and account for every row.

    Each file is one step: it is added whole or not at all. Adding the same file again changes nothing. A file that
    cannot be read stops with its reason; files before it stay added. A folder stands for its files, with what its
    handover.toml says of them (see `trails run --help`).

    \b
    trails add CASE usdt.json chat.json
    trails add CASE ledger.xlsx --mapping ledger.toml --timezone Europe/Istanbul
    """
    from trails.case import Case
    from trails.handover import declare_known, expand_files

    handed, declarations = expand_files(files)
    with Case.open(case) as opened:
        reports = [add_one(opened, path, say_known(said, known), quiet=as_json) for path, known in handed]
        lines = declare_known(opened, declarations)
    if as_json:
        from dataclasses import asdict

        print_json([asdict(report) for report in reports])
        return
    for line in lines:
        echo(line)


def say_known(said: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    """What a person says on the command line, and what a folder's list knows where he says nothing."""
    return {**said, **{key: value for key, value in known.items() if said.get(key) is None}}


def add_one(case: Case, path: Path, said: dict[str, Any], *, quiet: bool = False) -> SourceReport:
    """Add one file and say what became of it; a zone or currency that does not exist stops before anything is read."""
    from trails.connector import ReadOptions
    from trails.ingest import add_source
    from trails.money import currency
    from trails.timestamps import zone

    words = {key: said[key] for key in ("timezone", "currency", "rail", "encoding", "date_order", "calendar")}
    if words["timezone"]:
        zone(words["timezone"])
    if words["currency"]:
        currency(words["currency"])
    with show_progress(f"reading {path.name}") as progress:
        report = add_source(
            case, path, connector=said["connector"], options=ReadOptions(**words),
            mapping_path=said["mapping_path"], companions=said["companions"], progress=progress,
        )  # fmt: skip
    if not quiet:
        echo(describe_report(report))
        if report.already_known and any(said.values()):
            echo("    what is said about it now is not used: read it anew in a new case")
    return report


def describe_report(report: SourceReport) -> str:
    """One line: what became of a file."""
    if report.already_known:
        return f"{report.name}: already in the case as source {report.source_id}; nothing changed"
    return (
        f"{report.name}: source {report.source_id}, {report.connector} ({report.why}); read {report.rows_read:,} = kept "
        f"{report.rows_kept:,} + duplicate {report.rows_duplicate:,} + skipped {report.rows_skipped:,} + refused "
        f"{report.rows_refused:,}"
    )


@click.command()
@case_argument
@json_option
@click.option("--all-rows", is_flag=True, help="List every issue with its row instead of groups.")
def check(case: Path, as_json: bool, all_rows: bool) -> None:
    """Show what was read, kept, known already, left out on purpose and refused, per source.

    Also re-hashes every original and verifies the log's chain. In each source: read = kept + duplicate + skipped +
    refused.
    """
    from trails.accounting import account_sources, describe_tables, verify_vault
    from trails.case import Case

    with Case.open(case) as opened:
        sources = account_sources(opened)
        verified, head, tables = verify_vault(opened), opened.log_head(), describe_tables(opened)
        issues = opened.con.execute(
            "SELECT source_id, row, severity, code, message FROM issues ORDER BY source_id, row NULLS FIRST, issue_id"
        ).fetchall()
    if as_json:
        listed = [
            dict(zip(("source_id", "row", "severity", "code", "message"), issue, strict=True)) for issue in issues
        ]
        print_json({"sources": sources, "tables": tables, "log_head": head, "issues": listed if all_rows else None})
        return
    _print_sources(sources)
    if all_rows:
        for source_id, row, severity, code, message in issues:
            echo(f"source {source_id} row {row if row is not None else '-'}: {severity} {code}: {message}")
    else:
        _print_groups(sources)
    echo("", f"{len(verified)} originals re-hashed, all unchanged. Log unbroken, head {head}.")
    echo("Tables: " + ", ".join(f"{name} {count:,}" for name, count in tables.items() if count))


def _print_sources(sources: list[dict[str, Any]]) -> None:
    keys = ("rows_read", "rows_kept", "rows_duplicate", "rows_skipped", "rows_refused")
    rows = [[s["source_id"], s["name"], s["connector"], *(s[key] for key in keys)] for s in sources]
    rows.append([None, "all", "", *(sum(s[key] for s in sources) for key in keys)])
    print_table(["source", "file", "connector", "read", "kept", "duplicate", "skipped", "refused"], rows)


def _print_groups(sources: list[dict[str, Any]]) -> None:
    for source in sources:
        for group in source["issues"]:
            rows = [str(row) for row in group["rows"] if row is not None]
            more = "" if group["count"] <= len(rows) else f" ... ({group['count']:,} in all)"
            where = f"row{'s' if len(rows) > 1 else ''} {', '.join(rows)}{more}" if rows else "the whole file"
            echo("", f"{source['name']}: {group['severity']} {group['code']}, {where}")
            echo(f"    {group['message']}")
