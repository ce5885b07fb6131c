#!/usr/bin/env bash
# Puts Hookrunner into the cluster that kubectl speaks to: one image, three functions, the informer, the webhook.
# Settings, by environment: REGISTRY or IMAGE (with its digest), OVERLAY (default), KUBECTL, FUNC_CLI.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

need "${kubectl[0]}" KUBECTL
need openssl PATH
folder=$(overlay)
image=${IMAGE:-}
if [[ -z $image ]]; then
  say "build and push the image (once; minutes)"
  image=$(scripts/build.sh)
fi
[[ $image == *@sha256:* ]] || fail "IMAGE=$image has no digest: name it as <repository>@sha256:<digest>"
say "image $image"

mkdir -p build/deploy
cat >build/deploy/kustomization.yaml <<END
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../../$folder]
images: [{name: hookrunner, newName: ${image%@*}, digest: ${image#*@}}]
END
manifests=$("${kubectl[@]}" kustomize build/deploy)
host=$(sed -n '/^kind: DomainMapping/,/^---/s/^  name: //p' <<<"$manifests")

apply() { "${kubectl[@]}" apply --server-side --force-conflicts "$@" >/dev/null; }

say "namespace and Secrets"
apply -f config/components/namespace/namespace.yaml
if ! "${kubectl[@]}" get secret hookrunner-hook --namespace "$namespace" >/dev/null 2>&1; then
  "${kubectl[@]}" create secret generic hookrunner-hook --namespace "$namespace" \
    --from-literal=token="$(openssl rand -hex 32)" >/dev/null
fi

own_certificates() { ! grep -q '^kind: Certificate$' <<<"$manifests"; }
if own_certificates; then HOST=$host config/certs/generate.sh install; fi

say "apply $folder"
apply -f - <<<"$manifests"
if own_certificates; then config/certs/generate.sh trust; fi

say "wait until all is ready"
wait_for() { "${kubectl[@]}" wait --namespace "$namespace" --timeout "${TIMEOUT:-300s}" "$@" >/dev/null; }
wait_for --for=condition=Ready ksvc/mutate ksvc/record ksvc/hook "domainmapping/$host"
"${kubectl[@]}" rollout status --namespace "$namespace" --timeout "${TIMEOUT:-300s}" deployment/informer >/dev/null
say "ready: label a namespace of CI jobs with hookrunner.dev/placement=enabled"
