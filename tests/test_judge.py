"""What a person's verdict changes: on a claim, and on an inferred role, in tables, report and pictures."""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from pathlib import Path

import pytest
from click.testing import CliRunner

from trails.case import Case
from trails.cli import cli
from trails.errors import UsageError
from trails.judgements import judge_inferences
from trails.links.signs import LUCK

#: The driver of the demo's story whom nobody declared.
ADDRESS, ROLE = "TFLZiFoxp6s4QX2KAG1NwKUMx6Cd87wGNd", "role:26"
PICTURES = ("network.html", "network.svg", "network.csv", "timeline.html", "timeline.svg")


@pytest.fixture
def folder(demo: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo, tmp_path / "case"))


def run(*words: object, code: int = 0) -> str:
    done = CliRunner().invoke(cli, [str(word) for word in words])
    assert done.exit_code == code, (words, done.output, done.exception)
    return done.output


def write_anew(folder: Path) -> None:
    """Analyse again, draw and write."""
    run("analyse", folder)
    run("plot", folder, "--table")
    run("report", folder)


def judge(folder: Path, what: str, verdict: str) -> None:
    """Judge, and write everything anew."""
    run("judge", folder, what, verdict, "--why", "interview of 3 May")
    write_anew(folder)


def read_out(folder: Path, name: str) -> str:
    return (folder / "out" / name).read_text(encoding="utf-8")


def read_main_part(folder: Path) -> str:
    """The report without its annex, from which the addresses behind pseudonyms are asked about."""
    text = read_out(folder, "report.html")
    begin, end = text.find('<h2 id="annex">'), text.find('<h2 id="limits">')
    return text[:begin] + text[end:] if begin >= 0 else text


def read_roles(folder: Path) -> list[tuple[str, str]]:
    """What the entity of the address is held to be, and on what basis."""
    with Case.open(folder, read_only=True) as case:
        return case.con.execute(
            "SELECT role, basis FROM roles JOIN entities USING (entity_id) JOIN nodes USING (node_id) WHERE key = ?", [ADDRESS]
        ).fetchall()


def pseudonym(folder: Path) -> str:
    doc = json.loads(read_out(folder, "report.json"))
    return next(str(row["entity"]) for row in doc["results"]["annex"] if row["address"] == ADDRESS)


def count_dashed(folder: Path) -> int:
    """Shapes of the network with a dashed outline, in the still picture; lines of inferred payments are no shapes."""
    return sum("stroke-dasharray" in part.partition(">")[0] for part in read_out(folder, "network.svg").split("<path")[1:])


def test_until_somebody_confirms_an_inferred_role_has_a_pseudonym_and_says_inferred(folder: Path) -> None:
    for name in PICTURES:
        assert ADDRESS not in read_out(folder, name), name
    assert ADDRESS not in read_main_part(folder)
    assert read_out(folder, "report.html").count(ADDRESS) == 1
    called = pseudonym(folder)
    assert called in read_main_part(folder)
    assert re.search(r">inferred · [\d.]+k in", read_out(folder, "network.svg")), "under the name"
    assert "payments to the inferred driver" in read_out(folder, "report.html")
    assert "nobody has confirmed this role" in read_out(folder, "network.html")


def test_a_confirmed_role_is_named_and_drawn_solid(folder: Path) -> None:
    called, dashed = pseudonym(folder), count_dashed(folder)
    judge(folder, ROLE, "accept")
    assert read_roles(folder) == [("driver", "confirmed")]
    assert ADDRESS in read_main_part(folder)
    assert ADDRESS in read_out(folder, "network.csv")
    for name in (*PICTURES, "report.html"):
        assert called not in read_out(folder, name), name
    assert count_dashed(folder) < dashed
    assert "nobody has confirmed this role" not in read_out(folder, "network.html")


def test_a_rejected_role_is_not_inferred_again_and_leaves_the_links(folder: Path) -> None:
    judge(folder, ROLE, "reject")
    assert read_roles(folder) == []
    with Case.open(folder, read_only=True) as case:
        assert case.con.execute("SELECT count(*) FROM links").fetchone() == (3,)
    run("cluster", folder)
    run("analyse", folder)
    assert read_roles(folder) == []


