"""The example's calls are those that the simulator was asked, and its answers."""

import pathlib

from example_calls import tell, text

COMMITTED = pathlib.Path(__file__).resolve().parent.parent.parent / "xtask/src/example/calls.json"


def test_the_examples_calls_are_what_the_simulator_answers(server):
    host, port = server.get_host_and_port()
    assert text(tell(f"http://{host}:{port}")) == COMMITTED.read_text()
