"""Replay says what the simulator describes, after every one of many random calls."""

import pytest

from compare import compare
from world import World

STEPS = 150


@pytest.mark.parametrize("seed", range(8))
def test_replay_is_what_is_described(account, replay, recorder, seed):
    client, before = account
    world = World(recorder, seed)
    known = unknown = 0
    for step in range(STEPS):
        world.step()
        comparison = compare(client, replay.state, before)
        known, unknown = comparison.known, comparison.unknown
        last = replay.records[-1] if replay.records else ""
        assert not comparison.errors, f"step {step}, after {last}\n" + "\n".join(comparison.errors)
    print(f"seed {seed}: {len(replay.records)} records, {known} values known, {unknown} unknown")
    assert known > 4 * unknown
