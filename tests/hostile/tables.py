"""Lines, columns, chats, packed files, settings, blocks and Parquet that cost far more than their bytes."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

from tests.hostile.shapes import PICKUP, many, sample, shape, split, write

_TRON = sample("tronscan/sample.csv")
_SCAN = sample("etherscan/sample.csv").replace(b"\r\n", b"\n")


def _with_mapping(path: Path) -> None:
    path.with_name(f"{path.name}.mapping.toml").write_text(PICKUP)


# --- CSV --------------------------------------------------------------------------------------------------------------


@shape("one line of 500 MB", "line.csv", 500_000_000)
def one_line(path: Path, count: int) -> None:
    write(path, _TRON, many(b"x", count))


@shape("a quotation that never ends", "quote.csv", 250_000_000)
def endless_quote(path: Path, count: int) -> None:
    write(path, _SCAN, b'"', many(b"\n", count))


@shape("a million columns", "wide.csv", 1_000_000)
def wide_header(path: Path, count: int) -> None:
    header, _, rest = _SCAN.partition(b"\n")
    write(path, header, (b',"%d"' % n for n in range(count)), b"\n", rest, many(b"x\n", 20_000))


@shape("rows of very many fields", "fields.csv", 8_000_000)
def wide_rows(path: Path, count: int) -> None:
    write(path, _SCAN)
    with path.open("ab") as out:
        for _ in range(20):
            out.writelines((b"x", *many(b",", count), b"\n"))


@shape("rows of nothing", "rows.csv", 30_000_000)
def empty_rows(path: Path, count: int) -> None:
    write(path, _SCAN, many(b"x\n", count))


@shape("rows of nothing, streamed", "streamed.csv", 30_000_000)
def empty_streamed_rows(path: Path, count: int) -> None:
    write(path, sample("ethereum_etl/sample.csv"), many(b"x\n", count))


@shape("rows of nothing, a dump", "dump.tsv", 20_000_000)
def empty_dump_rows(path: Path, count: int) -> None:
    write(path, sample("blockchair/sample-outputs.tsv"), many(b"x\n", count))


@shape("blank lines", "blank.csv", 300_000_000)
def blank_lines(path: Path, count: int) -> None:
    write(path, _SCAN, many(b"\n", count))


# --- chats ------------------------------------------------------------------------------------------------------------

_CHAT = sample("whatsapp/sample.txt")


@shape("a message of 60 MB", "WhatsApp.txt", 60_000_000, "--timezone", "UTC")
def long_message(path: Path, count: int) -> None:
    write(path, _CHAT, b"02/08/2024, 20:04 - Alder: ", many(b"x", count), b"\n")


@shape("a message of digits", "WhatsApp.txt", 20_000_000, "--timezone", "UTC")
def digits_message(path: Path, count: int) -> None:
    write(path, _CHAT, b"02/08/2024, 20:04 - Alder: ", many(b"1 ", count), b"\n")


@shape("a message of line ends", "WhatsApp.txt", 100_000_000, "--timezone", "UTC")
def blank_message(path: Path, count: int) -> None:
    write(path, _CHAT, many(b"\n", count))


@shape("messages of nothing, WhatsApp", "WhatsApp.txt", 3_000_000, "--timezone", "UTC")
def empty_chat(path: Path, count: int) -> None:
    write(path, _CHAT, many(b"02/08/2024, 20:04 - A: x\n", count))


@shape("lines of nothing in a notebook", "book.txt", 20_000_000)
def notebook_lines(path: Path, count: int) -> None:
    write(path, sample("hawala_ledger/sample-f3.txt"), many(b"x\n", count))
    path.with_name(f"{path.name}.mapping.toml").write_bytes(sample("hawala_ledger/sample-f3.txt.mapping.toml"))


# --- packed files -----------------------------------------------------------------------------------------------------


@shape("a bomb in gzip", "bomb.csv.gz", 2_000_000_000)
def gzip_bomb(path: Path, count: int) -> None:
    with gzip.open(path, "wb", 6) as out:
        out.write(_TRON)
        for piece in many(b" " * 999 + b"\n", count // 1_000):
            out.write(piece)


@shape("very many empty parts in gzip", "parts.csv.gz", 4_000_000)
def gzip_parts(path: Path, count: int) -> None:
    write(path, gzip.compress(_TRON, mtime=0), many(gzip.compress(b"", mtime=0), count))


@shape("a zip that lists very many files", "many.zip", 2_000_000)
def zip_list(path: Path, count: int) -> None:
    """Every entry points to the one file in it."""
    data = b"x"
    local = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 0, 0, 0x21, zlib.crc32(data), 1, 1, 1, 0) + b"a" + data
    entry = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, 20, 0, 0, 0, 0x21, zlib.crc32(data), 1, 1, 8, 0, 0, 0,
                        0, 0, 0)  # fmt: skip
    size, start = count * (len(entry) + 8), len(local)
    far = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start)
    place = struct.pack("<4sIQI", b"PK\x06\x07", 0, start + size, 1)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    write(path, local, (entry + b"%08x" % n for n in range(count)), far, place, end)


# --- settings ---------------------------------------------------------------------------------------------------------


@shape("a mapping of 100 MB", "huge.csv", 100_000_000)
def huge_mapping(path: Path, count: int) -> None:
    write(path, _TRON)
    write(path.with_name(f"{path.name}.mapping.toml"), many(b"#" * 999 + b"\n", count // 1_000))


@shape("a mapping of many settings", "many.csv", 3_000_000)
def many_settings(path: Path, count: int) -> None:
    write(path, _TRON)
    write(path.with_name(f"{path.name}.mapping.toml"), (b"a%d = 1\n" % n for n in range(count)))


@shape("a mapping nested deeply", "deep.csv", 100_000)
def deep_mapping(path: Path, count: int) -> None:
    write(path, _TRON)
    write(path.with_name(f"{path.name}.mapping.toml"), b"a = ", b"[" * count, b"]" * count)


@shape("a mapping of one dotted name", "dotted.csv", 20_000)
def dotted_mapping(path: Path, count: int) -> None:
    write(path, _TRON)
    write(path.with_name(f"{path.name}.mapping.toml"), b"a" + b".a" * count + b" = 1\n")


# --- blocks and Parquet -----------------------------------------------------------------------------------------------

_BLOCKS = sample("bitcoin_blocks/sample.dat")
_MAGIC = _BLOCKS[:4]


def _block(transactions: bytes, count: bytes) -> bytes:
    body = _BLOCKS[8:88] + count + transactions
    return _MAGIC + struct.pack("<I", len(body)) + body


@shape("blocks of empty outputs", "outputs.dat", 440_000)
def block_outputs(path: Path, count: int) -> None:
    head = struct.pack("<IB32sIB", 1, 1, b"\x00" * 32, 0xFFFFFFFF, 0) + b"\xff" * 4 + b"\xfe" + struct.pack("<I", count)
    block = _block(head + b"\x00" * 9 * count + b"\x00" * 4, b"\x01")
    write(path, _BLOCKS, block, block)


@shape("blocks of empty inputs", "inputs.dat", 95_000)
def block_inputs(path: Path, count: int) -> None:
    head = struct.pack("<IB", 1, 0xFE) + struct.pack("<I", count)
    block = _block(head + b"\x01" * 40 * count + b"\x01" + b"\x00" * 13, b"\x01")
    write(path, _BLOCKS, block, block)


@shape("a block that says it holds everything", "counts.dat", 60)
def block_counts(path: Path, count: int) -> None:
    head = struct.pack("<IB", 1, 0xFF) + b"\xff" * 8
    write(path, _BLOCKS, *[_block(head, b"\xff" + b"\xff" * 8)] * count)


@shape("magic numbers without blocks", "magic.dat", 50_000_000)
def block_magic(path: Path, count: int) -> None:
    write(path, _BLOCKS, many(_MAGIC, count // 4))


@shape("zeros between blocks", "zeros.dat", 500_000_000)
def block_zeros(path: Path, count: int) -> None:
    write(path, _BLOCKS, many(b"\x00", count), _BLOCKS)


def _write_parquet(path: Path, rows: int, value: str, groups: int = 1) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    plain = parquet.read_table(path.with_name("plain")).slice(0, 1)
    first = pa.nulls(rows, pa.int32()).fill_null(0)
    columns = {
        name: pa.DictionaryArray.from_arrays(first, plain[name].chunk(0))
        if pa.types.is_string(plain.schema.field(name).type)
        else plain[name].take(first)
        for name in plain.column_names
    }
    if value:
        columns["value"] = pa.array([value] * rows, pa.string()).dictionary_encode()
    table = pa.table(columns)
    with parquet.ParquetWriter(path, table.schema, compression="zstd", data_page_size=1 << 30) as out:
        for _ in range(groups):
            out.write_table(table, row_group_size=rows)


@shape("Parquet of one row over and over", "rows.parquet", 200_000_000, "--as", "ethereum_etl")
def parquet_rows(path: Path, count: int) -> None:
    path.with_name("plain").write_bytes(sample("ethereum_etl/sample-bigquery.parquet"))
    _write_parquet(path, min(count, 1_000_000), "", max(1, count // 1_000_000))


@shape("Parquet of a million rows, all the same", "same.parquet", 1_000_000, "--as", "ethereum_etl")
def parquet_same(path: Path, count: int) -> None:
    path.with_name("plain").write_bytes(sample("ethereum_etl/sample-bigquery.parquet"))
    _write_parquet(path, count, "")


@shape("Parquet of one long text over and over", "long.parquet", 16_000_000, "--as", "ethereum_etl")
def parquet_texts(path: Path, count: int) -> None:
    path.with_name("plain").write_bytes(sample("ethereum_etl/sample-bigquery.parquet"))
    _write_parquet(path, 100, "1" * count)


@shape("Parquet of very many columns", "columns.parquet", 100_000, "--as", "ethereum_etl")
def parquet_columns(path: Path, count: int) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    table = parquet.read_table(pa.BufferReader(sample("ethereum_etl/sample-bigquery.parquet")))
    more = {f"c{n}": pa.nulls(table.num_rows, pa.int8()) for n in range(count)}
    parquet.write_table(pa.table({**{name: table[name] for name in table.column_names}, **more}), path)


def halves(name: str, mark: bytes) -> tuple[bytes, bytes]:
    """A sample cut before a mark."""
    return split(sample(name), mark)
