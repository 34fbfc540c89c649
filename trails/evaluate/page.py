"""Evaluations as tables: for the terminal, for programs, and the accuracy page of the docs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trails import __version__
from trails.evaluate.case import Evaluation
from trails.evaluate.markdown import write_rows
from trails.evaluate.scores import Bin, Scored, bin_calibration, measure_cllr, score_counts
from trails.evaluate.suite import Group
from trails.words import count_words

COLUMNS = ("inference", "what", "right / stated", "precision", "found / there", "recall", "F1")
_SHOWN_IN_PICTURE = (
    "pairs", "link", "one debt", "state reached", "driver", "office", "payers", "service", "payments", "poisoning",
    "counterfeit", "one code", "code over",
)  # fmt: skip


def list_cells(row: Scored) -> list[str]:
    """A row's cells under ``COLUMNS``; rows of rules alone have no recall."""
    found = f"{row.found:,} / {row.there:,}" if row.there or row.found else ""
    recall, f1 = (str(row.recall), str(row.f1)) if found else ("", "")
    return [row.inference, row.what, f"{row.right:,} / {row.claimed:,}", str(row.precision), found, recall, f1]


def write_table(rows: Sequence[Scored]) -> str:
    """A Markdown table."""
    return write_rows(COLUMNS, map(list_cells, rows))


def describe_harm(cases: Sequence[Evaluation]) -> str:
    """Who was harmed, in a sentence."""
    innocent, payers, first = (sum(getattr(each, name) for each in cases) for name in ("accused", "payers_named", "first_ten"))
    return (
        f"False accusations in {count_words(len(cases), 'case')}: "
        f"{count_words(innocent, 'innocent person taken for a driver', 'innocent people taken for drivers')}, {first:,} "
        f"of them among the first ten of a case, {payers:,} of them payers. {describe_protection(cases)}"
    )


def describe_protection(cases: Sequence[Evaluation]) -> str:
    """How many payers are protected, how many are on a trail, and how many of the crew were taken for payers."""
    payers, safe, walked, crew, taken = (
        sum(getattr(each, name) for each in cases)
        for name in ("payers", "payers_protected", "payers_on_trails", "crew", "crew_protected")
    )
    return (
        f"Protected are {safe:,} of {payers:,} payers, on a trail {walked:,} of them; taken for payers are {taken:,} of {crew:,} "
        "of the crew."
    )


def describe_ratios(cases: Sequence[Evaluation]) -> str:
    """What the stated likelihood ratios cost, where any is stated."""
    ratios = [each for case in cases for each in case.ratios]
    true, false = [r for r, is_true in ratios if is_true], [r for r, is_true in ratios if not is_true]
    if not ratios:
        return "No inference states a likelihood ratio yet, so there is no Cllr."
    if not true or not false:
        return f"{len(ratios)} likelihood ratios are stated, all of one kind: no Cllr can be given."
    cllr, least = measure_cllr(true, false)
    return f"Cllr {cllr:.3f}, its minimum {least:.3f}, of {len(ratios)} stated likelihood ratios."


def curves_of(cases: Sequence[Evaluation]) -> dict[str, list[Bin]]:
    """Calibration curves of all cases together."""
    names = list(dict.fromkeys(name for case in cases for name in case.stated))
    curves = {}
    for name in names:
        said = [each for case in cases for each in case.stated.get(name, [])]
        bins = bin_calibration([value for value, _ in said], [is_true for _, is_true in said])
        if bins:
            curves[name] = bins
    return curves


def write_curves(curves: dict[str, list[Bin]]) -> str:
    """Calibration curves as Markdown."""
    if not curves:
        return "Nothing was stated with a degree of confidence."
    rows = [(name, f"{each.said:.3f}", f"{each.was:.3f}", each.count) for name, bins in curves.items() for each in bins]
    return write_rows(("curve", "said, on average", "was so", "statements"), rows)


def write_luck(cases: Sequence[Evaluation]) -> str:
    """What luck was expected to give, and what it gave, all cases together."""
    rows = []
    for name in dict.fromkeys(name for case in cases for name in case.luck):
        expected, observed = (sum(case.luck[name][at] for case in cases if name in case.luck) for at in (0, 1))
        rows.append((name, f"{expected:,.1f}", f"{observed:,.0f}", f"{observed / expected:.2f}" if expected else "none"))
    return write_rows(("what", "expected by luck", "observed", "observed / expected"), rows) if rows else "No match was tried."


