"""Write ``expected.json`` beside the samples of every connector: ``python -m tests.regenerate [CONNECTOR...]``.

Read the difference before committing it: what a sample gives is a promise.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.connectors.reading import open_source
from trails.connector import Connector, ReadOptions, list_connectors
from trails.model import Record, RowsRead, TransferTable


def find_samples(folder: Path) -> list[Path]:
    """The sample files in a connector's folder, without what lies beside them: ``<sample>.mapping.toml``,
    ``<sample>.options.toml`` (what a person says about it: timezone, rail ...) and companions ``<sample>.with.*``."""
    beside = (".mapping.toml", ".options.toml")
    return sorted(
        path for path in folder.glob("sample*") if not path.name.endswith(beside) and ".with." not in path.name
    )


def read_mapping(sample: Path) -> dict[str, Any] | None:
    """The mapping beside a sample, as ``trails add`` finds it."""
    beside = sample.with_name(f"{sample.name}.mapping.toml")
    return tomllib.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else None


def read_options(sample: Path) -> ReadOptions:
    """The mapping and the options beside a sample."""
    beside = sample.with_name(f"{sample.name}.options.toml")
    said = tomllib.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
    return ReadOptions(mapping=read_mapping(sample), **said)


def describe_sample(connector: Connector, sample: Path) -> dict[str, Any]:
    """Everything a sample gives, in order, as plain JSON values."""
    records = list(connector.read(open_source(sample), read_options(sample)))
    described = [line for record in records for line in _describe(record)]
    return {
        "rows_read": sum(record.count for record in records if isinstance(record, RowsRead)),
        "counts": dict(sorted(Counter(line["record"] for line in described).items())),
        "records": described,
    }


def describe_folder(connector: Connector, folder: Path) -> dict[str, Any]:
    """What each sample of a connector gives, by the sample's name."""
    return {sample.name: describe_sample(connector, sample) for sample in find_samples(folder)}


def _describe(record: Record) -> Iterator[dict[str, Any]]:
    if isinstance(record, TransferTable):
        for row in record.table.to_pylist():
            yield {"record": "TransferTable row", **{key: _plain(key, value) for key, value in row.items()},
                   **{key: _plain(key, value) for key, value in sorted(record.constants.items())}}  # fmt: skip
        for asset in record.assets:
            yield {"record": "TransferTable asset", **asdict(asset)}
    elif not isinstance(record, RowsRead):
        said = {key: _plain(key, value) for key, value in asdict(record).items() if key != "span" or value is not None}
        yield {"record": type(record).__name__, **said}


def _plain(key: str, value: Any) -> Any:
    """A value as JSON: times in ISO 8601, amounts and rates as texts so that no reader rounds them."""
    if isinstance(value, dict):
        return {inner: _plain(inner, of) for inner, of in value.items()}
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal) or (key == "amount" and value is not None):
        return str(value)
    return value


def write_expected(connector: Connector, folder: Path) -> bool:
    """Write a connector's ``expected.json``; whether it differs from what stood there."""
    path = folder / "expected.json"
    text = json.dumps(describe_folder(connector, folder), ensure_ascii=False, indent=1) + "\n"
    changed = not path.is_file() or path.read_text(encoding="utf-8") != text
    path.write_text(text, encoding="utf-8", newline="\n")
    return changed


def main(wanted: Sequence[str] = ()) -> None:
    """Write them all, or those of the connectors named, and say which changed."""
    for connector in list_connectors():
        if wanted and connector.name not in wanted:
            continue
        if connector.folder is None or connector.broken:
            raise SystemExit(f"connector {connector.name} is broken: {connector.broken}")
        changed = write_expected(connector, connector.folder)
        print(f"{connector.name}: {'changed' if changed else 'as it was'}")


if __name__ == "__main__":
    main(sys.argv[1:])
