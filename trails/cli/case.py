"""``trails new``, ``trails add``, ``trails check``, ``trails settings``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trails.cli.options import (
    ask_why,
    case_argument,
    files_argument,
    json_option,
    open_case,
    print_json,
    print_table,
    reading_options,
    show_progress,
)
from trails.cli.show import echo
from trails.pictures import PICTURES
from trails.sheets import say_row
from trails.words import count_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from trails.case import Case
    from trails.ingest import SourceReport
    from trails.verify import Verified


@click.command()
@case_argument
@click.option("--name", help="Name of the case in pictures and reports; the folder's name by default.")
@click.option(
    "--pseudonym-key", metavar="HEX", help="Name payers as another case does; by default every case has its own key."
)
def new(case: Path, name: str | None, pseudonym_key: str | None) -> None:
    """Make a new, empty case in a folder CASE.

    The folder will hold the settings (case.toml), the unchanged originals (sources/), the tables (case.duckdb), the log
    of who did what (log.jsonl) and the results (out/).
    """
    from trails.case import Case

    with Case.create(case, name=name, pseudonym_key=pseudonym_key) as made:
        for notice in made.notices:
            echo(f"note: {notice}", err=True)
    echo(f"Made the case {case}. Next: trails add {case} FILE...")


@click.command()
@case_argument
@files_argument
@reading_options
@json_option
def add(case: Path, files: tuple[Path, ...], as_json: bool, **said: Any) -> None:
    """Add FILES to a case: read, check and account for every row.

    Each file is one step: it is added whole or not at all. Adding the same file again changes nothing. A file that
    cannot be read stops with its reason; files before it stay added, as they do after Ctrl-C, and the same command goes on
    with the rest. Where rows of a file are refused and none can be used, it is kept and the exit code is 4. A file called after
    somebody who is hidden is called by the pseudonym. A folder stands for its files, with what its handover.toml says of them (see
    `trails run --help`). A picture of a book (JPEG, PNG, PDF) is kept without rows: `trails transcribe` makes the sheet for them.

    \b
    trails add CASE usdt.json chat.json
    trails add CASE ledger.xlsx --mapping ledger.toml --timezone Europe/Istanbul
    """
    from trails.errors import SourceError
    from trails.handover import declare_known, expand_files

    with open_case(case) as opened:
        handed, declarations = expand_files(files)
        reports = [add_one(opened, path, say_known(said, known), quiet=as_json) for path, known in handed]
        lines, _ = declare_known(opened, declarations)
        useless = _list_useless(opened, reports)
    if as_json:
        from dataclasses import asdict

        print_json([asdict(report) for report in reports])
    for line in () if as_json else lines:
        echo(line)
    if useless:
        raise SourceError(f"no row of {', '.join(useless)} could be used; what was refused stands in `trails check {case}`")


def _list_useless(case: Case, reports: list[SourceReport]) -> list[str]:
    """The names of files of which rows were refused and none could be used, now or when they were added before."""
    from trails.naming import read_names_in

    asked = "SELECT source_id FROM sources WHERE rows_kept + rows_duplicate = 0 AND rows_refused > 0"
    numbers = {int(number) for (number,) in case.con.execute(asked).fetchall()}
    names = [report.name for report in reports if report.source_id in numbers]
    return list(map(read_names_in(case, names).clean_text, names))  # a later file may have said who that is


def say_known(said: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    """What a person says on the command line, and what a folder's list knows where he says nothing."""
    return {**said, **{key: value for key, value in known.items() if said.get(key) is None}}


def add_one(
    case: Case, path: Path, said: dict[str, Any], *, quiet: bool = False, advise: bool = True
) -> SourceReport:
    """Add one file and say what became of it, and without ``quiet`` what to do about refused rows; a zone or currency that
    does not exist stops before anything is read."""
    from trails.connector import ReadOptions
    from trails.ingest import add_source
    from trails.money import check_currency
    from trails.timestamps import zone

    words = {key: said[key] for key in ("timezone", "currency", "rail", "encoding", "date_order", "calendar")}
    if words["timezone"]:
        zone(words["timezone"])
    if words["currency"]:
        check_currency(words["currency"])
    with show_progress("reading a file") as progress:  # whom its name may name is known afterwards
        report = add_source(
            case, path, connector=said["connector"], options=ReadOptions(**words),
            mapping_path=said["mapping_path"], companions=said["companions"], progress=progress,
        )  # fmt: skip
    if not quiet:
        echo(
            *map(describe_report, report.pictures),
            describe_report(report),
            *(f"    warning: {line}" for line in list_warnings(case, report)),
        )
        for line in suggest_next(case, report, path, said) if advise else ():
            echo(f"    {line}")
        if report.already_known and any(said.values()):
            echo("    what is said about it now is not used: read it anew in a new case")
    return report


