#!/usr/bin/env bash
# Proves the scaler with real KEDA, on the lab beside the repository (LAB). What it shows: tests/e2e_keda/README.md.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

lab=$(realpath "${LAB:-../shared/lab/lab}")
[[ -x $lab ]] || fail "set LAB to a lab: there is none at $lab"
say "the lab: a cluster of its own, KEDA, the base image"
"$lab" up --fake-nodes 3
"$lab" keda up
"$lab" python-base
IMAGE=$(FUNC_CLI="$lab func" REGISTRY=registry.local:5000/hookrunner scripts/build.sh)
export IMAGE
read -ra tests <<<"${TESTS:-tests/e2e_keda}"
# Steps are told as they happen (-s).
exec "$lab" exec .venv/bin/pytest -s -q --timeout 900 "${tests[@]}"
