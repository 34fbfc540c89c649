"""``trails run``: everything in one go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from trails.cli.options import files_argument, reading_options
from trails.cli.show import echo


@click.command()
@files_argument
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder of the new case."
)
@click.option(
    "--strict", is_flag=True, help="Stop at the first file that cannot be read instead of going on without it."
)
@reading_options
def run(files: tuple[Path, ...], output: Path, strict: bool, **said: Any) -> None:
    """Make a case of FILES, analyse it, draw it and write the evidence summary.

    A file that cannot be read as a whole is reported and left out, the others go in; the exit code then is 4. Without
    declared roles no links are sought: use `trails declare`, then `trails analyse` and `trails report`.

    A folder stands for its files. What is known of each (its zone, its chain, the order of day and month), and whom you
    hold for organisers and dispatchers, may stand in a file handover.toml in it: [[file]] tables with name, timezone,
    currency, rail, encoding, date_order, calendar; [[declare]] tables with node, role, why.

    \b
    trails run export.json ledger.csv chat.json -o CASE --timezone Europe/Sarajevo
    trails run FOLDER -o CASE
    """
    from trails.case import Case
    from trails.cli.analyse import show_steps
    from trails.cli.case import add_one, say_known
    from trails.errors import SourceError
    from trails.handover import declare_known, expand_files
    from trails.pipeline import analyse_case
    from trails.views import write_pictures, write_report

    failed: list[str] = []
    handed, declarations = expand_files(files)
    with Case.create(output) as case:
        for path, known in handed:
            try:
                add_one(case, path, say_known(said, known))
            except SourceError as problem:
                if strict:
                    raise
                failed.append(str(problem))
                echo(*problem.lines("not added: "), err=True)
        for line in declare_known(case, declarations):
            echo(line)
        show_steps(analyse_case(case), as_json=False)
        written = [*write_pictures(case, output / "out"), *write_report(case, output / "out")]
    for path in written:
        echo(f"wrote {path}")
    echo(f"Open {output / 'out' / 'report.html'} first. What was read, row by row: trails check {output}")
    if failed:
        raise SourceError(f"{len(failed)} of {len(handed)} files were not added (reasons above); the rest is complete")
