"""``trails simulate`` and ``trails exercise``."""

from __future__ import annotations

from pathlib import Path

import click

from trails.cli.options import json_option, print_json
from trails.cli.show import echo
from trails.simulate.parameters import SIZES
from trails.simulate.scenarios import DEFAULT


class _Seed(click.ParamType[int]):
    """A whole number; anything else is refused with an example."""

    name = "integer"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read a seed."""
        try:
            return int(str(value))
        except ValueError:
            self.fail(f"{value!r} is no whole number; write one like 7", param, ctx)


_seed = click.option("--seed", type=_Seed(), default=1, show_default=True, help="The same seed gives the same bytes.")
_size = click.option("--size", type=click.Choice(SIZES), default="S", show_default=True,
                     help="S: 60 migrants, 2 months; M: 600, 9 months; L: 5,000, a year; XL: L amid 5 M transfers.")  # fmt: skip


@click.command()
@click.argument("out", type=click.Path(path_type=Path), required=False)
@_size
@_seed
@click.option("--scenario", default=DEFAULT, show_default=True, metavar="NAME", help="Which story; --list names them.")
@click.option("--parameters", "own", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="TOML with values of your own: [fault_missing] value = 0.1")  # fmt: skip
@click.option("--list", "listing", is_flag=True, help="List the scenarios, and every parameter with its source, and stop.")
@json_option
def simulate(
    out: Path | None, size: str, seed: int, scenario: str, own: Path | None, listing: bool, as_json: bool
) -> None:  # fmt: skip
    """Make a fictional case with known truth in the new folder OUT.

    OUT/evidence holds what an investigator would be handed, with the damage real files have; OUT/truth the answer key, which
    no case accepts; OUT/README.md says what it is. Nobody in it is real. Then:

    \b
    trails simulate OUT --size S --seed 7 --scenario zvornik
    trails run OUT/evidence -o CASE
    trails evaluate CASE --truth OUT
    """
    from trails.errors import UsageError
    from trails.simulate.make import simulate_case
    from trails.simulate.parameters import read_changes

    if listing:
        _list_all(as_json=as_json)
        return
    if out is None:
        raise UsageError("name the folder to make: trails simulate OUT")
    changes = read_changes(own) if own else None
    said = simulate_case(
        out, size=size, seed=seed, scenario=scenario, changes=changes, told_by=str(own),
        say=None if as_json else lambda line: echo(line, err=True),
    )  # fmt: skip
    if as_json:
        print_json(said)
        return
    echo(f"Made {out}: {said['trips']:,} trips, {said['movements']:,} payments, {said['innocent']:,} of them innocent, "
               f"{sum(said['rows'].values()):,} rows in {len(said['rows'])} files.")  # fmt: skip
    echo(f"Next: trails run {out / 'evidence'} -o CASE; trails evaluate CASE --truth {out}")


def _list_all(*, as_json: bool) -> None:
    from trails.simulate.parameters import load_parameters
    from trails.simulate.scenarios import SCENARIOS

    parameters = load_parameters()
    if as_json:
        print_json({
            "scenarios": {name: {"about": each.about, "answer": each.answer} for name, each in SCENARIOS.items()},
            "parameters": {
                name: {"draw": parameters[name].draw, "values": parameters[name].show(), "unit": parameters[name].unit,
                       "source": parameters[name].source} for name in parameters.names()
            },
        })  # fmt: skip
        return
    for name, each in SCENARIOS.items():
        echo(f"{name} (size {', '.join(each.sizes)})", f"    {each.about}", f"    Right answer: {each.answer}")
    echo("", "Parameters (trails/simulate/parameters.toml):")
    for name in parameters.names():
        each_one = parameters[name]
        echo(f"{name}: {each_one.draw}: {each_one.show()} [{each_one.unit}]", f"    source: {each_one.source}")


@click.command()
@click.argument("out", type=click.Path(path_type=Path), required=False)
@_seed
@click.option("--minutes", default=240, show_default=True, help="How long the day is; hand-outs are released in proportion.")
@click.option("--score", "sheet", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="Add up a filled scoring.csv instead of making an exercise.")  # fmt: skip
@json_option
def exercise(out: Path | None, seed: int, minutes: int, sheet: Path | None, as_json: bool) -> None:
    """Make the package of a training day in the new folder OUT, or add up its scoring sheet.

    Participants start with a fictional case; as time goes by they are handed an exchange's answer, a freeze, a second phone that
    contradicts the first, the news that a file was in local time, a defence expert's three questions, a coerced payment, a request
    from abroad. OUT/facilitator has the guide, the solution key and the scoring sheet.

    \b
    trails exercise OUT --seed 3
    trails exercise --score OUT/facilitator/scoring.csv
    """
    from trails.errors import UsageError
    from trails.simulate.exercise.package import make_exercise
    from trails.simulate.exercise.scoring import KINDS, score_sheet

    if sheet:
        totals = score_sheet(sheet)
        if as_json:
            print_json({kind: {"given": given, "of": most} for kind, given, most in totals})
            return
        for kind, given, most in totals:
            of = "" if kind == "harm" else f" of {most:g}"
            echo(f"{KINDS.get(kind, 'in all')}: {given:g}{of}")
        return
    if out is None:
        raise UsageError("name the folder to make (trails exercise OUT), or a filled sheet (--score)")
    said = make_exercise(out, seed=seed, minutes=minutes)
    if as_json:
        print_json(said)
        return
    for inject in said["injects"]:
        echo(f"minute {inject['minute']:3}  {inject['title']}")
    echo(f"Made {out}. Read {out / 'facilitator' / 'guide.md'} first; participants get {out / 'participants'} only.")
