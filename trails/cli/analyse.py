"""``trails cluster``, ``trails match``, ``trails link``, and ``trails analyse`` for all three."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from trails.cli.options import case_argument, json_option, open_case, print_json
from trails.cli.show import echo

if TYPE_CHECKING:
    from trails.pipeline import StepReport


def show_steps(reports: list[StepReport], *, as_json: bool) -> None:
    """Print what each step found."""
    if as_json:
        from dataclasses import asdict

        print_json([asdict(report) for report in reports])
        return
    for report in reports:
        echo(f"{report.step}: {report.summary}")
        for line in report.remarks:
            echo(f"    {line}")


@click.command()
@case_argument
@json_option
def analyse(case: Path, as_json: bool) -> None:
    """Join wallets, match hawala payouts to transfers, and find organiser to driver links.

    Runs `trails cluster`, `trails match` and `trails link`. Facts never change; inferences are made anew each time from
    facts, settings (case.toml) and judgements (`trails declare`), and name the facts they rest on.
    """
    from trails.cli.options import show_progress
    from trails.pipeline import analyse_case

    with open_case(case) as opened, show_progress("analysing"):
        reports = analyse_case(opened)
    show_steps(reports, as_json=as_json)
    if not as_json:
        echo(f"Next: trails plot {case}; trails report {case}")


@click.command()
@case_argument
@click.option("--anew", is_flag=True, help="Look at everything again; the tables are the same, it only takes longer.")
@json_option
def cluster(case: Path, anew: bool, as_json: bool) -> None:
    """Join addresses and parties that are consistent with one owner.

    By co-spending (several inputs of one Bitcoin transaction), never through a CoinJoin; by change where two independent
    signs agree; by an address, phone or handle that rows of the sources state; by deposit addresses that pass everything on to
    a service. Claims that would weld large or differently tagged clusters wait: `trails judge`. Every claim names its
    transaction or row: `trails why`. What falls apart without one: `trails strike`.
    """
    from trails.cli.options import show_progress
    from trails.pipeline import cluster_case

    with open_case(case) as opened, show_progress("clustering"):
        report = cluster_case(opened, anew=anew)
    show_steps([report], as_json=as_json)


@click.command()
@case_argument
@click.option("--explain", type=int, metavar="MATCH", help="Show how the weight of one match comes about, and draw it.")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="Where to draw it; CASE/out by default.")
@click.option("--parameters", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="A file of assumptions instead of the shipped ones (TOML; trails/hawala/matching.toml lists them all).")
@json_option
def match(case: Path, explain: int | None, output: Path | None, parameters: Path | None, as_json: bool) -> None:
    """Match hawala payouts, deposits and settlements to transfers on other rails, and trace every code.

    Rows of two books that tell of one payment are recognised first and count once. Then every candidate within the case's
    window, fee and tolerance is weighed by amount, time, the office's and the payee's wallets, identifiers, messages and
    currency, learnt from the case itself, and one best assignment is made for all together. Beside every match stand its
    rivals, the margin to the best of them, and how many such matches luck alone would give in this case; the word "link" is
    refused where luck explains it and no second source ties the two. Windows, fee and tolerance are settings in case.toml.

    \b
    trails match CASE
    trails match CASE --explain 12        the signs of match 12 in bits, and CASE/out/match-12.svg
    """
    from trails.cli.options import show_progress
    from trails.pipeline import match_case

    if explain is not None:
        _explain_match(case, explain, output or case / "out", as_json=as_json)
        return
    with open_case(case) as opened, show_progress("matching"):
        report = match_case(opened, parameters=parameters)
    show_steps([report], as_json=as_json)


def _explain_match(case: Path, number: int, folder: Path, *, as_json: bool) -> None:
    from trails.naming import tell_paths
    from trails.views import explain_match

    with open_case(case) as opened:
        said, written = explain_match(opened, number, folder)
        (path,) = tell_paths(opened, [written])
    if as_json:
        print_json({"stale": False, **said, "picture": path})
        return
    echo(said["wording"])
    for row in said["explanation"]:
        echo(f"  {row['sign']:<11}{row['bits']:>+7.1f} bits   {row['observed']}")
    echo(f"wrote {path}")


@click.command()
@case_argument
@json_option
def link(case: Path, as_json: bool) -> None:
    """Find time-respecting trails from organisers to drivers, and write the findings.

    Roles are declared (`trails declare`), come from tags, or are inferred from the records. Trails have at most six hops,
    stop at services and CoinJoins, and never start at, end at or pass a payer, victim, minor or third party. Fuel and dust
    (settings fuel_usd, dust_usd) are no payments.
    """
    from trails.pipeline import link_case

    with open_case(case) as opened:
        report = link_case(opened)
    show_steps([report], as_json=as_json)
