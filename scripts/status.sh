#!/usr/bin/env bash
# Tells how Hookrunner is in the cluster that kubectl speaks to: readiness, history, what ends when.
# Exit status 1 if something is not ready, or ends within WARN_DAYS.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

status=0
in_namespace() { "${kubectl[@]}" --namespace "$namespace" "$@"; }
warn() { echo "  ! $*" && status=1; }

need "${kubectl[0]}" KUBECTL
found=$("${kubectl[@]}" get mutatingwebhookconfiguration hookrunner --ignore-not-found -o name)
[[ -n $found ]] || fail "Hookrunner is not in this cluster: make deploy"

echo "functions"
in_namespace get ksvc -o custom-columns='  NAME:.metadata.name,READY:.status.conditions[?(@.type=="Ready")].status,REVISION:.status.latestReadyRevisionName' |
  while read -r line; do echo "  $line"; done
in_namespace get ksvc -o jsonpath='{.items[*].status.conditions[?(@.type=="Ready")].status}' | grep -qv 'False\|Unknown' ||
  warn "not all are ready: kn service describe NAME --namespace $namespace"

echo "informer"
echo "  $(in_namespace get deployment informer -o jsonpath='{.status.readyReplicas} of {.spec.replicas} ready'), leader $(in_namespace get lease hookrunner-informer -o jsonpath='{.spec.holderIdentity}')"
[[ $(in_namespace get deployment informer -o jsonpath='{.status.readyReplicas}') -ge 1 ]] || warn "no replica is ready"

echo "history"
echo "  $(in_namespace get configmap hookrunner-history -o go-template='{{len .data}}' 2>/dev/null || echo 0) entries"

echo "webhook"
host=$(in_namespace get domainmapping -o jsonpath='{.items[0].metadata.name}')
echo "  by $host, DomainMapping ready: $(in_namespace get domainmapping "$host" -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}')"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
in_namespace get secret hookrunner-tls -o jsonpath='{.data.tls\.crt}' | base64 -d >"$work/tls.crt"
in_namespace get secret hookrunner-ca -o jsonpath='{.data.tls\.crt}' | base64 -d >"$work/ca.crt"
"${kubectl[@]}" get mutatingwebhookconfiguration hookrunner -o jsonpath='{.webhooks[0].clientConfig.caBundle}' |
  base64 -d >"$work/bundle.crt"
for name in tls ca; do
  echo "  $name.crt until $(openssl x509 -in "$work/$name.crt" -noout -enddate | cut -d= -f2)"
  openssl x509 -in "$work/$name.crt" -noout -checkend $((${WARN_DAYS:-14} * 86400)) >/dev/null ||
    warn "$name.crt ends within ${WARN_DAYS:-14} days: docs/operations.md, Rotate"
done
if openssl verify -CAfile "$work/bundle.crt" -verify_hostname "$host" "$work/tls.crt" >/dev/null 2>&1; then
  echo "  the certificate is for $host, and the webhook trusts it"
else
  warn "the webhook does not trust the certificate for $host: docs/operations.md, Troubleshoot"
fi
exit $status
