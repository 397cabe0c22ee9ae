//! Answers over a few records: failures without a code, reads that do not say so, calls that two accounts
//! recorded, what a call was about, values before a change.

use serde_json::{Value, json};
use trailhound_app::App;
use trailhound_app::history::{HistoryQuery, Kind};
use trailhound_app::lookup::LookupQuery;
use trailhound_app::lookup::search::{Query, TimeRange};
use trailhound_app::questions::{Answer, Logins, Question};
use trailhound_app::report::ReportQuery;
use trailhound_record::Timestamp;

use crate::rows::{import, open};

const ACCOUNT: &str = "111122223333";
const OTHER: &str = "444455556666";

fn event(id: &str, minute: u32, service: &str, name: &str, more: Value) -> Value {
    let mut event = json!({
        "eventVersion": "1.11", "eventID": id, "eventTime": format!("2026-01-10T12:{minute:02}:00Z"),
        "eventSource": format!("{service}.amazonaws.com"), "eventName": name, "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.1", "eventType": "AwsApiCall", "recipientAccountId": ACCOUNT,
        "userIdentity": {"type": "IAMUser", "userName": "alice", "accountId": ACCOUNT,
            "arn": format!("arn:aws:iam::{ACCOUNT}:user/alice")},
        "readOnly": false});
    for (name, value) in more.as_object().into_iter().flatten() {
        match value {
            Value::Null => event.as_object_mut().unwrap().remove(name),
            value => event.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    event
}

fn store(records: &[Value]) -> (tempfile::TempDir, App) {
    let folder = tempfile::tempdir().expect("a folder");
    let app = open(&folder.path().join("db"));
    let path = folder.path().join("records.json");
    std::fs::write(&path, json!({"Records": records}).to_string()).expect("written");
    import(&app, &[&path]);
    (folder, app)
}

/// The cells of the column `column` of the table `title`.
fn cells(answer: &Answer, title: &str, column: &str) -> Vec<String> {
    let table = answer.tables.iter().find(|table| table.title == title).expect("the table");
    let place = table.columns.iter().position(|name| *name == column).expect("the column");
    table.rows.iter().map(|row| row[place].clone()).collect()
}

fn ask(app: &App, question: &Question) -> Answer {
    app.answer(question, TimeRange::default(), 50).expect("readable")
}

/// A sign-in that failed, and one that did not.
fn sign_ins() -> Vec<Value> {
    let sign_in = |id: &str, minute: u32, result: &str, message: Value| {
        let more = json!({"eventType": "AwsConsoleSignIn", "errorMessage": message,
            "responseElements": {"ConsoleLogin": result}});
        event(id, minute, "signin", "ConsoleLogin", more)
    };
    vec![
        sign_in("failed", 1, "Failure", json!("Failed authentication")),
        sign_in("done", 2, "Success", Value::Null),
        event("denied", 3, "s3", "DeleteBucket", json!({"errorCode": "AccessDenied"})),
        event("made", 4, "s3", "CreateBucket", json!({})),
    ]
}

#[test]
fn failures_without_a_code_are_failures() {
    let (_folder, app) = store(&sign_ins());
    let ids = |query: &LookupQuery| -> Vec<String> {
        let page = app.lookup(query, None, 10).expect("readable");
        page.events.into_iter().filter_map(|event| event.event_id).collect()
    };
    let search = |text: &str| LookupQuery {
        search: Some(Query::parse(text, Timestamp(0)).expect("a query")),
        ..LookupQuery::default()
    };
    assert_eq!(ids(&search("is:error")), ["denied", "failed"]);
    assert_eq!(ids(&search("-is:error")), ["made", "done"]);
    assert_eq!(ids(&search("is:error -error:*")), ["failed"]);
    let any = LookupQuery { error_code: Some(String::new()), ..LookupQuery::default() };
    assert_eq!(ids(&any), ["denied", "failed"]);
    let failed = Query::parse("is:error", Timestamp(0)).expect("a query");
    assert_eq!(app.count_matches(&failed, TimeRange::default()).expect("readable").events, 2);
    let summary = app.summary().expect("readable");
    assert_eq!(summary.failed, 2);
    let changed: Vec<_> = summary.last_changes.iter().map(|it| it.event_id.as_deref()).collect();
    assert_eq!(changed, [Some("made"), Some("done")]);
    let title = "failures without a code, by message";
    let messages = cells(&ask(&app, &Question::Errors), title, "value");
    assert_eq!(messages, ["Failed authentication"]);
}

#[test]
fn sign_ins_are_summed_up_once_a_call_and_lead_to_their_events() {
    let mut records = sign_ins();
    let role = json!({"roleArn": format!("arn:aws:iam::{OTHER}:role/Audit")});
    let own = json!({"sharedEventID": "shared", "requestParameters": role});
    records.push(event("own copy", 10, "sts", "AssumeRole", own));
    let theirs = json!({"sharedEventID": "shared", "requestParameters": role,
        "recipientAccountId": OTHER,
        "userIdentity": {"type": "AWSAccount", "accountId": ACCOUNT, "principalId": "AIDAEXAMPLE"}});
    records.push(event("their copy", 10, "sts", "AssumeRole", theirs));
    let (_folder, app) = store(&records);
    let title = "who signed in or took which role, from where";
    let all = ask(&app, &Question::Logins(Logins::Summary));
    assert_eq!(cells(&all, title, "event_id"), ["own copy", "done"]);
    assert_eq!(cells(&all, title, "events"), ["1", "2"]);
    assert_eq!(cells(&all, title, "failed"), ["0", "1"]);
    let failed = ask(&app, &Question::Logins(Logins::FailedSummary));
    let title = "who tried to sign in or take which role and failed, from where";
    assert_eq!(cells(&failed, title, "event_id"), ["failed"]);
    let failed = ask(&app, &Question::Logins(Logins::Failed));
    assert_eq!(cells(&failed, "failed sign-ins by address", "event_id"), ["failed"]);
}

/// A regression: ages in the search of a timeline counted back from 1970, so that everything was in it.
#[test]
fn ages_in_a_timeline_count_back_from_now() {
    let (_folder, app) = store(&sign_ins());
    let timeline = |search: &str| {
        let search = search.to_owned();
        ask(&app, &Question::Timeline { search, has_calls: false }).tables[0].rows.len()
    };
    assert_eq!(timeline("user:alice"), 4);
    assert_eq!(timeline("user:alice since:1h until:30m"), 0);
}

#[test]
fn a_read_that_does_not_say_so_is_no_change() {
    let silent = json!({"readOnly": null});
    let (_folder, app) = store(&[
        event("list", 1, "iam", "ListUsers", silent.clone()),
        event("get", 2, "iam", "GetUser", silent.clone()),
        event("create", 3, "iam", "CreateUser", silent),
        event("said", 4, "iam", "GetSomethingDone", json!({})),
    ]);
    let changes = ask(&app, &Question::IamChanges);
    let title = "all changes, failed ones too";
    assert_eq!(cells(&changes, title, "event_id"), ["said", "create"]);
}

#[test]
fn a_history_says_what_a_touch_was_about_and_a_report_what_was_before() {
    let (table, gateway) = ("rtb-0123456789abcdef0", "igw-0123456789abcdef0");
    let route = |target: &str| {
        json!({"requestParameters": {"routeTableId": table, "gatewayId": target,
            "destinationCidrBlock": "0.0.0.0/0"}})
    };
    let (_folder, app) = store(&[
        event("first", 1, "ec2", "CreateRoute", route("igw-0aaaaaaaaaaaaaaaa")),
        event("second", 2, "ec2", "ReplaceRoute", route(gateway)),
    ]);
    let query = HistoryQuery { resource: gateway.to_owned(), limit: 10, ..HistoryQuery::default() };
    let history = app.history(&query).expect("readable");
    let entry = history.entries.first().expect("it is named");
    assert_eq!(entry.step.kind, Kind::Touch);
    assert_eq!(entry.about, [format!("{table}: routes[0.0.0.0/0] = {gateway}")]);

    let query = ReportQuery { event_ids: vec!["second".to_owned()], ..ReportQuery::default() };
    let made_at = Timestamp::parse("2026-01-10T14:03:10Z").expect("a time");
    let report = app.report(&query, made_at).expect("readable");
    let done = report.entries[0].changes.as_ref().expect("a change");
    let changes: Vec<String> = done.changes.iter().map(ToString::to_string).collect();
    assert_eq!(done.resource, table);
    assert_eq!(changes, [format!("routes[0.0.0.0/0]: igw-0aaaaaaaaaaaaaaaa -> {gateway}")]);
    let watermark = report.watermark().expect("the store has events");
    assert!(watermark.contains("2026-01-10T12:02:00Z, 2 h 1 min before"), "{watermark}");
}
