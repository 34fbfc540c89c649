"""Whatever a file holds, the terminal shows it: no sign acts, none is unseen, and JSON stays JSON."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

import trails.cli
from tests.test_bad_files import HEADER, PICKUP
from tests.test_cli import Run, run

__all__ = ["run"]  # a fixture

MODULES = sorted(Path(trails.cli.__file__).parent.glob("*.py"))
ACTS = "Ju\x1b[2J\u202eno\u2066v\u2069a\x9b1m\x07\ufeff\u200b\U000e0041\u2028Made"
SHOWN = r"Ju\u001b[2J\u202eno\u2066v\u2069a\u009b1m\u0007\ufeff\u200b\U000e0041\u2028Made"
LINES = "two\nkept 999"
#: Names are pseudonyms otherwise, and nothing acts in those.
NAMES = ("--names", "--why", "a test")
PERSIAN = "نمی\u200cشود"


@pytest.fixture
def hostile(run: Run, tmp_path: Path) -> Path:
    """A case of a list in which names and a broken amount hold signs that act."""
    rows = (
        ("12345678", ACTS, "Jova Made", "05.08.2024", "200", "EUR"),
        ("12345679", LINES, "Jova Made", "05.08.2024", f"2{ACTS}", "EUR"),
        ("12345670", LINES, "Jova Made", "05.08.2024", "200", "EUR"),
        ("12345671", PERSIAN, "Jova Made", "05.08.2024", "200", "EUR"),
    )
    path = tmp_path / "list.csv"
    quoted = (",".join(f'"{cell}"' for cell in row) for row in rows)
    path.write_text("\n".join((",".join(HEADER), *quoted, "")), encoding="utf-8", newline="")
    path.with_name("list.csv.mapping.toml").write_text(PICKUP)
    run("new", tmp_path / "case")
    assert run("add", tmp_path / "case", path).code == 0
    return tmp_path / "case"


@pytest.mark.parametrize(
    "words",
    [
        ("check",), ("check", "--all-rows"), ("sql", "SELECT label FROM nodes ORDER BY 1"), ("cite", "transfer:1"),
        ("sql", "SELECT chr(27) || '[31m' AS \"a\x1b[2J\u202eb\""), ("analyse",), ("judge", "--hints"),
        ("sql", f"SELECT '{ACTS}' FROM nothing_like_this"), ("why", ACTS, "b"), ("cite", f"transfer:{ACTS}"), ("code", ACTS),
        ("declare", ACTS, "--role", "driver", "--why", "x"), ("strike", ACTS), ("screen", ACTS),
    ],
    ids=lambda words: " ".join(words[:1]),
)  # fmt: skip
def test_no_sign_acts_in_what_a_command_prints(run: Run, hostile: Path, words: tuple[str, ...]) -> None:
    shown = run(words[0], hostile, *words[1:])
    said = shown.out + shown.err
    assert said
    hidden = {sign for sign in said if not sign.isprintable() and sign != "\n"} - {"\u200c"}
    assert not hidden, f"{hidden!r} in {said!r}"
    assert not any(line.startswith("kept 999") for line in said.splitlines())


def test_what_acts_is_shown_as_escapes_and_writing_stays(run: Run, hostile: Path) -> None:
    labels = run("sql", hostile, "SELECT label FROM nodes ORDER BY node_id", *NAMES).out
    assert SHOWN in labels
    assert r"two\nkept 999" in labels
    assert PERSIAN in labels
    cited = run("cite", hostile, "transfer:1", *NAMES).out
    assert SHOWN in cited
    assert r"\x1b[2J\u202e" in run("check", hostile, "--all-rows").out


@pytest.mark.parametrize("words", [("check", "--all-rows"), ("sql", "SELECT label FROM nodes"), ("cite", "transfer:1")])
def test_json_is_json_with_the_same_values_and_shows_nothing_that_acts(run: Run, hostile: Path, words: tuple[str, ...]) -> None:
    shown = run(words[0], hostile, *words[1:], "--json", *(() if words[0] == "check" else NAMES))
    found = json.loads(shown.out)
    hidden = {sign for sign in shown.out if not sign.isprintable() and sign != "\n"} - {"\u200c"}
    assert not hidden
    if words[0] == "sql":
        assert {ACTS, LINES, PERSIAN} <= {row["label"] for row in found["rows"]}


def test_a_cited_row_of_several_lines_keeps_them_behind_its_mark(run: Run, hostile: Path) -> None:
    cited = run("cite", hostile, "transfer:2", *NAMES).out
    assert '  | "12345670","two\n  | kept 999","Jova Made"' in cited


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_every_command_prints_by_the_one_road(path: Path) -> None:
    """No bare echo, and no line end inside a line: it would be shown as an escape."""
    if path.name == "show.py":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        assert called not in ("print", "click.secho", "sys.stdout.write", "sys.stderr.write"), f"line {node.lineno}"
        assert called != "click.echo" or "hide_in_json" in ast.unparse(node), f"line {node.lineno}: use trails.cli.show.echo"
        if called == "echo":
            texts = [each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            own = [text for text in texts if "\n" in text and text not in ("\r\n", "\n")]
            assert not own, f"line {node.lineno}: give each line to echo by itself: {own}"
