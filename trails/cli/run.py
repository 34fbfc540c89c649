"""``trails run``: everything in one go."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trails.cli.options import files_argument, open_case, reading_options
from trails.cli.show import echo
from trails.pictures import PICTURES
from trails.words import count_words

if TYPE_CHECKING:
    from trails.case import Case
    from trails.errors import SourceError
    from trails.ingest import SourceReport

#: The command that says in the log that a case was made by `trails run`, and the one that says that it was finished.
_BEGUN, _DONE = "run", "run_done"


@click.command()
@files_argument
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder of the new case."
)
@click.option(
    "--strict", is_flag=True, help="Stop at the first file that cannot be read instead of going on without it."
)
@reading_options
def run(files: tuple[Path, ...], output: Path, strict: bool, **said: Any) -> None:
    """Make a case of FILES, analyse it, draw it and write the evidence summary.

    A file that cannot be read as a whole is reported, left out and named on the report's first page, the others go in; the
    exit code then is 4. Where none can be read nothing is made. A run that was stopped is taken up again by the same command.
    Without declared roles no links are sought: use `trails declare`, then `trails analyse` and `trails report`.

    A folder stands for its files. What is known of each (its zone, its chain, the order of day and month), and whom you
    hold for organisers and dispatchers, may stand in a file handover.toml in it: [[file]] tables with name, timezone,
    currency, rail, encoding, date_order, calendar; [[declare]] tables with node, role, why.

    \b
    trails run export.json ledger.csv chat.json -o CASE --timezone Europe/Sarajevo
    trails run FOLDER -o CASE
    """
    from trails.cli.analyse import show_steps
    from trails.cli.case import list_remedies
    from trails.errors import SourceError
    from trails.handover import declare_known, expand_files
    from trails.naming import tell_paths
    from trails.pipeline import analyse_case
    from trails.views import write_pictures, write_report

    handed, declarations = expand_files(files)
    with _make_or_take_up(output, _sum_up(handed, said)) as case:
        added, problems = _add_files(case, handed, said, strict=strict)
        failed = _tell_failed(case, problems)
        if not _holds_anything(case):
            raise SourceError("nothing could be read, so no case was made:", [*failed, *_say_all_refused(case)])
        for report, path, given in added:
            if advice := list_remedies(case, report, path, given):
                echo(f"{report.name}:", *(f"    {line}" for line in advice))
        for line in declare_known(case, declarations)[0]:
            echo(line)
        show_steps(analyse_case(case), as_json=False)
        written = [*write_pictures(case, output / "out"), *write_report(case, output / "out")]
        told = tell_paths(case, written)
        failed = _list_failed(case, problems)  # whom the analysis protects is known now
        with case.change(_DONE, {}):
            pass
    for line in told:
        echo(f"wrote {line}")
    echo(f"Open {output / 'out' / 'report.html'} first. What was read, row by row: trails check {output}")
    if failed:
        raise SourceError(
            f"{len(failed)} of {len(handed)} files {'was' if len(failed) == 1 else 'were'} not added, and the report says so on "
            "its first page:",
            failed,
        )


def _sum_up(handed: list[tuple[Path, dict[str, str]]], said: dict[str, Any]) -> str:
    """A hash of the files by name and of what is said about them: the same for the same job, whatever folder it is given from."""

    def call(value: Any) -> Any:
        return [os.fsencode(each.name).hex() for each in value] if isinstance(value, tuple) else getattr(value, "name", value)

    files = sorted([os.fsencode(path.name).hex(), sorted(known.items())] for path, known in handed)
    words = sorted((key, call(value)) for key, value in said.items())
    return hashlib.sha256(json.dumps([files, words]).encode("utf-8", "surrogatepass")).hexdigest()


@contextmanager
def _make_or_take_up(output: Path, asked: str) -> Iterator[Case]:
    """A new case, or one that an earlier run of the same files left unfinished; a new one in which nothing was read goes again."""
    from trails.case import Case
    from trails.errors import UsageError
    from trails.log import read_entries
    from trails.naming import clean_errors

    if (output / "case.toml").is_file():
        with open_case(output) as case:
            entries = read_entries(case.log_lines())
            commands = [entry["command"] for entry in entries]
            if commands != ["new"] and (_BEGUN not in commands or _DONE in commands):
                raise UsageError(f"{output} is a case already: add files with `trails add {output} FILE...`")
            if any(entry["command"] == _BEGUN and entry.get("asked", asked) != asked for entry in entries):
                raise UsageError(
                    f"{output} was left unfinished by a run of other files, or with something else said about them; give the same "
                    "command again, or name another folder"
                )
            echo(f"note: {output} was left unfinished by an earlier run; it is taken up again", err=True)
            with _take_away_if_empty(case, asked, keep_folder=False, begun=_BEGUN in commands):
                yield case
        return
    there = output.exists()
    with Case.create(output) as case:
        for notice in case.notices:
            echo(f"note: {notice}", err=True)
        with _take_away_if_empty(case, asked, keep_folder=there, begun=False), clean_errors(case):
            yield case


@contextmanager
def _take_away_if_empty(case: Case, asked: str, *, keep_folder: bool, begun: bool) -> Iterator[None]:
    """Note in the log that a run is at work; where it ends without anything read, take the case away again."""
    from trails.recover import remove_case
    from trails.stops import forget_done

    if not begun:
        with case.change(_BEGUN, {"asked": asked}):
            pass
    try:
        yield
    finally:
        empty = not _holds_anything(case)
        case.close()
        if empty:
            remove_case(case.folder)
            forget_done()
            if not keep_folder:
                case.folder.rmdir()


def _holds_anything(case: Case) -> bool:
    """Whether anything was read: files of which every row was refused are as good as none, and so are pictures alone."""
    asked = "SELECT 1 FROM sources WHERE rows_kept > 0 OR (rows_refused = 0 AND connector <> ?) LIMIT 1"
    return case.con.execute(asked, [PICTURES]).fetchone() is not None


def _say_all_refused(case: Case) -> list[str]:
    """A line for each file of which every row was refused: why, and what to say about it when it is read again."""
    from trails.cli.case import REMEDIES

    rows = case.con.execute(
        "SELECT s.name, s.rows_refused, arg_max(i.code, i.n), max(i.n) FROM sources s JOIN (SELECT source_id, code, "
        "count(DISTINCT row) AS n FROM issues WHERE severity = 'error' GROUP BY ALL) i USING (source_id) GROUP BY s.source_id, "
        "s.name, s.rows_refused ORDER BY s.source_id"
    ).fetchall()
    pictures = case.con.execute("SELECT name FROM sources WHERE connector = ? ORDER BY source_id", [PICTURES]).fetchall()
    lines = [f"{name}: a picture, which waits for a transcription (trails new, then trails transcribe)" for (name,) in pictures]
    for name, count, code, of_it in rows:
        why, option, what = REMEDIES.get(code, (code.replace("_", " "), "", ""))
        advice = f"; say {option} with the same command ({what})" if option else ""
        part = "" if of_it == count else f"{of_it:,} of them "
        lines.append(f"{name}: {count_words(count, 'row')} refused, none kept, {part}since {why}{advice}")
    return lines


def _add_files(
    case: Case, handed: list[tuple[Path, dict[str, str]]], said: dict[str, Any], *, strict: bool
) -> tuple[list[tuple[SourceReport, Path, dict[str, Any]]], list[tuple[Path, SourceError]]]:
    """Add every file that can be read; what became of each, with what was said of it, and the others with what is wrong.

    What to do about refused rows is said when it is known that the case stays, and of the others anything at all when it is known
    whom their names may name.
    """
    from trails.cli.case import add_one, say_known
    from trails.errors import SourceError

    added: list[tuple[SourceReport, Path, dict[str, Any]]] = []
    problems: list[tuple[Path, SourceError]] = []
    for path, known in handed:
        try:
            given = say_known(said, known)
            added.append((add_one(case, path, given, advise=False), path, given))
        except SourceError as problem:
            if strict:
                raise
            problems.append((path, problem))
    return added, problems


def _tell_failed(case: Case, problems: list[tuple[Path, SourceError]]) -> list[str]:
    """Say which files were not added and why, and note it in the log for the report; the reasons. A file may be called after a
    payer."""
    from trails.naming import read_names

    clean = read_names(case).clean_text
    for path, problem in problems:
        echo(*map(clean, problem.lines("not added: ")), err=True)
        reason = _join_lines(problem).removeprefix(f"{path}: ")
        with case.change("not_added", {"file": clean(path.name), "reason": clean(reason)}):
            pass
    return _list_failed(case, problems)


def _list_failed(case: Case, problems: list[tuple[Path, SourceError]]) -> list[str]:
    """What is wrong with the files that were not added, with pseudonyms for whoever is known by now."""
    from trails.naming import read_names

    clean = read_names(case).clean_text if problems else str
    return [clean(_join_lines(problem)) for _, problem in problems]


def _join_lines(problem: SourceError) -> str:
    return "; ".join(line.strip() for line in problem.lines())
