"""Notebooks: lines by declared patterns, none dropped, and no pattern that can make a reading hang."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors import hawala_ledger
from connectors.hawala_ledger.lines import compile_pattern
from tests.connectors.reading import Reading, make_head, make_source, read_all
from trails.connector import ReadOptions
from trails.errors import SourceError

PLAIN: dict[str, Any] = {
    "kind": "ledger", "layout": "lines", "scope": "s", "timezone": "UTC", "decimal_mark": ",", "thousands_mark": ".",
    "currency": "EUR", "words": ["bcs"], "date_pattern": "%d.%m.%Y",
    "lines": [
        {"kind": "skip", "pattern": "#.*"},
        {"kind": "payment", "pattern": r"(?P<date>[\d.]+) (?P<payee>\w+) (?P<amount>.+)"},
    ],
}  # fmt: skip


def read_text(folder: Path, text: str | bytes, **change: Any) -> Reading:
    return read_all(hawala_ledger, make_source(folder, text, "n.txt"), ReadOptions(mapping={**PLAIN, **change}))


def test_every_line_is_an_entry_skipped_on_purpose_or_refused(tmp_path: Path) -> None:
    text = "# fictional\n\n2.8.2024 Gagi 300 €\nnothing like it\n   \n3.8.2024 Gagi 5 x\n۴.۸.۲۰۲۴ Гаги ۱۰۰ €"
    reading = read_text(tmp_path, text)
    assert reading.rows_read == 5
    assert [(t.row, t.amount, t.dst.label) for t in reading.transfers] == [(3, 30_000, "Gagi"), (7, 10_000, "Гаги")]
    assert reading.errors == [(4, "line_unknown"), (6, "amount_damaged")]
    assert [skip.row for skip in reading.skips] == [1]


def test_the_first_pattern_that_fits_the_whole_line_is_taken(tmp_path: Path) -> None:
    lines = [{"kind": "correction", "pattern": r"(?P<date>\S+) (?P<payee>\w+) (?P<amount>-.+)"}, *PLAIN["lines"]]
    reading = read_text(tmp_path, "2.8.2024 Gagi -300\n2.8.2024 Gagi 300", lines=lines)
    assert [event.row for event in reading.events if event.kind == "correction"] == [1]
    assert [transfer.row for transfer in reading.transfers] == [2]


def test_marks_of_writing_direction_do_not_matter(tmp_path: Path) -> None:
    assert [t.amount for t in read_text(tmp_path, "\u202b2.8.2024\u202c Gagi \u200f300 €\u200e").transfers] == [30_000]


def test_a_line_beyond_all_measure_is_refused_alone(tmp_path: Path) -> None:
    reading = read_text(tmp_path, "2.8.2024 Gagi " + "1" * 5_000 + "\n2.8.2024 Gagi 300")
    assert (reading.errors, len(reading.transfers)) == ([(1, "line_unknown")], 1)


@pytest.mark.parametrize("pattern", [r"(a+)+b", r"(?:(?:a|aa)+)+$", r".*.*.*.*.*.*.*.*x", r"(?:a?){50}a{50}"])
def test_no_pattern_can_make_a_reading_hang(tmp_path: Path, pattern: str) -> None:
    """A search that tries one way after the other would not end before the stars do: to end at all is what is shown."""
    reading = read_text(tmp_path, "\n".join(["a" * 3_990 + "!"] * 50), lines=[{"kind": "skip", "pattern": pattern}])
    assert len(reading.refused) == 50


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("(a", "missing"), (r"(a)\1", "escape"), ("(?=a)", "perl"), ("a{2000}", "repetition"),
     ("(?P<a>x)(?P<a>y)", "the part `a` stands in it twice"), ("x" * 2_001, "2,000"), ("[", "]"), ("((a{100}){100}){100}", "")],
)  # fmt: skip
def test_a_pattern_that_cannot_be_is_a_problem_and_no_crash(pattern: str, said: str) -> None:
    found, why = compile_pattern(pattern)
    assert found is None
    assert why
    assert said in why


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(r"\d+", "۱۲٣३"), (r"\w+", "Гаги_آب"), (r"a\sb", "a\u00a0b"), (r"[^\s]+", "آب"), (r"\D\W\S", "ب-ب"),
     (r"[\d.]+", "۱.۲"), (r"[]\d]+", "]۱"), (r"[\w\]]+", "آ]"), (r"\[\d\]", "[۱]")],
)  # fmt: skip
def test_classes_hold_for_every_script(pattern: str, text: str) -> None:
    found, _ = compile_pattern(pattern)
    assert found.fullmatch(text)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lines": []}, "no [[lines]] are declared"),
        ({"lines": [{"kind": "gift", "pattern": "x"}]}, "kind 'gift' is none of"),
        ({"lines": [{"kind": "payment", "pattern": "x"}]}, "needs the part `payee`"),
        ({"lines": [{"kind": "skip", "pattern": "(?P<colour>x)"}]}, "unknown part `colour`"),
        ({"lines": [{"kind": "skip", "pattern": "(x"}]}, "[[lines]] 1: pattern '(x'"),
        ({"lines": [{"kind": "skip"}]}, "must have a `kind` and a `pattern`"),
        ({"lines": [{"kind": "skip", "pattern": 5}]}, "must have a `kind` and a `pattern`"),
        ({"lines": "x"}, "must be tables"),
        ({"decimal_mark": "x"}, "`decimal_mark` is 'x'"),
        ({"words": ["kl"]}, "no list 'kl'"),
        ({"fee_taken": "never"}, "`fee_taken` is 'never'"),
        ({"lines": [{"kind": "skip", "pattern": "(?P<balance>x)"}]}, "`balance_rises_with` is missing"),
    ],
)
def test_each_problem_of_the_declared_lines_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_text(tmp_path, "x\n", **change)
    assert said in str(caught.value)


def test_all_problems_are_listed_together(tmp_path: Path) -> None:
    lines = [{"kind": "payment", "pattern": "(?P<amount>x"}, {"kind": "payment", "pattern": "(?P<amount>x)"}]
    mapping = {"layout": "lines", "lines": lines, "colour": "red"}
    with pytest.raises(SourceError) as caught:
        list(hawala_ledger.read(make_source(tmp_path, "x\n", "n.txt"), ReadOptions(mapping=mapping)))
    for said in ("`colour`", "[[lines]] 1", "[[lines]] 2: a line of kind payment needs", "`decimal_mark` is missing"):
        assert said in str(caught.value)


def test_a_notebook_is_recognised_by_its_mapping_alone(tmp_path: Path) -> None:
    source = make_source(tmp_path, "2.8.2024 Gagi 300 €\n", "n.txt")
    assert hawala_ledger.recognise(make_head(source, PLAIN))
    assert hawala_ledger.recognise(make_head(source, {"profile": "jeweller-notebook"}))
    assert hawala_ledger.recognise(make_head(source)) is None


@pytest.mark.parametrize(("content", "said"), [(b"", "empty"), (b"\n", "empty")])
def test_a_broken_file_is_refused_whole(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read_text(tmp_path, content)
