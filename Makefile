# Two commands: `make try` runs the whole product for real, `make test` runs every test.
# Everything lives in .venv; nothing is asked and nothing is needed but Python, make and git.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
RUN := $(VENV)/.run-ready
TEST := $(VENV)/.test-ready
MODEL := qwen2.5-coder-0.5b

.PHONY: help try stop test lint reference bench soak build lock clean
help:
	@echo "make try    set everything up and ask a real model about a real file"
	@echo "make stop   stop the server that make try leaves running"
	@echo "make test   set everything up and run every test"
	@echo "make lint   types, style, import contracts, pinned requirements, the reference"
	@echo "make reference  write the commands' pages and the man page from the table of commands"
	@echo "make bench  measure the client and the gateway beside their peers"
	@echo "make soak   kill servers at random under load and check every row (about three minutes)"
	@echo "make build  build both distributions and check what is in them"
	@echo "make lock   renew the pinned requirement files (needs uv and npm)"

$(BIN)/python:
	@python="$$(sh scripts/find-python)" && echo "Making $(VENV) with $$python" && "$$python" -m venv $(VENV)

# Third parties by hash; then our own two by path and without dependencies, so that no package of
# the same name can come from elsewhere.
$(RUN): $(BIN)/python requirements/run.txt client/pyproject.toml server/pyproject.toml
	@echo "Installing what the product needs (about a minute the first time)"
	@$(PIP) install --no-deps --require-hashes -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation -e client -e server
	@touch $@

$(TEST): $(RUN) requirements/test.txt
	@echo "Installing what the tests need"
	@$(PIP) install --no-deps --require-hashes -r requirements/test.txt
	@touch $@

.PHONY: model
model: $(RUN)
	@$(BIN)/aniate-server model pull $(MODEL) --mirror scripts/model-mirror.toml

try: model
	@sh scripts/try

stop: $(RUN)
	@$(BIN)/aniate-server --data "$$(sh scripts/try-data)" down

# Most tests wait for something: two processes share them, each file whole, each process with a
# PostgreSQL of its own.
test: $(TEST) model
	@sh scripts/test-packages
	@$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(TEST)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python scripts/check_requirements.py
	@$(BIN)/python scripts/write_reference.py --check

reference: $(RUN)
	@$(BIN)/python scripts/write_reference.py

bench: $(TEST) model
	@$(BIN)/python -m bench.cli
	@$(BIN)/python -m bench.gateway
	@$(BIN)/python -m bench.gateway --users 100000
	@$(BIN)/python -m bench.gateway --memory

soak: $(TEST)
	@$(BIN)/python -m bench.soak

build: $(TEST)
	@rm -rf dist
	@$(BIN)/python -m build --no-isolation --outdir dist client >/dev/null
	@$(BIN)/python -m build --no-isolation --outdir dist server >/dev/null
	@$(BIN)/twine check --strict dist/*
	@$(BIN)/python -m contract.golden_rule dist
	@ls dist

lock:
	@cd requirements && for name in run test bench-gateway; do \
		uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --allow-unsafe --upgrade $$name.in -o $$name.txt; done
	@cd requirements && for name in client bench bench-sgpt; do \
		uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-emit-index-url --no-header --allow-unsafe --upgrade $$name.in -o $$name.txt; done
	@cd requirements/bench-portkey && npm update --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund

clean:
	rm -rf $(VENV) dist build bench/build .mypy_cache .ruff_cache .pytest_cache
