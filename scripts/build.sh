#!/usr/bin/env bash
# Builds the one image of all functions and of the informer with func, and prints its name with its digest.
#
# In a copy of the sources: func writes its results into func.yaml, and ours stays as it is. What has not changed since
# the last build is not built again, unless BUILD=anew: where the registry has lost the image. Versions are those of
# requirements/func.txt. The wheels are those of this machine's architecture: build on one like the cluster's nodes.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh
: "${REGISTRY:?set REGISTRY to where the image is pushed, such as registry.example.com/team}"
need "${func[0]}" FUNC_CLI

sources=(func.yaml .funcignore pyproject.toml README.md LICENSE function informer scaler)
stage=build/func
mkdir -p "$stage"
# One build at a time. Where there is no flock (macOS), that is yours to see to.
if command -v flock >/dev/null; then exec 9>"$stage.lock" && flock 9; fi

listed() { find "${sources[@]}" requirements/func.txt -type f ! -path '*/__pycache__/*' -print0 | sort -z; }
stamp="$(listed | xargs -0 openssl dgst -sha256 | openssl dgst -sha256 | sed 's/.*= //') $REGISTRY ${FUNC_BASE_IMAGE:-}"

if [[ ${BUILD:-} != anew && -f $stage.stamp && $(<"$stage.stamp") == "$stamp" ]]; then
  cat "$stage/.func/built-image" && exit
fi
rm -rf "$stage" "$stage.stamp" && mkdir -p "$stage"
cp -R "${sources[@]}" "$stage"
sed -n 's/^\([A-Za-z0-9_.-]*==[^ ;\\]*\).*/\1/p' requirements/func.txt >build/constraints.txt
(cd "$stage" && PIP_CONSTRAINT=$(cd .. && pwd)/constraints.txt \
  "${func[@]}" build --push --image "$REGISTRY/hookrunner" >&2)
echo "$stamp" >"$stage.stamp"
cat "$stage/.func/built-image"
