"""Synthetic CloudTrail records, in true shapes."""

ACCOUNT = "123456789012"
REGION = "us-east-1"
# 2026-01-10T12:00:00Z
NOON = 1768046400


def event_id(n):
    return f"00000000-0000-4000-8000-{n:012}"


def event_time(n):
    """`n` seconds after noon, as CloudTrail writes it."""
    return f"2026-01-10T{12 + n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z"


def record(n, name="PutBucketPolicy", user="alice", source="s3.amazonaws.com", region=REGION, **more):
    """The management event `n` seconds after noon."""
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
        "eventTime": event_time(n),
        "eventSource": source,
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": "192.0.2.1",
        "userAgent": "example/1.0",
        "requestParameters": {"bucketName": f"example-{n % 7}", "note": 'a "quoted" \u00e9 \\ text'},
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


def assumed_role(n, role="deploy", session="ci-42", region=REGION):
    """What a role session did: `Username` is the session's name."""
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}"
    identity = {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE:{session}",
        "arn": arn,
        "accountId": ACCOUNT,
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAEXAMPLE",
                "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}",
                "accountId": ACCOUNT,
                "userName": role,
            },
            "attributes": {"creationDate": event_time(0), "mfaAuthenticated": "false"},
        },
    }
    return record(
        n,
        "TerminateInstances",
        source="ec2.amazonaws.com",
        region=region,
        userIdentity=identity,
        requestParameters={"instancesSet": {"items": [{"instanceId": "i-0123456789abcdef0"}]}},
    )


def by_service(n):
    """What a service did by itself: no user, no access key."""
    return record(
        n,
        "DescribeKey",
        source="kms.amazonaws.com",
        userIdentity={"type": "AWSService", "invokedBy": "autoscaling.amazonaws.com"},
        sourceIPAddress="autoscaling.amazonaws.com",
        requestParameters=None,
    )


def data_event(n):
    return record(n, "GetObject", eventCategory="Data", managementEvent=False)


def insight(n, state="Start"):
    """An Insights event as a trail delivers it."""
    return {
        "eventVersion": "1.09",
        "eventTime": event_time(n),
        "awsRegion": REGION,
        "eventID": event_id(n),
        "eventType": "AwsCloudTrailInsight",
        "recipientAccountId": ACCOUNT,
        "sharedEventID": "00000000-0000-4000-9000-000000000001",
        "insightDetails": {
            "state": state,
            "eventSource": "ssm.amazonaws.com",
            "eventName": "SendCommand",
            "insightType": "ApiCallRateInsight",
            "insightContext": {
                "statistics": {
                    "baseline": {"average": 0.04},
                    "insight": {"average": 15.0},
                    "insightDuration": 1,
                    "baselineDuration": 10080,
                }
            },
        },
        "eventCategory": "Insight",
    }
