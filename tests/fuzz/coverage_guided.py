"""``make fuzz``: look for inputs that break a connector, guided by the branches they reach.

Needs the extra ``fuzz`` (atheris). Inputs that broke something are kept in ``fuzz-out/`` with the connector's name, and
the traceback is printed. ``python -m tests.fuzz.coverage_guided [--seconds 300] [--connector NAME]``
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

OUT = Path("fuzz-out")


def main() -> None:
    """Fuzz one connector after the other, or one alone, until the time is up or an input breaks something."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--connector")
    said = parser.parse_args()
    try:
        import atheris
    except ImportError:
        sys.exit('the fuzzer atheris is not installed: pip install -e ".[fuzz]" (Linux, Python 3.11 or later)')
    with atheris.instrument_imports(include=["trails", "connectors"]):
        from tests.fuzz.check import all_samples, check_bytes
        from tests.fuzz.mutate import Choices, mutate
    samples = [sample for sample in all_samples() if said.connector in (None, sample[0].name)]
    contents = [content for *_, content in all_samples()]
    if not samples:
        sys.exit(f"no connector is called {said.connector!r}")

    def try_one(data: bytes) -> None:
        choices = Choices(data)
        connector, path, options, content = samples[choices.number(len(samples))]
        made = mutate(content, contents, choices)
        whole = False
        try:
            check_bytes(connector, path, options, made)
            whole = True
        finally:
            if not whole:
                OUT.mkdir(exist_ok=True)
                name = f"{connector.name}-{hashlib.sha256(made).hexdigest()[:12]}{path.suffix}"
                (OUT / name).write_bytes(made)
                print(f"\n{connector.name} broke on {OUT / name}, made from {path.name}", file=sys.stderr)

    atheris.Setup([sys.argv[0], f"-max_total_time={said.seconds}", "-max_len=120"], try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
