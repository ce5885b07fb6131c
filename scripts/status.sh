#!/usr/bin/env bash
# Tells how Hookrunner is in the cluster that kubectl speaks to: readiness, history, what ends when.
# Exit status 1 if something is not ready, is missing, or ends within WARN_DAYS; the rest is told all the same.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
. scripts/authority.sh

status=0
in_namespace() { "${kubectl[@]}" --namespace "$namespace" "$@"; }
warn() { echo "  ! $*" && status=1; }
# value ARGUMENT…: what `kubectl get` prints; nothing if it is not there.
value() { in_namespace get "$@" 2>/dev/null || true; }
webhook() { value mutatingwebhookconfiguration hookrunner -o "jsonpath={.webhooks[0].clientConfig.$1}"; }

need "${kubectl[0]}" KUBECTL
found=$("${kubectl[@]}" get mutatingwebhookconfiguration hookrunner --ignore-not-found -o name)
[[ -n $found ]] || fail "Hookrunner is not in this cluster: make deploy"

echo "functions"
value ksvc -o custom-columns='  NAME:.metadata.name,READY:.status.conditions[?(@.type=="Ready")].status,REVISION:.status.latestReadyRevisionName' |
  while read -r line; do echo "  $line"; done
for name in mutate record hook; do
  [[ $(value ksvc "$name" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}') == True ]] ||
    warn "$name is not ready: kn service describe $name --namespace $namespace"
done

echo "informer"
ready=$(value deployment informer -o 'jsonpath={.status.readyReplicas}')
wanted=$(value deployment informer -o 'jsonpath={.spec.replicas}')
leader=$(value lease hookrunner-informer -o 'jsonpath={.spec.holderIdentity}')
echo "  ${ready:-0} of ${wanted:-0} ready, leader ${leader:-nobody}"
[[ ${ready:-0} -ge 1 ]] || warn "no replica is ready: kubectl describe deployment informer --namespace $namespace"

echo "history"
entries=$(value configmap hookrunner-history -o go-template='{{if .data}}{{len .data}}{{else}}0{{end}}')
echo "  ${entries:-0} entries"

echo "webhook"
host=$(webhook service.name).$(webhook service.namespace).svc
mapped=$(value domainmapping "$host" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')
echo "  by $host, DomainMapping ready: ${mapped:-there is none}"
[[ $mapped == True ]] || warn "kubectl describe domainmapping $host --namespace $namespace, or make deploy"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for name in tls ca; do
  value secret "hookrunner-$name" -o 'jsonpath={.data.tls\.crt}' | base64 -d >"$work/$name.crt"
  if ! ends=$(openssl x509 -in "$work/$name.crt" -noout -enddate 2>/dev/null); then
    warn "there is no certificate in the Secret hookrunner-$name: docs/operations.md, Troubleshoot"
    continue
  fi
  echo "  $name.crt until ${ends#*=}"
  openssl x509 -in "$work/$name.crt" -noout -checkend $((${WARN_DAYS:-14} * 86400)) >/dev/null ||
    warn "$name.crt ends within ${WARN_DAYS:-14} days: docs/operations.md, Rotate"
done
if is_trusted "$host"; then
  echo "  the certificate is for $host, and the webhook trusts it"
else
  warn "the webhook does not trust the certificate for $host: docs/operations.md, Troubleshoot"
fi
exit $status
