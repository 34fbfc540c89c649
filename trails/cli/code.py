"""``trails code``: the story of one hawala code."""

from __future__ import annotations

from pathlib import Path

import click

from trails.cli.options import ask_why, case_argument, json_option, open_case, print_json, warn_stale
from trails.cli.show import echo
from trails.tables import CODE_STATES, CODE_USES


@click.command()
@case_argument
@click.argument("code")
@click.option("--use", type=click.Choice(CODE_USES), help="Record what you hold the code to be for; needs --why.")
@click.option("--state", type=click.Choice(CODE_STATES), help="Record a state that no row shows (coerced, lost ...); needs --why.")
@click.option("--why", help="On what grounds; kept with the judgement.")
@click.option("--who", help="Who decides; your login name by default.")
@json_option
def code(
    case: Path, code: str, use: str | None, state: str | None, why: str | None, who: str | None, as_json: bool
) -> None:  # fmt: skip
    """Tell the story of a hawala CODE: what was held, released and paid, when, and by which rows.

    CODE may be written in any way (4718, "4 7 1 8", in Persian digits); where several offices use it, write SCOPE:CODE. Every
    state stands with the interval it was entered in (UTC): recorded by a row, judged by a person, or inferred between two
    others. Where the use of the code is known, the order of its states is judged, with what would turn it round: another clock,
    another calendar. Nothing is invented: a state that no row and no person shows is not listed.

    \b
    trails code CASE 4718
    trails code CASE amber:4718 --use secret_release --why "explained in message 12"
    trails code CASE amber:4718 --state coerced --why "threat in message 77 before the release"
    """
    from trails.code_story import tell_code, write_story
    from trails.errors import UsageError
    from trails.judgements import judge_code

    reason = ask_why(why) if use or state else ""
    with open_case(case, read_only=not (use or state)) as opened:
        stale = warn_stale(opened)
        stories = tell_code(opened, code)
        for word, value in (("use", use), ("state", state)):
            if value:
                if len(stories) > 1:
                    listed = ", ".join(f"{story['scope']}:{story['code']}" for story in stories)
                    raise UsageError(f"several codes are {code!r} ({listed}); write SCOPE:CODE")
                number = judge_code(
                    opened, str(stories[0]["scope"]), str(stories[0]["code"]), word, value, why=reason, who=who
                )
                echo(f"Judgement {number}: {word} of {code} is {value}. Next: trails analyse {case}")
    if use or state:
        return
    if as_json:
        print_json({**stale, "codes": stories})
        return
    for story in stories:
        echo("", *write_story(story))
