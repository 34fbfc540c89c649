"""Whoever is protected is protected from the moment that anything says so, and stays so while steps are made anew."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from trails.case import Case
from trails.cli import cli
from trails.naming import read_names, read_names_in

#: A driver of the demo's story with a name and a phone, and a wallet that nobody has declared.
DRIVER, PHONE, WALLET = "hawala:party:amber-jade:miki", "38765000417", "tron:TFLZiFoxp6s4QX2KAG1NwKUMx6Cd87wGNd"
RIVER = Path(__file__).parent.parent / "examples" / "river_case"


@pytest.fixture
def folder(demo: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo, tmp_path / "case"))


def run(*words: object) -> str:
    done = CliRunner().invoke(cli, [str(word) for word in words])
    assert done.exit_code == 0, (words, done.output, done.exception)
    return done.output


def ask_everything(folder: Path) -> str:
    """What every question about nodes, claims and roles answers, with nodes by number."""
    with Case.open(folder, read_only=True) as case:
        nodes = [number for (number,) in case.con.execute("SELECT node_id FROM nodes ORDER BY node_id").fetchall()]
    tables = ("nodes", "transfers", "events", "claims", "matches", "codes")
    answers = [run("sql", folder, f"SELECT * FROM {table}", "--limit", "5000", "--json") for table in tables]
    answers += [run("cite", folder, f"node:{number}", "--json") for number in nodes[::12]]
    return "\n".join([*answers, run("judge", folder, "--hints"), run("judge", folder), run("check", folder, "--all-rows")])


@pytest.mark.parametrize("step", ["cluster", "match"])
def test_payers_stay_protected_while_a_step_is_made_anew(folder: Path, step: str) -> None:
    with Case.open(folder, read_only=True) as case:
        names = read_names(case, case.read_frame("SELECT * FROM nodes ORDER BY node_id"))
        rows = case.con.execute("SELECT node_id, key, rail FROM nodes ORDER BY node_id").fetchall()
    protected = {key for node, key, rail in rows if node in names.protected and rail not in ("hawala", "chat")}
    assert len(protected) >= 3, "wallets, accounts"
    run("cluster", folder)
    if step == "match":
        run("match", folder)
    with Case.open(folder, read_only=True) as case:
        again = read_names(case, case.read_frame("SELECT * FROM nodes ORDER BY node_id"))
    assert again.protected >= names.protected
    said = ask_everything(folder)
    assert [key for key in sorted(protected) if key in said] == []
    assert all(names.shown[node] == again.shown[node] for node in names.protected), "by the same pseudonym"


def test_a_declared_victim_is_a_pseudonym_from_that_moment(folder: Path) -> None:
    run("declare", folder, DRIVER, "--role", "victim", "--instead", "--why", "says the social worker")
    said = ask_everything(folder)
    assert "miki" not in said.casefold()
    assert PHONE not in said


def test_a_declared_minor_is_a_pseudonym_before_anything_is_analysed(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    run("new", folder)
    run("add", folder, RIVER / "usdt_tron.json")
    assert WALLET.partition(":")[2] in run("sql", folder, "SELECT key FROM nodes", "--limit", "5000")
    run("declare", folder, WALLET, "--role", "minor", "--why", "16")
    assert WALLET.partition(":")[2] not in ask_everything(folder)


def test_whoever_was_declared_to_lead_is_no_early_payer(tmp_path: Path) -> None:
    folder = tmp_path / "case"
    run("new", folder)
    run("add", folder, RIVER / "usdt_tron.json")
    with Case.open(folder, read_only=True) as case:
        ((payer, payee),) = case.con.execute(
            "SELECT s.key, d.key FROM transfer_rows t JOIN nodes s ON s.node_id = t.src JOIN nodes d ON d.node_id = t.dst "
            "WHERE t.kind <> 'fee' ORDER BY t.transfer_id LIMIT 1"
        ).fetchall()
    run("declare", folder, f"tron:{payee}", "--role", "organiser", "--why", "chat")
    keys = json.loads(run("sql", folder, "SELECT key FROM nodes", "--limit", "5000", "--json"))
    assert payer not in json.dumps(keys)
    run("declare", folder, f"tron:{payer}", "--role", "dispatcher", "--why", "chat")
    assert payer in run("sql", folder, "SELECT key FROM nodes", "--limit", "5000", "--json")


@pytest.mark.parametrize("analysed", [True, False])
def test_the_names_in_a_text_clean_it_as_all_names_do(folder: Path, *, analysed: bool) -> None:
    if not analysed:
        run("cluster", folder)
    with Case.open(folder, read_only=True) as case:
        whole = read_names(case)
        rows = case.con.execute("SELECT key, label FROM nodes ORDER BY node_id").fetchall()
        hashes = [text for (text,) in case.con.execute("SELECT hash FROM transactions").fetchall()]
        said = {text for row in rows for text in row if text} | {key.rpartition(":")[2] for key, _ in rows} | set(hashes)
        said |= {f"({term.swapcase()}) 2024_{term}.csv" for term in whole.replaced._stands_for}
        said |= {" ".join(ch for ch in term if ch.isdigit()) for term in whole.replaced._stands_for if term.startswith("+")}
        cleaned = 0
        for text in sorted(said)[::8]:
            wanted = whole.clean_text(text)
            assert read_names_in(case, ["nothing", text]).clean_text(text) == wanted
            cleaned += wanted != text
    assert cleaned > 10


@pytest.mark.parametrize("written", ["TFLZiFoxp6s4QX2KAG1NxKUMx6Cd87wGNd", "TFLZiFoxp6\u2026wGNd"], ids=["mistyped", "cut short"])
def test_a_protected_address_is_hidden_where_it_is_mistyped_or_cut_short(folder: Path, tmp_path: Path, written: str) -> None:
    message = {"id": 900, "type": "message", "date_unixtime": "1723300000", "from": "Gagi", "from_id": "user1", "text": written}
    chat = {"name": "Two", "type": "personal_chat", "id": 77, "messages": [message]}
    (tmp_path / "result.json").write_text(json.dumps(chat), encoding="utf-8")
    run("add", folder, tmp_path / "result.json")
    asked = [("check", folder, "--all-rows"), ("sql", folder, "SELECT * FROM events", "--limit", "5000"),
             ("sql", folder, "SELECT * FROM issues", "--json", "--limit", "5000")]  # fmt: skip
    assert all(written in run(*words) for words in asked), "nobody is protected yet"
    run("declare", folder, WALLET, "--role", "victim", "--why", "she said so")
    for words in asked:
        said = run(*words)
        assert written not in said, words
        assert "(nearly)" in said
