"""Every sentence of every kind, with real values: no braces, no holes, no false certainty, as many things as are counted."""

from __future__ import annotations

import ast
import html
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import trails
from tests.links.small_case import SmallCase
from tests.test_findings import run, story
from tests.wordings import WORDED, find_faults, list_texts
from trails import code_findings, finding, findings
from trails.case import Case
from trails.pipeline import link_case
from trails.tables import FINDINGS, INFERENCES, TABLES
from trails.views import write_report

PACKAGE = Path(trails.__file__).parent
USDT = 1_000_000


def two_roles() -> SmallCase:
    """One owner of two wallets who is declared organiser at the one and driver at the other, and pays from a lookalike."""
    case = SmallCase()
    boss, wallet, other = case.node("kaka", "hawala"), case.node("TAAAAbcdefghijkmnBBBB"), case.node("TAAAAzyxwvutsrqpnBBBB")
    case.event("identifier", node=boss, other=wallet)
    case.declare(boss, "organiser")
    case.declare(wallet, "driver")
    victim = case.node("Tvictim")
    case.move(victim, wallet, 500 * USDT, at=1)
    case.move(other, victim, 1, at=2)
    return case


def offices() -> SmallCase:
    """Two offices that settle after payouts, one code paid out before it was paid in, and one debt in two books."""
    case = SmallCase()
    here, there = case.node("party:a:office a", "hawala"), case.node("party:a:office b", "hawala")
    payer, payee = case.node("party:a:payer", "hawala"), case.node("party:a:payee", "hawala")
    for number, at in ((1, 10), (2, 40)):
        code = case.node(f"code:a:90{number}1", "hawala", "junction")
        case.event("held_by", node=code, other=there, at=at)
        case.move(payer, code, 250_000, kind="deposit", asset="EUR", at=at)
        case.move(code, payee, 250_000, kind="payout", asset="EUR", at=at + 9)
    early = case.node("code:a:5555", "hawala", "junction")
    case.move(early, payee, 90_000, kind="payout", asset="EUR", at=5)
    case.move(payer, early, 90_000, kind="deposit", asset="EUR", at=60)
    for digits, at in (("1234567", 20), ("1234561", 21)):
        code = case.node(f"code:a:{digits}", "hawala", "junction")
        case.move(payer, code, 70_000, kind="deposit" if at == 20 else "payout", asset="EUR", at=at)
    case.move(here, there, 500_000, kind="settlement", asset="EUR", at=24 * 7)
    return case


@pytest.fixture(scope="module")
def linked(demo: Path, analysed: Case, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Case]]:
    """Copies of the demo and of a simulated case, to be linked again."""
    folder = tmp_path_factory.mktemp("linked")
    analysed.con.execute("CHECKPOINT")
    copies = [shutil.copytree(demo, folder / "demo"), shutil.copytree(analysed.folder, folder / "analysed")]
    opened = [Case.open(Path(copy)) for copy in copies]
    yield opened
    for case in opened:
        case.close()


@pytest.fixture(scope="module")
def made(linked: list[Case]) -> tuple[set[tuple[str, int]], list[pd.DataFrame]]:
    """The places in the code that made a finding, and the findings of the small cases."""
    places: set[tuple[str, int]] = set()

    def record(*values: object, **said: object) -> finding.Finding:
        frame = sys._getframe(1)
        places.add((Path(frame.f_code.co_filename).name, frame.f_lineno))
        return finding.Finding(*values, **said)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(findings, "Finding", record)
        patch.setattr(code_findings, "Finding", record)
        for case in linked:
            link_case(case)
        frames = [run(each.tables())["findings"] for each in (story(), two_roles(), offices())]
    return places, frames


def test_every_place_that_makes_a_finding_was_seen(made: tuple[set[tuple[str, int]], list[pd.DataFrame]]) -> None:
    there = {
        (f"{module}.py", node.lineno)
        for module in ("findings", "code_findings")
        for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding"
    }
    assert len(there) >= len(FINDINGS)
    assert there == made[0]


