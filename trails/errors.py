"""Every error trails raises on purpose, and the exit code the command line gives it.

::

    TrailsError (1)            something a person can act on; the message says what, where and what to try
    ├── UsageError (2)         the command was asked for something that cannot be
    ├── CaseError (3)          the case folder is missing, damaged, or not a case
    │   └── CaseLocked         another trails process has the case open
    ├── SourceError (4)        a file as a whole cannot be read; nothing of it was added
    │   ├── UnknownFormat      no connector recognises it
    │   └── ConnectorError     the connector is broken or breaks its contract
    ├── NoSpace                the disk is full; the case is as it was
    ├── ContractError (5)      a table breaks its written contract (all problems listed)
    ├── ValueProblem (6)       one value cannot be understood (becomes an issue row inside a source)
    │   ├── AmountError
    │   ├── TimeError
    │   │   ├── ZoneMissing    it states no zone, and nobody said one
    │   │   └── OrderMissing   day and month may change places, and nobody said which is which
    │   └── IdentifierError
    ├── LeakError (7)          a finished export holds an identifier of a protected person
    └── StaleError (8)         results are older than what they rest on, so nothing is written from them

Exit code 0 is success, also when a source had refused rows: those are counted in ``trails check``.
130 is Ctrl-C. Data problems inside a source are collected as issues and never raised past the connector.
"""

from __future__ import annotations

from collections.abc import Sequence

#: Of a long list of problems so many are shown: the first ones are what to mend first.
_MOST_SHOWN = 50


class TrailsError(Exception):
    """Base of every error raised on purpose: one message, and where there are several ``problems``, a line for each."""

    exit_code = 1

    def __init__(self, message: str = "", problems: Sequence[str] = ()) -> None:
        self.message, self.problems = message, list(problems)
        super().__init__("\n".join(self.lines()))

    def lines(self, before: str = "") -> list[str]:
        """The message as lines of a terminal, of which the first begins with ``before``."""
        shown = [f"  {problem}" for problem in self.problems[:_MOST_SHOWN]]
        left = len(self.problems) - len(shown)
        return [before + self.message, *shown, *([f"  ... and {left:,} more"] if left else [])]


class UsageError(TrailsError):
    """The request itself cannot be carried out."""

    exit_code = 2


class CaseError(TrailsError):
    """The case folder is missing, damaged or no case."""

    exit_code = 3


class CaseLocked(CaseError):
    """Another process has the case open for writing."""


class SourceError(TrailsError):
    """A source as a whole cannot be read; nothing of it was added."""

    exit_code = 4


class UnknownFormat(SourceError):
    """No connector recognises the file."""


class ConnectorError(SourceError):
    """A connector does not load, or broke the contract of ``trails.connector``."""


class NoSpace(TrailsError):
    """The disk is full, or a limit on what may be written is reached."""


class ContractError(TrailsError):
    """A table breaks its written contract."""

    exit_code = 5

    def __init__(self, table: str, problems: list[str]) -> None:
        self.table = table
        super().__init__(f"table `{table}` breaks its contract, nothing was written:", problems)


class ValueProblem(TrailsError):
    """One value cannot be understood."""

    exit_code = 6


class AmountError(ValueProblem):
    """An amount is not a number, not exact, or does not fit."""


class TimeError(ValueProblem):
    """A time is missing its zone, is ambiguous or is no time."""


class ZoneMissing(TimeError):
    """A time states no zone, and nobody said one."""


class OrderMissing(TimeError):
    """Day and month of a date may change places, and nobody said which is which."""


class IdentifierError(ValueProblem):
    """An address, transaction id, phone or code is malformed."""


class LeakError(TrailsError):
    """A finished export names a protected person and was not released."""

    exit_code = 7


class StaleError(TrailsError):
    """Results are older than the files, judgements or settings they rest on; nothing was written from them."""

    exit_code = 8
