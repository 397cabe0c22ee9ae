"""`undo --apply` against moto, which stands for AWS: what was changed is as it was before, up to new ids.

Every call of the set-up and the change is recorded in CloudTrail's shape and imported; then the change's
event is taken back by the binary. `UNDO_TABLE=FILE` writes the table of results.
"""

import json
import os
import pathlib
import re
import subprocess

import pytest
from moto import server as moto_server

from conftest import BINARY, client_environment
from undo_kinds import KINDS
from undo_world import ACCOUNT, RENAMED, World, compare

ROOT = pathlib.Path(__file__).parent / "../.."
RESULTS = {}


@pytest.fixture(scope="session")
def endpoint():
    server = moto_server.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def world(endpoint):
    return World(endpoint)


class Store:
    """A store of one's own, and the binary on it."""

    def __init__(self, folder, endpoint):
        self.folder, self.endpoint, self.files = folder, endpoint, 0

    def run(self, *words, stdin=None):
        return subprocess.run(
            [BINARY, "--db", self.folder / "db", *words], env=client_environment(self.folder),
            capture_output=True, text=True, timeout=180, input=stdin,
        )

    def take_in(self, records):
        self.files += 1
        path = self.folder / f"log-{self.files}.json"
        path.write_text(json.dumps({"Records": [json.loads(one) for one in records]}))
        done = self.run("import", path)
        assert done.returncode == 0, done.stderr

    def apply(self, *events, endpoint=None, options=("--yes",)):
        """Runs the plan; returns the exit code, the result as JSON when there is one, and what was said."""
        done = self.run("--output", "json", "undo", *events, "--apply", *options,
                        "--endpoint-url", endpoint or self.endpoint)
        return done.returncode, json.loads(done.stdout) if done.stdout.strip() else None, done.stderr


@pytest.fixture
def store(tmp_path, endpoint):
    return Store(tmp_path, endpoint)


def outcomes(result):
    return [step["outcome"]["is"] for step in result["steps"]] if result else []


def told(result, said):
    """What went wrong, for a person."""
    steps = [f"{step['call']}: {json.dumps(step['outcome'])}" for step in (result or {}).get("steps", [])]
    return "\n".join([*steps, said])


@pytest.mark.parametrize("event", sorted(KINDS))
def test_a_kind_is_taken_back(event, world, store):
    kind = KINDS[event]
    RESULTS[event] = ("failed", "")
    run = kind.run(world)
    next(run)
    before = world.snapshot()
    for _ in run:
        pass
    event_id, changed = world.last_event_id(), world.snapshot()
    service, operation = event.split(":")
    name = json.loads(world.records[-1])["eventName"]
    assert name == RENAMED.get((service, operation), operation)
    assert kind.is_silent or compare(before, changed)[0] == "differs", "the change is not to be seen"
    store.take_in(world.records)
    code, result, said = store.apply(event_id, options=("--yes", *kind.options))
    likeness, rest = compare(before, world.snapshot())
    if kind.asks:
        RESULTS[event] = ("asks", kind.asks)
        assert code == 1 and result is None and "nothing was done: not known" in said, told(result, said)
        return
    if kind.deviation:
        RESULTS[event] = ("deviates", kind.deviation)
        assert not (code == 0 and not rest), "it does not deviate any more"
        return
    if not result:
        said += store.run("undo", event_id, *kind.options).stdout
    assert result and result["is_whole"], told(result, said)
    assert not rest, "\n".join([*rest, told(result, said)])
    verified = outcomes(result)[-1]
    RESULTS[event] = (likeness, "" if verified == "verified" else "not verified: " + result["steps"][-1]["outcome"].get("why", ""))
    assert verified in ("verified", "not_verified"), told(result, said)


