"""The case folder: settings, vaulted originals, tables, log, results.

::

    CASE/
      case.toml      settings, and the key that makes this case's pseudonyms
      sources/       the original files under the SHA-256 of their bytes, read-only
      case.duckdb    the tables of trails/tables.py
      log.jsonl      who did what when; each line names the hash of the line before, and of every table it changed
      out/           pictures and reports

A change is one database transaction: after a crash or Ctrl-C the case is as it was before, or complete. Everything in
the folder is readable by its owner alone.
"""

from __future__ import annotations

import getpass
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import duckdb

from trails import __version__
from trails.contents import Difference, find_altered, find_differences, list_tables, read_digests, record_contents
from trails.database import (
    Catalogue,
    connect,
    expected_catalogue,
    find_changed,
    find_foreign,
    is_known,
    make_tables,
    make_views,
    mark_database,
    read_catalogue,
    remember_database,
)
from trails.errors import CaseError, UsageError
from trails.frames import insert_frame, read_exact
from trails.kept import read_companions
from trails.log import (
    GENESIS,
    append_line,
    compare_log,
    find_record_problems,
    find_unaccepted,
    hash_line,
    list_table_hashes,
    make_line,
    read_entry,
    rewrite_log,
    verify_chain,
)
from trails.parts import refuse_inside_case, refuse_strange_parts
from trails.recover import (
    explain_missing,
    find_settings,
    hash_file,
    is_begun,
    keep_altered,
    mend_log,
    place_outputs,
    place_settings,
    remove_case,
    remove_parts,
    sweep_sources,
)
from trails.settings import DEFAULT_SETTINGS, read_config, write_config
from trails.stops import note_done
from trails.stored import SCHEMA
from trails.tables import INFERENCES, TABLES, check_tables

if TYPE_CHECKING:
    import pandas as pd


#: No log fills so many bytes, and no list of sources: a look-up of 100,000 requests fills some 50 million.
_MOST_RECORD = 1 << 29


@dataclass(slots=True)
class Change:
    """A change of the case under way: the details of its log line, and which tables it touches."""

    details: dict[str, Any]
    tables: dict[str, Iterable[int] | None] = field(default_factory=dict)

    def touch(self, table: str, blocks: Iterable[int] | None = None) -> None:
        """Say that a table changes: as a whole, or in the given blocks of ``trails.contents``."""
        before = self.tables.get(table, ())
        self.tables[table] = None if blocks is None or before is None else {*before, *blocks}


