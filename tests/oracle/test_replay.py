"""Replay says what the simulator describes, all along many random calls."""

import logging
import os

import pytest

from compare import compare
from world import World

SEEDS = int(os.environ.get("ORACLE_SEEDS", "4"))
STEPS = int(os.environ.get("ORACLE_STEPS", "120"))
# Describing everything takes most of the time: 1 compares after every call.
EACH = int(os.environ.get("ORACLE_EACH", "6"))

logging.getLogger("werkzeug").setLevel(logging.ERROR)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_replay_is_what_is_described(account, replay, recorder, seed):
    client, before = account
    world = World(recorder, seed)
    known = unknown = 0
    for step in range(1, STEPS + 1):
        world.step()
        if step % EACH:
            continue
        comparison = compare(client, replay.state, before)
        known, unknown = comparison.known, comparison.unknown
        last = replay.records[-1] if replay.records else ""
        assert not comparison.errors, f"step {step}, after {last}\n" + "\n".join(comparison.errors)
    print(f"seed {seed}: {len(replay.records)} records, {known} values known, {unknown} unknown")
    # A replay that calls everything unknown is never wrong, and of no use.
    assert known > 3 * unknown
