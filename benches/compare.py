"""Measures Trailhound beside ClickHouse and DuckDB on one folder of log files, in one run.

compare.py DATA [--binary FILE] [--work FOLDER] [--venv FOLDER] [--quick]

DATA is a folder made by gen.py (it holds AWSLogs and MANIFEST.json). Prints a Markdown report. Rivals
are installed from PyPI into --venv. The unit is the CPU-second, user and system, of a whole process:
it depends little on what else the machine does, though memory that others use up costs some.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import subprocess
import urllib.parse

from measured import DEFAULT_BINARY, DEFAULT_VENV, ROOT, HERE
from measured import Server, bytes_below, ensure_venv, measure, median, note, p95

MIB = 1 << 20
LOOKUP_MS_MAX = 8
NEEDLE_MS_MAX = 20
REPETITIONS_LOOKUP = 21


class Bench:
    """One run: what is measured, with what, and where files go."""

    def __init__(self, arguments):
        self.data = pathlib.Path(arguments.data).resolve()
        self.binary = pathlib.Path(arguments.binary).resolve()
        self.work = pathlib.Path(arguments.work).resolve()
        self.manifest = json.loads((self.data / "MANIFEST.json").read_text())
        self.imports = 1 if arguments.quick else arguments.imports
        self.rival_imports = 1 if arguments.quick else arguments.rival_imports
        self.duckdb_records = arguments.duckdb_records
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.python = ensure_venv(arguments.venv)

    def rival(self, *words):
        """Runs a command of rivals.py; returns its usage and what it printed."""
        usage = measure([self.python, HERE / "rivals.py", *words])
        return usage, json.loads(usage.output)

    def warm_up(self):
        """Reads every input file once, so that no import pays for the disk."""
        gz_bytes = 0
        for file in (self.data / "AWSLogs").rglob("*.gz"):
            gz_bytes += len(file.read_bytes())
        return gz_bytes


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print()


def verdict(is_met):
    return "met" if is_met else "**missed**"


def commit():
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip() or "unknown"


def print_machine(bench):
    cpu = "unknown"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    _, versions = bench.rival("versions")
    version = subprocess.run([bench.binary, "--version"], capture_output=True, text=True, check=True)
    manifest = bench.manifest
    options = {
        name: value
        for name, value in manifest["options"].items()
        if name in ("records", "days", "seed", "accounts", "regions", "dup", "late", "per_file")
    }
    load = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    print("### Machine and versions\n")
    table(
        ["", ""],
        [
            ["date", datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")],
            ["trailhound", f"{version.stdout.strip()}, work tree at {commit()}"],
            ["CPU", f"{cpu}, {os.cpu_count()} cores"],
            ["memory", f"{memory / (1 << 30):.0f} GiB"],
            ["kernel", platform.release()],
            ["load at the start (1, 5, 15 minutes)", load],
            ["ClickHouse", f"{versions['clickhouse']} (chdb {versions['chdb']})"],
            ["DuckDB", versions["duckdb"]],
            ["data", " ".join(f"--{name} {value}" for name, value in options.items())],
            [
                "records",
                f"{manifest['records_delivered']:,} delivered, {manifest['records_unique']:,} "
                f"different, in {manifest['files']:,} files",
            ],
        ],
    )


def import_ours(bench):
    """Imports into fresh folders; the last store is kept for the look-ups."""
    usages, rates = [], []
    store = bench.work / "store"
    for number in range(bench.imports):
        shutil.rmtree(store, ignore_errors=True)
        usage = measure([bench.binary, "--db", store, "import", bench.data])
        usages.append(usage)
        rates.append(bench.manifest["records_delivered"] / usage.cpu_seconds)
        note(f"trailhound import {number + 1}: {rates[-1]:,.0f} events per CPU-second")
    stats = measure([bench.binary, "--db", store, "stats", "--output", "json"])
    events = json.loads(stats.output)["events"]
    if events != bench.manifest["records_unique"]:
        raise SystemExit(f"error: the store holds {events} events")
    return store, usages, rates


def import_rival(bench, name, records_wanted):
    """Imports into fresh databases, of the first days when fewer records are wanted."""
    days, expected = [], 0
    for day, count in sorted(bench.manifest["per_day"].items()):
        if expected < records_wanted:
            days.append(day)
            expected += count
    is_whole = len(days) == len(bench.manifest["per_day"])
    usages, rates, records = [], [], 0
    database = bench.work / name
    for number in range(bench.rival_imports):
        if database.is_dir():
            shutil.rmtree(database)
        database.unlink(missing_ok=True)
        extra = [] if is_whole else [",".join(days)]
        usage, counted = bench.rival(f"import-{name}", bench.data, database, *extra)
        records = counted["records"]
        if counted["without_raw"] or abs(records - expected) > 0.1 * expected:
            raise SystemExit(f"error: {name} holds {counted}, expected about {expected} records")
        usages.append(usage)
        rates.append(records / usage.cpu_seconds)
        note(f"{name} import {number + 1}: {rates[-1]:,.0f} events per CPU-second")
    stored = bytes_below(database) if database.is_dir() else database.stat().st_size
    return usages, rates, records, stored


def spread(values, form):
    return f"{form(median(values))} ({form(min(values))} to {form(max(values))})"


def print_imports(bench, gz_bytes, ours, clickhouse, duckdb):
    store, usages, rates = ours
    delivered = bench.manifest["records_delivered"]
    index_bytes = bytes_below(store / "_index")
    store_bytes = bytes_below(store)

    def row(name, usages, rates, records, stored, gz_share):
        return [
            name,
            len(usages),
            f"{records:,}",
            spread(rates, lambda rate: f"{rate:,.0f}"),
            spread([usage.wall_seconds for usage in usages], lambda seconds: f"{seconds:.1f}"),
            f"{median([usage.rss_bytes_max for usage in usages]) / MIB:,.0f} MiB",
            f"{stored / records:.0f}",
            f"{stored / gz_share:.2f}",
        ]

    print("### Import: gz files to a committed store\n")
    part = duckdb[2] / delivered
    table(
        ["", "runs", "records", "events per CPU-second", "wall s", "peak RSS", "bytes a record", "of gz"],
        [
            row("Trailhound, index and verbatim records", usages, rates, delivered, store_bytes, gz_bytes),
            row("ClickHouse MergeTree, raw JSON kept", *clickhouse, gz_bytes),
            row("DuckDB file, raw JSON kept", *duckdb, gz_bytes * part),
        ],
    )
    print(
        "Median (least to most). ClickHouse and DuckDB neither drop repeats nor index the text, and "
        "extract only what LookupEvents filters on. "
        + (f"DuckDB imports the first days only ({part:.0%} of the records). " if part < 0.99 else "")
        + f"{gz_bytes:,} bytes of gz; store without index {(store_bytes - index_bytes) / gz_bytes:.2f}, "
        f"index {index_bytes / gz_bytes:.2f} of it.\n"
    )
    rate, rss = median(rates), median([usage.rss_bytes_max for usage in usages])
    system = median([usage.system_seconds / usage.cpu_seconds for usage in usages])
    over_clickhouse, over_duckdb = rate / median(clickhouse[1]), rate / median(duckdb[1])
    table(
        ["goal", "measured", ""],
        [
            ["import ≥ 110,000 events per CPU-second", f"{rate:,.0f}", verdict(rate >= 110_000)],
            ["stretch: ≥ 160,000", f"{rate:,.0f}", verdict(rate >= 160_000)],
            ["≥ 3 × ClickHouse", f"{over_clickhouse:.1f} ×", verdict(over_clickhouse >= 3)],
            ["≥ 10 × DuckDB", f"{over_duckdb:.1f} ×", verdict(over_duckdb >= 10)],
            ["store ≤ 0.8 of gz, index included", f"{store_bytes / gz_bytes:.2f}", verdict(store_bytes <= 0.8 * gz_bytes)],
            ["stretch: ≤ 0.6", f"{store_bytes / gz_bytes:.2f}", verdict(store_bytes <= 0.6 * gz_bytes)],
            ["peak RSS of the import < 1 GiB", f"{rss / MIB:,.0f} MiB", verdict(rss < 1 << 30)],
        ],
    )
    print(f"System time is {system:.0%} of the import's CPU-seconds.\n")


def event_time(event):
    return int(event["EventTime"])


def ask(server, key, value):
    """One look-up; returns its seconds and the event times that came back, sorted."""
    if key != "needle":
        seconds, events = server.lookup_events(key, value)
        return seconds, sorted(event_time(event) for event in events)
    seconds, answer = server.get(f"/api/v1/events?limit=50&q=%22{urllib.parse.quote(value)}%22")
    times = [event["event_time"] for event in json.loads(answer)["events"]]
    stamp = datetime.datetime.fromisoformat
    return seconds, sorted(int(stamp(time.replace("Z", "+00:00")).timestamp()) for time in times)


def look_up_ours(server, cases):
    results = []
    for case in cases:
        key = case["key"]
        for label, value, _ in case["values"]:
            for other in case["others"]:
                ask(server, key, other)
            first, times = ask(server, key, value)
            cpu_before = server.cpu_seconds()
            seconds = [ask(server, key, value)[0] for _ in range(REPETITIONS_LOOKUP)]
            cpu = (server.cpu_seconds() - cpu_before) / REPETITIONS_LOOKUP
            results.append({"first": first, "seconds": seconds, "event_times": times, "cpu": cpu})
        case["distinct_seconds"] = [ask(server, key, value)[0] for value in case["distinct"]]
    return results


def print_lookups(cases, ours, theirs):
    def ms(seconds):
        return f"{seconds * 1000:.1f}"

    rows, worst = [], {"lookup": 0.0, "needle": 0.0}
    pairs = [(case, value) for case in cases for value in case["values"]]
    for (case, (label, value, count)), our, their in zip(pairs, ours, theirs, strict=True):
        kind = "needle" if case["key"] == "needle" else "lookup"
        worst[kind] = max(worst[kind], median(our["seconds"]))
        is_same = our["event_times"] == their["event_times"]
        rows.append(
            [
                case["key"],
                f"{label}: `{value}`",
                f"{count:,}",
                ms(median(our["seconds"])),
                ms(p95(our["seconds"])),
                ms(our["cpu"]),
                ms(our["first"]),
                ms(median(their["seconds"])),
                ms(their["first"]),
                "yes" if is_same else f"{len(our['event_times'])} and {len(their['event_times'])}",
            ]
        )
    print("### Look-ups: the newest 50, over HTTP\n")
    head = ["attribute", "value", "events", "median ms", "p95", "CPU", "first"]
    table([*head, "DuckDB median", "DuckDB first", "same events"], rows)
    for case in cases:
        seconds = case["distinct_seconds"]
        if seconds:
            print(
                f"- {case['key']}: {len(seconds)} different values, each asked once: "
                f"median {ms(median(seconds))}, p95 {ms(p95(seconds))} ms"
            )
    their_runs = len(theirs[0]["seconds"])
    print(
        f"\nOne connection that stays open; three look-ups of other values, then *first*, then "
        f"{REPETITIONS_LOOKUP} of the same (DuckDB, in its own process and without HTTP: {their_runs}). "
        "*CPU* is what one look-up costs the server. DuckDB reads the segments of the same store with the SQL in `rivals.py`. *Same events*: the "
        "event times of both answers agree. For ResourceType DuckDB looks only at the types that "
        "records list; Trailhound derives others from parameters, as AWS does.\n"
    )
    lookup, needle = worst["lookup"] * 1000, worst["needle"] * 1000
    table(
        ["goal", "measured, worst row", ""],
        [
            ["each look-up's median < 8 ms", f"{lookup:.1f} ms", verdict(lookup < LOOKUP_MS_MAX)],
            ["needle < 20 ms", f"{needle:.1f} ms", verdict(needle < NEEDLE_MS_MAX)],
        ],
    )


def print_serve(start_seconds, idle, used):
    print("### Serve\n")
    start = median(start_seconds)
    table(
        ["goal", "measured", ""],
        [
            [
                "start < 1 s, exec to the first /healthz",
                spread(start_seconds, lambda seconds: f"{seconds * 1000:.0f} ms"),
                verdict(start < 1),
            ],
            ["idle RSS < 150 MB", f"{idle[0] / 1e6:.0f} MB, {idle[1] / 1e6:.0f} of it anonymous", verdict(idle[0] < 150e6)],
            ["RSS after all look-ups above", f"{used[0] / 1e6:.0f} MB, {used[1] / 1e6:.0f} of it anonymous", ""],
        ],
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("--binary", default=DEFAULT_BINARY)
    parser.add_argument("--work", default=ROOT / "target/bench", help="emptied first")
    parser.add_argument("--venv", default=DEFAULT_VENV)
    parser.add_argument("--duckdb-records", type=int, default=250_000, help="about how many it imports")
    parser.add_argument("--imports", type=int, default=5, help="how often we import")
    parser.add_argument("--rival-imports", type=int, default=3, help="how often each rival imports")
    parser.add_argument("--quick", action="store_true", help="import once each")
    bench = Bench(parser.parse_args())

    print_machine(bench)
    gz_bytes = bench.warm_up()
    ours = import_ours(bench)
    clickhouse = import_rival(bench, "clickhouse", bench.manifest["records_delivered"])
    duckdb = import_rival(bench, "duckdb", bench.duckdb_records)
    print_imports(bench, gz_bytes, ours, clickhouse, duckdb)

    store = ours[0]
    note("choosing values to look up")
    _, cases = bench.rival("cases", store)
    cases_file = bench.work / "cases.json"
    cases_file.write_text(json.dumps(cases))
    starts = []
    for _ in range(4):
        server = Server(bench.binary, store)
        starts.append(server.start_seconds)
        server.stop()
    server = Server(bench.binary, store)
    starts.append(server.start_seconds)
    idle = server.rss_bytes()
    note("looking up")
    our_lookups = look_up_ours(server, cases)
    used = server.rss_bytes()
    server.stop()
    note("looking up with DuckDB")
    _, their_lookups = bench.rival("look-up", store, cases_file)
    print_lookups(cases, our_lookups, their_lookups)
    print_serve(starts, idle, used)
    shutil.rmtree(bench.work)


if __name__ == "__main__":
    main()