def pick_for_picture(rows: Sequence[Scored]) -> list[Scored]:
    """The rows a picture has room for: the inferences themselves, without rules and tops."""
    shown = [row for row in rows if row.what.startswith(_SHOWN_IN_PICTURE)]
    return [row for row in shown if not row.what.startswith(("link, ", "state reached, "))]


def as_data(cases: Sequence[Evaluation]) -> dict[str, Any]:
    """Everything for programs."""
    from dataclasses import asdict

    return {
        "rows": [asdict(row) for row in score_counts([case.counts for case in cases])],
        "calibration": {name: [asdict(each) for each in bins] for name, bins in curves_of(cases).items()},
        "luck": {name: list(said) for case in cases for name, said in case.luck.items()} if len(cases) == 1 else write_luck(cases),
        "innocent_named_drivers": sum(case.accused for case in cases),
        "innocent_among_first_ten": sum(case.first_ten for case in cases),
        "payers_named": sum(case.payers_named for case in cases),
        **{
            name: sum(getattr(case, name) for case in cases)
            for name in ("payers", "payers_protected", "payers_on_trails", "crew", "crew_protected")
        },
        "likelihood_ratios": describe_ratios(cases),
    }


def write_page(groups: Sequence[Group]) -> str:
    """The accuracy page: all cases together, then each scenario."""
    every = [case for group in groups for case in group.cases]
    parts = [_HEAD.format(version=__version__, cases=len(every), seeds=_name_seeds(groups))]
    parts.append(f"## All scenarios together\n\n{write_table(score_counts([case.counts for case in every]))}")
    parts += [describe_harm(every), describe_ratios(every), "![shares with their intervals](accuracy.svg)"]
    parts.append(f"### Calibration\n\n{_CALIBRATION}\n\n{write_curves(curves_of(every))}")
    parts.append(f"### Luck\n\n{_LUCK}\n\n{write_luck(every)}")
    for group in groups:
        table = write_table(score_counts([case.counts for case in group.cases]))
        parts.append(f"## {group.scenario}, size {group.size}\n\n{table}\n\n{describe_harm(group.cases)}")
    return "\n\n".join(parts) + "\n"


def _name_seeds(groups: Sequence[Group]) -> str:
    return "; ".join(f"{group.scenario} {group.size}: {', '.join(map(str, group.seeds))}" for group in groups)


_HEAD = """# Accuracy

Made by `trails evaluate --suite` with trails {version}: {cases} simulated cases ({seeds}). Measured again whenever a rule
changes; the seeds stay, and no rule may be tuned on them. `trails evaluate CASE --truth FOLDER` gives the same tables for one case.
The rules of ownership on Bitcoin have a page of their own with generated chains and data of others:
[accuracy-ownership.md](accuracy-ownership.md).

How to read it. *right / stated*: how many of the statements made are true; *found / there*: how many of the true things that the
files record were stated. Intervals are 95 %, by drawing the cases anew; exact binomial where all or none are right. `none` means
that nothing was stated, or nothing was there to find. Rows `claims by ...` judge each ownership rule by itself; held claims join
nobody. `pairs, of those a file can show` leaves out payments through cash and through rows that are missing: no analysis of these
files can find them.

*protection*: who is never traced, ranked or named. A family that sends money home looks like one that pays for a journey, and is
protected on purpose; so few of the protected are *payers and helped people* of a network, and what counts is that all of these are
found, and that the protected are *anybody outside the network*, not its crew.

**What these figures are not.** The cases are made up (`trails simulate`), with innocent people drawn from the same ranges as
the network, ten to fifty times as many. The shares of rails, faults and hidden steps are mostly assumed: see
[simulator.md](simulator.md). The figures show how rules compare and where they break; they are no error rate of the field."""

_LUCK = """*Strangers* are transfers that are not the record's true other half, at the odds named, for every record of every
case: the expectation comes from the case's own sums, hours and wallets, and must be near what is there. *Links with times
dealt out anew* is the control: the records of each kind exchange their times, so whatever is still called a link is luck; it
must be no more than expected."""

_CALIBRATION = """A match says how probable it is, all its rivals weighed. A driver's weight is the share of signs met, which is no
probability: the curve shows how little it means by itself."""
