"""The real binary on a store of its own, and a real browser that looks at its page."""

import gzip
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

HERE = pathlib.Path(__file__).parent
BINARY = pathlib.Path(os.environ.get("TRAILHOUND_BIN", HERE / "../../target/release/trailhound"))
START_SECONDS = 20
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
]


def environment(home):
    """An environment in which no configuration of this machine is seen."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    return {**kept, "HOME": str(home), "TZ": "UTC"}


def run(home, db, *arguments):
    command = [BINARY, "--db", db, *arguments]
    done = subprocess.run(
        command, env=environment(home), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def import_records(home, db, records):
    """Imports `records` as a log file, gzipped as CloudTrail delivers it."""
    path = home / "delivery.json.gz"
    path.write_bytes(gzip.compress(json.dumps({"Records": records}).encode()))
    run(home, db, "import", path)


class Server:
    """`trailhound serve` on a port of its own."""

    def __init__(self, home, db):
        self.log = home / f"serve-{db.name}.log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [BINARY, "--db", db, "serve", "--listen", "127.0.0.1:0"],
                env=environment(home),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        timer = threading.Timer(START_SECONDS, self.process.kill)
        timer.start()
        self.url = None
        for line in self.process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                self.url = found.group()
                break
        timer.cancel()
        assert self.url, f"serve printed no address\n{self.log.read_text()}"
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=10)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A server whose store holds `records.RECORDS`."""
    from records import RECORDS

    home = tmp_path_factory.mktemp("full")
    import_records(home, home / "db", RECORDS)
    server = Server(home, home / "db")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def days_server(tmp_path_factory):
    """A server whose store holds `records.RECORDS_BY_DAY`."""
    from records import RECORDS_BY_DAY

    home = tmp_path_factory.mktemp("days")
    import_records(home, home / "db", RECORDS_BY_DAY)
    server = Server(home, home / "db")
    yield server
    server.stop()


@pytest.fixture
def live_server(tmp_path):
    """A server of its own with a few records, to which `add` imports more."""
    from records import RECORDS

    import_records(tmp_path, tmp_path / "db", RECORDS[:5])
    server = Server(tmp_path, tmp_path / "db")
    server.add = lambda record: import_records(tmp_path, tmp_path / "db", [record])
    yield server
    server.stop()


@pytest.fixture(scope="session")
def empty_server(tmp_path_factory):
    """A server whose store holds nothing."""
    home = tmp_path_factory.mktemp("empty")
    server = Server(home, home / "empty db")
    yield server
    server.stop()


@pytest.fixture
def browser(tmp_path):
    """A fresh browser; at the end its console must not name a violation or a script error."""
    options = Options()
    options.binary_location = os.environ.get("CHROMIUM_BIN") or shutil.which("chromium")
    for flag in [*CHROMIUM_FLAGS, f"--user-data-dir={tmp_path / 'profile'}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver_path = os.environ.get("CHROMEDRIVER_BIN") or shutil.which("chromedriver")
    driver = webdriver.Chrome(options=options, service=Service(driver_path))
    driver.set_page_load_timeout(30)
    # Drivers forget their console on `get_log`; a test that looks at it leaves what it saw here.
    driver.console_seen = []
    driver.expected_errors = []
    try:
        yield driver
        lines = driver.console_seen + [entry["message"] for entry in driver.get_log("browser")]
        bad = [line for line in lines if not any(e in line for e in driver.expected_errors)]
        assert bad == []
    finally:
        driver.quit()


@pytest.fixture(scope="session")
def story(tmp_path_factory):
    """A server whose store holds the bundled example."""
    home = tmp_path_factory.mktemp("story")
    run(home, home / "db", "import", HERE / "../../example/week.tar.gz")
    server = Server(home, home / "db")
    yield server
    server.stop()
