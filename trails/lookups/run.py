"""A look-up from the question to the facts: what will be sent is logged, then asked, kept, and read like any file.

Every request that left the machine is a line of the case's log with its URL (without keys), its outcome, and the length
and SHA-256 of the answer. When all pages are there, they are put one after the other into one file, which is added to the
case as ``trails add`` would. Until then they are only kept, and the next run goes on with them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from trails.case import Case
from trails.connector import ReadOptions
from trails.errors import SourceError, UsageError
from trails.http import (
    LOCAL_HOSTS,
    Access,
    Again,
    Client,
    Deadline,
    FetchError,
    Judge,
    Policy,
    Reply,
    Request,
    parse_json,
)
from trails.ingest import SourceReport, add_source
from trails.lookup_log import LookupLog, read_lookup_log
from trails.lookups.answers import Answers, digest, hash_state
from trails.lookups.evm_rpc import Reorganised
from trails.lookups.journal import Journal, write_log
from trails.lookups.service import Answer, LookUp, Page, Service
from trails.parts import JOINING
from trails.plain_files import require_regular_file
from trails.words import count_words

#: Pages of one look-up are put into files of at most about this size: connectors read JSON whole.
_PART_BYTES = 128 << 20
_MOST_REQUESTS = 100_000

Progress = Callable[[int], None]


@dataclass(slots=True)
class Outcome:
    """What became of one look-up."""

    lookup: LookUp
    sent: int = 0
    kept: int = 0
    rows: int = 0
    problem: str | None = None
    stops_all: bool = False
    sources: list[SourceReport] = field(default_factory=list)

    def describe(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "lookup": self.lookup.name, "requests_sent": self.sent, "answers_kept_before": self.kept, "rows": self.rows,
            "problem": self.problem, "sources": [asdict(each) for each in self.sources],
        }  # fmt: skip


def adjust_policy(
    service: Service, *, url: str, pace: float | None, timeout_s: float | None, ca_file: Path | None
) -> Policy:
    """How a service is asked: its own manners unless others are named; this machine itself needs no pauses.

    Raises UsageError for a certificate that is no file.
    """
    if ca_file is not None:
        require_regular_file(ca_file, UsageError)
    local = urlsplit(url).hostname in LOCAL_HOSTS
    return Policy(
        timeout_s=timeout_s or service.timeout_s,
        max_bytes=service.max_bytes,
        pace=pace if pace is not None else (0 if local else service.pace),
        ca_file=str(ca_file) if ca_file else None,
    )


class _Asker:
    """Answers the requests of one look-up: from what is kept where it can; what it sends is logged."""

    def __init__(
        self, case: Case, service: Service, outcome: Outcome, client: Client, log: LookupLog, seconds: float
    ) -> None:
        self._service, self._outcome, self._client, self._log = service, outcome, client, log
        self._answers, self._deadline, self.journal = Answers(case.folder), Deadline(seconds), Journal(case)
        #: Requests this run had answered itself, some of them not logged yet.
        self._fresh: dict[str, str] = {}

    def __call__(
        self, request: Request, *, judge: Judge | None = None, condense: Callable[[Any], Any] | None = None
    ) -> Answer:
        name, key = digest(request), self._outcome.lookup.key
        known = self._fresh.get(name) or self._log.find_answer(name, key)
        kept = self._answers.find(known) if known else None
        if kept is not None:
            self._outcome.kept += 1
            return Answer(kept, parse_json(kept)[0])
        if self._outcome.sent >= _MOST_REQUESTS:
            raise FetchError(
                f"{_MOST_REQUESTS:,} requests were sent for this one look-up; narrow it with --since, --until"
            )
        self.journal.note_sending(request, key)

        def failed(attempt: int, fault: Again | FetchError) -> None:
            status = fault.status if isinstance(fault, Again) else None
            self.journal.note_fault({"attempt": attempt, "status": status, "problem": str(fault)[:500]})

        try:
            reply = self._client.send(request, judge or self._service.judge, self._deadline, failed)
        except FetchError as problem:
            self.journal.note_outcome({"problem": str(problem)[:500]})
            raise
        self._outcome.sent += 1
        return self._keep(request, reply, condense)

    def _keep(self, request: Request, reply: Reply, condense: Callable[[Any], Any] | None) -> Answer:
        body, value = reply.body, reply.value
        if condense is not None:
            value = condense(value)
            body = json.dumps(value, separators=(",", ":")).encode()
        sha256 = self._fresh[digest(request)] = self._answers.keep(body)
        outcome: dict[str, Any] = {
            "attempt": reply.attempt,
            "status": reply.status,
            "bytes": len(body),
            "sha256": sha256,
        }
        if condense is not None:
            outcome["condensed_from"] = len(reply.body)
        self.journal.note_outcome({**outcome, **({"redirected_to": reply.moved_to} if reply.moved_to else {})})
        return Answer(body, value)


def begin(case: Case, service: Service, lookups: Sequence[LookUp], *, refresh: bool) -> list[LookUp]:
    """Log what will be asked, before anything is sent; the look-ups that are not answered yet.

    ``refresh`` asks everything anew; a look-up that was stopped goes on with the answers it has.
    """
    answers = Answers(case.folder)
    answers.make_folders()
    Journal(case).flush(left=True)
    log = read_lookup_log(case.log_lines())
    open_ones = [each for each in lookups if refresh or not _is_done(answers, log, each)]
    if not open_ones:
        return []
    states = {each.key: {**asdict(each), "done": False} for each in open_ones}
    asked = [{"lookup": each.key, **{k: v for k, v in asdict(each).items() if v not in (None, "")},
              "first_request": service.first(each).url, "file_sha256": hash_state(states[each.key])}
             for each in open_ones]  # fmt: skip
    write_log(
        case,
        "plan",
        {"service": service.name, "host": urlsplit(open_ones[0].url).netloc, "refresh": refresh, "asked": asked},
    )
    for key, state in states.items():
        answers.save_state(key, state)
    return open_ones


def _is_done(answers: Answers, log: LookupLog, lookup: LookUp) -> bool:
    """Whether the log says that a look-up was answered; its file can only say that it is to be done again."""
    return lookup.key in log.done and answers.state(lookup.key).get("done", True) is True


def known_sources(case: Case, log: LookupLog, lookup: LookUp) -> str | None:
    """When a look-up was answered and as which sources, or None where it was not."""
    if not _is_done(Answers(case.folder), log, lookup):
        return None
    done = log.done[lookup.key]
    return f"asked {done.at[:10]}, source {', '.join(map(str, done.sources))}"


def say_unused(case: Case) -> str | None:
    """One sentence where answers lie in the case's folder that its log does not vouch for; they are not used."""
    unnamed = Answers(case.folder).list_unnamed(read_lookup_log(case.log_lines()))
    if not unnamed:
        return None
    return (
        f"{count_words(len(unnamed), 'file')} in {case.folder / 'lookups' / 'answers'} that no log line vouches for: not used as "
        "an answer. A stopped look-up may have left such a file, or somebody put it there"
    )


