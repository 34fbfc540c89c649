"""Whether results are as new as what they rest on: every step records it, and every view and question asks that record.

A step rests on the files and judgements of the case, the settings it reads, the results of the step before, and the
version of trails. A result that is older than any of these is stale: what writes files refuses, what answers questions
says so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trails import __version__
from trails.errors import StaleError
from trails.kept import altered, read_record
from trails.settings import SETTINGS
from trails.tables import INFERENCES, STEPS
from trails.targets import STEP_OF, parse_target

if TYPE_CHECKING:
    from trails.case import Case, Change

#: The step that makes each table of inferences.
MADE_BY = {
    **dict.fromkeys(INFERENCES, "link"),
    **dict.fromkeys(("claims", "screens", "entities"), "cluster"),
    **dict.fromkeys(("debts", "codes", "states", "matches", "nettings"), "match"),
}


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What the results of one step rest on."""

    step: str
    line: int
    version: str
    last_source: int
    last_judgement: int
    before: int | None
    settings: dict[str, Any]


def read_steps(case: Case) -> dict[str, StepRecord]:
    """The records of the steps whose results the case holds."""
    rows = case.con.execute(
        "SELECT step, line, version, last_source, last_judgement, before, settings FROM steps"
    ).fetchall()
    found = {}
    for step, line, version, source, judgement, before, said in rows:
        what = "the record of a step of the analysis"
        settings = read_record(said, what)
        if not isinstance(settings.get("settings", {}), dict):
            raise altered(what)
        found[step] = StepRecord(step, line, version, source, judgement, before, settings)
    return found


def read_limits(record: StepRecord) -> dict[str, Any]:
    """The limits of matching that the record of a step names; raises CaseError where it names none."""
    assumptions = record.settings.get("assumptions")
    limits = assumptions.get("limits") if isinstance(assumptions, dict) else None
    if not isinstance(limits, dict):
        raise altered("the record of a step of the analysis")
    return limits


def select_settings(settings: dict[str, Any], step: str) -> dict[str, Any]:
    """The settings that a step reads."""
    return {name: value for name, value in settings.items() if step in SETTINGS[name].steps}


def record_step(case: Case, change: Change, step: str, assumptions: dict[str, Any] | None = None) -> None:
    """Record what the results written in this change rest on; the records of later steps, whose results go, go too."""
    gone = STEPS[STEPS.index(step) :]
    case.con.execute("DELETE FROM steps WHERE list_contains(?, step)", [list(gone)])
    before = STEPS[STEPS.index(step) - 1] if step != STEPS[0] else None
    used: dict[str, Any] = {"settings": select_settings(case.settings, step)}
    if assumptions is not None:
        used["assumptions"] = assumptions
    case.con.execute(
        "INSERT INTO steps SELECT $step, (SELECT coalesce(max(n), 0) + 1 FROM journal), $version, "
        "(SELECT coalesce(max(source_id), 0) FROM sources), (SELECT coalesce(max(judgement_id), 0) FROM judgements), "
        "(SELECT min(line) FROM steps WHERE step = $before), $settings",
        {"step": step, "version": __version__, "before": before, "settings": json.dumps(used, sort_keys=True)},
    )
    change.touch("steps")


def find_stale(case: Case, upto: str = "link") -> list[tuple[str, str]]:
    """Why results up to a step are older than what they rest on: (step, reason), the first step first; empty when fresh."""
    steps = read_steps(case)
    found: list[tuple[str, str]] = []
    for step in STEPS[: STEPS.index(upto) + 1]:
        record = steps.get(step)
        if record is None:
            done = bool(steps) and STEPS.index(step) > 0
            why = f"`trails {step}` has not been run since `trails {STEPS[STEPS.index(step) - 1]}`" if done else (
                f"`trails {step}` has not been run")  # fmt: skip
            found.append((step, why))
            continue
        found += [(step, why) for why in (*_find_new_facts(case, record), *_find_other(case, record, steps))]
    return found


def _find_new_facts(case: Case, record: StepRecord) -> list[str]:
    """Files and judgements that came after a step."""
    (files,) = case.con.execute("SELECT count(*) FROM sources WHERE source_id > ?", [record.last_source]).fetchall()
    found = [f"{files[0]} file{'s were' if files[0] > 1 else ' was'} added after `trails {record.step}`"] if files[0] else []
    judged = case.con.execute(
        "SELECT judgement_id, target, verdict FROM judgements WHERE judgement_id > ? ORDER BY judgement_id",
        [record.last_judgement],
    ).fetchall()
    later = [
        (number, kind) for number, target, _ in judged if STEP_OF[kind := parse_target(str(target)).kind] == record.step
    ]  # fmt: skip
    if later:
        more = f" and {len(later) - 1} more" if len(later) > 1 else ""
        found.append(f"judgement {later[0][0]} (of a {later[0][1]}){more} came after `trails {record.step}`")
    return found


def _find_other(case: Case, record: StepRecord, steps: dict[str, StepRecord]) -> list[str]:
    """Another version, other settings, or newer results of the step before."""
    found = []
    if record.version != __version__:
        found.append(f"`trails {record.step}` was run by trails {record.version}, and this is {__version__}")
    now, then = select_settings(case.settings, record.step), record.settings.get("settings", {})
    changed = [f"{name} {then.get(name)!r} to {now[name]!r}" for name in now if then.get(name) != now[name]]
    if changed:
        found.append(f"settings changed after `trails {record.step}`: {', '.join(changed)}")
    at = STEPS.index(record.step)
    if at and steps.get(STEPS[at - 1]) and record.before != steps[STEPS[at - 1]].line:
        found.append(f"`trails {STEPS[at - 1]}` was run again after `trails {record.step}`")
    return found


def say_remedy(case: Case, stale: list[tuple[str, str]]) -> str:
    """The command that makes stale results fresh."""
    return f"trails {'link' if stale[0][0] == 'link' else 'analyse'} {case.folder}"


def say_stale(case: Case, upto: str = "link") -> str | None:
    """One line that says why results up to a step are stale and what makes them fresh; None when they are fresh."""
    stale = find_stale(case, upto)
    if not stale:
        return None
    if not read_steps(case):
        return f"nothing was analysed yet; run `{say_remedy(case, stale)}`"
    # what makes a step stale makes the later ones so: only its own reasons are told
    reasons = dict.fromkeys(why for step, why in stale if step == stale[0][0])
    return f"results are older than what they rest on: {'; '.join(reasons)}; run `{say_remedy(case, stale)}`"


def require_fresh(case: Case, what: str, upto: str = "link") -> None:
    """Raise StaleError, naming the reason and the command that helps, where results up to a step are stale."""
    said = say_stale(case, upto)
    if said:
        raise StaleError(f"{what}: {said}")
