"""Synthetic CloudTrail records for the page: two people, one hostile record, two pages of events."""

ACCOUNT = "123456789012"
HOSTILE_ID = "00000000-0000-4000-8000-00000000dead"


def event_id(n):
    return f"00000000-0000-4000-8000-{n:012}"


def record(n, name, user, source, parameters, **more):
    """The event `n` minutes after noon."""
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": f"AIDA{user.upper()}",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/{user}",
            "accountId": ACCOUNT,
            "accessKeyId": f"AKIA{user.upper()}EXAMPLE",
            "userName": user,
        },
        "eventTime": f"2026-01-10T{12 + n // 60:02}:{n % 60:02}:00Z",
        "eventSource": source,
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.1" if user == "alice" else "198.51.100.7",
        "userAgent": "example/1.0",
        "requestParameters": parameters,
        "responseElements": None,
        "requestID": f"REQ{n}",
        "eventID": event_id(n),
        "readOnly": name.startswith(("Get", "Describe", "List")),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        **more,
    }


def bucket_call(n):
    """Mostly reads by alice; every tenth is a write by bob, every twentieth fails."""
    parameters = {"bucketName": f"example-{n % 7}", "nested": {"list": [1, {"deep": "value"}]}}
    if n % 10 != 0:
        return record(n, "GetBucketAcl", "alice", "s3.amazonaws.com", parameters)
    failure = {"errorCode": "AccessDenied", "errorMessage": "Access Denied"} if n % 20 == 0 else {}
    return record(n, "PutBucketPolicy", "bob", "s3.amazonaws.com", parameters, **failure)


SCRIPT = "<script>window.hurt = 1</script>"
IMAGE = "<img src=x onerror='window.hurt = 1'>"
HOSTILE = record(
    200,
    f"Hostile{SCRIPT}",
    "mallory",
    "javascript:window.hurt=1",
    {
        SCRIPT: IMAGE,
        "quotes": "\"'><svg onload=window.hurt=1>",
        "bidi": "\u202egnp.exe",
        "nul": "a\u0000b",
        "url": "javascript:window.hurt=1",
    },
    eventID=HOSTILE_ID,
    userAgent=f"</pre>{IMAGE}",
    errorCode=f"\"onmouseover='window.hurt=1' {IMAGE}",
    errorMessage=f"</title>{SCRIPT}",
    sourceIPAddress="\" autofocus onfocus=\"window.hurt=1",
)
BUCKET_CALLS = 120
RECORDS = [bucket_call(n) for n in range(BUCKET_CALLS)] + [HOSTILE]

# Days and how many events they have; the day between is empty.
DAYS = {"2026-01-10": 3, "2026-01-11": 60, "2026-01-13": 1}
RECORDS_BY_DAY = [
    record(
        n, "PutObject", "alice" if n else "bob", "s3.amazonaws.com", {"bucketName": "example"},
        eventTime=f"{day}T12:{n:02}:00Z", eventID=f"00000000-0000-4000-8000-{day.replace('-', '')}{n:04}",
    )
    for day, events in DAYS.items()
    for n in range(events)
]
