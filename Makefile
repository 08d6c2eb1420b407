# `make demo` shows what Drumbeat does; `make test` runs everything that CI runs.
# Both set up .venv themselves, with uv where it is installed and with pip where it is not.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

.PHONY: demo test bench catalogue lock

demo: $(VENV)/installed
	@$(BIN)/python -m tools.demo

test: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m server.publish --check
	$(BIN)/pytest

# About six minutes; results go to bench/results.md.
bench: $(VENV)/installed
	@test -d .venv-fastmcp || { $(PYTHON) -m venv .venv-fastmcp && .venv-fastmcp/bin/pip install --quiet fastmcp==4.1.2; } || true
	$(BIN)/python -m bench

catalogue: $(VENV)/installed
	$(BIN)/python -m server.publish

lock:
	uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-annotate --no-header -q --upgrade -o requirements.lock

$(VENV)/installed: pyproject.toml requirements.lock
ifdef UV
	uv venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
else
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
endif
	@touch $@
