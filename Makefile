# `make help` lists what there is. Every target sets up what it needs by itself.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin

# A stamp of the pins: an environment is made anew when its requirement file changes, and only then.
DEV := .venv/.ready
FUNC := .venv-func/.ready
FUZZ := .venv-fuzz/.ready

##@ Start here

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-zA-Z0-9_-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(DEV) ## Show the main job on this machine, without a cluster
	@$(BIN)/python -m demo

.PHONY: test
test: setup ## Run every test, on a real API server and both runtimes
	@$(BIN)/python -m tests.controlplane.build
	@$(BIN)/pytest --cov --cov-report=term --numprocesses=auto --maxprocesses=4 --dist=loadfile

##@ Develop

.PHONY: setup
setup: $(DEV) $(FUNC) ## Make both environments: .venv (development) and .venv-func

$(DEV): requirements/dev.txt requirements/bootstrap.txt
	@scripts/environment.sh "$(PYTHON)" .venv requirements/dev.txt

$(FUNC): requirements/func.txt requirements/bootstrap.txt
	@scripts/environment.sh "$(PYTHON)" .venv-func requirements/func.txt

.PHONY: check
check: $(DEV) ## Format, lint, types, layers: in under a minute
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: faults
faults: setup ## One fault after another on a real control plane: is every binding recorded?
	@$(BIN)/python -m tests.controlplane.build
	@$(BIN)/python -m bench.faults

.PHONY: fuzz
fuzz: $(DEV) ## A million hostile inputs: COUNT=, SECONDS=, SEED=, ONLY=review for one target, REPLAY=FILE
	@$(MAKE) --no-print-directory $(FUZZ) || echo "atheris cannot be installed here: the coverage-guided part is left out" >&2
	@$(BIN)/python -m tests.fuzz $(foreach name,COUNT SECONDS SEED ONLY REPLAY KEEP,$(if $($(name)),--$(shell echo $(name) | tr A-Z a-z) $($(name))))

$(FUZZ): requirements/fuzz.txt requirements/bootstrap.txt
	@scripts/environment.sh "$(PYTHON)" .venv-fuzz requirements/fuzz.txt

.PHONY: format
format: $(DEV) ## Format the code and mend what the linter can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: lock
lock: $(DEV) ## Pin and hash the requirement files anew from pyproject.toml
	@scripts/lock.sh

.PHONY: proto
proto: $(DEV) ## Generate the gRPC code of the scaler anew from its .proto
	@$(BIN)/python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. --grpc_python_out=. scaler/externalscaler.proto

##@ Run on a cluster

export REGISTRY IMAGE BUILD OVERLAY KUBECTL FUNC_CLI KN LAB TESTS

.PHONY: deploy
deploy: ## Put all of it into a cluster: REGISTRY=… OVERLAY=default|istio|…
	@scripts/deploy.sh

.PHONY: status
status: ## Tell what is ready, and what expires when
	@scripts/status.sh

.PHONY: undeploy
undeploy: ## Take all of it out again, the history too
	@scripts/undeploy.sh

.PHONY: e2e
e2e: $(DEV) ## Prove it on a cluster: KUBECONFIG=… REGISTRY=… OVERLAY=…, else on the lab
	@scripts/e2e.sh

.PHONY: e2e-keda
e2e-keda: $(DEV) ## Prove the scaler with real KEDA, on the lab
	@scripts/e2e_keda.sh

.PHONY: bench
bench: setup ## Measure against Go webhooks and a CEL policy: BENCH=name for one, LONG=1 for steadier figures
	@$(BIN)/python -m tests.controlplane.build
	@$(BIN)/python -m bench $(BENCH) $(if $(LONG),--long)

.PHONY: bench-knative
bench-knative: setup ## Measure the whole path through Knative, on the lab: LONG=1 for steadier figures
	@$(BIN)/python -m tests.controlplane.build
	@scripts/bench_knative.sh $(if $(LONG),--long)
