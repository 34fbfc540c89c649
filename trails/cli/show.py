"""The one road to the terminal: whatever a command prints goes through here, line by line, made harmless to look at."""

from __future__ import annotations

import click

from trails.visible import show_text


def echo(*lines: object, err: bool = False) -> None:
    r"""Print lines; signs in one that act, or that nobody would see, are shown as escapes, a line end inside it too.

    Line ends of our own layout are therefore arguments of their own: ``echo("", f"{name}: read")``. Without any line an
    empty one is printed.
    """
    for line in lines or ("",):
        click.echo(show_text(str(line)), err=err)


def echo_layout(text: str, *, err: bool = False) -> None:
    """Print a text whose line ends are all our own: a page of Markdown, a table of figures, a usage line."""
    echo(*text.removesuffix("\n").split("\n"), err=err)
