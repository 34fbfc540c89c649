"""``trails declare``."""

from __future__ import annotations

from pathlib import Path

import click

from trails.cli.options import case_argument
from trails.tables import ROLES


@click.command()
@case_argument
@click.argument("node")
@click.option("--role", required=True, type=click.Choice(ROLES), help="What you hold this node to be.")
@click.option("--why", help="On what grounds; printed beside every use.")
@click.option("--who", help="Who decides; your login name by default.")
def declare(case: Path, node: str, role: str, why: str | None, who: str | None) -> None:
    """Record your judgement that NODE is an organiser, dispatcher, driver, office, payer or service.

    NODE is rail:key (tron:T..., hawala:party:scope:name), or a key or name that only one node has. Your judgement is
    kept apart from the facts, with who, when and why; declaring again supersedes it and nothing is deleted. Run
    `trails analyse` afterwards.

    \b
    trails declare CASE tron:TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP --role driver --why "named in message 77"
    """
    from trails.case import Case
    from trails.judgements import declare_role

    with Case.open(case) as opened:
        number = declare_role(opened, node, role, why=why, who=who)
    click.echo(f"Judgement {number}: {node} is declared {role}. Next: trails analyse {case}")
