# make demo   set up, run the main job on the bundled fictional case, say where to look
# make test   set up, check everything
# make bench  set up, write benchmark figures as ratios
# make fuzz   set up, look for inputs that break a connector, guided by coverage, for FUZZ_SECONDS
PYTHON ?= python3
VENV ?= .venv
FUZZ_SECONDS ?= 300
BIN = $(VENV)/bin

.PHONY: demo test check lint types pytest bench fuzz regenerate clean

demo: $(VENV)/.installed
	$(BIN)/trails demo

test: $(VENV)/.installed
	$(BIN)/python -m pytest

check: lint types test

lint: $(VENV)/.installed
	$(BIN)/ruff check .

types: $(VENV)/.installed
	$(BIN)/mypy

bench: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev,bench]"
	$(BIN)/python -m tests.bench

fuzz: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev,fuzz]"
	$(BIN)/python -m tests.fuzz.coverage_guided --seconds $(FUZZ_SECONDS)

regenerate: $(VENV)/.installed
	$(BIN)/python -m tests.regenerate

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("trails needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info demo-case bench-out
