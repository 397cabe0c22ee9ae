"""Plain HTTP: what no SDK sends, and the routes that are not AWS's."""

import http.client
import json
import time
import urllib.parse

import pytest

from records import event_id, record

AWS_HEADERS = {
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "CloudTrail_20131101.LookupEvents",
}


def request(server, method, path, body=None, headers=None):
    """Sends one request; returns status, headers and text."""
    address = urllib.parse.urlsplit(server.endpoint)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read().decode()
    finally:
        connection.close()


def aws_error(server, body, headers):
    status, answered, text = request(server, "POST", "/", body, headers)
    error = json.loads(text)["__type"]
    assert answered["x-amzn-ErrorType"] == error
    return status, error


def test_an_unsigned_request_sees_every_region(some):
    status, _, text = request(some, "POST", "/", "{}", AWS_HEADERS)
    assert status == 200 and len(json.loads(text)["Events"]) == 5


def test_what_is_no_request(some):
    unknown = {**AWS_HEADERS, "X-Amz-Target": "CloudTrail_20131101.LookupEvent"}
    assert aws_error(some, "{}", unknown) == (404, "UnknownOperationException")
    assert aws_error(some, "{}", {"Content-Type": "text/plain"}) == (404, "UnknownOperationException")
    for body in ["{", "[]", "x", '{"StartTime": "yesterday"}']:
        assert aws_error(some, body, AWS_HEADERS) == (400, "SerializationException")
    half = {**AWS_HEADERS, "Authorization": "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE"}
    assert aws_error(some, "{}", half) == (403, "IncompleteSignature")


def test_fractional_times_as_javascript_sends_them(some):
    body = '{"StartTime":1768046401.001,"EndTime":1768046402.999}'
    _, _, text = request(some, "POST", "/", body, AWS_HEADERS)
    assert [event["EventName"] for event in json.loads(text)["Events"]] == ["GetBucketPolicy"]


def test_another_host_is_refused(some):
    for path in ["/healthz", "/api/v1/events", "/metrics", "/"]:
        status, _, text = request(some, "GET", path, headers={"Host": "rebound.example.com"})
        assert status == 403 and "DNS rebinding" in text, path
    status, _, _ = request(some, "POST", "/", "{}", {**AWS_HEADERS, "Host": "rebound.example.com"})
    assert status == 403


def test_no_answer_is_for_other_sites(some):
    for method, path in [("GET", "/api/v1/events"), ("OPTIONS", "/"), ("OPTIONS", "/api/v1/events")]:
        _, headers, _ = request(some, method, path, headers={"Origin": "https://example.com"})
        assert "Access-Control-Allow-Origin" not in headers, (method, path)


def test_native_events(some):
    status, _, text = request(some, "GET", "/api/v1/events?username=bob")
    answer = json.loads(text)
    assert status == 200 and answer["next"] is None and answer["coverage"]["unreadable"] == []
    assert [event["event_name"] for event in answer["events"]] == ["DeleteBucket", "GetBucketPolicy"]
    assert answer["events"][1]["record"] == record(2, "GetBucketPolicy", user="bob")
    status, _, text = request(some, "GET", f"/api/v1/events/{event_id(5)}")
    assert status == 200 and [event["event_name"] for event in json.loads(text)["events"]] == ["GetObject"]


@pytest.mark.parametrize("limit", [7, 1000])
def test_native_pages_are_complete(many, limit):
    seen, cursor = [], None
    while True:
        path = f"/api/v1/events?limit={limit}" + (f"&cursor={cursor}" if cursor else "")
        _, _, text = request(many, "GET", path)
        answer = json.loads(text)
        assert len(answer["events"]) <= limit
        seen += [event["event_id"] for event in answer["events"]]
        cursor = answer["next"]
        if cursor is None:
            break
    assert len(seen) == 500 and set(seen) == {event_id(n) for n in range(500)}


def test_native_errors(some):
    for path, status, word in [
        ("/api/v1/events?usernam=bob", 400, "`username`"),
        ("/api/v1/events?limit=1001", 400, "1000"),
        ("/api/v1/events/none", 404, "`none`"),
        ("/api/v1/nothing", 404, "/api/v1/events"),
    ]:
        found, _, text = request(some, "GET", path)
        assert found == status and word in json.loads(text)["error"]["message"], text


def test_health_and_metrics(some):
    assert request(some, "GET", "/healthz")[::2] == (200, "ok\n")
    status, _, text = request(some, "GET", "/metrics")
    assert status == 200 and text.endswith("# EOF\n")
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    for name in ("read", "stored", "duplicate", "rejected"):
        assert f"trailhound_records_{name}_total" in values
    assert values["trailhound_events"] == "8" and values["trailhound_store_up"] == "1"


def sql(server, body, content_type="application/json"):
    headers = {"Content-Type": content_type}
    status, _, text = request(server, "POST", "/api/v1/sql", json.dumps(body), headers)
    return status, json.loads(text)


def test_sql_answers_columns_and_rows(some):
    statement = """SELECT eventname, eventtime, readonly, element_at(requestparameters, 'bucketName') AS bucket
        FROM events WHERE eventname = 'CreateBucket'"""
    status, answer = sql(some, {"statement": statement})
    assert status == 200
    assert answer["columns"] == ["eventname", "eventtime", "readonly", "bucket"]
    assert answer["rows"] == [["CreateBucket", "2026-01-10T12:00:01.000Z", False, "example-1"]]
    assert answer["more"] is False
    status, answer = sql(some, {"statement": "SELECT eventid FROM events", "limit": 3})
    assert (status, len(answer["rows"]), answer["more"]) == (200, 3, True)


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        ({"statement": "SELEC 1"}, "application/json", (400, "InvalidStatement")),
        ({"statement": "DROP TABLE events"}, "application/json", (400, "InvalidStatement")),
        ({"statement": "SELECT 1", "limit": 0}, "application/json", (400, "InvalidParameter")),
        ({"query": "SELECT 1"}, "application/json", (400, "InvalidRequest")),
        ({"statement": "SELECT 1"}, "text/plain", (400, "InvalidRequest")),
    ],
)
def test_wrong_sql_requests(some, body, content_type, expected):
    status, answer = sql(some, body, content_type)
    assert (status, answer["error"]["code"]) == expected


def test_a_statement_ends_when_its_client_goes_away(many):
    endless = """SELECT sum(length(a.eventid || b.eventid || c.eventid || d.eventid))
        FROM events a CROSS JOIN events b CROSS JOIN events c CROSS JOIN events d"""
    address = urllib.parse.urlsplit(many.endpoint)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=1)
    body = json.dumps({"statement": endless})
    with pytest.raises(TimeoutError):
        connection.request("POST", "/api/v1/sql", body, {"Content-Type": "application/json"})
        connection.getresponse()
    connection.close()
    assert settles(many.process.pid), "the statement still runs"


def settles(pid):
    """Whether a process comes to rest within some seconds."""
    def ticks():
        # utime and stime: proc(5).
        fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    for _ in range(20):
        before = ticks()
        time.sleep(0.5)
        if ticks() - before < 5:
            return True
    return False