#: So many warnings about a whole file are printed when it is added.
_MOST_WARNINGS = 8


def list_warnings(case: Case, report: SourceReport) -> list[str]:
    """What is to be known of a whole file: that nothing of it was kept, that it may be cut, that something said decided nothing."""
    from trails.naming import read_names_in

    if report.already_known:
        return []
    asked = "SELECT DISTINCT message FROM issues WHERE source_id = ? AND row IS NULL AND severity = 'warning' ORDER BY message"
    found = [message for (message,) in case.con.execute(asked, [report.source_id]).fetchall()]
    more = len(found) - _MOST_WARNINGS
    shown = found[:_MOST_WARNINGS] + ([f"{more:,} more stand in `trails check {case.folder}`"] if more > 0 else [])
    return list(map(read_names_in(case, shown).clean_text, shown))


#: What may be said about a file in which rows were refused for want of it, by the kind of issue.
REMEDIES = {
    "time_no_zone": ("their times state no zone", "--timezone ZONE", "the zone of the office or telephone, like Europe/Sarajevo"),
    "picture_unknown": ("the picture they name is not in the case", "--with PICTURE", "the picture itself, byte for byte"),
    "currency_missing": ("no currency is stated", "--currency CODE", "the currency of the book, like EUR"),
    "time_ambiguous": (
        "day and month of their dates may change places", "--date-order ORDER",
        "the order in which the file writes them, dmy or mdy",
    ),
}


def suggest_next(case: Case, report: SourceReport, path: Path, given: dict[str, Any]) -> list[str]:
    """What to do about refused rows: the command that reads them, where something is only to be said; else where they stand."""
    if report.connector == PICTURES and not report.already_known:
        again = f"trails transcribe {shlex.quote(str(case.folder))} {_repeat(case, path, {})} --template -o SHEET.xlsx"
        return ["where the same rows exist as CSV or XLSX, ask for those; else write off what it shows, in a sheet made by:", again]
    if not report.rows_refused:
        return []
    where = f"{count_words(report.rows_refused, 'row')} refused: `trails check {case.folder}` says why"
    return list_remedies(case, report, path, given) or [where]


def list_remedies(case: Case, report: SourceReport, path: Path, given: dict[str, Any]) -> list[str]:
    """How many rows were refused for want of something that can be said, and the command that reads them, with all that was
    ``given`` before.

    A path or an option that names somebody who is hidden is not repeated.
    """
    if not report.rows_refused:
        return []
    again = _repeat(case, path, given)
    counted = case.con.execute(
        "SELECT code, count(DISTINCT row) FROM issues WHERE source_id = ? AND severity = 'error' "
        # a date that two declared patterns read needs another mapping
        "AND (code <> 'time_ambiguous' OR contains(message, '--date-order')) GROUP BY code ORDER BY 2 DESC, 1",
        [report.source_id],
    ).fetchall()
    lines = []
    for code, rows in counted:
        if code in REMEDIES:
            why, option, what = REMEDIES[code]
            lines.append(f"{rows:,} of {report.rows_read:,} rows refused because {why}. To read them, with {what}:")
            lines.append(f"trails add {shlex.quote(str(case.folder))} {again} {option}")
    return lines


#: Options of reading that are repeated in advice.
_OPTIONS = {
    "connector": "--as", "timezone": "--timezone", "currency": "--currency", "rail": "--rail", "encoding": "--encoding",
    "date_order": "--date-order", "calendar": "--calendar", "mapping_path": "--mapping", "companions": "--with",
}  # fmt: skip


