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
#: Depositors of the ledger, and what each is called instead: a word of our texts, of the page's form, a role, a currency, a
#: number that looks like none, and one sign.
CALLED = {
    "Family Quince": "Cash", "Family Juniper": "Transfer", "Brother Almond": "driver", "Family Tamarind": "EUR",
    "Mother of Pomelo": "\u202e\uff0b1", "Cousin Walnut": "-",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]{2,}")


class Common:
    """The river case with ordinary words in place of six names, analysed, and the files that were written of it."""

    def __init__(self, folder: Path) -> None:
        self.case = folder / "case"
        shutil.copytree(RIVER, folder / "files")
        ledger = folder / "files" / "ledger_amber.csv"
        text = ledger.read_text(encoding="utf-8")
        for name, instead in CALLED.items():
            assert text.count(f",{name},") == 1
            text = text.replace(f",{name},", f",{instead},")
        ledger.write_text(text, encoding="utf-8")
        with Case.create(self.case, name="River") as case:
            for path in find_case_files(folder / "files"):
                add_source(case, path)
            for each in read_declarations(folder / "files" / "declarations.toml"):
                declare_role(case, each["node"], each["role"], why=each["why"], who=each["who"])
            analyse_case(case)
            self.written = [*write_pictures(case, case.folder / "out", table=True), *write_report(case, case.folder / "out")]


@pytest.fixture(scope="module")
def common(tmp_path_factory: pytest.TempPathFactory) -> Common:
    return Common(tmp_path_factory.mktemp("river"))


def find_payer(case: Case, name: str) -> tuple[int, int]:
    """The node of the depositor who is called that way, and the number of the deposit."""
    found = case.con.execute(
        "SELECT t.src, t.transfer_id FROM transfers t JOIN nodes n ON n.node_id = t.src WHERE t.kind = 'deposit' AND n.label = ?",
        [name],
    ).fetchall()
    assert len(found) == 1
    return found[0]


def test_every_file_is_written_and_the_pseudonym_stands_where_a_name_is_shown(common: Common) -> None:
    assert {path.name for path in common.written} >= {"report.html", "report.json", "network.svg", "timeline.svg", "network.csv"}
    texts = [path.read_text(encoding="utf-8") for path in common.written]
    with Case.open(common.case) as case:
        names, lines = read_names(case), open_view(case, "nothing is").picture.lines
        for name in CALLED.values():
            node, number = find_payer(case, name)
            assert node in names.protected
            said = lines.line(f"transfer:{number}")
            assert said.ends[0] == names.shown[node]
            assert f"from {names.shown[node]} to" in said.text
            assert not [text for text in texts if f"from {name} to" in text]


@pytest.mark.parametrize("name", CALLED.values())
def test_questions_show_the_pseudonym_too(run: Run, common: Common, name: str) -> None:
    with Case.open(common.case, read_only=True) as case:
        (node, _), shown = find_payer(case, name), read_names(case).shown
    (found,) = run("sql", common.case, f"SELECT key, label FROM nodes WHERE node_id = {node}", "--json").json["rows"]
    assert found["label"] == shown[node]
    assert found["key"].endswith(f":{shown[node]}")
    cited = run("cite", common.case, f"node:{node}").out
    assert f"from {shown[node]} to" in cited
    assert f"from {name} to" not in cited


def test_questions_rewrite_none_of_our_own_words(run: Run, common: Common) -> None:
    with Case.open(common.case, read_only=True) as case:
        rows = int(case.con.execute("SELECT count(*) FROM nodes").fetchall()[0][0])
    query = "SELECT 'alert(1)' a, '120-1' b, 'a cash transfer of 1 EUR - by a driver' c"
    asked = run("sql", common.case, query, "--json").json["rows"]
    assert asked == [{"a": "alert(1)", "b": "120-1", "c": "a cash transfer of 1 EUR - by a driver"}]
    assert run("sql", common.case, "SELECT count(*) FROM nodes").out.split()[-1] == str(rows)


def test_an_ordinary_name_is_refused_as_before(common: Common) -> None:
    with Case.open(common.case, read_only=True) as case:
        names = read_names(case)
        labels = [str(n) for (n,) in case.con.execute(
            "SELECT DISTINCT n.label FROM nodes n JOIN entities e USING (node_id) JOIN roles r USING (entity_id) "
            "WHERE r.protected AND n.label LIKE '% %' AND n.rail = 'hawala'").fetchall()]  # fmt: skip
    assert len(labels) > 5
    for label in labels:
        with pytest.raises(LeakError):
            scan_export(f"<p>paid by {label.upper()} in cash</p>", names, file_name="report.html")


def test_the_refusal_says_what_can_be_done(common: Common) -> None:
    with Case.open(common.case, read_only=True) as case:
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
