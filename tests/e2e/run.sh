#!/bin/sh
# Runs the end-to-end tests with real clients: tests/e2e/run.sh VENVDIR [PYTEST_ARGUMENT…]
# Creates the Python environments in VENVDIR when they are missing or their requirements changed.
# SDK_RUST_BIN names the built client in sdk-rust; without it, it is built in VENVDIR.
# TRAILHOUND_BIN names the binary; the default is target/release/trailhound, built with SQL:
# cargo build --release --workspace --all-features.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { echo "usage: $0 VENVDIR [PYTEST_ARGUMENT…]" >&2; exit 2; }
mkdir -p "$1"
venvs=$(cd "$1" && pwd)
shift

ensure() { # NAME REQUIREMENTS
    if ! cmp -s "$here/$2" "$venvs/$1/installed.txt"; then
        rm -rf "${venvs:?}/$1"
        python3 -m venv "$venvs/$1"
        "$venvs/$1/bin/pip" install --quiet --disable-pip-version-check -r "$here/$2"
        cp "$here/$2" "$venvs/$1/installed.txt"
    fi
}
ensure clients requirements.txt
ensure trailscraper requirements-trailscraper.txt
ensure mcp requirements-mcp.txt

# The AWS SDK for Rust is a project of its own, so that the workspace does not depend on it.
if [ -z "${SDK_RUST_BIN:-}" ]; then
    cargo build --quiet --locked --manifest-path "$here/sdk-rust/Cargo.toml" --target-dir "$venvs/sdk-rust"
    export SDK_RUST_BIN="$venvs/sdk-rust/debug/trailhound-e2e-sdk-rust"
fi

export TRAILHOUND_BIN="${TRAILHOUND_BIN:-$here/../../target/release/trailhound}"
export TRAILSCRAPER_BIN="$venvs/trailscraper/bin/trailscraper"
export MCP_PYTHON="$venvs/mcp/bin/python"
export PYTHONDONTWRITEBYTECODE=1
cd "$here"
exec "$venvs/clients/bin/python" -m pytest -p no:cacheprovider -q -rs "$@"