def run_lookup(
    case: Case, service: Service, lookup: LookUp, client: Client, *, seconds: float, partial: bool, progress: Progress
) -> Outcome:
    """Ask one question to the end and add the answers to the case. What went wrong stands in ``problem``, with
    ``stops_all`` where the next look-up would meet it too; what came is kept then, as it is after Ctrl-C."""
    answers, outcome = Answers(case.folder), Outcome(lookup)
    ask = _Asker(case, service, outcome, client, read_lookup_log(case.log_lines()), seconds)
    with (
        TemporaryDirectory(dir=answers.folder, prefix=JOINING) as folder,
        closing(_Files(Path(folder), lookup)) as files,
    ):
        stopped: FetchError | None = None
        try:
            for page in service.pages(lookup, ask):
                files.add(page)
                outcome.rows += page.rows
                progress(outcome.rows)
        except FetchError as problem:
            stopped = problem
            outcome.problem, outcome.stops_all = str(problem), problem.everywhere
        finally:
            ask.journal.flush()
        if stopped is not None:
            anew = {"starts_anew": True} if isinstance(stopped, Reorganised) else {}
            write_log(case, "stopped", {"lookup": lookup.key, "problem": str(stopped)[:500], **anew})
        if stopped is None or (partial and files.rows and not isinstance(stopped, Reorganised)):
            _add_files(case, service, files, outcome, stamp="partial" if stopped else "")
    if outcome.problem is None:
        sources = [report.source_id for report in outcome.sources]
        state = {**asdict(lookup), "done": True, "sources": sources}
        write_log(case, "done", {"lookup": lookup.key, "sources": sources, "rows": outcome.rows, "requests_sent": outcome.sent,
                                 "answers_kept_before": outcome.kept, "file_sha256": hash_state(state)})  # fmt: skip
        answers.save_state(lookup.key, state)
    return outcome


def _add_files(case: Case, service: Service, files: _Files, outcome: Outcome, *, stamp: str) -> None:
    files.close()
    try:
        outcome.sources += files.add_to(case, service, stamp=stamp)
    except SourceError as problem:
        outcome.problem = f"the answers are kept, but cannot be read: {problem}"


class _Files:
    """The files a look-up becomes: its pages one after the other, and the block times beside them."""

    def __init__(self, folder: Path, lookup: LookUp) -> None:
        self._folder, self._lookup, self.rows = folder, lookup, 0
        self._pages: list[Path] = []
        self._beside: list[Path] = []
        self._open: dict[bool, BinaryIO] = {}

    def add(self, page: Page) -> None:
        """Append an answer, beginning a new file where the last one is large enough."""
        out = self._open.get(page.beside)
        if out is None or (not page.beside and out.tell() > _PART_BYTES):
            out = self._begin(page.beside)
        out.write(page.answer.body)
        out.write(b"\n")
        self.rows += page.rows

    def _begin(self, beside: bool) -> BinaryIO:
        listed = self._beside if beside else self._pages
        listed.append(self._folder / f"{'beside' if beside else 'pages'}-{len(listed)}")
        if beside in self._open:
            self._open[beside].close()
        self._open[beside] = listed[-1].open("wb")
        return self._open[beside]

    def close(self) -> None:
        """Close what is open."""
        for out in self._open.values():
            out.close()

    def add_to(self, case: Case, service: Service, *, stamp: str) -> Iterator[SourceReport]:
        """Add the files to the case as sources."""
        options = ReadOptions(rail=self._lookup.rail or None)
        beside = [self._named(each, "blocks", "") for each in self._beside]
        for number, each in enumerate(self._pages, start=1):
            part = f"p{number:03d}" if len(self._pages) > 1 else ""
            path = self._named(each, part, stamp)
            report = add_source(case, path, connector=service.connector, options=options, companions=beside)
            yield replace(report, why=f"answers of {service.title}")

    def _named(self, path: Path, part: str, stamp: str) -> Path:
        name = "-".join(word for word in (self._lookup.name, part, stamp) if word)
        return path.rename(path.with_name(f"{name}.jsonl"))


@contextmanager
def open_client(policy: Policy, access: Access) -> Iterator[Client]:
    """A client that is closed in the end."""
    with closing(Client(policy, access)) as client:
        yield client
