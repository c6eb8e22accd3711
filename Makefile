# Jogakbo: `make` prints this help; `make demo` and `make test` set everything up by themselves.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.ONESHELL:
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
STAGE  ?= dev
UV_VERSION := 0.13.9
VENV   := .venv
PY     := $(VENV)/bin/python
UV     := .local/tools/bin/uv
CDK    := node_modules/.bin/cdk
PYTEST  = $(PY) -m pytest $(if $(ALL),,-m "not slow")
ON_THE_CLOUD := tests/e2e tests/contract
CLOUD_LOG := .local/cloud-tests.log

export UV_PYTHON_DOWNLOADS := never
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
unexport PYTHONDONTWRITEBYTECODE

##@ Start here
help: ## Print this help
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup ## Run the whole product on this machine with a shop's clickstream
	@$(PY) -m local demo

test: setup ## Run every test, the local cloud included (ALL=1 adds the long fault runs; T=path for a part)
	@$(if $(T),exec $(PYTEST) $(T))
	mkdir -p .local
	echo "The tests on the local cloud run beside the others; what they print is in $(CLOUD_LOG)."
	$(PYTEST) $(ON_THE_CLOUD) >$(CLOUD_LOG) 2>&1 & cloud=$$!
	trap 'kill $$cloud 2>/dev/null; exit 130' INT TERM
	failed=0
	$(PYTEST) tests $(addprefix --ignore=,$(ON_THE_CLOUD)) || failed=1
	echo "Waiting for the tests on the local cloud."
	wait $$cloud || failed=1
	cat $(CLOUD_LOG)
	exit $$failed

##@ The local cloud
up: setup ## Start the local cloud and deploy to it; writes .local/outputs.json
	@$(PY) -m local up

down: ## Stop the local cloud; nothing stays running
	@if [ -x $(PY) ]; then $(PY) -m local down; else echo "Nothing is set up here, so nothing runs."; fi

invoke: setup ## Invoke a function on the local cloud: make invoke FN=store_events EVENT=events/triggers/store_events.json
	@$(PY) -m local invoke "$(FN)" "$(EVENT)"

##@ Quality
check: setup ## Lint, format check and types
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/mypy

bench: setup ## Measure what an event costs, race peers, draw docs/bench.md (ALL=1: a million events; PARTS="units cpu")
	@echo "Set-up: what ours is raced against (uv.lock), in .local/bench-venv"
	UV_PROJECT_ENVIRONMENT=.local/bench-venv $(UV) sync --quiet --frozen --group bench --compile-bytecode --python "$$(command -v $(PYTHON))"
	.local/bench-venv/bin/python -m bench $(PARTS) $(if $(ALL),--all)

##@ Your AWS account
build: setup ## Fetch wheels and build the function assets for Lambda (arm64, Python 3.13)
	@$(PY) -m infra.packaging

synth: build ## Synthesise the stack of STAGE without credentials or network
	@$(CDK) synth --quiet -c stage=$(STAGE) && echo "Template in cdk.out/. Next: make deploy STAGE=$(STAGE)"

deploy: build ## Check the account, deploy STAGE, and print what to do next
	@$(PY) -m infra.preflight --stage $(STAGE)
	$(CDK) deploy -c stage=$(STAGE)
	echo "Next: $(VENV)/bin/jogakbo init --stage $(STAGE), then make smoke STAGE=$(STAGE)"

smoke: setup ## Send one marked event to STAGE and see it on the bus
	@$(VENV)/bin/jogakbo smoke --stage $(STAGE)

destroy: build ## Remove STAGE; for production, list what stays
	@$(PY) -m infra.destroy --stage $(STAGE)

##@ Set-up (the others call it)
setup: .local/setup.stamp ## Create .venv and node_modules from the lock files

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; found " + sys.version.split()[0] + ". Remedy: make PYTHON=/path/to/python3.11")'
	command -v npm >/dev/null || { echo "npm is needed for the cdk CLI. Remedy: install Node.js 20 or newer."; exit 1; }
	echo "Set-up 1/3: uv $(UV_VERSION)"
	$(PYTHON) -m venv .local/tools
	.local/tools/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.local/setup.stamp: $(UV) uv.lock pyproject.toml package.json package-lock.json
	@echo "Set-up 2/3: Python packages (uv.lock)"
	$(UV) sync --quiet --frozen --compile-bytecode --python "$$(command -v $(PYTHON))"
	echo "Set-up 3/3: the cdk CLI (package-lock.json)"
	npm ci --no-fund --no-audit --loglevel=error >/dev/null
	touch $@

.PHONY: help demo test up down invoke check bench build synth deploy smoke destroy setup
