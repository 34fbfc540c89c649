"""Every command of trails on one case, as an investigator would run them, with all that they print and write."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from click.testing import CliRunner
from plotly.offline import get_plotlyjs

from tests.made_pictures import png
from tests.people.persons import Person
from trails.case import Case
from trails.cli import cli

#: Kinds of things that can be cited, asked for a few each.
CITED = (
    "transfer", "event", "tag", "price", "issue", "node", "match", "claim", "link", "role", "entity", "code", "debt", "netting",
    "proceeds", "finding",
)  # fmt: skip
TABLES = ("nodes", "transfers", "events", "tags", "issues", "roles", "findings", "claims", "matches", "judgements", "sources")


class Console:
    """Runs commands in this process and keeps what each printed, by the command's name."""

    def __init__(self) -> None:
        self.printed: list[tuple[str, str]] = []
        self.used: set[str] = set()

    def run(self, *words: object, allowed: tuple[int, ...] = (0,)) -> str:
        """Run a command; what it printed on both streams. Fails on an exit code that is not allowed."""
        texts = [str(word) for word in words]
        result = CliRunner().invoke(cli, texts, catch_exceptions=True)
        error = "" if result.exception is None or isinstance(result.exception, SystemExit) else str(result.exception)
        code = getattr(result.exception, "exit_code", 1) if error else result.exit_code
        assert code in allowed, f"trails {' '.join(texts)}: {code}: {error}{result.output[-2000:]}"
        self.used.add(texts[0])
        self.printed.append((" ".join(texts), f"{result.output}\n{error}"))
        return result.output


def run_everything(
    simulation: Path, folder: Path, payers: list[Person], *, whole: bool = True
) -> tuple[Console, list[tuple[str, str]]]:
    """Run every command on the evidence of a simulation; the console, and the texts of the log and of all files written.

    An analyst looks for the first of the ``payers`` whom the case knows by name. Without ``whole`` the folder is added and
    analysed, its views are written once, at the end, the commands that make a case file by file are left out, with those
    that say the same of every case, and fewer things are asked.
    """
    console, case = Console(), folder / "case"
    if whole:
        console.run("run", simulation / "evidence", "-o", case, allowed=(0, 4))
    else:
        console.run("new", case)
        console.run("add", case, simulation / "evidence", allowed=(0, 4))
        console.run("analyse", case)
    payer = _find_written_name(case, payers)
    if whole:
        _make_a_case_step_by_step(console, simulation, folder / "second")
    _ask(console, case, payer, whole=whole)
    _judge(console, case, payer)
    console.run("analyse", case)
    console.run("plot", case, "--table")
    console.run("report", case)
    if whole:
        console.run("evaluate", case, "--truth", simulation)
    console.run("evaluate", case, "--truth", simulation, "--json")
    return console, [*_list_files(case), *(_list_files(folder / "second") if whole else ())]


def _find_written_name(case: Path, payers: list[Person]) -> str:
    """How the first payer who is a node of the case is written there."""
    known = {name for payer in payers for name in payer.names}
    with Case.open(case, read_only=True) as opened:
        labels = opened.con.execute("SELECT label FROM nodes WHERE rail = 'hawala' ORDER BY node_id").fetchall()
    return next(str(label) for (label,) in labels if label in known)


def _make_a_case_step_by_step(console: Console, simulation: Path, second: Path) -> None:
    console.run("new", second)
    files = sorted(path for path in (simulation / "evidence").iterdir() if not path.name.endswith(".toml"))[::3]
    for path in files:
        console.run("add", second, path, allowed=(0, 2, 4))
    console.run("rates", second)
    picture = second.with_name("page.png")
    picture.write_bytes(png())
    console.run("transcribe", second, picture, "--template", "-o", second.with_name("sheet.csv"), "--lines", "1")
    console.run("transcribe", second, "page.png", "--json")
    for step in ("cluster", "match", "link", "plot", "report"):
        console.run(step, second)
    console.run("settings", second, "--set", "max_hops=3", "--why", "a test of the walk")
    console.run("report", second, allowed=(8,))
    console.run("connectors")
    console.run("simulate", "--list")
    console.run("exercise", second.with_name("exercise"), "--seed", "3")
    shutil.rmtree(second.with_name("exercise"))
    console.run("fetch", second, "--source", "bitcoin-rpc", "--url", "http://127.0.0.1:9", "nobody", "--yes", allowed=(1, 2, 4, 6))


