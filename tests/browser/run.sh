#!/bin/sh
# Runs the page's end-to-end test in Chromium: tests/browser/run.sh VENVDIR [PYTEST_ARGUMENT…]
# Needs chromium and chromedriver (Debian: chromium, chromium-driver); creates the Python environment
# in VENVDIR when it is missing or its requirements changed.
# TRAILHOUND_BIN names the binary; the default is target/release/trailhound.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { echo "usage: $0 VENVDIR [PYTEST_ARGUMENT…]" >&2; exit 2; }
mkdir -p "$1"
venv=$(cd "$1" && pwd)/browser
shift

if ! cmp -s "$here/requirements.txt" "$venv/installed.txt"; then
    rm -rf "${venv:?}"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/installed.txt"
fi

export TRAILHOUND_BIN="${TRAILHOUND_BIN:-$here/../../target/release/trailhound}"
export PYTHONDONTWRITEBYTECODE=1
cd "$here"
exec "$venv/bin/python" -m pytest -p no:cacheprovider -q -rs "$@"
