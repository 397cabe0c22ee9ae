"""boto3: every answer is checked against botocore's model, then parsed by it."""

import base64
import datetime
import json

import pytest
from botocore.exceptions import ClientError

from conftest import many_records
from records import NOON, assumed_role, by_service, event_id, record
from shapes import check_wire


def attribute(key, value):
    return [{"AttributeKey": key, "AttributeValue": value}]


def names(answer):
    return [event["EventName"] for event in answer["Events"]]


def all_ids(client, **arguments):
    pages = client.get_paginator("lookup_events").paginate(**arguments)
    return [event["EventId"] for page in pages for event in page["Events"]]


@pytest.fixture
def client(some):
    client = some.client()
    check_wire(client)
    return client


def test_members_are_those_of_the_record(client):
    event = client.lookup_events(LookupAttributes=attribute("EventName", "CreateBucket"))["Events"][0]
    sent = record(1, "CreateBucket")
    text = event.pop("CloudTrailEvent")
    assert json.loads(text) == sent
    assert event.pop("EventTime").timestamp() == NOON + 1
    assert event == {
        "EventId": event_id(1),
        "EventName": "CreateBucket",
        "ReadOnly": "false",
        "AccessKeyId": "AKIAALICEEXAMPLE",
        "EventSource": "s3.amazonaws.com",
        "Username": "alice",
        "Resources": [{"ResourceType": "AWS::S3::Bucket", "ResourceName": "example-1"}],
    }


def test_the_record_is_one_compact_text(client):
    for event in client.lookup_events()["Events"]:
        text = event["CloudTrailEvent"]
        compact = json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii="\\u" in text)
        assert text == compact


def test_a_role_session_is_named_by_its_session(client):
    event = client.lookup_events(LookupAttributes=attribute("Username", "ci-42"))["Events"][0]
    assert json.loads(event["CloudTrailEvent"]) == assumed_role(3)
    resource = {"ResourceType": "AWS::EC2::Instance", "ResourceName": "i-0123456789abcdef0"}
    assert resource in event["Resources"]


def test_a_service_has_neither_user_nor_key(client):
    event = client.lookup_events(LookupAttributes=attribute("EventId", event_id(4)))["Events"][0]
    assert json.loads(event["CloudTrailEvent"]) == by_service(4)
    assert "Username" not in event and "AccessKeyId" not in event
    assert event["ReadOnly"] == "true" and event["Resources"] == []


def test_management_events_of_the_region_newest_first(some, client):
    assert names(client.lookup_events()) == [
        "DescribeKey",
        "TerminateInstances",
        "GetBucketPolicy",
        "CreateBucket",
    ]
    assert names(some.client(region="eu-west-1").lookup_events()) == ["DeleteBucket"]
    assert names(some.client(region="ap-south-1").lookup_events()) == []
    assert len(some.client(region="all").lookup_events()["Events"]) == 5


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("EventId", event_id(2), ["GetBucketPolicy"]),
        ("EventName", "CreateBucket", ["CreateBucket"]),
        ("ReadOnly", "true", ["DescribeKey", "GetBucketPolicy"]),
        ("ReadOnly", "false", ["TerminateInstances", "CreateBucket"]),
        ("Username", "bob", ["GetBucketPolicy"]),
        ("ResourceType", "AWS::EC2::Instance", ["TerminateInstances"]),
        ("ResourceName", "i-0123456789abcdef0", ["TerminateInstances"]),
        ("ResourceName", "example-1", ["CreateBucket"]),
        ("EventSource", "kms.amazonaws.com", ["DescribeKey"]),
        ("AccessKeyId", "AKIABOBEXAMPLE", ["GetBucketPolicy"]),
        # Exact and case-sensitive, and no match is no error.
        ("EventName", "createbucket", []),
        ("EventName", "Create", []),
        ("EventName", "GetObject", []),
        ("ReadOnly", "True", []),
    ],
)
def test_each_attribute(client, key, value, expected):
    assert names(client.lookup_events(LookupAttributes=attribute(key, value))) == expected


def test_times_are_inclusive(client):
    def between(start, end):
        return names(client.lookup_events(StartTime=NOON + start, EndTime=NOON + end))

    assert between(2, 3) == ["TerminateInstances", "GetBucketPolicy"]
    assert between(2, 2) == ["GetBucketPolicy"]
    assert between(100, 200) == []
    zone = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    at = datetime.datetime.fromtimestamp(NOON + 1, zone)
    assert names(client.lookup_events(StartTime=at, EndTime=at)) == ["CreateBucket"]


