"""The unmodified `aws` command."""

import json

import pytest

from records import NOON, event_id


def lookup(server, *arguments, region="us-east-1"):
    code, out, err = server.aws("lookup-events", *arguments, region=region)
    assert code == 0, err
    return json.loads(out)


def names(server, *arguments, **options):
    return [event["EventName"] for event in lookup(server, *arguments, **options)["Events"]]


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("EventId", event_id(2), ["GetBucketPolicy"]),
        ("EventName", "CreateBucket", ["CreateBucket"]),
        ("ReadOnly", "true", ["DescribeKey", "GetBucketPolicy"]),
        ("Username", "ci-42", ["TerminateInstances"]),
        ("ResourceType", "AWS::EC2::Instance", ["TerminateInstances"]),
        ("ResourceName", "i-0123456789abcdef0", ["TerminateInstances"]),
        ("EventSource", "kms.amazonaws.com", ["DescribeKey"]),
        ("AccessKeyId", "AKIABOBEXAMPLE", ["GetBucketPolicy"]),
    ],
)
def test_each_attribute(some, key, value, expected):
    condition = f"AttributeKey={key},AttributeValue={value}"
    assert names(some, "--lookup-attributes", condition) == expected


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-01-10T12:00:02Z", "2026-01-10T12:00:03Z"),
        ("2026-01-10T13:00:02+01:00", "2026-01-10T13:00:03+01:00"),
        (str(NOON + 2), str(NOON + 3)),
        ("2026-01-10 12:00:02", "2026-01-10 12:00:03"),
        ("Jan 10 2026 12:00:02 UTC", "Jan 10 2026 12:00:03 UTC"),
    ],
)
def test_time_formats(some, start, end):
    found = names(some, "--start-time", start, "--end-time", end)
    assert found == ["TerminateInstances", "GetBucketPolicy"]


def test_the_region_of_the_command_is_looked_in(some):
    assert names(some, region="eu-west-1") == ["DeleteBucket"]
    assert names(some, region="all") == [
        "DeleteBucket",
        "DescribeKey",
        "TerminateInstances",
        "GetBucketPolicy",
        "CreateBucket",
    ]


def test_insights_events(some):
    assert names(some, "--event-category", "insight") == ["SendCommand", "SendCommand"]


def test_the_command_pages_by_itself(many):
    ids = [event["EventId"] for event in lookup(many)["Events"]]
    assert len(ids) == 500 and set(ids) == {event_id(n) for n in range(500)}


def test_max_items_and_page_size(many):
    first = lookup(many, "--max-items", "120", "--page-size", "33")
    rest = lookup(many, "--starting-token", first["NextToken"])
    ids = [event["EventId"] for event in first["Events"] + rest["Events"]]
    assert len(first["Events"]) == 120
    assert len(ids) == len(set(ids)) == 500


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        ("InvalidTimeRangeException", ["--start-time", str(NOON + 1), "--end-time", str(NOON)]),
        ("InvalidMaxResultsException", ["--page-size", "51"]),
        ("InvalidEventCategoryException", ["--event-category", "data"]),
        (
            "InvalidLookupAttributesException",
            ["--lookup-attributes", "AttributeKey=Eventname,AttributeValue=x"],
        ),
        (
            "InvalidLookupAttributesException",
            [
                "--lookup-attributes",
                "AttributeKey=EventName,AttributeValue=x",
                "AttributeKey=Username,AttributeValue=y",
            ],
        ),
    ],
)
def test_each_error_is_shown_by_name(some, error, arguments):
    code, _, err = some.aws("lookup-events", *arguments)
    assert code != 0 and f"({error})" in err, err


def test_another_operation_says_that_it_is_not_offered(some):
    code, _, err = some.aws("describe-trails")
    assert code != 0 and "(UnsupportedOperationException)" in err and "DescribeTrails" in err, err
