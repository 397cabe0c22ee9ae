"""`watch` while another process imports: the breaking change is told within seconds, by name."""

import gzip
import json
import queue
import random
import subprocess
import tarfile
import threading
import time


from conftest import BINARY, HERE

FATAL = "ded5164f-ffce-4c65-a960-1203a19947ca"
SECONDS_MAX = 30
PATHS = """
[[path]]
name = "updates"
source = "i-06b03129ac85513bd"
destination = "203.0.113.10"
port = 443
must = "work"

[[path]]
name = "quarantine"
source = "i-06b03129ac85513bd"
destination = "203.0.113.10"
port = 443
must = "never work"

[[path]]
name = "no way in"
source = "internet"
destination = "i-06b03129ac85513bd"
port = 22
must = "never work"
"""


def records_of_example():
    records = []
    with tarfile.open(HERE / "../../example/week.tar.gz") as archive:
        for member in archive.getmembers():
            if member.isfile() and member.name.endswith(".json.gz"):
                text = gzip.decompress(archive.extractfile(member).read())
                records += json.loads(text).get("Records", [])
    return records


RECORDS = records_of_example()


class Lines:
    """The lines of a process, as they come."""

    def __init__(self, stream):
        self.queue = queue.Queue()
        threading.Thread(target=self.read, args=(stream,), daemon=True).start()

    def read(self, stream):
        for line in stream:
            self.queue.put(line)

    def next(self):
        return self.queue.get(timeout=SECONDS_MAX)


