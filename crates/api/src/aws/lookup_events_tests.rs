//! Tests of the pure half of [`super`]; the route is tested in `crate::tests`.

use super::*;
use expect_test::{Expect, expect};
use proptest::prelude::*;

#[track_caller]
fn check_error(body: &str, expect: Expect) {
    let error = LookupEventsRequest::parse(body.as_bytes()).unwrap_err();
    let answer = String::from_utf8(error.body()).unwrap();
    expect.assert_eq(&format!("{} {answer}", error.status().as_u16()));
}

fn query(body: &str) -> LookupQuery {
    LookupEventsRequest::parse(body.as_bytes()).unwrap().query(None, None)
}

fn attribute(key: &str, value: &str) -> String {
    json!({"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]}).to_string()
}

#[test]
fn an_empty_request_asks_for_the_newest_fifty_management_events() {
    for body in ["", " \n", "{}", r#"{"NextToken": null, "LookupAttributes": [], "Other": 1}"#] {
        let request = LookupEventsRequest::parse(body.as_bytes()).unwrap();
        assert_eq!((request.max_results, &request.next_token), (50, &None));
        let all = LookupQuery { category: Category::Management, ..LookupQuery::default() };
        assert_eq!(request.query(None, None), all);
    }
}

#[test]
fn each_attribute_sets_its_own_condition() {
    let text = || Some("v".to_owned());
    let all = LookupQuery { category: Category::Management, ..LookupQuery::default() };
    for (key, expected) in [
        ("EventId", LookupQuery { event_id: text(), ..all.clone() }),
        ("EventName", LookupQuery { event_name: text(), ..all.clone() }),
        ("Username", LookupQuery { username: text(), ..all.clone() }),
        ("ResourceType", LookupQuery { resource_type: text(), ..all.clone() }),
        ("ResourceName", LookupQuery { resource_name: text(), ..all.clone() }),
        ("EventSource", LookupQuery { event_source: text(), ..all.clone() }),
        ("AccessKeyId", LookupQuery { access_key_id: text(), ..all.clone() }),
    ] {
        assert_eq!(query(&attribute(key, "v")), expected, "{key}");
    }
    let read_only = |value| query(&attribute("ReadOnly", value)).read_only;
    assert_eq!((read_only("true"), read_only("false")), (Some(true), Some(false)));
    let never = LookupEventsRequest::parse(attribute("ReadOnly", "True").as_bytes()).unwrap();
    assert!(never.matches_nothing());
}

#[test]
fn times_are_inclusive_to_the_microsecond() {
    let between = |body| (query(body).start.map(|at| at.0), query(body).end.map(|at| at.0));
    assert_eq!(
        between(r#"{"StartTime": 1704067200, "EndTime": 1704067200}"#),
        (Some(1_704_067_200_000_000), Some(1_704_067_200_000_001))
    );
    assert_eq!(
        between(r#"{"StartTime": 1704067200.123, "EndTime": 1.70406720013E9}"#),
        (Some(1_704_067_200_123_000), Some(1_704_067_200_130_001))
    );
    assert_eq!(between(r#"{"EndTime": 1e300}"#), (None, Some(i64::MAX)));
}

#[test]
fn attribute_errors() {
    check_error(
        &attribute("EventNames", "x"),
        expect![[
            r#"400 {"__type":"InvalidLookupAttributesException","message":"`EventNames` is not a lookup attribute. Use one of EventId, EventName, ReadOnly, Username, ResourceType, ResourceName, EventSource, AccessKeyId."}"#
        ]],
    );
    check_error(
        &attribute("eventname", "x"),
        expect![[
            r#"400 {"__type":"InvalidLookupAttributesException","message":"`eventname` is not a lookup attribute. Use one of EventId, EventName, ReadOnly, Username, ResourceType, ResourceName, EventSource, AccessKeyId."}"#
        ]],
    );
    check_error(
        &attribute("EventName", ""),
        expect![[
            r#"400 {"__type":"InvalidLookupAttributesException","message":"The value of the lookup attribute EventName must be 1 to 2000 characters long, where `_`, space, `,` and newline count twice, found 0."}"#
        ]],
    );
    check_error(
        r#"{"LookupAttributes": [{"AttributeKey": "EventId", "AttributeValue": "1"}, {}]}"#,
        expect![[
            r#"400 {"__type":"InvalidLookupAttributesException","message":"You can specify only one lookup attribute, found 2."}"#
        ]],
    );
    check_error(
        r#"{"EventCategory": "insight", "LookupAttributes": [{"AttributeKey": "Username", "AttributeValue": "a"}]}"#,
        expect![[
            r#"400 {"__type":"InvalidLookupAttributesException","message":"Insights events can be looked up by EventId, EventName and EventSource, not by Username."}"#
        ]],
    );
}

#[test]
fn other_errors() {
    check_error(
        r#"{"StartTime": 1704067201, "EndTime": 1704067200}"#,
        expect![[
            r#"400 {"__type":"InvalidTimeRangeException","message":"StartTime must not be after EndTime."}"#
        ]],
    );
    for max_results in [-1, 0, 51] {
        let body = json!({"MaxResults": max_results}).to_string();
        let error = LookupEventsRequest::parse(body.as_bytes()).unwrap_err();
        assert_eq!(error.shape(), "InvalidMaxResultsException", "{max_results}");
    }
    check_error(
        r#"{"EventCategory": "Insight"}"#,
        expect![[
            r#"400 {"__type":"InvalidEventCategoryException","message":"`Insight` is not an event category. Use `insight`, or leave it out for management events."}"#
        ]],
    );
    check_error(
        "[]",
        expect![[
            r#"400 {"__type":"SerializationException","message":"The request body is not valid: it is not a JSON object."}"#
        ]],
    );
    check_error(
        r#"{"MaxResults": "5"}"#,
        expect![[
            r#"400 {"__type":"SerializationException","message":"The request body is not valid: invalid type: string \"5\", expected i64 at line 1 column 18."}"#
        ]],
    );
}

#[test]
fn some_characters_of_a_value_count_twice() {
    let check = |value: &str, fits: bool| {
        let request = LookupEventsRequest::parse(attribute("EventName", value).as_bytes());
        assert_eq!(request.is_ok(), fits, "{} characters", value.chars().count());
    };
    check(&"é".repeat(2000), true);
    check(&"a".repeat(2001), false);
    for twice in ["_", " ", ",", "\n"] {
        check(&twice.repeat(1000), true);
        check(&format!("{}a", twice.repeat(1000)), false);
    }
}

proptest! {
    /// Whatever comes, it is a request or an error of AWS's; never a panic.
    #[test]
    fn any_body_is_a_request_or_an_error(body in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = LookupEventsRequest::parse(&body);
    }

    /// A time that an answer shows finds the event again when it comes back as start and end. (A JSON
    /// number holds every microsecond of the years 1834 to 2105.)
    #[test]
    fn a_shown_time_finds_its_event(micros in -(1_000_000_i64 << 32)..1_000_000 << 32) {
        let shown = epoch_number(Timestamp(micros)).unwrap();
        let query = query(&json!({"StartTime": shown, "EndTime": shown}).to_string());
        prop_assert_eq!(query.start, Some(Timestamp(micros)));
        prop_assert_eq!(query.end, Some(Timestamp(micros + 1)));
    }

    /// Requests share a token exactly when they ask for the same events.
    #[test]
    fn a_token_is_bound_to_every_condition(
        key in prop::sample::select(AttributeKey::ALL.to_vec()),
        other_key in prop::sample::select(AttributeKey::ALL.to_vec()),
        value in "[a-b]", other_value in "[a-b]",
        start in 0..3_i64, other_start in 0..3_i64,
        region in "[a-b]", other_region in "[a-b]",
        max_results in 1..51, other_max_results in 1..51,
    ) {
        let digest = |key: AttributeKey, value: &str, start, region: &str, max_results| {
            let body = json!({
                "LookupAttributes": [{"AttributeKey": key.name(), "AttributeValue": value}],
                "StartTime": start,
                "MaxResults": max_results,
            });
            let request = LookupEventsRequest::parse(body.to_string().as_bytes()).unwrap();
            request.digest(&request.query(Some(region.to_owned()), None))
        };
        let same = (key, &value, start, &region) == (other_key, &other_value, other_start, &other_region);
        prop_assert_eq!(
            digest(key, &value, start, &region, max_results)
                == digest(other_key, &other_value, other_start, &other_region, other_max_results),
            same
        );
    }
}

#[track_caller]
fn check_output(record: &str, expect: Expect) {
    let event = Event::parse(record.as_bytes().to_vec(), 0).unwrap();
    let output = output(&[event], None).unwrap();
    let output: serde_json::Value = serde_json::from_slice(&output).unwrap();
    let text = serde_json::to_string_pretty(&output["Events"][0]).unwrap();
    expect.assert_eq(&text);
}

#[test]
fn an_event_has_the_members_of_its_record() {
    check_output(
        r#"{ "eventVersion": "1.11", "userIdentity": {"type": "IAMUser", "userName": "alice", "accessKeyId": "AKIAEXAMPLE"},
          "eventTime": "2026-01-10T07:12:00Z", "eventSource": "s3.amazonaws.com", "eventName": "DeleteBucket",
          "awsRegion": "us-east-1", "requestParameters": {"bucketName": "example-bucket", "n": 1.0},
          "readOnly": false, "eventID": "11111111-2222-3333-4444-555555555555", "eventCategory": "Management" }"#,
        expect![[r#"
            {
              "EventId": "11111111-2222-3333-4444-555555555555",
              "EventName": "DeleteBucket",
              "ReadOnly": "false",
              "AccessKeyId": "AKIAEXAMPLE",
              "EventTime": 1768029120,
              "EventSource": "s3.amazonaws.com",
              "Username": "alice",
              "Resources": [
                {
                  "ResourceType": "AWS::S3::Bucket",
                  "ResourceName": "example-bucket"
                }
              ],
              "CloudTrailEvent": "{\"eventVersion\":\"1.11\",\"userIdentity\":{\"type\":\"IAMUser\",\"userName\":\"alice\",\"accessKeyId\":\"AKIAEXAMPLE\"},\"eventTime\":\"2026-01-10T07:12:00Z\",\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"DeleteBucket\",\"awsRegion\":\"us-east-1\",\"requestParameters\":{\"bucketName\":\"example-bucket\",\"n\":1.0},\"readOnly\":false,\"eventID\":\"11111111-2222-3333-4444-555555555555\",\"eventCategory\":\"Management\"}"
            }"#]],
    );
}

#[test]
fn what_a_record_lacks_its_event_lacks() {
    check_output(
        r#"{"eventName":"X","eventTime":"2026-01-10T07:12:00.25Z"}"#,
        expect![[r#"
            {
              "EventName": "X",
              "EventTime": 1768029120.25,
              "Resources": [],
              "CloudTrailEvent": "{\"eventName\":\"X\",\"eventTime\":\"2026-01-10T07:12:00.25Z\"}"
            }"#]],
    );
}

#[test]
fn an_insights_event_is_named_by_its_subject() {
    check_output(
        r#"{"eventTime":"2026-01-10T07:12:00Z","eventID":"1","eventType":"AwsCloudTrailInsight","insightDetails":{"state":"Start","eventSource":"ssm.amazonaws.com","eventName":"SendCommand"},"eventCategory":"Insight"}"#,
        expect![[r#"
            {
              "EventId": "1",
              "EventName": "SendCommand",
              "EventTime": 1768029120,
              "EventSource": "ssm.amazonaws.com",
              "Resources": [],
              "CloudTrailEvent": "{\"eventTime\":\"2026-01-10T07:12:00Z\",\"eventID\":\"1\",\"eventType\":\"AwsCloudTrailInsight\",\"insightDetails\":{\"state\":\"Start\",\"eventSource\":\"ssm.amazonaws.com\",\"eventName\":\"SendCommand\"},\"eventCategory\":\"Insight\"}"
            }"#]],
    );
}
