"""Write every file of the fictional river case, always the same bytes.

::

    python -m examples.river_case.make
"""

from __future__ import annotations

from pathlib import Path

from examples.river_case import btc, chat, expected, guide, ledgers, sides, usdt


def all_files() -> dict[str, bytes]:
    """Files of the case by name."""
    return {
        "case.md": guide.case_md(),
        ledgers.AMBER_FILE: ledgers.amber_csv(),
        f"{ledgers.AMBER_FILE}.mapping.toml": ledgers.AMBER_MAPPING.encode(),
        ledgers.JADE_FILE: ledgers.jade_xlsx(),
        f"{ledgers.JADE_FILE}.mapping.toml": ledgers.JADE_MAPPING.encode(),
        "telegram_result.json": chat.telegram_json(),
        "usdt_tron.json": usdt.usdt_json(),
        "bitcoin.json": btc.bitcoin_json(),
        "tags.yaml": sides.tags_yaml(),
        "rates.csv": sides.rates_csv(),
        "declarations.toml": sides.declarations_toml(),
        "expected.json": expected.expected_json(),
    }


def build(folder: Path) -> list[Path]:
    """Write the case into a folder and return the paths, in the order of writing."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, data in all_files().items():
        path = folder / name
        path.write_bytes(data)
        paths.append(path)
    return paths


if __name__ == "__main__":
    for written in build(Path(__file__).parent):
        print(written.name)
