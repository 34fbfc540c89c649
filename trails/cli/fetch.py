"""``trails fetch``: the only command that sends anything anywhere."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trails.cli.options import case_argument, json_option, open_case, print_json, show_progress
from trails.cli.show import echo
from trails.words import count_words

if TYPE_CHECKING:
    from trails.case import Case
    from trails.http import Access, Policy
    from trails.lookups.run import Outcome
    from trails.lookups.service import LookUp, Service

_SOURCES = ("trongrid", "etherscan", "esplora", "bitcoin-rpc", "eth-rpc", "tron-rpc")


@click.command()
@case_argument
@click.argument("addresses", nargs=-1)
@click.option("--source", required=True, type=click.Choice(_SOURCES), help="The service to ask.")
@click.option(
    "--tx", "transactions", multiple=True, metavar="TXID", help="Ask about a transaction (esplora and the nodes)."
)
@click.option("--blocks", metavar="FIRST-LAST", help="Ask for whole blocks by height (bitcoin-rpc).")
@click.option("--coins", is_flag=True, help="Also ask for the chain's own coin, TRX or ETH (trongrid, etherscan).")
@click.option(
    "--freezes", is_flag=True, help="Ask for all freezes of the token by its issuer (trongrid, eth-rpc, tron-rpc)."
)
@click.option("--contract", metavar="ADDRESS",
              help="The token; the issuer's USDT by default. `any` asks for all tokens (trongrid, etherscan).")  # fmt: skip
@click.option("--chain", metavar="NAME", help="ethereum (default), bsc, polygon, gnosis; eth-rpc: also evm.")
@click.option(
    "--since", metavar="DATE", help="From this UTC day on, or from a time with its zone (2024-08-01T12:00:00Z)."
)
@click.option("--until", metavar="DATE", help="Until the end of this UTC day, or until a time with its zone.")
@click.option("--url", metavar="URL", help="Ask this server instead; {key} stands where a key goes in its path.")
@click.option("--key-file", type=click.Path(path_type=Path, exists=True), help="File of mode 0600 with the key.")
@click.option(
    "--ca-file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Certificate of an own node."
)
@click.option(
    "--insecure-http", is_flag=True, help="Allow plain http to another machine: others can read and change it."
)
@click.option("--confirmations", type=click.IntRange(0, 100_000), help="Leave out this many newest blocks (nodes).")
@click.option(
    "--pace", type=click.FloatRange(0, 1_000, min_open=True), metavar="N", help="Requests a second; polite by itself."
)
@click.option(
    "--timeout", type=click.FloatRange(0, 86_400, min_open=True), metavar="SECONDS", help="Limit of one whole answer."
)
@click.option("--deadline", type=click.FloatRange(0, 864_000, min_open=True), default=3_600, show_default=True,
              metavar="SECONDS", help="Limit of one look-up; it goes on when it is run again.")  # fmt: skip
@click.option("--refresh", is_flag=True, help="Ask anew what was asked before.")
@click.option("--partial", is_flag=True, help="Add what has come even when a look-up cannot be finished.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent, and send nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before sending; needed where nobody can be asked.")
@json_option
def fetch(case: Path, addresses: tuple[str, ...], source: str, as_json: bool, **said: Any) -> None:
    """Ask a service about ADDRESSES and add its answers to the case. The only command that sends anything anywhere.

    A look-up tells the service, and whoever watches it, that somebody is interested in these addresses: it may give an
    investigation away. What would be sent is shown and confirmed first; the log records every request. Own nodes
    (bitcoin-rpc, eth-rpc, tron-rpc with --url) tell nobody. The answers are kept unchanged and read like any file.

    Nothing is asked twice: a look-up that was answered stays answered (--refresh asks anew), and one that was stopped, by
    Ctrl-C or by the service, goes on with the same command.

    Keys come from the environment or --key-file, never from the command line: TRAILS_TRONGRID_KEY, TRAILS_ETHERSCAN_KEY,
    TRAILS_ESPLORA_KEY, TRAILS_ETH_RPC_KEY, TRAILS_BITCOIN_RPC_USER and TRAILS_BITCOIN_RPC_PASSWORD (or the node's
    .cookie as --key-file). Proxies of the environment and .netrc are not used.

    \b
    trails fetch CASE --source trongrid TL6AVH7jXNYtW8FBoSkK81Hwbbd1PdrCiP --since 2024-01-01
    trails fetch CASE --source eth-rpc --url http://127.0.0.1:8545 --freezes
    """
    import os

    from trails.http import check_url
    from trails.lookups import find_service
    from trails.lookups.keys import find_access
    from trails.lookups.run import adjust_policy

    service = find_service(source)
    url = check_url(said["url"] or service.url, insecure=said["insecure_http"])
    lookups = _plan(service, addresses, url, said)
    access = find_access(service.key, url, said["key_file"], os.environ)
    policy = adjust_policy(service, url=url, pace=said["pace"], timeout_s=said["timeout"], ca_file=said["ca_file"])
    with open_case(case) as opened:
        open_ones = _show_plan(opened, service, lookups, access, refresh=said["refresh"], quiet=as_json)
        if said["dry_run"]:
            _finish_dry_run(service, open_ones, as_json=as_json)
            return
        if open_ones:
            _confirm(yes=said["yes"])
        outcomes = _run(opened, service, open_ones, policy, access, said, quiet=as_json)
    _report(outcomes, len(lookups) - len(open_ones), as_json=as_json)


def _plan(service: Service, addresses: tuple[str, ...], url: str, said: dict[str, Any]) -> list[LookUp]:
    from trails.errors import UsageError
    from trails.lookups.service import Wanted

    since = read_moment(said["since"], "--since")
    until = read_moment(said["until"], "--until", whole_day=True)
    if since is not None and until is not None and since >= until:
        raise UsageError("--since is not before --until")
    words = ("transactions", "contract", "chain", "confirmations", "freezes", "coins")
    wanted = Wanted(
        addresses=addresses, url=url, blocks=_read_blocks(said["blocks"]), since=since, until=until,
        **{word: said[word] for word in words},
    )  # fmt: skip
    lookups = service.plan(wanted)
    if not lookups:
        raise UsageError(f"nothing is asked: {service.name} is asked about {service.asks}")
    return lookups


def read_moment(text: str | None, option: str, *, whole_day: bool = False) -> int | None:
    """A day (in UTC, as chains count) or a time with its zone as Unix seconds; ``whole_day`` gives the end of a day.

    Raises UsageError for a time without a zone.

    >>> read_moment("2024-08-01", "--since"), read_moment("2024-08-01", "--until", whole_day=True)
    (1722470400, 1722556800)
    """
    from datetime import UTC, datetime, timedelta

    from trails.errors import UsageError

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{option} {text!r} is no day like 2024-08-01 and no time like 2024-08-01T12:00:00Z") from None
    if len(text.strip()) == 10:
        moment = moment.replace(tzinfo=UTC) + timedelta(days=whole_day)
    if moment.tzinfo is None:
        raise UsageError(f"{option} {text!r} states no zone: write 2024-08-01T12:00:00Z or 2024-08-01T12:00:00+02:00")
    if not 2009 <= moment.year < 2100:
        raise UsageError(f"{option} {text!r} lies outside 2009-2099")
    return int(moment.timestamp())


def _read_blocks(text: str | None) -> tuple[int, int] | None:
    from trails.errors import UsageError

    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", text, re.ASCII)
    if not found:
        raise UsageError(f"--blocks {text!r} is no span like 840000-840010")
    return int(found[1]), int(found[2] or found[1])


def _show_plan(
    case: Case, service: Service, lookups: list[LookUp], access: Access, *, refresh: bool, quiet: bool
) -> list[LookUp]:
    """Say what will be sent where; the look-ups that are not answered yet."""
    from trails.http import Access as NoAccess
    from trails.lookup_log import read_lookup_log
    from trails.lookups.run import known_sources, say_unused

    if unused := say_unused(case):
        echo(f"trails: {unused}", err=True)
    open_ones, log = [], read_lookup_log(case.log_lines())
    for lookup in lookups:
        known = None if refresh else known_sources(case, log, lookup)
        if known is None:
            open_ones.append(lookup)
        else:
            echo(f"{lookup.name}: {known}; nothing is sent (--refresh asks anew)", err=quiet)
    if open_ones:
        echo(f"To be sent to {_host(open_ones[0].url)} ({service.title}):", err=quiet)
        for lookup in open_ones:
            echo(f"  {lookup.question}", err=quiet)
            request = service.first(lookup)
            echo(f"    {request.method} {request.url}" + (f" {request.body}" if request.body else ""), err=quiet)
        key = "with your key (not shown)" if access != NoAccess() else "without a key"
        echo(
            f"  and every further request these need, {key}. The service learns what is asked and from where.",
            err=quiet,
        )
    return open_ones


def _host(url: str) -> str:
    from urllib.parse import urlsplit

    return urlsplit(url).netloc


def _finish_dry_run(service: Service, lookups: list[LookUp], *, as_json: bool) -> None:
    from dataclasses import asdict

    if not as_json:
        echo("Dry run: nothing was sent.")
        return
    first = [service.first(lookup) for lookup in lookups]
    print_json([
        {**asdict(lookup), "method": each.method, "first_request": each.url, "body": each.body, "sent": False}
        for lookup, each in zip(lookups, first, strict=True)
    ])  # fmt: skip


def _confirm(*, yes: bool) -> None:
    from trails.errors import UsageError

    if yes:
        return
    if not _is_terminal():
        raise UsageError(
            "nobody can be asked here whether to send this: say --yes, or look with --dry-run. Nothing was sent"
        )
    click.confirm("Send it?", abort=True, err=True)


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _run(
    case: Case,
    service: Service,
    lookups: list[LookUp],
    policy: Policy,
    access: Access,
    said: dict[str, Any],
    *,
    quiet: bool,
) -> list[Outcome]:
    from trails.lookups.run import begin, open_client, run_lookup

    outcomes: list[Outcome] = []
    begin(case, service, lookups, refresh=said["refresh"])
    with open_client(policy, access) as client:
        for lookup in lookups:
            with show_progress(f"asking {_host(lookup.url)}: {lookup.name}") as progress:
                outcome = run_lookup(
                    case,
                    service,
                    lookup,
                    client,
                    seconds=said["deadline"],
                    partial=said["partial"],
                    progress=progress,
                )
            outcomes.append(outcome)
            _describe(outcome, quiet=quiet)
            if outcome.stops_all:
                break
    return outcomes


def _describe(outcome: Outcome, *, quiet: bool) -> None:
    from trails.cli.case import describe_report

    if not quiet:
        sent, rows = count_words(outcome.sent, "request"), count_words(outcome.rows, "row")
        echo(f"{outcome.lookup.name}: {sent} sent, {outcome.kept:,} answered from the case, {rows}")
        for report in outcome.sources:
            echo(f"    {describe_report(report)}")
    if outcome.problem:
        echo(f"trails: {outcome.lookup.name}: {outcome.problem}", err=True)


def _report(outcomes: list[Outcome], known: int, *, as_json: bool) -> None:
    from trails.http import FetchError

    if as_json:
        print_json({"known_before": known, "lookups": [outcome.describe() for outcome in outcomes]})
    failed = [outcome for outcome in outcomes if outcome.problem]
    if failed:
        raise FetchError(f"{count_words(len(failed), 'look-up')} could not be finished (reasons above); the others are in the case")
