#!/usr/bin/env bash
# Makes one virtual environment from one hashed requirement file: environment.sh PYTHON FOLDER REQUIREMENTS
set -euo pipefail
python=$1 folder=$2 requirements=$3

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "Hookrunner needs Python 3.11 or later; '$python' is $("$python" --version). Name another: make PYTHON=python3.12 …" >&2
  exit 1
}

# A dot a second: packages come over the network, which may take a while.
printf 'Setting up %s from %s ' "$folder" "$requirements"
while sleep 1; do printf .; done &
dots=$!
trap 'kill "$dots" 2>/dev/null || true' EXIT

"$python" -m venv --clear "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
"$folder/bin/uv" pip install --quiet --python "$folder/bin/python" --require-hashes -r "$requirements"
# The code itself is found where it lies: an installed copy would go stale with the next edit.
pwd >"$("$folder/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/hookrunner.pth"
touch "$folder/.ready"
echo " done in $SECONDS s"
