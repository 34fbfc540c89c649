"""What a case's tables hold, as hashes: taken after every change, and compared when somebody asks whether anything moved.

So the same content gives the same hash wherever and however it is stored, and a change of any value another one. How to
repeat it with other tools, byte by byte, stands in ``docs/method-integrity.md``; a test does so in plain Python.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trails.errors import CaseError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

#: Numbers of the key in one block.
BLOCK = 1 << 18
#: A block of about so many bytes at most is hashed from memory; what is larger takes longer, and no more memory.
MOST_AT_ONCE = 1 << 28
_ROWS_AT_ONCE = 1 << 16
#: Rows that are read together as long as nobody knows how long they are.
_ROWS_AT_FIRST = 1 << 11
#: No case has more blocks: a thousand million rows fill four thousand.
_MOST_BLOCKS = 1 << 20
#: Tables with a whole number of their own for every row, which hashing in blocks follows.
KEYED = {
    "nodes": "node_id", "transfer_rows": "transfer_id", "transactions": "tx_id", "events": "event_id", "tags": "tag_id",
    "prices": "price_id", "issues": "issue_id", "claim_rows": "claim_id", "entities": "node_id",
}  # fmt: skip
#: Tables that record the case itself: the log is a chain of its own, and a hash cannot hold itself.
NOT_HASHED = frozenset({"journal", "anchor", "contents"})

#: Which blocks of a table a change touched; None for all of it.
Touched = Mapping[str, Iterable[int] | None]
#: The rows and the hash of each (table, block).
Recorded = dict[tuple[str, int], tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Difference:
    """A block whose content is no longer what was recorded: its table, its first and last number (None for the whole)."""

    table: str
    first: int | None
    last: int | None

    def __str__(self) -> str:
        numbers = "" if self.first is None else f", {KEYED[self.table]} {self.first:,} to {self.last:,}"
        return f"table `{self.table}`{numbers}"


def blocks_from(first: int, last: int) -> range:
    """The blocks that hold the numbers from ``first`` to ``last``; none where there are no such numbers."""
    return range(first // BLOCK, last // BLOCK + 1) if first <= last else range(0)


def list_tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The stored tables of a case that are hashed, by name."""
    found = con.execute(
        "SELECT table_name FROM duckdb_tables() WHERE NOT internal AND NOT temporary ORDER BY table_name"
    ).fetchall()
    return [name for (name,) in found if name not in NOT_HASHED]


def record_contents(con: duckdb.DuckDBPyConnection, touched: Touched) -> dict[str, str]:
    """Hash what a change touched, keep the hashes in ``contents``, and give the hash of each table touched.

    Cost: one scan of the blocks touched, about two million rows a second on one core.
    """
    tables = sorted(touched)
    whole = [table for table in tables if touched[table] is None or table not in KEYED]
    filled = _find_filled(con, whole)
    blocks = {
        table: (_all_blocks(con, table) if table in filled else []) if table in whole else sorted(set(touched[table] or ()))
        for table in tables
    }
    made = [(table, block, *hash_block(con, table, block)) for table in tables for block in blocks[table]]
    names, numbers, counts, digests = ([row[at] for row in made] for at in range(4))
    con.execute("DELETE FROM contents WHERE list_contains(?, name)", [whole])
    con.execute(
        "DELETE FROM contents WHERE (name, block) IN (SELECT unnest(?::VARCHAR[]), unnest(?::BIGINT[]))", [names, numbers]
    )
    con.execute(
        "INSERT INTO contents SELECT * FROM (SELECT unnest(?::VARCHAR[]), unnest(?::BIGINT[]), unnest(?::BIGINT[]) AS rows, "
        "unnest(?::VARCHAR[])) WHERE rows > 0",
        [names, numbers, counts, digests],
    )
    return read_digests(con, tables)


def _find_filled(con: duckdb.DuckDBPyConnection, tables: list[str]) -> set[str]:
    """Those of some tables that hold a row: most of a case's tables are empty most of the time."""
    if not tables:
        return set()
    asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (FROM {table})" for table in tables)
    return {str(table) for (table,) in con.execute(asked).fetchall()}


