"""``trails why``, ``trails screen``, ``trails cite``, ``trails sql``."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trails.cli.options import case_argument, json_option, open_case, print_json, print_table, warn_stale
from trails.cli.show import echo
from trails.sheets import say_row

if TYPE_CHECKING:
    from trails.cite import CitedPicture


@click.command()
@case_argument
@click.argument("a")
@click.argument("b")
@json_option
def why(case: Path, a: str, b: str, as_json: bool) -> None:
    """Show the claims that join nodes A and B into one entity, each with the transaction or row it rests on.

    A and B are addresses, names, rail:key or node:NUMBER. Run `trails analyse` (or `trails cluster`) first.
    """
    from trails.pipeline import explain_nodes

    with open_case(case, read_only=True) as opened:
        stale = warn_stale(opened, "cluster")
        steps = explain_nodes(opened, a, b)
    if as_json:
        print_json({**stale, "steps": steps})
        return
    if not steps:
        echo("No accepted claims join these two; they are separate entities on this evidence.")
        return
    for number, step in enumerate(steps, start=1):
        echo(f"{number}. claim:{step['claim_id']} {step['rule']} ({step['strength']}): {step['a_name']} = {step['b_name']}")
        echo(f"   {step['why']}")
        echo(
            f"   rests on {step['fact']}, {step['source']} row {step['row']} (trails cite {case} {step['fact']})"
        )


@click.command()
@case_argument
@click.argument("txid")
@json_option
def screen(case: Path, txid: str, as_json: bool) -> None:
    """Hold one Bitcoin transaction against every CoinJoin rule: which conditions are met, and which are not.

    TXID is the id or its beginning, as reports print it. The deciding conditions are facts of the transaction itself; what the
    case lacks (spent outputs) is said.
    """
    from trails.kept import CONDITION, read_records
    from trails.pipeline import screen_transaction

    with open_case(case, read_only=True) as opened:
        rows = screen_transaction(opened, txid)
    if as_json:
        print_json({"stale": False, "rules": rows})
        return
    for row in rows:
        verdict = f"met, confidence {row['confidence']}" if row["met"] else "not met"
        echo(f"{row['rule']} ({row['title']}): {verdict}   [{row['source']}]")
        for each in read_records(row["conditions"], "a condition of a screening", (*CONDITION, "deciding")):
            mark = "yes" if each["met"] else "no "
            aside = "" if each["deciding"] else " (shown, does not decide)"
            asked = each["condition"].removeprefix(f"{row['rule']}: ")
            echo(f"   {mark}  {asked}: {each['observed']} (asked: {each['threshold']}){aside}")


names_options = (
    click.option("--names", is_flag=True, help="Show people as the sources write them; needs --why, and is logged."),
    click.option("--why", help="Why you need to see names; kept in the case's log."),
    click.option("--who", help="Who asks; your login name by default."),
)


def _log_names(case: Path, question: str, what: str, why: str | None, who: str | None) -> None:
    from trails.naming import log_names

    with open_case(case) as opened:
        log_names(opened, question, what, why or "", who)


@click.command()
@case_argument
@click.argument("identifier")
@names_options[0]
@names_options[1]
@names_options[2]
@json_option
def cite(case: Path, identifier: str, names: bool, why: str | None, who: str | None, as_json: bool) -> None:
    """Say what a fact, an inference or a finding is, and cite every row it rests on, checked against the unchanged originals.

    IDENTIFIER is transfer:12, event:3, tag:1, a public id (T..., E...), node:7 or rail:key (every row that names it), the pseudonym
    of somebody (Payer-..., Party-...), or match:1, claim:4, link:1, role:2, entity:5, code:3, debt:1, netting:1, proceeds:1,
    finding:2, which give every row under them. Rows are told in words (sums in whole units, times in UTC), and people who are
    protected, or whom nobody has judged, by their pseudonyms. --names --why REASON shows them, and the raw text of each row
    below it; who asked and why is logged. A row that somebody wrote off a picture cites that too: page, place, reader.
    """
    from trails.cite import cite as cite_rows

    if names:
        _log_names(case, "cite", identifier, why, who)
    with open_case(case, read_only=True, names=names) as opened:
        cited = cite_rows(opened, identifier, real_names=names)
        stale = warn_stale(opened, applies=cited.inferred)
    if as_json:
        from dataclasses import asdict

        print_json({**stale, **asdict(cited)})
        return
    echo(cited.what, "")
    for citation in cited.citations:
        where = "as a whole" if citation.row is None else f"row {say_row(citation.source_name, citation.row)}"
        echo(f"{citation.fact}  source {citation.source_id} {citation.source_name} {where}")
        if citation.text:
            echo(f"  {citation.text}")
        echo(f"  SHA-256 of the file {citation.sha256}")
        if citation.picture:
            _echo_picture(citation.picture)
        if citation.raw is not None:
            echo(*(f"  | {line}" for line in citation.raw.replace("\r\n", "\n").removesuffix("\n").split("\n")))
        echo()
    if any(citation.raw is None for citation in cited.citations):
        echo("The rows as the sources write them, names and all: the same command with --names --why REASON (logged).")
    if cited.not_listed:
        echo(f"and {cited.not_listed:,} further facts, not listed: ask for them one by one, or with `trails sql`")


def _echo_picture(picture: CitedPicture) -> None:
    """Where a row was read that somebody wrote off a picture, and by whom."""
    source = f"source {picture.source_id} " if picture.source_id else ""
    when = f" on {picture.transcribed}" if picture.transcribed else ""
    unsure = ", unsure of a sign in it" if picture.uncertain else ""
    echo(
        f"  read from picture {source}{picture.source_name}, {picture.place}, by {picture.transcriber}{when}{unsure}",
        f"  SHA-256 of the picture {picture.sha256}",
    )


@click.command()
@case_argument
@click.argument("query")
@click.option("--limit", default=1_000, show_default=True, type=click.IntRange(1), help="Rows shown at most.")
@click.option("--seconds", default=60.0, show_default=True, type=click.FloatRange(0.01), help="Time it may take.")
@click.option("--memory", default="1GB", show_default=True, help="Memory it may use.")
@names_options[0]
@names_options[1]
@names_options[2]
@json_option
def sql(
    case: Path, query: str, limit: int, seconds: float, memory: str, names: bool, why: str | None, who: str | None, as_json: bool
) -> None:  # fmt: skip
    """Ask the case's tables a question in SQL. Read-only: nothing can be changed, and no file can be reached.

    Amounts are whole base units of the asset beside them, times are UTC. The tables and their columns: sources, nodes,
    assets, transfers, events, citations, tags, prices, issues; claims, screens, entities, debts, codes, states, matches,
    nettings, roles, links, hops, proceeds, findings; judgements; steps. People who are protected, or whom nobody has judged,
    stand in the tables by their pseudonyms before the query is worked out, so a piece of a name, or one turned round, is
    one of the pseudonym, and what is asked for a name finds nothing. An error says what does not fit and where, not the value.
    --names --why REASON shows the tables as they are.

    \b
    trails sql CASE "SELECT asset, count(*), sum(amount) FROM transfers GROUP BY asset"
    trails sql CASE "DESCRIBE transfers"
    """
    from trails.guard import end_beyond
    from trails.query import SHARE, query_case, read_memory, say_too_large, say_too_long

    def end(what: str) -> None:
        echo(f"trails: {say_too_large(memory) if what == 'memory' else say_too_long(seconds)}", err=True)
        shutil.rmtree(case / "case.duckdb.tmp", ignore_errors=True)
        os._exit(2)

    if names:
        _log_names(case, "sql", query, why, who)
    bounds = end_beyond(memory=int(read_memory(memory) * SHARE), seconds=seconds, end=end)
    with open_case(case, read_only=True, names=names) as opened, bounds:
        answer = query_case(opened, query, limit=limit, seconds=seconds, memory=memory, real_names=names)
        stale = warn_stale(opened, applies=answer.inferred)
    if as_json:
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
        print_json({**stale, "cut": answer.cut, "rows": rows})
    else:
        print_table(answer.columns, [list(row) for row in answer.rows])
    if answer.cut:
        echo(f"only the first {limit:,} rows are shown; there are more: --limit shows more", err=True)