def _ask(console: Console, case: Path, payer: str, *, whole: bool) -> None:
    """Every question; not ``whole``: each once, as text or as JSON, which say the same."""
    console.run("check", case, "--all-rows")
    console.run("settings", case)
    for number, kind in ((number, kind) for kind in CITED for number in ((1, 7) if whole else (3,))):
        console.run("cite", case, f"{kind}:{number}", allowed=(0, 2))
    with Case.open(case, read_only=True) as opened:
        chosen = _choose(opened, few=not whole)
    for what in chosen["cite"]:
        console.run("cite", case, what)
    for table in TABLES:
        console.run("sql", case, f"SELECT * FROM {table}", "--limit", "100000", "--json")
    for code in chosen["code"]:
        console.run("code", case, code)
    if whole:
        console.run("check", case, "--json", "--all-rows")
        for table in TABLES:
            console.run("sql", case, f"SELECT * FROM {table}", "--limit", "100000")
        for code in chosen["code"]:
            console.run("code", case, code, "--json")
    for a, b in chosen["why"]:
        console.run("why", case, a, b)
    for claim in chosen["claim"]:
        console.run("strike", case, claim)
    for txid in chosen["screen"]:
        console.run("screen", case, txid)
    for number in chosen["match"]:
        console.run("match", case, "--explain", number, "-o", case / "out", allowed=(0, 2))  # one in parts has no picture
    console.run("why", case, payer, f"{payer} and family", allowed=(0, 2))


def _choose(case: Case, *, few: bool) -> dict[str, list]:  # type: ignore[type-arg]
    """What to ask about, of each kind; ``few``: one code, claim, transaction and match, but as much of people as ever."""

    def column(sql: str, most: int) -> list:  # type: ignore[type-arg]
        return [row[0] for row in case.con.execute(sql).fetchmany(most)]

    protected = "SELECT node_id FROM entities JOIN roles USING (entity_id) WHERE protected"
    pairs = case.con.execute(
        "SELECT 'node:' || min(node_id), 'node:' || max(node_id) FROM entities GROUP BY entity_id HAVING count(*) > 1 ORDER BY 1"
    ).fetchmany(3 if few else 8)
    return {
        "cite": [
            *column(f"SELECT 'transfer:' || transfer_id FROM transfer_rows WHERE src IN ({protected}) ORDER BY 1", 3),
            *column(f"SELECT 'event:' || event_id FROM events WHERE node_id IN ({protected}) ORDER BY 1", 3),
            *column(f"SELECT 'node:' || node_id FROM nodes WHERE node_id IN ({protected}) ORDER BY 1", 3),
            *column("SELECT 'role:' || role_id FROM roles ORDER BY 1", 3),
            *(row[0] for row in case.con.execute(
                "SELECT 'finding:' || min(finding_id) FROM findings GROUP BY kind ORDER BY 1").fetchall()),
        ],
        "code": column(
            "SELECT DISTINCT replace(key, 'code:', '') FROM codes JOIN nodes USING (node_id) ORDER BY 1", 1 if few else 4
        ),
        "why": pairs,
        "claim": column("SELECT 'claim:' || claim_id FROM claims WHERE state = 'accepted' ORDER BY 1", 1 if few else 4),
        "screen": column("SELECT key FROM nodes WHERE rail = 'bitcoin' AND kind = 'junction' ORDER BY 1", 1 if few else 3),
        "match": column("SELECT match_id FROM matches ORDER BY 1", 1 if few else 2),
    }  # fmt: skip


def _judge(console: Console, case: Path, payer: str) -> None:
    console.run("judge", case, "--hints")
    console.run("judge", case, "--json", "--hints")
    console.run("declare", case, f"{payer}x", "--role", "driver", "--why", "somebody like that", allowed=(0, 2))
    console.run("declare", case, payer, "--role", "third_party", "--why", "the client of the office", allowed=(0, 2))
    with Case.open(case, read_only=True) as opened:
        claims = opened.con.execute(
            "SELECT claim_id FROM claims WHERE state = 'held' ORDER BY claim_id LIMIT 3"
        ).fetchall()
        roles = opened.con.execute(
            "SELECT role_id FROM roles WHERE basis = 'inferred' AND NOT protected AND role <> 'service' ORDER BY role_id LIMIT 1"
        ).fetchall()
    for (number,), verdict in zip(claims, ("accept", "reject", "unsure"), strict=False):
        console.run("judge", case, f"claim:{number}", verdict, "--why", f"asked {payer} about it")
    for (number,) in roles:
        # accepting one would show a name, and it may be an innocent's
        console.run("judge", case, f"role:{number}", "unsure", "--why", "seen at the wheel once")


def _list_files(case: Path) -> Iterator[tuple[str, str]]:
    """The log, and every file under out/; without the library of 4 MB that every picture carries."""
    library = str(get_plotlyjs())
    for path in [case / "log.jsonl", *sorted((case / "out").rglob("*"))]:
        if path.is_file():
            yield f"{path.parent.name}/{path.name}", path.read_text(encoding="utf-8", errors="replace").replace(library, "")