def read_digests(con: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> dict[str, str]:
    """The recorded hash of each table: that of its blocks' numbers, rows and hashes, a line each."""
    lines: dict[str, list[str]] = {table: [] for table in tables}
    rows = con.execute(
        "SELECT name, block, rows, sha256 FROM contents WHERE list_contains(?, name) ORDER BY name, block", [list(lines)]
    ).fetchall()
    for name, block, count, digest in rows:
        lines[name].append(f"{block} {count} {digest}\n")
    return {table: hashlib.sha256("".join(said).encode()).hexdigest() for table, said in lines.items()}


def find_altered(con: duckdb.DuckDBPyConnection, touched: Touched, without: Collection[str] = ()) -> list[Difference]:
    """Which of the blocks that a change touches are not, on a connection that does not see the change, what was recorded.

    To hash them anew would give an alteration from outside a good hash. Tables in ``without`` that a change writes as a whole
    are not looked at: nothing of what stood there is kept. Cost: a scan of the blocks touched.
    """
    found, recorded = [], _read_recorded(con)
    for table in sorted(touched):
        chosen = touched[table]
        if chosen is None and table in without:
            continue
        whole = chosen is None or table not in KEYED
        for block in _list_blocks(con, table, recorded) if whole else sorted(set(chosen or ())):
            found += _compare_block(con, table, block, recorded)[1]
    return found


def find_differences(
    con: duckdb.DuckDBPyConnection, progress: Any = None, without: Collection[str] = ()
) -> list[Difference]:
    """Every block whose content is not what ``contents`` records of it, table by table, ``without`` those that are known to be
    altered. Cost: a scan of every table."""
    found, recorded, seen = [], _read_recorded(con), 0
    for table in list_tables(con):
        if table in without:
            continue
        for block in _list_blocks(con, table, recorded):
            rows, different = _compare_block(con, table, block, recorded)
            found += different
            seen += rows
            if progress:
                progress(seen)
    known = set(list_tables(con))
    return found + [Difference(name, None, None) for name in sorted({name for name, _ in recorded} - known)]


def find_overgrown(con: duckdb.DuckDBPyConnection, forged: Collection[str] = ()) -> list[str]:
    """The tables that hold a block's rows more than ``contents`` records of them: nothing of them can be shown as a whole.

    Of those in ``forged`` the record counts for nothing.
    """
    recorded: dict[str, int] = {}
    for (name, _), (rows, _) in _read_recorded(con).items():
        recorded[name] = recorded.get(name, 0) + (0 if name in forged else rows)
    found = ((table, con.execute(f"SELECT count(*) FROM {table}").fetchone()) for table in list_tables(con))
    return [table for table, rows in found if rows and rows[0] > recorded.get(table, 0) + BLOCK]


def _read_recorded(con: duckdb.DuckDBPyConnection) -> Recorded:
    """What ``contents`` says of every block: its rows and its hash."""
    rows = con.execute("SELECT name, block, rows, sha256 FROM contents LIMIT ?", [_MOST_BLOCKS]).fetchall()
    return {(str(name), int(block)): (int(count), str(digest)) for name, block, count, digest in rows}


def _list_blocks(con: duckdb.DuckDBPyConnection, table: str, recorded: Recorded) -> list[int]:
    """The blocks that a table has or is said to have."""
    return sorted({*_all_blocks(con, table), *(block for name, block in recorded if name == table)})


def _compare_block(con: duckdb.DuckDBPyConnection, table: str, block: int, recorded: Recorded) -> tuple[int, list[Difference]]:
    """How many rows a block has, and the difference where it is not as recorded; another number of rows needs no hash."""
    rows, (wanted, digest) = _count_rows(con, table, block), recorded.get((table, block), (0, ""))
    same = rows == wanted and not is_overfull(table, rows) and (not rows or _hash_counted(con, table, block, rows) == digest)
    return rows, [] if same else [Difference(table, *_numbers_of(table, block))]


def _numbers_of(table: str, block: int) -> tuple[int | None, int | None]:
    """The first and last number of the key that a block holds."""
    return (block * BLOCK, (block + 1) * BLOCK - 1) if table in KEYED else (None, None)


def _all_blocks(con: duckdb.DuckDBPyConnection, table: str) -> list[int]:
    if table not in KEYED:
        return [0]
    key = KEYED[table]
    found = con.execute(f'SELECT DISTINCT greatest("{key}", 0) // {BLOCK} AS block FROM {table} ORDER BY block').fetchall()
    return [int(block) for (block,) in found]


def hash_block(con: duckdb.DuckDBPyConnection, table: str, block: int, most: int = MOST_AT_ONCE) -> tuple[int, str]:
    """How many rows a block of a table has, and the hash of its content.

    Cost: one scan, and memory for the block; one of more than ``most`` bytes is hashed in pieces, a column at a time, which
    takes a sort for each part of each column. Raises CaseError where a block of a key has more rows than numbers.
    """
    rows = _count_rows(con, table, block)
    if is_overfull(table, rows):
        raise CaseError(f"{Difference(table, *_numbers_of(table, block))}: {rows:,} rows, more than there are numbers for")
    return rows, _hash_counted(con, table, block, rows, most)


def _hash_counted(con: duckdb.DuckDBPyConnection, table: str, block: int, rows: int, most: int = MOST_AT_ONCE) -> str:
    """The hash of a block that is known to have no more rows than it can have."""
    import pyarrow as pa

    con.abort()  # a result that somebody read in part keeps the connection busy
    asked = f"FROM {table} {_choose_rows(table, block)} ORDER BY "
    order = f'"{KEYED[table]}"' if table in KEYED else "ALL"
    reader = con.sql(f"SELECT * {asked}{order}").to_arrow_reader(_ROWS_AT_FIRST)
    batches, size = [], 0
    for batch in reader:
        batches.append(batch)
        size += batch.nbytes
        if size > most:
            break
    else:
        return hash_rows(table, pa.Table.from_batches(batches, reader.schema))
    names = list(reader.schema.names)
    reader.close()
    order = order if table in KEYED else ", ".join(f'"{name}"' for name in names)
    at_once = max(1, min(_ROWS_AT_ONCE, most // max(_measure_longest(con, table, block, names), 1)))
    return _hash_in_pieces(con, table, rows, names, asked + order, at_once)


def is_overfull(table: str, rows: int) -> bool:
    """Whether a block has more rows than trails can have put into it: each row of a key has a number of its own."""
    return table in KEYED and rows > BLOCK


def _choose_rows(table: str, block: int) -> str:
    if table not in KEYED:
        return ""
    key = KEYED[table]
    least = f'"{key}" >= {block * BLOCK} AND ' if block else ""
    return f'WHERE {least}"{key}" < {(block + 1) * BLOCK}'


def _count_rows(con: duckdb.DuckDBPyConnection, table: str, block: int) -> int:
    ((found,),) = con.execute(f"SELECT count(*) FROM {table} {_choose_rows(table, block)}").fetchall()
    return int(found)


def _measure_longest(con: duckdb.DuckDBPyConnection, table: str, block: int, names: list[str]) -> int:
    """About how many bytes the longest row of a block takes at most."""
    longest = " + ".join(f'coalesce(max(strlen("{name}"::VARCHAR)), 0)' for name in names)
    ((found,),) = con.execute(f"SELECT {longest} FROM {table} {_choose_rows(table, block)}").fetchall()
    return int(found)


def _hash_in_pieces(
    con: duckdb.DuckDBPyConnection, table: str, rows: int, names: list[str], asked: str, at_once: int
) -> str:
    """The hash that ``hash_rows`` gives, of rows that are never all in memory: each part of a column is asked for anew."""
    whole = hashlib.sha256(f"{table}\n{rows}\n".encode())
    for name in names:
        column, part, parts = hashlib.sha256(f"{name}\n".encode()), 0, 1
        while part < parts:
            for batch in con.sql(f'SELECT "{name}" {asked}').to_arrow_reader(at_once):
                written = list(_write_column(batch.column(0)))
                parts = len(written)
                column.update(written[part])
            part += 1
        whole.update(column.digest())
    return whole.hexdigest()


def hash_rows(table: str, rows: pa.Table) -> str:
    """The hash of rows in the order given, written down as ``docs/method-integrity.md`` says."""
    whole = hashlib.sha256(f"{table}\n{rows.num_rows}\n".encode())
    for name in rows.column_names:
        column = hashlib.sha256(f"{name}\n".encode())
        for piece in _write_column(rows.column(name)):
            column.update(piece)
        whole.update(column.digest())
    return whole.hexdigest()


def _write_column(column: pa.ChunkedArray | pa.Array) -> Iterator[Any]:
    """A column's bytes: whether each value is there, then the values."""
    import pyarrow as pa
    import pyarrow.compute as pc

    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    yield pc.is_valid(array).cast(pa.uint8()).to_numpy(zero_copy_only=False)
    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        texts = pc.fill_null(array, "").cast(pa.large_binary())
        yield pc.binary_length(texts).cast(pa.int32()).to_numpy(zero_copy_only=False)
        offsets = memoryview(texts.buffers()[1]).cast("q")[texts.offset : texts.offset + len(texts) + 1]
        data = texts.buffers()[2]
        yield memoryview(data)[offsets[0] : offsets[-1]] if data is not None and len(texts) else b""
    elif pa.types.is_decimal(kind):
        exact = pc.fill_null(array, pa.scalar(0, kind)) if array.null_count else array
        yield memoryview(exact.buffers()[1])[exact.offset * 16 : (exact.offset + len(exact)) * 16] if len(exact) else b""
    elif pa.types.is_boolean(kind):
        yield pc.fill_null(array, False).cast(pa.uint8()).to_numpy(zero_copy_only=False)
    elif pa.types.is_floating(kind):
        yield pc.fill_null(array, 0.0).to_numpy(zero_copy_only=False)
    else:
        whole = array.cast(pa.int64()) if pa.types.is_timestamp(kind) else array
        yield pc.fill_null(whole, 0).cast(pa.int64(), safe=False).to_numpy(zero_copy_only=False)
