"""No text out of evidence runs in a spreadsheet, however its formula is dressed."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest

from trails.spreadsheet_safe import defuse

LEADS = {
    "nothing": "", "a space": " ", "a line feed": "\n", "a return": "\r", "a tab": "\t", "no-break space": "\u00a0",
    "narrow no-break space": "\u202f", "ideographic space": "\u3000", "zero-width space": "\u200b", "joiner": "\u200d",
    "byte-order mark": "\ufeff", "word joiner": "\u2060", "soft hyphen": "\u00ad", "direction": "\u202e", "vertical tab": "\x0b",
    "form feed": "\x0c", "NUL": "\x00", "next line": "\x85", "line separator": "\u2028", "Hangul filler": "\u3164",
    "quotation mark": '"', "curly quotation mark": "\u201c", "all of it": ' \u00a0\u200b\ufeff"\u3000',
}  # fmt: skip
FORMULAS = (
    "=1+1", "+1+1", "-1+1", "@SUM(1)", "|calc", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff201", "\ufe66" + "1", "\ufe621", "\ufe631",
    "\u22121+1", "\u20131", "=cmd|' /C calc'!A0", '=DDE("cmd";"/C calc")', '=HYPERLINK("http://example.invalid")', "+38765000111",
    "-12.50",
)  # fmt: skip


@pytest.mark.parametrize("lead", LEADS)
@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_defused_whatever_stands_before_it(lead: str, formula: str) -> None:
    text = LEADS[lead] + formula
    safe = defuse(text)
    assert isinstance(safe, str)
    assert safe.startswith("'")
    assert safe.replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize("separator", [";", "\t", "\n", "\r\n", ";;"])
def test_a_formula_behind_a_separator_is_defused_too(separator: str) -> None:
    assert defuse(f"a{separator}=1+1") == f"a{separator}'=1+1"


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "Office Amber", "a=b", "3-4", "A+B", "me@example.org", "Müller; Söhne", "محمد", "'quoted'", "'=1+1", "12.50",
        "1,250", "²", "«Amber»", "a\nb", "x|y",
    ],
)  # fmt: skip
def test_ordinary_text_stays(text: str) -> None:
    assert defuse(text) == text


@pytest.mark.parametrize("value", [-5, 0, 1.5, Decimal("-2.50"), None, True])
def test_what_is_no_text_stays(value: object) -> None:
    assert defuse(value) is value


@pytest.mark.parametrize("text", [*FORMULAS, *(f"{lead}=1" for lead in LEADS.values()), "a;=1\n@x"])
def test_to_defuse_twice_changes_nothing(text: str) -> None:
    assert defuse(defuse(text)) == defuse(text)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_cell_begins_a_formula_whatever_separator_a_spreadsheet_expects(delimiter: str) -> None:
    out = io.StringIO()
    texts = (*FORMULAS, *(f"a;{each}\t{each}" for each in FORMULAS))
    csv.writer(out, lineterminator="\n").writerow([defuse(text) for text in texts])
    cells = [cell for row in csv.reader(io.StringIO(out.getvalue()), delimiter=delimiter) for cell in row]
    assert not [cell for cell in cells if cell.lstrip(' "').startswith(("=", "+", "-", "@", "|", "\uff1d"))]