def test_insights_events_have_their_own_category(client):
    events = client.lookup_events(EventCategory="insight")["Events"]
    assert [event["EventName"] for event in events] == ["SendCommand", "SendCommand"]
    assert {event["EventSource"] for event in events} == {"ssm.amazonaws.com"}
    details = [json.loads(event["CloudTrailEvent"])["insightDetails"] for event in events]
    assert [detail["state"] for detail in details] == ["End", "Start"]
    for key, value, count in [
        ("EventName", "SendCommand", 2),
        ("EventSource", "ssm.amazonaws.com", 2),
        ("EventId", event_id(7), 1),
        ("EventName", "CreateBucket", 0),
    ]:
        found = client.lookup_events(EventCategory="insight", LookupAttributes=attribute(key, value))
        assert len(found["Events"]) == count, (key, value)


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        ("InvalidLookupAttributesException", {"LookupAttributes": attribute("EventNames", "x")}),
        ("InvalidLookupAttributesException", {"LookupAttributes": attribute("EventName", "")}),
        ("InvalidLookupAttributesException", {"LookupAttributes": attribute("EventName", "a" * 2001)}),
        ("InvalidLookupAttributesException", {"LookupAttributes": attribute("EventName", "_" * 1001)}),
        ("InvalidLookupAttributesException", {"LookupAttributes": 2 * attribute("EventName", "x")}),
        (
            "InvalidLookupAttributesException",
            {"EventCategory": "insight", "LookupAttributes": attribute("Username", "alice")},
        ),
        ("InvalidTimeRangeException", {"StartTime": NOON + 1, "EndTime": NOON}),
        ("InvalidMaxResultsException", {"MaxResults": 0}),
        ("InvalidMaxResultsException", {"MaxResults": 51}),
        ("InvalidNextTokenException", {"NextToken": "garbage"}),
        ("InvalidEventCategoryException", {"EventCategory": "data"}),
    ],
)
def test_each_error_is_the_clients_class(some, error, arguments):
    client = some.client(parameter_validation=False)
    check_wire(client)
    with pytest.raises(getattr(client.exceptions, error)) as caught:
        client.lookup_events(**arguments)
    assert caught.value.response["Error"]["Code"] == error
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_two_thousand_characters_are_allowed(client):
    assert names(client.lookup_events(LookupAttributes=attribute("EventName", "a" * 2000))) == []


def test_pages_are_complete_without_repeats_and_newest_first(many):
    client = many.client()
    bodies = check_wire(client)
    pages = client.get_paginator("lookup_events").paginate()
    events = [event for page in pages for event in page["Events"]]
    assert sorted(event["EventId"] for event in events) == [event_id(n) for n in range(500)]
    times = [event["EventTime"] for event in events]
    assert times == sorted(times, reverse=True)
    assert all(len(body["Events"]) <= 50 for body in bodies) and len(bodies) >= 10
    assert "NextToken" not in bodies[-1]


