# Tasks. `make help` lists them. Everything is installed into .venv from hashed lock files.
# The environment may name a package index for pip; uv is told not to read configuration of its own.
export UV_PYTHON_DOWNLOADS := never
export UV_NO_CONFIG := 1
export LAN PUBLIC_BASE_URL PORT

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READER := shop/static/vendor/zxing
.DEFAULT_GOAL := help
.PHONY: help run test check test-faults bench format clean reader

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: $(VENV)/.run-ok $(READER)/.ok ## Serve the demo at http://127.0.0.1:8000 (PORT=, LAN=1, PUBLIC_BASE_URL=)
	@exec $(BIN)/langnghe serve

test: $(VENV)/.dev-ok $(READER)/.ok ## Run the whole test suite: SQLite, PostgreSQL, browser where Chromium is found
	$(BIN)/python -m pytest

check: $(VENV)/.dev-ok ## Lint, format, types, architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p traceability -p shop
	$(BIN)/python -m pytest -q -n 0 -p no:randomly tests/test_architecture.py

test-faults: $(VENV)/.dev-ok ## The full-size crash, race and overload tests
	$(BIN)/python -m pytest -m faults

bench: $(VENV)/.dev-ok ## Print the benchmark figures as ratios and write bench.json
	$(BIN)/python -m bench

format: $(VENV)/.dev-ok ## Sort imports and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What reads codes in browsers that read none themselves. Nobody else's file is committed; without npm, or without
# a registry, everything else works, and the inspector's page says what is missing.
$(READER)/.ok: browser/package-lock.json
	@mkdir -p $(READER)
	@if command -v npm >/dev/null && npm ci --prefix browser --ignore-scripts --no-audit --no-fund --silent --fetch-retries=1 --fetch-timeout=20000; then \
	  cp browser/node_modules/zxing-wasm/dist/iife/reader/index.js $(READER)/reader.js && \
	  cp browser/node_modules/zxing-wasm/dist/reader/zxing_reader.wasm browser/node_modules/zxing-wasm/LICENSE $(READER)/ && \
	  touch $@; \
	else echo "without npm the inspector's page reads codes only where the browser does"; fi

reader: $(READER)/.ok ## Fetch what reads codes in browsers that cannot (needs npm; done by run and test)

clean: ## Remove the virtual environment and caches; the data folder stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis tests/peers/node_modules browser/node_modules $(READER)

# uv installs ten times as fast; pip, which checks the same hashes, does where uv cannot be had.
define install
	test -x $(BIN)/python || $(PYTHON) -m venv --clear $(VENV)
	( ( test -x $(BIN)/uv || $(BIN)/python -m pip install -q 'uv>=0.13,<0.14' ) \
	  && $(BIN)/uv pip install -q --require-hashes --python $(BIN)/python -r $(1) \
	  && $(BIN)/uv pip install -q --no-deps --no-build-isolation --python $(BIN)/python -e . ) \
	|| ( $(BIN)/python -m pip install -q --require-hashes -r $(1) \
	  && $(BIN)/python -m pip install -q --no-deps --no-build-isolation -e . )
	$(BIN)/pybabel -q compile -d shop/translations
endef

PO := $(wildcard shop/translations/*/LC_MESSAGES/*.po)

$(VENV)/.run-ok: requirements.lock pyproject.toml $(PO)
	$(call install,requirements.lock)
	touch $@

$(VENV)/.dev-ok: requirements-dev.lock pyproject.toml $(PO)
	$(call install,requirements-dev.lock)
	touch $@ $(VENV)/.run-ok
