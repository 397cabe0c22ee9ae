//! Plans run against a caller that answers from a list.

use std::cell::RefCell;

use serde_json::json;

use super::*;
use crate::caller::ApiCall;
use crate::import::{ImportProgress, ImportSource};
use crate::lookup::LookupQuery;
use crate::undo::UndoQuery;

const ACCOUNT: &str = "123456789012";

/// A route table whose default route calls may replace.
struct Fake {
    account: &'static str,
    gateway: RefCell<String>,
    /// What `ReplaceRoute` answers instead of doing it.
    refusal: Option<CallFailure>,
    /// Whether the call succeeds and changes nothing.
    is_idle: bool,
    calls: RefCell<Vec<String>>,
}

fn fake() -> Fake {
    Fake {
        account: ACCOUNT,
        gateway: RefCell::new("igw-9".to_owned()),
        refusal: None,
        is_idle: false,
        calls: RefCell::default(),
    }
}

impl Caller for Fake {
    fn call(&self, call: &ApiCall<'_>) -> Result<Value, CallFailure> {
        self.calls.borrow_mut().push(format!("{} {}", call.operation, call.user_agent));
        match call.operation {
            "ReplaceRoute" => {
                if let Some(refusal) = &self.refusal {
                    return Err(refusal.clone());
                }
                if !self.is_idle {
                    let gateway = call.input["GatewayId"].as_str().unwrap().to_owned();
                    *self.gateway.borrow_mut() = gateway;
                }
                Ok(json!({}))
            }
            "DescribeRouteTables" => Ok(json!({"RouteTables": [{"RouteTableId": "rtb-1",
                "Routes": [{"DestinationCidrBlock": "0.0.0.0/0",
                    "GatewayId": self.gateway.borrow().as_str()}]}]})),
            other => panic!("{other} is not expected"),
        }
    }

    fn identity(&self) -> Result<Identity, CallFailure> {
        Ok(Identity {
            account_id: self.account.to_owned(),
            arn: format!("arn:aws:iam::{}:user/ops", self.account),
            access_key_id: Some("AKIAIOSFODNN7EXAMPLE".to_owned()),
            endpoint_url: None,
        })
    }
}

fn record(id: &str, name: &str, second: u8, parameters: &Value) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "accountId": ACCOUNT, "userName": "dave"},
        "eventTime": format!("2026-03-02T00:00:{second:02}Z"),
        "eventSource": "ec2.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "requestParameters": parameters,
        "responseElements": {"_return": true},
        "eventID": id,
        "readOnly": false,
        "recipientAccountId": ACCOUNT,
    })
}

fn route(gateway: &str) -> Value {
    json!({"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": gateway})
}

fn app(folder: &tempfile::TempDir, has_first: bool) -> App {
    let mut records = vec![record("e2", "ReplaceRoute", 2, &route("igw-9"))];
    if has_first {
        records.push(record("e1", "CreateRoute", 1, &route("igw-1")));
    }
    let file = folder.path().join("log.json");
    std::fs::write(&file, json!({"Records": records}).to_string()).unwrap();
    let app = App::open(&folder.path().join("db")).unwrap();
    let source = ImportSource::Path(file.display().to_string());
    app.import(&[source], &ImportProgress::default(), &|_| {}).unwrap();
    app
}

fn undo(app: &App, id: &str) -> Plan {
    app.undo(&UndoQuery { events: vec![id.to_owned()], ..UndoQuery::default() }).unwrap().plan
}

fn run(app: &App, plan: &Plan, fake: &Fake) -> Result<Applied, ApplyError> {
    let patience = Patience { check: Duration::ZERO, wait: Duration::ZERO, every: Duration::ZERO };
    let query = ApplyQuery { plan, options: Options::default(), patience };
    app.apply(&query, fake, &mut |_| {})
}

fn stored(app: &App, id: &str) -> Value {
    let query = LookupQuery { event_id: Some(id.to_owned()), ..LookupQuery::default() };
    let page = app.lookup(&query, None, 1).unwrap();
    serde_json::from_slice(&page.events[0].raw).unwrap()
}

