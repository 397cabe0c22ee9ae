//! CloudTrail Lake and `/api/v1/sql` where there is no SQL engine. With one, `tests/e2e` asks real clients,
//! and the binary's own tests the binary.

use super::*;

/// Sends one operation to a store of [`few`]; returns the status, and the error's name or the answer.
#[track_caller]
fn check(operation: &str, body: &Value, expect: Expect) {
    check_at(&TestApi::new(&few()), operation, body, expect);
}

#[track_caller]
fn check_at(api: &TestApi, operation: &str, body: &Value, expect: Expect) {
    let target = format!("CloudTrail_20131101.{operation}");
    let (response, text) = api.send(aws_request(&target, Some("us-east-1"), body.to_string()));
    let id = api.app.event_data_store().unwrap().id;
    let text = text.replace(&id, "[ID]");
    let created = api.app.event_data_store().unwrap().created;
    let text = text.replace(&format!("{}", created.0 as f64 / 1e6), "[TIME]");
    let status = response.status().as_u16();
    expect.assert_eq(&format!("{status} {text}"));
}

#[test]
fn the_store_is_the_one_event_data_store() {
    let api = TestApi::new(&few());
    check_at(
        &api,
        "ListEventDataStores",
        &json!({}),
        expect![[
            r#"200 {"EventDataStores":[{"EventDataStoreArn":"arn:aws:cloudtrail:us-east-1:000000000000:eventdatastore/[ID]","Name":"trailhound"}]}"#
        ]],
    );
    let store = api.app.event_data_store().unwrap();
    for name in [&store.id, &store.arn] {
        check_at(&api, "GetEventDataStore", &json!({"EventDataStore": name}), expect![[r#""#]]);
    }
    let again = App::open(api.app.db()).unwrap();
    assert_eq!(again.event_data_store().unwrap(), store);
}

#[test]
fn other_event_data_stores_are_not_found() {
    check("GetEventDataStore", &json!({}), expect![[r#""#]]);
    check("GetEventDataStore", &json!({"EventDataStore": "trailhound"}), expect![[r#""#]]);
    let other = "11111111-2222-4333-8444-555555555555";
    check("GetEventDataStore", &json!({"EventDataStore": other}), expect![[r#""#]]);
    check("ListQueries", &json!({"EventDataStore": other}), expect![[r#""#]]);
}

#[test]
fn wrong_requests_have_awss_errors() {
    let id = "11111111-2222-4333-8444-555555555555";
    check("DescribeQuery", &json!({"QueryId": id}), expect![[r#""#]]);
    check("DescribeQuery", &json!({}), expect![[r#""#]]);
    check("GetQueryResults", &json!({"QueryId": id, "MaxQueryResults": 1001}), expect![[r#""#]]);
    check("GetQueryResults", &json!({"QueryId": id, "NextToken": "5.x"}), expect![[r#""#]]);
    check("CancelQuery", &json!({"QueryId": id}), expect![[r#""#]]);
    check("StartQuery", &json!({"QueryStatement": ""}), expect![[r#""#]]);
    check("StartQuery", &json!({"QueryAlias": "a"}), expect![[r#""#]]);
    let delivered = json!({"QueryStatement": "SELECT 1", "DeliveryS3Uri": "s3://example-bucket"});
    check("StartQuery", &delivered, expect![[r#""#]]);
}

#[test]
fn without_an_engine_sql_says_how_to_get_it() {
    check("StartQuery", &json!({"QueryStatement": "SELECT 1"}), expect![[r#""#]]);
    let api = TestApi::new(&few());
    let send = |content_type: &str, body: &str, expect: Expect| {
        let request = Request::post("/api/v1/sql")
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, content_type)
            .body(Body::from(body.to_owned()));
        let (response, text) = api.send(request.unwrap());
        let error: Value = serde_json::from_str(&text).unwrap();
        expect.assert_eq(&format!("{} {}", response.status().as_u16(), error["error"]));
    };
    send("application/json", r#"{"statement": "SELECT 1"}"#, expect![[r#""#]]);
    send("text/plain", r#"{"statement": "SELECT 1"}"#, expect![[r#""#]]);
    send("application/json", r#"{"statement": "SELECT 1", "limit": 0}"#, expect![[r#""#]]);
    send("application/json", r#"{"statment": "SELECT 1"}"#, expect![[r#""#]]);
}
