#!/usr/bin/env bash
# Proves Hookrunner on a real cluster with Knative Serving. What it needs, and leaves: tests/e2e/README.md.
# By KUBECONFIG on any cluster (REGISTRY and OVERLAY too), else on the lab beside the repository (LAB).
# TESTS chooses some: TESTS=tests/e2e/test_03_placement.py. With --up it brings up the lab, installs, and tests nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

use_the_lab() {
  local lab
  lab=$(realpath "${LAB:-../shared/lab/lab}")
  [[ -x $lab ]] || fail "set KUBECONFIG to a cluster with Knative, or LAB to a lab: there is none at $lab"
  say "the lab: a cluster of its own, Knative, the base image"
  "$lab" up --fake-nodes 5
  "$lab" knative up
  "$lab" python-base
  export KUBECTL="$lab kubectl" KN="$lab kn" FUNC_CLI="$lab func"
  export REGISTRY=${REGISTRY:-registry.local:5000/hookrunner} OVERLAY=${OVERLAY:-lab}
}

if [[ -z ${KUBECONFIG:-} && -z ${KUBECTL:-} ]]; then use_the_lab; fi
: "${REGISTRY:?set REGISTRY to where the image is pushed, such as registry.example.com/team}"
if [[ ${1:-} == --up ]]; then
  mkdir -p build
  for name in KUBECTL KN FUNC_CLI REGISTRY OVERLAY; do echo "export $name='${!name:-}'"; done >build/lab.env
  scripts/deploy.sh
  exit
fi
rm -rf e2e-logs
read -ra tests <<<"${TESTS:-tests/e2e}"
# Steps are told as they happen (-s). A test that waits for a cluster may take long.
exec .venv/bin/pytest -s -q --timeout 1800 "${tests[@]}"