def test_an_unsure_verdict_confirms_nothing(folder: Path) -> None:
    judge(folder, ROLE, "unsure")
    assert read_roles(folder) == [("driver", "inferred")]
    assert ADDRESS not in read_main_part(folder)
    for name in PICTURES:
        assert ADDRESS not in read_out(folder, name), name


def test_the_last_verdict_counts_and_all_are_kept(folder: Path) -> None:
    run("judge", folder, ROLE, "accept", "--why", "interview of 3 May")
    judge(folder, ROLE, "reject")
    assert read_roles(folder) == []
    with Case.open(folder, read_only=True) as case:
        kept = case.con.execute("SELECT verdict FROM judgements WHERE target LIKE 'role:%' ORDER BY judgement_id").fetchall()
    assert kept == [("accept",), ("reject",)]


def test_whoever_judges_is_told_what_was_judged(folder: Path) -> None:
    said = run("judge", folder, ROLE, "accept", "--why", "interview of 3 May")
    assert "are consistent with the role driver" in said
    assert pseudonym(folder) in said, "confirmed, but not yet analysed"
    (told,) = json.loads(run("judge", folder, "link:2", "unsure", "--why", "x", "--json"))["about"]
    assert told.startswith("Link 2 is an inference. 4 payments to the inferred driver (Party-")
    assert told in run("cite", folder, "link:2")


def test_a_rejected_link_is_no_finding_and_says_so_wherever_it_is_told(folder: Path) -> None:
    judge(folder, "link:1", "reject")
    assert "Verdict of an analyst when this was made: reject." in run("cite", folder, "link:1")
    with Case.open(folder, read_only=True) as case:
        links = case.con.execute("SELECT link_id, judged FROM links ORDER BY 1").fetchall()
        told = case.con.execute("SELECT subject FROM findings WHERE kind = 'link' ORDER BY 1").fetchall()
    assert links == [(1, "reject"), (2, None), (3, None), (4, None)]
    assert told == [("link:2",), ("link:3",), ("link:4",)]
    judge(folder, "link:1", "accept")
    assert "Verdict of an analyst when this was made: accept." in run("cite", folder, "finding:1")


def test_signs_that_are_not_met_come_first_and_each_says_what_was_seen_and_asked_for(demo: Path) -> None:
    rows = read_rows(demo, "SELECT wording, conditions, chance FROM roles WHERE basis = 'inferred' AND role = 'driver'")
    assert rows
    for wording, conditions, chance in rows:
        unmet, _, met = str(wording).partition(" Met: ")
        assert " signs met). Not met: " in unmet
        luck = f"4 payments after a proof of delivery; luck alone would give {chance}, twice that was asked for"
        seen = [*(each.strip() for each in unmet.partition("Not met: ")[2].rstrip(".").split("; "))]
        assert "; ".join(seen) == luck
        asked = json.loads(str(conditions))
        assert [each["condition"] for each in asked if not each["met"]] == [LUCK]
        assert "4 of 4 payments came after a proof (at least half)" in met
        for each in asked:
            if each["condition"] != LUCK and "share" not in each["condition"]:
                bound = "at most" if "at most" in each["condition"] else "at least"
                assert re.search(rf"\b{each['observed']:g} [^;]*\({bound} {each['threshold']}\)", met), (each, met)
    shown = run("judge", demo)
    assert "luck alone would give 2.4, twice that was asked for" in shown
    assert shown.index("Not met: 4 payments after a proof") < shown.index(" Met: ")


def test_a_declaration_is_a_judgement_with_its_reason(demo: Path) -> None:
    with Case.open(demo, read_only=True) as case:
        found = dict(case.con.execute("SELECT basis, min(role_id) FROM roles GROUP BY basis").fetchall())
    said = run("cite", demo, f"role:{found['declared']}")
    assert "is a judgement of an analyst." in said
    assert " The reason given: " in said
    assert "is an inference." in run("cite", demo, f"role:{found['inferred']}")
    assert "is what a published list says." in run("cite", demo, f"role:{found['tag']}")


