# Every target works from a fresh clone: `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What `make offline-bundle` made brings its packages with it.
ifneq ($(wildcard wheels/*.whl),)
export PIP_NO_INDEX := 1
export PIP_FIND_LINKS := $(CURDIR)/wheels
endif

.PHONY: help setup demo test lint evals bench crash fulldisk audit attacks run clean offline-bundle offline-test
.DEFAULT_GOAL := help

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.demo ## Create .venv and install Oddspot with the demo's photographs

demo: .venv/.demo ## Learn 200 good solar cells, watch 40 unseen ones, ask three questions (ARGS=--no-chat)
	@$(BIN)/oddspot demo $(ARGS)

test: .venv/.dev ## Run every test on two cores, what holds a time limit by itself (ARGS="-k words" for some)
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not alone" $(ARGS) || test $$? -eq 5
	@$(BIN)/python -m pytest -m alone $(ARGS) || test $$? -eq 5

lint: .venv/.dev ## ruff, mypy strict, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

evals: .venv/.dev ## Ask the question bank and judge every answer (ARGS="--half unseen", --failures, --check)
	@$(BIN)/python -m tests.evals $(ARGS)

audit: .venv/.dev ## Look for known vulnerabilities of what is installed (needs a network)
	@$(BIN)/python -m tests.audit

attacks: .venv/.dev ## Try every prompt injection at every place it can stand
	@ODDSPOT_ALL_ATTACKS=1 $(BIN)/python -m pytest tests/unit/agent/assistant/model/test_injections.py --timeout 1200 $(ARGS)

bench: .venv/.dev ## Measure accuracy, speed and time to the first message
	@$(BIN)/python -m tests.benchmarks $(ARGS)

crash: .venv/.dev ## Kill the service at every step and at random, on both databases (ARGS="--seeds 20 --kills 10")
	@$(BIN)/python -m tests.crash $(ARGS)

fulldisk: .venv/.dev ## Fill the disk at every single write, on both databases (minutes; `make test` takes some of them)
	@ODDSPOT_TEST_EVERY_WRITE=1 $(BIN)/python -m pytest tests/contracts/test_full_disk.py $(ARGS)

run: .venv/.demo ## Start the service with ./oddspot.yaml
	@$(BIN)/oddspot run $(ARGS)

offline-bundle: .venv/bin/python ## Pack this commit and all its packages for a machine without a network (EXTRAS= for no demo)
	@PYTHON=$(BIN)/python .ci/offline-bundle $(ARGS)

offline-test: ## Install from that bundle and run the demo with the network cut off (Linux; minutes, and 12 GB of disk)
	@.ci/offline-test

clean: ## Remove .venv and caches; data stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache tests/node/node_modules

.venv/bin/python:
	@echo "Creating .venv. Installing takes about 3 minutes and 6 GB with PyTorch's usual build,"
	@echo "under 2 GB with its CPU build: README, section Install, has the one line for that."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Oddspot needs Python 3.11 or newer.")'
	@$(PYTHON) -m venv .venv

.venv/.demo: pyproject.toml | .venv/bin/python
	@$(BIN)/pip install --quiet --progress-bar off -e '.[demo]'
	@touch $@

.venv/.dev: pyproject.toml | .venv/bin/python
	@$(BIN)/pip install --quiet --progress-bar off -e '.[demo,dev]'
	@touch $@ .venv/.demo