#[test]
fn a_plan_is_run_recorded_and_can_be_taken_back_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (app, fake) = (app(&folder, true), fake());
    let applied = run(&app, &undo(&app, "e2"), &fake).unwrap();
    assert!(applied.is_verified(), "{applied:?}");
    assert_eq!(*fake.gateway.borrow(), "igw-1");
    let own = applied.taken[0].recorded_as.clone().unwrap();
    let record = stored(&app, &own);
    assert_eq!(record["requestParameters"]["gatewayId"], "igw-1");
    assert_eq!(record["additionalEventData"]["trailhound"]["undoes"], "e2");
    assert_eq!(record["userIdentity"]["userName"], "ops");
    let agent = format!("ReplaceRoute {}", record["userAgent"].as_str().unwrap());
    assert!(agent.ends_with(" undo of e2"), "{agent}");
    assert_eq!(fake.calls.borrow()[0], agent);

    let applied = run(&app, &undo(&app, &own), &fake).unwrap();
    assert!(applied.is_verified(), "{applied:?}");
    assert_eq!(*fake.gateway.borrow(), "igw-9");
}

#[test]
fn a_second_record_of_the_same_call_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (app, fake) = (app(&folder, true), fake());
    let applied = run(&app, &undo(&app, "e2"), &fake).unwrap();
    let mut record = stored(&app, applied.taken[0].recorded_as.as_ref().unwrap());
    let before = undo(&app, "e2");
    record["eventID"] = json!("the-one-of-aws");
    record["sourceIPAddress"] = json!("192.0.2.1");
    record.as_object_mut().unwrap().remove("additionalEventData");
    let file = folder.path().join("later.json");
    std::fs::write(&file, json!({"Records": [record]}).to_string()).unwrap();
    let source = ImportSource::Path(file.display().to_string());
    app.import(&[source], &ImportProgress::default(), &|_| {}).unwrap();
    let after = undo(&app, "e2");
    assert_eq!(after.events[0].nothing_to_do, before.events[0].nothing_to_do);
    assert!(after.events[0].nothing_to_do.is_some());
    assert!(undo(&app, "the-one-of-aws").steps.is_empty(), "it changed nothing");
}

#[test]
fn what_is_not_as_it_was_to_be_stops_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(&folder, true);
    let fake = Fake { is_idle: true, ..fake() };
    let applied = run(&app, &undo(&app, "e2"), &fake).unwrap();
    assert!(!applied.is_whole());
    let Outcome::Differs { path, found, .. } = &applied.taken[0].outcome else {
        panic!("{applied:?}");
    };
    assert_eq!(path, "Routes[0.0.0.0/0]");
    assert_eq!(found.as_ref().unwrap()["GatewayId"], "igw-9");
    assert!(applied.taken[0].recorded_as.is_some());
}

#[test]
fn a_call_without_an_answer_may_have_been_carried_out() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(&folder, true);
    let refusal = Some(CallFailure::NoAnswer { reason: "timeout".to_owned() });
    let applied = run(&app, &undo(&app, "e2"), &Fake { refusal, ..fake() }).unwrap();
    assert_eq!(applied.taken[0].outcome.is_done(), None);
    let record = stored(&app, applied.taken[0].recorded_as.as_ref().unwrap());
    assert_eq!(record["errorCode"], "Trailhound.NoAnswer");
    // The plan is the same: what is not known to be done is not counted as done.
    assert_eq!(undo(&app, "e2").steps.len(), 1);
}

#[test]
fn what_never_left_has_no_record() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(&folder, true);
    let refusal = Some(CallFailure::NotSent { reason: "no credentials".to_owned() });
    let applied = run(&app, &undo(&app, "e2"), &Fake { refusal, ..fake() }).unwrap();
    assert_eq!(applied.taken[0].recorded_as, None);
    assert_eq!(applied.taken[0].outcome.is_done(), Some(false));
}

#[test]
fn credentials_of_another_account_do_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(&folder, true);
    let other = Fake { account: "210987654321", ..fake() };
    let refused = run(&app, &undo(&app, "e2"), &other).unwrap_err();
    assert!(matches!(refused, ApplyError::OtherAccount { .. }), "{refused}");
    assert!(other.calls.borrow().is_empty());
}

#[test]
fn a_question_is_not_guessed() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(&folder, false);
    let fake = fake();
    let refused = run(&app, &undo(&app, "e2"), &fake).unwrap_err();
    assert!(matches!(refused, ApplyError::Question { .. }), "{refused}");
    assert!(fake.calls.borrow().is_empty());
}
