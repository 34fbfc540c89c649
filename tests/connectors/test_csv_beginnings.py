"""Two parsers of one CSV file must not disagree about its first line (found by the coverage-guided fuzzer)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.connectors.reading import make_source, read_all
from tests.regenerate import find_samples, read_options
from trails.connector import get_connector
from trails.errors import TrailsError


@pytest.mark.parametrize("start", [b"\r", b"\r\r\n", b"\n\r", b"\xef\xbb\xbf\r", b" \r"])
@pytest.mark.parametrize("name", ["tronscan", "ethereum_etl", "etherscan", "blockchair"])
def test_line_ends_before_the_header(name: str, start: bytes, tmp_path: Path) -> None:
    connector = get_connector(name)
    assert connector.folder
    samples = [path for path in find_samples(connector.folder) if path.suffix in (".csv", ".tsv")]
    assert samples
    for path in samples:
        source = make_source(tmp_path, start + path.read_bytes(), path.name)
        try:
            reading = read_all(connector, source, read_options(path))
        except TrailsError:
            continue  # refused as a whole, with its reason
        assert reading.rows_read > 0
