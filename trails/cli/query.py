"""``trails why``, ``trails screen``, ``trails cite``, ``trails sql``."""

from __future__ import annotations

from pathlib import Path

import click

from trails.cli.options import case_argument, json_option, print_json, print_table
from trails.cli.show import echo


@click.command()
@case_argument
@click.argument("a")
@click.argument("b")
@json_option
def why(case: Path, a: str, b: str, as_json: bool) -> None:
    """Show the claims that join nodes A and B into one entity, each with the transaction or row it rests on.

    A and B are addresses, or rail:key. Run `trails analyse` (or `trails cluster`) first.
    """
    from trails.case import Case
    from trails.pipeline import explain_nodes

    with Case.open(case, read_only=True) as opened:
        steps = explain_nodes(opened, a, b)
    if as_json:
        print_json(steps)
        return
    if not steps:
        echo("No accepted claims join these two; they are separate entities on this evidence.")
        return
    for number, step in enumerate(steps, start=1):
        echo(f"{number}. claim:{step['claim_id']} {step['rule']} ({step['strength']}): {step['a']} = {step['b']}")
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

    The deciding conditions are facts of the transaction itself; what the case lacks (spent outputs) is said.
    """
    import json

    from trails.case import Case
    from trails.pipeline import screen_transaction

    with Case.open(case, read_only=True) as opened:
        rows = screen_transaction(opened, txid)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        verdict = f"met, confidence {row['confidence']}" if row["met"] else "not met"
        echo(f"{row['rule']} ({row['title']}): {verdict}   [{row['source']}]")
        for each in json.loads(row["conditions"]):
            mark = "yes" if each["met"] else "no "
            aside = "" if each["deciding"] else " (shown, does not decide)"
            asked = each["condition"].removeprefix(f"{row['rule']}: ")
            echo(f"   {mark}  {asked}: {each['observed']} (asked: {each['threshold']}){aside}")


@click.command()
@case_argument
@click.argument("identifier")
@json_option
def cite(case: Path, identifier: str, as_json: bool) -> None:
    """Print the raw records a fact or an inference rests on, out of the unchanged originals.

    IDENTIFIER is transfer:12, event:3, tag:1, a public id (T..., E...), or match:1, claim:4, link:1, finding:2, which
    give every row under them. Raw records are the file's own words and may name payers: do not pass them on unread.
    """
    from trails.case import Case
    from trails.cite import cite as cite_rows

    with Case.open(case, read_only=True) as opened:
        citations = cite_rows(opened, identifier)
    if as_json:
        from dataclasses import asdict

        print_json([asdict(citation) for citation in citations])
        return
    for citation in citations:
        where = "as a whole" if citation.row is None else f"row {citation.row}"
        echo(f"{citation.fact}  source {citation.source_id} {citation.source_name} {where}")
        echo(f"  SHA-256 of the file {citation.sha256}")
        echo(*(f"  | {line}" for line in citation.raw.replace("\r\n", "\n").removesuffix("\n").split("\n")), "")


@click.command()
@case_argument
@click.argument("query")
@json_option
def sql(case: Path, query: str, as_json: bool) -> None:
    """Ask the case's tables a question in SQL. Read-only: nothing can be changed.

    Amounts are whole base units of the asset beside them, times are UTC. The tables and their columns: sources, nodes,
    assets, transfers, events, citations, tags, prices, issues; claims, entities, matches, roles, links, hops, findings;
    judgements.

    \b
    trails sql CASE "SELECT asset, count(*), sum(amount) FROM transfers GROUP BY asset"
    trails sql CASE "DESCRIBE transfers"
    """
    from trails.query import query_case

    columns, rows = query_case(case, query)
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(columns, [list(row) for row in rows])
