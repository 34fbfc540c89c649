"""Signs that act, or that nobody sees, in names of people, files, tags, reasons: raw in no written file, nor on the console."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import plotly.offline
import pytest

from tests.test_cli import ALDER, ORGANISER_BTC, Run, run
from trails.case import Case
from trails.contents import list_tables
from trails.errors import LeakError
from trails.naming import read_names
from trails.pipeline import analyse_case
from trails.pseudonyms import scan_export
from trails.release import write_csv
from trails.visible import is_hidden

__all__ = ["run"]  # a fixture

#: To the right, no width, red ink, a line end, the next line of old terminals.
ACTS = "\u202e\u200b\x1b[31m\n\x85"
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
#: Line ends are the layout of files and of the console; a name's own are told by what stands round them.
_LAYOUT = {"\n"}
_BROKEN = f"Ink{ACTS}Blot"


@pytest.fixture(scope="module")
def folder(demo_as_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo case, in which every text out of evidence and every reason holds the signs."""
    folder = Path(shutil.copytree(demo_as_made, tmp_path_factory.mktemp("hidden") / "case"))
    with Case.open(folder) as case:
        for table, column in (("nodes", "label"), ("sources", "name"), ("tags", "label"), ("tags", "actor"), ("tags", "origin"),
                              ("judgements", "why"), ("judgements", "who"), ("events", "text"), ("issues", "message"),
                              ("prices", "origin")):  # fmt: skip
            case.con.execute(f"UPDATE {table} SET {column} = {column} || $acts WHERE {column} IS NOT NULL", {"acts": _BROKEN})
        case.con.execute("UPDATE transfer_rows SET ref_text = ref_text || $acts WHERE ref_text IS NOT NULL", {"acts": _BROKEN})
        with case.change("hidden", {}, compared=False) as change:  # as if files had said so
            for table in list_tables(case.con):
                change.touch(table)
        analyse_case(case)
    return folder


def find_raw(text: str) -> set[str]:
    """The signs that stand raw in a text."""
    return {sign for sign in set(text) if is_hidden(sign)} - _LAYOUT


def texts_in(value: Any) -> Iterator[str]:
    """Every text of a JSON value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from texts_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_in(each)


def test_no_file_that_is_written_holds_one(run: Run, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("plot", folder, "-o", out, "--table").code == 0
    assert run("report", folder, "-o", out).code == 0
    assert run("why", folder, "transfer:1", "transfer:2", "-o", out).code in (0, 2)
    written = sorted(path for path in out.iterdir())
    assert {path.suffix for path in written} == {".html", ".svg", ".csv", ".json"}
    library = str(plotly.offline.get_plotlyjs())
    for path in written:
        text = path.read_bytes().decode().replace(library, "")
        assert not find_raw(text), path.name
        assert "Ink" in text, f"{path.name} shows none of the texts that it is about"
        assert not re.search(r"Ink[^\\]{0,12}Blot", text), path.name
        for script in re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL):  # one would bring an escape back to life
            alive = {chr(int(code, 16)) for code in _ESCAPE.findall(script.replace("\\\\", ""))}
            assert not alive & set("\u202e\u200b\x1b\x85"), path.name


def test_the_json_document_keeps_the_text_as_it_is(run: Run, folder: Path, tmp_path: Path) -> None:
    assert run("report", folder, "-o", tmp_path).code == 0
    texts = list(texts_in(json.loads((tmp_path / "report.json").read_text())))
    assert any("\u202e" in text for text in texts)


def test_the_console_shows_none(run: Run, folder: Path) -> None:
    for words in (
        ("check",), ("check", "--all-rows"), ("check", "--json"), ("cite", "transfer:1"), ("cite", "link:1"), ("cite", "finding:1"),
        ("cite", "node:1", "--names", "--why", ACTS), ("judge", "--hints"), ("judge",), ("code", "4718"), ("strike", ALDER),
        ("screen", ALDER), ("settings",), ("sql", "SELECT * FROM nodes", "--names", "--why", "x"), ("sql", "SELECT * FROM sources"),
        ("sql", "SELECT * FROM tags", "--json"), ("declare", ORGANISER_BTC, "--role", "driver", "--why", ACTS, "--who", ACTS),
        ("declare", f"tron:{ACTS}", "--role", "driver", "--why", "x"), ("analyse",),
    ):  # fmt: skip
        shown = run(words[0], folder, *words[1:])
        said = shown.out + shown.err
        assert said, words
        assert not find_raw(said), words
        assert not any(line.startswith("Blot") for line in said.splitlines()), words


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-1", "@SUM(A1)", "|calc", " =1", "\n=1", "\xa0=1", "\u200b=1", "\ufeff=1", "\uff1d1", "\uff0b1", "\uff0d1",
     "\uff201", "\u2212 1", '"=1', "a;=1", "\t=1", "\r=1"],
)  # fmt: skip
def test_no_cell_of_a_csv_for_people_is_run(cell: str) -> None:
    ((_, shown),) = list(csv.reader(io.StringIO(write_csv([{"from": "x", "to": cell}]).split("\n", 1)[1])))
    bare = shown.lstrip(' \xa0\t\r\n"')
    assert bare.startswith(("'", "\\", "a;'")), shown
    assert not find_raw(shown)


def test_a_protected_name_is_found_behind_escapes(folder: Path) -> None:
    with Case.open(folder, read_only=True) as case:
        names = read_names(case)
    term = min(names.terms)
    for text in (f"x\\n{term}", f"{term[:3]}\\u200b{term[3:]}", f"x\\\\n{term}\\u202e"):
        with pytest.raises(LeakError):
            scan_export(text, names, file_name="x")
