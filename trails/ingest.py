"""From a file to facts: vault, recognise, read, validate, deduplicate, and account for every row.

One source is one transaction. The same transfer stated by two sources is one fact with two citations; two sources that
contradict each other about one transfer give an issue naming both, and the later row is refused. The numbers of a
source always add up: read = kept + duplicate + skipped on purpose + refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trails.case import Case, Change
from trails.cited import attach_cited, may_name_more
from trails.connector import Connector, ReadOptions, Source, get_connector, list_connectors, recognise_source
from trails.contents import KEYED, blocks_from
from trails.errors import ConnectorError, SourceError, TrailsError
from trails.merge import merge_stage
from trails.model import ANSWER_KEY, Issue
from trails.naming import read_names_in
from trails.pictures import PICTURES, is_picture
from trails.plain_files import beside, read_settings
from trails.records import read_head
from trails.said import check_mapping
from trails.same_facts import read_same_facts
from trails.sheets import forget_workbooks
from trails.staging import Stage
from trails.tables import check_tables
from trails.vault import vault_file
from trails.whole_file import note_all_skipped, note_options

Progress = Callable[[int], None]
#: What the hash of a file is called in details for the log.
_HASH = "sha256"

#: Row counts at which explorers, exchanges and spreadsheets cut their exports off.
_CHAT_RAILS = frozenset({"chat", "phone"})
ROUND_CAPS = frozenset({500, 1_000, 2_000, 5_000, 10_000, 20_000, 25_000, 50_000, 65_535, 100_000, 1_000_000, 1_048_575})


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What became of one file: its account of rows, or that it was known already."""

    source_id: int
    name: str
    connector: str
    already_known: bool
    why: str
    rows_read: int = 0
    rows_kept: int = 0
    rows_duplicate: int = 0
    rows_skipped: int = 0
    rows_refused: int = 0
    pictures: tuple[SourceReport, ...] = ()


def add_source(
    case: Case,
    path: Path,
    *,
    connector: str | None = None,
    options: ReadOptions | None = None,
    mapping_path: Path | None = None,
    companions: Sequence[Path] = (),
    progress: Progress | None = None,
) -> SourceReport:
    """Add one file to a case and account for every row of it.

    ``connector`` names one instead of letting all of them look. ``mapping_path`` is a declared-columns file; without
    it ``<file>.mapping.toml`` beside the file is used. ``companions`` are files the first cannot be read fully without
    (the undo data of a block file); they are kept in the vault and named beside its options. A companion that is a picture
    becomes a source of its own first, and a picture of the case that the rows of the file name needs not be given again.
    ``progress`` is told the number of records now and then.

    The report calls a file by its name, with pseudonyms in it for whoever is known by then.

    Raises SourceError (nothing was added) for a file that cannot be read as a whole; refused rows are counted, not
    raised. Cost: one pass over the file; memory does not grow with its length for bulk connectors.
    """
    options = replace(options or ReadOptions(), mapping=_read_mapping(path, mapping_path))
    check_mapping(options, path.name)
    pictures = tuple(add_source(case, each, connector=PICTURES) for each in companions if is_picture(each))
    vaulted: list[Source] = []
    try:
        source = _vault_all(case, path, companions, vaulted)
        known = _find_known(case, source, options, given=bool(companions))
        if known and not may_name_more(case, known.source_id, known.connector):
            return replace(known, pictures=pictures)
        chosen, why = _choose(source, connector, options)
        if chosen.may_cite:
            with _blame_connector(source, chosen):
                cited = attach_cited(case, source, chosen.name, list(chosen.cites(source, options)))
            if cited.companions != source.companions:
                known = _find_known(case, cited, options, given=True)
            source = cited
        if known:
            return replace(known, pictures=pictures)
        inputs = [{"name": each.name, "sha256": each.sha256} for each in (source, *source.companions)]
        details = {"inputs": inputs, "options": _said(options), "connector": chosen.name}
        stage = _stage_source(case, source, chosen, options, progress)
        with case.change("add", details) as change:
            before = _last_numbers(case)
            report = _merge_source(case, stage, source, chosen, why, options)
            # the log is shown to others: who is known by now, from this very file too, stands in it by the pseudonym. The name as
            # it came and what was said are in the table of sources, and the hash says which file it is
            clean = read_names_in(case, _list_texts(details)).clean_text
            change.details.update(_clean(details, clean))
            report = replace(report, name=clean(report.name), pictures=pictures)
            change.details["outputs"] = {key: getattr(report, key) for key in report.__slots__ if key.startswith("rows")}
            _touch_facts(case, change, before)
    finally:
        for new in vaulted:
            _forget_unless_added(case, new)
    return report


