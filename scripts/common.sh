# What the cluster's scripts share: which programs, which overlay.
# shellcheck shell=bash
read -ra kubectl <<<"${KUBECTL:-kubectl}"
read -ra func <<<"${FUNC_CLI:-func}"
namespace=hookrunner

say() { printf '%s  %s\n' "$(date +%T)" "$*"; }

fail() {
  echo "$(basename "$0" .sh): $*" >&2
  exit 1
}

# need PROGRAM SETTING: ends with a word on where to get it, if it is not there.
need() { command -v "$1" >/dev/null || fail "there is no $1: install it, or name it in $2"; }

# The folder of config/ that OVERLAY names: default, or one of overlays/.
overlay() {
  local name=${OVERLAY:-default} folder
  folder=config/overlays/$name
  if [[ $name == default ]]; then folder=config/default; fi
  [[ -f $folder/kustomization.yaml ]] ||
    fail "OVERLAY=$name: there is default, $(cd config/overlays && echo * | tr ' ' ,)"
  echo "$folder"
}
