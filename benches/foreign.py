"""Shows that other engines read a store in place, with its index beside the data.

foreign.py STORE [--binary FILE] [--venv FOLDER]

Counts and filters with deltalake (through the table log) and with DuckDB (the folder's Parquet files),
and compares with `trailhound stats` and `trailhound lookup`. Ends with 1 when anything differs.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

from measured import DEFAULT_BINARY, DEFAULT_VENV, ensure_venv

EVENTS_COMPARED_MAX = 20_000


class Trailhound:
    """What the binary itself says of the store."""

    def __init__(self, binary, store):
        self.command = [binary, "--db", store]

    def run(self, *words):
        done = subprocess.run([*self.command, *words], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"error: trailhound {' '.join(words)} ended with {done.returncode}\n{done.stderr}")
        return done.stdout

    def stats(self):
        return json.loads(self.run("stats", "--output", "json"))

    def ids_by_name(self, event_name):
        """The ids of the events called `event_name`, sorted."""
        limit = str(EVENTS_COMPARED_MAX + 1)
        words = ["--event-name", event_name, "--limit", limit, "--output", "ndjson"]
        events = [json.loads(line) for line in self.run("lookup", *words).splitlines()]
        return sorted(event["event_id"] for event in events)


class Deltalake:
    """The deltalake package: reads the table log."""

    name = "deltalake"

    def __init__(self, store):
        import deltalake

        self.table = deltalake.DeltaTable(str(store)).to_pyarrow_table()

    def count(self):
        return self.table.num_rows

    def counts_by(self, column):
        pairs = self.table.column(column).value_counts().to_pylist()
        return {pair["values"]: pair["counts"] for pair in pairs}

    def ids_by_name(self, event_name):
        import pyarrow.compute

        rows = self.table.filter(pyarrow.compute.field("event_name") == event_name)
        return sorted(rows.column("event_id").to_pylist())


class Duckdb:
    """DuckDB: reads the Parquet files, partitions by their folders' names."""

    name = "DuckDB"

    def __init__(self, store):
        import duckdb

        self.connection = duckdb.connect()
        self.events = f"read_parquet('{store}/event_date=*/*.parquet', hive_partitioning = true)"

    def rows(self, sql, *values):
        return self.connection.execute(sql.format(events=self.events), values).fetchall()

    def count(self):
        return self.rows("SELECT count(*) FROM {events}")[0][0]

    def counts_by(self, column):
        return dict(self.rows(f"SELECT {column}, count(*) FROM {{events}} GROUP BY ALL"))

    def ids_by_name(self, event_name):
        return sorted(
            row[0] for row in self.rows("SELECT event_id FROM {events} WHERE event_name = ?", event_name)
        )


def check(what, expected, found):
    """Prints one comparison; returns whether it agrees."""
    if expected == found:
        shown = len(found) if isinstance(found, (list, dict)) else found
        print(f"ok    {what}: {shown}")
        return True
    print(f"FAIL  {what}: {str(found)[:200]}, expected {str(expected)[:200]}")
    return False


def compare(binary, store):
    if not any((store / "_index").glob("*.idx")):
        sys.exit(f"error: {store} has no index beside its data, so reading it would show nothing")
    ours = Trailhound(binary, store)
    stats = ours.stats()
    regions = {count["value"]: count["events"] for count in stats["regions"] if count["value"]}
    agrees = True
    for engine in (Deltalake, Duckdb):
        reader = engine(store)
        agrees &= check(f"{engine.name}: events", stats["events"], reader.count())
        found = {name: n for name, n in reader.counts_by("aws_region").items() if name}
        agrees &= check(f"{engine.name}: events by Region", regions, found)
        days = len(reader.counts_by("event_date"))
        agrees &= check(f"{engine.name}: partitions", partitions(store), days)
        # The name that most events carry, among those few enough to compare one by one.
        names = reader.counts_by("event_name")
        few = {name: n for name, n in names.items() if name and n <= EVENTS_COMPARED_MAX}
        name = max(few, key=lambda name: (few[name], name))
        ids = reader.ids_by_name(name)
        agrees &= check(f"{engine.name}: ids of {name} events", ours.ids_by_name(name), ids)
    return agrees


def partitions(store):
    return sum(1 for folder in store.glob("event_date=*") if any(folder.glob("*.parquet")))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store")
    parser.add_argument("--binary", default=DEFAULT_BINARY)
    parser.add_argument("--venv", default=DEFAULT_VENV)
    arguments = parser.parse_args()
    python = ensure_venv(arguments.venv)
    if pathlib.Path(sys.prefix) != pathlib.Path(arguments.venv).resolve():
        os.execv(python, [python, *sys.argv])
    binary = pathlib.Path(arguments.binary).resolve()
    sys.exit(0 if compare(binary, pathlib.Path(arguments.store).resolve()) else 1)


if __name__ == "__main__":
    main()
