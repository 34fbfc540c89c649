"""``trails transcribe``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trails.cli.options import case_argument, json_option, open_case, print_json
from trails.cli.show import echo
from trails.words import count_words

if TYPE_CHECKING:
    from trails.case import Case
    from trails.ingest import SourceReport
    from trails.transcribe import CitingSheet, KeptPicture


@click.command()
@case_argument
@click.argument("picture")
@click.option("--template", is_flag=True, help="Write a sheet to be filled in, and its mapping beside it.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
              help="The sheet: .xlsx (cells stay as they are typed) or .csv; transcription-HASH.xlsx by default.")  # fmt: skip
@click.option("--lines", default=30, show_default=True, type=click.IntRange(1, 10_000), help="Rows laid out for each page.")
@click.option("--transcriber", default="", help="Who reads the picture: filled into every row.")
@json_option
def transcribe(
    case: Path, picture: str, template: bool, output: Path | None, lines: int, transcriber: str, as_json: bool
) -> None:
    """Write off a photographed or scanned page by hand: what is known of PICTURE, and a sheet to be filled in.

    PICTURE is a file (JPEG, PNG or PDF by its own bytes; it is added to the case where it is not in it yet), or the name or SHA-256
    of a picture in the case. No text is ever recognised in it: somebody reads it, and says so.

    Each row of the sheet names the picture by its SHA-256, the place on it (page, and x, y, width, height or words like "page 2,
    line 5"), who read it, when, and which columns hold signs that can be read in two ways, then what the book says. Fill in the
    mapping beside it as well: the decimal mark, the zone, the book's own words. Then add the sheet. `trails cite` shows the row
    of the sheet and the place on the picture. A row is refused where the picture is not in the case or does not have that place,
    where nobody is named as its reader, and where two readers tell the same line differently.

    \b
    trails transcribe CASE page-12.jpg --template --transcriber "Examiner A" -o page-12.xlsx
    trails add CASE page-12.xlsx
    trails transcribe CASE page-12.jpg
    """
    from trails.errors import UsageError
    from trails.transcribe import find_picture, list_sheets, write_sheet

    if output and not template:
        raise UsageError("a sheet is written with --template")
    added = _add_where_new(case, Path(picture)) if Path(picture).is_file() else None
    with open_case(case, read_only=True) as opened:
        kept = find_picture(opened, _hash_of(opened, added.source_id) if added else picture)
        sheets = list_sheets(opened, kept.sha256)
    written: list[Path] = []
    if template:
        output = output or Path(f"transcription-{kept.sha256[:8]}.xlsx")
        written = write_sheet(output, kept, lines=lines, transcriber=transcriber)
    if as_json:
        print_json(_as_data(kept, sheets, written, added))
        return
    if added and not added.already_known:
        from trails.cli.case import describe_report

        echo(describe_report(added))
    _tell(case, kept, sheets, written)


def _add_where_new(case: Path, path: Path) -> SourceReport:
    """The source that a picture is in the case, after it was added where it was not; SourceError where it is no picture."""
    from trails.ingest import add_source
    from trails.pictures import PICTURES, look_at_path

    look_at_path(path, str(path))
    with open_case(case) as opened:
        return add_source(opened, path, connector=PICTURES)


def _hash_of(case: Case, source_id: int) -> str:
    found = case.con.execute("SELECT sha256 FROM sources WHERE source_id = ?", [source_id]).fetchone() or ("",)
    return str(found[0])


def _as_data(
    kept: KeptPicture, sheets: list[CitingSheet], written: list[Path], added: SourceReport | None
) -> dict[str, object]:
    from trails.transcribe import COLUMNS

    return {
        "source_id": kept.source_id, "name": kept.name, "sha256": kept.sha256, "kind": kept.picture.kind,
        "unit": kept.picture.unit, "pages": [{"width": width, "height": height} for width, height in kept.picture.pages],
        "added": added is not None and not added.already_known, "sheets": [asdict(each) for each in sheets],
        "written": [str(each) for each in written], "columns": list(COLUMNS) if written else [],
    }  # fmt: skip


def _tell(case: Path, kept: KeptPicture, sheets: list[CitingSheet], written: list[Path]) -> None:
    echo(f"{kept.name}: source {kept.source_id}, {kept.picture.describe()}", f"  SHA-256 {kept.sha256}")
    for each in sheets:
        counted = f"{each.rows_kept:,} of {count_words(each.rows_read, 'row')} used, {each.rows_refused:,} refused"
        echo(f"  transcribed in source {each.source_id}, {each.name}: {counted}")
    if not sheets:
        echo("  it waits for a transcription" + ("" if written else ": the sheet for it is made with --template"))
    for path in written:
        echo(f"wrote {path}")
    if written:
        echo(f"Fill in both, one row for each line of the book. Then: trails add {case} {written[0]}")
