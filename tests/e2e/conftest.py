"""The real binary on a store of its own, and clients that know nothing of it but its address."""

import gzip
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading

import boto3
import pytest
from botocore.config import Config

from records import REGION, assumed_role, by_service, data_event, insight, record

HERE = pathlib.Path(__file__).parent
BINARY = pathlib.Path(os.environ.get("TRAILHOUND_BIN", HERE / "../../target/release/trailhound"))
START_SECONDS = 20


def client_environment(home):
    """An environment in which no configuration of this machine is seen."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    return {
        **kept,
        "HOME": str(home),
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": str(home / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home / "none"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_PAGER": "",
        "TZ": "UTC",
    }


class Trailhound:
    """One store, imported into and served by the binary."""

    def __init__(self, folder):
        self.folder = folder
        self.db = folder / "db"
        self.environment = client_environment(folder)
        self.imports = 0
        self.process = None
        self.endpoint = None

    def run(self, *arguments):
        command = [BINARY, "--db", self.db, *arguments]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def import_records(self, records):
        """Imports `records` as a log file, gzipped as CloudTrail delivers it."""
        self.imports += 1
        path = self.folder / f"delivery-{self.imports}.json.gz"
        path.write_bytes(gzip.compress(json.dumps({"Records": records}).encode()))
        self.run("import", path)

    def start(self, *arguments):
        log = open(self.folder / "serve.log", "ab")
        self.process = subprocess.Popen(
            [BINARY, "--db", self.db, "serve", "--listen", "127.0.0.1:0", *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        log.close()
        timer = threading.Timer(START_SECONDS, self.process.kill)
        timer.start()
        for line in self.process.stdout:
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found:
                self.endpoint = found[0]
                break
        timer.cancel()
        assert self.endpoint, "serve printed no address:\n" + (self.folder / "serve.log").read_text()
        # Whatever else it prints must not fill the pipe.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        return self

    def kill(self):
        """Ends the server as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=START_SECONDS)
        self.endpoint = None

    def client(self, region=REGION, service="cloudtrail", **config):
        config = {"retries": {"max_attempts": 0}, "connect_timeout": 5, "read_timeout": 30, **config}
        return boto3.session.Session().client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            config=Config(**config),
        )

    def aws(self, *arguments, region=REGION):
        """Runs the unmodified `aws` command; returns its exit code, standard output and error."""
        done = subprocess.run(
            [
                pathlib.Path(sys.executable).parent / "aws",
                "--endpoint-url",
                self.endpoint,
                "--region",
                region,
                "--output",
                "json",
                "cloudtrail",
                *arguments,
            ],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stdout, done.stderr


def make(factory, records, *arguments):
    trailhound = Trailhound(factory.mktemp("trailhound"))
    trailhound.import_records(records)
    return trailhound.start(*arguments)


@pytest.fixture(scope="session", autouse=True)
def binary():
    assert BINARY.exists(), f"{BINARY} is missing: run `cargo build --release --workspace --all-features`, or set TRAILHOUND_BIN"


@pytest.fixture(scope="session")
def some(tmp_path_factory):
    """A server over one event of each kind; no test changes it."""
    trailhound = make(
        tmp_path_factory,
        [
            record(1, "CreateBucket"),
            record(2, "GetBucketPolicy", user="bob"),
            assumed_role(3),
            by_service(4),
            data_event(5),
            record(6, "DeleteBucket", user="bob", region="eu-west-1"),
            insight(7),
            insight(8, state="End"),
        ],
    )
    yield trailhound
    trailhound.kill()


@pytest.fixture(scope="session")
def many(tmp_path_factory):
    """A server over 500 events, some of which share a second; no test changes it."""
    trailhound = make(tmp_path_factory, many_records(500))
    yield trailhound
    trailhound.kill()


def many_records(count):
    users = ["alice", "bob", "carol"]
    return [
        record(n, user=users[n % 3], eventTime=record(n // 4)["eventTime"]) for n in range(count)
    ]


@pytest.fixture
def own(tmp_path):
    """A store of one's own, not yet served."""
    trailhound = Trailhound(tmp_path)
    yield trailhound
    if trailhound.process and trailhound.process.poll() is None:
        trailhound.kill()
