"""``trails declare``, ``trails judge``, ``trails strike``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from trails.cli.options import ask_why, case_argument, json_option, open_case, print_json, warn_stale
from trails.cli.show import echo
from trails.tables import PROTECTED_ROLES, ROLES
from trails.words import count_words

if TYPE_CHECKING:
    from trails.judgements import Declared
    from trails.strike import Struck


#: What was judged is told of so many; numbers shift when files are added, and a wrong one is seen then.
_TOLD = 5
_UNCOVERED = "note: whoever this is was protected; after the next analysis the name stands in pictures and reports"


@click.command()
@case_argument
@click.argument("node", required=False)
@click.option("--role", type=click.Choice([*ROLES, "none"]),
              help="What you hold this node to be; none takes back all that is declared of it.")
@click.option("--file", "path", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="Several declarations at once: a TOML file of [[declare]] tables with node, role, why, who.")
@click.option("--why", help="On what grounds; printed beside every use. Asked for where you leave it out.")
@click.option("--who", help="Who decides; your login name by default.")
@click.option("--also", is_flag=True, help="The node's entity is declared something else, and is both.")
@click.option("--instead", is_flag=True, help="This role replaces all that is declared of the node.")
def declare(
    case: Path, node: str | None, role: str | None, path: Path | None, why: str | None, who: str | None, also: bool, instead: bool
) -> None:  # fmt: skip
    """Record your judgement that NODE is an organiser, dispatcher, recruiter, driver, office or service; or somebody to be
    protected: a payer, victim, minor or third party.

    NODE is rail:key (tron:T..., hawala:party:scope:name), a key or a name that only one node has, in any case of letters,
    node:NUMBER, or a pseudonym that trails printed. Where a name fits several, or is written in other letters, the candidates
    are offered by number. Your judgement is kept apart from the facts, with who, when and why; declaring again supersedes it
    and nothing is deleted. Run `trails analyse` afterwards.

    \b
    trails declare CASE tron:TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP --role driver --why "named in message 77"
    trails declare CASE --file declarations.toml
    """
    from trails.errors import UsageError
    from trails.handover import declare_known, read_declarations
    from trails.judgements import declare_role, is_protected

    if path is not None:
        if node or role:
            raise UsageError("--file says node and role itself: leave NODE and --role out")
        with open_case(case) as opened:
            lines, refused = declare_known(opened, read_declarations(path))
        for line in lines:
            echo(line)
        if refused:
            raise UsageError(f"{refused} of {count_words(len(lines), 'declaration')} in {path} could not be recorded")
        echo(f"Next: trails analyse {case}")
        return
    if node is None or role is None:
        raise UsageError("say whom you declare, and --role; or name a --file of declarations")
    if also and instead:
        raise UsageError("--also keeps the other role and --instead replaces it: say one of them")
    reason = ask_why(why)
    with open_case(case) as opened:
        done = declare_role(opened, node, role, why=reason, who=who, also=also, instead=instead)
        uncovered = role not in (*PROTECTED_ROLES, "none") and is_protected(opened, node)
    echo(f"{_say_declared(done, role)}. Next: trails analyse {case}")
    if role in PROTECTED_ROLES and any((case / "out").glob("*")):
        echo("note: files in out/ were written before and may name this person: after that, trails plot and trails report")
    if uncovered:
        echo(_UNCOVERED)


def _say_declared(done: Declared, role: str) -> str:
    """What holds of the node from now on, and what does not any more."""
    judged = f"Judgement{'s' if len(done.numbers) > 1 else ''} {', '.join(map(str, done.numbers))}: {done.called}"
    gone = f" no longer {' and '.join(done.no_longer)}".replace("_", " ") if done.no_longer else ""
    said = f" is{gone.replace('longer', 'longer declared', 1)}" if role == "none" else f" is declared {role.replace('_', ' ')}"
    return judged + said + (f", and{gone}" if gone and role != "none" else "") + done.others


@click.command()
@case_argument
@click.argument("what", required=False)
@click.argument("verdict", required=False, type=click.Choice(["accept", "reject", "unsure"]))
@click.option("--why", help="On what grounds; needed for a verdict.")
@click.option("--who", help="Who decides; your login name by default.")
@click.option("--hints", is_flag=True, help="List hints too: one sign of change, names alike, codes shared ...")
@click.option("--limit", default=50, show_default=True, help="How many waiting claims to list.")
@json_option
def judge(
    case: Path, what: str | None, verdict: str | None, why: str | None, who: str | None, hints: bool, limit: int, as_json: bool
) -> None:  # fmt: skip
    """Accept, reject, or mark as unsure: a claim that two nodes have one owner, a match, a link, or an inferred role.

    Without WHAT the claims and roles that wait for a person are listed, each with the reason. WHAT is claim:NUMBER, tx:HASH for
    every claim that a transaction makes, match:NUMBER, link:NUMBER or role:NUMBER. Until an inferred role is accepted,
    whoever has it is drawn pale and shown by a pseudonym; a rejected one is not inferred again. A judgement keeps who, when
    and why; it names what is said and not its number, so it holds when files are added; judging again supersedes it and
    nothing is deleted. Run `trails analyse` afterwards.

    \b
    trails judge CASE
    trails judge CASE claim:12 reject --why "PayJoin: the payee's own server signed, see message 41"
    trails judge CASE role:3 accept --why "he says so himself, interview of 3 May"
    """
    from trails.errors import UsageError

    if what is not None and verdict is not None:
        _judge_one(case, what, verdict, ask_why(why), who, as_json=as_json)
    elif what is not None:
        raise UsageError("say what you hold of it: accept, reject or unsure")
    else:
        _show_waiting(case, hints=hints, limit=limit, as_json=as_json)


def _show_waiting(case: Path, *, hints: bool, limit: int, as_json: bool) -> None:
    """What waits for a person; what was judged since the results were made says so."""
    from trails.judgements import tell_unheeded
    from trails.strike import list_held

    with open_case(case, read_only=True) as opened:
        stale = warn_stale(opened)
        waiting = list_held(opened, hints=hints, limit=limit)
        for row in waiting:
            kind, _, number = row["what"].partition(":")
            row["judged"] = tell_unheeded(opened, kind, int(number)) if stale["stale"] else None
    if as_json:
        print_json({**stale, "waiting": waiting})
        return
    for row in waiting:
        other = f" = {row['b_name']} ({row['b']})" if row["b"] else ""
        echo(f"{row['what']}  {row['rule']} ({row['strength']}): {row['a_name']} ({row['a']}){other}")
        echo(f"    {row['why']}", f"    {row['judged']}" if row["judged"] else f"    waits: {row['held_because']}")
    if not waiting:
        echo("Nothing waits for a judgement.")


def _judge_one(case: Path, what: str, verdict: str, reason: str, who: str | None, *, as_json: bool) -> None:
    """Record a verdict; say what held until now, and what holds from now on."""
    from trails.cite import tell_subject
    from trails.fresh import find_stale
    from trails.judgements import judge_inferences, tell_consequence, tell_standing, uncovers
    from trails.strike import find_judged
    from trails.targets import STEP_OF

    with open_case(case) as opened:
        kind, found = find_judged(opened, what)
        is_stale = bool(find_stale(opened, STEP_OF[kind]))
        standing = [tell_standing(opened, kind, number) for number in found[:_TOLD]]
        uncovered = uncovers(opened, kind, found, verdict)
        numbers = judge_inferences(opened, kind, found, verdict, why=reason, who=who)
        about = [tell_subject(opened, f"{kind}:{number}") for number in found[:_TOLD]]
    from_now = tell_consequence(kind, verdict)
    if as_json:
        print_json({
            "stale": is_stale, "judgements": numbers, "verdict": verdict, "about": about, "until_now": standing,
            "from_now": from_now, "uncovers": uncovered,
        })  # fmt: skip
        return
    results = "the results, which are stale, say" if is_stale else "the results say"
    for number, judgement, held, sentence in zip(found, numbers, standing, about, strict=False):
        echo(f"{kind}:{number}", f"  until now: {held}; {results}: {sentence}")
        echo(f"  from now: {from_now} (judgement {judgement}), once `trails analyse` has run")
    echo(f"{count_words(len(numbers), 'judgement')} recorded: {verdict}. Next: trails analyse {case}")
    if uncovered:
        echo(_UNCOVERED)


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

    from trails.judgements import judge_inferences
    from trails.strike import find_claims, preview_strike

    reason = ask_why(why) if do else ""
    with open_case(case, read_only=not do) as opened:
        stale = warn_stale(opened, "cluster")
        numbers = sorted({number for text in claims for number in find_claims(opened, text)})
        found = preview_strike(opened, numbers)
        if do:
            judge_inferences(opened, "claim", numbers, "reject", why=reason, who=who, command="strike")
    if as_json:
        print_json({**stale, "entities": [asdict(each) for each in found]})
        return
    if not found:
        echo("These claims join nothing now (they are held or rejected): nothing would fall apart.")
    for each in found:
        _show_struck(each)
    if do:
        echo(f"{count_words(len(numbers), 'claim')} rejected. Next: trails analyse {case}")
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
        held = f"{count_words(part['nodes'], 'node')}, {count_words(part['claims'], 'claim')}"
        echo(f"  - {held}: {', '.join(part['examples'])}{more}{tags}")
