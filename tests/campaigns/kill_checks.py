"""What must hold after a command was stopped: right away, when the case is opened, and when the command is given again."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.campaigns.forked import Ended
from tests.campaigns.snapshots import Snapshot

#: What the next writing command puts right, and what it says then.
LEFT, SWEPT = "holds a file that no source of the case is", "a stopped command had left"


@dataclass(frozen=True, slots=True)
class Reference:
    """A command that nobody stops: how long it takes, what was before it, after it, and after giving it twice."""

    seconds: float
    touches: int
    before: Snapshot
    stages: list[dict[str, str]]
    code: int
    after: Snapshot
    code_again: int
    after_again: Snapshot


def judge_left(command: str, known: Reference, left: Snapshot) -> str:
    """What a stopped command left: nothing, as before, complete, or between two of its changes."""
    before, after = known.before, known.after
    new = _find_new(known, left)
    assert all(LEFT in problem for problem in new), f"altered: {new}"
    for name, digest in left.files.items():
        if ("/out/" in name or name.startswith("beside/")) and ".trails-new" not in name:
            # of a case that is being taken away the log may be gone, which tells what to leave out of a report's hash
            untouched = left.raw[name] == before.raw.get(name)
            assert untouched or digest in (before.files.get(name), after.files.get(name)), f"half written: {name}"
    if (left.content, left.commands, left.problems) == (after.content, after.commands, after.problems):
        whole = bool(left.content) or left.files == after.files
        return "complete" if whole else _name_begun(left)
    if left.refused:
        taken_away = command == "demo again" and "a stopped command left it unfinished" in left.refused
        assert before.refused or taken_away, f"no case any more: {left.refused}"
        return "as before" if left.files == before.files else _name_begun(left)
    if left.content == before.content and left.commands == before.commands:
        return "as before"
    assert left.content in (before.content, *known.stages), f"a half step of {command}: {_differ(left.content, after.content)}"
    return "between changes"


def _name_begun(left: Snapshot) -> str:
    return "begun" if left.files else "nothing there"


def check_opened(known: Reference, left: Snapshot, opened: Snapshot) -> None:
    assert opened.content == left.content, f"opening changed tables: {_differ(opened.content, left.content)}"
    new = _find_new(known, opened)
    assert not new, f"still altered after it was opened: {new}"


def _find_new(known: Reference, found: Snapshot) -> list[str]:
    """What `check` says is altered, and did not say of the prepared case; the number of lines that a log lacks may change."""
    said = {re.sub(r"\d+", "", problem) for problem in (*known.before.problems, *known.after.problems)}
    return [problem for problem in found.problems if re.sub(r"\d+", "", problem) not in said]


def check_again(known: Reference, complete: bool, again: Ended, found: Snapshot) -> None:
    """Whether the same command, given again, ended where one ends that nobody stopped."""
    code, wanted = (known.code_again, known.after_again) if complete else (known.code, known.after)
    assert again.code == code, f"given again it ended with {again.code}, not {code}: {again.said[-400:]}"
    assert found.problems == wanted.problems, f"altered at the end: {found.problems}"
    assert found.content == wanted.content, f"other tables at the end: {_differ(found.content, wanted.content)}"
    assert set(found.files) == set(wanted.files), f"files at the end: {sorted(set(found.files) ^ set(wanted.files))}"
    assert found.files == wanted.files, f"other files at the end: {_differ(found.files, wanted.files)}"
    assert found.refused == wanted.refused or wanted.refused, found.refused


def _differ(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))