def test_every_kind_is_rendered_without_a_fault(
    linked: list[Case], made: tuple[set[tuple[str, int]], list[pd.DataFrame]]
) -> None:
    kinds: set[str] = set()
    faults = []
    for frame in made[1]:
        kinds |= set(frame["kind"])
        for row in frame.itertuples():
            for text in (row.wording, row.innocent_reading, row.missing_test, *_conditions(str(row.conditions))):
                faults += [f"{row.kind!s}: {fault}: {text!s}" for fault in find_faults(str(text), None)]
    for case in linked:
        kinds |= {kind for (kind,) in case.con.execute("SELECT DISTINCT kind FROM findings").fetchall()}
        faults += [f"{where}: {fault}: {text}" for where, text, chance in list_texts(case) for fault in find_faults(text, chance)]
    assert not faults, "\n".join(faults[:20])
    assert kinds == set(FINDINGS)


def _conditions(text: str) -> list[str]:
    import json

    return [f"{each['condition']}: {each['observed']}, asked {each['threshold']}" for each in json.loads(text)]


def test_every_table_with_sentences_is_read() -> None:
    worded = {name for name in INFERENCES if any(column.name == "wording" for column in TABLES[name].columns)}
    assert worded == set(WORDED)


def test_the_report_says_nothing_faulty(linked: list[Case]) -> None:
    for case in linked:
        write_report(case, case.folder / "out")
        page = (case.folder / "out" / "report.html").read_text(encoding="utf-8")
        plain = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
        plain = re.sub(r"</?(?:code|strong|span|em|a|b)\b[^>]*>", "", plain)
        lines = [" ".join(html.unescape(line).split()) for line in re.sub(r"<[^>]+>", "\n", plain).split("\n")]
        faults = [f"{fault}: {line}" for line in lines for fault in find_faults(line, None)]
        assert not faults, "\n".join(faults[:20])


@pytest.mark.parametrize(
    ("text", "probability", "fault"),
    [
        ("{rivals} rivals", None, "a brace"), ("probability 1.00, 3 rivals", 0.999, "certainty that nobody has"),
        ("0 rival(s), no rival", None, "a plural in brackets"), ("0 rivals, no rival", None, "a thing and its absence"),
        ("1 payments", None, "one of many"), ("12 payment from", None, "many of one"), ("1,200 row", None, "many of one"),
        ("worth nan", None, "a value that is not there"), ("held by None", None, "a value that is not there"),
        ("paid by , at noon", None, "an empty place"),
    ],
)  # fmt: skip
def test_the_check_finds_each_fault(text: str, probability: float | None, fault: str) -> None:
    assert fault in find_faults(text, probability)


@pytest.mark.parametrize("text", ["1 payment, 2 payments, 1.5 hours", "probability over 0.99", "1 rival (1.0 bits to the best)"])
def test_the_check_lets_pass_what_is_right(text: str) -> None:
    assert find_faults(text, 0.995) == []


def test_no_text_with_a_place_to_fill_is_left_unfilled() -> None:
    """A text with {name} in it is an f-string, or a template that is filled: a missing f printed ``{rivals}``."""
    loose = []
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        filled = {id(part) for part in _list_filled(tree)}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in filled:
                continue
            if re.search(r"\{(?!key\}|task\.)[a-z_][a-z_.\[\]']*(?::[^{}]*)?\}", node.value):
                loose.append(f"{path.relative_to(PACKAGE)}:{node.lineno}: {node.value[:60]}")
    assert not loose, "\n".join(loose)


def test_no_text_leaves_it_to_the_reader_whether_there_was_one_or_more() -> None:
    """ "1 row(s)" is a number that nobody looked at, in whatever text, of a connector too."""
    loose = [
        f"{path.relative_to(PACKAGE.parent)}:{number}: {line.strip()[:80]}"
        for path in sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.html"), *(PACKAGE.parent / "connectors").rglob("*.py")])
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(r"[a-z]\((?:s|es|ies)\)[ :;,.\"']", line) and not re.search(r"_\w+\(s\)", line)
    ]
    assert not loose, "\n".join(loose)


def _list_filled(tree: ast.AST) -> Iterator[ast.AST]:
    """Parts of f-strings, what ``.format`` is called on, and what stands under a constant's name or in a docstring."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield from node.values
        elif isinstance(node, ast.Attribute) and node.attr in ("format", "replace"):
            yield from ast.walk(node.value)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(each, ast.Name) and each.id.lstrip("_").isupper() for each in targets) and node.value is not None:
                yield from ast.walk(node.value)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
