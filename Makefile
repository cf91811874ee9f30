# Everything a person needs to try decamp, test it and work on it. `make` alone says what there is.
# Nothing is installed outside of .venv; the stamp files in it make a second run quick.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= auto

# Relative, so that a folder with a space in its name works; the second is for the tools that build decamp.
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo test test-long check bench constraints clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.installed ## Build a Session profile, export it, and say where to look
	@$(BIN)/decamp demo

test: $(VENV)/.installed-dev ## Run every test but the long ones
	@$(BIN)/python -m pytest -n $(WORKERS)

test-long: $(VENV)/.installed-dev ## Run the tests that take minutes
	@$(BIN)/python -m pytest -n $(WORKERS) -m long

check: $(VENV)/.installed-dev ## Lint, format, types, import arrows, packaging
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest tests/checks

bench: $(VENV)/.installed-dev ## Measure exports of 100,000 and 300,000 messages (minutes; BENCH="--help")
	@$(BIN)/python -m tests.bench $(BENCH)

constraints: ## Renew constraints.txt with the newest versions that pyproject.toml allows
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT \
	&& $(PYTHON) -m venv "$$fresh" \
	&& PIP_CONSTRAINT= PIP_BUILD_CONSTRAINT= "$$fresh/bin/pip" install --quiet '.[dev,all,simplex]' \
	&& { sed -n '/^#/p' constraints.txt; "$$fresh/bin/pip" freeze | grep -v '^decamp\b'; } > "$$fresh/constraints.txt" \
	&& cp "$$fresh/constraints.txt" constraints.txt

clean: ## Remove .venv and everything that was built or cached
	rm -rf $(VENV) build dist decamp-demo bench-out .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "decamp needs Python 3.11 or newer. Install it, or name another one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "This Python cannot make virtual environments. On Debian or Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
	@echo "Making $(VENV) and installing decamp into it; this takes a minute the first time."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@$(BIN)/python -m pip install --quiet -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	@$(BIN)/python -m pip install --quiet -e '.[dev]'
	@touch $@ $(VENV)/.installed
