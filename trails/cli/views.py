"""``trails plot`` and ``trails report``."""

from __future__ import annotations

from pathlib import Path

import click

from trails.cli.options import case_argument, open_case
from trails.cli.show import echo


@click.command()
@case_argument
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="Folder to write to; CASE/out by default."
)
@click.option("--table", is_flag=True, help="Also write the rows behind the network as CSV.")
def plot(case: Path, output: Path | None, table: bool) -> None:
    """Draw the network and the time-line as self-contained HTML, and both as SVG.

    Facts are solid, inferences dashed; payers are folded into groups and never named, and whoever has only an inferred role is
    pale, dashed and a pseudonym. The files fetch nothing and send nothing, when opened or when any button in them is pressed.
    Nothing is drawn from results that are older than what they rest on (exit code 8).
    """
    from trails.naming import tell_paths
    from trails.views import write_pictures

    with open_case(case) as opened:
        written = write_pictures(opened, output or case / "out", table=table)
        told = tell_paths(opened, written)
    for path in told:
        echo(f"wrote {path}")


@click.command()
@case_argument
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="Folder to write to; CASE/out by default."
)
def report(case: Path, output: Path | None) -> None:
    """Write the evidence summary (HTML and JSON), rendered from one frozen result document.

    It says what was read, what is missing, the findings with conditions, citations and innocent readings, settings,
    versions, hashes and limits. Payers, and people of whom nobody has decided what they are, appear as pseudonyms; a summary
    that would name one is not written, nor one from results that are older than what they rest on (exit code 8).
    """
    from trails.naming import tell_paths
    from trails.views import write_report

    with open_case(case) as opened:
        written = write_report(opened, output or case / "out")
        told = tell_paths(opened, written)
    for path in told:
        echo(f"wrote {path}")