@pytest.mark.parametrize("page_size", [1, 7, 49, 50])
def test_page_size_changes_pages_not_events(many, page_size):
    arguments = {"LookupAttributes": attribute("Username", "bob"), "StartTime": NOON, "EndTime": NOON + 50}
    expected = {event_id(n) for n in range(500) if n % 3 == 1 and n // 4 <= 50}
    ids = all_ids(many.client(), **arguments, PaginationConfig={"PageSize": page_size})
    assert len(ids) == len(expected) and set(ids) == expected


def test_max_items_can_be_resumed(many):
    client = many.client()
    paginator = client.get_paginator("lookup_events")
    first = paginator.paginate(PaginationConfig={"MaxItems": 60}).build_full_result()
    rest = paginator.paginate(PaginationConfig={"StartingToken": first["NextToken"]}).build_full_result()
    ids = [event["EventId"] for event in first["Events"] + rest["Events"]]
    assert len(first["Events"]) == 60
    assert len(ids) == len(set(ids)) == 500


def test_a_token_is_bound_to_its_query(many):
    client = many.client()
    token = client.lookup_events(LookupAttributes=attribute("Username", "bob"))["NextToken"]
    again = client.lookup_events(
        LookupAttributes=attribute("Username", "bob"), NextToken=token, MaxResults=3
    )
    assert len(again["Events"]) == 3
    tampered = token[:-1] + ("A" if token[-1] != "A" else "Q")
    for arguments in [
        {"NextToken": token},
        {"LookupAttributes": attribute("Username", "alice"), "NextToken": token},
        {"LookupAttributes": attribute("Username", "bob"), "NextToken": token, "StartTime": 0},
        {"LookupAttributes": attribute("Username", "bob"), "NextToken": token, "EndTime": NOON * 2},
        {"LookupAttributes": attribute("Username", "bob"), "NextToken": tampered + "AAAA"},
    ]:
        with pytest.raises(client.exceptions.InvalidNextTokenException):
            client.lookup_events(**arguments)
    elsewhere = many.client(region="eu-west-1")
    with pytest.raises(elsewhere.exceptions.InvalidNextTokenException):
        elsewhere.lookup_events(LookupAttributes=attribute("Username", "bob"), NextToken=token)


# What botocore insists on before it sends a request.
REQUIRED = {
    "string": lambda shape: "a" * max(shape.metadata.get("min", 1), 1),
    "timestamp": lambda shape: NOON,
    "integer": lambda shape: shape.metadata.get("min", 1),
    "boolean": lambda shape: True,
    "list": lambda shape: [minimal(shape.member)],
    "map": lambda shape: {},
    "structure": lambda shape: {name: minimal(shape.members[name]) for name in shape.required_members},
}


def minimal(shape):
    if shape.metadata.get("enum"):
        return shape.metadata["enum"][0]
    return REQUIRED[shape.type_name](shape)


OFFERED = {
    "LookupEvents",
    "ListEventDataStores",
    "GetEventDataStore",
    "StartQuery",
    "DescribeQuery",
    "GetQueryResults",
    "CancelQuery",
    "ListQueries",
}


def test_every_other_operation_says_that_it_is_not_offered(some):
    client = some.client()
    check_wire(client)
    model = client.meta.service_model
    methods = client.meta.method_to_api_mapping
    assert len(methods) == 60
    for method, operation in methods.items():
        if operation in OFFERED:
            continue
        shape = model.operation_model(operation).input_shape
        with pytest.raises(client.exceptions.UnsupportedOperationException) as caught:
            getattr(client, method)(**minimal(shape))
        assert operation in caught.value.response["Error"]["Message"]
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_put_audit_events_says_that_it_is_not_offered(some):
    client = some.client(service="cloudtrail-data")
    with pytest.raises(ClientError) as caught:
        client.put_audit_events(
            channelArn="arn:aws:cloudtrail:us-east-1:123456789012:channel/example",
            auditEvents=[{"id": "1", "eventData": "{}"}],
        )
    assert caught.value.response["Error"]["Code"] == "UnsupportedOperationException"


def test_tokens_outlive_a_kill(own):
    own.import_records(many_records(130))
    first = own.start().client().lookup_events(MaxResults=40)
    own.kill()
    client = own.start().client()
    ids = [event["EventId"] for event in first["Events"]]
    ids += all_ids(client, PaginationConfig={"StartingToken": resume(first["NextToken"])})
    assert len(ids) == 130 and set(ids) == {event_id(n) for n in range(130)}


def test_events_imported_while_serving_show_up_once(own):
    own.import_records(many_records(130))
    client = own.start().client()
    first = client.lookup_events()
    own.import_records([record(n, "CreateTrail") for n in range(1000, 1060)])
    # A new lookup sees them; one that has begun goes on below them.
    assert client.lookup_events()["Events"][0]["EventId"] == event_id(1059)
    assert len(all_ids(client)) == 190
    ids = [event["EventId"] for event in first["Events"]]
    ids += all_ids(client, PaginationConfig={"StartingToken": resume(first["NextToken"])})
    assert len(ids) == 130 and set(ids) == {event_id(n) for n in range(130)}


def resume(token):
    """botocore's own wrapping of a service's token, as `--starting-token` takes it."""
    return base64.b64encode(json.dumps({"NextToken": token}).encode()).decode()


def test_importing_again_changes_nothing(own):
    own.import_records(many_records(60))
    client = own.start().client()
    before = all_ids(client)
    own.import_records(many_records(60))
    assert all_ids(client) == before
