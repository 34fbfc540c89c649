"""What an analyst declares: with a reason, in the log in full, never against another declaration without a word."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from base58_bech32 import base58
from click.testing import CliRunner, Result

from tests.connectors.test_tronscan import HEADER, line
from trails.case import Case
from trails.cli import cli
from trails.errors import TrailsError, UsageError
from trails.fresh import find_stale
from trails.naming import read_names
from trails.pseudonyms import read_pseudonym
from trails.targets import find_in_force, read_judgements

ALDER = "tron:TXUg7FY2xmLDoqEs2LHAftgzCEbM17yx5b"
#: Another wallet of the same entity, joined by a claim.
SAME = "bitcoin:bc1qh5pkfzf3yvvrghs44rqm4yw3qwzwdwuqv86psk"


@pytest.fixture
def folder(demo: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo, tmp_path / "case"))


def run(*words: object, code: int = 0, said: str | None = None) -> Result:
    done = CliRunner().invoke(cli, [str(word) for word in words], input=said)
    got = done.exception.exit_code if isinstance(done.exception, TrailsError) else done.exit_code
    assert got == code, (words, done.output, done.exception)
    return done


def read_roles(folder: Path) -> set[tuple[str, str]]:
    with Case.open(folder, read_only=True) as case:
        return set(case.con.execute(
            "SELECT role, basis FROM roles JOIN entities USING (entity_id) JOIN nodes USING (node_id) WHERE rail || ':' || key = ?",
            [ALDER],
        ).fetchall())  # fmt: skip


@pytest.mark.parametrize("node", [ALDER, SAME], ids=["the same node", "another node of the same entity"])
def test_a_role_against_another_of_the_same_entity_is_refused_with_both_shown(folder: Path, node: str) -> None:
    done = run("declare", folder, node, "--role", "driver", "--why", "seen at the wheel", code=2)
    said = str(done.exception)
    assert "is declared organiser by demo analyst (judgement 1:" in said
    assert "--also" in said
    assert "--instead if driver replaces" in said
    with Case.open(folder, read_only=True) as case:
        assert case.con.execute("SELECT count(*) FROM judgements").fetchone() == (9,)


def test_the_reason_of_the_other_declaration_names_no_payer(folder: Path) -> None:
    with Case.open(folder, read_only=True) as case:
        row = case.con.execute(
            "SELECT n.label FROM nodes n JOIN entities USING (node_id) JOIN roles USING (entity_id) WHERE role = 'payer' "
            "AND length(n.label) > 6 ORDER BY n.node_id"
        ).fetchone()
    assert row
    run("declare", folder, ALDER, "--role", "organiser", "--why", f"{row[0]} says so")
    said = str(run("declare", folder, ALDER, "--role", "driver", "--why", "x", code=2).exception)
    assert "says so" in said
    assert row[0] not in said


def test_also_keeps_both_and_a_finding_says_so(folder: Path) -> None:
    run("declare", folder, ALDER, "--role", "driver", "--why", "drives too", "--also")
    shown = run("analyse", folder).output
    assert "is declared driver and organiser at once" in shown or "is declared organiser and driver at once" in shown
    assert read_roles(folder) == {("organiser", "declared"), ("driver", "declared")}
    with Case.open(folder, read_only=True) as case:
        rows = case.con.execute("SELECT wording FROM findings WHERE kind = 'role_conflict'").fetchall()
    assert len(rows) == 1
    run("report", folder)
    report = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert '<section class="finding role_conflict">' in report


def test_instead_replaces(folder: Path) -> None:
    run("declare", folder, ALDER, "--role", "driver", "--why", "a mix-up", "--instead")
    run("analyse", folder)
    assert ("organiser", "declared") not in read_roles(folder)
    assert ("driver", "declared") in read_roles(folder)


def test_none_takes_a_declaration_back(folder: Path) -> None:
    run("declare", folder, ALDER, "--role", "none", "--why", "a mix-up")
    run("analyse", folder)
    assert not {role for role, basis in read_roles(folder) if basis == "declared"}


def test_the_reason_is_asked_for(folder: Path) -> None:
    with Case.open(folder) as case, pytest.raises(UsageError, match="needs its reason"):
        from trails.judgements import declare_role

        declare_role(case, ALDER, "organiser", why=" ")
    assert "why" in str(run("declare", folder, ALDER, "--role", "organiser", code=2).exception or "").lower()


@pytest.mark.parametrize(("role", "protected"), [("recruiter", False), ("victim", True), ("minor", True), ("third_party", True)])
def test_the_further_roles_are_taken_and_three_are_protected(folder: Path, role: str, *, protected: bool) -> None:
    run("declare", folder, "node:51", "--role", role, "--why", "x")
    run("analyse", folder)
    with Case.open(folder, read_only=True) as case:
        rows = case.con.execute(
            "SELECT role, protected FROM roles JOIN entities USING (entity_id) WHERE node_id = 51 AND basis = 'declared'"
        ).fetchall()
        links = case.con.execute("SELECT count(*) FROM hops JOIN transfers USING (transfer_id) WHERE 51 IN (src, dst)").fetchone()
    assert rows == [(role, protected)]
    assert links is not None
    assert (links[0] == 0) or not protected


def test_who_what_and_when_stand_in_the_log_in_full(folder: Path) -> None:
    run("declare", folder, "node:143", "--role", "driver", "--why", "message 77", "--who", "Insp. Made Up")
    line = json.loads((folder / "log.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert line["command"] == "declare"
    text = json.dumps(line)
    for part in ("Insp. Made Up", "message 77", "driver", "bc1q4wvapnva45p2em66ev4g4exwk5z9knnugw87u2"):
        assert part in text, part
    assert any(key in line for key in ("at", "time", "when")), line


def test_whoever_pays_a_declared_organiser_at_once_is_a_payer_and_no_wallet_of_his(tmp_path: Path) -> None:
    """Fifteen families get money from a relative and pass it on: until he is declared he looks like an exchange."""
    organiser, *others = (base58.b58encode_check(b"\x41" + bytes([number]) * 20).decode() for number in range(1, 32))
    families, relatives = others[:15], others[15:]
    lines = [
        line(tx=f"{number * 2 + step:064x}", time=f"2024-08-{number + 1:02} {10 + step}:00:00", src=src, dst=dst, amount="1500")
        for number, (family, relative) in enumerate(zip(families, relatives, strict=True))
        for step, (src, dst) in enumerate(((relative, family), (family, organiser)))
    ]
    path = tmp_path / "transfers.csv"
    path.write_text("\n".join((HEADER, *lines)), encoding="utf-8")
    run("new", tmp_path / "case")
    run("add", tmp_path / "case", path)
    run("analyse", tmp_path / "case")
    assert roles_by_key(tmp_path / "case", [organiser]) == {organiser: ("service", 16)}
    run("declare", tmp_path / "case", organiser, "--role", "organiser", "--why", "named in the chat")
    with Case.open(tmp_path / "case", read_only=True) as case:
        assert find_stale(case)[0][0] == "cluster", "whose wallets are whose is to be asked again"
    run("analyse", tmp_path / "case")
    found = roles_by_key(tmp_path / "case", [organiser, *families])
    assert found == {organiser: ("organiser", 1), **dict.fromkeys(families, ("payer", 1))}


def roles_by_key(folder: Path, keys: list[str]) -> dict[str, tuple[str, int]]:
    """The role of each address, and how many nodes its entity has."""
    with Case.open(folder, read_only=True) as case:
        rows = case.con.execute(
            "SELECT key, role, (SELECT count(*) FROM entities m WHERE m.entity_id = e.entity_id) FROM nodes "
            "JOIN entities e USING (node_id) LEFT JOIN roles USING (entity_id) WHERE key IN (SELECT unnest(?))",
            [keys],
        ).fetchall()
    return {key: (role, count) for key, role, count in rows}


def test_a_file_with_a_declaration_that_cannot_be_recorded_ends_with_2_and_keeps_the_others(folder: Path, tmp_path: Path) -> None:
    said = "".join(
        f'[[declare]]\nnode = "{node}"\nrole = "office"\nwhy = "seen"\n' for node in ("tron:nobody", "hawala:party:nowhere:nobody")
    )
    file = tmp_path / "declarations.toml"
    file.write_text(said, encoding="utf-8")
    done = run("declare", folder, "--file", file, code=2)
    assert str(done.exception).startswith("2 of 2 declarations in ")
    assert done.output.count("not declared office: no node of this case is written so") == 2
    with Case.open(folder, read_only=True) as case:
        free = case.con.execute(
            "SELECT rail || ':' || key FROM nodes WHERE rail = 'tron' AND node_id NOT IN (SELECT node_id FROM entities JOIN roles "
            "USING (entity_id)) AND kind = 'account' ORDER BY node_id LIMIT 1"
        ).fetchall()[0][0]
    file.write_text(said.replace("hawala:party:nowhere:nobody", free), encoding="utf-8")
    done = run("declare", folder, "--file", file, code=2)
    assert str(done.exception).startswith("1 of 2 declarations in ")
    assert f"declared {free} office" in done.output
    with Case.open(folder, read_only=True) as case:
        assert case.con.execute("SELECT count(*) FROM judgements").fetchone() == (10,)


def read_payer(folder: Path) -> tuple[int, str]:
    """A payer of the demo who is one node, and how trails prints them."""
    with Case.open(folder, read_only=True) as case:
        names = read_names(case)
    alone = [node for node, shown in sorted(names.shown.items()) if node in names.protected and shown.startswith("Payer-")
             and list(names.shown.values()).count(shown) == 1]  # fmt: skip
    return alone[0], names.shown[alone[0]]


def test_a_pseudonym_is_taken_wherever_a_node_is(folder: Path) -> None:
    node, shown = read_payer(folder)
    assert run("cite", folder, shown).output == run("cite", folder, f"node:{node}").output
    assert run("cite", folder, shown.lower().replace("payer", "party")).output == run("cite", folder, f"node:{node}").output
    assert "nothing to join" in str(run("why", folder, shown, f"node:{node}", code=2).exception)
    said = run("declare", folder, shown, "--role", "third_party", "--why", "the client of the office", "--also").output
    assert f"node:{node} is declared third party" in said
    assert "files in out/ were written before and may name this person" in said


def test_whoever_uncovers_a_payer_is_told(folder: Path) -> None:
    _, shown = read_payer(folder)
    with Case.open(folder, read_only=True) as case:
        key = str(case.con.execute("SELECT key FROM nodes WHERE node_id = ?", [read_payer(folder)[0]]).fetchall()[0][0])
    said = run("declare", folder, shown, "--role", "driver", "--why", "seen at the wheel").output
    assert "whoever this is was protected; after the next analysis the name stands in pictures and reports" in said
    # who is behind a pseudonym is not to be learnt by declaring something of it: not here, and not from the log
    for text in (said, (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()[-1]):
        assert key not in text
        assert f"node:{read_payer(folder)[0]}" in text
    assert "was protected" not in run("declare", folder, ALDER, "--role", "organiser", "--why", "again").output


def test_a_reason_that_names_whom_it_protects_is_logged_with_the_pseudonym(folder: Path) -> None:
    driver = "TWzHhguuVzxGFRHzkTwSwBVEo9ZfkGc5Yk"
    run("declare", folder, f"tron:{driver}", "--role", "victim", "--instead", "--why", f"{driver} begged them")
    logged = json.loads((folder / "log.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert logged["why"].endswith(" begged them")
    assert driver not in json.dumps(logged)


def test_an_address_is_cited_as_its_node(folder: Path) -> None:
    with Case.open(folder, read_only=True) as case:
        (number,) = case.con.execute("SELECT node_id FROM nodes WHERE rail || ':' || key = ?", [ALDER]).fetchall()[0]
    assert run("cite", folder, ALDER).output == run("cite", folder, f"node:{number}").output
    assert "no node of this case is written so" in str(run("cite", folder, "tron:Tnobody", code=2).exception)


def test_a_pseudonym_of_nobody_here_or_of_several_nodes_is_said(folder: Path) -> None:
    nobody = str(run("cite", folder, "Payer-AAAAAAA-BBBBBBB", code=2).exception)
    assert nobody == "nobody in this case is called Payer-AAAAAAA-BBBBBBB: another case calls the same person otherwise"
    run("cluster", folder)
    stale = str(run("cite", folder, "Payer-AAAAAAA-BBBBBBB", code=2).exception)
    assert stale.endswith(f"as long as results are stale: run `trails analyse {folder}` first")
    run("analyse", folder)
    assert "no node of this case is written so" in str(run("why", folder, "Payer-AAAAAAA-BBBBBBB", ALDER, code=2).exception)
    with Case.open(folder, read_only=True) as case:
        shown = read_names(case).shown
    twice = {name: [node for node, other in shown.items() if other == name] for name in shown.values() if read_pseudonym(name)}
    name, nodes = next((name, nodes) for name, nodes in sorted(twice.items()) if len(nodes) > 1)
    problem = run("cite", folder, name, code=2).exception
    assert isinstance(problem, UsageError)
    lines = problem.lines()
    assert lines[0].endswith(f"{len(nodes)} nodes of one person are called so; choose one by its number:")
    assert [line.split()[0] for line in lines[1 : 1 + len(nodes)]] == [f"node:{node}" for node in nodes]


def read_judgements_of(folder: Path) -> list[tuple[object, ...]]:
    with Case.open(folder, read_only=True) as case:
        return case.con.execute(
            "SELECT judgement_id, split_part(target, ':', 1), verdict, supersedes FROM judgements WHERE judgement_id > 9 ORDER BY 1"
        ).fetchall()


def read_in_force(folder: Path) -> list[str]:
    """The roles that judgements in force give the node, ``none`` where one takes them back."""
    with Case.open(folder, read_only=True) as case:
        found = find_in_force(read_judgements(case.read_frame("SELECT * FROM judgements")), "node")
    return [each.value for each in found if each.target.nodes == (ALDER,)]


def test_none_takes_a_further_role_back_too(folder: Path) -> None:
    run("declare", folder, ALDER, "--role", "driver", "--why", "drives too", "--also")
    done = run("declare", folder, ALDER, "--role", "none", "--why", "a mistake")
    assert "Judgements 11, 12: node:45 is no longer declared driver and organiser. Next: " in done.output
    assert read_judgements_of(folder) == [
        (10, "node+driver", "role=driver", None), (11, "node", "role=none", 1), (12, "node+driver", "role=none", 10),
    ]  # fmt: skip
    assert read_in_force(folder) == ["none", "none"]
    assert "at once" not in run("analyse", folder).output
    assert not {role for role, basis in read_roles(folder) if basis == "declared"}
    said = str(run("declare", folder, ALDER, "--role", "none", "--why", "again", code=2).exception)
    assert said == "nothing is declared of node:45, so nothing is taken back"
    run("declare", folder, ALDER, "--role", "driver", "--why", "drives after all")
    assert [value for value in read_in_force(folder) if value != "none"] == ["driver"]


def test_instead_replaces_all_that_is_declared_of_the_node(folder: Path) -> None:
    run("declare", folder, ALDER, "--role", "driver", "--why", "drives too", "--also")
    done = run("declare", folder, ALDER, "--role", "office", "--why", "a mix-up", "--instead")
    assert f"Judgements 11, 12: {ALDER} is declared office, and no longer driver and organiser. Next: " in done.output
    assert read_in_force(folder) == ["office", "none"]


def test_what_other_nodes_of_the_entity_stay_declared_is_said(folder: Path) -> None:
    done = run("declare", folder, SAME, "--role", "driver", "--why", "x", "--also")
    assert "is declared driver. Next: " in done.output
    done = run("declare", folder, SAME, "--role", "none", "--why", "x")
    assert "is no longer declared driver; of the same entity is declared: node:45 organiser (judgement 1). Next: " in done.output
    said = str(run("declare", folder, SAME, "--role", "none", "--why", "again", code=2).exception)
    assert "so nothing is taken back; of the same entity is declared: node:45 organiser (judgement 1)" in said


def test_a_role_that_an_earlier_version_took_back_is_no_longer_held(folder: Path) -> None:
    """It wrote ``none`` beside the further role, which went on being in force."""
    run("declare", folder, ALDER, "--role", "driver", "--why", "drives too", "--also")
    with Case.open(folder) as case, case.change("declare", {}) as change:
        case.con.execute(
            "INSERT INTO judgements VALUES (11, ?, 'role=none', 'x', '2026-01-01', 'a mistake', 1)", [f"node:{ALDER}"]
        )
        change.touch("judgements")
    assert read_in_force(folder) == ["none"]
