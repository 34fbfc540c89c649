"""The command line. Commands are thin: parse, call one library function, print. Heavy imports wait until a command runs."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from trails import __version__

#: command -> (module under trails.cli, section of the help)
_COMMANDS = {
    "demo": ("demo", "Start here"),
    "run": ("run", "Start here"),
    "new": ("case", "A case, step by step"),
    "add": ("case", "A case, step by step"),
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
    """Run the command line; every error trails raises on purpose becomes one message and its exit code."""
    from trails.errors import TrailsError

    os.umask(0o077)  # whatever a command writes is its owner's alone
    try:
        cli(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as problem:
        click.echo(problem.format_message())
        sys.exit(0)
    except click.ClickException as problem:
        problem.show()
        sys.exit(problem.exit_code)
    except TrailsError as problem:
        click.echo(f"trails: {problem}", err=True)
        sys.exit(problem.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("trails: stopped; the case is as it was before this command", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
