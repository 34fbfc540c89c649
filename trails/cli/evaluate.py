"""``trails evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from trails.cli.options import case_argument, json_option, open_case, print_json, print_table, show_progress
from trails.cli.show import echo, echo_layout
from trails.parts import refuse_inside_case

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trails.evaluate.case import Evaluation


class _Evaluate(click.Group):
    """A group whose first word may also be a case, or ``--suite``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read ``CASE --truth ...`` as the command ``case``, and ``--suite`` as the command ``suite``."""
        if "--suite" in args:
            args = ["suite", *(word for word in args if word != "--suite")]
        elif args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["case", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Evaluate)
def evaluate() -> None:
    """Measure how often inferences are right, on cases whose answers are known.

    \b
    trails evaluate CASE --truth FOLDER            a simulated case, against its answer key
    trails evaluate --suite                        the fixed suite; writes the accuracy page
    trails evaluate ownership CASE --owners FILE   the ownership rules, against owners you know
    """


@evaluate.command("case")
@case_argument
@click.option("--truth", required=True, type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="Folder of the simulation that CASE was made from.")  # fmt: skip
@click.option("--picture", type=click.Path(path_type=Path, dir_okay=False), help="Draw the table to this SVG file too.")
@click.option("--markdown", is_flag=True, help="Print Markdown.")
@json_option
def evaluate_one(case: Path, truth: Path, picture: Path | None, markdown: bool, as_json: bool) -> None:
    """Measure an analysed CASE against the truth it was simulated with.

    Ownership, matches, roles, links and patterns: how many statements are right, how much of what the files record was
    found, the first 5 and 10, calibration, who was falsely accused, and who is protected. Nothing in the case is changed, and
    results older than what they rest on are not measured (exit code 8).
    """
    from trails.evaluate.case import evaluate_case
    from trails.fresh import require_fresh

    with open_case(case, read_only=True) as opened, show_progress("measuring"):
        require_fresh(opened, "nothing is measured")
        found = evaluate_case(opened, truth)
    _show([found], f"{case.name} against its truth", picture, markdown=markdown, as_json=as_json)


def _show(
    cases: Sequence[Evaluation], title: str, picture: Path | None, *, markdown: bool, as_json: bool
) -> None:  # fmt: skip
    from trails.evaluate.page import (
        COLUMNS,
        as_data,
        curves_of,
        describe_harm,
        describe_ratios,
        list_cells,
        pick_for_picture,
        write_curves,
        write_table,
    )
    from trails.evaluate.picture import draw_scores
    from trails.evaluate.scores import score_counts

    rows = score_counts([case.counts for case in cases])
    curves = curves_of(cases)
    if picture:
        refuse_inside_case(picture.parent)
        picture.write_text(draw_scores(pick_for_picture(rows), title, curves), encoding="utf-8", newline="\n")
    if as_json:
        print_json(as_data(cases))
        return
    if markdown:
        echo_layout(write_table(rows))
    else:
        print_table(list(COLUMNS), [list(list_cells(row)) for row in rows])
    echo("", describe_harm(cases), describe_ratios(cases), "")
    echo_layout(write_curves(curves))
    if picture:
        echo(f"wrote {picture}")


@evaluate.command("suite", hidden=True)
@click.option("--quick", is_flag=True, help="Two cases only: whether it runs, no figures to quote.")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="Folder for accuracy.md and accuracy.svg; "
              "the docs of this installation by default.")  # fmt: skip
@json_option
def suite(quick: bool, output: Path | None, as_json: bool) -> None:
    """Make, analyse and measure the fixed suite of simulated cases, and write the accuracy page with its picture.

    The seeds are stated on the page. It takes some minutes.
    """
    import trails
    from trails.evaluate.page import as_data, curves_of, pick_for_picture, write_page
    from trails.evaluate.picture import draw_scores
    from trails.evaluate.scores import score_counts
    from trails.evaluate.suite import QUICK, SUITE, run_suite

    folder = output or Path(trails.__file__).parent / "docs"
    refuse_inside_case(folder)
    groups = run_suite(QUICK if quick else SUITE, lambda line: echo(line, err=True))
    every = [case for group in groups for case in group.cases]
    rows = pick_for_picture(score_counts([case.counts for case in every]))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "accuracy.md").write_text(write_page(groups), encoding="utf-8", newline="\n")
    drawn = draw_scores(rows, f"{len(every)} simulated cases: shares with 95 % intervals", curves_of(every))
    (folder / "accuracy.svg").write_text(drawn, encoding="utf-8", newline="\n")
    if as_json:
        print_json(as_data(every))
    else:
        echo(f"wrote {folder / 'accuracy.md'} and {folder / 'accuracy.svg'}")


@evaluate.command()
@case_argument
@click.option(
    "--owners",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Who owns which address: CSV with columns address and owner, or JSON of owner to addresses.",
)
@click.option("--rounds", default=1_000, show_default=True, help="Bootstrap rounds of the intervals.")
@click.option("--markdown", is_flag=True, help="Print the tables as Markdown, as trails/docs/accuracy-ownership.md has them.")
@json_option
def ownership(case: Path, owners: Path, rounds: int, markdown: bool, as_json: bool) -> None:
    """Measure the ownership rules of CASE against known owners.

    Pairs of addresses (precision, recall, F1), adjusted Rand index, homogeneity and completeness with 95 % intervals, for
    naive co-spending, with every CoinJoin screen, without each of them, and with change; then every rule, and every
    combination of signs of change, by itself. Nothing in the case is changed.
    """  # fmt: skip
    from trails.evaluate.report import evaluate_ownership, write_markdown, write_text

    with open_case(case, read_only=True) as opened, show_progress("measuring"):
        found = evaluate_ownership(opened, owners, rounds=rounds)
    if as_json:
        print_json({name: frame.to_dict("records") for name, frame in found.items()})
    elif markdown:
        echo_layout(write_markdown(found))
    else:
        echo_layout(write_text(found))
