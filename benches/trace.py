"""Times who and history over HTTP on one store: trace.py STORE [--binary FILE].

Takes its subjects from the store itself: temporary access keys whose issue is in it, and resources by how
many events write them. Prints a Markdown report.
"""

import argparse
import json
import pathlib
import sys
import urllib.parse

from measured import DEFAULT_BINARY, Server, median, p95

REPETITIONS = 7
SUBJECTS = 11


def subjects(server):
    """Events of role sessions and keys that were issued, then resources that are written often."""

    def events(query, limit):
        _, text = server.get(f"/api/v1/events?limit={limit}&q={urllib.parse.quote(query)}")
        return json.loads(text)["events"]

    issued = []
    for event in events("event:AssumeRole -is:error exists:responseElements.credentials", 1000):
        key = event["record"]["responseElements"]["credentials"].get("accessKeyId", "")
        if key.startswith("ASIA") and key not in issued:
            issued.append(key)
    used = [event["event_id"] for event in events("userIdentity.type:AssumedRole", 1000)]
    resources = {}
    for event in events("service:ec2 is:write -is:error", 1000):
        for resource in event["resource_ids"]:
            resources[resource] = resources.get(resource, 0) + 1
    often = sorted(resources, key=resources.get, reverse=True)
    step = max(1, len(used) // SUBJECTS)
    return issued[:SUBJECTS], used[::step][:SUBJECTS], often[:SUBJECTS]


def ms(seconds):
    return f"{seconds * 1000:.1f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", type=pathlib.Path)
    parser.add_argument("--binary", default=DEFAULT_BINARY)
    arguments = parser.parse_args()
    server = Server(arguments.binary, arguments.store.resolve())
    try:
        issued, used, resources = subjects(server)
        print("| question | subjects | median ms | p95 | worst subject |\n|---|---|---|---|---|")
        for name, path, values in (
            ("who, an access key that was issued", "/api/v1/who?subject=", issued),
            ("who, an event of a role session", "/api/v1/who?subject=", used),
            ("history of the newest 50 writes, with changes and actors", "/api/v1/history?limit=50&resource=", resources),
            ("the same, and one step around it", "/api/v1/history?limit=50&related=1&resource=", resources),
        ):
            all_seconds, worst = [], (0, "")
            for value in values:
                address = path + urllib.parse.quote(value)
                server.get(address)
                seconds = median([server.get(address)[0] for _ in range(REPETITIONS)])
                all_seconds.append(seconds)
                worst = max(worst, (seconds, value))
            row = [name, len(values), ms(median(all_seconds)), ms(p95(all_seconds)), f"{ms(worst[0])} `{worst[1]}`"]
            print("| " + " | ".join(map(str, row)) + " |")
    finally:
        server.stop()


if __name__ == "__main__":
    sys.exit(main())
