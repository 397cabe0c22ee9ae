"""awslabs.cloudtrail-mcp-server, AWS's own for language models, over standard input and output."""

import json
import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).parent


def call(server, calls):
    """Calls tools one after another in one session; returns what each answers."""
    done = subprocess.run(
        [os.environ["MCP_PYTHON"], HERE / "mcp_session.py"],
        env={**server.environment, "AWS_ENDPOINT_URL_CLOUDTRAIL": server.endpoint},
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_stores_and_queries(some):
    [stores] = call(some, [("list_event_data_stores", {"include_details": True})])
    text = json.dumps(stores)
    eds = text.partition("eventdatastore/")[2][:36]
    assert "trailhound" in text and len(eds) == 36
    [answer, wrong] = call(
        some,
        [
            ("lake_query", {"sql": f"SELECT eventName FROM {eds} WHERE eventName = 'CreateBucket'"}),
            ("lake_query", {"sql": f"SELECT nothing FROM {eds}"}),
        ],
    )
    assert not answer["is_error"] and "CreateBucket" in json.dumps(answer), answer
    # Newer versions of its library keep the reason from the client.
    assert wrong["is_error"], wrong


def test_lookup(some):
    [answer] = call(
        some,
        [
            (
                "lookup_events",
                {"start_time": "2026-01-01", "end_time": "2026-02-01",
                 "attribute_key": "EventName", "attribute_value": "CreateBucket"},
            )
        ],
    )
    assert not answer["is_error"] and "CreateBucket" in json.dumps(answer), answer
