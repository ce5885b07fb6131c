#!/usr/bin/env bash
# Takes all of Hookrunner out of the cluster that kubectl speaks to, its history too. Pods are created as before at once.
# Settings, by environment: OVERLAY (default), KUBECTL.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

need "${kubectl[0]}" KUBECTL
folder=$(overlay)
delete() { "${kubectl[@]}" delete --ignore-not-found --wait --timeout "${TIMEOUT:-300s}" "$@"; }
say "the webhook first: nothing is asked while the rest goes"
delete mutatingwebhookconfiguration hookrunner
say "delete $folder"
delete -k "$folder"
say "gone"
