# The two commands are `make demo` and `make test`; each sets up all that it needs. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
CODE := $(wildcard zipline tests examples benchmarks docs/hooks.py docs/doctests.py)
JOBS ?= 2
export PYTHON
# Where Python may not keep what it compiled, each start compiles all of numba again, for seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup setup-test demo test lint types contract pytest docs mutants bench format lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.demo-stamp ## build .venv with what the demo needs
setup-test: $(VENV)/.test-stamp ## build .venv with what the tests need

# A stamp is newer than the lock it was made from, so that the second call does nothing. The full set holds the small one.
$(VENV)/.demo-stamp: requirements/build.txt requirements/demo.txt pyproject.toml .ci/setup
	@.ci/setup $(VENV) requirements/build.txt requirements/demo.txt
	@touch $@
$(VENV)/.test-stamp: requirements/build.txt requirements/test.txt pyproject.toml .ci/setup
	@.ci/setup $(VENV) requirements/build.txt requirements/test.txt
	@touch $@ $(VENV)/.demo-stamp

demo: setup ## run examples/flights on 336,776 real flights
	@$(BIN)/python -m examples.flights.demo

test: lint types contract pytest docs ## lint, types, import contract, tests and doctests, documentation

lint: setup-test ## ruff: lint and format
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

types: setup-test ## mypy, strict
	$(BIN)/mypy $(CODE)

contract: setup-test ## which package may import which
	$(BIN)/lint-imports --no-logo --no-cache

pytest: setup-test ## tests and doctests
	$(BIN)/python -m pytest -q -n $(JOBS)

docs: setup-test ## build the documentation into build/site, without a warning
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

mutants: setup-test ## small changes to the code, each of which a test must catch
	$(BIN)/python -m tests.mutants

bench: setup-test ## name the benchmarks; `python -m benchmarks NAME` runs one
	$(BIN)/python -m benchmarks list

format: setup-test ## let ruff format and mend what it can
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

# The demo's lock takes its versions from the full one, so that moving from one set to the other changes nothing.
UV_COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate $(LOCK_FLAGS)
EXTRAS := avro confluent delta demo iceberg pandas plot s3 server spark sql docs dev
lock: ## resolve the pinned dependencies again (needs uv; LOCK_FLAGS=--upgrade takes newer versions)
	$(UV_COMPILE) pyproject.toml $(addprefix --extra ,$(EXTRAS)) -o requirements/test.txt
	$(UV_COMPILE) pyproject.toml --extra demo --group build -c requirements/test.txt -o requirements/demo.txt
	$(UV_COMPILE) --group build -c requirements/test.txt -o requirements/build.txt

clean: ## remove .venv, caches and builds
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find zipline tests -name __pycache__ -type d -prune -exec rm -rf {} +