def vpc_with_route(world):
    vpc = world.ec2("CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    table = world.ec2("CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"]
    gateways = []
    for _ in range(2):
        gateway = world.ec2("CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
        gateways.append(gateway)
    world.ec2("AttachInternetGateway", VpcId=vpc, InternetGatewayId=gateways[0])
    eni = world.ec2("CreateSubnet", VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    eni = world.ec2("CreateNetworkInterface", SubnetId=eni)["NetworkInterface"]["NetworkInterfaceId"]
    world.ec2("CreateRoute", RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateways[0])
    return table, gateways, eni


def default_route(world, table):
    tables = world.client("ec2").describe_route_tables(RouteTableIds=[table])["RouteTables"]
    route = next(one for one in tables[0]["Routes"] if one.get("DestinationCidrBlock") == "0.0.0.0/0")
    return route.get("GatewayId") or route.get("NetworkInterfaceId")


def replaced(world):
    table, gateways, eni = vpc_with_route(world)
    world.ec2("ReplaceRoute", RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NetworkInterfaceId=eni)
    return table, gateways, eni


def test_an_undo_is_recorded_found_and_taken_back_itself(world, store):
    table, gateways, eni = replaced(world)
    store.take_in(world.records)
    code, result, said = store.apply(world.last_event_id())
    assert code == 0, told(result, said)
    assert default_route(world, table) == gateways[0]
    own = result["steps"][0]["recorded_as"]
    found = json.loads(store.run("--output", "json", "lookup", "--event-id", own).stdout)
    assert world.last_event_id() in json.dumps(found)
    record = json.loads(store.run("--output", "json", "show", own).stdout)
    text = json.dumps(record)
    assert "trailhound/" in text and f"undo of {world.last_event_id()}" in text
    code, result, said = store.apply(own)
    assert code == 0, told(result, said)
    assert default_route(world, table) == eni


def test_another_account_is_refused(world, store):
    table, _, eni = replaced(world)
    other = [one.replace(ACCOUNT, "210987654321") for one in world.records]
    store.take_in(other)
    code, result, said = store.apply(world.last_event_id())
    assert code == 1 and result is None
    assert "210987654321" in said and ACCOUNT in said and "nothing was done" in said
    assert default_route(world, table) == eni


def test_a_question_is_refused(world, store):
    table, _, eni = replaced(world)
    store.take_in(world.records[-1:])
    code, result, said = store.apply(world.last_event_id())
    assert code == 1 and result is None and "nothing was done: not known" in said
    assert default_route(world, table) == eni


def test_a_later_change_is_refused_unless_overwriting_is_asked_for(world, store):
    table, gateways, eni = replaced(world)
    event = world.last_event_id()
    subnet = world.ec2("CreateSubnet", VpcId=world.client("ec2").describe_network_interfaces(
        NetworkInterfaceIds=[eni])["NetworkInterfaces"][0]["VpcId"], CidrBlock="10.0.2.0/24")["Subnet"]["SubnetId"]
    other = world.ec2("CreateNetworkInterface", SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    world.ec2("ReplaceRoute", RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NetworkInterfaceId=other)
    store.take_in(world.records)
    code, result, said = store.apply(event)
    assert code == 1 and result is None and "changed again" in said
    assert default_route(world, table) == other
    code, result, said = store.apply(event, options=("--yes", "--overwrite"))
    assert result["is_verified"], told(result, said)
    assert default_route(world, table) == gateways[0]


def test_what_was_changed_behind_its_back_stops_it(world, store):
    """The gateway is gone, which no record says: the service refuses, and nothing else is done."""
    table, gateways, eni = replaced(world)
    client = world.client("ec2")
    client.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    store.take_in(world.records)
    code, result, said = store.apply(world.last_event_id())
    assert code == 1 and outcomes(result) == ["refused"], told(result, said)
    own = result["steps"][0]["recorded_as"]
    record = store.run("--output", "json", "show", own).stdout
    assert "errorCode" in record or "error_code" in record


class Proxy:
    """A server between: it answers some calls itself."""

    def __init__(self, target, operation, answer):
        import http.server
        import threading
        import urllib.request

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if f"Action={operation}&".encode() in body + b"&":
                    if answer is None:  # as a connection that breaks
                        self.connection.close()
                        return
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.write(answer)
                    return
                headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                request = urllib.request.Request(target + self.path, data=body, headers=headers, method="POST")
                with urllib.request.urlopen(request) as done:
                    self.send_response(done.status)
                    self.end_headers()
                    self.wfile.write(done.read())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"


def test_a_result_that_is_not_as_it_was_to_be_is_told(world, store):
    """The service says yes and does nothing."""
    table, gateways, eni = replaced(world)
    store.take_in(world.records)
    idle = Proxy(store.endpoint, "ReplaceRoute", b"<ReplaceRouteResponse><return>true</return></ReplaceRouteResponse>")
    code, result, said = store.apply(world.last_event_id(), endpoint=idle.endpoint)
    assert code == 3 and outcomes(result) == ["differs"], told(result, said)
    outcome = result["steps"][0]["outcome"]
    assert outcome["found"]["NetworkInterfaceId"] == eni and outcome["expected"]["GatewayId"] == gateways[0]


def test_a_call_without_an_answer_is_told_as_that(world, store):
    table, _, eni = replaced(world)
    store.take_in(world.records)
    broken = Proxy(store.endpoint, "ReplaceRoute", None)
    code, result, said = store.apply(world.last_event_id(), endpoint=broken.endpoint)
    assert code == 1 and outcomes(result) == ["no_answer"], told(result, said)


def test_nobody_to_ask_is_a_usage_error(world, store):
    table, _, eni = replaced(world)
    store.take_in(world.records)
    code, result, said = store.apply(world.last_event_id(), options=())
    assert code == 2 and "--yes" in said and result is None
    assert default_route(world, table) == eni


def documented():
    """The events of the documentation, each with its class."""
    for line in (ROOT / "docs/undo.md").read_text().splitlines():
        found = re.match(r"\| ([a-z0-9-]+:\w+) \| (\w+) \| (.*?) \|", line)
        if found:
            yield found.groups()


def earlier(path):
    """The results of a table that was written before: a run of some kinds replaces theirs."""
    if not path or not pathlib.Path(path).exists():
        return {}
    rows = (line.strip("| ").split(" | ") for line in pathlib.Path(path).read_text().splitlines())
    return {row[0]: tuple((row[2].split(": ", 1) + [""])[:2]) for row in rows if len(row) == 3 and ":" in row[0]}


def table(known):
    """The results as a Markdown table: of every event that has an inverse."""
    from undo_kinds import UNTRIED

    rows = ["| event | class | result |", "|---|---|---|"]
    counts = {}
    for event, kind, calls in documented():
        if kind == "irreversible":
            continue
        untried = ("not tried", UNTRIED.get(event, "no round trip is written"))
        if event in KINDS:
            untried = ("not run this time", "")
        result, remark = RESULTS.get(event) or (event in KINDS and known.get(event)) or untried
        counts[result] = counts.get(result, 0) + 1
        rows.append(f"| {event} | {kind} | {result}{': ' if remark else ''}{remark} |")
    total = ", ".join(f"{count} {result}" for result, count in sorted(counts.items()))
    return [total, "", *rows]


def test_the_table_is_written(capsys):
    """Last: prints what became of each event."""
    events = [event for event, _, _ in documented()]
    assert len(events) == len(set(events)) == 284
    assert not [event for event in KINDS if event not in events]
    named = os.environ.get("UNDO_TABLE")
    lines = table(earlier(named))
    # Also where everything passes: the table is what this file is for.
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    if named:
        intro = (
            "# The way back, tried\n\n"
            "`trailhound undo --apply` against [moto](https://docs.getmoto.org), which stands for AWS: a state, a change,\n"
            "its undo, and whether all is described as before. Written by\n"
            "`UNDO_TABLE=docs/undo-moto.md pytest tests/e2e/test_undo_apply.py`. That AWS does what moto does is not\n"
            "shown by this. *Equal up to new ids*: what was made again has another id.\n\n"
        )
        pathlib.Path(named).write_text(intro + "\n".join(lines) + "\n")
