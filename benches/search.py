"""Measures searches and counts beside DuckDB, ClickHouse and tantivy on one store.

search.py STORE [--binary FILE] [--facets FILE] [--venv FOLDER] [--work FOLDER] [--skip RIVAL,…]

STORE is a Trailhound store. DuckDB reads its Parquet segments; ClickHouse (MergeTree ordered by time) and
tantivy (a full-text index of its own) are filled from them first. --facets is the built example of
`crates/query` that times counts in process, as the rivals do. Prints a Markdown report.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import urllib.parse

from measured import DEFAULT_BINARY, DEFAULT_VENV, HERE, ROOT
from measured import Server, bytes_below, ensure_venv, measure, median, note, p95

REPETITIONS = 21
# A search that takes long is repeated less often: until so many seconds are over, three times at least.
SECONDS_MAX = 15
COUNTS = {
    "errors of a day by user": "top 10 users with errors in a day",
    "events per hour": "events per hour",
    "addresses per user": "distinct addresses per user",
}


def ms(seconds):
    return "" if seconds is None else f"{seconds * 1000:.1f}"


def ours(binary, store, cases):
    """Times each query over HTTP on one connection, and says how many events came."""
    server = Server(binary, store)
    results = {}
    try:
        for case in cases["searches"]:
            path = f"/api/v1/events?limit=50&q={urllib.parse.quote(case['query'])}"
            first, answer = server.get(path)
            seconds = []
            while len(seconds) < 3 or len(seconds) < REPETITIONS and sum(seconds) < SECONDS_MAX:
                seconds.append(server.get(path)[0])
            results[case["name"]] = (first, seconds, len(json.loads(answer)["events"]))
        distinct = [server.get(f"/api/v1/events?limit=50&q=%22{text}%22")[0] for text in cases["needles"]]
    finally:
        server.stop()
    return results, distinct


def counts(facets, store):
    """The example's medians in seconds, by name."""
    printed = subprocess.run([facets, store], capture_output=True, text=True, check=True).stdout
    found = {}
    for line in printed.splitlines():
        name, _, rest = line.partition(" first ")
        found[name.strip()] = float(rest.partition("median")[2].split()[0]) / 1000
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", type=pathlib.Path)
    parser.add_argument("--binary", default=DEFAULT_BINARY)
    parser.add_argument("--facets", default=ROOT / "target/release/examples/facets")
    parser.add_argument("--venv", default=DEFAULT_VENV)
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "target/bench-search")
    parser.add_argument("--skip", default="", help="rivals to leave out, with commas between")
    arguments = parser.parse_args()
    store = arguments.store.resolve()
    python = ensure_venv(arguments.venv)
    shutil.rmtree(arguments.work, ignore_errors=True)
    arguments.work.mkdir(parents=True)
    rivals = [name for name in ("duckdb", "clickhouse", "tantivy") if name not in arguments.skip.split(",")]

    def rival(*words):
        usage = measure([python, HERE / "search_rivals.py", *words])
        return usage, json.loads(usage.output)

    note("choosing what to look for")
    cases_file = arguments.work / "cases.json"
    _, cases = rival("cases", store)
    cases_file.write_text(json.dumps(cases))

    note("searching")
    searched, distinct = ours(arguments.binary, store, cases)
    note("counting")
    counted = counts(arguments.facets, store)

    theirs, filled = {}, {}
    for name in rivals:
        place = arguments.work / name
        if name != "duckdb":
            note(f"filling {name}")
            usage, _ = rival(f"fill-{name}", store, place)
            filled[name] = (usage, bytes_below(place))
        note(f"asking {name}")
        _, theirs[name] = rival(f"ask-{name}", store, place, cases_file)

    events = cases["events"]
    print(f"{events:,} events; medians of {REPETITIONS} (rivals: 5), in milliseconds.\n")
    head = ["search, newest 50", "found", "Trailhound", "p95", "first"]
    print("| " + " | ".join([*head, *rivals]) + " |")
    print("|" + "---|" * (len(head) + len(rivals)))
    for case in cases["searches"]:
        first, seconds, found = searched[case["name"]]
        row = [f"{case['name']}: `{case['query']}`", str(found), ms(median(seconds)), ms(p95(seconds)), ms(first)]
        for name in rivals:
            answer = theirs[name].get(case["name"])
            text = "" if answer is None else ms(median(answer["seconds"]))
            row.append(text if answer is None or answer["found"] == found else f"{text} ({answer['found']} found)")
        print("| " + " | ".join(row) + " |")
    print(
        f"\nNeedle, {len(distinct)} different ones, each once: median {ms(median(distinct))}, "
        f"p95 {ms(p95(distinct))} ms.\n"
    )
    print("| count | Trailhound | " + " | ".join(rivals) + " |")
    print("|" + "---|" * (2 + len(rivals)))
    for name, of_example in COUNTS.items():
        row = [name, ms(counted.get(of_example))]
        for rival_name in rivals:
            answer = theirs[rival_name].get(name)
            row.append("" if answer is None else ms(median(answer["seconds"])))
        print("| " + " | ".join(row) + " |")
    for name, (usage, size) in filled.items():
        print(f"\n{name} took {usage.cpu_seconds:.0f} CPU-seconds to fill, {size / events:.0f} bytes an event.")
    index = bytes_below(store / "_index")
    print(f"\nTrailhound's index: {index / events:.1f} bytes an event.")


if __name__ == "__main__":
    sys.exit(main())
