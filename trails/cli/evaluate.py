"""``trails evaluate``."""

from __future__ import annotations

from pathlib import Path

import click

from trails.cli.options import case_argument, json_option, print_json, show_progress


@click.group()
def evaluate() -> None:
    """Measure how often inferences are right, on cases whose answers are known."""


@evaluate.command()
@case_argument
@click.option(
    "--owners",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Who owns which address: CSV with columns address and owner, or JSON of owner to addresses.",
)
@click.option("--rounds", default=1_000, show_default=True, help="Bootstrap rounds of the intervals.")
@click.option("--markdown", is_flag=True, help="Print the tables as Markdown, as trails/docs/accuracy.md has them.")
@json_option
def ownership(case: Path, owners: Path, rounds: int, markdown: bool, as_json: bool) -> None:
    """Measure the ownership rules of CASE against known owners.

    Pairs of addresses (precision, recall, F1), adjusted Rand index, homogeneity and completeness with 95 % intervals, for
    naive co-spending, with every CoinJoin screen, without each of them, and with change; then every rule, and every
    combination of signs of change, by itself. Nothing in the case is changed.
    """  # fmt: skip
    from trails.case import Case
    from trails.evaluate.report import evaluate_ownership, write_markdown, write_text

    with Case.open(case, read_only=True) as opened, show_progress("measuring"):
        found = evaluate_ownership(opened, owners, rounds=rounds)
    if as_json:
        print_json({name: frame.to_dict("records") for name, frame in found.items()})
    else:
        click.echo(write_markdown(found) if markdown else write_text(found))