def _repeat(case: Case, path: Path, given: dict[str, Any]) -> str:
    """A file and what was said of it, as words of a command line."""
    from trails.naming import read_names_in

    words = [("", str(path))]
    for name, option in _OPTIONS.items():
        values = given.get(name) or ()
        words += [(option, str(each)) for each in (values if isinstance(values, tuple) else (values,))]
    names = read_names_in(case, [text for _, text in words])
    shown = [(option, text if names.clean_text(text) == text else "FILE") for option, text in words]
    return " ".join(f"{option} {shlex.quote(text)}" if option else shlex.quote(text) for option, text in shown)


def describe_report(report: SourceReport) -> str:
    """One line: what became of a file."""
    if report.already_known:
        return f"{report.name}: already in the case as source {report.source_id}; nothing changed"
    waits = ": a picture, which waits for a transcription" if report.connector == PICTURES else ""
    return (
        f"{report.name}: source {report.source_id}, {report.connector} ({report.why}); read {report.rows_read:,} = kept "
        f"{report.rows_kept:,} + duplicate {report.rows_duplicate:,} + skipped {report.rows_skipped:,} + refused "
        f"{report.rows_refused:,}{waits}"
    )


@click.command()
@case_argument
@json_option
@click.option("--all-rows", is_flag=True, help="List every issue with its row instead of groups.")
@click.option("--mend-log", is_flag=True, help="Make an altered log file whole from the case's own record; needs --why.")
@click.option("--why", help="Why the log is mended; logged.")
def check(case: Path, as_json: bool, all_rows: bool, mend_log: bool, why: str | None) -> None:
    """Show what was read, kept, known already, left out on purpose and refused, per source; and whether anything was altered.

    In each source: read = kept + duplicate + skipped + refused. Originals, the content of every table, settings, results in
    out/ and the log are compared with what the log records; nothing is written, so this works on a medium that cannot be
    written to. The exit code is 3 where something is not as it was.
    """
    from trails.errors import CaseError
    from trails.verify import verify_case

    if mend_log:
        _mend_log(case, ask_why(why, "mending the log"))
    with open_case(case, read_only=True, unread=True) as opened:
        with show_progress("comparing") as progress:
            verified = verify_case(opened, progress)
        if verified.overgrown:
            verified.notes.append(f"no account of the files: {', '.join(verified.overgrown)} hold far more rows than were written")
        told = not opened.unread and not verified.overgrown
        sources, tables, stale, listed = _describe_case(opened, verified) if told else ([], {}, None, [])
    if as_json:
        print_json({
            "sources": sources, "tables": tables, "log_head": verified.head, "unchanged": not verified.problems,
            "problems": verified.problems, "notes": verified.notes, "results_waiting": verified.waiting,
            "stale": stale is not None, "stale_because": stale,
            "issues": listed if all_rows else None,
        })  # fmt: skip
    else:
        if told:
            _print_sources(sources)
        if all_rows:
            names = {source["source_id"]: source["name"] for source in sources}
            for each in listed:
                row = "-" if each["row"] is None else say_row(names[each["source_id"]], each["row"])
                echo(f"source {each['source_id']} row {row}: {each['severity']} {each['code']}: {each['message']}")
        else:
            _print_groups(sources)
        _print_verified(verified, tables, stale)
    if verified.problems:
        raise CaseError(f"{count_words(len(verified.problems), 'thing')} in {case} not as recorded: {verified.problems[0]}")


def _describe_case(
    case: Case, verified: Verified
) -> tuple[list[dict[str, Any]], dict[str, int], str | None, list[dict[str, Any]]]:
    """The account of the sources, the rows of the tables, why results are stale, and the issues.

    Nothing of it where the case was altered so that it cannot be told: what was altered is to be said all the same.
    """
    from trails.accounting import account_sources, describe_tables, list_issues
    from trails.fresh import say_stale
    from trails.kept import reading_altered
    from trails.naming import read_names

    with reading_altered(verified.notes if verified.problems else None):
        clean = read_names(case).clean_text
        issues = [{**issue, "message": clean(issue["message"])} for issue in list_issues(case)]
        return _clean_sources(account_sources(case), clean), describe_tables(case), say_stale(case), issues
    return [], {}, None, []


