#!/usr/bin/env bash
# Takes all of Hookrunner out of the cluster that kubectl speaks to, whatever overlay it came by: its history too, and
# the scaler where it is in the same namespace. Pods are created as before at once. Settings, by environment: KUBECTL.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
. scripts/objects.sh

need "${kubectl[0]}" KUBECTL
delete() { "${kubectl[@]}" delete "$@" --ignore-not-found --wait --timeout "${TIMEOUT:-600s}" >/dev/null; }

# by_label KIND…: of the kinds that the cluster knows. A claim goes after its DomainMapping, which would claim again.
by_label() {
  local kind of
  for kind in "$@"; do
    of=$(resource "$kind")
    if [[ -n $of ]]; then delete "$of" --selector "$part"; fi
  done
}

learn_kinds
say "the webhook first: nothing is asked while the rest goes"
by_label MutatingWebhookConfiguration.admissionregistration.k8s.io
say "the namespace, with all that is in it (minutes)"
delete namespace "$namespace"
say "what lies outside of it"
by_label ClusterDomainClaim.networking.internal.knative.dev ClusterRoleBinding.rbac.authorization.k8s.io \
  ClusterRole.rbac.authorization.k8s.io
say "gone"