def _find_known(case: Case, source: Source, options: ReadOptions, *, given: bool) -> SourceReport | None:
    """The source that a file is already, as what became of it; ``given`` says that files were given with it."""
    # a copy under another name is read again, because some formats say in the name what they hold (a chain, a pair);
    # a file with refused rows may be read again when something else is said about it (its zone, say): what is
    # known already then is a further citation, and only what was refused is new
    known = case.con.execute(
        "SELECT source_id, connector FROM sources WHERE sha256 = $sha256 AND name = $name "
        "AND (options = $said OR (rows_refused = 0 AND NOT $companions))",
        {"sha256": source.sha256, "name": source.name, "said": _said_json(options, source), "companions": given},
    ).fetchone()
    if known is None:
        return None
    name = read_names_in(case, [source.name]).clean_text(source.name)
    return SourceReport(known[0], name, known[1], already_known=True, why="the same bytes")


#: Tables of facts without numbers of their own: hashed whole.
_WHOLE = ("sources", "assets", "citations")
_NUMBERED = ("nodes", "transfer_rows", "transactions", "events", "tags", "prices", "issues")


def _last_numbers(case: Case) -> dict[str, int]:
    """The last number in each table of facts."""
    asked = ", ".join(f"(SELECT coalesce(max({KEYED[name]}), 0) FROM {name})" for name in _NUMBERED)
    found = case.con.execute(f"SELECT {asked}").fetchone() or ()
    return dict(zip(_NUMBERED, map(int, found), strict=True))


def _touch_facts(case: Case, change: Change, before: dict[str, int]) -> None:
    """Say which parts of the tables of facts a new source touched: what came behind, and what it completed."""
    for name in _WHOLE:
        change.touch(name)
    for name, last in _last_numbers(case).items():
        change.touch(name, blocks_from(before[name] + 1, last))
    for name, block in case.con.execute("SELECT DISTINCT name, block FROM touched_blocks").fetchall():
        change.touch(name, [int(block)])


def _list_texts(value: Any) -> list[str]:
    """Every text in details for the log that may name somebody: the hash of a file does not, a name that looks like one may."""
    if isinstance(value, str):
        return [value]
    named = [each for key, each in value.items() if key != _HASH] if isinstance(value, dict) else value
    parts = named if isinstance(named, (list, tuple)) else ()
    return [text for each in parts for text in _list_texts(each)]


