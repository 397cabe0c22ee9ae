"""A simulated EC2, and the program that replays what was done to it."""

import json
import os
import pathlib
import subprocess
import urllib.request

import boto3
import pytest
from moto.server import ThreadedMotoServer

from compare import DESCRIBED
from recorder import Recorder

HERE = pathlib.Path(__file__).resolve().parent
REGION = "us-east-1"


def replayer():
    named = os.environ.get("REPLAY_STATE_BIN")
    path = pathlib.Path(named) if named else HERE.parent.parent / "target/debug/examples/replay_state"
    if not path.is_file():
        pytest.fail(f"no {path}: cargo build -p trailhound-replay --examples")
    return path


class Replay:
    """The state after every record so far, as the program prints it."""

    def __init__(self):
        self.process = subprocess.Popen([replayer(), "--each"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.state, self.records = {}, []

    def push(self, record):
        self.records.append(record)
        self.process.stdin.write(record + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the program ended at {record}"
        for change in json.loads(line):
            key = (change["key"]["type"], change["key"]["id"])
            if change["body"] is None:
                self.state.pop(key, None)
            else:
                self.state[key] = (change["body"], change["sources"])

    def close(self):
        self.process.stdin.close()
        assert self.process.wait() == 0


@pytest.fixture(scope="session")
def server():
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def account(server):
    """A client of an account with nothing but what AWS puts into each, and what that is."""
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client("ec2", region_name=REGION, endpoint_url=endpoint, aws_access_key_id="a",
                          aws_secret_access_key="b")
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")).read()
    before = set()
    for method, listed, kind, member in DESCRIBED:
        for one in getattr(client, method)().get(listed, []):
            before.add((kind, one[member]))
    return client, before


@pytest.fixture
def replay():
    replay = Replay()
    yield replay
    replay.close()


@pytest.fixture
def recorder(account, replay):
    client, _ = account
    return Recorder(client, REGION, replay.push)
