#!/bin/sh
# Compares replay with a simulator of EC2: tests/oracle/run.sh VENVDIR [PYTEST_ARGUMENT…]
# Creates the Python environment in VENVDIR when it is missing or its requirements changed.
# REPLAY_STATE_BIN and WRITE_REQUESTS_BIN name the programs under test; without them, they are built.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { echo "usage: $0 VENVDIR [PYTEST_ARGUMENT…]" >&2; exit 2; }
mkdir -p "$1"
venv=$(cd "$1" && pwd)/oracle
shift

if ! cmp -s "$here/requirements.txt" "$venv/installed.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/installed.txt"
fi
if [ -z "${REPLAY_STATE_BIN:-}" ] || [ -z "${WRITE_REQUESTS_BIN:-}" ]; then
    cargo build --quiet --locked --manifest-path "$here/../../Cargo.toml" -p trailhound-replay -p trailhound-model --examples
fi
export PYTHONDONTWRITEBYTECODE=1
cd "$here"
exec "$venv/bin/python" -m pytest -p no:cacheprovider -q -rs "$@"
