#!/usr/bin/env bash
# Measures the whole path through Knative, on the lab beside the repository (LAB): see docs/benchmarks.md.
set -euo pipefail
cd "$(dirname "$0")/.."

LAB=$(realpath "${LAB:-../shared/lab/lab}")
export LAB
scripts/e2e.sh --up
. build/lab.env
exec .venv/bin/python -m bench knative fromzero "$@"
