"""A name where another thing is due, as in a row whose columns have moved: no message about it repeats the name.

Messages are read by everybody, and a refused row makes nobody a node of the case: nothing could replace the name afterwards.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors import hawala_ledger
from tests.connectors import spoiling
from tests.connectors.reading import make_source, read_all
from tests.connectors.test_hawala_ledger_checks import BASE, read_rows
from tests.connectors.test_one_bad_cell import list_samples, read_as, spoil_sample
from trails.connector import Connector, ReadOptions
from trails.errors import SourceError
from trails.model import Issue
from trails.words import quote_cell, quote_id, quote_word

NAME = "Zalmay Fictional"
#: As it may stand in a wrong place: alone, and beside a figure.
WRITTEN = (NAME, f"7 {NAME}")
#: What people wrote or kept about people: books, lists, chats, the answers of banks and exchanges.
PERSONAL = (
    "bank_statement", "exchange_statement", "hawala_ledger", "message_table", "pickup_list", "signal", "telegram", "whatsapp",
)  # fmt: skip
SAMPLES = [(connector, sample) for connector, sample in list_samples() if connector.name in PERSONAL]
#: What is said where a word of a list is due: somebody may have to declare it, so it is shown, whatever it is.
OF_A_LIST = ("direction_unknown", "network_unknown", "operation_unknown", "side_unknown", "status_unknown")


def is_due(issue: Issue, sample: Path) -> bool:
    """Whether a message has to show what stands there: a word of a list; in a line, the words between its numbers."""
    return issue.code in OF_A_LIST or (sample.suffix == ".txt" and issue.code in ("amount_damaged", "time_damaged"))


@pytest.mark.parametrize(("connector", "sample"), SAMPLES, ids=lambda it: it.name)
def test_a_name_in_a_wrong_place_is_not_repeated(
    connector: Connector, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for ways in ("BAD_CELLS", "BAD_VALUES", "BAD_WORDS"):
        monkeypatch.setattr(spoiling, ways, WRITTEN)
    path, told = tmp_path / sample.name, list[str]()
    for beside in sample.parent.glob(f"{sample.name}.with.*"):
        (tmp_path / beside.name).write_bytes(beside.read_bytes())
    for row, bad, data in spoil_sample(connector, sample, ways=len(WRITTEN)):
        path.write_bytes(data)
        told += [
            f"row {row}, {bad.where}: {issue.code}: {issue.message}"
            for issue in read_as(connector, path, sample).issues
            if any(word in issue.message for word in NAME.split()) and not is_due(issue, sample)
        ]
    assert not told, "\n".join(told)


def test_a_second_name_beside_a_code_is_said_by_its_row(tmp_path: Path) -> None:
    reading = read_rows(tmp_path, [{"payer": "Zalmay Fictional"}, {"payer": "Karim Fictional"}])
    (message,) = (issue.message for issue in reading.issues if issue.code == "code_second_name")
    assert "in row 2" in message
    assert "Fictional" not in message


@pytest.mark.parametrize(
    "header",
    ["1;02.08.2024;Zalmay Fictional;4718;3.500", "date;code;Zalmay Fictional;2024-08-02;x", "7;Zalmay Fictional;Zalmay Fictional"],
)
def test_a_row_of_data_in_the_place_of_a_header_is_not_listed(tmp_path: Path, header: str) -> None:
    source = make_source(tmp_path, f"{header}\n{header}\n", "book.csv")
    with pytest.raises(SourceError) as raised:
        read_all(hawala_ledger, source, ReadOptions(mapping={**BASE, "columns": {"date": "No", "amount": "Sum"}}))
    said = str(raised.value)
    assert "Fictional" not in said
    assert "header" in said or "column" in said


def test_what_a_cell_holds_is_shown_where_it_is_a_sum_or_a_time_at_all() -> None:
    for text in ("12o.50", "\u0665 \u0622\u0628", "5 Aug 2024", "12.000 din", "-", ""):
        assert quote_cell(text) == repr(text)
    assert [quote_cell(text) for text in ("abc", "Ali")] == ["(3 signs, none a digit)"] * 2
    assert quote_cell("7 Karim Fictional") == "(17 signs)"
    assert [quote_id(text) for text in ("47 18", "N-4718")] == ["'47 18'", "'N-4718'"]
    assert [quote_id(text) for text in ("47 Karim", "Karim")] == ["(8 signs)", "(5 signs)"]
    assert [quote_word(text) for text in ("evra", "Karim Fictional")] == ["'evra'", "(15 signs)"]
