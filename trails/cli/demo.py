"""``trails demo``."""

from __future__ import annotations

from pathlib import Path

import click

from trails.cli.show import echo


@click.command()
@click.option("-o", "--output", default="demo-case", show_default=True, type=click.Path(path_type=Path, file_okay=False),
              help="Folder of the new case.")  # fmt: skip
def demo(output: Path) -> None:
    """Run the whole job on the bundled fictional case and say where to look.

    A ledger of two hawala offices, a chat, a USDT export, a Bitcoin export, tags and rates, all made up, become a case
    with clusters, matches, payment links, a network picture, a time-line and an evidence summary. About a quarter of a
    minute; the first time on a machine a minute or two, since the loops over arrays are then compiled for it, once. Each step
    says how long it took. An earlier demo case in the folder is made anew; any other case there is left alone.
    """
    import time

    from trails.demo import run_demo
    from trails.errors import UsageError
    from trails.plain_files import read_plain_text

    if output.exists() and (output / "case.toml").is_file():
        if "River (fictional)" not in read_plain_text(output / "case.toml", error=UsageError):
            raise UsageError(f"{output} is a case of your own; choose another folder with -o")
        from trails.recover import remove_case

        remove_case(output)
    echo("the first demo on a machine compiles its loops, once: a minute or two")
    begun = last = time.monotonic()

    def say(line: str) -> None:
        nonlocal last
        now = time.monotonic()
        echo(f"{line} ({now - last:.1f} s)")
        last = now

    run_demo(output, say=say)
    echo(f"drawn and written ({time.monotonic() - last:.1f} s); {time.monotonic() - begun:.0f} s in all")
    out = output / "out"
    echo("", "This case is fictional: no person, office, address or payment in it is real. Look at:")
    echo(f"  {out / 'report.html'}    the evidence summary, every finding cited to file and row")
    echo(f"  {out / 'network.html'}   who paid whom; hover, click, press Esc")
    echo(f"  {out / 'timeline.html'}  deposits, proofs, payouts and payments in time")
    echo("Then ask it yourself:")
    echo(f"  trails check {output}")
    echo(f"  trails cite {output} finding:1")
    echo(f'  trails sql {output} "SELECT kind, count(*) FROM transfers GROUP BY kind"')
