# The four commands a person needs. Each makes its own virtual environment, and
# may be repeated at no cost.
#
#   make run     measure a bundled workload, the digital twin, and show the report
#   make test    the whole test suite
#   make check   lint, format, types, import layers, documentation
#   make bench   perfwatch measured on itself
#
#   PYTHON=...   the interpreter (CPython 3.11 or newer)
#   VENV=...     where the environment lives
#   ARGS=...     passed on: make run ARGS=--quick, make test ARGS="-m smoke"
#   TARGET=...   what make run measures; TARGET= for all that pyproject.toml configures

PYTHON ?= python3
TARGET = workload:digital-twin
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

# Tried in turn where nobody has chosen. A PYTHON that somebody chose is used or
# refused, never replaced behind their back.
ifeq ($(origin PYTHON),file)
CANDIDATES := $(PYTHON) python3.13 python3.12 python3.11
else
CANDIDATES := $(PYTHON)
endif

.DEFAULT_GOAL := help
.PHONY: help run test check bench

help:
	@sed -n 's/^#   //p' Makefile

# The target runs in the active environment, and here that is ours, whatever the shell has activated.
run: $(VENV)/.has-workloads
	@unset CONDA_PREFIX; VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/perfwatch run $(ARGS) $(TARGET)

test: $(VENV)/.has-dev
	$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.has-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sphinx-build -W --keep-going -q docs docs/_build/html

bench: $(VENV)/.has-bench
	$(BIN)/python benchmarks/help_startup.py
	$(BIN)/python benchmarks/run_cost.py
	$(BIN)/python benchmarks/profilers_beside.py
	$(BIN)/python benchmarks/attach_cost.py
	$(BIN)/python benchmarks/watch_cost.py
	$(BIN)/python benchmarks/prove_pairs.py
	$(BIN)/python benchmarks/crossover_sweep.py
	$(BIN)/python benchmarks/long_run.py
	$(BIN)/python benchmarks/page_speed.py
	$(BIN)/python benchmarks/make_run.py
	$(BIN)/python benchmarks/browse_speed.py
	$(BIN)/python -m pytest -m long

# The version is part of the installed metadata, so it renews the installation too.
$(VENV)/.has-workloads: pyproject.toml perfwatch/_version.py | $(VENV)/.made
	@echo "Installing perfwatch and what its bundled workloads need into $(VENV) ..."
	@$(PIP) install --quiet --editable ".[workloads]"
	@touch $@

$(VENV)/.has-dev: pyproject.toml perfwatch/_version.py | $(VENV)/.made
	@echo "Installing perfwatch and its development tools into $(VENV) ..."
	@$(PIP) install --quiet --editable ".[dev]"
	@touch $(VENV)/.has-workloads $@

$(VENV)/.has-bench: $(VENV)/.has-dev
	@echo "Installing the profilers that perfwatch is measured beside into $(VENV) ..."
	@$(PIP) install --quiet --editable ".[dev,bench]"
	@touch $@

# An environment that already works is kept; a half-made or too old one is made anew.
$(VENV)/.made:
	@if $(BIN)/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		touch $@; exit 0; \
	fi; \
	chosen=; \
	for candidate in $(CANDIDATES); do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
			chosen=$$candidate; break; \
		fi; \
	done; \
	if [ -z "$$chosen" ]; then \
		echo "perfwatch needs CPython 3.11 or newer, and none of these is one: $(CANDIDATES)." >&2; \
		echo "No environment was made." >&2; \
		echo "Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; \
		exit 1; \
	fi; \
	if ! "$$chosen" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
		echo "$$chosen has no venv and ensurepip modules." >&2; \
		echo "No environment can be made with it." >&2; \
		echo "On Debian and Ubuntu: apt-get install python3-venv. Elsewhere: choose another by PYTHON=..." >&2; \
		exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$chosen" --version) ..."; \
	"$$chosen" -m venv --clear $(VENV) && touch $@
