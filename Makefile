# Every target sets up what it needs; `make up` and `make test` are all a fresh machine has to be told.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

UV_VERSION := $(shell sed -n 's/^required-version = "==\(.*\)"/\1/p' pyproject.toml)
TOOLS := .slipway
# Certificates of the machine count, not only those a wheel carries: company proxies have their own.
export UV_SYSTEM_CERTS := 1
export UV_PYTHON_DOWNLOADS := never
UV := $(TOOLS)/uv-$(UV_VERSION)/bin/uv
RUN := $(UV) run --frozen
SOURCES := infra localcloud tests __main__.py

.PHONY: help
help: ## Say what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-13s %s\n", $$1, $$2}'

.PHONY: up
up: $(UV) ## Bring the whole cloud up here and deploy HEAD (RELEASE=<commit>: that release, nothing built)
	@$(RUN) python -m localcloud up $(if $(RELEASE),--release $(RELEASE))

.PHONY: preview
preview: $(UV) ## Say what `make up` would change
	@$(RUN) python -m localcloud preview $(if $(RELEASE),--release $(RELEASE))

.PHONY: down
down: $(UV) ## Stop everything (PURGE=1: and remove its files)
	@$(RUN) python -m localcloud down $(if $(PURGE),--purge)

.PHONY: status
status: $(UV) ## Say what runs
	@$(RUN) python -m localcloud status

.PHONY: doctor
doctor: $(UV) ## Say what this machine lacks
	@$(RUN) python -m localcloud doctor

.PHONY: test
test: $(UV) ## Run every test that needs no running cloud
	@$(RUN) pytest --cov --cov-report=
	@$(RUN) coverage report --include='infra/*' --fail-under=90
	@$(RUN) coverage report --include='localcloud/*' --fail-under=90
	@cd backend && ../$(UV) run --frozen pytest

.PHONY: smoke
smoke: $(UV) ## Test what `make up` left running
	@$(RUN) pytest -m cluster tests/cluster/test_smoke.py

.PHONY: test-cluster
test-cluster: $(UV) ## Test releases, failures and returns on what `make up` left running
	@$(RUN) pytest -m cluster tests/cluster --durations=0

.PHONY: test-watch
test-watch: $(UV) ## Run the tests again on every change
	@$(RUN) pytest-watcher . -- -x

.PHONY: coverage
coverage: test ## Say which lines no test reaches
	@$(RUN) coverage report --skip-covered --show-missing

.PHONY: lint
lint: $(UV) ## Check style, layers, workflow and Dockerfile rules
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) lint-imports

.PHONY: format
format: $(UV) ## Put the code in its one form
	@$(RUN) ruff check --fix .
	@$(RUN) ruff format .

.PHONY: type-check
type-check: $(UV) ## Check types, strictly
	@$(RUN) mypy
	@cd backend && ../$(UV) run --frozen mypy

$(UV):
	@python3 -m venv --help >/dev/null 2>&1 && python3 -c 'import ensurepip' 2>/dev/null || \
	  { [ "$$(id -u)" = 0 ] || { echo 'python3-venv is missing: run as root, or apt-get install python3-venv' >&2; exit 1; }; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
	      ca-certificates git python3-venv >/dev/null; }
	@python3 -m venv $(TOOLS)/uv-$(UV_VERSION)
	@$(TOOLS)/uv-$(UV_VERSION)/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@