@pytest.mark.parametrize("verdict", ["accept", "reject", "unsure"])
def test_every_claim_of_the_demo_can_be_judged_and_the_report_is_written(folder: Path, verdict: str) -> None:
    with Case.open(folder, read_only=True) as case:
        claims = [number for (number,) in case.con.execute("SELECT claim_id FROM claim_rows ORDER BY 1").fetchall()]
    run("judge", folder, f"claim:{claims[0]}", verdict, "--why", "seen")
    with Case.open(folder) as case:
        for number in claims[1:]:
            judge_inferences(case, "claim", [number], verdict, why="seen")
    for command in ("analyse", "report", "check"):
        run(command, folder)


@pytest.mark.parametrize("verdict", ["accept", "unsure"])
def test_a_judged_claim_about_people_of_a_chat_names_none_of_them(folder: Path, verdict: str) -> None:
    """The report prints judgements in force; what they name is a person of a chat, who has no role here."""
    with Case.open(folder, read_only=True) as case:
        rows = case.con.execute(
            "SELECT c.claim_id, a.key, b.key, a.label, b.label FROM claims c JOIN nodes a ON a.node_id = c.node_a "
            "JOIN nodes b ON b.node_id = c.node_b WHERE a.rail = 'chat' OR b.rail = 'chat' ORDER BY 1"
        ).fetchall()
    assert rows
    for number, *_ in rows:
        run("judge", folder, f"claim:{number}", verdict, "--why", "seen")
    write_anew(folder)
    with Case.open(folder, read_only=True) as case:
        silent = case.con.execute(
            "SELECT key FROM nodes WHERE rail = 'chat' AND node_id NOT IN (SELECT node_id FROM entities JOIN roles "
            "USING (entity_id) WHERE NOT protected AND basis IN ('declared', 'confirmed', 'tag'))"
        ).fetchall()
    assert silent
    for name in (*PICTURES, "report.html", "report.json"):
        text = read_out(folder, name)
        assert not [key for (key,) in silent if key in text], name


def test_the_supposed_change_of_a_payer_is_listed_and_cited_by_number(demo: Path) -> None:
    """Beside the payer's pseudonym its address would say whose it may be."""
    with Case.open(demo, read_only=True) as case:
        claims = case.con.execute(
            "SELECT c.claim_id, o.node_id, o.key FROM claims c JOIN nodes o ON o.node_id IN (c.node_a, c.node_b) JOIN entities e "
            "ON e.node_id IN (c.node_a, c.node_b) AND e.node_id <> o.node_id JOIN roles r ON r.entity_id = e.entity_id "
            "WHERE c.state = 'held' AND r.protected AND o.rail = 'bitcoin' AND o.node_id NOT IN (SELECT node_id FROM entities "
            "JOIN roles USING (entity_id))"
        ).fetchall()
    assert claims
    for number, node, address in claims:
        for said in (run("judge", demo, "--hints"), run("judge", demo, "--hints", "--json"), run("cite", demo, f"claim:{number}")):
            assert f"node {node}" in said
            assert address not in said


PAYER = "Family Quince"
JUDGED = {
    "judge": ("claim:1", "accept", "--why", "seen"),
    "strike": ("claim:1", "--reject", "--why", "seen"),
    "declare": (f"tron:{ADDRESS}", "--role", "driver", "--why", "seen"),
    "code": ("4718", "--use", "secret_release", "--why", "seen"),
    "cite": ("node:1", "--names", "--why", "asked by the court"),
    "sql": ("SELECT 1", "--names", "--why", "asked by the court"),
}


@pytest.mark.parametrize("command", JUDGED)
def test_an_analyst_called_like_a_payer_is_refused_before_anything_is_recorded(folder: Path, command: str) -> None:
    before = (folder / "log.jsonl").read_bytes()
    for who in (PAYER, "+387 65 000 318", "cousin of family  QUINCE"):
        done = CliRunner().invoke(cli, [command, str(folder), *JUDGED[command], "--who", who])
        assert isinstance(done.exception, UsageError), (done.output, done.exception)
        said = done.output + str(done.exception)
        assert "badge number" in said
        assert "quince" not in said.casefold()
        assert "318" not in said
    assert (folder / "log.jsonl").read_bytes() == before


