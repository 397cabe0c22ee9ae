"""CloudTrail Lake's queries: the unmodified `aws` command and boto3."""

import json
import re
import time

import botocore.exceptions
import pytest

WAIT_SECONDS = 60
ENDED = {"FINISHED", "FAILED", "CANCELLED", "TIMED_OUT"}
# 500 events four times over: nobody waits for its end.
ENDLESS = """SELECT sum(length(a.eventid || b.eventid || c.eventid || d.eventid))
    FROM $EDS_ID a CROSS JOIN $EDS_ID b CROSS JOIN $EDS_ID c CROSS JOIN $EDS_ID d"""


def aws(server, *arguments):
    code, out, err = server.aws(*arguments)
    assert code == 0, err
    return json.loads(out)


def wait(describe):
    """Describes a query until it has ended."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        described = describe()
        if described["QueryStatus"] in ENDED:
            return described
        assert time.monotonic() < deadline, described
        time.sleep(0.05)


def store_id(client):
    [store] = client.list_event_data_stores()["EventDataStores"]
    return store["EventDataStoreArn"].rpartition("/")[2]


def run(client, statement):
    query = client.start_query(QueryStatement=statement)["QueryId"]
    return query, wait(lambda: client.describe_query(QueryId=query))


def error_of(call, *arguments, **named):
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        call(*arguments, **named)
    return raised.value.response["Error"]["Code"]


def test_the_store_is_the_one_event_data_store(some):
    [store] = aws(some, "list-event-data-stores")["EventDataStores"]
    arn = store["EventDataStoreArn"]
    assert re.fullmatch(r"arn:aws:cloudtrail:[a-z0-9-]+:\d{12}:eventdatastore/[0-9a-f-]{36}", arn)
    for name in (arn, arn.rpartition("/")[2]):
        found = aws(some, "get-event-data-store", "--event-data-store", name)
        assert (found["EventDataStoreArn"], found["Status"]) == (arn, "ENABLED")
        assert found["CreatedTimestamp"] > 1.7e9


def test_a_query_by_the_command_line(some):
    eds = store_id(some.client())
    statement = f"""SELECT eventName, eventTime, userIdentity.userName AS who, errorCode
        FROM {eds} WHERE eventTime > '2026-01-10 12:00:00' AND eventSource = 's3.amazonaws.com'
        ORDER BY eventTime LIMIT 2"""
    query = aws(some, "start-query", "--query-statement", statement)["QueryId"]
    described = wait(lambda: aws(some, "describe-query", "--query-id", query))
    assert described["QueryStatus"] == "FINISHED", described
    assert described["QueryString"] == statement
    assert described["QueryStatistics"]["EventsScanned"] >= 2
    results = aws(some, "get-query-results", "--query-id", query)
    assert results["QueryStatus"] == "FINISHED"
    assert results["QueryStatistics"]["TotalResultsCount"] == 2
    assert results["QueryResultRows"] == [
        [
            {"eventName": "CreateBucket"},
            {"eventTime": "2026-01-10 12:00:01.000"},
            {"who": "alice"},
            {"errorCode": ""},
        ],
        [
            {"eventName": "GetBucketPolicy"},
            {"eventTime": "2026-01-10 12:00:02.000"},
            {"who": "bob"},
            {"errorCode": ""},
        ],
    ]


def test_pages_are_the_whole_answer(many):
    client = many.client()
    query, described = run(client, f"SELECT eventid FROM {store_id(client)} ORDER BY eventid DESC")
    assert described["QueryStatistics"]["EventsMatched"] == 500
    seen, token = [], {}
    while True:
        page = client.get_query_results(QueryId=query, MaxQueryResults=130, **token)
        assert page["QueryStatistics"]["ResultsCount"] == len(page["QueryResultRows"])
        seen += [row[0]["eventid"] for row in page["QueryResultRows"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert len(seen) == 500 and seen == sorted(set(seen), reverse=True)
    other, _ = run(client, "SELECT 1 FROM $EDS_ID")
    wrong = error_of(client.get_query_results, QueryId=other, MaxQueryResults=130, **token)
    assert wrong == "InvalidNextTokenException"


def test_a_running_query_is_cancelled(many):
    client = many.client()
    query = client.start_query(QueryStatement=ENDLESS)["QueryId"]
    assert client.describe_query(QueryId=query)["QueryStatus"] == "RUNNING"
    early = client.get_query_results(QueryId=query)
    assert (early["QueryStatus"], early["QueryResultRows"]) == ("RUNNING", [])
    cancelled = aws(many, "cancel-query", "--query-id", query)
    assert cancelled == {"QueryId": query, "QueryStatus": "CANCELLED"}
    assert client.describe_query(QueryId=query)["QueryStatus"] == "CANCELLED"
    assert error_of(client.cancel_query, QueryId=query) == "InactiveQueryException"


def test_ten_queries_run_at_one_time(many):
    client = many.client()
    queries = [client.start_query(QueryStatement=ENDLESS)["QueryId"] for _ in range(10)]
    try:
        assert error_of(client.start_query, QueryStatement=ENDLESS) == "MaxConcurrentQueriesException"
        eds = store_id(client)
        running = client.list_queries(EventDataStore=eds, QueryStatus="RUNNING")["Queries"]
        assert {query["QueryId"] for query in running} == set(queries)
    finally:
        for query in queries:
            client.cancel_query(QueryId=query)
    assert run(client, "SELECT count(*) AS n FROM $EDS_ID")[1]["QueryStatus"] == "FINISHED"


def test_queries_are_listed_newest_first_page_by_page(some):
    client = some.client()
    started = [run(client, f"SELECT {n} FROM $EDS_ID")[0] for n in range(5)]
    eds = store_id(client)
    first = client.list_queries(EventDataStore=eds, MaxResults=3)
    second = client.list_queries(EventDataStore=eds, MaxResults=2, NextToken=first["NextToken"])
    listed = [query["QueryId"] for query in first["Queries"] + second["Queries"]]
    assert listed == started[::-1]


@pytest.mark.parametrize(
    "statement",
    [
        "SELEC eventName FROM $EDS_ID",
        "SELECT nothing FROM $EDS_ID",
        "DROP TABLE events",
        "SELECT * FROM '/etc/passwd'",
        "SELECT no_such_function(eventName) FROM $EDS_ID",
    ],
)
def test_a_wrong_statement_is_refused_at_once(some, statement):
    code, out, err = some.aws("start-query", "--query-statement", statement)
    assert code != 0 and out == ""
    assert "(InvalidQueryStatementException)" in err


def test_a_query_that_fails_says_why(some):
    client = some.client()
    query, described = run(client, "SELECT CAST(eventName AS bigint) FROM $EDS_ID")
    assert described["QueryStatus"] == "FAILED"
    assert "CreateBucket" in described["ErrorMessage"] or "cast" in described["ErrorMessage"].lower()
    results = client.get_query_results(QueryId=query)
    assert (results["QueryStatus"], results["QueryResultRows"]) == ("FAILED", [])


def test_errors_have_awss_names(some):
    client = some.client()
    other = "11111111-2222-4333-8444-555555555555"
    assert error_of(client.describe_query, QueryId=other) == "QueryIdNotFoundException"
    assert error_of(client.get_query_results, QueryId=other) == "QueryIdNotFoundException"
    assert error_of(client.cancel_query, QueryId=other) == "QueryIdNotFoundException"
    unknown = error_of(client.get_event_data_store, EventDataStore=other)
    assert unknown == "EventDataStoreNotFoundException"
    named = error_of(client.get_event_data_store, EventDataStore="trailhound")
    assert named == "EventDataStoreARNInvalidException"
    asked = error_of(client.start_query, QueryStatement=f"SELECT 1 FROM {other}")
    assert asked == "EventDataStoreNotFoundException"


def test_new_events_are_in_the_next_query(own):
    from records import record

    own.import_records([record(1)])
    own.start()
    client = own.client()
    count = "SELECT count(*) AS n FROM $EDS_ID"

    def counted():
        query, _ = run(client, count)
        return client.get_query_results(QueryId=query)["QueryResultRows"]

    assert counted() == [[{"n": "1"}]]
    eds = store_id(client)
    own.import_records([record(2)])
    assert counted() == [[{"n": "2"}]]
    own.kill()
    own.start()
    assert store_id(own.client()) == eds
