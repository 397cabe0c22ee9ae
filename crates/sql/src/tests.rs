//! Statements in, text tables out, over small stores of generated records.

use std::sync::Arc;
use std::time::Duration;

use expect_test::{Expect, expect};
use futures::StreamExt;
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;
use trailhound_query::LookupQuery;
use trailhound_query::search::Query;
use trailhound_record::batch::RecordRule;
use trailhound_record::{Event, RowBatch, Timestamp};
use trailhound_store::Store;

use crate::{Answer, EventDataStoreNames, Limits, QueryError, Snapshots, SqlEngine};

const ID: &str = "0f1e2d3c-1111-2222-3333-444455556666";
const ARN: &str =
    "arn:aws:cloudtrail:us-east-1:123456789012:eventdatastore/0f1e2d3c-1111-2222-3333-444455556666";

struct TestStore {
    _folder: TempDir,
    snapshots: Snapshots,
}

impl TestStore {
    fn of(records: &[Value]) -> Self {
        let texts: Vec<_> = records.iter().map(Value::to_string).collect();
        Self::of_texts(&texts)
    }

    fn of_texts(records: &[String]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).expect("opens");
        for part in records.chunks(records.len().div_ceil(3).max(1)) {
            append(&store, part);
        }
        let store = Arc::new(store);
        Self { _folder: folder, snapshots: Arc::new(move || store.snapshot()) }
    }

    fn engine_with(&self, limits: Limits) -> SqlEngine {
        let names = EventDataStoreNames { id: ID.to_owned(), arn: ARN.to_owned() };
        SqlEngine::new(Arc::clone(&self.snapshots), names, limits).expect("starts")
    }

    fn engine(&self) -> SqlEngine {
        self.engine_with(Limits { threads: 2, ..Limits::default() })
    }
}

