"""The command line. Commands are thin: parse, call one library function, print. Heavy imports wait until a command runs."""

from __future__ import annotations

import os
import sys
import threading
from importlib import import_module

import click

from trails import __version__
from trails.cli.show import echo, echo_layout

#: command -> (module under trails.cli, section of the help)
_COMMANDS = {
    "demo": ("demo", "Start here"),
    "run": ("run", "Start here"),
    "new": ("case", "A case, step by step"),
    "add": ("case", "A case, step by step"),
    "transcribe": ("transcribe", "A case, step by step"),
    "fetch": ("fetch", "A case, step by step"),
    "rates": ("rates", "A case, step by step"),
    "check": ("case", "A case, step by step"),
    "settings": ("case", "A case, step by step"),
    "declare": ("judge", "A case, step by step"),
    "judge": ("judge", "A case, step by step"),
    "analyse": ("analyse", "A case, step by step"),
    "plot": ("views", "A case, step by step"),
    "report": ("views", "A case, step by step"),
    "cluster": ("analyse", "The parts of analyse"),
    "match": ("analyse", "The parts of analyse"),
    "link": ("analyse", "The parts of analyse"),
    "code": ("code", "Questions"),
    "why": ("query", "Questions"),
    "strike": ("judge", "Questions"),
    "screen": ("query", "Questions"),
    "cite": ("query", "Questions"),
    "sql": ("query", "Questions"),
    "connectors": ("connectors", "Questions"),
    "simulate": ("simulate", "Training, and how far to trust it"),
    "exercise": ("simulate", "Training, and how far to trust it"),
    "evaluate": ("evaluate", "Training, and how far to trust it"),
}


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is used, so that --help is instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of the help."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(import_module(f"trails.cli.{_COMMANDS[cmd_name][0]}"), cmd_name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by section, each with its first line."""
        for section in dict.fromkeys(section for _, section in _COMMANDS.values()):
            rows = [
                (name, command.get_short_help_str(90))
                for name, (_, its) in _COMMANDS.items()
                if its == section and (command := self.get_command(ctx, name))
            ]
            with formatter.section(section):
                formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, with a hint where the name is near another."""
        if args and args[0] not in _COMMANDS:
            from difflib import get_close_matches

            near = get_close_matches(args[0], list(_COMMANDS), 1)
            hint = f" Did you mean `trails {near[0]}`?" if near else " See `trails --help`."
            ctx.fail(f"there is no command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 done (refused rows are counted in `trails check`), 1 other problem, 2 wrong use, 3 case missing, "
    "damaged or in use, 4 a file cannot be read, 5 a table breaks its contract, 6 a value is malformed, 7 an export "
    "would have named a protected person, 8 results are older than what they rest on, 130 stopped with Ctrl-C.",
)
@click.version_option(__version__, prog_name="trails")
def cli() -> None:
    """Follow payments across hawala codes, USDT and Bitcoin, and cite every step to file and row.

    Put the files of one investigation into a case, let trails join wallets, match hawala payouts to transfers and find
    the payment links between organisers and drivers, then open the picture and the evidence summary it writes. Nothing
    leaves this machine unless you ask for it with `trails fetch`.

    \b
    A first look (fictional case):   trails demo
    Your own files in one go:        trails run export.json ledger.csv chat.json -o OUT
    """


def main() -> None:
    """Run the command line; every error trails raises on purpose becomes one message and its exit code.

    So do what ends a command from outside: Ctrl-C, also inside the database, and what the system refuses (a full disk, a
    folder that may not be written to).
    """
    from trails.stops import settle_signals

    code = _run()
    if threading.current_thread() is threading.main_thread():
        settle_signals()
    # not inside an `except`: an exception that is still held keeps the case's connection open beyond the end of Python
    if code is not None:
        sys.exit(code)


def _run() -> int | None:
    """Run the command; the exit code, None where all went well."""
    from trails.errors import TrailsError
    from trails.stops import end_after_interrupt, forget_done, outside_errors

    forget_done()
    os.umask(0o077)  # whatever a command writes is its owner's alone
    try:
        with end_after_interrupt():
            cli(standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as problem:
        echo_layout(problem.format_message())
        return 0
    except click.ClickException as problem:
        _show_wrong_use(problem)
        return problem.exit_code
    except TrailsError as problem:
        echo(*problem.lines("trails: "), err=True)
        return problem.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except outside_errors() as problem:
        return _end(problem)
    return None


def _show_wrong_use(problem: click.ClickException) -> None:
    """How the command is used, and what was wrong, as click says it; what a person typed may hold any sign."""
    if isinstance(problem, click.UsageError) and problem.ctx is not None:
        echo_layout(problem.ctx.get_usage(), err=True)
        echo(f"Try '{problem.ctx.command_path} {problem.ctx.help_option_names[0]}' for help.", "", err=True)
    message = problem.format_message()
    # of its own messages click writes only those on what is missing in several lines
    lines = message.split("\n") if isinstance(problem, click.MissingParameter) else [message]
    echo(f"Error: {lines[0]}", *(line.replace("\t", "    ") for line in lines[1:]), err=True)


def _end(problem: BaseException) -> int:
    """Say in one sentence what came from outside; the exit code of the docs. Raises anything else again."""
    from trails.stops import is_damage, is_disk_full, say_kept, say_stopped, was_interrupted

    if isinstance(problem, click.Abort) or was_interrupted(problem):
        echo(say_stopped(), err=True)
        return 130
    if is_disk_full(problem):
        _drop_output()
        echo(f"trails: the disk is full ({_first_line(problem)}); {say_kept()}. Make room, "
             "or put the case on another disk, and run it again", err=True)  # fmt: skip
        return 1
    if is_damage(problem):
        echo(f"trails: the case's database cannot be read whole ({_first_line(problem)}); go on with an earlier copy of the case, "
             "or make it anew from its sources", err=True)  # fmt: skip
        return 3
    if isinstance(problem, OSError) and problem.errno is not None:
        _drop_output()
        echo(f"trails: {problem.filename or 'the system'}: {problem.strerror}", err=True)
        return 1
    raise problem


def _first_line(problem: BaseException) -> str:
    return str(problem).partition("\n")[0][:300]


def _drop_output() -> None:
    """Give up what could not be printed: Python would try once more when it ends, and fail again with words of its own."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
