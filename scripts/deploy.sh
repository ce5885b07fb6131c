#!/usr/bin/env bash
# Puts Hookrunner into the cluster that kubectl speaks to: one image, three functions, the informer, the webhook.
# What an overlay before it has left is deleted. Nothing is changed where the cluster lacks what the overlay needs.
# Settings, by environment: REGISTRY or IMAGE (with its digest), BUILD, OVERLAY (default), KUBECTL, FUNC_CLI, TIMEOUT.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
. scripts/objects.sh
. scripts/authority.sh

need "${kubectl[0]}" KUBECTL
need openssl PATH
folder=$(overlay)
timeout=${TIMEOUT:-300s}

# These would go on writing what the new manifests' owners write: the informer's K_SINK, the certificate's Secret.
rivals=(SinkBinding.sources.knative.dev Certificate.cert-manager.io Issuer.cert-manager.io)
# These may serve until the new ones do. Never: the namespace, the history, the Lease.
others=(DomainMapping.serving.knative.dev ClusterDomainClaim.networking.internal.knative.dev
  Trigger.eventing.knative.dev Broker.eventing.knative.dev ServiceMonitor.monitoring.coreos.com
  Service.serving.knative.dev Service Deployment.apps PodDisruptionBudget.policy NetworkPolicy.networking.k8s.io
  RoleBinding.rbac.authorization.k8s.io Role.rbac.authorization.k8s.io ServiceAccount
  ClusterRoleBinding.rbac.authorization.k8s.io ClusterRole.rbac.authorization.k8s.io)

# The gateway's name as the API server will ask for it: its Service must be there, with the port that the webhook names.
need_gateway() {
  local service space ports
  IFS=. read -r service space _ <<<"$host"
  ports=$("${kubectl[@]}" get service "$service" --namespace "$space" --ignore-not-found -o 'jsonpath={.spec.ports[*].port}')
  [[ " $ports " == *" 443 "* ]] || fail "the webhook would ask Service $service in namespace $space at port 443, and" \
    "there is none: put the Service of your ingress into gateway.yaml (config/README.md). Nothing was changed"
}

plain=$("${kubectl[@]}" kustomize "$folder")
wanted=$(objects <<<"$plain")
host=$(sed -n 's/^DomainMapping\.serving\.knative\.dev //p' <<<"$wanted")
[[ $host == *.*.svc ]] || fail "$folder has no DomainMapping with a gateway's name: OVERLAY must be a whole installation"
learn_kinds
need_kinds "$wanted"
need_gateway

image=${IMAGE:-}
if [[ -z $image ]]; then
  say "build and push the image (once; minutes)"
  image=$(scripts/build.sh)
fi
[[ $image == *@sha256:* ]] || fail "IMAGE=$image has no digest: name it as <repository>@sha256:<digest>"
say "image $image"

mkdir -p build
work=$(mktemp -d build/deploy.XXXXXX)
trap 'rm -rf "$work"' EXIT
cat >"$work/kustomization.yaml" <<END
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../../$folder]
images: [{name: hookrunner, newName: ${image%@*}, digest: ${image#*@}}]
END
manifests=$("${kubectl[@]}" kustomize "$work")

apply() { "${kubectl[@]}" apply --server-side --force-conflicts "$@" >/dev/null; }

say "namespace and Secrets"
apply -f config/components/namespace/namespace.yaml
if ! "${kubectl[@]}" get secret hookrunner-hook --namespace "$namespace" >/dev/null 2>&1; then
  "${kubectl[@]}" create secret generic hookrunner-hook --namespace "$namespace" \
    --from-literal=token="$(openssl rand -hex 32)" >/dev/null
fi

prune "$wanted" "${rivals[@]}"
own_certificates() { ! grep -q '^Certificate\.' <<<"$wanted"; }
if own_certificates; then
  give_to_script
  HOST=$host config/certs/generate.sh install
else
  give_to_cert_manager
fi

say "apply $folder"
apply -f - <<<"$manifests"
if own_certificates; then config/certs/generate.sh trust; fi

say "wait until all is ready"
late() {
  fail "not ready within $timeout. Which, and why: make status; kn service describe mutate --namespace $namespace" \
    "(record and hook likewise); docs/operations.md, Troubleshoot. What served before goes on"
}
"${kubectl[@]}" wait --namespace "$namespace" --timeout "$timeout" --for=condition=Ready \
  ksvc/mutate ksvc/record ksvc/hook "domainmapping/$host" >/dev/null || late
"${kubectl[@]}" rollout status --namespace "$namespace" --timeout "$timeout" deployment/informer >/dev/null || late
if ! own_certificates; then need_trust "$host"; fi
prune "$wanted" "${others[@]}"
say "ready: label a namespace of CI jobs with hookrunner.dev/placement=enabled"
