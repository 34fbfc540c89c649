"""Arguments, options and printing that several commands share."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from trails.cli.show import echo
from trails.visible import hide_in_json, show_text

if TYPE_CHECKING:
    from trails.case import Case

F = TypeVar("F", bound=Callable[..., Any])

case_argument = click.argument("case", type=click.Path(path_type=Path))
files_argument = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of text.")


def reading_options(function: F) -> F:
    """What a person may say about the files: nothing of it is guessed."""
    for option in (
        click.option("--as", "connector", metavar="CONNECTOR", help="Read with this connector (see `trails connectors`)."),
        click.option("--timezone", metavar="ZONE",
                     help="Zone of times that state none (Europe/Sarajevo); without it they are refused."),
        click.option("--currency", metavar="CODE", help="Currency of amounts that state none, like EUR."),
        click.option("--rail", metavar="RAIL", help="Chain of exports that do not name theirs: ethereum, bsc, polygon ..."),
        click.option("--encoding", metavar="NAME", help="Text encoding when it is not UTF-8, like cp1250 or cp1256."),
        click.option("--date-order", type=click.Choice(["dmy", "mdy", "ymd"]),
                     help="Order of day, month and year where a file's own lines do not decide it."),
        click.option("--calendar", type=click.Choice(["gregorian", "jalali", "hijri"]),
                     help="Calendar of dates that do not say theirs."),
        click.option("--with", "companions", multiple=True, type=click.Path(path_type=Path, exists=True, dir_okay=False),
                     help="A file that FILE needs: undo data of a block file, blocks of a log answer, the picture that a sheet was "
                     "written off. May be repeated."),
        click.option("--mapping", "mapping_path", type=click.Path(path_type=Path, exists=True, dir_okay=False),
                     help="What the columns of a file mean (a ledger, statement, list, chat, labels, rates); FILE.mapping.toml "
                     "beside the file is found by itself."),
    ):  # fmt: skip
        function = option(function)
    return function


@contextmanager
def open_case(
    folder: Path, *, read_only: bool = False, unread: bool = False, settings: bool = False, names: bool = False
) -> Iterator[Case]:  # fmt: skip
    """An open case; what was put right when it was opened, and settings that nobody accepted, are said on stderr; not the latter
    where the command is about ``settings``. An error calls whoever is hidden by the pseudonym, unless ``names``
    are asked for, with a reason that was logged."""
    from trails.case import Case
    from trails.naming import clean_errors
    from trails.verify import find_settings_change

    with Case.open(folder, read_only=read_only, unread=unread) as case:
        for notice in case.notices:
            echo(f"note: {notice}", err=True)
        with _blame_alteration(case), nullcontext() if names else clean_errors(case):
            if not (read_only or settings) and (since := find_settings_change(case)) is not None:
                said = f"case.toml was changed since log line {since} and nobody accepted that"
                echo(f"note: {said}: trails settings {folder} --accept --why REASON", err=True)
            yield case


@contextmanager
def _blame_alteration(case: Case) -> Iterator[None]:
    """Say, where a command stumbles over a table that somebody altered, that it was altered; another error goes on."""
    from trails.kept import OF_ALTERED

    try:
        yield
    except OF_ALTERED:
        case.refuse_altered_tables()
        raise


def warn_stale(case: Case, upto: str = "link", *, applies: bool = True) -> dict[str, Any]:
    """Say on stderr, in one line, where an answer rests on results older than what they rest on; the same for JSON."""
    from trails.fresh import say_stale

    said = say_stale(case, upto) if applies else None
    if said:
        echo(f"stale: {said}", err=True)
    return {"stale": said is not None, **({"stale_because": said} if said else {})}


def ask_why(why: str | None, what: str = "a judgement") -> str:
    """The reason of a judgement, or of ``what`` else: as said, else asked for where somebody sits at the terminal."""
    from trails.errors import UsageError

    if why and why.strip():
        return why
    if not sys.stdin.isatty():
        raise UsageError(f"{what} needs its reason; say it with --why")
    return str(click.prompt(f"On what grounds? It is {'printed beside every use' if what == 'a judgement' else 'logged'}"))


def print_json(value: object) -> None:
    """Print a value as JSON; times as ISO 8601, exact integers as they are, signs that act or are unseen as escapes."""
    click.echo(hide_in_json(json.dumps(value, ensure_ascii=False, indent=2, default=str)))


@contextmanager
def show_progress(label: str) -> Iterator[Callable[[int], None]]:
    """A progress line on the terminal while long work runs; silent when the output is not a terminal."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.completed:,} records"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(show_text(label), total=None)
        yield lambda count: bar.update(task, completed=count)


#: A column is filled up with spaces to this width at most.
_MOST_WIDTH = 1_000


def print_table(headers: list[str], rows: list[list[Any]]) -> None:
    """A plain table; numbers to the right. Printed as text so that it can be piped and copied."""
    headers = [show_text(head) for head in headers]
    texts = [[_text(value) for value in row] for row in rows]
    # one long text does not make a thousand lines as long
    widths = [min(max([len(head), *(len(row[i]) for row in texts)]), _MOST_WIDTH) for i, head in enumerate(headers)]
    echo("  ".join(head.ljust(width) for head, width in zip(headers, widths, strict=True)).rstrip())
    for row, source in zip(texts, rows, strict=True):
        cells = [
            text.rjust(width) if isinstance(value, int) else text.ljust(width)
            for text, width, value in zip(row, widths, source, strict=True)
        ]
        echo("  ".join(cells).rstrip())


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else show_text(str(value))
