"""``trails declare``, ``trails judge``, ``trails strike``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from trails.cli.options import case_argument, json_option, print_json, print_table
from trails.cli.show import echo
from trails.tables import ROLES

if TYPE_CHECKING:
    from trails.strike import Struck


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
    echo(f"Judgement {number}: {node} is declared {role}. Next: trails analyse {case}")


@click.command()
@case_argument
@click.argument("claim", required=False)
@click.argument("verdict", required=False, type=click.Choice(["accept", "reject", "unsure"]))
@click.option("--why", help="On what grounds; needed for a verdict.")
@click.option("--who", help="Who decides; your login name by default.")
@click.option("--hints", is_flag=True, help="List hints too: one sign of change, names alike, codes shared ...")
@click.option("--limit", default=50, show_default=True, help="How many waiting claims to list.")
@json_option
def judge(
    case: Path, claim: str | None, verdict: str | None, why: str | None, who: str | None, hints: bool, limit: int, as_json: bool
) -> None:  # fmt: skip
    """Accept, reject, or mark as unsure, a claim that two nodes have one owner.

    Without CLAIM the claims that wait for a person are listed, each with the reason. CLAIM is claim:NUMBER, or tx:HASH for
    every claim that a transaction makes. A judgement keeps who, when and why; it names what the claim says, so it holds
    when files are added and numbers change; judging again supersedes it and nothing is deleted. Run `trails analyse`
    afterwards.

    \b
    trails judge CASE
    trails judge CASE claim:12 reject --why "PayJoin: the payee's own server signed, see message 41"
    """
    from trails.case import Case
    from trails.errors import UsageError
    from trails.judgements import judge_claims
    from trails.strike import find_claims, list_held

    if claim is None or verdict is None:
        if claim is not None:
            raise UsageError("say what you hold of it: accept, reject or unsure")
        with Case.open(case, read_only=True) as opened:
            waiting = list_held(opened, hints=hints, limit=limit)
        if as_json:
            print_json(waiting)
        elif waiting:
            print_table(list(waiting[0]), [list(row.values()) for row in waiting])
        else:
            echo("No claim waits for a judgement.")
        return
    with Case.open(case) as opened:
        numbers = judge_claims(opened, find_claims(opened, claim), verdict, why=why or "", who=who)
    if as_json:
        print_json({"judgements": numbers, "verdict": verdict})
        return
    echo(f"{len(numbers)} judgement(s) recorded: {verdict}. Next: trails analyse {case}")


@click.command()
@case_argument
@click.argument("claims", nargs=-1, required=True)
@click.option("--reject", "do", is_flag=True, help="Reject them now, as `trails judge` does; needs --why.")
@click.option("--why", help="On what grounds.")
@click.option("--who", help="Who decides; your login name by default.")
@json_option
def strike(case: Path, claims: tuple[str, ...], do: bool, why: str | None, who: str | None, as_json: bool) -> None:
    """Show what falls apart without one or more claims, before anybody decides.

    CLAIMS are claim:NUMBER, or tx:HASH for every claim that a transaction makes. Striking never joins anything: each entity
    stays whole, where other claims say the same, or falls into the parts shown. Nothing is changed without --reject.

    \b
    trails strike CASE claim:12
    trails strike CASE tx:4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b
    """
    from dataclasses import asdict

    from trails.case import Case
    from trails.judgements import judge_claims
    from trails.strike import find_claims, preview_strike

    with Case.open(case, read_only=not do) as opened:
        numbers = sorted({number for text in claims for number in find_claims(opened, text)})
        found = preview_strike(opened, numbers)
        if do:
            judge_claims(opened, numbers, "reject", why=why or "", who=who, command="strike")
    if as_json:
        print_json([asdict(each) for each in found])
        return
    if not found:
        echo("These claims join nothing now (they are held or rejected): nothing would fall apart.")
    for each in found:
        _show_struck(each)
    if do:
        echo(f"{len(numbers)} claim(s) rejected. Next: trails analyse {case}")
    elif found:
        echo("Nothing was changed. To reject them: the same command with --reject --why REASON")


def _show_struck(struck: Struck) -> None:
    echo(f"Entity {struck.entity_id}, {struck.nodes:,} nodes, without:")
    for row in struck.claims:
        echo(f"  claim:{row['claim_id']} {row['rule']} ({row['strength']}): {row['why']}")
    if len(struck.parts) == 1:
        echo("  It stays whole: other claims join the same nodes.")
        return
    echo(f"  It falls into {len(struck.parts)} parts:")
    for part in struck.parts:
        more = f" and {part['nodes'] - len(part['examples']):,} more" if part["nodes"] > len(part["examples"]) else ""
        tags = f"; tags: {', '.join(part['tags'])}" if part["tags"] else ""
        echo(
            f"  - {part['nodes']:,} node(s), {part['claims']:,} claim(s): {', '.join(part['examples'])}{more}{tags}"
        )
