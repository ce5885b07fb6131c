# What the manifests hold, what the cluster knows, and what it has of ours that is in no manifest. Needs common.sh.
# shellcheck shell=bash

# By these it is ours; config/components/labels sets them. The scaler has the first only, and is never pruned.
part=app.kubernetes.io/part-of=hookrunner
placement=$part,app.kubernetes.io/component=placement

# objects: "<Kind>[.<group>] <name>" for each object of the manifests on stdin, as kustomize writes them.
objects() {
  awk '/^[^ ]/ {inside = $1 == "metadata:"}
    /^apiVersion: / {group = sub("/.*", "", $2) ? "." $2 : ""}
    /^kind: / {kind = $2}
    inside && /^  name: / {print kind group, $2}'
}

# resource KIND: kubectl's name for it, such as services.serving.knative.dev; nothing if its definition is not there.
resource() { awk -v kind="$1" '$1 == kind {print $2}' <<<"$known"; }

# learn_kinds: asks the cluster once for all the kinds that it knows.
learn_kinds() {
  local said
  said=$("${kubectl[@]}" api-resources --no-headers) || [[ -n $said ]] || fail "kubectl reaches no cluster: see above"
  known=$(awk '{group = $(NF - 2); group = sub("/.*", "", group) ? "." group : ""; print $NF group, $1 group, $(NF - 1)}' <<<"$said")
}

# need_kinds OBJECTS: ends if the cluster does not know a kind among them, before half of them are applied.
need_kinds() {
  local kind missing=()
  for kind in $(cut -d' ' -f1 <<<"$1" | sort -u); do
    if [[ -z $(resource "$kind") ]]; then missing+=("$kind"); fi
  done
  [[ ${#missing[@]} -eq 0 ]] ||
    fail "the cluster does not know ${missing[*]}: docs/operations.md tells what each overlay needs. Nothing was changed"
}

# prune OBJECTS KIND…: deletes what is ours, of these kinds, and not among the objects. What has an owner goes with it.
prune() {
  local wanted=$1 kind of name delete
  for kind in "${@:2}"; do
    of=$(resource "$kind")
    if [[ -z $of ]]; then continue; fi
    for name in $("${kubectl[@]}" get "$of" --namespace "$namespace" --selector "$placement" -o \
      go-template='{{range .items}}{{if not .metadata.ownerReferences}}{{.metadata.name}} {{end}}{{end}}'); do
      if grep -qxF "$kind $name" <<<"$wanted"; then continue; fi
      say "delete $of/$name, which $folder has not"
      delete=("${kubectl[@]}" delete "$of" "$name" --ignore-not-found --timeout "${TIMEOUT:-300s}")
      # kubectl warns of a namespace that is named for what has none.
      if grep -qxF "$kind $of true" <<<"$known"; then delete+=(--namespace "$namespace"); fi
      "${delete[@]}" >/dev/null
    done
  done
}