def _clean_sources(sources: list[dict[str, Any]], clean: Callable[[str], str]) -> list[dict[str, Any]]:
    """The account of sources with pseudonyms in file names and messages."""
    return [
        {
            **source, "name": clean(source["name"]), "options": clean(source["options"]),
            "issues": [{**group, "message": clean(group["message"])} for group in source["issues"]],
        }
        for source in sources
    ]  # fmt: skip


def _mend_log(folder: Path, why: str) -> None:
    from trails.case import Case

    with Case.open(folder, recover=False) as opened:
        opened.restore_log(why)
    echo("The log file is whole again; what it held is kept beside it.")


def _print_verified(verified: Verified, tables: dict[str, int], stale: str | None) -> None:
    echo(
        "",
        f"Compared: {count_words(verified.originals, 'original')}, {count_words(verified.rows, 'row')} of tables, "
        f"{count_words(verified.outputs, 'result file')}, {count_words(verified.lines, 'log line')}.",
    )
    for problem in verified.problems:
        echo(f"CHANGED: {problem}")
    for note in verified.notes:
        echo(f"note: {note}")
    if not verified.problems:
        waiting = f", but {count_words(len(verified.waiting), 'result')} not in place yet (see above)" if verified.waiting else ""
        echo(f"All unchanged{waiting}. Log unbroken, head {verified.head}.")
    if stale:
        echo(f"stale: {stale}")
    if tables:
        echo("Tables: " + ", ".join(f"{name} {count:,}" for name, count in tables.items() if count))


def _print_sources(sources: list[dict[str, Any]]) -> None:
    keys = ("rows_read", "rows_kept", "rows_duplicate", "rows_skipped", "rows_refused")
    rows = [[s["source_id"], s["name"], s["connector"], *(s[key] for key in keys)] for s in sources]
    rows.append([None, "all", "", *(sum(s[key] for s in sources) for key in keys)])
    print_table(["source", "file", "connector", "read", "kept", "duplicate", "skipped", "refused"], rows)


def _print_groups(sources: list[dict[str, Any]]) -> None:
    for source in sources:
        for group in source["issues"]:
            rows = [say_row(source["name"], row) for row in group["rows"] if row is not None]
            more = "" if group["count"] <= len(rows) else f" ... ({group['count']:,} in all)"
            where = f"row{'s' if len(rows) > 1 else ''} {', '.join(rows)}{more}" if rows else "the whole file"
            echo("", f"{source['name']}: {group['severity']} {group['code']}, {where}")
            echo(f"    {group['message']}")


@click.command()
@case_argument
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="Change a setting, like window_hours=48; needs --why.")
@click.option("--accept", is_flag=True, help="Accept what somebody edited in case.toml by hand; needs --why.")
@click.option("--why", help="On what grounds; logged.")
@json_option
def settings(case: Path, changes: tuple[str, ...], accept: bool, why: str | None, as_json: bool) -> None:
    """Show the settings of a case, change one, or accept an edit of case.toml.

    Results state the settings they were made with; after a change they are stale until `trails analyse` is run again.

    \b
    trails settings CASE
    trails settings CASE --set window_hours=48 --why "the office pays out within two days, message 12"
    trails settings CASE --accept --why "max_hops lowered by hand, see memo of 3 May"
    """
    from trails.naming import read_names_in
    from trails.settings import SETTINGS, read_value
    from trails.verify import find_settings_change

    if changes or accept:
        wanted = {}
        for text in changes:
            name, _, value = text.partition("=")
            wanted[name.strip()] = read_value(name.strip(), value.strip())
        reason = ask_why(why, "a change of the settings")
        with open_case(case, settings=True) as opened:
            opened.change_settings(wanted, why=read_names_in(opened, [reason]).clean_text(reason))
    with open_case(case, read_only=True) as opened:
        now, since = opened.settings, find_settings_change(opened)
    if as_json:
        print_json({"settings": now, "changed_since_log_line": since})
        return
    print_table(
        ["setting", "value", "default", "what it is"],
        [
            [name, str(now[name]), "" if now[name] == each.default else str(each.default), each.meaning]
            for name, each in SETTINGS.items()
        ],
    )
    if since is not None:
        echo("", f"case.toml was changed since log line {since}.")
        echo(f"If that is meant: trails settings {case} --accept --why REASON")
    if changes or accept:
        echo("", f"Logged. Next: trails analyse {case}")
