"""What the benchmarks share: an environment for the rivals, measured commands, the served store."""

import dataclasses
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
REQUIREMENTS = HERE / "requirements.txt"
DEFAULT_BINARY = ROOT / "target/release/trailhound"
DEFAULT_VENV = ROOT / "target/python/bench"
START_SECONDS = 60


def ensure_venv(folder):
    """Makes the Python environment of the rivals, or keeps one that fits; returns its interpreter."""
    folder = pathlib.Path(folder)
    python = folder / "bin/python"
    installed = folder / "installed.txt"
    wanted = REQUIREMENTS.read_text()
    if not (python.exists() and installed.exists() and installed.read_text() == wanted):
        note(f"installing {', '.join(wanted.split())} into {folder}")
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", REQUIREMENTS], check=True)
        installed.write_text(wanted)
    return python


def note(text):
    """Says on standard error what goes on; standard output is for results."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


@dataclasses.dataclass
class Usage:
    """What one command cost, its children included."""

    wall_seconds: float
    user_seconds: float
    system_seconds: float
    rss_bytes_max: int
    output: str

    @property
    def cpu_seconds(self):
        return self.user_seconds + self.system_seconds


def measure(command):
    """Runs `command` to its end and measures it; a failure ends the benchmark."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        started = time.monotonic()
        process = subprocess.Popen([str(word) for word in command], stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            sys.exit(f"error: {command} ended with {process.returncode}\n{errors.read()[-4000:]}")
        return Usage(wall, usage.ru_utime, usage.ru_stime, usage.ru_maxrss * 1024, output.read())


def bytes_below(path):
    """The bytes of all files below `path`; of nothing when there is no such folder."""
    return sum(file.stat().st_size for file in pathlib.Path(path).rglob("*") if file.is_file())


def median(values):
    return statistics.median(values)


def p95(values):
    """The smallest value that at least 95 % of `values` do not exceed."""
    return sorted(values)[-(-len(values) * 95 // 100) - 1]


class Server:
    """`trailhound serve` on a free port, and one connection to it that stays open."""

    def __init__(self, binary, store):
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [binary, "--db", store, "serve", "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        found = None
        for line in self.process.stdout:
            found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            if found:
                break
        if not found:
            sys.exit("error: `trailhound serve` printed no address")
        self.connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=120)
        self.start_seconds = self._wait_until_healthy()

    def _wait_until_healthy(self):
        while True:
            try:
                self.get("/healthz")
                return time.monotonic() - self.started
            except OSError:
                self.connection.close()
                if time.monotonic() - self.started > START_SECONDS:
                    sys.exit("error: /healthz does not answer")
                time.sleep(0.002)

    def _call(self, method, path, body=None, headers=None):
        started = time.perf_counter()
        self.connection.request(method, path, body, headers or {})
        response = self.connection.getresponse()
        answer = response.read()
        seconds = time.perf_counter() - started
        if response.status != 200:
            sys.exit(f"error: {method} {path} {body}: {response.status} {answer[:500]}")
        return seconds, answer

    def get(self, path):
        """Asks for `path`; returns the seconds until the whole answer was there, and the answer."""
        return self._call("GET", path)

    def lookup_events(self, key, value):
        """The first page of `LookupEvents` by one attribute."""
        attribute = {"AttributeKey": key, "AttributeValue": value}
        body = json.dumps({"LookupAttributes": [attribute], "MaxResults": 50})
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "CloudTrail_20131101.LookupEvents",
        }
        seconds, answer = self._call("POST", "/", body, headers)
        return seconds, json.loads(answer)["Events"]

    def rss_bytes(self):
        """Resident bytes: all, and those that belong to no file."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        kib = {name: int(size) for name, size in re.findall(r"(\w+):\s+(\d+) kB", text)}
        return kib["VmRSS"] * 1024, kib["RssAnon"] * 1024

    def cpu_seconds(self):
        """CPU time of the server's threads so far: exact to the nanosecond, whatever else runs."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def stop(self):
        self.connection.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)