def start(own, *arguments):
    (own.folder / "paths.toml").write_text(PATHS)
    process = subprocess.Popen(
        [BINARY, "--db", own.db, *arguments], env=own.environment,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    own.process = process
    return Lines(process.stdout)


def watch(own):
    lines = start(own, "watch", "--config", own.folder / "paths.toml", "--output", "ndjson")
    return lines, [json.loads(lines.next()) for _ in range(3)]


def split(*late):
    """The example without some events, and those."""
    kept = [it for it in RECORDS if it["eventID"] not in late]
    return kept, [it for it in RECORDS if it["eventID"] in late]


def test_the_breaking_change_is_told_within_seconds(own):
    kept, fatal = split(FATAL)
    own.import_records(kept)
    lines, standing = watch(own)
    assert [it["standing"] for it in standing] == ["holds", "violated", "holds"]
    # A later event is known already: the fatal one comes late.
    begin = time.monotonic()
    own.import_records(fatal)
    alerts = [json.loads(lines.next()) for _ in range(2)]
    took = time.monotonic() - begin
    print(f"told {took:.1f} s after the import was begun")
    assert took < 15
    assert [it["name"] for it in alerts] == ["updates", "quarantine"]
    assert [it["standing"] for it in alerts] == ["violated", "holds"]
    for alert in alerts:
        assert (alert["kind"], alert["before"], alert["after"]) == ("alert", "reachable", "unreachable")
        assert alert["code"] == "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"
        event = alert["event"]
        assert (event["event_id"], event["event_name"]) == (FATAL, "ReplaceRoute")
        assert event["event_time"] == "2026-09-13T02:47:11Z"
        assert event["actor"].endswith("user/dave") and event["source_ip_address"] == "203.0.113.77"
        assert event["lag_seconds"] > 0
        assert alert["command"][:4] == ["trailhound", "blame-path", "i-06b03129ac85513bd", "203.0.113.10"]
    # What it tells to run, runs.
    done = subprocess.run([BINARY, *alerts[0]["command"][1:]],
                          env=own.environment, capture_output=True, text=True)
    assert done.returncode == 3 and "ReplaceRoute" in done.stdout
    # What has nothing to do with it, is quiet; what undoes it, is told.
    back = json.loads(json.dumps(fatal[0]))
    back["eventID"] = "00000000-0000-4000-8000-000000000001"
    back["eventTime"] = "2026-09-14T00:00:00Z"
    back["requestParameters"].pop("gatewayId")
    back["requestParameters"]["natGatewayId"] = "nat-0eb85e96a1c08d456"
    tags = {**back, "eventID": "00000000-0000-4000-8000-000000000002", "eventName": "CreateTags",
            "requestParameters": {"resourcesSet": {"items": [{"resourceId": "i-06b03129ac85513bd"}]},
                                  "tagSet": {"items": [{"key": "a", "value": "b"}]}}}
    own.import_records([tags])
    own.import_records([back])
    mended = json.loads(lines.next())
    assert (mended["name"], mended["standing"], mended["event"]["event_id"]) == (
        "updates", "holds", "00000000-0000-4000-8000-000000000001")
    assert mended["event"]["is_late"] is False


def test_a_late_event_is_told_as_late(own):
    replaced = sorted((it["eventTime"], it["eventID"]) for it in RECORDS
                      if it["eventSource"] == "ec2.amazonaws.com" and not it.get("readOnly")
                      and not it.get("errorCode") and it["eventTime"] > "2026-09-13T02:47:11Z")
    after = json.loads(json.dumps(next(it for it in RECORDS if it["eventID"] == FATAL)))
    after["eventID"] = "00000000-0000-4000-8000-000000000003"
    after["eventTime"] = "2026-09-15T00:00:00Z"
    after["requestParameters"].pop("gatewayId")
    after["requestParameters"]["natGatewayId"] = "nat-0c1958aa1a857e9e1"
    kept, fatal = split(FATAL)
    own.import_records(kept + [after])
    lines, _ = watch(own)
    own.import_records(fatal)
    broken = json.loads(lines.next())
    assert broken["event"]["event_id"] == FATAL and broken["event"]["is_late"] is True, replaced


def test_serve_watches_too(own):
    kept, fatal = split(FATAL)
    own.import_records(kept)
    lines = start(own, "serve", "--listen", "127.0.0.1:0", "--watch", own.folder / "paths.toml")
    assert lines.next().startswith("http://127.0.0.1:")
    assert lines.next().startswith("ok updates: ")
    assert lines.next().startswith("BROKEN quarantine: ")
    own.import_records(fatal)
    line = lines.next()
    while not line.startswith("BROKEN updates: "):
        line = lines.next()
    assert "reachable before, unreachable after" in line
    told = lines.next()
    assert "ReplaceRoute at 2026-09-13T02:47:11Z by IAM user" in told and "user/dave" in told
    assert "from 203.0.113.77" in told and FATAL in told
    assert lines.next().strip() == (
        f"more: trailhound blame-path i-06b03129ac85513bd 203.0.113.10 --port 443 --db {own.db}")


def test_whatever_the_order_the_last_word_is_the_verdict(own):
    """Events in any order, in any batches: what was told last is what `path` says."""
    changes = [it for it in RECORDS if it["eventSource"] == "ec2.amazonaws.com" and not it.get("readOnly")]
    order = random.Random(20260913)
    order.shuffle(changes)
    others = [it for it in RECORDS if it["eventSource"] != "ec2.amazonaws.com"][:50]
    own.import_records(others)
    lines, standing = watch(own)
    last = {it["name"]: it["after"] for it in standing}
    size = len(changes) // 8 + 1
    for first in range(0, len(changes), size):
        own.import_records(changes[first:first + size])
        time.sleep(order.choice([0, 2]))
    end = time.monotonic() + 4
    alerts = 0
    while time.monotonic() < end:
        try:
            alert = json.loads(lines.queue.get(timeout=1))
        except queue.Empty:
            continue
        alerts += 1
        end = time.monotonic() + 4
        # Paths of one name: each flip goes on from what was told before, or from the past.
        last[alert["name"]] = alert["after"]
    assert alerts > 0
    once = subprocess.run(
        [BINARY, "--db", own.db, "watch", "--config", own.folder / "paths.toml", "--once",
         "--output", "ndjson"], env=own.environment, capture_output=True, text=True)
    truth = {it["name"]: it["after"] for it in map(json.loads, once.stdout.splitlines())}
    assert last == truth