def test_an_analyst_in_a_file_who_is_called_like_a_payer_is_refused(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "declarations.toml"
    path.write_text(f'who = "{PAYER}"\n[[declare]]\nnode = "tron:{ADDRESS}"\nrole = "driver"\nwhy = "seen"\n', encoding="utf-8")
    before = (folder / "log.jsonl").read_bytes()
    done = CliRunner().invoke(cli, ["declare", str(folder), "--file", str(path)])
    assert "badge number" in done.output
    assert "quince" not in done.output.casefold()
    assert (folder / "log.jsonl").read_bytes() == before


def test_nobody_is_protected_by_a_judgement_of_the_same_name(folder: Path) -> None:
    """Whom the judgement itself makes protected is known only when it stands: it is taken back whole."""
    before = (folder / "log.jsonl").read_bytes()
    said = ["declare", str(folder), "node:165", "--role", "victim", "--also", "--why", "seen", "--who", "Miki kombi"]
    assert isinstance(CliRunner().invoke(cli, said).exception, UsageError)
    assert (folder / "log.jsonl").read_bytes() == before
    with Case.open(folder, read_only=True) as case:
        assert case.con.execute("SELECT count(*) FROM judgements").fetchone() == (9,)


def test_an_analyst_who_is_protected_later_stands_in_the_log_and_in_no_file(folder: Path) -> None:
    later = "Miki kombi"
    run("judge", folder, ROLE, "accept", "--why", "seen", "--who", later)
    run("declare", folder, f"tron:{ADDRESS}", "--role", "driver", "--why", "seen", "--who", later)
    run("declare", folder, "node:165", "--role", "victim", "--also", "--why", "statement of 3 May", "--who", "badge 71")
    write_anew(folder)  # no file is refused
    for name in (*PICTURES, "report.html", "report.json"):
        assert later.casefold() not in read_out(folder, name).casefold(), name
    said = run("declare", folder, f"tron:{ADDRESS}", "--role", "office", "--why", "x", code=1)
    assert later not in said
    asked = CliRunner().invoke(cli, ["declare", str(folder), f"tron:{ADDRESS}", "--role", "office", "--why", "x"])
    assert "is declared driver by" in str(asked.exception)
    assert later not in str(asked.exception)
    logged = [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [entry["analyst"] for entry in logged if "analyst" in entry][-3:] == [later, later, "badge 71"]


def test_a_folder_to_write_to_that_is_called_after_a_payer_is_not_called_so(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / f"{PAYER} out"
    said = [run("report", folder, "-o", out), run("plot", folder, "-o", out), run("match", folder, "--explain", "1", "-o", out)]
    assert {"report.html", "network.svg", "match-1.svg"} <= {path.name for path in out.iterdir()}
    for text in (*said, (folder / "log.jsonl").read_text(encoding="utf-8")):
        assert "quince" not in text.casefold()
    assert all("Payer-" in text for text in said)


def read_rows(folder: Path, sql: str) -> list[tuple[object, ...]]:
    with Case.open(folder, read_only=True) as case:
        return case.con.execute(sql).fetchall()


def test_a_rejected_match_holds_nowhere_and_says_so_wherever_it_is_told(folder: Path) -> None:
    for number in range(1, 13):
        run("judge", folder, f"match:{number}", "reject", "--why", "another payment")
    shown = run("match", folder) + run("link", folder)
    assert "12 matches (0 link, 0 possible, 0 ambiguous, 12 rejected)" in shown
    assert "matches not crossed, because a person rejected them: 5, 6, 7, 8, 9, 10, 11, 12" in shown
    assert "may be luck" not in shown
    assert not read_rows(folder, "SELECT * FROM findings WHERE kind IN ('match', 'netting')")
    told = read_rows(folder, "SELECT state, wording, evidence FROM nettings WHERE settlement = 5")
    assert [state for state, *_ in told] == ["apart"]
    assert str(told[0][1]).endswith("A person rejected that transfer 151 carried it (judgement 10).")
    assert "transfer:151" not in str(told[0][2])
    lead = "Rejected by a person (judgement {}): not read as the same money. By the records alone: "
    assert f"match: {lead.format(14)}Payout transfer 40" in run("code", folder, "4718")
    assert f"Match 1 is an inference. {lead.format(10)}" in run("cite", folder, "match:1")
    assert run("match", folder, "--explain", 5).startswith(lead.format(14))
    assert "rejected by a person; by the records alone link" in read_out(folder, "match-5.svg")


def test_the_pictures_draw_no_rejected_match(folder: Path) -> None:
    before = read_out(folder, "timeline.svg").count("<title>")
    run("judge", folder, "match:5", "reject", "--why", "another payment")
    for command in ("match", "link", "plot"):
        run(command, folder)
    assert read_out(folder, "timeline.svg").count("<title>") == before - 1


def test_accepted_and_unsure_matches_have_the_consequence_that_the_docs_say(folder: Path) -> None:
    run("judge", folder, "match:2", "accept", "--why", "the depositor says so")
    run("judge", folder, "match:3", "unsure", "--why", "the page is torn")
    run("judge", folder, "match:6", "unsure", "--why", "the page is torn")
    shown = run("match", folder) + run("link", folder)
    assert "12 matches (8 link, 0 possible, 1 ambiguous, 1 accepted, 2 unsure)" in shown
    assert "matches not crossed, because a person is unsure of them: 6" in shown
    found = read_rows(folder, "SELECT subject, conditions FROM findings WHERE kind = 'match'")
    verdicts = {
        str(subject): [(each["observed"], each["met"]) for each in json.loads(str(conditions)) if "verdict" in each["condition"]]
        for subject, conditions in found
    }
    assert verdicts["match:2"] == [("accept", True)], "ambiguous, and a finding because a person accepted it"
    assert verdicts["match:3"] == [("unsure", False)]
    assert verdicts["match:5"] == []
    ((state, wording),) = read_rows(folder, "SELECT state, wording FROM nettings WHERE settlement = 30")
    assert state == "apart"
    assert str(wording).endswith("A person is unsure whether transfer 102 carried it (judgement 11).")
    run("judge", folder, "match:3", "accept", "--why", "the page was found")
    run("match", folder)
    assert read_rows(folder, "SELECT state FROM nettings WHERE settlement = 30") == [("cleared",)]


def test_the_report_cites_what_was_judged_as_findings_do(folder: Path) -> None:
    for what in ("claim:1", "match:1", "link:1", ROLE):
        run("judge", folder, what, "accept", "--why", "x")
    run("code", folder, "4718", "--state", "lost", "--why", "x")
    write_anew(folder)
    doc = json.loads(read_out(folder, "report.json"))["results"]
    targets = [str(row["target"]) for row in doc["judgements"]]
    assert targets[0] == "node:45 (TXUg7FY2xmLDoqEs2LHAftgzCEbM17yx5b)"
    assert [target.partition(" ")[0] for target in targets[9:]] == ["claim:1", "match:1", "link:1", ROLE, "code:11"]
    assert targets[10] == "match:1 (transfer:5 and transfer:151)"
    assert targets[10].partition(" ")[0] in {row["subject"] for row in doc["findings"]}


def test_a_rejected_claim_is_counted_apart_and_a_rejected_hint_is_no_held_claim(folder: Path) -> None:
    ((hint,),) = read_rows(folder, "SELECT min(claim_id) FROM claims WHERE strength = 'hint'")
    run("judge", folder, f"claim:{hint}", "reject", "--why", "x")
    assert "10 claims (0 held), " in run("cluster", folder)
    run("judge", folder, "claim:1", "reject", "--why", "x")
    assert "10 claims (0 held, 1 rejected), " in run("cluster", folder)


#: What the search of finished files does not see: nearly a name, or a name in escapes.
NEARLY = (
    "Quince Family", "Quince, Family", "FamilyQuince", "Family%20Quince", "F%61mily Quince", "quince_family.csv",
    "Family&nbsp;Quince",
    "F\u00e1m\u00edly Quince", "family quinces", "family_quince2", "Fam\u00adily Quince", "\uff26amily \uff31uince",
)  # fmt: skip


def test_a_reason_that_nearly_names_a_payer_stands_nowhere_with_the_name(folder: Path) -> None:
    run("judge", folder, "claim:1", "accept", "--why", "; or also ".join(NEARLY))
    write_anew(folder)
    for name in ("log.jsonl", "out/report.html", "out/report.json"):
        text = (folder / name).read_text(encoding="utf-8")
        assert "quince" not in unicodedata.normalize("NFKC", text).casefold(), name
        assert text.count("Payer-") >= len(NEARLY)
    assert "quince" not in run("sql", folder, "SELECT * FROM judgements").casefold()


@pytest.mark.parametrize("who", NEARLY)
def test_an_analyst_called_nearly_like_a_payer_is_refused(folder: Path, who: str) -> None:
    done = CliRunner().invoke(cli, ["judge", str(folder), "claim:1", "accept", "--why", "seen", "--who", who])
    assert isinstance(done.exception, UsageError)


def test_whoever_judges_is_told_what_held_until_now_and_what_holds_from_now(folder: Path) -> None:
    said = run("judge", folder, "claim:1", "reject", "--why", "PayJoin", "--who", "ann")
    assert "  until now: nobody had judged it; the results say: Claim 1 is an inference. " in said
    assert "  from now: rejected: it joins nobody (judgement 10), once `trails analyse` has run\n" in said
    said = run("judge", folder, "claim:1", "accept", "--why", "on second thoughts", "--who", "ben")
    heeded = "  until now: rejected by ann (judgement 10), which the results do not heed yet; the results, which are stale, say: "
    assert heeded in said
    assert "  from now: accepted: it joins its two nodes (judgement 11), once" in said
    run("cluster", folder)
    told = json.loads(run("judge", folder, "claim:1", "unsure", "--why", "x", "--json"))
    assert told["until_now"] == ["accepted by ben (judgement 11)"]
    assert told["from_now"] == "held: it joins nobody until it is decided"
    assert told["stale"] is False


def test_an_inferred_role_of_somebody_declared_otherwise_is_not_confirmed(folder: Path) -> None:
    run("declare", folder, f"tron:{ADDRESS}", "--role", "victim", "--why", "statement of 3 May")
    done = CliRunner().invoke(cli, ["judge", str(folder), ROLE, "accept", "--why", "x"])
    assert f"{ROLE} cannot be confirmed: node:51 is declared victim (judgement 10)" in str(done.exception)
    run("declare", folder, "node:51", "--role", "none", "--why", "somebody else")
    assert "from now: confirmed by a person (judgement 12)" in run("judge", folder, ROLE, "accept", "--why", "x")
    waiting = run("judge", folder)
    assert "accepted by root (judgement 12), which the results do not heed yet" in re.sub(r"by \S+ \(", "by root (", waiting)
    assert "nobody has decided" not in waiting


def test_who_rejects_a_role_that_protects_is_told_so(folder: Path) -> None:
    ((number,),) = read_rows(folder, "SELECT min(role_id) FROM roles WHERE role = 'payer'")
    assert "whoever this is was protected" in run("judge", folder, f"role:{number}", "reject", "--why", "a trader")
    assert "was protected" not in run("judge", folder, ROLE, "reject", "--why", "another man")


@pytest.mark.parametrize(("what", "said"), [
    ("role:1", "role:1 is published by a tag of source 2, and no inference: what you hold node:1 to be goes before a tag"),
    ("role:7", "role:7 is a judgement itself, number 6: declare otherwise with `trails declare`; inferred roles can be judged"),
    ("code:1", "code:1: a code itself cannot be judged; what it is for and what became of it can: `trails code "),
    ("finding:3", "finding:3: a finding cannot be judged; it is about link:3"),
    ("finding:999", "no finding of this case is 'finding:999'"),
    ("netting:1", "the match of its settlement can"), ("node:5", "say what you hold it to be: `trails declare "),
    ("transfer:1", "a fact is what a source says, and is not judged"), ("claim:999", "no claim of this case is 'claim:999'"),
])  # fmt: skip
def test_of_what_cannot_be_judged_it_is_said_what_it_is_and_what_can(demo: Path, what: str, said: str) -> None:
    done = CliRunner().invoke(cli, ["judge", str(demo), what, "accept", "--why", "x"])
    assert said in str(done.exception)


def test_a_faulty_value_of_a_setting_is_said_before_a_reason_is_asked_for(demo: Path) -> None:
    wrong, right = (
        str(CliRunner().invoke(cli, ["settings", str(demo), "--set", f"fee_max={value}"]).exception) for value in ("abc", "0.1")
    )  # fmt: skip
    assert wrong == "fee_max must be a number from 0 to 0.5; 'abc' is not"
    assert right == "a change of the settings needs its reason; say it with --why"