fn append(store: &Store, records: &[String]) {
    let mut batch = RowBatch::default();
    for text in records {
        batch.try_push(text.as_bytes(), 0, RecordRule::Listed).expect("a record");
    }
    store.writer().expect("free").append(&[Arc::new(batch)]).expect("appended");
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

fn run(engine: &SqlEngine, statement: &str) -> Result<Answer, QueryError> {
    block_on(engine.run(statement))
}

/// The answer as lines: the names of the columns, then the rows.
fn text_of(answer: &Answer) -> String {
    let mut lines = vec![answer.columns.join(" | ")];
    lines.extend(answer.page(0, usize::MAX).iter().map(|row| row.join(" | ")));
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

/// Three events of two people, and one of a service.
fn records() -> Vec<Value> {
    vec![
        json!({
            "eventVersion": "1.08", "eventTime": "2024-05-01T10:00:00Z", "eventID": "id-1",
            "eventSource": "s3.amazonaws.com", "eventName": "GetObject", "awsRegion": "us-east-1",
            "sourceIPAddress": "192.0.2.1", "userAgent": "cli", "readOnly": true,
            "recipientAccountId": "123456789012", "eventCategory": "Data", "managementEvent": false,
            "userIdentity": {
                "type": "AssumedRole", "principalId": "AROA:alice", "accessKeyId": "ASIA1",
                "arn": "arn:aws:sts::123456789012:assumed-role/r/alice", "accountId": "123456789012",
                "sessionContext": {
                    "sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::123456789012:role/r"},
                    "attributes": {"creationDate": "2024-05-01T09:00:00Z", "mfaAuthenticated": "false"},
                    "webIdFederationData": {"federatedProvider": "example.com", "attributes": {"a": "b"}}
                },
                "onBehalfOf": {"userId": "u-1", "identityStoreArn": "arn:aws:identitystore::1:x"}
            },
            "requestParameters": {
                "bucketName": "b1", "key": "k\n1", "n": 7, "flag": true, "none": null,
                "nested": {"list": [1, "two", {"three": 3}], "a:b": "c"}
            },
            "resources": [
                {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::b1/k"},
                {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::b1", "accountId": "123456789012"}
            ],
            "tlsDetails": {"tlsVersion": "TLSv1.2", "cipherSuite": "X"},
            "sessionCredentialFromConsole": "true", "annotation": "late"
        }),
        json!({
            "eventVersion": "1.08", "eventTime": "2024-05-01T11:30:00Z", "eventID": "id-2",
            "eventSource": "iam.amazonaws.com", "eventName": "CreateUser", "awsRegion": "us-east-1",
            "sourceIPAddress": "192.0.2.2", "readOnly": false, "errorCode": "AccessDenied",
            "errorMessage": "no", "recipientAccountId": "123456789012",
            "userIdentity": {"type": "IAMUser", "userName": "bob", "principalId": "AIDA2"},
            "requestParameters": {"userName": "carol"}, "sessionCredentialFromConsole": true
        }),
        json!({
            "eventVersion": "1.08", "eventTime": "2024-05-05T12:00:00Z", "eventID": "id-3",
            "eventSource": "sts.amazonaws.com", "eventName": "AssumeRole", "awsRegion": "eu-west-1",
            "sourceIPAddress": "lambda.amazonaws.com", "readOnly": true,
            "recipientAccountId": "210987654321",
            "userIdentity": {"type": "AWSService", "invokedBy": "lambda.amazonaws.com"},
            "requestParameters": "odd", "resources": "odd"
        }),
    ]
}

fn check(statement: &str, expect: Expect) {
    let store = TestStore::of(&records());
    let found = match run(&store.engine(), statement) {
        Ok(answer) => text_of(&answer),
        Err(error) => format!("error: {error}"),
    };
    expect.assert_eq(&found);
}

#[test]
fn every_name_of_the_store_is_the_table() {
    let store = TestStore::of(&records());
    let engine = store.engine();
    for name in [
        "events",
        "EVENTS",
        ID,
        &ID.to_uppercase(),
        &format!("\"{ID}\""),
        &format!("'{ID}'"),
        ARN,
        &format!("\"{ARN}\""),
        "$EDS_ID",
        "<EDS ID>",
        "<event_data_store_id>",
        "<Event data store Id>",
        "$EventDataStoreId$",
    ] {
        let statement = format!(
            "/* of <EDS ID> or {ID} */ SELECT count(*) AS n FROM {name} -- $EDS_ID\n WHERE '{ID}' <> 'x'"
        );
        let answer = run(&engine, &statement).expect(&statement);
        assert_eq!(answer.page(0, 9), [["3"]], "{statement}");
    }
}

/// A regression: the table log was read anew on a thread of the engine, which panicked.
#[test]
fn events_that_arrive_are_in_the_next_statement() {
    let folder = tempfile::tempdir().expect("a folder");
    let writing = Store::open(folder.path()).expect("opens");
    let reading = Arc::new(Store::open(folder.path()).expect("opens"));
    let store = TestStore { _folder: folder, snapshots: Arc::new(move || reading.snapshot()) };
    let engine = store.engine();
    for (at, record) in records().iter().enumerate() {
        append(&writing, &[record.to_string()]);
        let answer = run(&engine, "SELECT count(*) AS n FROM events").expect("an answer");
        assert_eq!(text_of(&answer), format!("n\n{}", at + 1));
    }
}

#[test]
fn several_names_join() {
    check(
        &format!("SELECT a.eventid FROM {ID} a JOIN {ID} b ON a.eventid = b.eventid ORDER BY 1"),
        expect![[r#"
            eventid
            id-1
            id-2
            id-3"#]],
    );
}

#[test]
fn another_event_data_store_is_unknown() {
    check(
        "SELECT 1 FROM 0f1e2d3c-1111-2222-3333-000000000000",
        expect!["error: there is no event data store `0f1e2d3c-1111-2222-3333-000000000000` here"],
    );
    check(
        "SELECT 1 FROM \"arn:aws:cloudtrail:us-east-1:123456789012:eventdatastore/0f1e2d3c-1111-2222-3333-000000000000\"",
        expect![
            "error: there is no event data store `arn:aws:cloudtrail:us-east-1:123456789012:eventdatastore/0f1e2d3c-1111-2222-3333-000000000000` here"
        ],
    );
}

#[test]
fn nothing_but_one_select_is_run() {
    let store = TestStore::of(&records());
    let engine = store.engine();
    let file = store._folder.path().join("out");
    let file = file.display();
    let refused = [
        "INSERT INTO events SELECT * FROM events".to_owned(),
        "DELETE FROM events".to_owned(),
        "UPDATE events SET eventname = 'x'".to_owned(),
        "DROP TABLE events".to_owned(),
        "CREATE TABLE t AS SELECT 1".to_owned(),
        "CREATE VIEW v AS SELECT 1".to_owned(),
        format!("CREATE EXTERNAL TABLE t (a INT) STORED AS CSV LOCATION '{file}'"),
        format!("COPY (SELECT 1) TO '{file}'"),
        format!("COPY events TO '{file}' STORED AS CSV"),
        "SET datafusion.execution.batch_size = 1".to_owned(),
        "RESET datafusion.execution.batch_size".to_owned(),
        "SHOW TABLES".to_owned(),
        "DESCRIBE trips".to_owned(),
        "PREPARE p AS SELECT 1".to_owned(),
        "EXPLAIN INSERT INTO events SELECT * FROM events".to_owned(),
        "EXPLAIN ANALYZE DELETE FROM events".to_owned(),
        "SELECT 1 INTO t".to_owned(),
        "WITH a AS (SELECT 1) INSERT INTO events SELECT * FROM a".to_owned(),
        "SELECT 1; SELECT 2".to_owned(),
        "SELECT 1; DROP TABLE events".to_owned(),
        "SELECT * FROM '/etc/passwd'".to_owned(),
        "SELECT * FROM 'file:///etc/passwd.csv'".to_owned(),
        "SELECT * FROM \"/etc/passwd.csv\"".to_owned(),
        "SELECT * FROM read_csv('/etc/passwd')".to_owned(),
        "SELECT * FROM generate_series(1, 10)".to_owned(),
        "SELECT * FROM information_schema.tables".to_owned(),
        "SELECT * FROM other.events".to_owned(),
        "SELECT * FROM trips".to_owned(),
        "SELECT pg_read_file('/etc/passwd')".to_owned(),
        "CALL f()".to_owned(),
        "GRANT ALL ON events TO alice".to_owned(),
        "BEGIN".to_owned(),
        String::new(),
        "-- nothing".to_owned(),
        "x".repeat(10_001),
    ];
    for statement in refused {
        let error = run(&engine, &statement).expect_err(&statement);
        assert!(error.is_invalid_statement(), "{statement}: {error:?}");
    }
    assert!(!store._folder.path().join("out").exists());
}

#[test]
fn refusals_say_why() {
    check("DELETE FROM events", expect!["error: only SELECT is allowed, not `DELETE FROM`"]);
    check("COPY events TO 'x.csv'", expect!["error: only SELECT is allowed, not `COPY events`"]);
    check(
        "SELECT * FROM trips",
        expect!["error: there is no table `trips`, only `events` and `configuration_items`"],
    );
    check("SELECT 1; SELECT 2", expect!["error: there are 2 statements, one SELECT is allowed"]);
    check("SELECT nosuch FROM events", expect!["error: No field named nosuch"]);
    check(
        "SELECT eventname FROM events WHERE",
        expect!["error: Expected: an expression, found: EOF"],
    );
}

#[test]
fn explain_is_allowed() {
    let store = TestStore::of(&records());
    let answer = run(&store.engine(), "EXPLAIN SELECT eventname FROM events LIMIT 1");
    assert!(text_of(&answer.expect("a plan")).contains("EventsExec"));
}

#[test]
fn identity_is_nested() {
    check(
        "SELECT userIdentity.type, USERIDENTITY.sessionContext.sessionIssuer.arn,
            userIdentity.sessioncontext.attributes.creationDate,
            userIdentity.sessionContext.webIdFederationData.attributes,
            userIdentity.onBehalfOf, userIdentity.inScopeOf
         FROM events ORDER BY eventTime",
        expect![[r#"
            type | arn | creationDate | attributes | onBehalfOf | inScopeOf
            AssumedRole | arn:aws:iam::123456789012:role/r | 2024-05-01 09:00:00.000 | {a=b} | {userid=u-1, identitystorearn=arn:aws:identitystore::1:x} |
            IAMUser |  |  |  |  |
            AWSService |  |  |  |  |"#]],
    );
    check(
        "SELECT userIdentity FROM events WHERE eventid = 'id-3'",
        expect![[r#"
        userIdentity
        {type=AWSService, principalid=null, arn=null, accountid=null, accesskeyid=null, username=null, sessioncontext=null, onbehalfof=null, inscopeof=null, invokedby=lambda.amazonaws.com, identityprovider=null}"#]],
    );
}

#[test]
fn maps_hold_texts() {
    check(
        "SELECT element_at(requestParameters, 'bucketName') AS bucket, requestParameters['n'],
            element_at(requestParameters, 'flag'), element_at(requestParameters, 'none'),
            element_at(requestParameters, 'nested') AS nested, element_at(requestParameters, 'x')
         FROM events ORDER BY eventid",
        expect![[r#"
            bucket | _col1 | _col2 | _col3 | nested | _col5
            b1 | 7 | true |  | {"list":[1,"two",{"three":3}],"a:b":"c"} |
             |  |  |  |  |
             |  |  |  |  |"#]],
    );
    check(
        "SELECT cardinality(map_keys(requestParameters)), map_values(requestParameters)
         FROM events ORDER BY eventid",
        expect![[r#"
            _col0 | _col1
            6 | [b1, k
            1, 7, true, null, {"list":[1,"two",{"three":3}],"a:b":"c"}]
            1 | [carol]
             |"#]],
    );
}

#[test]
fn resources_are_structs() {
    check(
        "SELECT element_at(resources, 1).arn, element_at(resources, -1).accountId,
            element_at(resources, 9).arn, cardinality(resources), resources
         FROM events ORDER BY eventid",
        expect![[r#"
            arn | accountId | arn | _col3 | resources
            arn:aws:s3:::b1/k | 123456789012 |  | 2 | [{accountid=null, type=AWS::S3::Object, arn=arn:aws:s3:::b1/k, arnprefix=null}, {accountid=123456789012, type=AWS::S3::Bucket, arn=arn:aws:s3:::b1, arnprefix=null}]
             |  |  |  |
             |  |  |  |"#]],
    );
    check(
        "SELECT eventid, r.type FROM events CROSS JOIN UNNEST(resources) AS t(r) ORDER BY 2",
        expect![[r#"
            eventid | type
            id-1 | AWS::S3::Bucket
            id-1 | AWS::S3::Object"#]],
    );
}

#[test]
fn records_are_there_verbatim() {
    let text = r#"{ "eventVersion" : "1.08","eventTime":"2024-05-01T10:00:00Z","eventID":"a","eventName":"\u0041"}"#;
    let store = TestStore::of_texts(&[text.to_owned()]);
    let answer = run(&store.engine(), "SELECT eventjson, eventjsonchecksum, eventname FROM events");
    let page = answer.expect("an answer").page(0, 1);
    use sha2::Digest;
    let sum = crate::convert::hex(&sha2::Sha256::digest(text));
    assert_eq!(page, [[text.to_owned(), sum, "A".to_owned()]]);
}

#[test]
fn odd_values_are_null_or_text() {
    check(
        "SELECT eventid, requestParameters, resources, sessioncredentialfromconsole, annotation
         FROM events ORDER BY eventid",
        expect![[r#"
            eventid | requestParameters | resources | sessioncredentialfromconsole | annotation
            id-1 | {bucketName=b1, key=k
            1, n=7, flag=true, none=null, nested={"list":[1,"two",{"three":3}],"a:b":"c"}} | [{accountid=null, type=AWS::S3::Object, arn=arn:aws:s3:::b1/k, arnprefix=null}, {accountid=123456789012, type=AWS::S3::Bucket, arn=arn:aws:s3:::b1, arnprefix=null}] | true | late
            id-2 | {userName=carol} |  | true |
            id-3 |  |  |  |"#]],
    );
    check(
        "SELECT eventid FROM events WHERE sessionCredentialFromConsole = true ORDER BY eventid",
        expect![[r#"
        eventid
        id-1
        id-2"#]],
    );
}

#[test]
fn times_compare_with_text_and_print_as_trino_does() {
    check(
        "SELECT eventtime, eventid FROM events
         WHERE eventtime > '2024-05-01 10:00:00' AND eventtime <= timestamp '2024-05-05 12:00:00'
         ORDER BY eventtime",
        expect![[r#"
            eventtime | eventid
            2024-05-01 11:30:00.000 | id-2
            2024-05-05 12:00:00.000 | id-3"#]],
    );
    check(
        "SELECT count(*) FROM events WHERE eventtime BETWEEN '2024-05-01' AND '2024-05-02'",
        expect![[r#"
            _col0
            2"#]],
    );
    check(
        "SELECT eventid FROM events WHERE eventtime > now() - INTERVAL '7' DAY",
        expect!["eventid"],
    );
}

#[test]
fn columns_have_trino_names() {
    check(
        "SELECT eventName, userIdentity.type, count(*), count(*) AS Calls, element_at(resources, 1).arn
         FROM events WHERE eventid = 'id-1' GROUP BY eventName, userIdentity.type, resources",
        expect![[r#"
            eventName | type | _col2 | Calls | arn
            GetObject | AssumedRole | 1 | 1 | arn:aws:s3:::b1/k"#]],
    );
    check(
        "SELECT * FROM events LIMIT 0",
        expect![
            "eventversion | useridentity | eventtime | eventsource | eventname | awsregion | sourceipaddress | useragent | errorcode | errormessage | requestparameters | responseelements | additionaleventdata | requestid | eventid | readonly | resources | eventtype | apiversion | managementevent | recipientaccountid | sharedeventid | annotation | vpcendpointid | vpcendpointaccountid | serviceeventdetails | addendum | edgedevicedetails | insightdetails | eventcategory | tlsdetails | sessioncredentialfromconsole | eventjson | eventjsonchecksum"
        ],
    );
}

#[test]
fn maps_and_structs_group() {
    check(
        "SELECT element_at(requestParameters, 'userName') AS name, count(*) FROM events
         WHERE eventid = 'id-2' GROUP BY requestParameters",
        expect![[r#"
            name | _col1
            carol | 1"#]],
    );
}

fn check_value(expression: &str, expect: Expect) {
    check(&format!("SELECT {expression} AS v FROM events WHERE eventid = 'id-1'"), expect);
}

#[test]
fn json_functions() {
    let nested = "element_at(requestParameters, 'nested')";
    for (expression, expect) in [
        (
            format!("json_extract({nested}, '$.list[2]')"),
            expect![[r#"
            v
            {"three":3}"#]],
        ),
        (
            format!("json_extract({nested}, '$.list[1]')"),
            expect![[r#"
            v
            "two""#]],
        ),
        (
            format!("json_extract_scalar({nested}, '$.list[1]')"),
            expect![[r#"
            v
            two"#]],
        ),
        (
            format!("json_extract_scalar({nested}, '$.list')"),
            expect![[r#"
            v
        "#]],
        ),
        (
            format!("json_extract_scalar({nested}, '$.a:b')"),
            expect![[r#"
            v
            c"#]],
        ),
        (
            format!("json_extract_scalar({nested}, '$[\"a:b\"]')"),
            expect![[r#"
            v
            c"#]],
        ),
        (
            format!("json_extract_scalar({nested}, 'a')"),
            expect!["error: `a` is no JSON path that is understood here"],
        ),
        (
            "json_extract_scalar('no json', '$.a')".to_owned(),
            expect![[r#"
            v
        "#]],
        ),
    ] {
        check_value(&expression, expect);
    }
}

#[test]
fn json_lists_and_casts() {
    let nested = "element_at(requestParameters, 'nested')";
    for (expression, expect) in [
        (
            "json_parse('no json')".to_owned(),
            expect!["error: json_parse was given text that is no JSON"],
        ),
        (
            format!("json_array_get(json_extract({nested}, '$.list'), -1)"),
            expect![[r#"
            v
            {"three":3}"#]],
        ),
        (
            format!("json_array_length(json_extract({nested}, '$.list'))"),
            expect![[r#"
            v
            3"#]],
        ),
        (
            format!("cast(json_extract({nested}, '$.list[1]') AS varchar)"),
            expect![[r#"
            v
            two"#]],
        ),
        (
            format!("cast(json_extract({nested}, '$.list[0]') AS bigint) + 1"),
            expect![[r#"
            v
            2"#]],
        ),
        (
            format!("cast(json_extract({nested}, '$.list') AS array(varchar))"),
            expect![[r#"
            v
            [1, two, {"three":3}]"#]],
        ),
        (
            format!("cast(json_extract({nested}, '$.list') AS array(json))"),
            expect![[r#"
            v
            [1, "two", {"three":3}]"#]],
        ),
        (
            format!("cast(json_parse({nested}) AS map(varchar, json))"),
            expect![[r#"
            v
            {list=[1,"two",{"three":3}], a:b="c"}"#]],
        ),
        (
            format!("cast(json_parse({nested}) AS map(varchar, varchar))"),
            expect![[r#"
            v
            {list=[1,"two",{"three":3}], a:b=c}"#]],
        ),
        (
            "json_extract_scalar(json_parse(eventjson), '$.userIdentity.principalId')".to_owned(),
            expect![[r#"
                v
                AROA:alice"#]],
        ),
    ] {
        check_value(&expression, expect);
    }
}

#[test]
fn lambdas() {
    for (expression, expect) in [
        ("transform(filter(resources, r -> r.type LIKE '%Bucket'), r -> r.arn)", expect![[r#"
            v
            [arn:aws:s3:::b1]"#]]),
        ("any_match(resources, r -> r.Arn = 'arn:aws:s3:::b1')", expect![[r#"
            v
            true"#]]),
        ("all_match(resources, r -> r.type LIKE 'AWS::S3%')", expect![[r#"
            v
            true"#]]),
        ("none_match(resources, r -> r.type LIKE '%Object')", expect![[r#"
            v
            false"#]]),
        ("filter(map_values(requestParameters), x -> x LIKE 'b%')", expect![[r#"
            v
            [b1]"#]]),
        (
            "transform(map_values(cast(json_parse('{\"a\":{\"Id\":1},\"b\":{\"Id\":2}}') AS map(varchar, json))),
                x -> json_extract(x, '$.Id'))",
            expect![[r#"
                v
                [1, 2]"#]],
        ),
    ] {
        check_value(expression, expect);
    }
}

#[test]
fn time_functions() {
    for (expression, expect) in [
        (
            "day_of_week(eventtime)",
            expect![[r#"
            v
            3"#]],
        ),
        (
            "year(eventtime) * 10000 + month(eventtime) * 100 + day(eventtime)",
            expect![[r#"
            v
            20240501"#]],
        ),
        (
            "hour(eventtime) + minute(eventtime) + second(eventtime)",
            expect![[r#"
            v
            10"#]],
        ),
        (
            "week(eventtime) * 1000 + day_of_year(eventtime)",
            expect![[r#"
            v
            18122"#]],
        ),
        (
            "date(eventtime)",
            expect![[r#"
            v
            2024-05-01"#]],
        ),
        (
            "date_trunc('month', eventtime)",
            expect![[r#"
            v
            2024-05-01 00:00:00.000"#]],
        ),
        (
            "date_add('day', -2, eventtime)",
            expect![[r#"
            v
            2024-04-29 10:00:00.000"#]],
        ),
        (
            "date_add('month', 1, timestamp '2024-01-31 00:00:00')",
            expect![[r#"
            v
            2024-02-29 00:00:00.000"#]],
        ),
    ] {
        check_value(expression, expect);
    }
}

#[test]
fn times_are_told_apart_and_printed() {
    for (expression, expect) in [
        ("date_add('eon', 1, eventtime)", expect!["error: `eon` is no unit of time"]),
        (
            "date_diff('hour', timestamp '2024-04-30 09:30:00', eventtime)",
            expect![[r#"
            v
            24"#]],
        ),
        (
            "date_diff('month', eventtime, timestamp '2024-03-02 00:00:00')",
            expect![[r#"
            v
            -1"#]],
        ),
        (
            "date_format(eventtime, '%Y/%m/%d %H:%i:%s %f %W')",
            expect![[r#"
            v
            2024/05/01 10:00:00 000000 Wednesday"#]],
        ),
        (
            "from_iso8601_timestamp('2024-05-01T12:00:00+02:00')",
            expect![[r#"
            v
            2024-05-01 10:00:00.000"#]],
        ),
        (
            "to_unixtime(eventtime)",
            expect![[r#"
            v
            1714557600.0"#]],
        ),
        (
            "eventtime + INTERVAL '1' HOUR",
            expect![[r#"
            v
            2024-05-01 11:00:00.000"#]],
        ),
    ] {
        check_value(expression, expect);
    }
}

#[test]
fn text_functions() {
    for (expression, expect) in [
        (
            "replace(eventname, 'Object')",
            expect![[r#"
            v
            Get"#]],
        ),
        (
            "regexp_replace('a1b2', '[0-9]')",
            expect![[r#"
            v
            ab"#]],
        ),
        (
            "regexp_replace('a1b2', '[0-9]', 'x')",
            expect![[r#"
            v
            axbx"#]],
        ),
        (
            "regexp_like(eventname, '^Get')",
            expect![[r#"
            v
            true"#]],
        ),
        (
            "regexp_extract(eventname, 'O[a-z]+')",
            expect![[r#"
            v
            Object"#]],
        ),
        (
            "regexp_extract(eventname, '([A-Z])([a-z]+)', 2)",
            expect![[r#"
            v
            et"#]],
        ),
        (
            "regexp_extract(eventname, 'xyz')",
            expect![[r#"
            v
        "#]],
        ),
        (
            "if(readonly, 'r', 'w')",
            expect![[r#"
            v
            r"#]],
        ),
    ] {
        check_value(expression, expect);
    }
}

#[test]
fn conditions_and_lists() {
    for (expression, expect) in [
        (
            "if(readonly = false, 'w')",
            expect![[r#"
            v
        "#]],
        ),
        (
            "contains(split('a,b', ','), 'b')",
            expect![[r#"
            v
            true"#]],
        ),
        (
            "contains(map_keys(requestParameters), 'key')",
            expect![[r#"
            v
            true"#]],
        ),
        (
            "contains(eventname, 'Obj')",
            expect![[r#"
            v
            true"#]],
        ),
        (
            "slice(split('a,b,c,d', ','), 2, 2)",
            expect![[r#"
            v
            [b, c]"#]],
        ),
        (
            "array_join(split('a,b', ','), '-')",
            expect![[r#"
            v
            a-b"#]],
        ),
        (
            "greatest(1, 3, 2) * 10 + least(3, 1)",
            expect![[r#"
            v
            31"#]],
        ),
        (
            "coalesce(errorcode, 'ok')",
            expect![[r#"
            v
            ok"#]],
        ),
        (
            "cast(2 AS double)",
            expect![[r#"
            v
            2.0"#]],
        ),
        (
            "element_at(split('a,b', ','), 0)",
            expect![[r#"
            v
        "#]],
        ),
    ] {
        check_value(expression, expect);
    }
}

#[test]
fn aggregates() {
    check(
        "SELECT approx_distinct(eventname), arbitrary(errorcode), count_if(readonly),
            max_by(eventname, eventtime), min_by(eventname, eventtime),
            count(DISTINCT recipientaccountid), bool_or(readonly)
         FROM events",
        expect![[r#"
            _col0 | _col1 | _col2 | _col3 | _col4 | _col5 | _col6
            3 | AccessDenied | 2 | AssumeRole | GetObject | 2 | true"#]],
    );
    check(
        "SELECT eventid, rank() OVER (PARTITION BY recipientaccountid ORDER BY eventtime DESC) AS rnk
         FROM events ORDER BY eventid",
        expect![[r#"
            eventid | rnk
            id-1 | 2
            id-2 | 1
            id-3 | 1"#]],
    );
    check(
        "SELECT DISTINCT awsregion AS r FROM events ORDER BY awsregion",
        expect![[r#"
            r
            eu-west-1
            us-east-1"#]],
    );
}

#[test]
fn an_execution_error_is_told() {
    check(
        "SELECT CAST(eventname AS BIGINT) FROM events WHERE eventid = 'id-1'",
        expect!["error: Cast error: Cannot cast string 'GetObject' to value of Int64 type"],
    );
}

/// Events enough for two blocks, with few values.
fn many(count: usize) -> Vec<String> {
    (0..count)
        .map(|at| {
            format!(
                r#"{{"eventVersion":"1.08","eventTime":"2024-06-{:02}T{:02}:{:02}:{:02}Z","eventID":"id-{at}","eventName":"Name{}","eventSource":"s{}.amazonaws.com"}}"#,
                1 + at % 2, at / 3600 % 24, at / 60 % 60, at % 60, at % 7, at % 3,
            )
        })
        .collect()
}

#[test]
fn a_statement_without_limits_is_stopped_by_ours() {
    let store = TestStore::of_texts(&many(20_000));
    let endless = "SELECT count(*) FROM events a, events b, events c
        WHERE concat(a.eventid, b.eventid) <> c.eventid";
    let limits = Limits { timeout: Duration::from_millis(300), threads: 2, ..Limits::default() };
    let error = run(&store.engine_with(limits), endless).expect_err("a timeout");
    assert!(matches!(error, QueryError::TimedOut { .. }), "{error:?}");
    let limits = Limits { memory_bytes: 1 << 20, spill_bytes: 0, threads: 2, ..Limits::default() };
    let hungry = "SELECT eventjson, count(*) FROM events GROUP BY eventjson";
    let error = run(&store.engine_with(limits), hungry).expect_err("too much memory");
    assert!(matches!(error, QueryError::Resources { .. }), "{error:?}");
    let limits = Limits { result_bytes: 1 << 16, threads: 2, ..Limits::default() };
    let error = run(&store.engine_with(limits), "SELECT eventjson FROM events").expect_err("large");
    assert!(matches!(error, QueryError::Resources { .. }), "{error:?}");
}

/// A regression: a join that rejects every pair of rows ran on, whatever the timeout, and kept a thread
/// from all other statements.
#[test]
fn a_join_that_finds_nothing_is_stopped() {
    let store = TestStore::of_texts(&many(3_000));
    let limits = Limits { threads: 2, timeout: Duration::from_millis(300), ..Limits::default() };
    let engine = store.engine_with(limits);
    let endless = "SELECT count(*) FROM events a, events b, events c \
        WHERE concat(a.eventname, b.eventname, c.eventname) = 'x'";
    for _ in 0..3 {
        let error = run(&engine, endless).map(|_| ()).expect_err("it ends");
        assert!(matches!(error, QueryError::TimedOut { .. }), "{error}");
    }
    let answer = run(&store.engine(), "SELECT count(*) AS n FROM events").expect("an answer");
    assert_eq!(text_of(&answer), "n\n3000");
}

#[test]
fn what_would_be_answered_wrongly_or_without_bounds_is_refused() {
    check(
        "SELECT 1 FROM events JOIN UNNEST(resources) AS t(r) ON t.r.type = 'x'",
        expect!["error: UNNEST is for CROSS JOIN, or JOIN … ON true: put conditions into WHERE"],
    );
    check(
        "SELECT 1 FROM events LEFT JOIN UNNEST(resources) AS t(r) ON true",
        expect!["error: UNNEST is for CROSS JOIN, or JOIN … ON true: put conditions into WHERE"],
    );
    for function in ["repeat('x', 9)", "lpad('x', 9)", "range(0, 9)", "array_repeat('x', 9)"] {
        let statement = format!("SELECT {function} FROM events");
        let store = TestStore::of(&records());
        let error = run(&store.engine(), &statement).map(|_| ()).expect_err(function);
        assert!(error.is_invalid_statement(), "{function}: {error}");
    }
    check(
        "SELECT matches(eventjson, 'is:conflict') FROM events",
        expect!["error: is:conflict is no claim about a record alone: use `trailhound search`"],
    );
    check(
        "SELECT to_timestamp_seconds(99999999999999) AS t FROM events LIMIT 1",
        expect![[r#"
        t
    "#]],
    );
}

#[test]
fn members_of_maps_keep_their_case() {
    check(
        "SELECT requestParameters.nested.list, e.requestparameters.bucketName AS b FROM events e \
         WHERE requestParameters.bucketName IS NOT NULL",
        expect![[r#"
            list | b
            [1,"two",{"three":3}] | b1"#]],
    );
    check(
        "DESCRIBE events",
        expect![[r#"
        column_name | type
        eventversion | string
        useridentity | struct<type:string,principalid:string,arn:string,accountid:string,accesskeyid:string,username:string,sessioncontext:struct<attributes:struct<creationdate:timestamp,mfaauthenticated:string>,sessionissuer:struct<type:string,principalid:string,arn:string,accountid:string,username:string>,webidfederationdata:struct<federatedprovider:string,attributes:map<string,string>>,sourceidentity:string,ec2roledelivery:string,ec2issuedinvpc:string>,onbehalfof:struct<userid:string,identitystorearn:string>,inscopeof:struct<sourcearn:string,sourceaccount:string,issuertype:string,credentialsissuedto:string>,invokedby:string,identityprovider:string>
        eventtime | timestamp
        eventsource | string
        eventname | string
        awsregion | string
        sourceipaddress | string
        useragent | string
        errorcode | string
        errormessage | string
        requestparameters | map<string,string>
        responseelements | map<string,string>
        additionaleventdata | map<string,string>
        requestid | string
        eventid | string
        readonly | boolean
        resources | array<struct<accountid:string,type:string,arn:string,arnprefix:string>>
        eventtype | string
        apiversion | string
        managementevent | boolean
        recipientaccountid | string
        sharedeventid | string
        annotation | string
        vpcendpointid | string
        vpcendpointaccountid | string
        serviceeventdetails | map<string,string>
        addendum | map<string,string>
        edgedevicedetails | map<string,string>
        insightdetails | map<string,string>
        eventcategory | string
        tlsdetails | struct<tlsversion:string,ciphersuite:string,clientprovidedhostheader:string>
        sessioncredentialfromconsole | string
        eventjson | string
        eventjsonchecksum | string"#]],
    );
    check(
        "SELECT count(*) AS n FROM configuration_items",
        expect![[r#"
        n
        0"#]],
    );
}

#[test]
fn a_sort_beyond_the_memory_spills() {
    let store = TestStore::of_texts(&many(160_000));
    let memory_bytes = 16 << 20;
    let limits = Limits { memory_bytes, threads: 2, ..Limits::default() };
    let statement = "SELECT eventid, eventjson FROM events ORDER BY eventjson DESC";
    let answer = run(&store.engine_with(limits), statement).expect("an answer");
    assert_eq!(answer.rows(), 160_000);
    let bytes: usize = answer.batches.iter().map(|batch| batch.get_array_memory_size()).sum();
    assert!(bytes > memory_bytes, "{bytes} bytes would have fitted");
}

#[test]
fn a_dropped_answer_ends_its_statement() {
    let store = TestStore::of_texts(&many(20_000));
    let engine = store.engine();
    let endless = "SELECT a.eventid FROM events a, events b, events c";
    block_on(async {
        let mut answer = engine.query(endless).await.expect("starts");
        answer.next().await.expect("a batch").expect("rows");
        drop(answer);
        // The threads are free again: the next statement gets its answer.
        let answer = engine.run("SELECT count(*) FROM events").await.expect("an answer");
        assert_eq!(answer.page(0, 1), [["20000"]]);
    });
}

#[test]
fn a_count_reads_nothing_and_a_limit_little() {
    let store = TestStore::of_texts(&many(20_000));
    let engine = store.engine();
    let answer = run(&engine, "SELECT count(*) FROM events").expect("an answer");
    assert_eq!(
        (answer.page(0, 1), answer.statistics.events_scanned),
        (vec![vec!["20000".to_owned()]], 0)
    );
    let answer = run(&engine, "SELECT eventid FROM events LIMIT 5").expect("an answer");
    assert_eq!(answer.rows(), 5);
    assert!(answer.statistics.events_scanned <= 10, "{:?}", answer.statistics);
    let answer = run(&engine, "SELECT eventname FROM events WHERE eventid = 'id-77'").expect("one");
    assert_eq!(answer.rows(), 1);
    let statistics = answer.statistics;
    assert!(statistics.events_scanned <= 2, "{statistics:?}");
    assert_eq!(statistics.events_matched, 1, "{statistics:?}");
}

#[test]
fn pages_are_parts_of_the_whole() {
    let store = TestStore::of_texts(&many(9_000));
    let answer = run(&store.engine(), "SELECT eventid FROM events ORDER BY eventid").expect("all");
    let whole = answer.page(0, usize::MAX);
    let mut pages = Vec::new();
    while pages.len() < whole.len() {
        pages.extend(answer.page(pages.len(), 1_000));
    }
    assert_eq!(pages, whole);
    assert_eq!(answer.page(9_000, 10), Vec::<Vec<String>>::new());
}

#[test]
fn configuration_items_have_their_columns() {
    let item = json!({
        "eventVersion": "1.0", "eventCategory": "ConfigurationItem", "eventID": "c-1",
        "eventTime": "2024-05-01T10:00:00Z", "eventName": "x",
        "eventData": {"resourceType": "AWS::EC2::Instance", "resourceId": "i-1", "tags": {"a": "b"}}
    });
    let store = TestStore::of(&[item]);
    let statement = "SELECT eventData.resourceType, eventData.tags FROM config_event_data_store_ID";
    let answer = run(&store.engine(), statement).expect("an answer");
    expect![[r#"
        resourceType | tags
        AWS::EC2::Instance | {a=b}"#]]
    .assert_eq(&text_of(&answer));
}

fn any_record() -> impl Strategy<Value = Value> {
    let text = |options: &'static [&'static str]| prop::sample::select(options);
    (
        (0_u8..4, 0_u8..3),
        text(&["GetObject", "PutObject", "CreateUser"]),
        text(&["s3.amazonaws.com", "iam.amazonaws.com"]),
        prop::option::of(text(&["AccessDenied", "NoSuchKey"])),
        prop::option::of(any::<bool>()),
        text(&["AKIA1", "ASIA2"]),
        text(&[
            "alpha beta",
            "beta/gamma",
            "true",
            "x\\y \"q\"",
            "12.50",
            "Größe é",
            "\u{212a}elvin",
        ]),
        any::<bool>(),
    )
        .prop_map(|((day, second), name, source, error, read_only, key, value, is_odd)| {
            let mut record = json!({
                "eventVersion": "1.08",
                "eventTime": format!("2024-01-{:02}T10:00:{second:02}Z", 10 + day),
                "eventName": name, "eventSource": source, "awsRegion": "us-east-1",
                "recipientAccountId": "123456789012", "sourceIPAddress": "192.0.2.1",
                "userIdentity": {"type": "IAMUser", "accessKeyId": key, "userName": value},
                "requestParameters": {"v": value, "n": {"deep": [value, 12.5, true]}},
            });
            if let Some(object) = record.as_object_mut() {
                if let Some(error) = error {
                    object.insert("errorCode".to_owned(), json!(error));
                }
                if let Some(read_only) = read_only {
                    object.insert("readOnly".to_owned(), json!(read_only));
                }
                if is_odd {
                    object.insert("awsRegion".to_owned(), json!(7));
                    object.insert("eventType".to_owned(), json!(null));
                }
            }
            record
        })
}

fn any_condition() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "eventname = 'GetObject'",
        "eventname IN ('PutObject', 'CreateUser')",
        "eventname NOT IN ('PutObject')",
        "eventname IN ('GetObject', 'PutObject', 'CreateUser', 'Other', 'More')",
        "eventname LIKE 'Get%'",
        "eventname LIKE '%Object'",
        "eventname <> 'GetObject'",
        "eventsource = 's3.amazonaws.com'",
        "eventsource LIKE '%.amazonaws.com'",
        "errorcode IS NULL",
        "errorcode IS NOT NULL",
        "errorcode = 'AccessDenied'",
        "readonly",
        "readonly = false",
        "readonly IS NULL",
        "NOT readonly",
        "awsregion = 'us-east-1'",
        "awsregion = '7'",
        "awsregion IS NULL",
        "eventtype IS NULL",
        "recipientaccountid = '123456789012'",
        "sourceipaddress = '192.0.2.1'",
        "eventid = 'id-1'",
        "eventid IS NULL",
        "useridentity.accesskeyid = 'AKIA1'",
        "useridentity.username = 'alpha beta'",
        "useridentity.username = 'true'",
        "useridentity.username LIKE '%beta%'",
        "useridentity.username LIKE '_lpha b_ta'",
        "useridentity.username LIKE '%Größe%'",
        "element_at(requestparameters, 'v') = 'x\\y \"q\"'",
        "element_at(requestparameters, 'v') = '12.50'",
        "requestparameters['v'] = 'beta/gamma'",
        "element_at(requestparameters, 'n') LIKE '%\"beta/gamma\"%'",
        "element_at(requestparameters, 'n') LIKE '%12.5,true%'",
        "element_at(requestparameters, 'none') = 'x'",
        "eventtime > '2024-01-11 10:00:01'",
        "eventtime >= '2024-01-11 10:00:01'",
        "eventtime < '2024-01-12 10:00:00'",
        "eventtime <= timestamp '2024-01-12 10:00:00'",
        "eventtime = '2024-01-12 10:00:00'",
        "eventtime BETWEEN '2024-01-10' AND '2024-01-11 12:00:00'",
        "'2024-01-11' < eventtime",
        "year(eventtime) = 2024",
        "lower(eventname) = 'getobject'",
        "lower(eventname) LIKE 'get%'",
        "lower(eventid) = 'id-1'",
        "lower(useridentity.username) LIKE '%größe%'",
        "lower(useridentity.username) LIKE '%kelvin%'",
        "upper(useridentity.username) LIKE '%GRÖSSE%'",
        "matches(eventjson, 'event:Get* -is:read')",
        "matches(eventjson, 'gamma OR since:2024-01-12')",
        "matches(replace(eventjson, 'GetObject', 'Zzzz'), 'event:Zzzz')",
        "eventname ILIKE 'getobject'",
        "useridentity.username ILIKE '%GRÖSSE%'",
        "useridentity.username ILIKE '%kelvin%'",
        "useridentity.username ILIKE '%ALPHA%'",
        "requestparameters.v = 'beta/gamma'",
        "lower(eventname) IN ('getobject', 'other')",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(3, 8, 2, |inner| {
        (inner.clone(), inner, any::<bool>(), any::<bool>()).prop_map(|(a, b, is_and, is_not)| {
            let op = if is_and { "AND" } else { "OR" };
            format!("{}({a} {op} {b})", if is_not { "NOT " } else { "" })
        })
    })
}

fn any_query() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "event:GetObject",
        "event:get*",
        "event:*Object",
        "event=getobject",
        "event=PutObject",
        "event:x_%y",
        "service:s3",
        "service:S3.amazonaws.com",
        "service:s*",
        "error:*",
        "error:AccessDenied",
        "error:access*",
        "region:us-east-1",
        "region:*",
        "id:id-1",
        "id:ID-1",
        "key:AKIA1",
        "key:akia*",
        "key:*",
        "is:read",
        "is:write",
        "is:error",
        "is:root",
        "is:management",
        "since:2024-01-11",
        "until:2024-01-12T10:00:01Z",
        "since:2024-01-12T10:00:01Z",
        "user:true",
        "user:\"alpha beta\"",
        "ip:192.0.2.0/24",
        "ip:192.0.2.1",
        "beta",
        "alpha*",
        "Größe",
        "12.5",
        "requestParameters.n.deep:12.5",
        "requestParameters.v:>12",
        "exists:errorCode",
        "account:1*",
        "requestParameters:gamma",
        "*",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(3, 8, 2, |inner| {
        (inner.clone(), inner, any::<bool>(), any::<bool>()).prop_map(|(a, b, is_and, is_not)| {
            format!(
                "{}({a} {} {b})",
                if is_not { "-" } else { "" },
                if is_and { "AND" } else { "OR" }
            )
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// INVARIANT(QU-2): with the index a statement finds what it finds without.
    #[test]
    fn pruning_never_removes_a_match(
        records in prop::collection::vec(any_record(), 1..40),
        conditions in prop::collection::vec(any_condition(), 12),
    ) {
        let mut records = records;
        for (at, record) in records.iter_mut().enumerate() {
            if at % 5 != 0 {
                record["eventID"] = json!(format!("id-{at}"));
            }
        }
        let store = TestStore::of(&records);
        let (pruning, scanning) = (store.engine(), store.engine().without_pruning());
        for condition in conditions {
            let statement =
                format!("SELECT eventjson FROM events WHERE {condition} ORDER BY eventjson");
            let with = run(&pruning, &statement).expect(&statement).page(0, usize::MAX);
            let without = run(&scanning, &statement).expect(&statement).page(0, usize::MAX);
            prop_assert_eq!(with, without, "{}", statement);
        }
    }

    /// A search finds what its translation to SQL finds, and what reading every record finds.
    #[test]
    fn a_search_and_its_translation_find_the_same(
        records in prop::collection::vec(any_record(), 1..40),
        queries in prop::collection::vec(any_query(), 12),
    ) {
        let mut records = records;
        for (at, record) in records.iter_mut().enumerate() {
            record["eventID"] = json!(format!("id-{at}"));
        }
        let store = TestStore::of(&records);
        let engine = store.engine();
        let snapshot = (store.snapshots)().expect("a snapshot");
        for text in queries {
            let query = Query::parse(&text, Timestamp(0)).expect(&text);
            let event = |record: &Value| Event::parse(record.to_string().into_bytes(), 0).expect("it");
            let ids = |events: &mut dyn Iterator<Item = Event>| {
                let mut ids: Vec<_> = events.filter_map(|event| event.event_id).collect();
                ids.sort();
                ids
            };
            let naive = ids(&mut records.iter().map(event).filter(|event| query.matches(event)));
            let lookup = LookupQuery { search: Some(query.clone()), ..LookupQuery::default() };
            let page = trailhound_query::lookup(&snapshot, &lookup, None, usize::MAX);
            prop_assert_eq!(&ids(&mut page.events.into_iter()), &naive, "{}", text);
            let condition = query.to_sql();
            let statement = format!("SELECT eventid FROM events WHERE {condition} ORDER BY eventid");
            let answer = run(&engine, &statement).expect(&statement).page(0, usize::MAX);
            prop_assert_eq!(answer.concat(), naive, "{}", statement);
        }
    }

    /// Any text gives an answer or an error, and never another statement than a SELECT.
    #[test]
    fn any_text_is_read_or_refused(text in "[-a-z0-9 '\"$<>/*;()=]{0,60}") {
        let names = EventDataStoreNames { id: ID.to_owned(), arn: ARN.to_owned() };
        let _ = crate::statement::parse(&text, &names);
    }
}
