"""The kinds of events that are tried: a state, then the one call that changes it.

A kind is a generator: what comes before its `yield` makes the state, what comes after is the change. Its
last call is the event that is taken back.
"""

import importlib
from dataclasses import dataclass
from typing import Callable

KINDS = {}


@dataclass
class Kind:
    run: Callable
    # Why moto does not come back to the state, when it does not.
    deviation: str = ""
    # What no record tells, so that the plan asks for it and is not run.
    asks: str = ""
    # Whether the change is not to be seen in descriptions.
    is_silent: bool = False
    options: tuple = ()


def kind(event, **more):
    def add(run):
        assert event not in KINDS
        KINDS[event] = Kind(run, **more)
        return run

    return add


# Events without a round trip, each with the reason.
UNTRIED = {}


def untried(reason, *events):
    for event in events:
        UNTRIED[event] = reason


for part in ("vpc", "hosts", "transit", "access", "data", "compute"):
    importlib.import_module(f"undo_kinds.{part}")
