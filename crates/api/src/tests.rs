//! The routes, over a real store in a temporary folder.

use crate::{ApiConfig, router};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, header};
use expect_test::{Expect, expect};
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;
use tower::ServiceExt;
use trailhound_app::App;
use trailhound_app::import::{ImportProgress, ImportSource};

#[path = "ec2_tests.rs"]
mod ec2;
#[path = "lake_tests.rs"]
mod lake;

/// A Trailhound in a folder of its own.
struct TestApi {
    folder: TempDir,
    app: Arc<App>,
    config: ApiConfig,
}

/// The synthetic record `n` seconds after noon: who did what.
fn record(n: u32, user: &str, source: &str, name: &str, region: &str) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "userName": user, "accessKeyId": format!("AKIA{user}"),
            "accountId": "123456789012"},
        "eventTime": format!("2026-01-10T12:{:02}:{:02}Z", n / 60, n % 60),
        "eventSource": source,
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": "192.0.2.1",
        "requestParameters": {"bucketName": format!("bucket-{n}")},
        "responseElements": null,
        "eventID": format!("00000000-0000-4000-8000-{n:012}"),
        "readOnly": name.starts_with("Get"),
        "eventType": "AwsApiCall",
        "recipientAccountId": "123456789012",
        "eventCategory": if name == "GetObject" { "Data" } else { "Management" },
    })
}

fn insight() -> Value {
    json!({
        "eventVersion": "1.09", "eventTime": "2026-01-10T12:00:00Z", "awsRegion": "us-east-1",
        "eventID": "00000000-0000-4000-8000-00000000abcd", "eventType": "AwsCloudTrailInsight",
        "recipientAccountId": "123456789012",
        "insightDetails": {"state": "Start", "eventSource": "ssm.amazonaws.com",
            "eventName": "SendCommand", "insightType": "ApiCallRateInsight"},
        "eventCategory": "Insight",
    })
}

fn few() -> Vec<Value> {
    vec![
        record(1, "alice", "s3.amazonaws.com", "CreateBucket", "us-east-1"),
        record(2, "bob", "s3.amazonaws.com", "DeleteBucket", "eu-west-1"),
        record(3, "alice", "s3.amazonaws.com", "GetObject", "us-east-1"),
        record(4, "alice", "s3.amazonaws.com", "GetBucketPolicy", "us-east-1"),
        insight(),
    ]
}

impl TestApi {
    fn new(records: &[Value]) -> Self {
        let folder = TempDir::new().unwrap();
        let app = Arc::new(App::open(&folder.path().join("db")).unwrap());
        let api = Self { folder, app, config: ApiConfig::default() };
        api.import(records);
        api
    }

    fn import(&self, records: &[Value]) {
        let path = self.folder.path().join("records.json");
        std::fs::write(&path, json!({"Records": records}).to_string()).unwrap();
        let source = ImportSource::Path(path.display().to_string());
        let report = self.app.import(&[source], &ImportProgress::default(), &|_| ()).unwrap();
        assert_eq!(report.rejected_records, 0, "{:?}", report.rejects);
        self.config.metrics.record_import(&report);
    }

    fn router(&self) -> Router {
        router(self.app.clone(), self.config.clone())
    }

    fn send(&self, request: Request<Body>) -> (Response<()>, String) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let response = self.router().oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            (Response::from_parts(parts, ()), String::from_utf8(body.to_vec()).unwrap())
        })
    }

    fn aws(&self, region: Option<&str>, body: &Value) -> (Response<()>, String) {
        self.send(aws_request("CloudTrail_20131101.LookupEvents", region, body.to_string()))
    }

    /// The names of the events that `LookupEvents` answers, and the token.
    fn names(&self, region: Option<&str>, body: &Value) -> (Vec<String>, Option<String>) {
        let (response, text) = self.aws(region, body);
        assert_eq!(response.status(), 200, "{text}");
        let answer: Value = serde_json::from_str(&text).unwrap();
        let names = answer["Events"].as_array().unwrap().iter();
        let names = names.map(|event| event["EventName"].as_str().unwrap().to_owned()).collect();
        (names, answer["NextToken"].as_str().map(str::to_owned))
    }

    fn get(&self, path: &str) -> (u16, String) {
        let request = Request::get(path).header(header::HOST, "localhost").body(Body::empty());
        let (response, text) = self.send(request.unwrap());
        (response.status().as_u16(), text)
    }
}