class Case:
    """An open case. Use ``Case.create`` and ``Case.open``; close it, or use it in a ``with`` statement.

    ``notices`` says what was put right when it was opened.
    """

    def __init__(self, folder: Path, con: duckdb.DuckDBPyConnection, config: dict[str, Any], *, read_only: bool) -> None:
        self.folder = folder
        self.con = con
        self.config = config
        self.read_only = read_only
        self.notices: list[str] = []
        #: Whether the database was seen to hold what a case holds, and nothing else.
        self._seen = False
        #: Why ``case.toml`` cannot be read; only where the case was opened all the same, to be compared.
        self.unread: str | None = None

    @classmethod
    def create(cls, folder: Path, *, name: str | None = None, pseudonym_key: str | None = None) -> Case:
        """A new, empty case in a folder that does not exist yet or is empty; one that was never finished is made anew.

        ``pseudonym_key`` (hexadecimal) makes two cases name payers alike; by default every case has its own.
        Raises UsageError when the folder holds anything else or lies inside another case, or when the key is no hexadecimal text of
        32 digits or more.
        """
        key = pseudonym_key or secrets.token_hex(32)
        if len(key) < 32 or any(ch not in "0123456789abcdef" for ch in key):
            raise UsageError("the pseudonym key must be 32 or more hexadecimal digits in lower case")
        refuse_inside_case(folder.parent)
        notices = _clear_begun(folder)
        for part in ("sources", "out"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        for path in (folder, folder / "sources", folder / "out"):
            path.chmod(0o700)
        config = {
            "case": {"name": (name or folder.resolve().name).strip() or "case", "trails_version": __version__},
            "pseudonyms": {"key": key},
            "settings": dict(DEFAULT_SETTINGS),
        }
        con = connect(folder / "case.duckdb", read_only=False)
        (folder / "case.duckdb").chmod(0o600)
        make_tables(con)
        con.execute("INSERT INTO about VALUES (?, ?)", [SCHEMA, __version__])
        case = cls(folder, con, config, read_only=False)
        case._seen = True
        case.notices = notices
        # the settings come last: until they are there nobody takes the folder for a case
        write_config(folder / "case.toml.ready", config)
        digest = hash_file(folder / "case.toml.ready")
        with case.change("new", {"settings": config["settings"], "case_toml": digest}, compared=False) as change:
            for table in list_tables(con):
                change.touch(table)
        make_views(con)
        (folder / "case.toml.ready").replace(folder / "case.toml")
        return case

    @classmethod
    def open(cls, folder: Path, *, read_only: bool = False, recover: bool = True, unread: bool = False) -> Case:
        """An existing case, opened as if somebody hostile had sent it: nothing in it runs, nothing outside is reached.

        A case of an earlier version is upgraded on a copy first (``trails.upgrade``), unless it is only read. What a stopped
        command left is put right, unless without ``recover``. With ``unread`` a case whose ``case.toml`` cannot be read is
        opened too, without settings and names: to compare the rest of it.
        Raises CaseError naming what is missing or does not belong there, CaseLocked when another process writes to it.
        """
        _refuse_strange(folder)
        problem = None
        try:
            config = read_config(folder / "case.toml")
        except CaseError as found:
            if not unread or not (folder / "case.toml").is_file():
                raise
            config, problem = {}, found.message
        known = is_known(mark_database(folder / "case.duckdb"))
        case = cls(folder, connect(folder / "case.duckdb", read_only=read_only), config, read_only=read_only)
        case.unread = problem
        whole = False
        try:
            if not known:
                case._take_up()
            case._seen = True
            make_views(case.con)
            if not read_only and recover:
                case._recover()
            if not case.unread:
                case.config = read_config(case.settings_file())
            whole = True
        finally:
            if not whole:
                case.close()
        return case

    def _take_up(self) -> None:
        """Refuse a database that holds what trails never puts there; bring one of an earlier version to this one's form."""
        from trails.upgrade import find_unknown

        found = read_catalogue(self.con)
        changed, foreign = find_changed(found), find_foreign(found)
        if not find_unknown(found) and self._read_schema(found) < SCHEMA:
            self._upgrade(found, tables=bool(changed))
        elif changed or foreign:
            raise CaseError(_say_foreign(self.folder, [*foreign, *changed]))

    def _read_schema(self, found: dict[tuple[str, str], str]) -> int:
        """The form that a database says it has; 1 where it is too old to say."""
        if found.get(("table", "about")) != expected_catalogue()["table", "about"]:
            return 1
        schema, made_by = self._read_about() or (1, "")
        if schema > SCHEMA:
            raise CaseError(f"{self.folder} was made by trails {made_by}, which is newer than this one ({__version__}); use that")
        return int(schema)

    def _read_about(self) -> tuple[int, str] | None:
        row = self.con.execute("SELECT max(schema), min(made_by) FROM about").fetchone()
        return (int(row[0]), str(row[1])) if row and row[0] is not None else None

    def _upgrade(self, found: Catalogue, *, tables: bool) -> None:
        """Bring tables to this version's form, and log that; without ``tables`` they were, by a command that was stopped."""
        from trails.upgrade import upgrade_copy

        if altered := self._find_altered_before(found):
            raise CaseError(_say_disowned(self.folder, altered))
        if self.read_only:
            raise CaseError(
                f"{self.folder} was made by an earlier trails; run `trails analyse {self.folder}` once: it brings a copy of the "
                "tables up to date, puts that in their place and makes the results anew"
            )
        if list_table_hashes(self.log_lines()) and (broken := self.find_record_problems()):
            raise CaseError(_say_broken_record(self.folder, broken))
        if tables:
            self.con.close()
            database = self.folder / "case.duckdb"
            upgrade_copy(database, found)
            self.con = connect(database, read_only=False)
        if left := [*find_foreign(again := read_catalogue(self.con)), *find_changed(again)]:
            raise CaseError(_say_foreign(self.folder, left))
        before = (self._read_about() or (1, "0.1.0"))[1]
        said, cut = mend_log(self.folder / "log.jsonl", self.log_lines())
        digest = hash_file(self.folder / "case.toml")
        details = {"from": before, "to": __version__, "case_toml": digest, **({"log_lines_missing": cut} if cut else {})}
        with self.change("upgrade", details, file_last=bool(cut), compared=False) as change:
            self.con.execute("DELETE FROM about")
            self.con.execute("INSERT INTO about VALUES (?, ?)", [SCHEMA, __version__])
            for table in list_tables(self.con):
                change.touch(table)
        self.notices += said
        self.notices.append(
            f"the case was made by trails {before}; its tables were brought up to {__version__}, its results are to be made anew"
        )

    def _find_altered_before(self, found: Catalogue) -> list[Difference]:
        """What of a case that says it is of an earlier version is not as its log says; none where the log has no hashes yet."""
        form = expected_catalogue()
        if found.get(("table", "journal")) != form["table", "journal"]:
            return [Difference("journal", None, None)]
        logged = list_table_hashes(self.log_lines())
        if not logged:
            return []
        for name in ("contents", "anchor"):
            if found.get(("table", name)) != form["table", name]:
                return [Difference(name, None, None)]
        return self._find_altered(self.con, logged)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the tables."""
        self.con.close()
        if self._seen:
            remember_database(self.folder / "case.duckdb")

    def settings_file(self) -> Path:
        """Where the settings in force stand: ``case.toml``, unless a stopped command left newer ones waiting."""
        return find_settings(self.folder, self.log_lines())

    @property
    def settings(self) -> dict[str, Any]:
        """The analysis settings in force: the defaults and what case.toml says."""
        return {**DEFAULT_SETTINGS, **self.config.get("settings", {})}

    def change_settings(self, changes: dict[str, Any], *, why: str) -> None:
        """Change settings in ``case.toml``, or with none accept it as somebody edited it; logged with the reason.

        Raises UsageError for an empty reason; values are checked before (``trails.settings.read_value``).
        """
        if not why.strip():
            raise UsageError("a change of the settings needs its reason; say it with --why")
        if changes:
            self._refuse_unaccepted()
        config = {**self.config, "settings": {**self.config.get("settings", {}), **changes}}
        path = self.folder / "case.toml.ready"
        if changes:
            write_config(path, config)
        try:
            digest = hash_file(path if changes else self.folder / "case.toml")
            settings = {**DEFAULT_SETTINGS, **config["settings"]}
            with self.change("settings", {"settings": settings, "changed": sorted(changes), "why": why, "case_toml": digest}):
                pass
            if changes:
                path.replace(self.folder / "case.toml")
        finally:
            path.unlink(missing_ok=True)
        self.config = config

    def _refuse_unaccepted(self) -> None:
        """Raise CaseError where somebody edited ``case.toml``: a change by command would accept the edit without a word."""
        since = find_unaccepted(self.log_lines(), hash_file(self.settings_file()))
        if since is not None:
            raise CaseError(
                f"{self.folder / 'case.toml'} was changed since log line {since} and nobody accepted it; look at it, then "
                f"`trails settings {self.folder} --accept --why ...`, or put it back as it was"
            )

    def _recover(self) -> None:
        """After a crash: put right what a stopped command left, and remember what was done."""
        for path in (self.folder, self.folder / "sources", self.folder / "out"):
            path.mkdir(exist_ok=True)
            path.chmod(0o700)
        (self.folder / "case.duckdb").chmod(0o600)
        lines = self.log_lines()
        said, cut = mend_log(self.folder / "log.jsonl", lines)
        place_settings(self.folder, lines)
        remove_parts(self.folder)
        listed = self.list_originals()
        self.notices += [*said, *sweep_sources(self.folder / "sources", listed), *place_outputs(self.folder / "out", lines)]
        if cut:
            with self.change("mend", {"log_lines_missing": cut}, file_last=True):
                pass

    def restore_log(self, why: str) -> None:
        """Make an altered log file whole from the case's own record, keep the altered one beside it, and log that.

        What was wrong with the record's anchor stands in the line too. Raises UsageError where the log is whole, CaseError where
        a line of the record itself was altered.
        """
        path, lines, broken = self.folder / "log.jsonl", self.log_lines(), self.find_record_problems()
        if compare_log(path, lines).kind not in ("altered", "short") and not broken:
            raise UsageError("the log is whole: there is nothing to mend")
        verify_chain(lines)  # an altered line of the record itself cannot be made whole
        kept = keep_altered(path) if path.exists() else None
        details = {"log_altered": kept, **({"record_altered": broken} if broken else {}), "why": why}
        with self.change("mend", details, file_last=True, compared=False):
            pass

    def list_originals(self) -> list[str]:
        """The SHA-256 of every original that a source of the case was read from, companions included."""
        found: list[str] = []
        size = self.con.execute("SELECT coalesce(sum(strlen(sha256) + strlen(options) + 100), 0) FROM sources").fetchone()
        if size and size[0] > _MOST_RECORD:
            raise CaseError(_say_altered(self.folder, [Difference("sources", None, None)]))
        for sha256, said in self.con.execute("SELECT sha256, options FROM sources ORDER BY source_id").fetchall():
            found += [sha256, *(each["sha256"] for each in read_companions(said))]
        return list(dict.fromkeys(found))

    def log_lines(self) -> list[str]:
        """The committed log lines in order."""
        return [line for _, line in self._read_journal()]

    def _read_journal(self) -> list[tuple[int, str]]:
        """The case's own record of its log; raises CaseError for one that is longer than any log."""
        size = self.con.execute("SELECT coalesce(sum(strlen(line) + 100), 0) FROM journal").fetchone()
        if size and size[0] > _MOST_RECORD:
            raise CaseError(_say_broken_record(self.folder, ["the case's own record of the log is longer than any log: altered"]))
        return self.con.execute("SELECT n, line FROM journal ORDER BY n").fetchall()

    def find_record_problems(self) -> list[str]:
        """What is wrong with the case's own record of the log; empty where it is whole and its anchor holds."""
        rows = self._read_journal()
        anchor = self.con.execute("SELECT lines, head FROM anchor LIMIT 2").fetchall()
        return find_record_problems([line for _, line in rows], [number for number, _ in rows], anchor)

    def log_head(self) -> str:
        """The hash of the last log line, after checking the whole chain, the anchor and the file; raises CaseError."""
        lines = self.log_lines()
        state = compare_log(self.folder / "log.jsonl", lines)
        if state.kind in ("altered", "short"):
            raise CaseError(f"{self.folder / 'log.jsonl'}: the log does not agree with the case's own record of it")
        return verify_chain(lines)

    @contextmanager
    def change(
        self, command: str, details: dict[str, Any], *, file_last: bool = False, compared: bool = True
    ) -> Iterator[Change]:
        """One change of the case: everything inside is committed with its log line, or nothing is.

        The body may add to the details of the yielded ``Change``, and says which tables it touches: their hashes stand in
        the line. Any exception, Ctrl-C included, rolls everything back; so does a table that was altered from outside, which
        to hash anew would hide, or a record of the log that does not agree with its anchor, which a new line would make look
        whole (without ``compared`` nobody looks). ``file_last`` writes the log file anew after the commit:
        what is wrong with it stands there until the mending is on record.
        """
        self.con.execute("BEGIN TRANSACTION")
        log, committed, noted = self.folder / "log.jsonl", False, False
        try:
            if compared and (broken := self.find_record_problems()):
                raise CaseError(_say_broken_record(self.folder, broken))
            change = Change(details)
            yield change
            if compared and change.tables:
                self._refuse_altered(change)
            digests = record_contents(self.con, change.tables) if change.tables else {}
            line = self._make_line(command, {**change.details, **({"tables": digests} if digests else {})})
            if not file_last:
                noted = True
                append_line(log, line)
            self.con.execute("COMMIT")
            committed = True
            note_done(command)
            if file_last:
                rewrite_log(log, self.log_lines())
        finally:
            if not committed:
                self.con.execute("ROLLBACK")
                if noted:
                    rewrite_log(log, self.log_lines())

    def _refuse_altered(self, change: Change) -> None:
        """Raise CaseError where what a change touches was not, before it, what the log says."""
        kept = {name for name, blocks in change.tables.items() if blocks is not None or name not in INFERENCES}
        with self.con.cursor() as before:  # it sees what is committed
            altered = [*find_altered(before, change.tables, INFERENCES), *self._find_other_hashes(before, kept)]
        if altered:
            raise CaseError(_say_altered(self.folder, list(dict.fromkeys(altered))))

    def _find_other_hashes(self, con: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> list[Difference]:
        """Tables of which the recorded hashes are not those of the log: somebody may have altered both rows and record."""
        logged = list_table_hashes(self.log_lines())
        now = read_digests(con, sorted(set(tables) & set(logged)))
        return [Difference(name, None, None) for name, digest in now.items() if digest != logged[name][0]]

    def refuse_altered_tables(self) -> None:
        """Raise CaseError where a table is not what the log says. Cost: a scan of every table."""
        with self.con.cursor() as committed:
            altered = self._find_altered(committed, list_tables(committed))
        if altered:
            raise CaseError(_say_altered(self.folder, altered)) from None

    def _find_altered(self, con: duckdb.DuckDBPyConnection, names: Iterable[str]) -> list[Difference]:
        """Every block that is not as recorded, and those of the named tables whose record is not as logged, each once."""
        return list(dict.fromkeys([*find_differences(con), *self._find_other_hashes(con, names)]))

    def _make_line(self, command: str, details: dict[str, Any]) -> str:
        """The next log line, written to the database's own record and anchored there."""
        last = self.con.execute("SELECT n, line FROM journal ORDER BY n DESC LIMIT 1").fetchone()
        entry = read_entry(last[1]) if last else None
        number, previous = (last[0] + 1, hash_line(last[1])) if last else (1, GENESIS)
        now = datetime.now(UTC)
        if last and entry:
            before = datetime.fromisoformat(entry["at"])
            behind = before - now
            if behind > timedelta(seconds=1):
                details = {**details, "clock": f"this machine's clock went back by {behind} since line {last[0]}"}
        said = {"trails": __version__, **details}
        line = make_line(number, previous, at=now, who=getpass.getuser(), command=command, details=said)
        self.con.execute("INSERT INTO journal VALUES (?, ?)", [number, line])
        self.con.execute("DELETE FROM anchor")
        self.con.execute("INSERT INTO anchor VALUES (?, ?)", [number, hash_line(line)])
        return line

    def read_frame(self, sql: str, parameters: list[Any] | dict[str, Any] | None = None) -> pd.DataFrame:
        """A query's result as a frame in which every DECIMAL column holds exact Python integers, never floats."""
        return read_exact(self.con, sql, parameters)

    def write_inferences(
        self, command: str, frames: dict[str, pd.DataFrame], details: dict[str, Any], *,
        arrow: dict[str, Any] | None = None, also: Callable[[duckdb.DuckDBPyConnection, Change], None] | None = None,
    ) -> None:  # fmt: skip
        """Replace whole inference tables by new frames, checked against the contract, in one logged change.

        ``arrow`` gives tables of many millions of rows as Arrow tables, claims in their stored form (``claim_rows``);
        ``also`` is done in the same change.
        Raises ContractError listing every problem of all the tables; the case then is as before.
        """
        large = arrow or {}
        with self.change(command, details) as change:
            for name, frame in frames.items():
                if TABLES[name].layer != "inference":
                    raise UsageError(f"`{name}` holds facts or judgements and is never replaced")
                self.con.execute(f"DELETE FROM {name}")
                insert_frame(self.con, name, frame)
                change.touch(name)
            for name, table in large.items():
                self.con.execute(f"DELETE FROM {name}")
                empty = [column for column in table.column_names if table.column(column).null_count == len(table)]
                self.con.register("table_in", table.drop_columns(empty if len(table) else []))  # writing nothing costs time too
                self.con.execute(f"INSERT INTO {name} BY NAME SELECT * FROM table_in")
                self.con.unregister("table_in")
                change.touch(name)
            if also:
                also(self.con, change)
            written = {name: name for name in frames}
            written |= {("claims" if name == "claim_rows" else name): name for name in large}
            check_tables(self.con, written)
            rows = {name: len(frame) for name, frame in frames.items()}
            rows |= {("claims" if n == "claim_rows" else n): len(table) for n, table in large.items()}
            change.details["outputs"] = rows


def _clear_begun(folder: Path) -> list[str]:
    """Make room for a new case; raises UsageError where the folder holds anything but a case that was never finished."""
    if not folder.exists():
        return []
    if folder.is_dir() and not any(folder.iterdir()):
        return []
    if not is_begun(folder):
        whole = all((folder / name).is_file() for name in ("case.toml", "case.duckdb"))
        hint = "; it is a case already: add files to it" if whole else "; choose a new name for the case"
        raise UsageError(f"{folder} exists and is not an empty folder{hint}")
    remove_case(folder)
    return [f"{folder} held a case that was never finished; it is made anew"]


def _refuse_strange(folder: Path) -> None:
    """Raise CaseError for a folder that is no case, or in which a part of a case stands for something else."""
    refuse_strange_parts(folder)
    for name in ("case.toml", "case.duckdb"):
        if not (folder / name).is_file():
            raise CaseError(f"{folder} is no case: {name} is missing; {explain_missing(folder)}")


def _say_altered(folder: Path, altered: list[Difference]) -> str:
    listed = "; ".join(map(str, altered[:5]))
    return (
        f"{folder}: somebody changed {listed} from outside; nothing was written over it. `trails check {folder}` says what else "
        "was changed; go on with an earlier copy of the case, or make it anew from its sources"
    )


def _say_broken_record(folder: Path, broken: list[str]) -> str:
    return (
        f"{folder}: {broken[0]}; nothing was changed. `trails check {folder}` says what else was changed; go on with an earlier "
        "copy of the case, or make it anew from its sources"
    )


def _say_disowned(folder: Path, altered: list[Difference]) -> str:
    """Of a case that names another version than the one that made it; no command opens such a case."""
    listed = "; ".join(map(str, altered[:5]))
    return (
        f"{folder}: somebody changed {listed} from outside; nothing was written over it. No command can undo that: go on with an "
        "earlier copy of the case, or ask whoever sent it for a whole one"
    )


def _say_foreign(folder: Path, foreign: list[str]) -> str:
    more = f" and {len(foreign) - 5} more" if len(foreign) > 5 else ""
    return (
        f"{folder / 'case.duckdb'} is not as trails makes it: {', '.join(foreign[:5])}{more}. Nothing of it was read: make a new "
        "case from its sources"
    )