def _clean(value: Any, clean: Callable[[str], str]) -> Any:
    """Details for the log with pseudonyms in every text: names of files, scopes of mappings; keys and hashes as they are."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {key: each if key == _HASH else _clean(each, clean) for key, each in value.items()}
    return [_clean(each, clean) for each in value] if isinstance(value, (list, tuple)) else value


def _vault_all(case: Case, path: Path, companions: Sequence[Path], new: list[Source]) -> Source:
    """Vault a file and its companions; ``new`` collects those that were not there before."""
    found = []
    for each in (path, *companions):
        source, in_vault = vault_file(each, case.folder / "sources")
        found.append(source)
        if not in_vault:
            new.append(source)
    return replace(found[0], companions=tuple(found[1:]))


def _forget_unless_added(case: Case, source: Source) -> None:
    """Take a file out of the vault again, unless it became a source of the case, or the companion of one."""
    asked = "SELECT 1 FROM sources WHERE sha256 = $sha256 OR contains(options, $sha256)"
    if not case.con.execute(asked, {"sha256": source.sha256}).fetchone():
        source.path.unlink(missing_ok=True)


def _read_mapping(path: Path, given: Path | None) -> dict[str, Any] | None:
    chosen = given or beside(path, ".mapping.toml")
    return None if chosen is None else read_settings(chosen, what="mapping ")


def _said(options: ReadOptions) -> dict[str, Any]:
    return {key: value for key in options.__slots__ if (value := getattr(options, key)) is not None}


def _said_json(options: ReadOptions, source: Source) -> str:
    said = _said(options)
    if source.companions:
        said["companions"] = [{"name": each.name, "sha256": each.sha256} for each in source.companions]
    return json.dumps(said, ensure_ascii=False, sort_keys=True, default=str)


def _choose(source: Source, name: str | None, options: ReadOptions) -> tuple[Connector, str]:
    head = replace(read_head(source), mapping=options.mapping)
    if head.data.startswith(ANSWER_KEY.encode()):
        raise SourceError(f"{source.name}: this is a table of a simulation's answer key, not evidence; add the files of evidence/")
    if name:
        return get_connector(name), "chosen with --as"
    return recognise_source(head, list_connectors(), lambda found: read_same_facts(found, source, options))


def _stage_source(
    case: Case, source: Source, connector: Connector, options: ReadOptions, progress: Progress | None
) -> Stage:
    """Read a source into temporary tables, before the transaction: DuckDB scans what is committed with every core."""
    case.con.execute("BEGIN TRANSACTION")
    stage = Stage(case.con, source.name)
    whole = False
    try:
        _read_into(case, stage, source, connector, options, progress)
        whole = True
    finally:
        stage.close()
        forget_workbooks()
        case.con.execute("COMMIT" if whole else "ROLLBACK")
    return stage


def _merge_source(
    case: Case, stage: Stage, source: Source, connector: Connector, why: str, options: ReadOptions
) -> SourceReport:
    row = case.con.execute("SELECT coalesce(max(source_id), 0) + 1 FROM sources").fetchone()
    source_id = int(row[0]) if row else 1
    stated = merge_stage(case.con, stage, source_id)
    report = _account(case, stage, source_id, source, connector, why)
    version = connector.manifest.version if connector.manifest else ""
    said = _said_json(options, source)
    case.con.execute(
        "INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [source_id, source.sha256, source.name, connector.name, version, source.size, report.rows_read,
         report.rows_kept, report.rows_duplicate, report.rows_skipped, report.rows_refused,
         datetime.now(UTC).replace(tzinfo=None, microsecond=0), said],
    )  # fmt: skip
    new = ("nodes", *stated, "issues")
    check_tables(case.con, {"sources": "sources", **{name: f"new_{name}" for name in new}})
    return report


def _read_into(
    case: Case, stage: Stage, source: Source, connector: Connector, options: ReadOptions, progress: Progress | None
) -> None:
    with _blame_connector(source, connector):
        for count, record in enumerate(connector.read(source, options), start=1):
            stage.add(record)
            if progress and count % 5_000 == 0:
                progress(count)
        stage.finish()
        _note_round_count(case, stage, connector)
        stage.add_all(note_all_skipped(case.con, stage.rows_read))
        stage.add_all(note_options(case.con, source, connector, options, stage.assets))
        stage.finish()


@contextmanager
def _blame_connector(source: Source, connector: Connector) -> Iterator[None]:
    """Make one clear error of what a connector lets through."""
    try:
        yield
    except TrailsError:
        raise
    except MemoryError:
        raise SourceError(f"{source.name}: there is not enough memory to read it; nothing was added") from None
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError) as problem:
        raise ConnectorError(
            f"{source.name}: connector `{connector.name}` failed with {type(problem).__name__}: {problem}; nothing was "
            "added. The file has a shape the connector does not know: please report it with a made-up sample"
        ) from problem


def _note_round_count(case: Case, stage: Stage, connector: Connector) -> None:
    """Warn where a file holds exactly as many rows as exports are cut off at, unless its connector warned already.

    A chat has as many messages as people wrote: where its app cuts exports, its connector says so.
    """
    rails = set(connector.manifest.rails) if connector.manifest else set()
    if rails and rails <= _CHAT_RAILS:
        return
    warned = case.con.execute("SELECT 1 FROM stage_issues WHERE code = 'possibly_truncated' LIMIT 1").fetchone()
    if stage.rows_read in ROUND_CAPS and not warned:
        message = f"the file holds exactly {stage.rows_read:,} rows, a number exports are often cut off at: rows may be missing"
        stage.add(Issue(None, "warning", "possibly_truncated", message))


def _account(case: Case, stage: Stage, source_id: int, source: Source, connector: Connector, why: str) -> SourceReport:
    """Count the rows; raises ConnectorError when a connector lost one."""
    counts = case.con.execute(
        "SELECT (SELECT count(*) FROM row_fates WHERE fresh), (SELECT count(*) FROM row_fates WHERE NOT fresh), "
        "(SELECT count(DISTINCT row) FROM stage_skips s ANTI JOIN row_fates f ON s.row = f.row), "
        "(SELECT count(DISTINCT row) FROM stage_issues WHERE severity = 'error' AND row IS NOT NULL)"
    ).fetchone() or (0, 0, 0, 0)
    if sum(counts) != stage.rows_read:
        raise ConnectorError(
            f"{source.name}: connector `{connector.name}` read {stage.rows_read} rows but accounted for {sum(counts)} "
            f"(kept {counts[0]}, duplicate {counts[1]}, skipped {counts[2]}, refused {counts[3]}); nothing was added"
        )
    return SourceReport(source_id, source.name, connector.name, False, why, stage.rows_read, *counts)