fn aws_request(target: &str, region: Option<&str>, body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::post("/")
        .header(header::HOST, "127.0.0.1:4000")
        .header(header::CONTENT_TYPE, "application/x-amz-json-1.1")
        .header("X-Amz-Target", target);
    if let Some(region) = region {
        let credential = format!("AKIAEXAMPLE/20260110/{region}/cloudtrail/aws4_request");
        let value = format!(
            "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host;x-amz-date, Signature=00"
        );
        request = request.header(header::AUTHORIZATION, value);
    }
    request.body(body.into()).unwrap()
}

/// Sends one AWS request to a store of [`few`] and compares status, headers and body.
#[track_caller]
fn check(target: &str, body: &str, expect: Expect) {
    let (response, text) =
        TestApi::new(&few()).send(aws_request(target, Some("us-east-1"), body.to_owned()));
    let headers = response.headers();
    let header = |name| headers.get(name).map_or("-", |value| value.to_str().unwrap());
    assert_eq!(header("x-amzn-requestid").len(), 36);
    let (content_type, error) = (header("content-type"), header("x-amzn-errortype"));
    expect.assert_eq(&format!("{} {content_type} {error}\n{text}", response.status().as_u16()));
}

#[test]
fn both_spellings_of_the_target_are_answered() {
    for target in [
        "CloudTrail_20131101.LookupEvents",
        "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents",
    ] {
        check(
            target,
            r#"{"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateBucket"}]}"#,
            expect![[r#"
                200 application/x-amz-json-1.1 -
                {"Events":[{"EventId":"00000000-0000-4000-8000-000000000001","EventName":"CreateBucket","ReadOnly":"false","AccessKeyId":"AKIAalice","EventTime":1768046401,"EventSource":"s3.amazonaws.com","Username":"alice","Resources":[{"ResourceType":"AWS::S3::Bucket","ResourceName":"bucket-1"}],"CloudTrailEvent":"{\"eventVersion\":\"1.11\",\"userIdentity\":{\"type\":\"IAMUser\",\"userName\":\"alice\",\"accessKeyId\":\"AKIAalice\",\"accountId\":\"123456789012\"},\"eventTime\":\"2026-01-10T12:00:01Z\",\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"CreateBucket\",\"awsRegion\":\"us-east-1\",\"sourceIPAddress\":\"192.0.2.1\",\"requestParameters\":{\"bucketName\":\"bucket-1\"},\"responseElements\":null,\"eventID\":\"00000000-0000-4000-8000-000000000001\",\"readOnly\":false,\"eventType\":\"AwsApiCall\",\"recipientAccountId\":\"123456789012\",\"eventCategory\":\"Management\"}"}]}"#]],
        );
    }
}

#[test]
fn no_match_is_an_empty_list() {
    for (key, value) in [("EventName", "createbucket"), ("ReadOnly", "True"), ("Username", "carol")]
    {
        let body = json!({"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]});
        check(
            "CloudTrail_20131101.LookupEvents",
            &body.to_string(),
            expect![[r#"
                200 application/x-amz-json-1.1 -
                {"Events":[]}"#]],
        );
    }
}

#[test]
fn errors_have_awss_names_and_headers() {
    check(
        "CloudTrail_20131101.LookupEvents",
        "{",
        expect![[r#"
            400 application/x-amz-json-1.1 SerializationException
            {"__type":"SerializationException","message":"The request body is not valid: EOF while parsing an object at line 1 column 1."}"#]],
    );
    check(
        "CloudTrail_20131101.LookupEvents",
        r#"{"NextToken": "garbage"}"#,
        expect![[r#"
            400 application/x-amz-json-1.1 InvalidNextTokenException
            {"__type":"InvalidNextTokenException","message":"The NextToken was not issued for this request. Send it with the same parameters as the request that returned it."}"#]],
    );
    check(
        "CloudTrail_20131101.ListTrails",
        "{}",
        expect![[r#"
            400 application/x-amz-json-1.1 UnsupportedOperationException
            {"__type":"UnsupportedOperationException","message":"Trailhound does not offer ListTrails yet. It offers LookupEvents and CloudTrail Lake's queries."}"#]],
    );
    check(
        "CloudTrail_20131101.LookUpEvents",
        "{}",
        expect![[r#"
            404 application/x-amz-json-1.1 UnknownOperationException
            {"__type":"UnknownOperationException","message":"`CloudTrail_20131101.LookUpEvents` in X-Amz-Target names no operation of CloudTrail."}"#]],
    );
    check(
        "",
        "{}",
        expect![[r#"
            404 application/x-amz-json-1.1 UnknownOperationException
            {"__type":"UnknownOperationException","message":"`` in X-Amz-Target names no operation of CloudTrail."}"#]],
    );
}

#[test]
fn a_region_sees_its_own_management_events() {
    let api = TestApi::new(&few());
    let names = |region: Option<&str>| api.names(region, &json!({})).0;
    assert_eq!(names(Some("us-east-1")), ["GetBucketPolicy", "CreateBucket"]);
    assert_eq!(names(Some("eu-west-1")), ["DeleteBucket"]);
    assert!(names(Some("ap-south-1")).is_empty());
    let all = ["GetBucketPolicy", "DeleteBucket", "CreateBucket"];
    assert_eq!(names(Some("all")), all);
    assert_eq!(names(None), all);
    let mut api = api;
    api.config.all_regions = true;
    assert_eq!(api.names(Some("ap-south-1"), &json!({})).0, all);
    api.config.account_id = Some("210987654321".to_owned());
    assert!(api.names(None, &json!({})).0.is_empty());
}

#[test]
fn insights_events_have_a_category_of_their_own() {
    let api = TestApi::new(&few());
    let by = |key, value| {
        let attribute = json!({"AttributeKey": key, "AttributeValue": value});
        api.names(None, &json!({"EventCategory": "insight", "LookupAttributes": [attribute]})).0
    };
    assert_eq!(api.names(None, &json!({"EventCategory": "insight"})).0, ["SendCommand"]);
    assert_eq!(by("EventName", "SendCommand"), ["SendCommand"]);
    assert_eq!(by("EventSource", "ssm.amazonaws.com"), ["SendCommand"]);
    assert!(by("EventName", "CreateBucket").is_empty());
}

#[test]
fn start_and_end_are_inclusive() {
    let api = TestApi::new(&few());
    let noon = 1_768_046_400;
    let between =
        |start: Value, end: Value| api.names(None, &json!({"StartTime": start, "EndTime": end})).0;
    assert_eq!(between(json!(noon + 2), json!(noon + 2)), ["DeleteBucket"]);
    assert_eq!(
        between(json!(f64::from(noon) + 1.0), json!(f64::from(noon) + 3.999)),
        ["DeleteBucket", "CreateBucket"]
    );
    assert!(between(json!(f64::from(noon) + 1.001), json!(f64::from(noon) + 1.999)).is_empty());
}

#[test]
fn pages_hold_every_event_once_while_new_ones_arrive() {
    let many = |range: std::ops::Range<u32>| -> Vec<Value> {
        range
            .map(|n| record(n, "alice", "s3.amazonaws.com", &format!("Put{n}"), "us-east-1"))
            .collect()
    };
    let api = TestApi::new(&many(0..130));
    let (mut seen, mut token) = (Vec::new(), None);
    let mut pages = Vec::new();
    loop {
        let max_results = if pages.is_empty() { 50 } else { 33 };
        let mut body = json!({"MaxResults": max_results, "StartTime": 0});
        if let Some(token) = &token {
            body["NextToken"] = json!(token);
        }
        let (names, next) = api.names(None, &body);
        pages.push(names.len());
        seen.extend(names);
        if pages.len() == 1 {
            api.import(&many(200..210));
        }
        let Some(next) = next else { break };
        token = Some(next);
    }
    let expected: Vec<String> = (0..130).rev().map(|n| format!("Put{n}")).collect();
    assert_eq!(seen, expected);
    assert_eq!(
        pages.iter().filter(|&&events| events > 0).collect::<Vec<_>>(),
        [&50, &33, &33, &14]
    );
}

#[test]
fn a_token_is_good_for_its_own_query_only() {
    let mut api = TestApi::new(&few());
    let (_, token) = api.names(Some("us-east-1"), &json!({"MaxResults": 1}));
    let token = token.unwrap();
    let status = |api: &TestApi, region, body: &Value| {
        let (response, text) = api.aws(region, body);
        assert!(response.status() == 200 || text.contains("InvalidNextTokenException"), "{text}");
        response.status().as_u16()
    };
    let plain = json!({"NextToken": token});
    assert_eq!(status(&api, Some("us-east-1"), &plain), 200);
    assert_eq!(status(&api, Some("eu-west-1"), &plain), 400);
    let in_time = json!({"NextToken": token, "StartTime": 0});
    assert_eq!(status(&api, Some("us-east-1"), &in_time), 400);
    let insight = json!({"NextToken": token, "EventCategory": "insight"});
    assert_eq!(status(&api, Some("us-east-1"), &insight), 400);
    // A token outlives the process: the key is the store's.
    let db = api.folder.path().join("db");
    api.app = Arc::new(App::open(&db).unwrap());
    assert_eq!(status(&api, Some("us-east-1"), &plain), 200);
    let other = TestApi::new(&few());
    assert_eq!(status(&other, Some("us-east-1"), &plain), 400);
}

#[test]
fn the_rate_limit_is_awss() {
    let mut api = TestApi::new(&few());
    api.config.lookups_per_second = Some(2);
    let router = api.router();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let statuses: Vec<u16> = (0..20)
        .map(|_| {
            let request = aws_request("CloudTrail_20131101.LookupEvents", Some("us-east-1"), "{}");
            runtime.block_on(router.clone().oneshot(request)).unwrap().status().as_u16()
        })
        .collect();
    assert_eq!(statuses[..2], [200, 200]);
    assert!(statuses.contains(&400), "{statuses:?}");
}

#[test]
fn a_long_body_is_refused() {
    let api = TestApi::new(&[]);
    let body = " ".repeat((1 << 20) + 1);
    let (response, text) = api.send(aws_request("CloudTrail_20131101.LookupEvents", None, body));
    assert_eq!(response.status(), 413);
    assert!(text.contains("RequestEntityTooLargeException"), "{text}");
}

#[test]
fn another_host_is_refused_on_loopback_only() {
    let mut api = TestApi::new(&[]);
    let get = |api: &TestApi, host: &str| {
        let request = Request::get("/healthz").header(header::HOST, host).body(Body::empty());
        api.send(request.unwrap()).0.status().as_u16()
    };
    assert_eq!(get(&api, "localhost:4000"), 200);
    assert_eq!(get(&api, "rebound.example.com"), 403);
    api.config.loopback = false;
    assert_eq!(get(&api, "rebound.example.com"), 200);
}

#[test]
fn a_cross_site_form_reaches_no_operation() {
    let api = TestApi::new(&few());
    let request = Request::post("/")
        .header(header::HOST, "localhost:4000")
        .header(header::ORIGIN, "https://example.com")
        .header(header::CONTENT_TYPE, "text/plain")
        .body(Body::from("{}"));
    let (response, text) = api.send(request.unwrap());
    assert_eq!(response.status(), 404);
    assert!(text.contains("UnknownOperationException"), "{text}");
    assert!(!response.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
}

#[test]
fn native_events_page_by_cursor() {
    let api = TestApi::new(&few());
    let (mut path, mut seen) = ("/api/v1/events?username=alice&limit=1".to_owned(), Vec::new());
    loop {
        let (status, text) = api.get(&path);
        assert_eq!(status, 200, "{text}");
        let page: Value = serde_json::from_str(&text).unwrap();
        for event in page["events"].as_array().unwrap() {
            assert_eq!(event["record"]["eventID"], event["event_id"]);
            seen.push(event["event_name"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/v1/events?limit=1&username=alice&cursor={next}");
    }
    assert_eq!(seen, ["GetBucketPolicy", "GetObject", "CreateBucket"]);
    assert_eq!(api.get("/api/v1/events?username=bob&cursor=x").0, 400);
}

/// Alice takes a role, whose session ends with a change and an error.
fn chain() -> Vec<Value> {
    let role = "arn:aws:iam::123456789012:role/Admin";
    let mut assume = record(1, "alice", "sts.amazonaws.com", "AssumeRole", "us-east-1");
    assume["userIdentity"]["arn"] = json!("arn:aws:iam::123456789012:user/alice");
    assume["requestParameters"] = json!({"roleArn": role, "roleSessionName": "deploy"});
    assume["responseElements"] = json!({"credentials": {"accessKeyId": "ASIAEXAMPLEEXAMPLE01"}});
    let mut change = record(2, "x", "ec2.amazonaws.com", "ReplaceRoute", "us-east-1");
    change["userIdentity"] = json!({
        "type": "AssumedRole", "accountId": "123456789012", "accessKeyId": "ASIAEXAMPLEEXAMPLE01",
        "arn": "arn:aws:sts::123456789012:assumed-role/Admin/deploy",
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": role, "userName": "Admin"},
            "attributes": {"creationDate": "2026-01-10T12:00:01Z"}}});
    change["requestParameters"] = json!({"routeTableId": "rtb-0123456789abcdef0"});
    vec![assume, change]
}

#[test]
fn fields_choose_what_an_event_has_and_whether_the_actor_is_looked_for() {
    let api = TestApi::new(&chain());
    let (status, text) = api.get("/api/v1/events?fields=event_name,actor&event_name=ReplaceRoute");
    assert_eq!(status, 200, "{text}");
    let page: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        page["events"],
        json!([{"event_name": "ReplaceRoute", "actor": {
            "actor": "person", "kind": "iam_user", "name": "arn:aws:iam::123456789012:user/alice",
            "principal": "arn:aws:sts::123456789012:assumed-role/Admin/deploy",
            "strength": "strong", "text": "alice via role/Admin"}}])
    );
    assert!(text.contains(r#"{"event_name":"ReplaceRoute","actor":"#), "{text}");
    let (_, all) = api.get("/api/v1/events");
    assert!(all.contains("\"record\":") && !all.contains("\"actor\":"), "{all}");
    let (status, text) = api.get("/api/v1/events?fields=eventName");
    assert!(status == 400 && text.contains("`eventName` is no value for `fields`"), "{text}");
}

#[test]
fn paths_are_answered_and_bad_questions_refused() {
    let api = TestApi::new(&chain());
    let ends = "src=i-0123456789abcdef0&dst=203.0.113.10&port=443";
    let (status, text) = api.get(&format!("/api/v1/path?{ends}"));
    assert_eq!(status, 200, "{text}");
    let found: Value = serde_json::from_str(&text).unwrap();
    // Of an instance that no event told nothing is known: neither yes nor no.
    assert_eq!(found["verdict"], "unknown", "{text}");
    assert_eq!(found["missing"][0]["resource"], "i-0123456789abcdef0", "{text}");
    let (status, text) = api.get(&format!("/api/v1/blame-path?{ends}&protocol=udp"));
    assert_eq!(status, 200, "{text}");
    let found: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&found["verdict"], &found["culprit"]), (&json!("unknown"), &Value::Null), "{text}");
    assert_eq!((&found["flips"], &found["undo"]), (&json!([]), &Value::Null), "{text}");
    for wrong in [
        "dst=203.0.113.10",
        "src=nowhere&dst=203.0.113.10",
        "src=internet&dst=i-0123456789abcdef0&port=70000",
        "src=internet&dst=i-0123456789abcdef0&protocol=gre",
        "src=internet&dst=i-0123456789abcdef0&good=soon",
        "src=internet&dst=i-0123456789abcdef0&good=2026-01-02T00:00:00Z&bad=2026-01-01T00:00:00Z",
    ] {
        assert_eq!(api.get(&format!("/api/v1/blame-path?{wrong}")).0, 400, "{wrong}");
    }
}

#[test]
fn changes_are_ranked_with_their_reasons() {
    let api = TestApi::new(&chain());
    let (status, text) =
        api.get("/api/v1/changes?at=2026-01-10T12:05:00Z&window=10m&near=rtb-0123456789abcdef0");
    assert_eq!(status, 200, "{text}");
    let found: Value = serde_json::from_str(&text).unwrap();
    let changes = found["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{text}");
    assert_eq!(changes[0]["event_name"], "ReplaceRoute");
    assert_eq!(changes[0]["reasons"][0]["text"], "names rtb-0123456789abcdef0");
    assert_eq!(changes[0]["who"]["strength"], "strong");
    assert_eq!((&found["noise_hidden"], &found["failed_hidden"]), (&json!(1), &json!(0)));
    for wrong in ["at=soon", "window=10", "scope=usr:x", "limit=0"] {
        assert_eq!(api.get(&format!("/api/v1/changes?{wrong}")).0, 400, "{wrong}");
    }
}

#[test]
fn a_native_record_is_the_record_byte_for_byte() {
    let api = TestApi::new(&[]);
    let raw = "{ \"eventName\":\"A\",\"eventSource\": \"s3.amazonaws.com\",\n\"eventTime\":\"2026-01-10T12:00:00Z\",\
               \"n\":1.50e+01,\"eventID\":\"e-1\",\"recipientAccountId\":\"123456789012\"}";
    let path = api.folder.path().join("odd.json");
    std::fs::write(&path, format!("{{\"Records\":[{raw}]}}")).unwrap();
    let source = ImportSource::Path(path.display().to_string());
    api.app.import(&[source], &ImportProgress::default(), &|_| ()).unwrap();
    for path in ["/api/v1/events", "/api/v1/events/e-1"] {
        let (status, text) = api.get(path);
        assert_eq!(status, 200, "{text}");
        assert!(text.contains(raw), "{text}");
    }
    assert!(api.aws(None, &json!({})).1.contains(r#"\"n\":1.50e+01,\"eventID\""#));
}

#[test]
fn what_is_not_there_is_said_in_json() {
    let api = TestApi::new(&few());
    for (path, code) in [
        ("/api/v1/events/none", "NotFound"),
        ("/api/v1/event", "NotFound"),
        ("/api/v1/events?usernam=a", "UnknownParameter"),
    ] {
        let (status, text) = api.get(path);
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["error"]["code"], code, "{status} {text}");
        assert_eq!(answer["request_id"].as_str().unwrap().len(), 36);
    }
}

#[test]
fn stats_and_metrics_agree_with_the_store() {
    let api = TestApi::new(&few());
    api.import(&few());
    let (_, text) = api.get("/api/v1/stats");
    let stats: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&stats["events"], &stats["conflicts"]), (&json!(5), &json!(0)), "{text}");
    assert_eq!(stats["regions"][0], json!({"value": "us-east-1", "events": 4}));
    let (status, text) = api.get("/metrics");
    assert_eq!(status, 200);
    for line in [
        "trailhound_records_read_total 10",
        "trailhound_records_stored_total 5",
        "trailhound_records_duplicate_total 5",
        "trailhound_records_rejected_total 0",
        "trailhound_events 5",
        r#"trailhound_http_requests_total{endpoint="/api/v1/stats",code="200"} 1"#,
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
}

#[test]
fn routes_of_pages_merge_beside_the_api() {
    let api = TestApi::new(&few());
    let pages = Router::new().route("/", axum::routing::get(|| async { "page" }));
    let both: Router = api.router().merge(crate::protect(pages, &api.config));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let status = |request: Request<Body>| {
        runtime.block_on(both.clone().oneshot(request)).unwrap().status().as_u16()
    };
    let page =
        |host: &str| Request::get("/").header(header::HOST, host).body(Body::empty()).unwrap();
    assert_eq!(status(page("localhost")), 200);
    assert_eq!(status(page("rebound.example.com")), 403);
    assert_eq!(status(aws_request("CloudTrail_20131101.LookupEvents", None, "{}")), 200);
}
