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
        check_at(
            &api,
            "GetEventDataStore",
            &json!({"EventDataStore": name}),
            expect![[
                r#"200 {"EventDataStoreArn":"arn:aws:cloudtrail:us-east-1:000000000000:eventdatastore/[ID]","Name":"trailhound","Status":"ENABLED","AdvancedEventSelectors":[{"Name":"Management events","FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}]},{"Name":"Data events","FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]}]},{"Name":"NetworkActivity events","FieldSelectors":[{"Field":"eventCategory","Equals":["NetworkActivity"]}]},{"Name":"Insight events","FieldSelectors":[{"Field":"eventCategory","Equals":["Insight"]}]}],"MultiRegionEnabled":true,"OrganizationEnabled":false,"RetentionPeriod":3653,"TerminationProtectionEnabled":true,"CreatedTimestamp":[TIME],"UpdatedTimestamp":[TIME]}"#
            ]],
        );
    }
    let again = App::open(api.app.db()).unwrap();
    assert_eq!(again.event_data_store().unwrap(), store);
}

#[test]
fn other_event_data_stores_are_not_found() {
    check(
        "GetEventDataStore",
        &json!({}),
        expect![[
            r#"400 {"__type":"InvalidParameterException","message":"EventDataStore is missing."}"#
        ]],
    );
    check(
        "GetEventDataStore",
        &json!({"EventDataStore": "trailhound"}),
        expect![[
            r#"400 {"__type":"EventDataStoreARNInvalidException","message":"`trailhound` is neither the ARN nor the UUID of an event data store."}"#
        ]],
    );
    let other = "11111111-2222-4333-8444-555555555555";
    check(
        "GetEventDataStore",
        &json!({"EventDataStore": other}),
        expect![[
            r#"400 {"__type":"EventDataStoreNotFoundException","message":"The event data store was not found: there is no event data store `11111111-2222-4333-8444-555555555555` here."}"#
        ]],
    );
    check(
        "ListQueries",
        &json!({"EventDataStore": other}),
        expect![[
            r#"400 {"__type":"EventDataStoreNotFoundException","message":"The event data store was not found: there is no event data store `11111111-2222-4333-8444-555555555555` here."}"#
        ]],
    );
}

#[test]
fn wrong_requests_have_awss_errors() {
    let id = "11111111-2222-4333-8444-555555555555";
    check(
        "DescribeQuery",
        &json!({"QueryId": id}),
        expect![[
            r#"400 {"__type":"QueryIdNotFoundException","message":"The query `11111111-2222-4333-8444-555555555555` does not exist, or its results are kept no longer."}"#
        ]],
    );
    check(
        "DescribeQuery",
        &json!({}),
        expect![[r#"400 {"__type":"InvalidParameterException","message":"QueryId is missing."}"#]],
    );
    check(
        "GetQueryResults",
        &json!({"QueryId": id, "MaxQueryResults": 1001}),
        expect![[
            r#"400 {"__type":"InvalidMaxResultsException","message":"The number of results must be from 1 to 1000, found 1001."}"#
        ]],
    );
    check(
        "GetQueryResults",
        &json!({"QueryId": id, "NextToken": "5.x"}),
        expect![[
            r#"400 {"__type":"InvalidNextTokenException","message":"The NextToken was not issued for this request. Send it with the same parameters as the request that returned it."}"#
        ]],
    );
    check(
        "CancelQuery",
        &json!({"QueryId": id}),
        expect![[
            r#"400 {"__type":"QueryIdNotFoundException","message":"The query `11111111-2222-4333-8444-555555555555` does not exist, or its results are kept no longer."}"#
        ]],
    );
    check(
        "StartQuery",
        &json!({"QueryStatement": ""}),
        expect![[
            r#"400 {"__type":"InvalidQueryStatementException","message":"The query statement is not valid: the statement must be 1 to 10000 characters long, found 0"}"#
        ]],
    );
    check(
        "StartQuery",
        &json!({"QueryAlias": "a"}),
        expect![[
            r#"400 {"__type":"InvalidParameterException","message":"Trailhound knows no query aliases and parameters. Send the statement in QueryStatement, and the QueryId."}"#
        ]],
    );
    let delivered = json!({"QueryStatement": "SELECT 1", "DeliveryS3Uri": "s3://example-bucket"});
    check(
        "StartQuery",
        &delivered,
        expect![[
            r#"400 {"__type":"UnsupportedOperationException","message":"Trailhound does not deliver results to S3. Leave out DeliveryS3Uri, and read them with GetQueryResults."}"#
        ]],
    );
}

#[test]
fn without_an_engine_sql_says_how_to_get_it() {
    check(
        "StartQuery",
        &json!({"QueryStatement": "SELECT 1"}),
        expect![[
            r#"400 {"__type":"UnsupportedOperationException","message":"this build has no SQL; build it in, which takes some minutes more: cargo install --path crates/cli --features sql"}"#
        ]],
    );
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
    send(
        "application/json",
        r#"{"statement": "SELECT 1"}"#,
        expect![[
            r#"501 {"code":"NoSql","message":"this build has no SQL; build it in, which takes some minutes more: cargo install --path crates/cli --features sql"}"#
        ]],
    );
    send(
        "text/plain",
        r#"{"statement": "SELECT 1"}"#,
        expect![[
            r#"400 {"code":"InvalidRequest","message":"the request is not valid: it must have the content type application/json"}"#
        ]],
    );
    send(
        "application/json",
        r#"{"statement": "SELECT 1", "limit": 0}"#,
        expect![[
            r#"400 {"code":"InvalidParameter","message":"`0` is no value for `limit`: it takes a number from 1 to 100000"}"#
        ]],
    );
    send(
        "application/json",
        r#"{"statment": "SELECT 1"}"#,
        expect![[
            r#"400 {"code":"InvalidRequest","message":"the request is not valid: unknown field `statment`, expected `statement` or `limit` at line 1 column 11"}"#
        ]],
    );
}
