# Everything headrace needs on a machine with make and Python >= 3.11: `make demo`, `make test`, `make check`.
# The first target that needs it makes .venv from the hashed lock; nothing outside this folder is written,
# but for Debian's chromium, which `make test` installs when it is missing and it runs as root.

PYTHON ?= python3
JOBS ?= 2
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
unexport PYTHONPATH PYTHONHOME PIP_USER PIP_TARGET
# Compiled once and kept: without, each pytest process spends as long again on compiling as on the rest of collecting.
unexport PYTHONDONTWRITEBYTECODE

# A missing or empty HOME (containers, service accounts) must not stop pip or the browser.
ifeq ($(strip $(HOME)),)
export HOME := $(CURDIR)/.venv/home
else ifeq ($(wildcard $(HOME)/.),)
export HOME := $(CURDIR)/.venv/home
endif

.DEFAULT_GOAL := help
.PHONY: help demo test check bench faults lock format clean docs python chromium

help: ## Show what can be made.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile

demo: .venv/installed ## Play the main job on synthetic reports; KEEP=1 leaves all running, CLUSTER=1 plays two nodes.
	@$(BIN)/headrace demo $(if $(filter-out 0,$(KEEP)),--keep) $(if $(filter-out 0,$(CLUSTER)),--cluster)

test: .venv/installed chromium ## Run every test; ends with pytest's closing line.
	@if command -v chromium >/dev/null; then all=; else all='not browser'; fi; \
	exec $(PYTEST) -n $(JOBS) --dist loadfile -m "$$all" $(ARGS)

check: .venv/installed ## Format, lint, types, import contracts and the quick tests; before each commit.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(PYTEST) -n $(JOBS) --dist worksteal -q --hypothesis-profile quick -m "not slow and not browser" $(ARGS)

bench: .venv/installed ## Measure this machine; docs/performance.md says how to read the figures.
	@$(BIN)/python -m bench $(ARGS)

faults: .venv/installed ## Kill, freeze, cut power, break disk and wire, and count; MINUTES=n SEED=n.
	@$(BIN)/python -m tests.faults --minutes $(or $(MINUTES),10) $(if $(SEED),--seed $(SEED)) $(ARGS)

docs: .venv/installed ## Write the generated pages of docs/reference/ anew.
	@$(BIN)/python docs/generate.py

format: .venv/installed ## Format the code and mend what the linter can mend.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# uv has a virtual environment of its own: the tool that writes the lock is not part of what is locked.
lock: .venv/installed ## Write both locks anew: pinned, hashed, for every platform, without addresses.
	@test -x .venv/lock/bin/uv || { $(BIN)/python -m venv .venv/lock && .venv/lock/bin/pip install --quiet uv; }
	.venv/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --upgrade --output-file requirements.lock pyproject.toml
	.venv/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --upgrade --extra ocr --extra postgres --extra s3 --group dev --output-file requirements-dev.lock pyproject.toml

clean: ## Remove caches and build products; .venv and var stay.
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov dist build out
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

python:
	@command -v "$(PYTHON)" >/dev/null || { \
	  echo "make: $(PYTHON) was not found; install Python 3.11 or newer, or name one: make PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: headrace needs Python 3.11 or newer; $(PYTHON) is $$("$(PYTHON)" --version 2>&1)." \
	    "Name a newer one: make PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "make: $(PYTHON) has no venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@"$(PYTHON)" -m venv --clear .venv

# A .venv whose interpreter is gone (moved folder, upgraded Python) is made anew; one that works needs no $(PYTHON).
.venv/locked: requirements-dev.lock
	@$(BIN)/python -c '' 2>/dev/null || $(MAKE) --no-print-directory python
	@mkdir -p .venv/home
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

.venv/installed: .venv/locked pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

chromium:
	@if command -v chromium >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "make: installing chromium for the browser tests"; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } >/dev/null \
	  || echo "make: chromium could not be installed: the browser tests are LEFT OUT" >&2; \
	else echo "make: chromium was not found: the browser tests are LEFT OUT (Debian: apt-get install chromium)" >&2; fi
