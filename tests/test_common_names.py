"""A payer who is called by an ordinary word: shown by the pseudonym, no file is blocked, and none of our own words is rewritten."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from examples.river_case import __file__ as river
from tests.test_cli import Run, run
from trails.case import Case
from trails.demo import find_case_files
from trails.errors import LeakError
from trails.handover import read_declarations
from trails.ingest import add_source
from trails.judgements import declare_role
from trails.naming import read_names
from trails.own_texts import find_own, list_texts, read_own
from trails.pipeline import analyse_case
from trails.pseudonyms import scan_export
from trails.release import _plotly_library
from trails.views import open_view, write_pictures, write_report

__all__ = ["run"]  # a fixture

RIVER = Path(river).parent
#: A word of our texts, of the page's form, a currency, a role, a number that looks like none, and one sign.
NAMES = ("Cash", "Transfer", "driver", "EUR", "\u202e\uff0b1", "-")
_WORD = re.compile(r"[^\W\d_]{2,}")


@pytest.fixture(scope="module")
def common(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The river case six times, each with another name in place of Family Quince, analysed; by name."""
    made = {}
    for n, name in enumerate(NAMES):
        folder = tmp_path_factory.mktemp(f"river{n}")
        files = folder / "files"
        shutil.copytree(RIVER, files)
        ledger = files / "ledger_amber.csv"
        ledger.write_text(ledger.read_text(encoding="utf-8").replace("Family Quince", name), encoding="utf-8")
        with Case.create(folder / "case", name="River") as case:
            for path in find_case_files(files):
                add_source(case, path)
            for each in read_declarations(files / "declarations.toml"):
                declare_role(case, each["node"], each["role"], why=each["why"], who=each["who"])
            analyse_case(case)
        made[name] = folder / "case"
    return made


def payer(case: Case) -> int:
    """The node of the first depositor, whose name was replaced."""
    ((node,),) = case.con.execute("SELECT src FROM transfers WHERE kind = 'deposit' AND source_id = 3 AND row = 3").fetchall()
    return int(node)


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_written_and_the_pseudonym_stands_where_a_name_is_shown(common: dict[str, Path], name: str) -> None:
    with Case.open(common[name]) as case:
        node = payer(case)
        written = [*write_pictures(case, case.folder / "out", table=True), *write_report(case, case.folder / "out")]
        names = read_names(case)
        assert node in names.protected
        lines = open_view(case, "nothing is").picture.lines
        ((number, label),) = case.con.execute(
            "SELECT t.transfer_id, n.label FROM transfers t JOIN nodes n ON n.node_id = t.src WHERE t.src = ?", [node]
        ).fetchall()[:1]
    assert {path.name for path in written} >= {"report.html", "report.json", "network.svg", "timeline.svg", "network.csv"}
    assert label == name
    said = lines.line(f"transfer:{number}")
    assert said.ends[0] == names.shown[node]
    assert f"from {names.shown[node]} to" in said.text
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert f"from {name} to" not in text


@pytest.mark.parametrize("name", NAMES)
def test_questions_show_the_pseudonym_too_and_rewrite_nothing(run: Run, common: dict[str, Path], name: str) -> None:
    with Case.open(common[name], read_only=True) as case:
        node, shown = payer(case), read_names(case).shown
        rows = int(case.con.execute("SELECT count(*) FROM nodes").fetchall()[0][0])
    (found,) = run("sql", common[name], f"SELECT key, label FROM nodes WHERE node_id = {node}", "--json").json["rows"]
    assert found["label"] == shown[node]
    assert found["key"].endswith(f":{shown[node]}")
    cited = run("cite", common[name], f"node:{node}").out
    assert f"from {shown[node]} to" in cited
    assert f"from {name} to" not in cited
    query = "SELECT 'alert(1)' a, '120-1' b, 'a cash transfer of 1 EUR - by a driver' c"
    asked = run("sql", common[name], query, "--json").json["rows"]
    assert asked == [{"a": "alert(1)", "b": "120-1", "c": "a cash transfer of 1 EUR - by a driver"}]
    assert run("sql", common[name], "SELECT count(*) FROM nodes").out.split()[-1] == str(rows)


@pytest.mark.parametrize("name", NAMES)
def test_an_ordinary_name_is_refused_as_before(common: dict[str, Path], name: str) -> None:
    with Case.open(common[name], read_only=True) as case:
        names = read_names(case)
        labels = [str(n) for (n,) in case.con.execute(
            "SELECT DISTINCT n.label FROM nodes n JOIN entities e USING (node_id) JOIN roles r USING (entity_id) "
            "WHERE r.protected AND n.label LIKE '% %' AND n.rail = 'hawala'").fetchall()]  # fmt: skip
    assert labels
    for label in labels:
        with pytest.raises(LeakError):
            scan_export(f"<p>paid by {label.upper()} in cash</p>", names, file_name="report.html")


def test_the_refusal_says_what_can_be_done(common: dict[str, Path]) -> None:
    with Case.open(common["Cash"], read_only=True) as case:
        names = read_names(case)
    term = next(term for term in names.terms if " " in term)
    with pytest.raises(LeakError) as raised:
        scan_export(term, names, file_name="x.csv")
    said = str(raised.value)
    assert term.casefold() not in said.casefold()
    assert re.search(r"trails cite CASE node:\d+ --names --why REASON", said)
    assert "trails declare CASE node:" in said


def test_names_of_people_are_no_words_of_ours() -> None:
    """Exempt are words that our texts hold, side by side; not every name that is made of such words."""
    people = ["Family Quince", "Zalmay F.", "Ali Reza", "Ahmed", "John", "Rose Transfer", "driver Cash", "Alder", "علی", "Гаги"]
    assert find_own(people) == set()
    assert find_own(["Cash", "cash", "CASH", "Transfer", "Third Party", "heatmap", "width"]) == {
        "Cash", "cash", "CASH", "Transfer", "Third Party", "heatmap", "width",
    }  # fmt: skip


def test_remarks_in_the_code_are_no_texts_of_ours() -> None:
    assert list_texts('"""A doc."""\nx = "cash"  # Zalmay\ndef f():\n    """Karim"""\n    return f"a{x}b"\n') == ["cash", "a", "b"]
    assert len(set(_WORD.findall(read_own().casefold()))) < 3_000, "the list of exempt words is to stay small"


def test_every_word_of_a_files_form_is_ours(demo: Path) -> None:
    """Keys of JSON, names of elements and of attributes are exempt: none blocks a file, whoever bears it as a name."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in (demo / "out").iterdir()}
    library = _plotly_library(texts)
    form = re.compile(r'"([A-Za-z_]{2,})":|</?([A-Za-z]{2,})|\s([A-Za-z-]{2,})="')
    found = {next(filter(None, groups)) for text in texts.values() for groups in form.findall(text.replace(library, ""))}
    assert len(found) > 150
    assert sorted(found - find_own(found)) == []
