# make demo   set up, run the main job on the bundled fictional case, say where to look
# make test   set up, check everything, with WORKERS side by side (one after the other: .venv/bin/python -m pytest)
# make bench  set up, write benchmark figures as ratios
# make fuzz   set up, look for inputs that break a connector, guided by coverage, for FUZZ_SECONDS
# make tamper  flip TAMPER_FLIPS bits of a finished case, chosen by SEED, and see that each is found
# make kills  stop writing commands with SIGKILL, KILLS times at moments chosen by SEED, and see what they leave
# make people  set up, play ten simulated cases of all scenarios with every command, and look for people in what comes out
# make explore  set up, draw other inputs than make test does, each time anew and many more
# make hostile  set up, add files that cost far more than their size, and fail where one takes over 1 GiB or 60 s
PYTHON ?= python3
VENV ?= .venv
WORKERS ?= auto
FUZZ_SECONDS ?= 300
SEED ?= 1
TAMPER_FLIPS ?= 10000
KILLS ?= 500
BIN = $(VENV)/bin
# tests in their order, so that what a module sets up is set up once; who is done takes of what others have left
SIDE_BY_SIDE = --numprocesses $(WORKERS) --maxprocesses 8 --dist worksteal

# many tests start a program of their own: without kept bytecode each would compile the same modules again
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check lint types pytest bench fuzz tamper kills people hostile explore regenerate clean

demo: $(VENV)/.installed
	$(BIN)/trails demo

test: $(VENV)/.installed
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

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

tamper: $(VENV)/.installed
	$(BIN)/python -m tests.campaigns.tamper --flips $(TAMPER_FLIPS) --seed $(SEED)

kills: $(VENV)/.installed
	$(BIN)/python -m tests.campaigns.kills --kills $(KILLS) --touches $(KILLS) --seed $(SEED)

people: $(VENV)/.installed
	$(BIN)/python -m tests.campaigns.people

explore: $(VENV)/.installed
	$(BIN)/python -m pytest tests -m hypothesis --hypothesis-profile explore $(SIDE_BY_SIDE)

hostile: $(VENV)/.installed
	$(BIN)/python -m tests.campaigns.hostile

regenerate: $(VENV)/.installed
	$(BIN)/python -m tests.regenerate

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("trails needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info demo-case bench-out
