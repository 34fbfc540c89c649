"""``trails fetch`` as a person meets it: said before sent, never twice, resumable, and no key anywhere."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.lookups import server as srv
from tests.lookups.conftest import Fetch, StillClock, log_lines, logged_faults, logged_requests, query
from tests.lookups.server import FaultServer, Seen, serve
from tests.lookups.standins import (
    USDT_ETHEREUM,
    EthNode,
    TronGrid,
    every_service,
    evm_address,
    transfer_log,
    trc20_rows,
    tron_address,
)
from trails.case import Case
from trails.cli import cli
from trails.errors import SourceError
from trails.log import verify_chain

OWNER = tron_address("driver")
#: Seconds after which a process is taken to hang.
HANGS = 600
SECRET = "s3cr3t-0123456789abcdef-KEY"  # noqa: S105 - made up; sought in all that is written


@pytest.fixture
def grid() -> TronGrid:
    return TronGrid(OWNER, trc20_rows(OWNER, 90), size=20)


def ask(service: FaultServer, *words: str) -> tuple[str, ...]:
    return ("--source", "trongrid", "--url", service.url, OWNER, *words)


def test_before_anything_is_sent_it_is_shown_and_logged(fetch: Fetch, folder: Path, grid: TronGrid) -> None:
    lines_at_first_request: list[dict[str, Any]] = []

    def look(seen: Seen) -> Any:
        lines_at_first_request.extend(log_lines(folder, "plan") if not lines_at_first_request else [])
        return grid(seen)

    with serve(look) as service:
        shown = fetch(*ask(service))
    host = service.url.removeprefix("http://")
    assert f"To be sent to {host} (TronGrid)" in shown.output
    assert f"GET {service.url}/v1/accounts/{OWNER}/transactions/trc20?limit=200" in shown.output
    plan = lines_at_first_request[0]
    assert plan["host"] == host
    assert plan["asked"][0]["subject"] == OWNER
    assert plan["asked"][0]["first_request"] in shown.output


def test_the_log_names_every_request_and_the_answers_have_the_hashes_it_states(
    fetch: Fetch, folder: Path, grid: TronGrid
) -> None:
    with serve(grid, srv.with_status(503, {"Retry-After": "0"})) as service:
        fetch(*ask(service))
    logged = logged_requests(folder)
    assert [request["url"] for request in logged] == list(
        dict.fromkeys(service.url + seen.target for seen in service.seen)
    )
    assert [fault["status"] for fault in logged_faults(folder)] == [503]
    assert [(request["status"], request["attempt"]) for request in logged] == [(200, 2), *[(200, 1)] * 4]
    kept = {path.name: path.read_bytes() for path in (folder / "lookups" / "answers").iterdir()}
    assert [request["sha256"] for request in logged] == list(kept) or {request["sha256"] for request in logged} == set(
        kept
    )
    assert all(hashlib.sha256(body).hexdigest() == name for name, body in kept.items())
    # the source is these answers, one after the other, byte for byte
    (sha256,) = query(folder, "SELECT sha256 FROM sources")[0]
    whole = b"".join(kept[request["sha256"]] + b"\n" for request in logged)
    assert (folder / "sources" / sha256).read_bytes() == whole


def test_without_a_terminal_nothing_is_sent_unless_yes_is_said(fetch: Fetch, folder: Path, grid: TronGrid) -> None:
    with serve(grid) as service:
        shown = fetch(*ask(service), yes=False, ok=False)
        assert service.count == 0
    assert "say --yes, or look with --dry-run. Nothing was sent" in str(shown.exception)
    assert not log_lines(folder, "plan")


@pytest.mark.parametrize(("said", "requests"), [("y\n", 5), ("n\n", 0), ("\n", 0)])
def test_on_a_terminal_a_person_is_asked(
    folder: Path, grid: TronGrid, monkeypatch: pytest.MonkeyPatch, said: str, requests: int
) -> None:
    monkeypatch.setattr("trails.cli.fetch._is_terminal", lambda: True)
    with serve(grid) as service:
        shown = CliRunner().invoke(cli, ["fetch", str(folder), *ask(service)], input=said)
        assert service.count == requests
    assert "Send it?" in shown.output
    assert (shown.exit_code == 0) == bool(requests)


def test_a_dry_run_sends_nothing_and_changes_nothing(fetch: Fetch, folder: Path) -> None:
    before = (folder / "log.jsonl").read_bytes()
    with serve(lambda _: {}) as service:
        shown = fetch(*ask(service), "--dry-run", yes=False)
        listed = json.loads(fetch(*ask(service), "--dry-run", "--json", yes=False).stdout)
        assert service.connections == 0
    assert "Dry run: nothing was sent." in shown.output
    assert listed[0]["first_request"] in shown.output
    assert listed[0]["sent"] is False
    assert (folder / "log.jsonl").read_bytes() == before
    assert not (folder / "lookups").exists()


def test_what_was_answered_is_not_asked_again(fetch: Fetch, folder: Path, grid: TronGrid) -> None:
    with serve(grid) as service:
        fetch(*ask(service))
        sent = service.count
        log = (folder / "log.jsonl").read_bytes()
        shown = fetch(*ask(service), yes=False)
        assert service.count == sent
    assert "source 1; nothing is sent (--refresh asks anew)" in shown.output
    assert (folder / "log.jsonl").read_bytes() == log


def test_refresh_asks_anew_and_what_is_known_is_a_further_citation(fetch: Fetch, folder: Path, grid: TronGrid) -> None:
    with serve(grid) as service:
        fetch(*ask(service))
        sent = service.count
        grid.rows = trc20_rows(OWNER, 95)
        shown = fetch(*ask(service), "--refresh")
        assert service.count == 2 * sent
    assert "read 95 = kept 5 + duplicate 90" in shown.output
    assert query(folder, "SELECT count(*) FROM transfers") == [(95,)]


def test_a_case_whose_facts_were_lost_is_made_again_from_what_was_kept(
    fetch: Fetch, folder: Path, grid: TronGrid
) -> None:
    with serve(grid) as service:
        fetch(*ask(service))
        state = next((folder / "lookups").glob("????????????????.json"))
        state.write_text(json.dumps({**json.loads(state.read_text()), "done": False}))
        sent = service.count
        shown = fetch(*ask(service))
        assert service.count == sent
    assert "0 requests sent, 5 answered from the case" in shown.output
    assert "already in the case as source 1" in shown.output


def test_a_look_up_that_failed_goes_on_where_it_stopped(fetch: Fetch, folder: Path, grid: TronGrid) -> None:
    broken = True

    def answer(seen: Seen) -> Any:
        return {"success": False, "error": "maintenance"} if broken and "f40" in seen.target else grid(seen)

    with serve(answer) as service:
        shown = fetch(*ask(service), ok=False)
        assert "it refuses: maintenance" in shown.output
        assert query(folder, "SELECT count(*) FROM sources") == [(0,)]
        broken = False
        shown = fetch(*ask(service))
    asked = [seen.query.get("fingerprint") for seen in service.seen]
    assert asked == [None, "f20", "f40", "f40", "f60", "f80"]
    assert "3 requests sent, 2 answered from the case" in shown.output
    assert query(folder, "SELECT count(*) FROM transfers") == [(90,)]
    assert [line["problem"] for line in log_lines(folder, "stopped")] == ["it refuses: maintenance"]


def test_a_refresh_that_failed_goes_on_without_asking_twice(fetch: Fetch, grid: TronGrid) -> None:
    broken = False

    def answer(seen: Seen) -> Any:
        return {"success": False, "error": "maintenance"} if broken and "f40" in seen.target else grid(seen)

    with serve(answer) as service:
        fetch(*ask(service))
        broken = True
        fetch(*ask(service), "--refresh", ok=False)
        broken = False
        sent = service.count
        fetch(*ask(service))
        assert service.count - sent == 3


def test_one_address_that_fails_does_not_stop_the_others(fetch: Fetch, folder: Path) -> None:
    first, second = tron_address("first"), tron_address("second")
    both = {first: TronGrid(first, trc20_rows(first, 3)), second: TronGrid(second, trc20_rows(second, 4))}

    def answer(seen: Seen) -> Any:
        return {"success": False, "error": "no such account"} if first in seen.path else both[second](seen)

    with serve(answer) as service:
        shown = fetch("--source", "trongrid", "--url", service.url, first, second, ok=False)
    assert "no such account" in shown.output
    assert str(shown.exception).startswith("1 look-up could not be finished")
    assert query(folder, "SELECT rows_kept FROM sources") == [(4,)]


def test_a_service_that_is_gone_is_not_asked_about_the_next_address(fetch: Fetch) -> None:
    with serve(lambda _: {}, *[srv.with_status(401)] * 5) as service:
        fetch("--source", "trongrid", "--url", service.url, tron_address("first"), tron_address("second"), ok=False)
        assert service.count == 1


def test_a_kept_answer_that_was_changed_by_hand_is_not_believed(fetch: Fetch, folder: Path, grid: TronGrid) -> None:
    broken = True

    def answer(seen: Seen) -> Any:
        return {"success": False, "error": "maintenance"} if broken and "f40" in seen.target else grid(seen)

    with serve(answer) as service:
        fetch(*ask(service), ok=False)
        broken = False
        kept = next((folder / "lookups" / "answers").iterdir())
        kept.chmod(0o600)
        kept.write_bytes(kept.read_bytes().replace(b"1", b"2", 1))
        shown = fetch(*ask(service), ok=False)
    assert "a kept answer was changed by hand" in str(shown.exception)


def forge_answer(folder: Path, url: str) -> tuple[str, str]:
    """An invented answer to a request, kept as an attacker would: its SHA-256, and the name of the request."""
    row = {**trc20_rows(OWNER, 1)[0], "value": "999000000", "transaction_id": "ab" * 32}
    body = json.dumps({"success": True, "data": [row], "meta": {}}).encode()
    sha256 = hashlib.sha256(body).hexdigest()
    (folder / "lookups" / "answers").mkdir(parents=True)
    (folder / "lookups" / "asked").mkdir()
    (folder / "lookups" / "answers" / sha256).write_bytes(body)
    request = {"method": "GET", "url": url, "body": None, "sha256": sha256, "at": "2026-11-01T00:00:00.000000+00:00"}
    note = {"at": request["at"], "lookup": "0" * 16, "method": "GET", "url": url}
    notes = [note, {"outcome": {"attempt": 1, "status": 200, "bytes": len(body), "sha256": sha256}}]
    (folder / "lookups" / "unlogged.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in notes))
    name = hashlib.sha256(f"GET\n{url}\n\n".encode()).hexdigest()
    (folder / "lookups" / "asked" / f"{name}.json").write_text(json.dumps(request))
    return sha256, name


def check(folder: Path) -> tuple[list[str], list[str]]:
    """What `trails check` says was changed, and what it notes."""
    said = json.loads(CliRunner().invoke(cli, ["check", str(folder), "--json"]).stdout)
    assert said["unchanged"] == (not said["problems"])
    return said["problems"], said["notes"]


def test_an_answer_that_no_log_line_vouches_for_is_never_evidence(fetch: Fetch, folder: Path, grid: TronGrid) -> None:
    with serve(grid) as service:
        first = json.loads(fetch(*ask(service), "--dry-run", "--json", yes=False).stdout)[0]
        sha256, name = forge_answer(folder, first["first_request"])
        shown = fetch(*ask(service))
        assert service.count == 5, "all of it was asked"
    assert "5 requests sent, 0 answered from the case" in shown.output
    assert "1 file in" in shown.stderr
    assert "that no log line vouches for: not used as an answer" in shown.stderr
    assert query(folder, "SELECT count(*), max(amount) FROM transfers") == [(90, 90 * 10**6)]
    (left,) = [line for line in log_lines(folder, "requests") if "left_by_a_stopped_run" in line]
    assert [request["sha256"] for request in left["requests"]] == [sha256]
    problems, notes = check(folder)
    assert problems == []
    assert notes == [
        f"lookups/ holds 2 files that no log line vouches for, and that no command uses: answers/{sha256}, asked/{name}.json"
    ]


def test_a_look_up_that_the_log_does_not_call_done_is_not_done(fetch: Fetch, folder: Path, grid: TronGrid) -> None:
    with serve(grid) as service:
        planned = json.loads(fetch(*ask(service), "--dry-run", "--json", yes=False).stdout)[0]
        del planned["method"], planned["first_request"], planned["body"], planned["sent"]
        text = json.dumps(planned, sort_keys=True, separators=(",", ":"))
        key = hashlib.sha256(text.encode()).hexdigest()[:16]
        (folder / "lookups").mkdir()
        (folder / "lookups" / f"{key}.json").write_text(json.dumps({"done": True, "sources": [5], "at": "2026-11-01"}))
        assert "that no log line vouches for" in check(folder)[1][0]
        fetch(*ask(service))
        assert service.count == 5
    assert check(folder) == ([], [])
    assert (folder / "lookups" / f"{key}.json").exists(), "this was its file"


def test_check_compares_the_files_of_look_ups_with_the_log(fetch: Fetch, folder: Path, grid: TronGrid) -> None:
    with serve(grid) as service:
        fetch(*ask(service))
        fetch(*ask(service), "--refresh")
    assert check(folder) == ([], [])
    lookups = folder / "lookups"
    state = next(lookups.glob("*.json"))
    whole = state.read_bytes()
    state.write_bytes(whole.replace(b"trc20", b"trc21"))
    assert check(folder) == ([f"lookups/{state.name}, how far a look-up is, was changed"], [])
    state.write_bytes(whole)
    answer = min((lookups / "answers").iterdir())
    answer.chmod(0o600)
    answer.write_bytes(answer.read_bytes() + b" ")
    assert check(folder)[0] == [f"the kept answer {answer.name[:12]}... of a look-up was changed"]
    shutil.rmtree(lookups)
    assert check(folder) == ([], [
        "of the files of look-ups that the log names, 5 answers and 1 look-up are there no more",
    ])  # fmt: skip


def test_answers_are_logged_in_ever_longer_parts(folder: Path) -> None:
    from trails.http import Request
    from trails.lookups.answers import Answers
    from trails.lookups.journal import Journal

    Answers(folder).make_folders()
    with Case.open(folder) as case:
        journal = Journal(case)
        for number in range(250):
            journal.note_sending(Request(f"https://x/{number}"), "0" * 16)
            journal.note_outcome({"sha256": f"{number:064x}"})
        journal.flush()
    sizes = [len(line["requests"]) for line in log_lines(folder, "requests")]
    assert (sizes[:99], sum(sizes)) == ([1] * 99, 250)
    assert max(sizes) <= 5


def test_the_result_as_json(fetch: Fetch, grid: TronGrid) -> None:
    with serve(grid) as service:
        shown = fetch(*ask(service), "--json")
        said = json.loads(shown.stdout)
        again = json.loads(fetch(*ask(service), "--json").stdout)
    (lookup,) = said["lookups"]
    assert (lookup["requests_sent"], lookup["rows"], lookup["problem"]) == (5, 90, None)
    assert lookup["sources"][0]["rows_kept"] == 90
    assert "To be sent to" in shown.stderr
    assert again == {"known_before": 1, "lookups": []}


def test_look_ups_are_readable_by_their_owner_only(fetch: Fetch, folder: Path, grid: TronGrid) -> None:
    before = os.umask(0o000)
    try:
        with serve(grid) as service:
            fetch(*ask(service))
    finally:
        os.umask(before)
    for path in folder.rglob("*"):
        assert not path.stat().st_mode & 0o077, path
    for kept in ("lookups/answers", "sources"):
        assert {path.stat().st_mode & 0o777 for path in (folder / kept).iterdir()} == {0o400}, kept


def test_the_deadline_of_a_look_up_ends_a_service_that_drips(fetch: Fetch, folder: Path, grid: TronGrid) -> None:
    with serve(grid) as service:
        service.faults += [srv.drip_body] * 9
        shown = fetch(*ask(service, "--deadline", "1"), ok=False)
    assert "the time for one look-up (1 s, --deadline) is over" in shown.output
    assert query(folder, "SELECT count(*) FROM sources") == [(0,)]


CLI = "import sys, trails.cli; sys.argv = ['trails', *sys.argv[1:]]; trails.cli.main()"
#: A process started in the background is told to ignore Ctrl-C, and so are its children.
HEED_CTRL_C = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HEED_CTRL_C + CLI, "fetch", str(folder), *words, "--yes"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_a_stopped_look_up_leaves_the_case_intact_and_goes_on(
    fetch: Fetch, folder: Path, grid: TronGrid, how: signal.Signals
) -> None:
    asked_for_the_fourth, process_is_gone = threading.Event(), threading.Event()

    def stuck_at_the_fourth(seen: Seen) -> Any:
        if "f60" in seen.target and not process_is_gone.is_set():
            asked_for_the_fourth.set()
            process_is_gone.wait(HANGS)
        return grid(seen)

    with serve(stuck_at_the_fourth) as service:
        with start(folder, *ask(service)) as process:
            assert asked_for_the_fourth.wait(HANGS)
            assert service.count == 4
            process.send_signal(how)
            _, error = process.communicate(timeout=HANGS)
        process_is_gone.set()
        if how is signal.SIGINT:
            assert process.returncode == 130
            said = error.splitlines()[-1]
            assert said == "trails: stopped; the answers that came are kept, and the same command (without --refresh) goes on"
        with Case.open(folder) as case:
            case.log_head()
            assert case.con.execute("SELECT count(*) FROM transfers").fetchone() == (0,)
        shown = fetch(*ask(service))
    assert "2 requests sent, 3 answered from the case" in shown.output
    assert query(folder, "SELECT count(*) FROM transfers") == [(90,)]
    requests = logged_requests(folder)
    unknown = [request for request in requests if "problem" in request]
    assert [request["url"].rpartition("fingerprint=")[2] for request in unknown] == ["f60"]
    assert "whether it was answered is not known" in unknown[0]["problem"]
    assert len(requests) == 6
    verify_chain((folder / "log.jsonl").read_text().splitlines())


MOMENTS = {
    "the answer is kept": ("trails.lookups.answers.Answers.keep", 3),
    "the answer's outcome is noted": ("trails.lookups.journal.Journal.note_outcome", 3),
    "the notes are logged": ("trails.lookups.journal.Journal.flush", 2),
    "the source is added": ("trails.lookups.run.add_source", 1),
    "the look-up is done": ("trails.lookups.answers.Answers.save_state", 2),
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_moment_nothing_is_lost_and_at_most_one_answer_is_asked_again(
    fetch: Fetch, folder: Path, grid: TronGrid, moment: str, when: str
) -> None:
    name, count = MOMENTS[moment]
    hook = (
        "import importlib, os, signal\n"
        f"owner, _, attribute = {name!r}.rpartition('.')\n"
        "try:\n    place = importlib.import_module(owner)\n"
        "except ModuleNotFoundError:\n"
        "    module, _, cls = owner.rpartition('.')\n    place = getattr(importlib.import_module(module), cls)\n"
        "real, calls = getattr(place, attribute), []\n"
        "def hooked(*a, **k):\n    calls.append(1)\n"
        f"    if len(calls) < {count}:\n        return real(*a, **k)\n"
        f"    if {when!r} == 'after':\n        real(*a, **k)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "setattr(place, attribute, hooked)\n"
    )
    with serve(grid) as service:
        command = [sys.executable, "-c", hook + CLI, "fetch", str(folder), *ask(service), "--yes"]
        killed = subprocess.run(command, capture_output=True, check=False, timeout=HANGS)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        fetch(*ask(service))
        assert service.count <= 6
    assert query(folder, "SELECT count(*) FROM transfers") == [(90,)]
    assert query(folder, "SELECT count(*) FROM sources") == [(1,)]
    logged = [request["url"] for request in logged_requests(folder)]
    assert set(logged) == {service.url + seen.target for seen in service.seen}
    assert len(logged) >= service.count
    with Case.open(folder) as case:
        case.log_head()


def everything_written(folder: Path) -> bytes:
    return b"".join(str(path).encode() + path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("source", list(every_service(SECRET)))
def test_a_key_is_sent_and_written_nowhere(
    fetch: Fetch, folder: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    environment, words, standin = every_service(SECRET)[source]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    in_path = source in ("esplora", "eth-rpc")

    def answer(seen: Seen) -> Any:
        if not in_path:
            return standin(seen)
        assert seen.path.startswith(f"/v3/{SECRET}")
        return standin(Seen(seen.method, seen.target.removeprefix(f"/v3/{SECRET}"), seen.headers, seen.body, seen.at))

    echo = srv.with_status(500, body=f"your key {SECRET} is fine, we are not".encode())
    with serve(answer, echo, srv.reset) as service:
        url = service.url + ("/v3/{key}" if in_path else "")
        runs = [fetch("--source", source, "--url", url, *words)]
        refused = srv.with_status(403, body=json.dumps({"error": f"key {SECRET}", "success": False}).encode())
        service.faults.append(refused)
        runs.append(fetch("--source", source, "--url", url, *words, "--refresh", ok=False))
        runs.append(fetch("--source", source, "--url", url, *words, "--dry-run", "--json", "--refresh"))
    sent = b"".join(json.dumps([seen.target, seen.headers]).encode() for seen in service.seen)
    assert (b"Basic bWU6" if source == "bitcoin-rpc" else SECRET.encode()) in sent
    written = everything_written(folder) + "".join(f"{r.output}{r.exception!r}" for r in runs).encode()
    assert SECRET.encode() not in written
    assert b"bWU6" not in written
    assert query(folder, "SELECT count(*) FROM sources") == [(1,)]
    assert "***" in runs[1].output or "status 403" in runs[1].output


def test_a_key_on_the_command_line_is_refused(fetch: Fetch) -> None:
    for url in (
        f"https://api.example/?apikey={SECRET}",
        f"https://me:{SECRET}@node.example",
        f"https://node.example/v3/{SECRET}",
    ):
        shown = fetch("--source", "trongrid", "--url", url, OWNER, ok=False)
        assert SECRET not in str(shown.exception) + shown.output


def test_the_requests_of_a_service_keep_the_pace_that_is_said(fetch: Fetch, grid: TronGrid, clock: StillClock) -> None:
    with serve(grid) as service:
        fetch(*ask(service, "--pace", "5"))
        assert service.count == 5
    assert clock.pauses == pytest.approx([1 / 5] * 4)


def test_answers_no_connector_can_read_are_kept_and_read_by_the_next_run(
    fetch: Fetch, folder: Path, grid: TronGrid, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise SourceError("a shape the connector does not know")

    with serve(grid) as service:
        with monkeypatch.context() as patched:
            patched.setattr("trails.lookups.run.add_source", refuse)
            shown = fetch(*ask(service), ok=False)
        assert "the answers are kept, but cannot be read: a shape the connector does not know" in shown.output
        sent = service.count
        fetch(*ask(service))
        assert service.count == sent
    assert query(folder, "SELECT count(*) FROM transfers") == [(90,)]


def test_a_long_look_up_becomes_several_sources(
    fetch: Fetch, folder: Path, grid: TronGrid, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trails.lookups.run._PART_BYTES", 10_000)
    with serve(grid) as service:
        fetch(*ask(service))
    names = query(folder, "SELECT name FROM sources ORDER BY source_id")
    assert names == [(f"trongrid-{OWNER}-trc20-p{n:03d}.jsonl",) for n in range(1, len(names) + 1)]
    assert len(names) > 1
    assert query(folder, "SELECT count(*), sum(amount) FROM transfers") == [(90, 90 * 91 // 2 * 10**6)]


def test_the_times_of_blocks_go_with_every_part(fetch: Fetch, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = evm_address("organiser")
    logs = [transfer_log(USDT_ETHEREUM, n, 0, owner, evm_address(f"payee {n}"), n + 1) for n in range(60)]
    monkeypatch.setattr("trails.lookups.run._PART_BYTES", 5_000)
    with serve(EthNode(logs, head=200, widest=10)) as service:
        fetch("--source", "eth-rpc", "--url", service.url, owner)
    assert query(folder, "SELECT count(*) > 1 FROM sources") == [(True,)]
    assert query(folder, "SELECT count(*), count(time) FROM transfers") == [(60, 60)]
