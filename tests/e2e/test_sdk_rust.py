"""The `aws-sdk-cloudtrail` crate. Slow to build, so only where SDK_RUST_BIN names its binary."""

import os
import subprocess

import pytest


@pytest.mark.skipif(
    "SDK_RUST_BIN" not in os.environ,
    reason="SDK_RUST_BIN is not set: build tests/e2e/sdk-rust and name its binary",
)
def test_the_rust_sdk_agrees(many):
    command = [os.environ["SDK_RUST_BIN"], many.endpoint, "500"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the Rust SDK agrees" in done.stdout
